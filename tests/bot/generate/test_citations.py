"""Numbered citations are read however a model writes them, and never shown by halves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken_models import is_subsequence

from bot.generate.citations import Cited

NUMBERS = (1, 2, 3)


def read(text: str, numbers: tuple[int, ...] = NUMBERS, size: int = 1) -> Cited:
    cited = Cited(numbers)
    for begin in range(0, len(text), size):
        cited.feed(text[begin : begin + size])
    cited.close()
    return cited


def parts(text: str, numbers: tuple[int, ...] = NUMBERS) -> list[tuple[str, tuple[int, ...]]]:
    return [(part.text, part.references) for part in read(text, numbers).statements]


@pytest.mark.parametrize(
    ("citation", "references"),
    [
        ("[1]", (1,)),
        ("[1, 2]", (1, 2)),
        ("[1、3]", (1, 3)),
        ("[2][1]", (2, 1)),
        ("[1] [2]", (1, 2)),
        ("[1-3]", (1, 2, 3)),
        ("［１〜２］", (1, 2)),
        ("［１］", (1,)),
        ("【2】", (2,)),
        ("[[3]]", (3,)),
        ("[^1]", (1,)),
        ("[#2]", (2,)),
        ("[資料1]", (1,)),
        ("[資料1、資料3]", (1, 3)),
        ("（資料2）", (2,)),
        ("（資料2より）", (2,)),
        ("(Source 3)", (3,)),
        ("（[1]）", (1,)),
        ("([1][2])", (1, 2)),
        ("[1†就業規則 第5章]", (1,)),
        ("[資料1：就業規則]", (1,)),
        ("[1](https://evil.example/?q=2)", (1,)),
        ("[1](#3)", (1,)),
        ("[1 and 2]", (1, 2)),
        ("[9]", ()),
        ("[0]", ()),
        ("[2, 9]", (2,)),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_citation_is_taken_from_the_text_and_attached_to_its_sentence(
    citation: str, references: tuple[int, ...], size: int
) -> None:
    """Before the 。 or behind it, however the pieces are cut; numbers out of range are dropped."""
    for text in (f"前日です{citation}。あとです。", f"前日です。{citation}あとです。"):
        said = read(text, size=size).statements
        assert [part.text for part in said] == ["前日です。", "あとです。"]
        assert [part.references for part in said] == [references, ()]


@pytest.mark.parametrize(
    "text",
    [
        "第3条(1)による。",
        "（2）上長の承認を得る。",
        "[2024]の規程です。",
        "[12:30]に始まります。",
        "【重要】申請してください。",
        "[メモ]を見ます。",
        "内線(03)です。",
        "(1)",
        "[a1]です。",
        "[1a]です。",
        "〔1〕を見ます。",
        "（資料室）に置きます。",
        "（資料1部）を提出します。",
    ],
)
def test_what_is_no_citation_stays_in_the_text(text: str) -> None:
    """(1) numbers paragraphs in Japanese rules; four digits are a year, 12:30 is a time."""
    assert parts(text) == [(text, ())]


def test_without_numbers_nothing_is_a_citation() -> None:
    """A model that is asked for none says what its text says."""
    assert parts("配列の[1]です。", ()) == [("配列の[1]です。", ())]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("一 [1]。", "一。"),
        ("一 [1] 、二", "一、二"),
        ("by Friday [1] via HR", "by Friday via HR"),
        ("by Friday[1] via HR", "by Friday via HR"),
        ("by Friday [1].", "by Friday."),
        ("by Friday [1]via HR", "by Friday via HR"),
        ("申請（別紙[1]）する", "申請（別紙）する"),
        ("申請（[1]参照）する", "申請（参照）する"),
        ("一。 [1] ", "一。"),
    ],
)
def test_the_blanks_around_a_citation_go_with_it(text: str, said: str) -> None:
    assert [part.text for part in read(text).statements] == [said]


def test_a_line_that_begins_with_a_citation_cites_before_its_sentences() -> None:
    assert parts("[1] 一です。[2] 二です。\n- [3] 三です。") == [
        ("一です。", (1,)),
        ("二です。", (2,)),
        ("- 三です。", (3,)),
    ]


def test_a_line_of_citations_belongs_to_the_sentence_above() -> None:
    assert parts("一です。\n[1][2]\n\n二です。") == [("一です。", (1, 2)), ("二です。", ())]


@pytest.mark.parametrize(
    "sources",
    [
        "出典：[1][3]",
        "参考: [1]、[3]",
        "（出典）[1] [3]",
        "Sources:\n[1] 規則\n[3] 手引き",
        "[1][3]",
    ],
)
def test_a_list_of_sources_is_no_part_of_the_answer(sources: str) -> None:
    """It names the sources of the answer, which the platform lists itself."""
    cited = read(f"一です。\n\n{sources}")
    assert [part.text for part in cited.statements] == ["一です。"]
    assert cited.references == (1, 3)


def test_a_sentence_that_says_where_to_look_is_an_answer() -> None:
    assert parts("参考：内線1234です") == [("参考：内線1234です", ())]
    assert parts("根拠：労働基準法です。[1]") == [("根拠：労働基準法です。", (1,))]


def test_references_come_in_order_of_use() -> None:
    assert read("三です。[3]一です。[1][3]").references == (3, 1)


def test_what_is_cited_is_known_before_the_answer_is_complete() -> None:
    cited = Cited(NUMBERS)
    cited.feed("一です。[2] 二")
    assert cited.references == (2,)


@pytest.mark.parametrize(
    "half", ["[", "[1", "[1,", "[1, 2", "［１", "[資", "[資料1", "（資料", "[1†就業", "[[1]"]
)
def test_a_citation_that_was_cut_off_is_dropped(half: str) -> None:
    assert [part.text for part in read(f"一です。{half}").statements] == ["一です。"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("一です。", True),
        ("一です。[1]", True),
        ("一です[1]", True),
        ("- 一\n", True),
        ("", True),
        ("一です。二で", False),
        ("「一です。」", True),
    ],
)
def test_it_is_known_whether_the_last_sentence_has_ended(text: str, whole: bool) -> None:
    assert read(text).whole == whole


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "[1]",
                    "[2,3]",
                    "［１］",
                    "【2】",
                    "[資料1]",
                    "（資料2）",
                    "[1†a]",
                    "[[3]]",
                    "[9]",
                ),
                *(
                    "[",
                    "]",
                    "(",
                    "（",
                    "）",
                    "1",
                    "2",
                    ",",
                    "、",
                    "資料",
                    "†",
                    "[1](https://x/)",
                    "^",
                ),
                *("一です。", "申請は3日前", "出典：", "\n", "\n\n", " ", "- ", "。", "Ask HR. "),
                *("\ud800", "𠮷", "\r", "\u2028"),
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=25,
)
PARTIAL = re.compile(r"[\[［【][0-9０-９]{1,3}(?:[,、][0-9０-９]{1,3})*[\]］】]?\Z")


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_anything_is_read_and_nothing_is_made_up(pieces: list[str]) -> None:
    """What is shown, at every moment, is left of the output; what is cited has its number there."""
    cited = Cited(NUMBERS)
    raw = ""
    for piece in pieces:
        cited.feed(piece)
        raw += piece
        shown = "".join(part.text for part in cited.statements)
        assert is_subsequence(shown, raw)
        assert not PARTIAL.search(shown)
        assert set(cited.references) <= set(NUMBERS)
        for part in cited.statements:
            assert part.text.strip()
            assert set(part.references) <= set(cited.references)
    cited.close()
    assert is_subsequence("".join(part.text for part in cited.statements), raw)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.integers(1, 7))
def test_how_the_output_is_cut_into_pieces_changes_nothing(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    once, piecewise = read(text, size=max(1, len(text))), read(text, size=size)
    assert once.statements == piecewise.statements
    assert once.references == piecewise.references


@settings(deadline=None)
@given(st.sampled_from(["[", "[1,", "[資料", "（", "[1](http", "[[1]", "[1†", "出典", "1 , "]))
def test_an_output_without_end_is_read_in_time_that_grows_with_it(piece: str) -> None:
    """No bracket is waited for longer than a citation is long."""
    cited = read(piece * 2000, size=5)
    assert len("".join(part.text for part in cited.statements)) <= len(piece) * 2000
