"""What a workbook's links and headers are made of is what the file has, to the blank."""

from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
import xlsxwriter
from build_office import cells, xlsx

from ingest.extract.xlsx import extract


@pytest.mark.parametrize("name", ["1.  画面", "旅費　別表", "100%", "a&b", "A#1=+"])
def test_a_link_finds_its_sheet_by_the_name_that_the_file_has(name: str) -> None:
    """Blanks, doubled or ideographic, are part of the name; a heading shows them once."""
    written = name.replace("&", "&amp;")
    found = extract(xlsx({written: cells({1: {"A": "一行"}})}), "a.xlsx").blocks
    sheet, separator, place = found[0].anchor.removeprefix("sheet=").rpartition("&range=")
    assert (unquote(sheet), separator, place) == (name, "&range=", "A1")
    assert "&" not in sheet
    assert "#" not in sheet


def test_a_header_that_is_merged_over_columns_names_each_of_them() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("表")
        sheet.merge_range("A1:A2", "役職", bold)
        sheet.merge_range("B1:C1", "宿泊費上限", bold)
        sheet.merge_range("D1:D2", "備考", bold)
        sheet.write_row("B2", ("甲地", "乙地"), bold)
        sheet.write_row("A3", ("部長", 15000, 13000, "税込み"))
        sheet.write_row("A4", ("課長", 13000, 11500, "税込み"))
    (block,) = extract(file.getvalue(), "a.xlsx").blocks
    assert block.header_rows == 2
    assert block.text.split("\n") == [
        "役職 | 宿泊費上限 | 宿泊費上限 | 備考",
        "役職 | 甲地 | 乙地 | 備考",
        "部長 | 15000 | 13000 | 税込み",
        "課長 | 13000 | 11500 | 税込み",
    ]
