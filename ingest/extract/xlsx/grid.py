"""A sheet becomes blocks: runs of rows as tables, lists and text, numbered lines as headings.

Knows how Japanese design documents are laid out on fine grids; knows nothing of files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Literal
from urllib.parse import quote

from ingest.extract.blocks import Block, Kind
from ingest.extract.lines import clean, starts_item
from ingest.extract.xlsx.sheet import Cell, Range, Row, Sheet
from ingest.extract.xlsx.tables import MAX_BLOCK_CHARACTERS, area, row_line, table_parts

_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:[.．-]\d{1,2})*)[.．]?(?P<gap>\s*)(?P<title>\S.*)")
_NUMBER = re.compile(r"\d{1,2}(?:[.．-]\d{1,2})*[.．]?")
_CHAPTER = re.compile(r"第[0-9一二三四五六七八九十百]+[編章節][\s　]*\S.*")
_MARK = re.compile(
    r"[・•●○■□◆▪※*\-‐–→⇒]|[①-⑳]|[(（][0-9０-９a-zａ-ｚア-ン]{1,2}[)）]|[0-9０-９]{1,2}[.．)）]"
)
_MAX_HEADING = 50
_MAX_GAPS = 64
"""Blank columns tried as a border between tables; grid paper has many that are none."""
_DEFAULT_NAME = re.compile(r"(Sheet|シート)\s*\d+", re.IGNORECASE)
_PAGE_HEADER_ROWS = 8
"""A band that begins above this row and recurs on later sheets is the form's page header."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A line, a table or floating text, with the heading level it may have."""

    kind: Literal["line", "table", "floating"]
    area: Range
    text: str
    band: int = -1
    level: int = 0
    header_rows: int = 0
    is_list: bool = False


class SheetBlocks:
    """The blocks of a workbook's sheets, one sheet after the other.

    It remembers the page headers of earlier sheets, which design documents repeat on each.
    """

    def __init__(self, *, single: bool) -> None:
        self._single = single
        self._seen: set[tuple[str, ...]] = set()

    def blocks(self, sheet: Sheet) -> Iterator[Block]:
        """The sheet's blocks in reading order; each holds a rectangle of its own."""
        items = _decide_headings(self._items(sheet))
        # A lone "Sheet1" says nothing of the text below it.
        named = not (self._single and _DEFAULT_NAME.fullmatch(sheet.name))
        name = clean(sheet.name).replace("\n", " ")
        path = [(0, name)] if name and named else []
        for group in _groups(items):
            first = group[0]
            if first.level:
                path = [(level, text) for level, text in path if level < first.level]
                if not path or _squeezed(path[-1][1]) != _squeezed(first.text):
                    path.append((first.level, first.text))
                continue
            yield _block(sheet, group, tuple(text for _, text in path))

    def _items(self, sheet: Sheet) -> list[_Item]:
        items: list[_Item] = []
        for number, band in enumerate(_bands(sheet)):
            if number == 0 and band[0].number <= _PAGE_HEADER_ROWS:
                key = tuple(map(row_line, band))
                if key in self._seen:
                    continue
                self._seen.add(key)
            for part in _side_by_side(sheet, band):
                items += _band_items(sheet, part, number)
        # The sort is stable: text over the grid follows what begins at or above its row.
        placed = [*_with_beginnings(items), *((i.area.top, i) for i in _floating_items(sheet))]
        return [item for _, item in sorted(placed, key=itemgetter(0))]


def _with_beginnings(items: list[_Item]) -> Iterator[tuple[int, _Item]]:
    """Each item with the row where its block begins: nothing may come amid a block of lines."""
    start, before = 0, None
    for item in items:
        goes_on = before is not None and before.band == item.band and not before.level
        if not (goes_on and item.kind == "line" and not item.level):
            start = item.area.top
        before = item if item.kind == "line" else None
        yield start, item


