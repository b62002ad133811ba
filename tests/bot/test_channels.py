"""Which messages are answered, where and how, by the rules of `kurage.toml`."""

from __future__ import annotations

import itertools

import pytest

from bot.channels import Heard, Rules, rules, task
from bot.reply import QUESTION_LIMIT, WORDINGS
from bot.settings import Channel, Platform

QUESTION = "有給はいつまでに申請しますか？"
RULES = rules(Platform(), {})


def ruled(**changes: object) -> Rules:
    """The rules of a channel that has these in its table."""
    return rules(Platform(), {"C1": Channel(**changes)}, "C1")


def test_without_a_table_the_platform_holds() -> None:
    platform = Platform(respond="all", sources=("規程",), private=True, handover=("U1",))
    found = rules(platform, {"C1": Channel(respond="mentions")}, "C2")
    assert found == Rules("all", frozenset({"規程"}), True, ("U1",), True, False, False)


def test_a_table_changes_what_it_names_and_nothing_else() -> None:
    platform = Platform(respond="questions", sources=("規程",), handover=("U1",))
    found = rules(platform, {"C1": Channel(private=True, handover=("S1", "U2"))}, "C1")
    expected = Rules("questions", frozenset({"規程"}), True, ("S1", "U2"), True, False, False)
    assert found == expected


def test_what_a_table_turns_off_is_off() -> None:
    """False and an empty list are said, not left out."""
    platform = Platform(
        private=True, external=True, guests=True, sources=("規程",), handover=("U1",)
    )
    table = Channel(private=False, external=False, guests=False, sources=(), handover=())
    expected = Rules("mentions", None, False, (), True, False, False)
    assert rules(platform, {"C1": table}, "C1") == expected


def test_a_threads_own_table_comes_before_its_channels() -> None:
    tables = {"T1": Channel(respond="all"), "C1": Channel(respond="questions", private=True)}
    assert rules(Platform(), tables, "T1", "C1").respond == "all"
    assert rules(Platform(), tables, "T2", "C1").respond == "questions"
    assert rules(Platform(), tables, None, "C1").private
    assert not rules(Platform(), tables, None, None).private


@pytest.mark.parametrize("respond", ["mentions", "questions", "all"])
@pytest.mark.parametrize("addressed", ["direct", "mentioned"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUESTION, "answer"),
        ("有給 申請 期限", "answer"),
        ("VPNがつながりません", "answer"),
        ("英語版は？", "answer"),
        ("ありがとうございます！", "welcome"),
        ("了解です", "welcome"),
        ("ありがとう。ちなみに英語版は？", "answer"),
        ("おはようございます", "usage"),
        ("hello", "usage"),
        ("使い方", "usage"),
        ("help", "usage"),
        ("VPNの使い方は？", "answer"),
        ("", "usage"),
        (" \n", "usage"),
        ("👍", "text_only"),
        (":tada:", "text_only"),
        ("https://example.co.jp/a", "text_only"),
        ("？", "text_only"),
        ("あ" * QUESTION_LIMIT, "answer"),
        ("あ" * (QUESTION_LIMIT + 1), "too_long"),
    ],
)
def test_who_addresses_the_bot_always_gets_a_line(
    respond: str, addressed: str, text: str, expected: str
) -> None:
    heard = Heard(text, direct=addressed == "direct", mentioned=addressed == "mentioned")
    assert task(heard, ruled(respond=respond)) == expected


def test_a_picture_alone_is_told_from_a_bare_mention() -> None:
    assert task(Heard("", mentioned=True, attachments=True), RULES) == "text_only"
    assert task(Heard("", mentioned=True), RULES) == "usage"
    assert task(Heard(QUESTION, mentioned=True, attachments=True), RULES) == "answer"


@pytest.mark.parametrize(
    ("respond", "text", "expected"),
    [
        ("mentions", QUESTION, None),
        ("mentions", "明日は会議です", None),
        ("questions", QUESTION, "answer"),
        ("questions", "経費の締め日を教えてください", "answer"),
        ("questions", "明日は会議です", None),
        ("questions", "英語版は", "answer"),
        ("questions", "ありがとうございます", None),
        ("questions", "そうですか。", None),
        ("questions", "help", None),
        ("all", QUESTION, "answer"),
        ("all", "VPNがつながりません", "answer"),
        ("all", "ありがとうございます", None),
        ("all", "おはようございます", None),
        ("all", "👍", None),
        ("all", "", None),
        ("all", "https://example.co.jp/?q=1", None),
    ],
)
def test_without_a_mention_the_channels_setting_decides(
    respond: str, text: str, expected: str | None
) -> None:
    assert task(Heard(text), ruled(respond=respond)) == expected


