"""HTML becomes blocks: what a reader of a page sees, and what its head says of it.

Leaves the walk to `walker`; which part of a page is its document is told in `page`, what makes
source safe to parse in `markup`. Entities of XML are never expanded.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from ingest.extract import page
from ingest.extract.blocks import Block, Extracted, ExtractError
from ingest.extract.decode import decode
from ingest.extract.html.walker import Walker
from ingest.extract.markup import declared_charset, tame
from ingest.extract.prose import fold
from ingest.extract.when import moment


def extract(data: bytes, _name: str, *, charset: str | None = None) -> Extracted:
    """Return the blocks of an HTML or XHTML page; raises `ExtractError` where there is no text."""
    decoded = decode(data, charset=charset, also=declared_charset(data))
    source, warnings = tame(decoded.text)
    tree = parsed(source)
    blocks, first_heading = _read(tree, chrome=False)
    if not blocks:  # all of the page looked like a frame: then the frame is the document
        blocks, first_heading = _read(tree, chrome=True)
    if not blocks:
        warnings += page.why_empty(tree)
    about = _about(tree)
    return Extracted(
        blocks,
        title=first_heading or about.get("title"),
        updated=_updated(about),
        owner=about.get("author") or about.get("dcterms.creator"),
        warnings=(*decoded.warnings, *warnings),
        metadata={key: value for key, value in about.items() if key != "title"},
    )


def parsed(source: str) -> LexborHTMLParser:
    """Return the tree of HTML that `markup.tame` let through; `ExtractError` where none fits."""
    try:
        return LexborHTMLParser(source)
    except SelectolaxError as error:
        # The only thing that the parser refuses is to do without memory.
        raise ExtractError(
            "the page has more elements than fit into memory; split it, exclude it, or raise "
            "`memory_mb`"
        ) from error


def fragment(source: str) -> tuple[tuple[Block, ...], str | None]:
    """Return the blocks of HTML that frames no page (rendered Markdown), and its first heading."""
    return _read(parsed(source), chrome=True)


def _read(tree: LexborHTMLParser, *, chrome: bool) -> tuple[tuple[Block, ...], str | None]:
    roots, marked = ([tree.body] if tree.body else [], True) if chrome else page.content(tree)
    walker = Walker(chrome=chrome, marked=marked)
    for root in roots:
        walker.read(root)
    return walker.outline.finish(), walker.outline.first_heading


def _about(tree: LexborHTMLParser) -> dict[str, str]:
    """What the head says of the page: its title, and the `meta` that name a person or a day."""
    about: dict[str, str] = {}
    head = tree.head
    if head is None:
        return about
    title = head.css_first("title")
    if title is not None and (text := fold(title.text())):
        about["title"] = text
    for meta in head.css("meta[content]"):
        attributes = meta.attributes
        key = (attributes.get("property") or attributes.get("name") or "").lower()
        value = fold(attributes.get("content") or "")
        if key in _META and value:
            about.setdefault(key, value)
    return about


_META_DATES: Final = (
    "article:modified_time",
    "og:updated_time",
    "last-modified",
    "dcterms.modified",
    "article:published_time",
    "date",
)
_META: Final = frozenset((*_META_DATES, "author", "dcterms.creator", "description", "keywords"))


def _updated(about: dict[str, str]) -> datetime | None:
    return next((found for key in _META_DATES if (found := moment(about.get(key, "")))), None)
