"""Workbooks in other formats (.xls, .xlsb, .ods): what calamine reads of them.

Knows nothing of hidden rows, number formats or shapes there: calamine does not tell them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator

import python_calamine as calamine

from ingest.extract.blocks import ExtractError
from ingest.extract.lines import clean
from ingest.extract.xlsx.formats import plain
from ingest.extract.xlsx.sheet import Cell, Range, Row, Sheet
from ingest.extract.xlsx.workbook import MAX_CELLS, MAX_CHARACTERS

Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def read_sheets(data: bytes) -> Iterator[Sheet]:
    """The visible worksheets.

    Raises:
        ExtractError: a password, damage, or more than a document has.
    """
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.PasswordError as error:
        raise ExtractError(
            "the file is protected by a password; remove it or ask its owner"
        ) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged(error) from error
    budget = _Budget()
    for about in book.sheets_metadata:
        if (
            about.visible == calamine.SheetVisibleEnum.Visible
            and about.typ == calamine.SheetTypeEnum.WorkSheet
        ):
            yield _sheet(book, about.name, budget)


class _Budget:
    def __init__(self) -> None:
        self.cells, self.characters = MAX_CELLS, MAX_CHARACTERS

    def spend(self, text: str) -> None:
        self.cells -= 1
        self.characters -= len(text)
        if self.cells < 0 or self.characters < 0:
            raise ExtractError(
                f"the file has more than {MAX_CELLS:,} filled cells "
                f"or {MAX_CHARACTERS:,} characters; "
                "split the file, or leave it out if it is data rather than text"
            )


def _sheet(book: calamine.CalamineWorkbook, name: str, budget: _Budget) -> Sheet:
    try:
        source = book.get_sheet_by_name(name)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _damaged(error) from error
    sheet = Sheet(name)
    for (top, left), (bottom, right) in source.merged_cell_ranges or ():
        sheet.merges[top + 1, left + 1] = Range(top + 1, left + 1, bottom + 1, right + 1)
    first_row, first_column = source.start or (0, 0)
    for number, values in enumerate(source.iter_rows(), start=first_row + 1):
        cells = [
            Cell(column, text, is_number=isinstance(value, int | float))
            for column, value in enumerate(values, start=first_column + 1)
            if value != "" and (text := _text(value))
        ]
        if cells:
            for cell in cells:
                budget.spend(cell.text)
            sheet.rows.append(Row(number, number, cells))
    return sheet


def _text(value: Value) -> str:  # noqa: PLR0911 - one return a type
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        return f"{value.year}/{value.month}/{value.day} {value:%H:%M}"
    if isinstance(value, dt.date):
        return f"{value.year}/{value.month}/{value.day}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds() // 3600:.0f}:{value.seconds // 60 % 60:02d}"
    return plain(value)


def _damaged(error: Exception) -> ExtractError:
    reason = str(error).partition("\n")[0][:120]
    return ExtractError(f"the file is damaged or no workbook inside ({reason}); save it as .xlsx")
