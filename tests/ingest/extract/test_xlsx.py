"""Of a workbook comes out what its reader sees, in rows that can be read and ranges to link to."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter
from build_office import NAMES, OFFICE, cells, package, relationships, shape, xlsx
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract.blocks import Block, ExtractError
from ingest.extract.xlsx import extract
from ingest.extract.xlsx.formats import show

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def blocks(sheet: str, **options: str) -> tuple[Block, ...]:
    return extract(xlsx({"表": sheet}, **options), "a.xlsx").blocks


def texts(sheet: str, **options: str) -> list[str]:
    return [block.text for block in blocks(sheet, **options)]


def test_a_table_has_a_row_a_line_a_header_and_a_range() -> None:
    rows = {2: {"B": "区分", "C": "日当"}, 3: {"B": "部長", "C": 3000}, 4: {"B": "課長", "C": 2000}}
    assert blocks(cells(rows)) == (
        Block("区分 | 日当\n部長 | 3000\n課長 | 2000", "table", ("表",), "sheet=表&range=B2:C4", 1),
    )


def test_blank_rows_part_blocks() -> None:
    found = blocks(cells({1: {"A": "前文"}, 3: {"A": "項目", "B": "値"}, 4: {"A": "期限", "B": 3}}))
    assert [(block.kind, block.anchor) for block in found] == [
        ("paragraph", "sheet=表&range=A1"),
        ("table", "sheet=表&range=A3:B4"),
    ]


def test_a_long_table_is_cut_into_screens_each_under_its_header() -> None:
    rows: dict[int, dict[str, str | float]] = {1: {"A": "番号", "B": "氏名"}}
    rows |= {n: {"A": n, "B": f"社員{n}"} for n in range(2, 102)}
    found = blocks(cells(rows))
    assert len(found) > 3
    assert all(block.text.startswith("番号 | 氏名\n") and block.header_rows == 1 for block in found)
    assert [block.anchor for block in found][:2] == [
        "sheet=表&range=A1:B31",
        "sheet=表&range=A32:B61",
    ]
    lines = [line for block in found for line in block.text.split("\n")[1:]]
    assert lines == [f"{n} | 社員{n}" for n in range(2, 102)]


def test_tables_side_by_side_are_two() -> None:
    rows = {n: {"A": f"甲{n}", "B": n, "D": f"乙{n}", "E": n} for n in range(1, 4)}
    assert [block.anchor for block in blocks(cells(rows))] == [
        "sheet=表&range=A1:B3",
        "sheet=表&range=D1:E3",
    ]


def test_grid_paper_gives_rows_without_holes() -> None:
    """Design documents set a text over many narrow columns and leave the rest empty."""
    rows = {1: {"A": "取引ID", "H": "WA101"}, 2: {"A": "取引名", "H": "認証"}}
    assert texts(cells(rows)) == ["取引ID | WA101\n取引名 | 認証"]


def test_where_a_cell_is_empty_the_next_is_named_by_its_column() -> None:
    rows = {
        1: {"A": "項目", "B": "桁数", "C": "必須"},
        2: {"A": "氏名", "B": 20, "C": "○"},
        3: {"A": "備考", "C": "○"},
    }
    assert texts(cells(rows)) == ["項目 | 桁数 | 必須\n氏名 | 20 | ○\n備考 | 必須: ○"]


def test_a_cell_merged_downwards_stands_beside_each_of_its_rows() -> None:
    rows = {
        1: {"A": "国内", "B": "甲地", "C": 1},
        2: {"B": "乙地", "C": 2},
        3: {"A": "海外", "B": "全", "C": 3},
    }
    merged = '<mergeCells><mergeCell ref="A1:A2"/></mergeCells>'
    assert texts(cells(rows, merged))[0].split("\n")[:2] == ["国内 | 甲地 | 1", "国内 | 乙地 | 2"]


def test_rows_that_a_merged_cell_covers_are_not_blank() -> None:
    rows = {1: {"A": "概要", "B": "説明文"}, 5: {"A": "利用者", "B": "全員"}}
    merged = '<mergeCells><mergeCell ref="A1:A4"/><mergeCell ref="B1:B4"/></mergeCells>'
    assert len(blocks(cells(rows, merged))) == 1


def test_numbered_lines_with_text_below_are_headings() -> None:
    rows = {
        1: {"A": "1. 概要"}, 2: {"B": "1.1. 目的"}, 4: {"C": "目的を述べる。"},
        6: {"B": "1.2."  , "C": "範囲"}, 8: {"C": "範囲を述べる。"},
    }  # fmt: skip
    assert [(block.headings[1:], block.text) for block in blocks(cells(rows))] == [
        (("1. 概要", "1.1. 目的"), "目的を述べる。"),
        (("1. 概要", "1.2. 範囲"), "範囲を述べる。"),
    ]


def test_a_numbered_list_is_a_list() -> None:
    """Steps and tables of contents have nothing below each line."""
    rows = {1: {"A": "1. 開く"}, 2: {"A": "2. 選ぶ"}, 3: {"A": "3. 押す"}}
    (block,) = blocks(cells(rows))
    assert (block.kind, block.text) == ("list", "1. 開く\n2. 選ぶ\n3. 押す")


def test_a_page_header_that_recurs_on_each_sheet_comes_once() -> None:
    sheet = cells({1: {"A": "PJ名", "C": "サンプル"}, 3: {"A": "本文"}})
    found = extract(xlsx({"一": sheet, "二": sheet}), "a.xlsx").blocks
    assert [block.text for block in found] == ["PJ名 | サンプル", "本文", "本文"]


HIDDEN = "秘密"


@pytest.mark.parametrize(
    "sheet",
    [
        (
            '<sheetData><row r="1" hidden="1"><c r="A1" t="str"><v>秘密</v></c></row>'
            '<row r="2"><c r="A2" t="str"><v>公開</v></c></row></sheetData>'
        ),
        '<cols><col min="2" max="3" hidden="1"/></cols>' + cells({1: {"A": "公開", "B": HIDDEN}}),
        '<cols><col min="2" max="2" width="0"/></cols>' + cells({1: {"A": "公開", "B": HIDDEN}}),
        (
            '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>公開</t>'
            '<rPh sb="0" eb="2"><t>秘密</t></rPh></is></c></row></sheetData>'
        ),
        (
            '<sheetData><row r="1"><c r="A1" t="str"><v>公開</v></c>'
            '<c r="B1" s="1" t="str"><v>秘密</v></c></row></sheetData>'
        ),
    ],
)
def test_what_the_reader_does_not_see_is_left_out(sheet: str) -> None:
    """Hidden rows and columns, phonetic readings, cells under the format `;;;`."""
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode=";;;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    )
    assert texts(sheet, styles=styles) == ["公開"]


def test_hidden_sheets_are_left_out() -> None:
    data = xlsx({"公開": cells({1: {"A": "見える"}}), "!秘密": cells({1: {"A": "見えない"}})})
    assert [block.text for block in extract(data, "a.xlsx").blocks] == ["見える"]


def test_hidden_rows_do_not_part_a_table() -> None:
    sheet = cells({1: {"A": "甲", "B": 1}, 2: {"A": "乙", "B": 2}, 3: {"A": "丙", "B": 3}})
    assert texts(sheet.replace('<row r="2">', '<row r="2" hidden="1">')) == ["甲 | 1\n丙 | 3"]


def drawing(*anchors: str) -> dict[str, str]:
    return {
        "xl__worksheets___rels__sheet1.xml.rels": relationships([("d", "drawing", "../d.xml")]),
        "xl__d.xml": f"<xdr:wsDr {NAMES}>{''.join(anchors)}</xdr:wsDr>",
    }


def test_text_in_shapes_stands_among_the_rows_that_it_lies_over() -> None:
    sheet = cells({1: {"A": "前"}, 20: {"A": "後"}})
    parts = drawing(
        shape(9, 1, "図の説明"), shape(5, 1, "先の図"), shape(6, 1, "秘密", hidden=True)
    )
    found = blocks(sheet, **parts)
    assert [block.text for block in found] == ["前", "先の図\n図の説明", "後"]
    assert found[1].anchor == "sheet=表&range=B6:D11"


def test_shapes_over_hidden_rows_are_left_out() -> None:
    sheet = cells({1: {"A": "前"}}).replace(
        "</sheetData>", '<row r="10" hidden="1"/><row r="11" hidden="1"/></sheetData>'
    )
    assert texts(sheet, **drawing(shape(9, 1, "秘密"))) == ["前"]


def test_notes_of_cells_follow_their_row_and_threads_are_left_out() -> None:
    """Threads of Excel, and those of Google Sheets, whose export signs them."""
    comments = (
        f'<comments xmlns="{S}"><authors><author>作成者</author></authors><commentList>'
        '<comment ref="A1"><text><r><t>作成者:\n</t></r><r><t>半角で書く。</t></r></text></comment>'
        '<comment ref="A2"><text><t>[Threaded comment] 議論</t></text></comment>'
        '<comment ref="B2"><text><t>旧姓？\n\t-佐藤\n----\nはい\n\t-鈴木</t></text></comment>'
        "</commentList></comments>"
    )
    parts = {
        "xl__worksheets___rels__sheet1.xml.rels": relationships([("c", "comments", "../c.xml")]),
        "xl__c.xml": comments,
    }
    assert texts(cells({1: {"A": "社員番号"}, 2: {"A": "氏名"}}), **parts) == [
        "社員番号\n氏名",
        "社員番号: 半角で書く。",
    ]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.085, "0.0%", "8.5%"),
        (1234567, "#,##0", "1,234,567"),
        (1234567, '"¥"#,##0;[Red]"¥"\\-#,##0', "¥1,234,567"),
        (-5000, '"¥"#,##0;[Red]"¥"\\-#,##0', "¥-5,000"),
        (45383, "yyyy/m/d", "2024/4/1"),
        (45383, 'yyyy"年"m"月"d"日"', "2024年4月1日"),
        (45383, '[$-411]ggge"年"m"月"d"日";@', "令和6年4月1日"),
        (43585, "ge.m.d", "H31.4.30"),
        (45383, "m/d(aaa)", "4/1(月)"),
        (45383.5, "yyyy/m/d h:mm", "2024/4/1 12:00"),
        (0.5, "h:mm", "12:00"),
        (1.5, "[h]:mm", "36:00"),
        (0.75, "h:mm AM/PM", "6:00 PM"),
        (0.5 - 1e-9, "h:mm:ss", "12:00:00"),
        (3, '0"日"', "3日"),
        (9012345678, "000-0000-0000", "090-1234-5678"),
        (7, "000", "007"),
        (3, "0.##", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (5, "@", "5"),
        (0, ";;;", ""),
        (-0.001, "0.0", "0.0"),
        (1e20, "yyyy/m/d", "1e+20"),
        (12345.678, "0.00E+00", "1.23E+04"),
    ],
)
def test_numbers_look_as_the_sheet_shows_them(value: float, code: str, shown: str) -> None:
    assert show(value, code) == shown


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.text('0#?,.%;[]"\\@yYmdhsgaeE+-/_*: G年()hAPM', max_size=20),
)
def test_no_format_code_breaks_a_number(value: float, code: str) -> None:
    """Codes are free text: whatever stands there, some text comes out."""
    assert isinstance(show(value, code), str)


def test_styles_and_shared_strings_of_a_real_writer_are_understood() -> None:
    """XlsxWriter writes what Excel does: shared strings, styles, filters, merged titles."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("旅費")
    head, percent = book.add_format({"bg_color": "#DDDDDD"}), book.add_format({"num_format": "0%"})
    date = book.add_format({"num_format": "yyyy/m/d"})
    sheet.merge_range("A1:C1", "出張旅費一覧")
    sheet.write_row("A3", ["区分", "率", "日付"], head)
    for number, name in enumerate(("国内", "海外"), start=3):
        sheet.write(number, 0, name)
        sheet.write(number, 1, 0.5, percent)
        sheet.write(number, 2, 45383, date)
    book.set_properties({"title": "旅費の表", "author": "経理部"})
    book.close()
    found = extract(out.getvalue(), "a.xlsx")
    assert (found.title, found.owner) == ("旅費の表", "経理部")
    assert [block.text for block in found.blocks] == [
        "出張旅費一覧",
        "区分 | 率 | 日付\n国内 | 50% | 2024/4/1\n海外 | 50% | 2024/4/1",
    ]
    assert found.blocks[1].header_rows == 1


