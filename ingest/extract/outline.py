"""Collects blocks under the path of headings that stands above them.

Knows how headings nest, how lists are laid out as lines and how tables become rows; knows nothing
of the formats that call it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.blocks import Block, Kind
from ingest.extract.prose import fold, verbatim

_SPAN_TEXT = 200  # characters; a merged cell that is longer is written once
_FILLING = 10_000  # characters that filling merged cells may add to a table


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table, as its source declares it."""

    text: str
    header: bool = False
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class _Heading:
    level: int
    text: str
    anchor: str
    empty: bool = True


class Outline:
    """Receives headings, paragraphs, list items, tables and code in reading order."""

    def __init__(self) -> None:
        self.first_heading: str | None = None
        """The text of the first heading of level 1."""
        self._blocks: list[Block] = []
        self._path: list[_Heading] = []
        self._items: list[str] = []
        self._items_anchor = ""
        self._place = ""

    def heading(self, level: int, text: str, anchor: str = "") -> None:
        """Open a section; sections of the same or a deeper level end here."""
        text = fold(text).replace("\n", " ")
        if not text:
            return
        self._close(level)
        if level == 1 and self.first_heading is None:
            self.first_heading = text
        # A link to the section around it is nearer to a heading without an id than the top is.
        self._path.append(_Heading(level, text, anchor or self._anchor()))
        self._place = ""

    def place(self, anchor: str) -> None:
        """Let links to what follows lead to `anchor`, up to the next heading."""
        self.end_list()
        self._place = anchor

    def text(self, raw: str, anchor: str = "") -> None:
        """Add a paragraph; `raw` is folded, and blank text is dropped."""
        self._add(fold(raw), "paragraph", anchor)

    def code(self, raw: str) -> None:
        """Add code, kept verbatim."""
        self._add(verbatim(raw), "code")

    def item(self, raw: str, *, depth: int = 0, marker: str = "- ") -> None:
        """Add a line to the list that is open, indented by two spaces a level.

        Each line of `raw` after its first stands under the text, not under the marker.
        """
        text = fold(raw)
        if text:
            indent = "  " * depth
            text = text.replace("\n", "\n" + indent + " " * len(marker))
            self._items.append(f"{indent}{marker}{text}")

    def end_list(self, anchor: str = "") -> None:
        """Close the open list; `anchor` is used by the next one."""
        lines, self._items = self._items, []
        if lines:
            self._add("\n".join(lines).strip(), "list", self._items_anchor)
        self._items_anchor = anchor

    def table(self, rows: list[list[Cell]], *, caption: str = "") -> None:
        """Add a table: spans are filled, and leading rows of header cells are its header."""
        self.text(caption)
        grid, headers = _grid(rows)
        lines = [" | ".join(_trimmed(row)) for row in grid]
        self._add("\n".join(lines), "table", header_rows=min(headers, max(len(lines) - 1, 0)))

    def close(self, level: int) -> None:
        """End the sections of this level and deeper ones, if there are any."""
        if self._path and self._path[-1].level >= level:
            self._close(level)

    def skip(self) -> None:
        """Note that something under the current heading was left out on purpose."""
        if self._path:
            self._path[-1].empty = False

    def finish(self) -> tuple[Block, ...]:
        """Close everything and return the blocks."""
        self._close(0)
        return tuple(self._blocks)

    def _anchor(self) -> str:
        return self._place or (self._path[-1].anchor if self._path else "")

    def _headings(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self._path)

    def _close(self, level: int) -> None:
        self.end_list()
        while self._path and self._path[-1].level >= level:
            closed = self._path.pop()
            if closed.empty:  # nothing stands under it, but its own words must be found
                self._blocks.append(
                    Block(closed.text, "paragraph", self._headings(), closed.anchor)
                )
            if self._path:
                self._path[-1].empty = False

    def _add(self, text: str, kind: Kind, anchor: str = "", header_rows: int = 0) -> None:
        if self._items and kind != "list":
            self.end_list()
        if not text.strip():
            return
        if self._path:
            self._path[-1].empty = False
        place = anchor or self._anchor()
        self._blocks.append(Block(text, kind, self._headings(), place, header_rows))


def _grid(rows: list[list[Cell]]) -> tuple[list[list[str]], int]:
    """Rows of text with merged cells repeated, and how many of the first ones are header."""
    grid: list[list[str]] = []
    headers = filled = 0
    covered: dict[int, tuple[int, str]] = {}  # column -> rows below that a cell still covers, text
    width = max((sum(cell.columns for cell in row) for row in rows), default=0)
    for cells in rows:
        if filled > _FILLING:  # nobody merges that much: spans are used to multiply text
            line, covered = [cell.text for cell in cells], {}
        else:
            line, covered = _line(cells, covered, width)
            filled += sum(map(len, line)) + 3 * len(line) - sum(len(cell.text) for cell in cells)
        if not any(cell.text for cell in cells):
            continue
        grid.append(line)
        if headers == len(grid) - 1 and all(cell.header for cell in cells):
            headers += 1
    return grid, headers


def _trimmed(row: list[str]) -> list[str]:
    while not row[-1]:
        row = row[:-1]
    return row


def _line(
    cells: list[Cell], covered: dict[int, tuple[int, str]], width: int
) -> tuple[list[str], dict[int, tuple[int, str]]]:
    """One row with what covers it from above, and what covers the next one."""
    line: list[str] = []
    below = {column: (left - 1, text) for column, (left, text) in covered.items() if left > 1}
    queue = iter(cells)
    while True:
        if len(line) in covered:
            line.append(covered[len(line)][1])
            continue
        cell = next(queue, None)
        if cell is None:
            return line, below
        once = cell.columns >= width or len(cell.text) > _SPAN_TEXT
        for offset in range(cell.columns):
            if cell.rows > 1:
                below[len(line)] = (cell.rows - 1, "" if once else cell.text)
            line.append("" if once and offset else cell.text)
