"""Which passage bears which sentence."""

from checks_samples import passages
from hypothesis import given
from hypothesis import strategies as st

from bot.checks import attributed
from bot.exchange import Statement

HELD = passages(
    "経費の締め日は毎月25日です。領収書はアプリから提出する。",
    "VPNに接続するには、情報システム部へ申請する。",
    "Leave is requested in the attendance system.",
)


def test_each_sentence_gets_the_passages_that_bear_it() -> None:
    """A model names its references once for the whole answer."""
    said = Statement("経費の締め日は毎月25日です。VPNの接続は情報システム部に申請します。", (1, 2))
    parts = attributed((said,), HELD)
    assert [(part.text, part.references) for part in parts] == [
        ("経費の締め日は毎月25日です。", (1,)),
        ("VPNの接続は情報システム部に申請します。", (2,)),
    ]


def test_where_nothing_tells_them_apart_all_bear_it() -> None:
    """Across languages no words are shared."""
    (part,) = attributed((Statement("휴가는 근태 시스템에서 신청합니다.", (3, 1)),), HELD)
    assert part.references == (3, 1)


def test_a_passage_that_alone_has_a_number_bears_its_sentence_too() -> None:
    """Else the number would be doubted although the model named its source."""
    held = passages("経費の締め日と経費の精算について。経費の締め日は表のとおり。", "締切: 25日")
    (part,) = attributed((Statement("経費の締め日は表のとおり25日です。", (1, 2)),), held)
    assert part.references == (1, 2)


def test_quotations_and_code_stay_whole() -> None:
    """A quote is looked for word for word, and a block of code is torn by no sentence."""
    said = (
        Statement("締め日は25日。提出する。", (1,), verbatim=True),
        Statement("次のとおり。\n```\nrun. Now!\n```", (1, 2)),
    )
    assert attributed(said, HELD) == said


def test_the_number_of_a_list_item_stays_with_it() -> None:
    """`1.` is no sentence, nor a number to be looked for."""
    said = Statement("1. Open the app.\n2. Submit it.", (3,))
    assert [part.text for part in attributed((said,), HELD)] == [
        "1. Open the app.\n",
        "2. Submit it.",
    ]


@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from("経費。締め日\n 25.!?「」（）VPN")), max_size=80
    ),
    st.lists(st.integers(1, 4), max_size=4),
)
def test_joined_the_text_is_the_same_and_no_reference_is_made_up(
    text: str, references: list[int]
) -> None:
    """Nothing is lost between sentences; each keeps some of what the statement named."""
    parts = attributed((Statement(text, tuple(references)),), HELD)
    assert "".join(part.text for part in parts) == text
    for part in parts:
        assert set(part.references) <= set(references)
        assert bool(part.references) == bool(references)
