"""A link to a hit leads to the heading above it, in both editions."""

from __future__ import annotations

import pytest
from confluence_markup import include, macro, read
from hypothesis import given
from hypothesis import strategies as st

from connectors.confluence.storage import Edition
from ingest.chunk import chunk


def anchors(markup: str, edition: Edition = "cloud", title: str = "旅費規程") -> list[str]:
    return [block.anchor for block in read(markup, edition=edition, title=title).blocks]


def sections(*headings: str) -> str:
    return "".join(f"<h2>{heading}</h2><p>本文</p>" for heading in headings)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("日当", "日当"),
        ("Travel  <strong>costs</strong>\n in Japan", "Travel-costs-in-Japan"),
        ("第1章　総則&nbsp;1", "第1章-総則-1"),
        (" 前後 ", "前後"),
        ("A&amp;B (1/2)?", "A&B-(1/2)?"),
        (macro("status", title="In progress") + " 一覧", "In-progress-一覧"),
        ('<ac:link><ri:user ri:account-id="acc-1" /></ac:link>', "@佐藤-花子"),
        ('期限 <time datetime="2026-11-22" />', "期限-[date]"),
        ('<ac:emoticon ac:name="x" ac:emoji-fallback="😄" /> 挨拶', "😄-挨拶"),
    ],
)
def test_cloud_writes_a_hyphen_for_each_blank(heading: str, anchor: str) -> None:
    assert anchors(sections(heading)) == [anchor]


def test_cloud_numbers_what_comes_again_past_ids_that_are_taken() -> None:
    assert anchors(sections("例", "例", "例.2", "例")) == ["例", "例.1", "例.2", "例.3"]


@pytest.mark.parametrize(
    ("title", "heading", "anchor"),
    [
        ("Travel rules", "Daily  allowance", "Travelrules-Dailyallowance"),
        ("旅費 規程", "日　当", "id-旅費規程-日当"),
        ("A-B #1", "x-y #2", "AB1-x-y#2"),
        ("2026 rules", "a", "id-2026rules-a"),
        ("t" * 10_000, "日当", "t" * 255),
    ],
)
def test_data_center_puts_the_title_in_front_and_drops_blanks(
    title: str, heading: str, anchor: str
) -> None:
    assert anchors(sections(heading), "data-center", title) == [anchor]


def test_an_id_too_long_for_a_link_in_a_chat_gives_way_to_the_section_around_it() -> None:
    long = "とても長い見出し" * 25
    assert anchors(f"<h1>章</h1><h2>{long}</h2><p>文</p>") == ["章"]
    assert anchors(sections("日当"), "data-center", "規" * 300) == [""]


def test_data_center_numbers_what_comes_again() -> None:
    found = anchors(sections("例", "例", "例"), "data-center", "T")
    assert found == ["T-例", "T-例.1", "T-例.2"]


def test_data_center_keeps_an_id_that_the_markup_brings() -> None:
    assert anchors('<h2 id="mine">例</h2><p>文</p>', "data-center", "T") == ["mine"]


def test_data_center_names_headings_of_included_pages_after_the_page_around() -> None:
    markup = sections("例") + include("他") + "<p>後</p>"
    found = read(markup, edition="data-center", title="T", included={":他": sections("例")})
    assert [block.anchor for block in found.blocks] == ["T-例", "T-例.1", "T-例.1"]


def test_cloud_shows_included_pages_in_a_frame_so_that_the_heading_before_is_the_place() -> None:
    """Their own headings have no ids in the page."""
    markup = sections("例") + include("他")
    found = read(markup, included={":他": sections("別")})
    assert [block.anchor for block in found.blocks] == ["例", "例"]


def test_a_heading_whose_id_can_not_be_told_leads_to_the_section_around_it() -> None:
    image = '<ac:image ac:alt="図"><ri:attachment ri:filename="a.png" /></ac:image>'
    for edition in ("cloud", "data-center"):
        found = anchors(f"<h1>章</h1><h2>節{image}</h2><p>文</p>", edition, "T")
        assert found == ["章" if edition == "cloud" else "T-章"]


def test_a_link_that_cloud_shows_as_a_card_hides_the_id() -> None:
    card = '<a href="https://x.example/1" data-card-appearance="inline">https://x.example/1</a>'
    assert anchors(f"<h1>章</h1><h2>{card} の件</h2><p>文</p>") == ["章"]


def test_headings_without_text_are_none() -> None:
    markup = "<h1>章</h1><h2> <br /></h2><p>文</p><h2></h2>"
    assert anchors(markup) == ["章"]
    assert anchors(markup, "data-center", "T") == ["T-章"]


def test_what_follows_an_anchor_macro_leads_to_it_up_to_the_next_heading() -> None:
    markup = (
        f"<h1>章</h1><p>一</p><p>{macro('anchor', _='質問 1')}二</p><p>三</p>"
        "<ul><li>四</li></ul><h2>節</h2><p>五</p>"
    )
    assert anchors(markup) == ["章", "質問-1", "質問-1", "質問-1", "節"]
    found = anchors(markup, "data-center", "T")
    assert found == ["T-章", "T-質問1", "T-質問1", "T-質問1", "T-節"]


def test_an_anchor_macro_in_a_heading_is_its_place() -> None:
    """What id the heading has beside it can not be told."""
    assert anchors(f"<h2>{macro('anchor', _='here')}節</h2><p>文</p>") == ["here"]


def test_headings_make_a_path() -> None:
    found = read("<h1>規程</h1><p>一</p><h3>細則</h3><p>二</p><h2>附則</h2><p>三</p>")
    assert [block.headings for block in found.blocks] == [
        ("規程",),
        ("規程", "細則"),
        ("規程", "附則"),
    ]


def test_a_heading_in_a_panel_or_a_column_is_one_like_others() -> None:
    body = "<h2>節</h2><p>文</p>"
    for markup in (
        macro("info", body),
        (
            f"<ac:layout><ac:layout-section><ac:layout-cell>{body}</ac:layout-cell>"
            "</ac:layout-section></ac:layout>"
        ),
        f"<table><tbody><tr><td>{body}</td></tr></tbody></table>",
    ):
        assert anchors(markup) == ["節"]


HEADINGS = st.lists(
    st.text(st.sampled_from("ab 例章.1-　\u00a0"), min_size=1, max_size=4), min_size=1, max_size=8
)


@given(HEADINGS, st.sampled_from(["cloud", "data-center"]))
def test_no_two_headings_have_one_anchor_and_none_has_blanks(
    headings: list[str], edition: Edition
) -> None:
    wanted = [heading for heading in headings if heading.strip(" \u00a0　")]
    found = anchors(sections(*headings) + "<h1>終</h1>", edition)
    given_out = {anchor for anchor in found if anchor}
    assert not any(character.isspace() for anchor in given_out for character in anchor)
    if edition == "cloud":
        assert len(given_out) == len(wanted) + 1


def test_a_chunk_never_spans_two_anchors_and_carries_its_own() -> None:
    """Through the chunker: a long page, and each passage leads to its own heading."""
    text = "旅費は出発の三日前までに申請する。" * 80
    markup = "".join(f"<h2>第{n}条</h2><p>{n}番目。{text}</p>" for n in range(1, 6))
    extracted = read(markup)
    chunks = chunk("旅費規程", extracted.blocks)
    assert len(chunks) > 5
    for passage in chunks:
        assert passage.anchor == passage.headings[-1]
