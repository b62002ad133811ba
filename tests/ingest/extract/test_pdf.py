"""Of a PDF comes out its text as it was written, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from build_office import Placed, pdf
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract.blocks import Block, Extracted, ExtractError
from ingest.extract.lines import clean, join, one_line
from ingest.extract.pdf import extract
from ingest.extract.properties import believable_title, pdf_date


def set_lines(*lines: str, top: float = 700, left: float = 72, size: float = 12) -> list[Placed]:
    """Lines of text set one below the other."""
    return [(left, top - 1.5 * size * n, size, text) for n, text in enumerate(lines)]


def read(*pages: list[Placed], **options: str) -> Extracted:
    return extract(pdf(pages, **options), "a.pdf")


def texts(*pages: list[Placed]) -> list[str]:
    return [block.text for block in read(*pages).blocks]


WRAPPED = (
    "出張した者は、帰着後五営業日以内に旅費を精算しなければならない。ただし、海",
    "外への出張では十営業日以内とする。",
)


def test_lines_of_japanese_are_joined_without_a_space() -> None:
    assert texts(set_lines(*WRAPPED)) == ["".join(WRAPPED)]


def test_lines_of_latin_words_are_joined_by_a_space_and_hyphens_closed() -> None:
    lines = (
        "Employees must submit the request through the por-",
        "tal three business days",
        "before.",
    )
    text = " ".join(texts(set_lines(*lines)))
    assert "the portal three business days" in text


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        ("有給休", "暇", "有給休暇"),
        ("VPN", "に接続", "VPNに接続"),
        ("接続は", "VPN", "接続はVPN"),
        ("business", "days", "business days"),
        ("infor-", "mation", "information"),
        ("A-", "1", "A- 1"),
        ("https://example.com/", "a/b", "https://example.com/a/b"),
        ("한국어", "문장", "한국어 문장"),
        ("", "始", "始"),
    ],
)
def test_two_lines_are_joined_as_they_were_written(left: str, right: str, whole: str) -> None:
    assert join(left, right) == whole


def test_the_lines_of_a_cell_keep_items_apart() -> None:
    assert one_line("・申請\n・承認") == "・申請 ・承認"
    assert one_line("申請書\n領収書") == "申請書 領収書"
    assert one_line("正しく動作\nするかを確認") == "正しく動作するかを確認"


def test_what_nobody_sees_is_cleaned_away() -> None:
    assert clean("有給\u00ad休\u200b暇\x00 \ufb01le\u00a0 x\r\n\r\ny\ufeff") == "有給休暇 file x\ny"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_short_line_ends_its_paragraph() -> None:
    assert texts(set_lines(*WRAPPED, *WRAPPED)) == ["".join(WRAPPED)] * 2


def test_a_gap_ends_a_paragraph() -> None:
    lines = [*set_lines(WRAPPED[0]), *set_lines(WRAPPED[0], top=640)]
    assert texts(lines) == [WRAPPED[0]] * 2


def test_an_indent_begins_a_paragraph() -> None:
    full = WRAPPED[0]
    assert len(texts([*set_lines(full), *set_lines(full, left=84, top=682)])) == 2


def test_items_of_a_list_are_lines_of_one_block() -> None:
    (block,) = read(set_lines("1. 申請する。", "2. 承認を受ける。", "(3) 精算する。")).blocks
    assert (block.kind, block.text) == ("list", "1. 申請する。\n2. 承認を受ける。\n(3) 精算する。")


def test_characters_drawn_one_by_one_are_kept_without_their_font() -> None:
    """Pdfium drops single characters without a glyph; most servers have no Japanese font."""
    page: list[Placed] = [(72 + 12 * n, 700, 12, char) for n, char in enumerate("有給休暇の申請")]
    assert texts(page) == ["有給休暇の申請"]


def test_single_characters_below_each_other_are_cells() -> None:
    page: list[Placed] = [
        (left, 700 - 30 * row, 12, text)
        for row, name in enumerate(("甲地", "乙地", "丙地"))
        for left, text in ((72, name), (300, "○"))
    ]
    assert texts(page) == ["甲地 | ○\n乙地 | ○\n丙地 | ○"]


def test_pages_are_anchors() -> None:
    found = read(set_lines("一枚目の文。"), set_lines("二枚目の文。")).blocks
    assert [(block.text, block.anchor) for block in found] == [
        ("一枚目の文。", "page=1"),
        ("二枚目の文。", "page=2"),
    ]


def test_a_sentence_runs_on_over_the_end_of_a_page() -> None:
    found = read(set_lines(WRAPPED[0]), set_lines(WRAPPED[1])).blocks
    assert [(block.text, block.anchor) for block in found] == [("".join(WRAPPED), "page=1")]


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            (72.0, 810.0, 8.0, "旅費規程　社外秘"),
            *set_lines(f"本文{n}の文。"),
            (290.0, 30.0, 8.0, f"- {n} -"),
        ]
        for n in range(1, 5)
    ]
    assert texts(*pages) == [f"本文{n}の文。" for n in range(1, 5)]


def test_text_that_only_one_page_has_in_its_margin_stays() -> None:
    assert texts([(72, 810, 12, "表題のような行")], set_lines("本文の文。")) == [
        "表題のような行",
        "本文の文。",
    ]


def test_headings_are_told_by_size_and_by_clause() -> None:
    page = [
        (72.0, 760.0, 20.0, "出張旅費規程"),
        *set_lines("第1章　総則", "第1条（目的）", *WRAPPED),
        *set_lines("第2条（範囲）", *WRAPPED, top=600),
    ]
    found = read(page)
    assert found.title == "出張旅費規程"
    assert [block.headings for block in found.blocks] == [
        ("出張旅費規程", "第1章　総則", "第1条（目的）"),
        ("出張旅費規程", "第1章　総則", "第2条（範囲）"),
    ]


def test_a_table_of_contents_is_left_out() -> None:
    contents = [f"第{n}条 目的 {'.' * 20} {n}" for n in range(1, 5)]
    assert texts(set_lines(*contents), set_lines("本文の文。")) == ["本文の文。"]


ROWS = (("区分", "日当"), ("部長", "3,000円"), ("課長", "2,000円"))


@pytest.mark.parametrize("by_cell", [True, False])
def test_a_table_has_a_row_a_line(by_cell: bool) -> None:
    """Producers draw tables row by row or, with wrapped cells, cell by cell."""
    page: list[Placed] = []
    for number, (left, right) in enumerate(ROWS):
        y = 700 - 40 * number
        if by_cell:
            page += [(72, y, 10, left), (72, y - 12, 10, "以上"), (300, y, 10, right)]
        else:
            page += [(72, y, 10, left), (300, y, 10, right)]
    (block,) = read(page).blocks
    wrapped = "以上" if by_cell else ""
    assert (block.kind, block.header_rows) == ("table", 1)
    assert block.text == "\n".join(f"{left}{wrapped} | {right}" for left, right in ROWS)


def test_columns_are_read_one_after_the_other() -> None:
    left = set_lines("左の段の一行目の文。", "左の段の二行目の文。", "左の段の三行目の文。")
    right = set_lines("右の段の一行目の文。", "右の段の二行目の文。", left=320)
    text = "".join(texts([*left, *right]))
    assert text.index("左の段の三行目") < text.index("右の段の一行目")


def test_kana_shifted_by_a_wrong_map_are_put_back() -> None:
    """の U+306E comes out as 䛾 U+46FE: all kana by the same distance."""
    sentence = "この規程は、従業員の旅費について定めるものとする。"
    shifted = "".join(chr(ord(c) + 0x1690) if "ぁ" <= c <= "ヾ" else c for c in sentence)
    found = read(set_lines(shifted))
    assert [block.text for block in found.blocks] == [sentence]
    assert "kana" in found.warnings[0]


def test_properties_tell_title_date_and_owner() -> None:
    info = "/Title (Travel rules) /Author (Accounting) /ModDate (D:20260401093000+09'00')"
    found = read(set_lines("本文の文。"), info=info)
    assert (found.title, found.owner) == ("Travel rules", "Accounting")
    assert found.updated == datetime(2026, 4, 1, 9, 30, tzinfo=timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    "title",
    [
        "",
        "untitled",
        "Microsoft Word - 規程.doc",
        "規程.indd",
        "無題",
        "PowerPoint プレゼンテーション",
        "?????",
    ],
)
def test_a_title_that_a_program_wrote_is_not_believed(title: str) -> None:
    assert believable_title(title) is None


@pytest.mark.parametrize(
    "text", ["", "D:2026", "D:20261345", "yesterday", "D:20260401093000+99'99'"]
)
def test_a_date_is_read_or_it_is_none(text: str) -> None:
    found = pdf_date(text)
    assert (found is None) == (text != "D:2026")


def test_a_file_that_only_forbids_printing_is_read() -> None:
    assert texts_of(pdf([set_lines("本文の文。")], user_password="")) == ["本文の文。"]


def texts_of(data: bytes) -> list[str]:
    return [block.text for block in extract(data, "a.pdf").blocks]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (b"PK\x03\x04", "no PDF inside"),
        (pdf([set_lines("x")], user_password="secret"), "protected by a password"),
        (pdf([set_lines("x")])[:-200], "truncated"),
        (b"%PDF-1.7\nnothing\n%%EOF", "damaged"),
        (pdf([[]], scanned=True), "scan"),
        (pdf([[]]), "no text"),
        (pdf([set_lines("\ue001\ue002\ue003\ue004\ue005")]), "mojibake"),
    ],
)
def test_bad_files_are_refused_with_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract(data, "a.pdf")


def test_a_scanned_page_among_others_is_reported() -> None:
    both = pdf([set_lines("本文の文。"), []], scanned=True)
    assert extract(both, "a.pdf").warnings == ("Images without text: page 2; run OCR over them.",)


WHOLE = pdf([set_lines(*WRAPPED)])


@settings(max_examples=150)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=8))
def test_damage_is_an_error_of_extraction(place: int, noise: bytes) -> None:
    """Cut or overwritten anywhere, a file gives blocks or ExtractError, never anything else."""
    for data in (WHOLE[:place], WHOLE[:place] + noise + WHOLE[place + len(noise) :]):
        try:
            found = extract(data, "a.pdf").blocks
        except ExtractError:
            continue
        assert found


SENTENCES = st.lists(
    st.text("有給休暇の申請は三日前までに行うこととする", min_size=5, max_size=120),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40)
@given(SENTENCES, st.integers(12, 36))
def test_no_character_is_lost_and_no_space_put_in(sentences: list[str], width: int) -> None:
    """However paragraphs are wrapped, their characters come out in order with nothing between."""
    lines = [
        sentence[start : start + width]
        for sentence in (f"{s}。" for s in sentences)
        for start in range(0, len(sentence), width)
    ]
    page = set_lines(*lines, top=740, size=10)
    found: tuple[Block, ...] = read(page).blocks
    assert "".join("".join((*b.headings, b.text)) for b in found) == "".join(lines)