def test_formulas_without_a_stored_result_are_reported() -> None:
    sheet = '<sheetData><row r="1"><c r="A1"><f>1+1</f></c><c r="B1"><v>5</v></c></row></sheetData>'
    assert "1 formulas" in extract(xlsx({"表": sheet}), "a.xlsx").warnings[0]


def test_an_iso_strict_workbook_is_read() -> None:
    """Openpyxl takes it for an empty one, without an error."""
    strict, office = (
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    )
    data = package(
        {
            "xl/workbook.xml": f'<workbook xmlns="{strict}" xmlns:r="{office}"><sheets>'
            '<sheet name="S1" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relationships(
                [("r1", "worksheet", "worksheets/sheet1.xml")]
            ).replace(OFFICE, office),
            "xl/worksheets/sheet1.xml": (
                f'<worksheet xmlns="{strict}">{cells({1: {"A": "厳格"}})}</worksheet>'
            ),
        }
    )
    assert extract(data, "a.xlsx").blocks[0].text == "厳格"


def test_a_cell_at_the_end_of_the_sheet_costs_nothing() -> None:
    """A reader that lays the sheet out in memory needs 17 billion cells here."""
    found = blocks(cells({1: {"A": "始"}, 1_048_576: {"XFD": "終"}}))
    assert found[1].anchor == "sheet=表&range=XFD1048576"


