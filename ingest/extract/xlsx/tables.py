"""Rows of a sheet's table become lines of text under its header.

Knows how headers look (the file's own word, fills, bold, types) and what merged cells mean; knows
nothing of where tables lie on a sheet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.extract.lines import ends_japanese, join, one_line, starts_japanese
from ingest.extract.xlsx.sheet import BOLD, FILLED, Cell, Range, Row, Sheet

MAX_BLOCK_ROWS = 30
MAX_BLOCK_CHARACTERS = 1_000
"""A block is what a link can lead to: about a screen of rows, about a chunk of text."""
_MAX_HEADER_ROWS = 4
_LONG_HEADER = 30
_MAX_LABELS = 20
_MAX_CARRIED = 600
"""Characters of a header that is repeated over each part of its table."""
_REPEATED = 40
"""A merged cell's text up to this length is a label, repeated beside each row that it spans."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table with the header above them."""

    text: str
    area: Range
    header_rows: int


def table_parts(sheet: Sheet, rows: list[Row]) -> Iterator[Part]:
    """The rows as lines, a screenful at a time, each part under the table's header."""
    rows = _with_labels(sheet, rows)
    count = _count_header_rows(sheet, rows)
    columns = _Columns(sheet, rows[:count])
    header = [columns.header(row) for row in rows[:count]]
    carried = sum(map(len, header)) <= _MAX_CARRIED
    lines: list[str] = []
    shown = rows[:count]  # the first part's range begins with the header above its rows
    for row in rows[count:]:
        line = columns.line(row)
        size = sum(map(len, lines)) + len(line)
        if lines and (len(lines) == MAX_BLOCK_ROWS or size > MAX_BLOCK_CHARACTERS):
            yield Part("\n".join(header + lines), area(sheet, shown), count)
            lines, shown = [], []
            if not carried:
                header, count = [], 0
        shown.append(row)
        lines.append(line)
    if lines:
        yield Part("\n".join(header + lines), area(sheet, shown), count)


def area(sheet: Sheet, rows: list[Row]) -> Range:
    """The rectangle that the rows' cells fill, their merges included."""
    left = min(row.cells[0].column for row in rows)
    right = bottom = 0
    for row in rows:
        last = row.cells[-1]
        merge = sheet.merges.get((row.number, last.column))
        right = max(right, merge.right if merge else last.column)
        bottom = max(bottom, row.number)
    return Range(rows[0].number, left, bottom, right)


def row_line(row: Row) -> str:
    """A row without a header: its filled cells."""
    return " | ".join(one_line(cell.text) for cell in row.cells)


def _header_text(text: str) -> str:
    # A header's line breaks fit its narrow column, also amid a word.
    first, *others = text.split("\n")
    for line in others:
        first = (
            first + line if ends_japanese(first) and starts_japanese(line) else join(first, line)
        )
    return first


def _with_labels(sheet: Sheet, rows: list[Row]) -> list[Row]:
    """The rows, where a cell is merged downwards its text beside each row that it spans."""
    open_labels: list[tuple[Range, Cell]] = []
    labelled = []
    for row in rows:
        open_labels = [(span, cell) for span, cell in open_labels if span.bottom >= row.number]
        cells = sorted(row.cells + [cell for _, cell in open_labels], key=lambda c: c.column)
        labelled.append(row._replace(cells=cells))
        for cell in row.cells:
            span = sheet.merges.get((row.number, cell.column))
            down = span is not None and span.bottom > row.number
            if span and down and len(cell.text) <= _REPEATED and len(open_labels) < _MAX_LABELS:
                open_labels.append((span, cell))
    return labelled


def _count_header_rows(sheet: Sheet, rows: list[Row]) -> int:
    """How many rows at the top are header; at least one row is left below."""
    by_file = [
        i for i, row in enumerate(rows[:_MAX_HEADER_ROWS]) if row.number in sheet.header_rows
    ]
    count = by_file[-1] + 1 if by_file else _emphasised(rows, FILLED) or _emphasised(rows, BOLD)
    if not count and not any(cell.emphasis & FILLED for row in rows for cell in row.cells):
        count = int(_reads_as_header(rows))
    if count:
        bottom = max(
            (
                span.bottom
                for cell in rows[0].cells
                if (span := sheet.merges.get((rows[0].number, cell.column)))
            ),
            default=0,
        )
        count = max(count, sum(row.number <= bottom for row in rows[:_MAX_HEADER_ROWS]))
    return min(count, len(rows) - 1)


def _emphasised(rows: list[Row], flag: int) -> int:
    """The rows at the top whose every cell is emphasised, unless all rows are or most are."""
    count = 0
    for row in rows:
        if not all(cell.emphasis & flag for cell in row.cells) or len(row.cells) < 2:
            break
        count += 1
    return count if count <= min(_MAX_HEADER_ROWS, len(rows) - 1) else 0


def _reads_as_header(rows: list[Row]) -> bool:
    """Whether the first row looks like names of columns: short, distinct, and no row is wider."""
    first = rows[0].cells
    names = {cell.text for cell in first}
    short = all(len(cell.text) <= _LONG_HEADER and not cell.is_number for cell in first)
    widest = all(len(row.cells) <= len(first) for row in rows)
    below = any(cell.is_number for row in rows[1:] for cell in row.cells)
    return short and widest and len(names) == len(first) and (below or len(rows) > 2)


class _Columns:
    """The columns that a header names."""

    def __init__(self, sheet: Sheet, header: list[Row]) -> None:
        self._merges = sheet.merges
        self._starts = sorted({cell.column for row in header for cell in row.cells})
        self._names = [self._name(sheet, header, start) for start in self._starts]

    def header(self, row: Row) -> str:
        """A row of the header: a cell that is merged over columns names each of them."""
        texts: list[str] = []
        for cell in row.cells:
            span = self._merges.get((row.number, cell.column))
            text = _header_text(cell.text)
            inside = bisect_right(self._starts, span.right) if span else 0
            wide = inside - bisect_left(self._starts, cell.column)
            texts += [text] * (wide if wide > 1 and len(text) <= _LONG_HEADER else 1)
        return " | ".join(texts)

    def line(self, row: Row) -> str:
        """A row's filled cells; where one before it is empty, a cell is named by its column."""
        if not self._starts:
            return row_line(row)
        texts: list[str] = []
        expected, named = 0, False
        for cell in row.cells:
            index = max(bisect_right(self._starts, cell.column) - 1, 0)
            named = named or index > expected
            expected = max(expected, index + 1)
            name, text = self._names[index], one_line(cell.text)
            texts.append(f"{name}: {text}" if named and name and name != text else text)
        return " | ".join(texts)

    @staticmethod
    def _name(sheet: Sheet, header: list[Row], start: int) -> str:
        names: list[str] = []
        for row in header:
            above = [cell for cell in row.cells if cell.column <= start]
            if not above:
                continue
            span = sheet.merges.get((row.number, above[-1].column))
            covers = above[-1].column == start or (span is not None and span.right >= start)
            text = _header_text(above[-1].text)
            if covers and text not in names and len(text) <= _LONG_HEADER:
                names.append(text)
        return " ".join(names)
