"""A sheet as it is seen: filled cells of visible rows and columns, merges, shapes, notes.

Knows nothing of files nor of blocks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Cell(NamedTuple):
    """A cell with text; a named tuple because a workbook has up to a million."""

    column: int
    """From 1."""
    text: str
    emphasis: int = 0
    """FILLED and BOLD, added."""
    is_number: bool = False


FILLED, BOLD = 1, 2


class Range(NamedTuple):
    """A rectangle of cells, both ends included, rows and columns from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        first, last = _name(self.top, self.left), _name(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"


class Row(NamedTuple):
    """A visible row with at least one filled cell."""

    number: int
    position: int
    """Its number among the visible rows: hidden rows between do not part neighbours."""
    cells: list[Cell]


class Floating(NamedTuple):
    """Text that lies over the grid: a shape or a note."""

    range: Range
    text: str
    is_note: bool = False


@dataclass(slots=True)
class Sheet:
    """One visible sheet."""

    name: str
    """As the file has it, to the blank: links find a sheet by it."""
    link: str | None = None
    """What links name it by instead, such as `gid=7`; empty: none can lead into it."""
    rows: list[Row] = field(default_factory=list)
    merges: dict[tuple[int, int], Range] = field(default_factory=dict)
    """By the row and column of their top left cell."""
    header_rows: set[int] = field(default_factory=set)
    """Rows that the file itself calls headers: of its tables and of its filter."""
    floating: list[Floating] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each run of hidden rows."""
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def shows(self, area: Range) -> bool:
        """Whether any of a rectangle's rows and any of its columns is visible."""
        run = bisect_right(self.hidden_rows, (area.top, 1 << 30)) - 1
        rows = run >= 0 and self.hidden_rows[run][1] >= area.bottom
        columns = any(a <= area.left and area.right <= b for a, b in self.hidden_columns)
        return not (rows or columns)


def parse_range(reference: str) -> Range | None:
    """`B2:D9` or `B2` as a rectangle; None where it is neither."""
    first, _, last = reference.replace("$", "").partition(":")
    start, stop = parse_cell(first), parse_cell(last or first)
    if start is None or stop is None or stop < start:
        return None
    return Range(start[0], start[1], stop[0], stop[1])


def parse_cell(reference: str) -> tuple[int, int] | None:
    """`B2` as (2, 2); None where it is no cell of a sheet."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    column = column_number(letters)
    if not digits or column is None or not 0 < len(digits) < 8:
        return None
    return int(digits), column


def column_number(letters: str) -> int | None:
    """`AB` as 28; None where it names no column."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            return None
        number = number * 26 + ord(letter) - 64
    return number if 0 < number <= 16384 else None


def _name(row: int, column: int) -> str:
    return f"{''.join(_letters(column))}{row}"


def _letters(column: int) -> Iterator[str]:
    digits = []
    while column:
        column, digit = divmod(column - 1, 26)
        digits.append(chr(65 + digit))
    return reversed(digits)