def test_empty_styled_cells_cost_no_memory_and_leave_no_trace() -> None:
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, 50_000))
    assert texts(cells({1: {"A": "本文"}}).replace("</sheetData>", f"{empty}</sheetData>")) == [
        "本文"
    ]


def test_one_long_text_shown_many_times_meets_a_limit() -> None:
    """A file of 100 KB could show a text of 30,000 characters a million times."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3000))
    data = xlsx(
        {"表": f"<sheetData>{rows}</sheetData>"}, strings=f"<si><t>{'あ' * 30_000}</t></si>"
    )
    with pytest.raises(ExtractError, match="characters"):
        extract(data, "a.xlsx")


def test_merged_ranges_over_the_whole_sheet_are_not_laid_out() -> None:
    rows = {n: {"A": n, "C": n} for n in range(1, 500)}
    merged = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(1, 500))
    assert blocks(cells(rows, f"<mergeCells>{merged}</mergeCells>"))


def test_the_name_of_a_sheet_can_not_break_its_link() -> None:
    data = xlsx({"R&amp;D #1": cells({1: {"A": "本文"}}), "Sheet2": cells({1: {"A": "他"}})})
    assert extract(data, "a.xlsx").blocks[0].anchor == "sheet=R%26D%20%231&range=A1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (xlsx({"表": ""}), "no text"),
        (xlsx({"表": cells({1: {"A": "x"}})})[:-40], "truncated"),
        (package({"word/document.xml": "<a/>"}), "no Office file of its kind"),
        (xlsx({"表": "<sheetData><row>"}), "no XML"),
        (xlsx({"表": "<sheetData>" + " " * 60_000_000 + "</sheetData>"}), "ZIP bomb"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") * 40, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
    ],
)
def test_bad_files_are_refused_with_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract(data, "a.xlsx")


WHOLE = xlsx(
    {"表": cells({1: {"A": "項目", "B": "値"}, 2: {"A": "期限", "B": 3}})},
    **drawing(shape(3, 1, "図")),
)


@settings(max_examples=80)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6))
def test_damage_is_an_error_of_extraction(place: int, noise: bytes) -> None:
    """Cut or overwritten anywhere, a file gives blocks or ExtractError, never anything else."""
    for data in (WHOLE[:place], WHOLE[:place] + noise + WHOLE[place + len(noise) :]):
        try:
            found = extract(data, "a.xlsx").blocks
        except ExtractError:
            continue
        assert found


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.integers(1, 40),
        st.dictionaries(
            st.sampled_from("ABCDEFGH"),
            st.text("あ1.年○x（）。 -", min_size=1, max_size=6) | st.integers(0, 99),
            max_size=6,
        ),
        max_size=12,
    )
)
def test_no_text_of_a_sheet_is_lost(rows: dict[int, dict[str, str | float]]) -> None:
    """However cells lie, each text stands in some block or heading."""
    ordered = {n: dict(sorted(rows[n].items())) for n in sorted(rows)}
    wanted = [str(value).split() for row in ordered.values() for value in row.values()]
    try:
        found = extract(xlsx({"表": cells(ordered)}), "a.xlsx").blocks
    except ExtractError:
        assert not any(wanted)
        return
    shown = "\n".join("\n".join((*block.headings, block.text)) for block in found)
    assert all(word in shown for words in wanted for word in words)


def test_real_design_documents_are_read(shared_office: Path) -> None:
    """Each of the real workbooks gives text, and no row has holes."""
    for path in sorted(shared_office.glob("*.xlsx")):
        found = extract(path.read_bytes(), path.name).blocks
        assert found
        assert not any(
            " |  | " in block.text or block.text != block.text.strip() for block in found
        )
