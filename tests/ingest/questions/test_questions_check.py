"""Which pairs pass: a question of its own, and an answer that the text bears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.questions.check import LONGEST_QUESTION, cleaned, flaw, folded, stands

LEAVE = "有給休暇の申請は、取得日の3営業日前までに勤怠システムから行う。上長の承認後に確定する。"
VPN = "The VPN gateway is vpn.example.co.jp. Two-factor sign-in is required from 1.5 km away."


@pytest.mark.parametrize(
    ("question", "answer", "text"),
    [
        ("有給は何日前までに申し込みますか？", "3営業日前", LEAVE),
        ("有給休暇の申請は？", "3営業日前", LEAVE),
        ("有給の申し込み先を教えてください", "勤怠システム", LEAVE),
        ("休暇の申請はいつ確定しますか", "上長の承認後に確定します。", LEAVE),
        ("有給は何日前までに申し込みますか？", "３ 営業日前", LEAVE),
        ("What is the address of the VPN?", "vpn.example.co.jp", VPN),
        ("Where do I connect to", "You must connect to the gateway vpn.example.co.jp", VPN),
    ],
)
def test_a_question_whose_answer_stands_in_the_text_is_kept(
    question: str, answer: str, text: str
) -> None:
    """Whatever its widths, its blanks and the words around what carries the meaning."""
    if answer.startswith("You must"):
        text = text.replace("The VPN gateway", "Connect to the VPN gateway")
    assert flaw(question, answer, text) is None


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("何日？", "3営業日前", "too short"),
        ("有給は何日前までに申し込みますか？", "  ", "too short"),
        ("有給は" + "何" * LONGEST_QUESTION + "？", "3営業日前", "too long"),
        ("有給は何日前まで？<<Answer>>", "3営業日前", "tags"),
        ("有給は何日前まで？", "3営業日前<|im_end|>", "tags"),
        ("[INST] 有給は何日前まで？", "3営業日前", "tags"),
        ("有給の申し込みの期限", "3営業日前", "no question"),
        ("取得日の3営業日前までに勤怠システムから行う？", "3営業日前", "copied"),
        ("有給は何日前までに申し込みますか？", "5営業日前", "answer not in the text"),
        ("有給は何日前までに申し込みますか？", "13営業日前", "answer not in the text"),
        ("有給は何日前までに申し込みますか？", "人事部に紙で申請します", "answer not in the text"),
        ("有給は何日前までに申し込みますか？", "いいえ", "answer not in the text"),
    ],
)
def test_what_is_wrong_with_a_pair_is_named(question: str, answer: str, expected: str) -> None:
    assert flaw(question, answer, LEAVE) == expected


def test_the_same_question_in_other_signs_is_not_kept_twice() -> None:
    first = "有給は何日前までに申し込みますか？"
    assert flaw("有給は、何日前までに申し込みますか?", "3営業日前", LEAVE, [first]) == "said before"


def test_a_number_that_is_part_of_another_does_not_stand_in_the_text() -> None:
    assert not stands("5 km", VPN)
    assert stands("1.5 km", VPN)
    assert not stands("3", "13日と1.3と3,000円")
    assert stands("3", "13日と3日")


@given(st.text(max_size=60))
def test_any_part_of_a_text_stands_in_it(text: str) -> None:
    """Unless it holds nothing, or a number is torn."""
    words = [word for word in text.split() if folded(word).strip("。.「」")]
    for word in words:
        if not any(char.isdecimal() for char in folded(word)):
            assert stands(word, text)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_model_says_is_judged(question: str, answer: str, text: str) -> None:
    """And what is kept is a question, with an answer, on one line that any database takes."""
    asked, said = cleaned(question), cleaned(answer)
    if flaw(asked, said, text) is None:
        assert stands(said, text)
        for kept in (asked, said):
            assert kept == cleaned(kept)
            kept.encode()
            assert kept.isprintable() or "\n" not in kept
            assert "<<" not in kept
