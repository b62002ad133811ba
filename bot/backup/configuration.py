"""`kurage.toml` in a backup: as it was, but for what looks like a secret.

By design it holds none, but people paste; and a backup travels. Knows nothing of files.
"""

from __future__ import annotations

import re

MASK = "***"

# A password before the host of an address (RFC 3986, 3.2.1), which may hold nearly anything.
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/?#:@\"']*):([^\s/\"']+)@")
# A value under a telling name, also in a comment; not a small number, such as max_tokens = 128.
_NAMED = re.compile(
    r"""(?ix) \b [\w-]* (?: password | passwd | secret | token | api[_-]?key ) [\w-]* \s* [=:] \s*
    (["']?) (?! ["'\s] | \d{1,4} \s* (?: [#\n] | \Z ) ) ([^"'\n]+) \1"""
)
# Tokens that tell themselves: Slack's (api.slack.com/authentication/token-types), OpenAI-like keys,
# Atlassian's.
_TOKEN = re.compile(r"\b(?:(?:xox[a-z]|xapp|sk)-[\w-]{8,}|AT[AC]TT[\w=+/-]{16,})")


def masked(text: str) -> tuple[str, int]:
    """Return the text without what looks like a secret, and how much of it there was."""
    text, in_addresses = _IN_ADDRESS.subn(rf"\1:{MASK}@", text)
    text, named = _NAMED.subn(_without_value, text)
    text, tokens = _TOKEN.subn(MASK, text)
    return text, in_addresses + named + tokens


def _without_value(match: re.Match[str]) -> str:
    start, end = match.span(2)
    whole = match[0]
    return whole[: start - match.start()] + MASK + whole[end - match.start() :]
