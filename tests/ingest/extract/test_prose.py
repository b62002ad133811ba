"""Line ends and blanks fold the way a Japanese reader expects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.prose import BREAK, fold, verbatim

JAPANESE = st.text(st.sampled_from("有給休暇のアイウ、。「」ー々ｶﾅ（）１"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("有給\n休暇", "有給休暇"),
        ("有給 \n\t休暇", "有給休暇"),
        ("paid\nleave", "paid leave"),
        ("申請は VPN\nから行う", "申請は VPN から行う"),
        ("行います。\nVPN", "行います。VPN"),
        ("see\n「規程」", "see「規程」"),
        ("有給 休暇", "有給 休暇"),
        ("휴가\n신청", "휴가 신청"),
        (f"一行目{BREAK} 二行目", "一行目\n二行目"),
        (f"一{BREAK}{BREAK}二", "一\n二"),
        ("有\u200b給\u00ad休\ufeff暇", "有給休暇"),
        ("a\u00a0b", "a b"),
        ("　字下げの段落。", "字下げの段落。"),
    ],
)
def test_folding(raw: str, read: str) -> None:
    assert fold(raw) == read


@given(st.lists(JAPANESE, min_size=1), st.sampled_from(["\n", "\n  ", " \n\n", "\r\n"]))
def test_wrapped_japanese_comes_out_without_a_space(words: list[str], line_end: str) -> None:
    assert fold(line_end.join(words)) == "".join(words)


@given(st.text())
def test_folding_leaves_no_blanks_at_the_ends_and_folds_once(text: str) -> None:
    once = fold(text)
    assert once == once.strip()
    assert fold(once.replace("\n", BREAK)) == once


@given(st.text())
def test_folding_drops_no_letter(text: str) -> None:
    assert [c for c in fold(text) if c.isalnum()] == [c for c in text if c.isalnum()]


def test_code_keeps_its_indentation_and_inner_blank_lines() -> None:
    assert verbatim("\n\n  if x:\n\n    y  \n\n") == "  if x:\n\n    y"
