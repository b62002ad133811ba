"""A TOML source as Excel would save it: merged titles and headers, money as numbers, hidden sheets.

Knows nothing of the other formats.
"""

from __future__ import annotations

import tomllib
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from builders.source import COMPANY, fixed_zip, morning


def xlsx_bytes(source: Path) -> bytes:
    """A workbook with merged titles and headers, money as numbers, and hidden working sheets.

    A sheet has `rows`, or `grid` (its columns) and `fields` by range, as forms are drawn in Japan.
    """
    book = tomllib.loads(source.read_text("utf-8"))
    out = BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    saved = morning(book["updated"]).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    workbook.set_properties(
        {"title": book["title"], "author": book["owner"], "company": COMPANY, "created": saved}
    )
    formats = {
        "title": workbook.add_format({"bold": True, "font_size": 14}),
        "head": workbook.add_format(
            {"bold": True, "border": 1, "align": "center", "bg_color": "#DDEBF7"}
        ),
        "text": workbook.add_format({"valign": "top"}),
        "money": workbook.add_format({"num_format": "#,##0"}),
        "date": workbook.add_format({"num_format": "yyyy/m/d"}),
    }
    for sheet in book["sheet"]:
        xlsx_sheet(workbook, sheet, formats)
    workbook.close()
    return fixed_zip(out.getvalue())


def xlsx_sheet(workbook: Any, sheet: dict[str, Any], formats: dict[str, Any]) -> None:
    """Write one sheet; merged ranges keep the text of their first cell."""
    page = workbook.add_worksheet(sheet["name"])
    if sheet.get("hidden"):
        page.hide()
    for column, width in enumerate(sheet.get("widths", [])):
        page.set_column(column, column, width)
    if sheet.get("grid"):
        xlsx_form(page, sheet, formats)
        return
    for merge in sheet.get("merges", []):
        page.merge_range(merge["range"], "", formats[merge["style"]])
    titles = [merge["range"].split(":")[0] for merge in sheet.get("merges", [])]
    for number, row in enumerate(sheet["rows"], 1):
        for column, value in enumerate(row):
            if number in sheet["head"]:
                style = "head"
            elif xl_rowcol_to_cell(number - 1, column) in titles:
                style = "title"
            else:
                style = style_of(value)
            if value != "":
                page.write(number - 1, column, value, formats[style])


def xlsx_form(page: Any, sheet: dict[str, Any], formats: dict[str, Any]) -> None:
    """A form on squared paper: narrow columns, each field a merged range."""
    page.set_column(0, sheet["grid"] - 1, 2.4)
    for at, value in sheet["fields"].items():
        style = formats[style_of(value)]
        if ":" in at:
            page.merge_range(at, value, style)
        else:
            page.write(at, value, style)


def style_of(value: object) -> str:
    """The format that a person would have set for a value."""
    if isinstance(value, int):
        return "money"
    return "date" if isinstance(value, date) else "text"
