"""Walks an HTML page in document order: what is open (text, lists, anchors) and what it closes.

Leaves the text of single elements to `gather`, and what frames a page to `page`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

from ingest.extract import page
from ingest.extract.html.gather import (
    BLOCKS,
    Gatherer,
    Leave,
    alternative,
    index,
    is_header_link,
    is_note_mark,
    lays_out,
    nothing,
    rows,
    seen,
    walk,
)
from ingest.extract.outline import Outline
from ingest.extract.prose import BREAK

_LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_CONTAINERS: Final = frozenset(("section", "div", "article", "span", "a", "dt", "p"))


@dataclass(slots=True)
class _List:
    """An open list: the next number of an ordered one, and what its next line begins with."""

    number: int | None
    marker: str = "  "

    def start_item(self, value: str | None) -> None:
        if self.number is None:
            self.marker = "- "
            return
        number = index(value, self.number)
        self.marker = f"{number}. "
        self.number = number + 1


class Walker:
    """Carries what is open while a page is walked: running text, lists, the anchor just passed."""

    def __init__(self, *, chrome: bool, marked: bool) -> None:
        self.outline = Outline()
        self._frames = not chrome
        self._marked = marked
        self._running: list[str] = []
        self._lists: list[_List] = []
        self._passed = ""  # id of an anchor or container since which no text came
        self._bare = False  # whether a heading without an id was the last thing that came
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
        walk(root, self._visit)
        self._flush()

    def _visit(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "-text":
            text = node.text_content or ""
            self._running.append(text)
            if (self._passed or self._bare) and not text.isspace():
                self._passed, self._bare = "", False
            return None
        attributes = seen(node, tag)
        if attributes is None:
            return None
        if self._frames and self._is_frame(node, tag, attributes):
            self._flush()
            self.outline.skip()
            return None
        if attributes and tag in _CONTAINERS:
            self._pass(attributes.get("id") or attributes.get("name") or "")
        special = self._enter.get(tag)
        if special is not None:
            return special(node, attributes)
        if tag in BLOCKS:
            self._flush()
            return self._flush
        return nothing

    def _pass(self, identifier: str) -> None:
        """Note an id: it leads to the next heading, or to what follows the last one."""
        if identifier and self._bare:
            self._flush()
            self.outline.place(identifier)
            self._bare = False
        elif identifier:
            self._passed = identifier

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
        self._running.append(alternative(node, attributes))

    def _link(self, node: LexborNode, attributes: page.Attributes) -> Leave | None:
        return None if is_header_link(node, attributes) else nothing

    def _raised(self, node: LexborNode, _attributes: page.Attributes) -> Leave | None:
        return None if is_note_mark(node) else nothing

    def _list(self, node: LexborNode, attributes: page.Attributes) -> Leave:
        self._flush()
        ordered = node.tag == "ol"
        self._lists.append(_List(index(attributes.get("start"), 1) if ordered else None))
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
        gathered = Gatherer()
        text = gathered.read(node)
        anchor = attributes.get("id") or gathered.identifier or self._passed
        self._passed, self._bare = "", not anchor
        self.outline.heading(_LEVELS[node.tag or "h6"], text, anchor.removeprefix("user-content-"))

    def _code(self, node: LexborNode, _attributes: page.Attributes) -> None:
        self._flush()
        self._bare = False
        self.outline.code(Gatherer(verbatim=True).read(node))

    def _table(self, node: LexborNode, attributes: page.Attributes) -> Leave | None:
        self._flush()
        if attributes.get("role") == "presentation" or lays_out(node):
            return self._flush  # a table that only arranges a page: its cells are walked as blocks
        self._bare = False
        found, caption = rows(node)
        self.outline.table(found, caption=caption)
        return None
