"""HTML becomes blocks: the walk that decides what a reader of a page sees, in which order.

Knows elements and how they are laid out; which part of a page is its document is told in `page`,
what makes source safe to parse in `markup`. Entities of XML are never expanded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.extract import page
from ingest.extract.blocks import Block, Extracted
from ingest.extract.decode import decode
from ingest.extract.markup import declared_charset, tame
from ingest.extract.outline import Cell, Outline
from ingest.extract.prose import BREAK, fold
from ingest.extract.when import moment

Leave = Callable[[], None]

_LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_BLOCKS: Final = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "div",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend",
    "main", "menu", "nav", "optgroup", "option", "p", "search", "section", "summary", "caption",
    "tr", "td", "th", "thead", "tbody", "tfoot", "table", "li", "ul", "ol", "dl", "dt", "dd", "hr",
    "pre", "foreignobject", "text", "h1", "h2", "h3", "h4", "h5", "h6", "noscript",
))  # fmt: skip
_CONTAINERS: Final = frozenset(("section", "div", "article", "span", "a", "dt", "p"))
_HEADER_LINKS: Final = frozenset(("", "¶", "#", "§", "🔗", "anchor", "link"))
_MAX_COLUMNS: Final = 50
_MAX_ROWS: Final = 1_000


def extract(data: bytes, _name: str, *, charset: str | None = None) -> Extracted:
    """Return the blocks of an HTML or XHTML page; raises `ExtractError` where there is no text."""
    decoded = decode(data, charset=charset or declared_charset(data))
    source, warnings = tame(decoded.text)
    tree = LexborHTMLParser(source)
    blocks, first_heading = _read(tree, chrome=False)
    if not blocks:  # all of the page looked like a frame: then the frame is the document
        blocks, first_heading = _read(tree, chrome=True)
    about = _about(tree)
    return Extracted(
        blocks,
        title=first_heading or about.get("title"),
        updated=_updated(about),
        owner=about.get("author") or about.get("dcterms.creator"),
        warnings=(*decoded.warnings, *warnings),
        metadata={key: value for key, value in about.items() if key != "title"},
    )


def fragment(source: str) -> tuple[tuple[Block, ...], str | None]:
    """Return the blocks of HTML that frames no page (rendered Markdown), and its first heading."""
    return _read(LexborHTMLParser(source), chrome=True)


def _read(tree: LexborHTMLParser, *, chrome: bool) -> tuple[tuple[Block, ...], str | None]:
    roots, marked = ([tree.body] if tree.body else [], True) if chrome else page.content(tree)
    walker = _Walker(chrome=chrome, marked=marked)
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


def _walk(top: LexborNode, enter: Callable[[LexborNode, str], Leave | None]) -> None:
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


def _seen(node: LexborNode, tag: str) -> page.Attributes | None:
    """The attributes of an element, or None where a reader does not see it (or it is none)."""
    if tag in page.UNSEEN or tag[:1] in "-!":
        return None
    attributes = node.attributes
    return attributes if page.visible(tag, attributes) else None


def _nothing() -> None:
    """Leave an inline element."""


@dataclass(slots=True)
class _List:
    """An open list: the next number of an ordered one, and what its next line begins with."""

    number: int | None
    marker: str = "  "

    def start_item(self, value: str | None) -> None:
        if self.number is None:
            self.marker = "- "
            return
        number = _index(value, self.number)
        self.marker = f"{number}. "
        self.number = number + 1


class _Walker:
    """Carries what is open while a page is walked: running text, lists, the anchor just passed."""

    def __init__(self, *, chrome: bool, marked: bool) -> None:
        self.outline = Outline()
        self._frames = not chrome
        self._marked = marked
        self._running: list[str] = []
        self._lists: list[_List] = []
        self._passed = ""  # id of an anchor or container since which no text came
        self._enter: Final[dict[str, Callable[[LexborNode, page.Attributes], Leave | None]]] = {
            "br": self._break,
            "img": self._image,
            "a": self._link,
            "sup": self._raised,
            "ul": self._list,
            "menu": self._list,
            "ol": self._list,
            "dl": self._list,
            "li": self._item,
            "dt": self._term,
            "dd": self._description,
            "pre": self._code,
            "table": self._table,
            **dict.fromkeys(_LEVELS, self._heading),
        }

    def read(self, root: LexborNode) -> None:
        """Walk the element; its blocks go to the outline."""
        _walk(root, self._visit)
        self._flush()

    def _visit(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "-text":
            text = node.text_content or ""
            self._running.append(text)
            if self._passed and not text.isspace():
                self._passed = ""
            return None
        attributes = _seen(node, tag)
        if attributes is None:
            return None
        if self._frames and self._is_frame(node, tag, attributes):
            self._flush()
            self.outline.skip()
            return None
        if attributes and tag in _CONTAINERS:
            self._passed = attributes.get("id") or attributes.get("name") or self._passed
        special = self._enter.get(tag)
        if special is not None:
            return special(node, attributes)
        if tag in _BLOCKS:
            self._flush()
            return self._flush
        return _nothing

    def _is_frame(self, node: LexborNode, tag: str, attributes: page.Attributes) -> bool:
        if page.is_chrome(node, tag, attributes, marked=self._marked):
            return True
        if tag in ("ul", "ol"):
            return page.is_contents_list(node)
        return not self._marked and tag in ("div", "p") and page.is_link_row(node)

    def _flush(self) -> None:
        """The running text is complete: a block, or a line of the open list."""
        raw = "".join(self._running)
        self._running.clear()
        if not raw or raw.isspace():
            return
        if self._lists:
            innermost = self._lists[-1]
            self.outline.item(raw, depth=len(self._lists) - 1, marker=innermost.marker)
            innermost.marker = " " * len(innermost.marker)
        else:
            self.outline.text(raw)

    def _break(self, _node: LexborNode, _attributes: page.Attributes) -> None:
        self._running.append(BREAK)

    def _image(self, node: LexborNode, attributes: page.Attributes) -> None:
        self._running.append(_alternative(node, attributes))

    def _link(self, node: LexborNode, attributes: page.Attributes) -> Leave | None:
        return None if _is_header_link(node, attributes) else _nothing

    def _raised(self, node: LexborNode, _attributes: page.Attributes) -> Leave | None:
        return None if _is_note_mark(node) else _nothing

    def _list(self, node: LexborNode, attributes: page.Attributes) -> Leave:
        self._flush()
        ordered = node.tag == "ol"
        self._lists.append(_List(_index(attributes.get("start"), 1) if ordered else None))
        return self._end_list

    def _end_list(self) -> None:
        self._flush()
        self._lists.pop()
        if not self._lists:
            self.outline.end_list()

    def _item(self, _node: LexborNode, attributes: page.Attributes) -> Leave:
        self._flush()
        if self._lists:
            self._lists[-1].start_item(attributes.get("value"))
        return self._flush

    def _term(self, _node: LexborNode, attributes: page.Attributes) -> Leave:
        self._flush()
        if identifier := attributes.get("id"):
            self.outline.end_list(anchor=identifier)
        return self._mark("")

    def _description(self, _node: LexborNode, _attributes: page.Attributes) -> Leave:
        self._flush()
        return self._mark("  ")

    def _mark(self, marker: str) -> Leave:
        if self._lists:
            self._lists[-1].marker = marker
        return self._flush

    def _heading(self, node: LexborNode, attributes: page.Attributes) -> None:
        self._flush()
        gathered = _Gatherer()
        text = gathered.read(node)
        anchor = attributes.get("id") or gathered.identifier or self._passed
        self._passed = ""
        self.outline.heading(_LEVELS[node.tag or "h6"], text, anchor.removeprefix("user-content-"))

    def _code(self, node: LexborNode, _attributes: page.Attributes) -> None:
        self._flush()
        self.outline.code(_Gatherer(verbatim=True).read(node))

    def _table(self, node: LexborNode, attributes: page.Attributes) -> Leave | None:
        self._flush()
        if attributes.get("role") == "presentation" or _lays_out(node):
            return self._flush  # a table that only arranges a page: its cells are walked as blocks
        rows, caption = _rows(node)
        self.outline.table(rows, caption=caption)
        return None


_LAYOUT: Final = "table, h1, h2, h3, pre"


def _lays_out(table: LexborNode) -> bool:
    """Whether cells hold what no cell of data does."""
    return any(part.css_first(_LAYOUT) is not None for part in table.iter())


def _rows(table: LexborNode) -> tuple[list[list[Cell]], str]:
    """The rows of a table as its source declares them, and its caption."""
    rows: list[list[Cell]] = []
    captions: list[str] = []
    in_head = False

    def enter(node: LexborNode, tag: str) -> Leave | None:
        nonlocal in_head
        attributes = _seen(node, tag)
        if attributes is None:
            return None
        if tag in ("thead", "tbody", "tfoot"):
            in_head = tag == "thead"
        elif tag == "caption":
            captions.append(_Gatherer().read(node))
            return None
        elif tag == "tr":
            rows.append([])
        elif tag in ("td", "th"):
            if rows:
                rows[-1].append(_cell(node, attributes, header=in_head or tag == "th"))
            return None
        return _nothing

    _walk(table, enter)
    return rows, " ".join(captions)


def _cell(node: LexborNode, attributes: page.Attributes, *, header: bool) -> Cell:
    return Cell(
        fold(_Gatherer().read(node)).replace("\n", " "),
        header,
        _number(attributes.get("colspan"), 1, 1, _MAX_COLUMNS),
        _number(attributes.get("rowspan"), 1, 1, _MAX_ROWS),
    )


class _Gatherer:
    """Takes the text of one element that becomes one line: a heading, a cell, code."""

    def __init__(self, *, verbatim: bool = False) -> None:
        self.identifier = ""
        """The first id found on an element inside."""
        self._parts: list[str] = []
        self._break = "\n" if verbatim else BREAK
        self._verbatim = verbatim

    def read(self, root: LexborNode) -> str:
        """Return the text, not folded yet; blocks and `br` inside become line ends."""
        _walk(root, self._visit)
        return "".join(self._parts)

    def _visit(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "-text":
            self._parts.append(node.text_content or "")
            return None
        attributes = _seen(node, tag)
        if attributes is None:
            return None
        self.identifier = self.identifier or attributes.get("id") or attributes.get("name") or ""
        if tag == "img":
            self._parts.append(_alternative(node, attributes))
        if tag == "br":
            self._parts.append(self._break)
        elif (tag == "a" and _is_header_link(node, attributes)) or (
            tag == "sup" and _is_note_mark(node)
        ):
            return None
        elif tag in _BLOCKS and not self._verbatim:
            self._parts.append(BREAK)
            return self._end_block
        return _nothing

    def _end_block(self) -> None:
        self._parts.append(BREAK)


def _alternative(node: LexborNode, attributes: page.Attributes) -> str:
    """An image's text; a picture that only leads within the page (an arrow to the top) has none."""
    parent = node.parent
    within = (
        parent is not None
        and parent.tag == "a"
        and (parent.attributes.get("href") or "").startswith("#")
    )
    return "" if within else attributes.get("alt") or ""


def _is_header_link(node: LexborNode, attributes: page.Attributes) -> bool:
    """The sign beside a heading that only serves to copy its address."""
    href = attributes.get("href") or ""
    return href.startswith("#") and node.text(deep=True).strip().lower() in _HEADER_LINKS


def _is_note_mark(node: LexborNode) -> bool:
    """A raised number that leads to a footnote: it would end up in the middle of a sentence."""
    link = node.css_first("a[href^='#']")
    return link is not None and link.text().strip() == node.text().strip()


def _index(value: str | None, default: int) -> int:
    return _number(value, default, -9_999, 999_999)


def _number(value: str | None, default: int, low: int, high: int) -> int:
    try:
        return min(max(int(value or default), low), high)
    except ValueError:
        return default
