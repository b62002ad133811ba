"""Of a presentation comes out what is on its visible slides, and what the speaker says to them."""

from __future__ import annotations

import io

import pptx as python_pptx
import pytest
from build_office import package, placeholder, pptx, textbox
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx.util import Cm

from ingest.extract.blocks import Block, ExtractError
from ingest.extract.pptx import extract


def blocks(*slides: str, notes: dict[int, str] | None = None) -> tuple[Block, ...]:
    return extract(pptx(slides, notes), "a.pptx").blocks


def test_a_slide_has_its_title_as_heading_and_its_number_as_anchor() -> None:
    found = blocks(
        placeholder("title", "旅費") + placeholder("body", "日当は3,000円", "宿泊は実費"),
        placeholder("title", "精算") + textbox(0, 0, "5営業日以内"),
    )
    assert found == (
        Block("日当は3,000円\n宿泊は実費", "list", ("旅費",), "slide=1"),
        Block("5営業日以内", "paragraph", ("精算",), "slide=2"),
    )


def test_notes_stand_under_their_own_heading() -> None:
    found = blocks(placeholder("title", "旅費") + textbox(0, 0, "本文"), notes={0: "話すこと"})
    assert found[1] == Block("話すこと", "paragraph", ("旅費", "ノート"), "slide=1")


def test_hidden_slides_and_shapes_and_page_furniture_are_left_out() -> None:
    """The number of a slide counts hidden ones, as PowerPoint does."""
    found = blocks(
        "!" + textbox(0, 0, "隠したスライド"),
        textbox(0, 0, "見える") + textbox(0, 9, "隠した図形", hidden=True)
        + placeholder("ftr", "社外秘") + placeholder("sldNum", "2") + placeholder("dt", "4月1日"),
    )  # fmt: skip
    assert [(block.text, block.anchor) for block in found] == [("見える", "slide=2")]


def test_shapes_are_read_from_the_top_left() -> None:
    """The file lists them in the order of their making."""
    inch = 914_400
    shapes = (
        textbox(5 * inch, 3 * inch, "右下") + textbox(inch, 3 * inch + 9, "左下")
        + textbox(5 * inch, inch, "右上") + textbox(inch, inch + 9, "左上")
    )  # fmt: skip
    assert [block.text for block in blocks(shapes)] == ["左上", "右上", "左下", "右下"]


def test_a_slide_of_a_title_alone_is_found() -> None:
    assert blocks(placeholder("ctrTitle", "第2部 手続き")) == (
        Block("第2部 手続き", "paragraph", (), "slide=1"),
    )


def test_tables_groups_and_properties_of_a_real_writer_are_understood() -> None:
    """python-pptx writes what PowerPoint does: layouts, tables with merged cells, groups."""
    deck = python_pptx.Presentation()
    deck.core_properties.title, deck.core_properties.author = "研修資料", "人事部"
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "日当"
    table = slide.shapes.add_table(3, 3, Cm(1), Cm(8), Cm(10), Cm(3)).table
    for row, texts in enumerate(
        (("地域", "役職", "額"), ("国内", "部長", "3,000円"), ("", "課長", "2,000円"))
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Cm(1), Cm(5), Cm(4), Cm(1)).text_frame.text = "組の中"
    out = io.BytesIO()
    deck.save(out)
    found = extract(out.getvalue(), "a.pptx")
    assert (found.title, found.owner) == ("研修資料", "人事部")
    assert [(block.kind, block.text, block.header_rows) for block in found.blocks] == [
        ("paragraph", "組の中", 0),
        ("table", "地域 | 役職 | 額\n国内 | 部長 | 3,000円\n国内 | 課長 | 2,000円", 1),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (pptx([]), "no text"),
        (pptx([textbox(0, 0, "x")])[:-30], "truncated"),
        (package({"xl/workbook.xml": "<a/>"}), "no Office file of its kind"),
        (package({"ppt/presentation.xml": "<!DOCTYPE a><a/>"}), "DTD"),
        (package({"ppt/presentation.xml": " " * 60_000_000}), "ZIP bomb"),
    ],
)
def test_bad_files_are_refused_with_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract(data, "a.pptx")


WHOLE = pptx([placeholder("title", "題") + textbox(0, 0, "本文")], {0: "ノート"})


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6))
def test_damage_is_an_error_of_extraction(place: int, noise: bytes) -> None:
    """Cut or overwritten anywhere, a file gives blocks or ExtractError, never anything else."""
    for data in (WHOLE[:place], WHOLE[:place] + noise + WHOLE[place + len(noise) :]):
        try:
            found = extract(data, "a.pptx").blocks
        except ExtractError:
            continue
        assert found
