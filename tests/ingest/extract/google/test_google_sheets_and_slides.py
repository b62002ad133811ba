"""Text of exported sheets and slides links to the very range and slide, as Google numbers them."""

from __future__ import annotations

import pytest
from build_office import cells, placeholder, pptx, xlsx
from hypothesis import given
from hypothesis import strategies as st

from connectors.drive.exported import MEDIA_TYPE, Exported
from connectors.drive.values import Sheet, Slide
from ingest.extract import Extracted, ExtractError, extract
from ingest.extract.google.spreadsheet import matched

# What begins a sheet as it began one before is the form's page header: no two may be alike here.
OTHER = {
    1: {"A": "地域", "B": "宿泊"},
    2: {"A": "東京", "B": "9,800"},
    3: {"A": "大阪", "B": "8,700"},
}
THIRD = {1: {"A": "項目", "B": "上限"}, 2: {"A": "交通", "B": "実費"}, 3: {"A": "通信", "B": "500"}}
ROWS = {
    1: {"A": "等級", "B": "日当"},
    2: {"A": "部長", "B": "3,000"},
    3: {"A": "課長", "B": "2,500"},
}


def read(exported: Exported) -> Extracted:
    return extract(exported.to_bytes(), media_type=MEDIA_TYPE, name=exported.name)


def found(exported: Exported) -> list[tuple[tuple[str, ...], str]]:
    return [(block.headings, block.anchor) for block in read(exported).blocks]


def sheets(book: bytes, *tabs: Sheet) -> list[tuple[tuple[str, ...], str]]:
    return found(Exported("spreadsheet", "旅費", book, tabs))


def test_rows_link_to_their_range_by_the_sheets_id() -> None:
    moved = {row + 4: columns for row, columns in OTHER.items()}
    book = xlsx({"国内": cells(ROWS), "海外": cells(moved)})
    assert sheets(book, Sheet(0, "国内"), Sheet(1706, "海外")) == [
        (("国内",), "gid=0&range=A1:B3"),
        (("海外",), "gid=1706&range=A5:B7"),
    ]


def test_hidden_sheets_rows_and_columns_are_left_out() -> None:
    """A sheet counts as hidden where the export or the service says so."""
    hidden = cells(ROWS).replace('<row r="3">', '<row r="3" hidden="1">')
    columns = '<cols><col min="2" max="2" hidden="1"/></cols>'
    book = xlsx({"!秘": cells(ROWS), "見": columns + hidden, "裏": cells(ROWS)})
    tabs = (Sheet(5, "秘", hidden=True), Sheet(6, "見"), Sheet(7, "裏", hidden=True))
    (block,) = read(Exported("spreadsheet", "x", book, tabs)).blocks
    assert (block.text, block.anchor) == ("等級\n部長", "gid=6&range=A1:A2")


def test_long_titles_that_excel_cuts_are_matched_by_their_order() -> None:
    """And stand above the text as people know them."""
    long = "二〇二六年度国内出張旅費および宿泊費ならびに日当の等級別支給基準一覧表"
    book = xlsx({"表紙": cells(ROWS), long[:31]: cells(OTHER), long[:28] + "(1)": cells(THIRD)})
    tabs = (Sheet(1, "表紙"), Sheet(2, long + "A"), Sheet(3, long + "B"))
    assert sheets(book, *tabs) == [
        (("表紙",), "gid=1&range=A1:B3"),
        ((long + "A",), "gid=2&range=A1:B3"),
        ((long + "B",), "gid=3&range=A1:B3"),
    ]


def test_what_can_not_be_told_links_to_the_file() -> None:
    """Nothing known of its sheets, or a sheet that came while it was exported: no wrong link."""
    book = xlsx({"国内": cells(ROWS), "海外": cells(OTHER)})
    assert sheets(book) == [(("国内",), ""), (("海外",), "")]
    assert sheets(book, Sheet(1, "国内"), Sheet(2, "新"), Sheet(3, "他")) == [
        (("国内",), "gid=1&range=A1:B3"),
        (("海外",), ""),
    ]


def test_a_workbook_without_text_is_told() -> None:
    book = xlsx({"表": cells({})})
    with pytest.raises(ExtractError, match="no text"):
        read(Exported("spreadsheet", "x", book, (Sheet(0, "表"),)))


TITLES = st.lists(
    st.text(st.sampled_from("国内旅費A:/[1 "), min_size=1, max_size=40), unique=True, max_size=8
)


@given(TITLES)
def test_every_tab_keeps_its_id_when_titles_are_cut_and_made_unique(titles: list[str]) -> None:
    names: list[str] = []
    for title in titles:
        cut = "".join("_" if char in "[]:*?/\\" else char for char in title)[:31]
        number = 0
        while cut in names or (cut != title and cut in titles):
            number += 1
            cut = f"{cut[:26]}({number})"
        names.append(cut)
    tabs = [Sheet(gid, title) for gid, title in enumerate(titles)]
    assert [tab.gid for tab in map(matched(names, tabs).get, names) if tab] == list(
        range(len(titles))
    )


def slides(shapes: list[str], *told: Slide) -> list[tuple[tuple[str, ...], str]]:
    return found(Exported("presentation", "研修", pptx(shapes), (), told))


def slide(title: str) -> str:
    return placeholder("title", title) + placeholder("body", f"{title}の本文")


def test_slides_link_by_their_ids() -> None:
    assert slides([slide("一"), slide("二")], Slide("p"), Slide("g2f_0_1")) == [
        (("一",), "slide=id.p"),
        (("二",), "slide=id.g2f_0_1"),
    ]


def test_skipped_slides_are_hidden_slides() -> None:
    """Whether the export marks them, the service tells of them, or the export lacks them."""
    told = (Slide("a"), Slide("b", skipped=True), Slide("c"))
    expected = [(("一",), "slide=id.a"), (("三",), "slide=id.c")]
    assert slides([slide("一"), "!" + slide("二"), slide("三")], *told) == expected
    assert slides([slide("一"), slide("二"), slide("三")], *told) == expected
    assert slides([slide("一"), slide("三")], *told) == expected


def test_slides_that_can_not_be_told_apart_link_to_the_file() -> None:
    assert slides([slide("一"), slide("二")]) == [(("一",), ""), (("二",), "")]
    assert slides([slide("一"), slide("二")], Slide("a")) == [(("一",), ""), (("二",), "")]


@pytest.mark.parametrize("kind", ["spreadsheet", "presentation"])
@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"<html>", b"\xd0\xcf\x11\xe0"])
def test_a_damaged_export_is_told(kind: str, body: bytes) -> None:
    with pytest.raises(ExtractError):
        read(Exported(kind, "x", body))  # type: ignore[arg-type]


@given(
    st.text(),
    st.lists(st.builds(Sheet, st.integers(0, 2**31), st.text(), st.booleans())),
    st.lists(st.builds(Slide, st.text(), st.booleans())),
    st.binary(),
)
def test_what_is_handed_over_comes_back_as_it_was(
    name: str, tabs: list[Sheet], told: list[Slide], body: bytes
) -> None:
    exported = Exported("spreadsheet", name, body, tuple(tabs), tuple(told))
    assert Exported.from_bytes(exported.to_bytes()) == exported
