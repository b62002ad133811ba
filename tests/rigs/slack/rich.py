"""What a person types, as the rich text that Slack's composer makes of it."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]

_PART = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<#(?P<channel>C[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<usergroup>S[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)(?:\|[^>]*)?>"
    r"|<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]*))?>"
    r"|:(?P<emoji>[a-z0-9_+'-]+):"
    r"|```(?P<code>.*?)```",
    re.DOTALL,
)


def blocks(text: str, block_id: str) -> list[Json]:
    """Return the blocks of a typed message."""
    elements: list[Json] = []
    section: list[Json] = []

    def close() -> None:
        if section:
            elements.append({"type": "rich_text_section", "elements": list(section)})
            section.clear()

    last = 0
    for part in _PART.finditer(text):
        if part.start() > last:
            section.append(_text(text[last : part.start()]))
        last = part.end()
        if part["code"] is not None:
            close()
            inside = [_text(part["code"])]
            elements.append({"type": "rich_text_preformatted", "elements": inside, "border": 0})
        else:
            section.append(_leaf(part))
    if text[last:]:
        section.append(_text(text[last:]))
    close()
    return [{"type": "rich_text", "block_id": block_id, "elements": elements}]


def _leaf(part: re.Match[str]) -> Json:
    if part["url"]:
        link = {"type": "link", "url": part["url"]}
        return link | ({"text": part["label"]} if part["label"] else {})
    if part["emoji"]:
        return {"type": "emoji", "name": part["emoji"]}
    if part["range"]:
        return {"type": "broadcast", "range": part["range"]}
    kind = next(name for name in ("user", "channel", "usergroup") if part[name])
    return {"type": kind, f"{kind}_id": part[kind]}


def _text(stored: str) -> Json:
    plain = stored.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return {"type": "text", "text": plain}
