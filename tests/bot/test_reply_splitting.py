"""Long answers become several messages: nothing lost, nothing torn apart, each within the limit."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.reply.graphemes import is_border
from bot.reply.splitting import split
from ingest.sentences import sentences

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
LINK = "[就業規則 › 第5章](https://wiki.example.co.jp/a_(b)?c=1#第5章)"
SLACK_LINK = "<https://wiki.example.co.jp/a?b=1|就業規則 › 第5章 休暇>"
URL = "https://wiki.example.co.jp/spaces/HR/pages/123?focus=1"
PIECES = st.one_of(
    st.sampled_from(
        [
            *("取得日の3営業日前までに申請します。", "上長が承認すると、確定します。[1]", "[1][2]"),
            *(
                "はい。",
                "「急な病気のときは。当日でもよい。」と定める。",
                "本当ですか？",
                "、",
                "。",
            ),
            *("\n", "\n\n", "\n- ", "\n1. ", " ", "\u3000", "e.g. ", "3.5%", "**3営業日前**"),
            *(LINK, SLACK_LINK, URL, "<@U123>", "`a b`", ":smile:", "Mr. Sato said so. "),
            *(
                FAMILY,
                "か\u3099",
                "🇯🇵",
                "각",
                "\ud83d\ude00",
                "\ud800",
                "葛\U000e0100",
                "1️⃣",
                "\r\n",
            ),
        ]
    ),
    st.text(max_size=10),
)
PROSE = st.lists(PIECES, max_size=30).map("".join).filter(lambda text: "```" not in text)
CODE = st.sampled_from(
    ["\n```py\nfor a in b:\n    print(a)\n\n    go()\n```\n", "```\nx\n", "~~~\na\n~~~\n"]
)
ANY_TEXT = st.lists(st.one_of(PIECES, CODE), max_size=20).map("".join)
LIMITS = st.integers(30, 300)


def loose(text: str) -> str:
    """Text without blanks: they may go at a cut."""
    return "".join(text.split())


def units(text: str) -> int:
    """Length as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cuts(text: str, parts: list[str]) -> list[int]:
    """Where the parts end in the text, which holds no code."""
    at, found = 0, []
    for part in parts:
        at = text.index(part, at) + len(part)
        found.append(at)
    return found[:-1]


@given(PROSE, LIMITS)
@example("あ" * 500, 30)
def test_nothing_is_lost_and_nothing_is_added(text: str, limit: int) -> None:
    """Blanks at the cuts go; every other character stays, in order."""
    parts = split(text, limit)
    assert loose("".join(parts)) == loose(text)
    at = 0
    for part in parts:  # as it stood, blanks inside included
        begin = text.index(part, at)
        assert text[at:begin].strip() == ""
        at = begin + len(part)


@given(ANY_TEXT, st.integers(1, 300), st.sampled_from([len, units]))
def test_every_part_fits_and_says_something(text: str, limit: int, length) -> None:  # noqa: ANN001
    try:
        parts = split(text, limit, length=length)
    except ValueError:
        assert any(length(char) > limit for char in text)
        return
    assert all(part.strip() and length(part) <= limit for part in parts)
    assert bool(parts) == bool(text.strip())


@given(PROSE)
def test_a_text_that_fits_stays_whole(text: str) -> None:
    assume(text.strip())
    assert split(text, len(text)) == [text.strip()]


@given(PROSE, LIMITS)
def test_no_character_of_a_reader_is_torn(text: str, limit: int) -> None:
    """Families, flags, marks and pairs of surrogates stay whole."""
    for at in cuts(text, split(text, limit)):
        assert is_border(text, at)


@given(
    st.lists(st.sampled_from(["上長の承認が要ります。", "次を見る、", "\n"]), max_size=12),
    st.lists(st.sampled_from([LINK, SLACK_LINK, URL, "[1][12]", "<@U123>", "`a。b`"]), max_size=8),
    st.randoms(),
    st.integers(80, 160),
)
def test_links_citations_and_mentions_are_never_cut(words, whole, random, limit) -> None:  # noqa: ANN001
    pieces = [*words, *(f" {piece} " for piece in whole)]
    random.shuffle(pieces)
    text = "".join(pieces)
    ends = list(accumulate(map(len, pieces)))
    inside = {
        at
        for piece, end in zip(pieces, ends, strict=True)
        if piece.strip() in whole
        for at in range(end - len(piece) + 2, end - 1)
    }
    assert inside.isdisjoint(cuts(text, split(text, limit)))