@pytest.mark.parametrize("respond", ["mentions", "questions", "all"])
def test_where_it_only_listens_it_says_nothing_of_what_it_does_not_answer(respond: str) -> None:
    """No line about pictures or long texts that nobody wrote to it."""
    for text in ("", "👍", "あ" * (QUESTION_LIMIT + 1) + "ですか？", "ありがとう", "了解です！"):
        assert (
            task(Heard(text, ours=True, asked_here=True, attachments=True), ruled(respond=respond))
            is None
        )


@pytest.mark.parametrize(
    "text", [QUESTION, "ちなみに英語版は？", "それはいつから？", "もっと詳しく教えて"]
)
def test_a_question_below_an_answer_needs_no_new_mention(text: str) -> None:
    assert task(Heard(text, ours=True), RULES) == "answer"
    assert task(Heard(text, ours=False), RULES) is None


@pytest.mark.parametrize(
    "text", ["それの英語版", "じゃあパートの場合", "もっと詳しく", "and for part-timers"]
)
def test_who_has_asked_may_go_on_without_a_question(text: str) -> None:
    """What others write below the answer, without asking, is talk."""
    assert task(Heard(text, ours=True, asked_here=True), RULES) == "answer"
    assert task(Heard(text, ours=True, asked_here=False), RULES) is None


@pytest.mark.parametrize(
    "text", ["それで大丈夫です", "試してみます", "その件は田中さんに聞きます", "I will try"]
)
def test_who_has_asked_may_talk_below_the_answer(text: str) -> None:
    assert task(Heard(text, ours=True, asked_here=True), RULES) is None


@pytest.mark.parametrize("respond", ["mentions", "questions", "all"])
def test_what_is_written_to_somebody_else_is_not_answered(respond: str) -> None:
    heard = Heard(QUESTION, others_mentioned=True, ours=True, asked_here=True)
    assert task(heard, ruled(respond=respond)) is None
    both = Heard(QUESTION, others_mentioned=True, mentioned=True)
    assert task(both, ruled(respond=respond)) == "answer"


REFUSALS = [
    ({"from_bot": True}, {}, "bot"),
    ({"outsiders": True}, {"external": True}, "external"),
    ({"from_guest": True}, {"guests": True}, "guest"),
]


@pytest.mark.parametrize(("who", "allowing", "line"), REFUSALS)
def test_bots_guests_and_outsiders_are_refused_with_a_line(
    who: dict[str, bool], allowing: dict[str, bool], line: str
) -> None:
    """Only those who address the bot read it, and only a setting lets them in."""
    assert task(Heard(QUESTION, mentioned=True, **who), RULES) == line
    assert task(Heard(QUESTION, direct=True, **who), RULES) == line
    assert task(Heard(QUESTION, **who), ruled(respond="all")) is None
    assert task(Heard(QUESTION, ours=True, asked_here=True, **who), RULES) is None
    if allowing:
        assert task(Heard(QUESTION, mentioned=True, **who), ruled(**allowing)) == "answer"


@pytest.mark.parametrize("text", [QUESTION, "使い方", "ありがとう", "", "👍", "あ" * 9_999])
@pytest.mark.parametrize(("who", "_", "line"), REFUSALS)
def test_who_is_refused_learns_nothing_else(
    who: dict[str, bool], _: dict[str, bool], line: str, text: str
) -> None:
    """The page of help tells what is indexed: it is for those who are answered."""
    assert task(Heard(text, mentioned=True, **who), RULES) == line


def test_two_bots_do_not_talk_without_end() -> None:
    """A bot that hears our answer, and answers it without naming us, hears no more."""
    for respond, ours in itertools.product(("mentions", "questions", "all"), (True, False)):
        heard = Heard(QUESTION, from_bot=True, ours=ours, asked_here=ours)
        assert task(heard, ruled(respond=respond)) is None


def test_a_disabled_channel_is_told_so_and_direct_messages_go_on() -> None:
    off = ruled(enabled=False, respond="all")
    assert task(Heard(QUESTION, mentioned=True), off) == "disabled"
    assert task(Heard(QUESTION), off) is None
    assert task(Heard(QUESTION, ours=True, asked_here=True), off) is None
    assert task(Heard(QUESTION, direct=True), off) == "answer"


def test_every_line_that_is_chosen_can_be_said() -> None:
    """In both languages."""
    flags = ("direct", "mentioned", "ours", "attachments", "from_bot", "from_guest", "outsiders")
    texts = (QUESTION, "", "👍", "ありがとう", "おはよう", "使い方", "あ" * (QUESTION_LIMIT + 1))
    chosen = {
        task(Heard(text, **dict(zip(flags, values, strict=True))), ruled(enabled=enabled))
        for text in texts
        for values in itertools.product((False, True), repeat=len(flags))
        for enabled in (False, True)
    } - {None, "answer"}
    assert len(chosen) == 8
    assert all(getattr(words, line) for line in chosen for words in WORDINGS.values())
