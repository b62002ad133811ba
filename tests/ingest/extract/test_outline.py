"""Blocks stand under the path of headings that a reader sees above them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.blocks import Block
from ingest.extract.outline import Cell, Outline


def test_a_section_ends_where_one_of_its_level_begins() -> None:
    outline = Outline()
    outline.text("前文")
    outline.heading(2, "休暇", "leave")
    outline.heading(4, "年休")
    outline.text("本文")
    outline.heading(3, "特別休暇", "special")
    outline.text("次")
    assert outline.finish() == (
        Block("前文", "paragraph"),
        Block("本文", "paragraph", ("休暇", "年休"), "leave"),
        Block("次", "paragraph", ("休暇", "特別休暇"), "special"),
    )


def test_a_list_ends_where_something_else_comes() -> None:
    outline = Outline()
    outline.item("一")
    outline.item("二", depth=1)
    outline.code("x = 1")
    outline.item("三")
    assert [block.text for block in outline.finish()] == ["- 一\n  - 二", "x = 1", "- 三"]


def test_blank_things_make_no_blocks() -> None:
    outline = Outline()
    outline.heading(1, " \n")
    outline.text(" \u200b\n")
    outline.item("　")
    outline.code("\n\n")
    outline.table([[Cell("")], []])
    assert outline.finish() == ()


CELLS = st.builds(
    Cell,
    st.sampled_from(["", "a", "有給", "x" * 300]),
    st.booleans(),
    st.integers(1, 4),
    st.integers(1, 4),
)


@given(st.lists(st.lists(CELLS, max_size=5), max_size=6))
def test_a_table_keeps_every_cell_and_its_header_is_part_of_it(rows: list[list[Cell]]) -> None:
    outline = Outline()
    outline.table(rows)
    blocks = outline.finish()
    written = [cell.text for row in rows for cell in row if cell.text]
    assert bool(blocks) == bool(written)
    for block in blocks:
        lines = block.text.split("\n")
        assert 0 <= block.header_rows < max(len(lines), 2)
        assert all(text in block.text for text in written)
        assert all(line.strip(" |") for line in lines)


def test_long_merged_cells_are_written_once() -> None:
    """Spans can not be used to multiply text."""
    outline = Outline()
    outline.table([[Cell("あ" * 1000, columns=50, rows=1000), Cell("b")]] + [[Cell("c")]] * 999)
    (block,) = outline.finish()
    assert block.text.count("あ") == 1000
