"""Takes the text of one HTML element that becomes one line: a heading, a cell of a table, code.

Knows how to walk a tree without recursion and what of it is seen; knows nothing of blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from selectolax.lexbor import LexborNode

from ingest.extract import page
from ingest.extract.outline import Cell
from ingest.extract.prose import BREAK, fold

Leave = Callable[[], None]

BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "div",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend",
    "main", "menu", "nav", "optgroup", "option", "p", "search", "section", "summary", "caption",
    "tr", "td", "th", "thead", "tbody", "tfoot", "table", "li", "ul", "ol", "dl", "dt", "dd", "hr",
    "pre", "foreignobject", "text", "h1", "h2", "h3", "h4", "h5", "h6", "noscript",
))  # fmt: skip
_HEADER_LINKS: Final = frozenset(("", "¶", "#", "§", "🔗", "anchor", "link"))
_MAX_COLUMNS: Final = 50
_MAX_ROWS: Final = 1_000


def walk(top: LexborNode, enter: Callable[[LexborNode, str], Leave | None]) -> None:
    """Visit what is below `top` in document order, without recursion: pages may be thousands deep.

    `enter` returns what is to be done after the element's content, or None to skip that content.
    """
    stack: list[tuple[LexborNode, Leave]] = []
    node = top.first_child
    while True:
        while node is None:
            if not stack:
                return
            node, leave = stack.pop()
            leave()
            node = node.next
        after = enter(node, node.tag or "")
        if after is None:
            node = node.next
        else:
            stack.append((node, after))
            node = node.first_child


def seen(node: LexborNode, tag: str) -> page.Attributes | None:
    """The attributes of an element, or None where a reader does not see it (or it is none)."""
    if tag in page.UNSEEN or tag[:1] in "-!":
        return None
    attributes = node.attributes
    return attributes if page.visible(tag, attributes) else None


def nothing() -> None:
    """Leave an inline element."""


_LAYOUT: Final = "table, h1, h2, h3, pre"


def lays_out(table: LexborNode) -> bool:
    """Whether cells hold what no cell of data does."""
    return any(part.css_first(_LAYOUT) is not None for part in table.iter())


def rows(table: LexborNode) -> tuple[list[list[Cell]], str]:
    """The rows of a table as its source declares them, and its caption."""
    found: list[list[Cell]] = []
    captions: list[str] = []
    in_head = False

    def enter(node: LexborNode, tag: str) -> Leave | None:
        nonlocal in_head
        attributes = seen(node, tag)
        if attributes is None:
            return None
        if tag in ("thead", "tbody", "tfoot"):
            in_head = tag == "thead"
        elif tag == "caption":
            captions.append(Gatherer().read(node))
            return None
        elif tag == "tr":
            found.append([])
        elif tag in ("td", "th"):
            if found:
                found[-1].append(_cell(node, attributes, header=in_head or tag == "th"))
            return None
        return nothing

    walk(table, enter)
    return found, " ".join(captions)


def _cell(node: LexborNode, attributes: page.Attributes, *, header: bool) -> Cell:
    return Cell(
        fold(Gatherer().read(node)).replace("\n", " "),
        header,
        _number(attributes.get("colspan"), 1, 1, _MAX_COLUMNS),
        _number(attributes.get("rowspan"), 1, 1, _MAX_ROWS),
    )


class Gatherer:
    """Takes the text of one element that becomes one line: a heading, a cell, code."""

    def __init__(self, *, verbatim: bool = False) -> None:
        self.identifier = ""
        """The first id found on an element inside."""
        self._parts: list[str] = []
        self._break = "\n" if verbatim else BREAK
        self._verbatim = verbatim

    def read(self, root: LexborNode) -> str:
        """Return the text, not folded yet; blocks and `br` inside become line ends."""
        walk(root, self._visit)
        return "".join(self._parts)

    def _visit(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "-text":
            self._parts.append(node.text_content or "")
            return None
        attributes = seen(node, tag)
        if attributes is None:
            return None
        self.identifier = self.identifier or attributes.get("id") or attributes.get("name") or ""
        if tag == "img":
            self._parts.append(alternative(node, attributes))
        if tag == "br":
            self._parts.append(self._break)
        elif (tag == "a" and is_header_link(node, attributes)) or (
            tag == "sup" and is_note_mark(node)
        ):
            return None
        elif tag in BLOCKS and not self._verbatim:
            self._parts.append(BREAK)
            return self._end_block
        return nothing

    def _end_block(self) -> None:
        self._parts.append(BREAK)


def alternative(node: LexborNode, attributes: page.Attributes) -> str:
    """An image's text; a picture that only leads within the page (an arrow to the top) has none."""
    parent = node.parent
    within = (
        parent is not None
        and parent.tag == "a"
        and (parent.attributes.get("href") or "").startswith("#")
    )
    return "" if within else attributes.get("alt") or ""


def is_header_link(node: LexborNode, attributes: page.Attributes) -> bool:
    """The sign beside a heading that only serves to copy its address."""
    href = attributes.get("href") or ""
    return href.startswith("#") and node.text(deep=True).strip().lower() in _HEADER_LINKS


def is_note_mark(node: LexborNode) -> bool:
    """A raised number that leads to a footnote: it would end up in the middle of a sentence."""
    link = node.css_first("a[href^='#']")
    return link is not None and link.text().strip() == node.text().strip()


def index(value: str | None, default: int) -> int:
    """The number that an attribute gives a list or an item, within reason."""
    return _number(value, default, -9_999, 999_999)


def _number(value: str | None, default: int, low: int, high: int) -> int:
    try:
        return min(max(int(value or default), low), high)
    except ValueError:
        return default
