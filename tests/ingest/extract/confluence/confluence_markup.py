"""Storage format as authors and editors write it, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.confluence.storage import MEDIA_TYPE, Comment, Edition, Storage
from ingest.extract import Extracted, extract

USERS = {"acc-1": "佐藤 花子", "key-2": "鈴木", "tanaka": "田中 Ichiro"}


def read(
    markup: str,
    *,
    edition: Edition = "cloud",
    title: str = "旅費規程",
    included: Mapping[str, str | None] | None = None,
    comments: tuple[Comment, ...] = (),
) -> Extracted:
    """Return what is taken out of a page, by the way that a sync goes."""
    storage = Storage(edition, title, markup, USERS, included or {}, comments)
    return extract(storage.to_bytes(), media_type=MEDIA_TYPE, name=title)


def texts(markup: str, *, included: Mapping[str, str | None] | None = None) -> list[str]:
    """Return the texts of a page's blocks."""
    return [block.text for block in read(markup, included=included).blocks]


def macro(name: str, body: str = "", *, plain: str | None = None, **parameters: str) -> str:
    """Return a macro; `body` is markup, `plain` goes into CDATA."""
    inside = "".join(
        f'<ac:parameter ac:name="{key.strip("_")}">{value}</ac:parameter>'
        for key, value in parameters.items()
    )
    if plain is not None:
        inside += f"<ac:plain-text-body><![CDATA[{plain}]]></ac:plain-text-body>"
    if body:
        inside += f"<ac:rich-text-body>{body}</ac:rich-text-body>"
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" '
        f'ac:macro-id="0f6c2a11-secret">{inside}</ac:structured-macro>'
    )


def include(title: str, space: str = "", *, macro_name: str = "include", name: str = "") -> str:
    """Return a macro that shows another page."""
    key = f' ri:space-key="{space}"' if space else ""
    named = f'<ac:parameter ac:name="name">{name}</ac:parameter>' if name else ""
    return (
        f'<ac:structured-macro ac:name="{macro_name}">{named}<ac:parameter ac:name=""><ac:link>'
        f'<ri:page ri:content-title="{title}"{key} /></ac:link></ac:parameter>'
        "</ac:structured-macro>"
    )
