"""Segments of a page become rows of cells, in whichever order the file drew them.

Knows how tables are drawn (cell by cell, or line by line); knows nothing of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.extract.lines import join
from ingest.extract.pdf.page import Page, Segment

_MAX_CELL_LINES: Final = 8
"""Lines of a cell that stands to the left of others: more is a column of running text."""


@dataclass(slots=True)
class Row:
    """What stands side by side: one segment, or the cells of a table's row."""

    page: int
    cells: list[list[Segment]]

    @property
    def first(self) -> Segment:
        """Its first segment, which speaks for its size and place."""
        return self.cells[0][0]

    @property
    def last(self) -> Segment:
        """The segment drawn last."""
        return self.cells[-1][-1]

    @property
    def right(self) -> float:
        """Where its text ends."""
        return max(segment.right for cell in self.cells for segment in cell)

    @property
    def texts(self) -> list[str]:
        """The text of each cell."""
        return [_joined(cell) for cell in self.cells]


def page_rows(page: Page) -> list[Row]:
    """The rows of a page in the order of its content stream."""
    rows: list[Row] = []
    for segment in page.segments:
        if not rows or not _placed(rows, segment):
            rows.append(Row(page.number, [[segment]]))
    return rows


def _placed(rows: list[Row], segment: Segment) -> bool:
    """Put the segment into the last row if it belongs there."""
    row = rows[-1]
    em = max(segment.size, 1.0)
    if _overlap(row.last, segment) > 0.6 and segment.left >= row.last.right - 0.3 * em:
        if segment.left - row.last.right < 0.5 * em and len(row.cells[-1]) == 1:
            row.cells[-1][-1] = _glued(row.last, segment)
        else:
            row.cells.append([segment])
        return True
    if len(row.cells) > 1:
        return _placed_in_cell(row, segment, em)
    group = _lines_above(rows)
    before = rows[-len(group) - 1] if len(group) < len(rows) else None
    if _stands_right_of(group, before, segment, em):
        lines = [above.first for above in group]
        del rows[-len(group) :]
        rows.append(Row(row.page, [lines, [segment]]))
        return True
    return False


def _placed_in_cell(row: Row, segment: Segment, em: float) -> bool:
    """A further line of the last cell, or a cell beside the lines of the others."""
    top = max(s.top for cell in row.cells for s in cell)
    bottom = min(s.bottom for cell in row.cells for s in cell)
    middle = (segment.top + segment.bottom) / 2
    right = max(s.right for s in row.cells[-1])
    if segment.left >= right - 0.3 * em and bottom - 0.3 * em <= middle <= top + 0.3 * em:
        row.cells.append([segment])
        return True
    beside = min(s.right for s in row.cells[-2])
    below = -0.3 * em <= row.last.bottom - segment.top <= 0.8 * em
    if below and segment.left > beside and segment.left < right:
        row.cells[-1].append(segment)
        return True
    return False


def _lines_above(rows: list[Row]) -> list[Row]:
    """The last rows, as far as they are lines set tightly below each other."""
    group = [rows[-1]]
    for row in reversed(rows[:-1][-_MAX_CELL_LINES:]):
        below = group[0].first
        gap = row.first.bottom - below.top
        tight = -0.3 * below.size <= gap <= 0.8 * below.size
        if len(row.cells) > 1 or not tight or abs(row.first.left - below.left) > below.size:
            break
        group.insert(0, row)
    return group


def _stands_right_of(group: list[Row], before: Row | None, segment: Segment, em: float) -> bool:
    """Whether the segment begins a cell beside the lines of the group, which are a cell then.

    Centred cells begin above their neighbours, but never above the row before them.
    """
    middle = (segment.top + segment.bottom) / 2
    highest = group[0].first.top + _MAX_CELL_LINES * em
    if before is not None:
        highest = min(highest, *(s.bottom for cell in before.cells for s in cell))
    beside = segment.left >= max(row.right for row in group) - 0.3 * em
    return beside and group[-1].first.bottom <= middle <= highest


def _overlap(one: Segment, other: Segment) -> float:
    shared = min(one.top, other.top) - max(one.bottom, other.bottom)
    return shared / max(min(one.size, other.size), 0.1)


def _glued(left: Segment, right: Segment) -> Segment:
    text = join(left.text, right.text)
    if right.left - left.right < 0.15 * max(right.size, 1.0):
        text = left.text + right.text
    bottom, top = min(left.bottom, right.bottom), max(left.top, right.top)
    return Segment(text, left.left, right.right, bottom, top, left.weight)


def _joined(cell: list[Segment]) -> str:
    text = cell[0].text
    for segment in cell[1:]:
        text = join(text, segment.text)
    return text