def anchor(sheet: Sheet, area: Range) -> str:
    """The fragment that leads to a rectangle; what would end a value is escaped."""
    if sheet.link is not None:
        return sheet.link and f"{sheet.link}&range={area}"
    name = re.sub(r"[%&#+=\s]", lambda found: quote(found.group()), sheet.name)
    return f"sheet={name}&range={area}"


def _block(sheet: Sheet, group: list[_Item], headings: tuple[str, ...]) -> Block:
    first = group[0]
    kind: Kind = "paragraph"
    if first.kind == "table":
        kind = "table"
    elif all(item.is_list for item in group):
        kind = "list"
    text = "\n".join(item.text for item in group)
    where = _union([item.area for item in group])
    return Block(text, kind, headings, anchor(sheet, where), first.header_rows)


def _groups(items: list[_Item]) -> Iterator[list[_Item]]:
    """Items that form one block: lines of one band, or neighbouring shapes, of limited size."""
    group: list[_Item] = []
    for item in items:
        if group and not _belongs(group, item):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _belongs(group: list[_Item], item: _Item) -> bool:
    last = group[-1]
    if item.kind != last.kind or item.kind == "table" or item.level or last.level:
        return False
    if item.kind == "line" and item.band != last.band:
        return False
    size = sum(len(member.text) for member in group) + len(item.text)
    return size <= MAX_BLOCK_CHARACTERS


def _bands(sheet: Sheet) -> Iterator[list[Row]]:
    """Runs of rows without a blank row between; what a merged cell covers is not blank."""
    band: list[Row] = []
    covered = 0
    for row in sheet.rows:
        gap = row.position - band[-1].position > 1 if band else False
        if gap and row.number > covered + 1:
            yield band
            band = []
        band.append(row)
        for cell in row.cells:
            span = sheet.merges.get((row.number, cell.column))
            covered = max(covered, span.bottom if span else row.number)
    if band:
        yield band


def _side_by_side(sheet: Sheet, band: list[Row]) -> list[list[Row]]:
    """The band cut at blank columns, where a dense table stands on either side."""
    parts: list[list[Row]] = []
    if len(band) > 1:
        for column in islice(_after_blank_columns(sheet, band), _MAX_GAPS):
            left, right = _cut(band, column)
            if _is_dense(sheet, left) and _is_dense(sheet, right):
                parts.append(left)
                band = right
    return [*parts, band]


def _after_blank_columns(sheet: Sheet, band: list[Row]) -> Iterator[int]:
    """The first filled column after each run of columns that nothing fills, merges included."""
    spans = set()
    for row in band:
        for cell in row.cells:
            merge = sheet.merges.get((row.number, cell.column))
            spans.add((cell.column, merge.right if merge else cell.column))
    covered = 0
    for left, right in sorted(spans):
        if covered and left > covered + 1:
            yield left
        covered = max(covered, right)


def _cut(band: list[Row], column: int) -> tuple[list[Row], list[Row]]:
    left = [row._replace(cells=[c for c in row.cells if c.column < column]) for row in band]
    right = [row._replace(cells=[c for c in row.cells if c.column >= column]) for row in band]
    return [row for row in left if row.cells], [row for row in right if row.cells]


def _is_dense(sheet: Sheet, rows: list[Row]) -> bool:
    wide = [row for row in rows if len(row.cells) > 1]
    if len(wide) < 2:
        return False
    where = area(sheet, rows)
    cells = sum(len(row.cells) for row in wide)
    return cells * 2 > len(wide) * (where.right - where.left + 1)


def _band_items(sheet: Sheet, band: list[Row], number: int) -> Iterator[_Item]:
    rows = [_with_mark_joined(row) for row in band]
    start = 0
    for first, last in _table_runs(rows):
        yield from (_line(sheet, row, number) for row in rows[start:first])
        for part in table_parts(sheet, rows[first : last + 1]):
            yield _Item("table", part.area, part.text, number, header_rows=part.header_rows)
        start = last + 1
    yield from (_line(sheet, row, number) for row in rows[start:])


