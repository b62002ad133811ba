"""Where text goes while a page is walked: into blocks, or into the one line of a cell or heading.

Both take the same calls, so that a panel or a list is read alike wherever it stands. Knows nothing
of elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from ingest.extract.outline import Cell, Outline
from ingest.extract.prose import BREAK, verbatim

_MAX_DEPTH: Final = 20  # lists in lists that are indented; more would be all blanks


class Sink(Protocol):
    """Takes what a reader sees, in order."""

    one_line: bool
    """Whether all that it takes becomes one line."""

    def add(self, text: str, label: str | None = None) -> None:
        """Take running text; `label` stands for it in a heading's id, None: the text itself."""

    def end_block(self) -> None:
        """Note that what follows stands in a block of its own."""

    def code(self, raw: str) -> None:
        """Take code."""

    def open_list(self, start: int | None) -> None:
        """Open a list; `start` is the first number of an ordered one."""

    def item(self, *, number: int | None = None, mark: str = "") -> None:
        """Begin an item of the open list; `mark` stands before its text, as a check box does."""

    def close_list(self) -> None:
        """Close the open list."""

    def heading(self, level: int, text: str, anchor: str) -> None:
        """Take a heading."""

    def place(self, anchor: str) -> None:
        """Note that links to what follows may lead to this anchor."""

    def table(self, rows: list[list[Cell]], caption: str) -> None:
        """Take a table."""


class Line:
    """Text that becomes one line: a cell, a heading, a caption."""

    one_line = True

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._labels: list[str] = []
        self.anchor = ""
        """The first anchor inside."""
        self.told = True
        """Whether the id that Confluence makes of the text can be told."""

    @property
    def text(self) -> str:
        """What was taken, not folded yet."""
        return "".join(self._parts)

    @property
    def label(self) -> str:
        """What Confluence makes an id of; empty where that can not be told."""
        return "".join(self._labels) if self.told else ""

    def add(self, text: str, label: str | None = None) -> None:
        self._parts.append(text)
        self._labels.append(text if label is None else label)

    def end_block(self) -> None:
        self._parts.append(BREAK)

    def code(self, raw: str) -> None:
        self._parts.append(BREAK + verbatim(raw).replace("\n", BREAK) + BREAK)

    def open_list(self, start: int | None) -> None:  # noqa: ARG002 - the protocol's
        self.end_block()

    def item(self, *, number: int | None = None, mark: str = "") -> None:  # noqa: ARG002 - the protocol's
        self._parts.append(BREAK + mark)

    def close_list(self) -> None:
        self.end_block()

    def heading(self, level: int, text: str, anchor: str) -> None:  # noqa: ARG002 - the protocol's
        self._parts.append(BREAK + text + BREAK)

    def place(self, anchor: str) -> None:
        self.anchor = self.anchor or anchor

    def table(self, rows: list[list[Cell]], caption: str) -> None:
        """Take the texts of the cells, should there be a table where none can be laid out."""
        texts = [caption, *(cell.text for row in rows for cell in row)]
        self._parts.append(BREAK + BREAK.join(texts) + BREAK)


@dataclass(slots=True)
class _List:
    """An open list: the next number of an ordered one, and what its next line begins with."""

    number: int | None
    marker: str = "  "


class Flow:
    """The blocks of a page: running text, lists and what stands between them."""

    one_line = False

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._running: list[str] = []
        self._lists: list[_List] = []
        self._mark = ""  # of the item that has begun, until there is text for it

    def add(self, text: str, label: str | None = None) -> None:  # noqa: ARG002 - the protocol's
        self._running.append(text)

    def end_block(self) -> None:
        raw = "".join(self._running)
        self._running.clear()
        if not raw or raw.isspace():
            return
        if self._mark:
            raw, self._mark = self._mark + raw.lstrip(), ""
        if self._lists:
            innermost = self._lists[-1]
            depth = min(len(self._lists), _MAX_DEPTH) - 1
            self._outline.item(raw, depth=depth, marker=innermost.marker)
            innermost.marker = " " * len(innermost.marker)
        else:
            self._outline.text(raw)

    def code(self, raw: str) -> None:
        self.end_block()
        self._outline.code(raw)

    def open_list(self, start: int | None) -> None:
        self.end_block()
        self._lists.append(_List(start))

    def item(self, *, number: int | None = None, mark: str = "") -> None:
        self.end_block()
        self._mark = mark
        if not self._lists:
            return
        innermost = self._lists[-1]
        if innermost.number is None:
            innermost.marker = "- "
        else:
            innermost.number = innermost.number if number is None else number
            innermost.marker = f"{innermost.number}. "
            innermost.number += 1

    def close_list(self) -> None:
        self.end_block()
        self._mark = ""
        if self._lists:
            self._lists.pop()
        if not self._lists:
            self._outline.end_list()

    def heading(self, level: int, text: str, anchor: str) -> None:
        self.end_block()
        self._outline.heading(level, text, anchor)

    def place(self, anchor: str) -> None:
        self._outline.place(anchor)

    def table(self, rows: list[list[Cell]], caption: str) -> None:
        self.end_block()
        self._outline.table(rows, caption=caption)
