"""Saying the same thing without end is seen soon, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.generate.repetition import endless

ONCE = (
    "有給休暇は3営業日前までに申請する。",
    "締め日は毎月25日です。領収書の原本は経理部に提出します。締め日は毎月25日です。",
    "|---|---|---|---|---|\n| 課長 | 3,000円 |",
    "1月: 10日\n2月: 11日\n3月: 12日\n4月: 13日\n5月: 14日\n6月: 15日\n7月: 16日\n8月: 17日",
    "はい、はい、はい、わかりました。",
    "100000000000000000000円",
    "",
)


@pytest.mark.parametrize("text", ONCE)
def test_an_answer_is_not_taken_for_it(text: str) -> None:
    """Rules of dashes, zeros, lists and a sentence said twice are answers."""
    assert [endless(text[:end]) for end in range(len(text) + 1)] == [None] * (len(text) + 1)


@pytest.mark.parametrize(
    "piece", ["あ", "3日です。", "上長の承認後に確定する。\n", "a b ", "、\n\n"]
)
def test_it_is_found_within_three_copies_or_sixty_characters(piece: str) -> None:
    """And what is cut off leaves the piece standing once."""
    said = f"答えは次のとおり:{piece}"
    copies = max(2, -(-60 // len(piece)))
    assert endless(said + piece * copies) == len(said)


def test_what_repeats_from_the_first_character_is_found() -> None:
    assert endless("ありません。" * 20) == 6


def test_what_went_on_is_no_endless_repetition() -> None:
    assert endless("ありません。" * 20 + "以上") is None


@given(
    st.text("あいう3。\n", max_size=30),
    st.text("abc日。 ", min_size=1, max_size=50),
    st.integers(0, 60),
)
def test_it_is_found_wherever_the_stream_stands(before: str, piece: str, part: int) -> None:
    """Also in the midst of a copy; everything behind the cut is said again, word for word."""
    text = before + piece * 4 + piece * (60 // len(piece)) + piece[: part % len(piece)]
    cut = endless(text)
    assert cut is not None
    assert cut <= len(before) + len(piece)
    rest = text[cut:]
    period = next(p for p in range(1, cut + 1) if text[cut - p : -p] == rest)
    assert period <= len(piece)
