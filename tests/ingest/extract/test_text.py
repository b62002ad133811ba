"""Plain text and separated values: headings by their marks, wrapped lines joined, rows kept."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Block, Extracted, ExtractError, extract


def read(source: str, name: str = "メモ.txt", encoding: str = "utf-8") -> Extracted:
    return extract(source.encode(encoding), media_type=None, name=name)


def test_wrapped_lines_are_joined_and_short_lines_kept() -> None:
    source = (
        "年次有給休暇を取得しようとする従業員は、取得日の3営業日前まで\n"
        "に勤怠システムから申請し、所属長の承認を得なければならない。た\n"
        "だし、急病の場合はこの限りでない。\n"
        "\n"
        "持ち物\n筆記用具\n印鑑\n"
    )
    assert [block.text for block in read(source).blocks] == [
        source.split("\n\n", maxsplit=1)[0].replace("\n", ""),
        "持ち物\n筆記用具\n印鑑",
    ]


def test_items_stay_on_their_lines_however_long_they_are() -> None:
    items = [f"{mark}{'あ' * 40}" for mark in ("・", "1. ", "(2) ", "① ", "- ")]
    assert read("\n".join(items)).blocks[0].text.split("\n") == items


def test_a_letter_with_line_breaks_by_meaning_keeps_them() -> None:
    """A line that ends in 。 before the margin was ended by its author."""
    first, second = (
        "お世話になっております。",
        "経費精算の締め日が毎月25日から20日に変わりますのでご注意ください。",
    )
    assert read(f"{first}\n{second}\n").blocks[0].text == f"{first}\n{second}"


def test_headings_by_the_marks_of_business_documents() -> None:
    extracted = read(
        "就業規則\n========\n\n第1章 総則\n第1条（目的）\n本規則は労働条件を定める。\n\n"
        "第2章　休暇\n■ 年次有給休暇\n3営業日前までに申請する。\n【特別休暇】\n結婚は5日とする。\n"
    )
    assert extracted.title == "就業規則"
    assert [(block.headings, block.text) for block in extracted.blocks] == [
        (("就業規則", "第1章 総則", "第1条（目的）"), "本規則は労働条件を定める。"),
        (("就業規則", "第2章　休暇", "年次有給休暇"), "3営業日前までに申請する。"),
        (("就業規則", "第2章　休暇", "特別休暇"), "結婚は5日とする。"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "第1章では、総則を定める。",
        "■を押すと、止まります。",
        "第3条の規定による",
        "お知らせ: 明日は休み",
    ],
)
def test_sentences_are_no_headings(line: str) -> None:
    assert read(f"前文である。\n\n{line}\n\n本文である。\n").blocks[-1].headings == ()


def test_the_title_of_a_text_without_one_is_its_file_name() -> None:
    assert read("一行だけのメモです。", "議事録.txt").title == "議事録"


LINES = st.lists(
    st.text(st.sampled_from("有給休暇のア、。・ab1 　■第条章"), max_size=30), min_size=1
)


@given(LINES)
def test_no_character_of_a_text_is_lost(lines: list[str]) -> None:
    """Only blanks, and the marks of headings, are not text."""
    source = "\n".join(lines)

    def letters(text: str) -> str:
        return "".join(char for char in text if char.isalnum())

    try:
        extracted = read(source)
    except ExtractError:
        assert not letters(source)
        return
    written, path = [], ()
    for block in extracted.blocks:
        new = [
            heading
            for level, heading in enumerate(block.headings)
            if path[level : level + 1] != (heading,)
        ]
        path = block.headings
        written += [*new, block.text]
    assert set(letters(source)) == set(letters("".join(written)))


@pytest.mark.parametrize("delimiter", list(",\t;|"))
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["等級", "日当"], ["部長", "3000"], ["課長", "2500"]]
    source = "\r\n".join(delimiter.join(row) for row in rows)
    (block,) = read(source, "日当.csv", "cp932").blocks
    assert block == Block("等級 | 日当\n部長 | 3000\n課長 | 2500", "table", header_rows=1)


def test_quoted_cells_may_hold_delimiters_and_line_ends() -> None:
    (block,) = read(
        '品名,金額,備考\n"机, 大","1,000","一行目\n二行目"\n椅子,,\n', "台帳.csv"
    ).blocks
    assert block.text.split("\n") == [
        "品名 | 金額 | 備考",
        "机, 大 | 1,000 | 一行目 二行目",
        "椅子",
    ]


def test_tabs_separate_in_tsv_whatever_else_stands_in_a_cell() -> None:
    (block,) = read("a,b\tc,d\ne,f\tg,h\n", "a.tsv").blocks
    assert block.text == "a,b | c,d\ne,f | g,h"


def test_a_quote_that_is_never_closed_loses_nothing() -> None:
    (block,) = read('a,b\n"c,d\ne,f\n', "a.csv").blocks
    assert "c,d" in block.text
    assert "e,f" in block.text


def test_a_csv_of_one_row_is_all_content() -> None:
    (block,) = read("a,b,c\n", "a.csv").blocks
    assert (block.text, block.header_rows) == ("a | b | c", 0)


CELLS = st.text(st.sampled_from('有給休暇ab1,"\n'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=2, max_size=6))
def test_every_cell_of_a_written_csv_comes_back(rows: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["列1", "列2", "列3", "列4"], *rows])
    (block,) = read(buffer.getvalue(), "a.csv").blocks
    flat = "".join(block.text.split())
    for row in rows:
        for cell in row:
            assert "".join(cell.split()) in flat


def test_numbers_that_count_through_the_text_are_headings() -> None:
    """１．目的 stands alone above its text; the next number comes only after that."""
    source = "通知\n\n１．目的\n　鍵の扱いを定める。\n\n２．開館時間\n　平日は7時から。\n"
    assert [(block.text, block.headings) for block in read(source).blocks] == [
        ("鍵の扱いを定める。", ("通知", "１．目的")),
        ("平日は7時から。", ("通知", "２．開館時間")),
    ]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("持ち物\n\n1. 筆記用具\n2. 印鑑\n3. 通帳\n\n以上", id="a_list"),
        pytest.param("議題\n\n1. 予算\n\n2. 人事\n\n", id="a_list_with_blank_lines"),
        pytest.param("案内\n\n3. 目的\n定める。\n\n5. 時間\n平日。\n", id="numbers_that_skip"),
        pytest.param("案内\n\n1. 申請します。\nあとで。\n\n2. 帰ります。\nすぐ。", id="sentences"),
    ],
)
def test_numbered_lines_that_may_be_items_are_text(source: str) -> None:
    found = read(source).blocks
    assert all(len(block.headings) <= 1 for block in found)
    assert [line for line in source.split("\n")[1:] if line] == [
        line for block in found for line in block.text.split("\n")
    ]


def test_marks_and_numbers_nest_as_they_come() -> None:
    """■ under １． is its part; １． under ■ is a part of that."""
    below = read("１．旅費\n\n■対象\n社員。\n\n２．日当\n\n■額\n3千円。\n").blocks
    assert [block.headings for block in below] == [("１．旅費", "対象"), ("２．日当", "額")]
    above = read("■旅費\n\n１．対象\n社員。\n\n２．額\n3千円。\n").blocks
    assert [block.headings for block in above] == [("旅費", "１．対象"), ("旅費", "２．額")]


def test_lines_that_all_stand_indented_are_joined_where_they_were_wrapped() -> None:
    """What is indented below a heading begins no paragraph with each line."""
    source = (
        "　休日に出社する者は、前営業日の15:00までに「休日入館届」を総務課へ\n"
        "　提出してください。届け出のない入館は警備員がお断りします。\n"
    )
    assert read(source).blocks[0].text == source.replace("\n", "").replace("　", "")


def test_no_line_ends_amid_a_word_of_katakana() -> None:
    """Also where somebody wrapped it well before the margin."""
    source = (
        "社用車（ｺﾝﾊﾟｸﾄｶｰ、ﾊﾞﾝ）は2台です。利用は前日までに必ずｸﾞﾙｰﾌﾟ\n"
        "ｳｪｱの「施設予約」で申し込み、運転の前と後にはｱﾙｺｰﾙ検知器で確認し、結果を\n"
        "運行日誌に記入します。\n"
    )
    assert read(source).blocks[0].text == source.replace("\n", "")