@given(st.lists(st.integers(3, 60), min_size=2, max_size=30), LIMITS.filter(lambda n: n >= 70))
def test_parts_end_with_sentences_where_sentences_fit(lengths: list[int], limit: int) -> None:
    """、 is a place to cut only inside a sentence that is too long itself."""
    text = "".join("あ" * (n // 2) + "、" + "い" * (n // 2) + "。[1]" for n in lengths)
    assert all(part.endswith("。[1]") for part in split(text, limit))


@given(st.text("あいう漢字。、", min_size=1, max_size=400), st.integers(5, 60))
def test_a_cut_elsewhere_lies_in_a_sentence_that_is_too_long(text: str, limit: int) -> None:
    parts = split(text, limit)
    ends = {end for _, end in sentences(text)}
    spans = sentences(text)
    for at in cuts(text, parts):
        if at in ends:
            continue
        assert any(
            begin < at < end and end - max(begin, _start(text, parts, at)) > limit
            for begin, end in spans
        )


def _start(text: str, parts: list[str], at: int) -> int:
    return max((cut for cut in cuts(text, parts) if cut < at), default=0)


def test_a_sentence_too_long_is_cut_behind_a_comma() -> None:
    text = "上長の承認を受け、人事部に提出し、写しを保管する。"
    assert split(text, 20) == ["上長の承認を受け、人事部に提出し、", "写しを保管する。"]


def test_without_a_comma_it_is_cut_before_a_word() -> None:
    """Not inside 勤怠システム, and no line begins with a small kana or a closing bracket."""
    assert split("申請は勤怠システムから行い承認を受ける", 10)[:2] == [
        "申請は",
        "勤怠システムから行い",
    ]
    assert all(part[0] not in "ーッ」" for part in split("「チェックリストデータベース」" * 4, 7))


def test_a_paragraph_is_the_first_choice() -> None:
    text = "一つ目です。二つ目です。\n\n三つ目です。四つ目です。"
    assert split(text, 20) == ["一つ目です。二つ目です。", "三つ目です。四つ目です。"]


def test_items_of_a_list_stay_with_their_marks() -> None:
    text = "次のとおりです。\n- 申請は3営業日前までです\n- 承認は上長がします\n1. 打刻する"
    parts = split(text, 26)
    assert parts == [
        "次のとおりです。\n- 申請は3営業日前までです",
        "- 承認は上長がします\n1. 打刻する",
    ]
    assert split("- 申請は3営業日前までです", 4)[0] == "- 申請"


def test_a_quotation_stays_together() -> None:
    """Its first sentence alone would say something else."""
    text = "規程の定めは次のとおり。「休むときは前日までに。急なときは当日に。」と書いてある。"
    quote = "「休むときは前日までに。急なときは当日に。」"
    assert sum(quote in part for part in split(text, 40)) == 1


def test_citations_stay_behind_their_sentence() -> None:
    text = "申請は3営業日前までです。[1][2]承認は上長です。[3]"
    assert split(text, 22) == ["申請は3営業日前までです。[1][2]", "承認は上長です。[3]"]


def test_code_that_is_cut_is_closed_and_opened_again() -> None:
    code = "\n".join(f"    line({number})" for number in range(20))
    parts = split(f"手順です。\n```py\n{code}\n```\n終わり。", 90)
    assert len(parts) > 2
    assert all(part.count("```") % 2 == 0 for part in parts)
    lines = [line for part in parts for line in part.split("\n") if line.startswith("    ")]
    assert lines == code.split("\n")
    assert all("```py\n" in part for part in parts if "line(" in part)


def test_code_that_is_still_being_written_stays_open() -> None:
    """An answer that streams: its end is not ours to invent."""
    parts = split("```\n" + "abc\n" * 30, 60)
    assert parts[0].startswith("```\n")
    assert parts[0].endswith("\n```")
    assert not parts[-1].endswith("```")


def test_indentation_of_code_survives_a_cut() -> None:
    parts = split("```\n" + "\n".join("        deep()" for _ in range(10)) + "\n```", 60)
    assert all(re.fullmatch(r"```\n(        deep\(\)\n)+```", part) for part in parts)


def test_a_link_longer_than_a_message_is_cut_all_the_same() -> None:
    """Nothing is dropped, whatever the limit."""
    url = "https://example.co.jp/" + "a" * 100
    assert "".join(split(url, 50)) == url


def test_an_emoji_goes_to_the_next_message_whole() -> None:
    """Counted as the platform counts: a family is 11 units of UTF-16."""
    assert split("ああああ" + FAMILY, 12, length=units) == ["ああああ", FAMILY]


def test_a_limit_that_holds_no_character_is_an_error() -> None:
    with pytest.raises(ValueError, match="limit"):
        split("あ", 0)
    with pytest.raises(ValueError, match="fits"):
        split("😀😀", 1, length=units)


@given(st.text())
def test_every_border_lies_before_a_character_that_stands_alone(text: str) -> None:
    for at in range(1, len(text)):
        if is_border(text, at):
            assert unicodedata.category(text[at])[0] != "M"
            assert "\u200d" not in text[at - 1 : at + 1]


@settings(max_examples=20)
@given(st.integers(1, 9))
def test_flags_are_pairs(count: int) -> None:
    text = "🇯🇵" * count
    assert [at for at in range(len(text) + 1) if is_border(text, at)] == [
        *range(0, len(text) + 1, 2)
    ]
