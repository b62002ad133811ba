"""The site's web pages, as far as a link can be followed: headings with their ids, and comments.

Knows just enough of storage format to find headings and their text.
"""

from __future__ import annotations

import html
import re

from rigs.confluence import anchors
from rigs.confluence.bodies import rendered
from rigs.confluence.core import Answer, Call, Core, RefusedError, said
from rigs.confluence.records import Content

_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_PARAMETER = re.compile(r"<ac:parameter[^>]*>.*?</ac:parameter>", re.DOTALL)
_HEADING = re.compile(r"<h([1-6])(?:\s[^>]*)?>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def headings(core: Core, content: Content) -> list[tuple[int, str]]:
    """Return level and text of every heading, in order, as every reader of the page sees them.

    In Data Center those of included pages are the page's own; Cloud's page keeps them apart.
    """
    body = content.body
    if core.settings.edition == "data-center":
        body = rendered(core.world, content, shown=lambda one: core.readers.covers(one, content))
    markup = _PARAMETER.sub("", _CDATA.sub("", body))
    return [
        (int(found[1]), html.unescape(_TAG.sub("", found[2])))
        for found in _HEADING.finditer(markup)
    ]


def identified(core: Core, content: Content) -> list[tuple[str, str]]:
    """Return the headings of a page with the ids that its web page gives them."""
    told = [text for _, text in headings(core, content)]
    return anchors.identified(core.settings.edition, content.title, told)


def page(core: Core, call: Call) -> Answer:
    """Answer a page's address, by id or by its title's display address, as HTML."""
    content = core.current(call.match[0] if call.match else call.get("pageId"), "page", "blogpost")
    if content is None:
        raise RefusedError(404, "Page Not Found")
    levels = [level for level, text in headings(core, content) if text.strip()]
    parts = [
        f'<h{level} id="{html.escape(name)}">{html.escape(text)}</h{level}>'
        for level, (text, name) in zip(levels, identified(core, content), strict=True)
    ]
    parts += [
        f'<div id="comment-{one}"></div>'
        for one in core.world.contained.get(content.id, ())
        if core.current(one, "comment")
    ]
    title = html.escape(content.title)
    text = f"<!doctype html><title>{title}</title><h1 id=title-text>{title}</h1>{''.join(parts)}"
    return Answer(body=text.encode("utf-8", "replace"), content_type="text/html")


def tenant(core: Core, call: Call) -> Answer:
    """`GET /_edge/tenant_info` (Cloud): the site's id, for the gateway's addresses."""
    return said({"cloudId": core.cloud_id})
