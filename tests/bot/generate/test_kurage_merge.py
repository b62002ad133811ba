"""Answers from single chunks: what agrees counts together, and numbers are compared whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.generate.kurage.merge import Found, agree, agreeing, settled

ANSWERS = st.lists(
    st.sampled_from(
        ["25日", "毎月25日", "翌月25日", "5日", "VPN", "VPN。", "ＶＰＮ を使う", "", "。"]
    ),
    max_size=8,
).map(lambda texts: [Found(number, text) for number, text in enumerate(texts, start=1)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("毎月25日", "毎月２５日。"), ("毎月25日", "毎月 25 日"), ("25日", "毎月25日です。")),
        *(("VPN", "vpnを使う"), ("the VPN", "Use the  VPN host"), ("「規程」", "規程")),
    ],
)
def test_the_same_and_containing_answers_agree(one: str, other: str) -> None:
    """Whatever width, case, blanks and full stops; either way round."""
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("5日", "25日"),
            ("4.4兆円", "14.4兆円"),
            ("4兆円", "4.4兆円"),
            ("3", "3.5"),
            ("3", "13"),
        ),
        *(
            ("IP", "VIP"),
            ("art", "party"),
            ("3日", "5日"),
            ("", "5日"),
            ("。", "。"),
            ("10", "10,000"),
        ),
    ],
)
def test_a_piece_of_a_number_or_word_does_not_agree(one: str, other: str) -> None:
    assert not agree(one, other)
    assert not agree(other, one)


def test_the_largest_group_comes_first_then_the_best_passage() -> None:
    found = [Found(n, t) for n, t in enumerate(["3日", "25日", "毎月25日", "5日", "25日"], start=1)]
    groups = agreeing(found)
    assert [[answer.number for answer in group] for group in groups] == [[2, 3, 5], [1], [4]]


@given(ANSWERS, st.randoms())
def test_groups_hold_everyone_once_and_agree(found: list[Found], random: object) -> None:
    """In whatever order the answers come in."""
    groups = agreeing(found)
    shuffled = sorted(found, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert agreeing(shuffled) == groups
    assert sorted(answer.number for group in groups for answer in group) == [
        answer.number for answer in found
    ]
    for group in groups:
        assert all(agree(a.text, b.text) for a in group for b in group if a is not b)
    order = [(-len(group), group[0].number) for group in groups]
    assert order == sorted(order)


def test_the_first_group_is_settled_when_no_other_can_outnumber_it() -> None:
    one, two = Found(1, "3日"), Found(2, "5日")
    assert not settled([], 0)
    assert settled([(one,)], 0)
    assert not settled([(one,)], 1)
    assert settled([(one, one, one), (two,)], 1)
    assert not settled([(one, one, one), (two,)], 2)