def _table_runs(rows: list[Row]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of rows with several cells; a lone such row is a line."""
    wide = [i for i, row in enumerate(rows) if len(row.cells) > 1 and not _level(row)]
    while wide:
        length = 1
        while length < len(wide) and wide[length] - wide[length - 1] <= 3:
            length += 1
        first, last = wide[0], wide[length - 1]
        # What goes on below in a later column belongs to the last row.
        while last + 1 < len(rows) and rows[last + 1].cells[0].column > rows[first].cells[0].column:
            last += 1
        if length > 1:
            yield first, last
        wide = [i for i in wide[length:] if i > last]


def _with_mark_joined(row: Row) -> Row:
    """A bullet or number in a cell of its own belongs to the text beside it."""
    first, *others = row.cells
    if len(others) == 1 and _MARK.fullmatch(first.text) and not first.is_number:
        text = f"{first.text} {others[0].text}"
        return row._replace(cells=[Cell(first.column, text, first.emphasis)])
    return row


def _line(sheet: Sheet, row: Row, band: int) -> _Item:
    text = row.cells[0].text if len(row.cells) == 1 else row_line(row)
    level = _level(row)
    if level:
        text = " ".join(cell.text for cell in row.cells)
    where = area(sheet, [row])
    return _Item("line", where, text, band, level, is_list=starts_item(text))


def _level(row: Row) -> int:  # noqa: PLR0911 - one return a rule
    """The level of a row that reads as a numbered heading: 1 for `2.`, 2 for `2.1.`; else 0."""
    if len(row.cells) > 2 or row.cells[0].is_number:
        return 0
    text = unicodedata.normalize("NFKC", " ".join(cell.text for cell in row.cells)).strip()
    if (
        len(text) > _MAX_HEADING
        or "\n" in text
        or text.endswith(("。", "．", ".", "、", "：", ":"))
    ):
        return 0
    if len(row.cells) == 2 and not _NUMBER.fullmatch(
        unicodedata.normalize("NFKC", row.cells[0].text)
    ):
        return 0
    if _CHAPTER.fullmatch(text):
        return 1
    found = _NUMBERED.fullmatch(text)
    if not found:
        return 0
    number, title = found["number"], found["title"]
    parts = re.split(r"[.-]", number)
    # "10 日" and "3-5 人" are no headings: a dot must stand in or behind the number.
    dotted = text[len(number) : len(number) + 1] == "."
    if not (dotted or ("." in number and found["gap"])) or title[0].isdecimal():
        return 0
    return len(parts)


def _decide_headings(items: list[_Item]) -> list[_Item]:
    """Keep the level of those numbered lines that have content of their own below them.

    A line of a table of contents, or a step of a list, is followed by its like.
    """
    decided: list[_Item] = []
    content = False
    below: list[tuple[int, bool]] = []  # headings that follow, each: its level, has it content?
    for item in reversed(items):
        if not item.level:
            content = True
            decided.append(item)
            continue
        while below and below[-1][0] > item.level:
            _, has_content = below.pop()
            content = content or has_content
        decided.append(item if content else _without_level(item))
        below.append((item.level, content))
        content = False
    return decided[::-1]


def _without_level(item: _Item) -> _Item:
    return _Item("line", item.area, item.text, item.band, is_list=True)


def _floating_items(sheet: Sheet) -> Iterator[_Item]:
    noted = {item.range.top for item in sheet.floating if item.is_note}
    about = {
        (row.number, cell.column): cell.text.replace("\n", "")
        for row in sheet.rows
        if row.number in noted
        for cell in row.cells
    }
    for item in sheet.floating:
        text = item.text
        subject = about.get((item.range.top, item.range.left), "") if item.is_note else ""
        if 0 < len(subject) <= _MAX_HEADING and not text.startswith(subject):
            text = f"{subject}: {text}"
        yield _Item("floating", item.range, text)


def _union(areas: list[Range]) -> Range:
    tops, lefts, bottoms, rights = zip(*areas, strict=True)
    return Range(min(tops), min(lefts), max(bottoms), max(rights))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
