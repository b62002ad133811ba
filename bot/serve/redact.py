"""Takes secrets out of lines for a log: those that are known, and what looks like one.

Knows nothing of how a line came to be. It looks at the finished line, so that no secret slips by in
a nested value, a URL or a traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

GONE = "[redacted]"
# A shorter one would be found in ordinary words.
_SHORTEST = 5

# A value ends where a JSON string, a header, a URL or a word does.
_VALUE = r"[^\s\"'\\,;&<>{}()\[\]]+"
_NAMED = r"[\w-]{0,40}(?:token|secret|passw(?:or)?d|api[_-]?key|ticket|signature|response_url)"
_CALLED = ("token", "secret", "passw", "api", "ticket", "signature", "response_url")
# Each with what a line, in small letters, has to hold for it: most hold nothing of the kind, and
# are through at a fifth of the cost.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (signs, re.compile(pattern, re.IGNORECASE | re.ASCII), replaced)
    for signs, pattern, replaced in (
        # Passwords in URLs; one may hold a slash or an @, so the last @ counts.
        (("://",), r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@\"'\\]*:)[^\s\"'\\]*(?=@)", rf"\1{GONE}"),
        # Slack's tokens: https://docs.slack.dev/authentication/tokens
        (("xox",), r"\bxox[a-z][.-][\w.%-]+", GONE),
        (("xapp", "xwfp"), r"\b(?:xapp|xwfp)-[\w.%-]+", GONE),
        # Atlassian's API tokens, and the keys of its administrators.
        (("atatt", "atctt"), r"\bAT[AC]TT[\w=+/-]{16,}", GONE),
        # Slack's response URLs and webhooks; their path is the secret, whatever the host.
        (("hooks.slack",), rf"(hooks\.slack(?:-gov)?\.com/){_VALUE}", rf"\1{GONE}"),
        (
            ("http",),
            rf"(https?://[^\s/\"'\\]+/(?:actions|commands|services|workflows|response)/){_VALUE}",
            rf"\1{GONE}",
        ),
        # Discord's: the bot's id, a time and a signature, by dots.
        ((".",), r"\b[\w-]{18,60}\.[\w-]{5,8}\.[\w-]{25,}", GONE),
        # Those of interactions, valid for 15 minutes: in paths, and by themselves ("interaction:"
        # in base64).
        (
            ("/webhooks/", "/interactions/"),
            r"(/(?:webhooks|interactions)/\d+/)[^/\s\"'\\?]+",
            rf"\1{GONE}",
        ),
        (("aw50",), r"\baW50ZXJhY3Rpb24[\w=+/-]*", GONE),
        # Headers, and whatever is called a secret.
        (("bearer",), r"\b(bearer\s+)[\w.~+/=-]{6,}", rf"\1{GONE}"),
        (
            ("authorization",),
            rf"(authorization\W{{1,6}}(?:(?:bearer|basic|bot)\s+)?){_VALUE}",
            rf"\1{GONE}",
        ),
        (
            _CALLED,
            rf"({_NAMED}\\?[\"']?(?:\s*=\s*b?\\?[\"']?|\s*:\s*b?\\?[\"'])){_VALUE}",
            rf"\1{GONE}",
        ),
        # Behind a colon alone prose may go on ("the token: copy it again"), which has no digits.
        (_CALLED, rf"({_NAMED}\s*:\s*)(?=[^\s\"',]*\d|[^\s\"',]{{16}}){_VALUE}", rf"\1{GONE}"),
    )
)


class Redactor:
    """Knows the secrets of this process, and how secrets look."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long = {secret for secret in secrets if len(secret) >= _SHORTEST}
        forms = {
            form for secret in long for form in (secret, quote(secret, ""), quote_plus(secret))
        }
        # The longest first: one may be the beginning of another.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, line: str) -> str:
        """Return the line with `[redacted]` in the place of each secret; JSON stays JSON."""
        if self._known:
            line = self._known.sub(GONE, line)
        small = line.lower()
        for signs, pattern, replaced in _PATTERNS:
            if any(sign in small for sign in signs):
                line = pattern.sub(replaced, line)
        return line
