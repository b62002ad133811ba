"""Google Sheets: several sheets, some hidden, rows hidden in others; exported as xlsx."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import xlsxwriter
from rigs.drive.records import XLSX, SheetProperties, SlideProperties

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; hidden rows are counted from 1, as people see them."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()


@dataclass(slots=True)
class SpreadsheetBody:
    """A spreadsheet of sheets."""

    content: tuple[Sheet, ...]

    def exported(self, media_type: str, moment: int) -> bytes | None:
        return written(self.content) if media_type == XLSX else None

    def stored(self) -> bytes:
        return b""

    def sheets(self) -> tuple[SheetProperties, ...]:
        return tuple(
            SheetProperties(gid(one.title, n), one.title, one.hidden)
            for n, one in enumerate(self.content)
        )

    def slides(self) -> tuple[SlideProperties, ...]:
        return ()


def gid(title: str, number: int) -> int:
    """Return a sheet's id: 0 for the first, any number for others, that renaming would keep."""
    if number == 0:
        return 0
    return int.from_bytes(hashlib.sha256(title.encode()).digest()[:4]) >> 1


def written(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            for number, row in enumerate(sheet.rows):
                for column, cell in enumerate(row):
                    if cell is not None:
                        page.write(number, column, cell)
            for number in sheet.hidden_rows:
                page.set_row(number - 1, None, None, {"hidden": True})
            if sheet.hidden:
                page.hide()
    return file.getvalue()


def sheets_of(content: object) -> tuple[Sheet, ...]:
    """Return the sheets that a test meant: see `contents.spreadsheet`."""
    if isinstance(content, str):
        return (Sheet("シート1", tuple((line,) for line in content.split("\n") if line)),)
    if isinstance(content, dict):
        return tuple(Sheet(title, _rows(rows)) for title, rows in content.items())
    assert isinstance(content, list | tuple), "sheets are text, a mapping or a sequence"
    return tuple(one if isinstance(one, Sheet) else _sheet(one) for one in content)


def _sheet(said: dict[str, object]) -> Sheet:
    rows, hidden = said.get("rows", ()), said.get("hidden_rows", ())
    assert isinstance(rows, list | tuple), "rows are a sequence"
    assert isinstance(hidden, list | tuple), "hidden rows are a sequence"
    return Sheet(str(said["title"]), _rows(rows), bool(said.get("hidden")), tuple(hidden))


def _rows(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(row) for row in rows)
