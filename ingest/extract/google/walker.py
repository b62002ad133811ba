"""Walks the body of a Docs export in document order: what is open and what it closes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from ingest.extract import page
from ingest.extract.google.numbering import Numbering
from ingest.extract.html.gather import (
    BLOCKS,
    Gatherer,
    Leave,
    alternative,
    index,
    lays_out,
    nothing,
    rows,
    seen,
    walk,
)
from ingest.extract.outline import Outline
from ingest.extract.prose import BREAK, fold

_LEVELS: Final = {f"h{level}": level for level in range(1, 7)}
_TITLE: Final = 0
"""The level of a title: above all headings, as the title of a tab is."""
_HEADING_ID: Final = re.compile(r"h\.[\w.-]+")
_LIST: Final = re.compile(r"lst-\S+-(\d{1,2})")
_MAX_DEPTH: Final = 20
_MARK: Final = re.compile(r"ftnt_ref(\d+)")
_PAGE_NUMBER: Final = re.compile(r"[\s.…]*\d*$")
_REDIRECT: Final = re.compile(r"https?://www\.google\.com/url\?q=([^&\s]+)(?:&\S*)?")
# Docs marks the ends of a code block by two characters for its own use.
_OWN: Final = str.maketrans("", "", "\uec02\uec03")


@dataclass(slots=True)
class _List:
    """An open list, and what its next line begins with."""

    name: str
    depth: int
    ordered: bool
    marker: str = "  "


class Walker:
    """Carries what is open while a document is walked: running text, lists, footnotes to come."""

    def __init__(
        self, notes: Mapping[str, str], headings: Mapping[str, str], numbering: Numbering
    ) -> None:
        self.outline = Outline()
        self._numbering = numbering
        self._notes = dict(notes)
        self._headings = headings
        self._noted: list[str] = []
        """The footnotes whose marks were passed, until the block ends that they stand in."""
        self._running: list[str] = []
        self._lists: list[_List] = []

    def read(self, body: LexborNode) -> None:
        """Walk the body; its blocks go to the outline."""
        walk(body, self._visit)
        self._flush()
        self._noted += self._notes.values()  # a footnote whose mark was lost is text all the same
        self._end_notes()

    def _visit(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "-text":
            self._running.append(_as_read(node.text_content or ""))
            return None
        attributes = seen(node, tag)
        if attributes is None:
            return None
        if tag in ("ul", "ol"):
            return self._list(tag, attributes)
        if tag == "li":
            return self._item(attributes)
        return self._block(node, tag, attributes) if tag in BLOCKS else self._inline(node, tag)

    def _inline(self, node: LexborNode, tag: str) -> Leave | None:
        if tag == "a" and (node.id or "").startswith("ftnt_ref"):
            self._note(node)
            return None
        if tag == "br":
            self._running.append(BREAK)
        elif tag == "img":
            self._running.append(alternative(node, node.attributes))
        return nothing

    def _block(self, node: LexborNode, tag: str, attributes: page.Attributes) -> Leave | None:
        self._flush()
        if tag in _LEVELS:
            self._heading(node, _LEVELS[tag])
            return None
        if self._lists:
            return self._flush
        self._end_notes()
        if tag == "p" and "title" in (attributes.get("class") or "").split():
            self._heading(node, _TITLE)
            return None
        if tag == "p" and self._repeats_heading(node):
            return None
        if tag == "table" and not lays_out(node):
            found, caption = rows(node)
            self.outline.table(found, caption=caption)
            self._notes_in(node)
            return None
        return self._end_block

    def _heading(self, node: LexborNode, level: int) -> None:
        identifier = node.id or ""
        anchor = f"heading={identifier}" if _HEADING_ID.fullmatch(identifier) else ""
        # A numbered heading is the only thing in an item of a list.
        number = self._lists[-1].marker.lstrip() if self._lists else ""
        text = _as_read(Gatherer().read(node))
        self._end_notes()
        self.outline.heading(level, f"{number.removeprefix('- ')}{text}" if text else "", anchor)
        self._notes_in(node)

    def _repeats_heading(self, paragraph: LexborNode) -> bool:
        """Whether it is a line of a table of contents: a heading of this document, a link to it."""
        link = paragraph.css_first("a[href^='#h']")
        if link is None:
            return False
        heading = self._headings.get((link.attributes.get("href") or "")[1:])
        line = fold(paragraph.text(deep=True))
        return bool(heading) and heading in (line, _PAGE_NUMBER.sub("", line))

    def _list(self, tag: str, attributes: page.Attributes) -> Leave:
        self._flush()
        if not self._lists:
            self._end_notes()
        names = attributes.get("class") or ""
        found = _LIST.search(names)
        depth = int(found[1]) if found else len(self._lists)
        name = found[0] if found else f"-{depth}"
        if tag == "ol":
            start = attributes.get("start")
            begins = bool(start) or "start" in names.split() or not found
            self._numbering.start(name, index(start, 1) if begins else None)
        self._lists.append(_List(name, min(depth, _MAX_DEPTH), tag == "ol"))
        return self._end_list

    def _end_list(self) -> None:
        self._flush()
        self._lists.pop()

    def _item(self, attributes: page.Attributes) -> Leave:
        self._flush()
        if self._lists:
            innermost = self._lists[-1]
            if value := attributes.get("value"):
                self._numbering.start(innermost.name, index(value, 1))
            innermost.marker = self._numbering.item(innermost.name, ordered=innermost.ordered)
        return self._flush

    def _flush(self) -> None:
        """The running text is complete: a block, or a line of the open list."""
        raw = "".join(self._running)
        self._running.clear()
        if not raw or raw.isspace():
            return
        if self._lists:
            innermost = self._lists[-1]
            self.outline.item(raw, depth=innermost.depth, marker=innermost.marker)
            innermost.marker = " " * len(innermost.marker)
        else:
            self.outline.text(raw)

    def _end_block(self) -> None:
        self._flush()
        self._end_notes()

    def _note(self, mark: LexborNode) -> None:
        found = _MARK.fullmatch(mark.id or "")
        text = self._notes.pop(f"ftnt{found[1]}", "") if found else ""
        if text:
            self._noted.append(text)

    def _notes_in(self, node: LexborNode) -> None:
        for mark in node.css("a[id^=ftnt_ref]"):
            self._note(mark)
        self._end_notes()

    def _end_notes(self) -> None:
        noted, self._noted = self._noted, []
        for text in noted:
            self.outline.text(text)  # which ends an open list


def _as_read(text: str) -> str:
    text = text.translate(_OWN)
    if "google.com/url?q=" in text:
        return _REDIRECT.sub(lambda found: unquote(found[1]), text)
    return text
