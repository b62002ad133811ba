"""What somebody wrote, from Slack's markup to plain text.

Knows nothing of who may ask what. Slack stores `<@U…>` for a person, `<#C…|name>` for a channel,
`<url|label>` for a link and `&amp;`, `&lt;`, `&gt;` for what would be mistaken for these
(docs.slack.dev, "Formatting message text").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_TOKEN = re.compile(r"<([^<>\s][^<>]*)>")
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_OTHERS = re.compile(r"<@[UW][A-Z0-9]+|<!subteam\^|<!(?:channel|here|everyone)")


def addresses(text: str, user: str) -> bool:
    """Tell whether a text mentions somebody; what stands in code is no mention."""
    return user in _PERSON.findall(_CODE.sub(" ", text))


def addresses_others(text: str, user: str) -> bool:
    """Tell whether a text mentions anybody but `user`."""
    said = _own(_CODE.sub(" ", text), user)
    return bool(_OTHERS.search(said))


def people(text: str) -> frozenset[str]:
    """Return the ids of the people that a text names."""
    return frozenset(_PERSON.findall(text))


def plain(text: str, user: str, names: Mapping[str, str]) -> str:
    """Return what is left for a reader: without `user`'s mentions, with names instead of ids."""
    pieces, end = [], 0
    for code in _CODE.finditer(text):
        pieces += [_own(text[end : code.start()], user), code.group()]
        end = code.end()
    pieces.append(_own(text[end:], user))
    read = _TOKEN.sub(lambda token: _readable(token[1], names), "".join(pieces))
    return _unescaped(read).strip()


def _own(text: str, user: str) -> str:
    """Return a text without the mentions of `user`, and without the space that they leave."""
    *before, last = re.split(rf"<@{re.escape(user)}(?:\|[^<>]*)?>", text)
    return "".join([piece.rstrip(" \t") for piece in before] + [last])


def _readable(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return f"@{names.get(target[1:], label or target[1:])}"
    if target.startswith("#"):
        return f"#{label or names.get(target[1:], target[1:])}"
    if target.startswith("!subteam^"):
        return label if label.startswith("@") else f"@{label or target.removeprefix('!subteam^')}"
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target.removeprefix("mailto:")


def _unescaped(text: str) -> str:
    # The ampersand last: "&amp;lt;" is what somebody typed as "&lt;".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
