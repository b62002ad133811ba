"""Any text is judged, and soon: marks alone, single words, noise and messages without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import has_words, is_follow_up, is_question, is_thanks, is_usage


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            " ",
            "！",
            "？？",
            "…",
            "1",
            "１２３",
            "12:30",
            ":smile:",
            ":+1::skin-tone-2:",
            "👍",
            "👨\u200d👩\u200d👧",
            "1️⃣",
        ),
        *(
            "<:kurage:123456789012345678>",
            "<a:wave:123456789012345678>",
            "<@U123ABC>",
            "<#C123|general>",
            "<!here>",
        ),
        *(
            "https://example.co.jp/a?b=c",
            "<https://example.co.jp/a>",
            "ｗｗｗ",
            "(笑)",
            "🈁",
            "㊗️",
            "™",
            "ℹ️",
            "ー",
            "〜",
        ),
        *(
            "<@!123456789012345678> <#123456789012345678>",
            "\u200b",
            "--",
            "^_^",
            "🇯🇵",
            "❓",
            "\ud800",
        ),
    ],
)
def test_emoji_marks_links_and_names_are_no_words(message: str) -> None:
    assert not has_words(message)
    assert not is_question(message)
    assert not is_thanks(message)


@pytest.mark.parametrize(
    "message",
    [
        "有給",
        "VPN",
        "E-210",
        "`AUTH_FAILED`",
        "はい",
        "👍 いいね",
        "?VPN",
        "<https://a.example|規程>",
        "谢谢",
        "あ",
        "ﾃ",
        "> 引用",
    ],
)
def test_a_word_is_a_word(message: str) -> None:
    assert has_words(message)


PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "ありがとう",
                "です",
                "か",
                "？",
                "?",
                "。",
                "```",
                "`",
                ">",
                "\n",
                "<@U1>",
                "<",
                "|",
                ":a:",
                "w",
                "笑",
                "それは",
                "いつ",
            ),
            *(
                "https://a.example/?",
                "what",
                " ",
                "help",
                "使い方",
                "\ud83d",
                "\u200d",
                "👍",
                "、",
                "は",
                "何",
                "(",
                ")",
            ),
        ]
    ),
    st.text(max_size=6),
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_judged(text: str) -> None:
    """No text is an error, and none is thanks and a marked question at once."""
    judged = [rule(text) for rule in (has_words, is_usage, is_thanks, is_question, is_follow_up)]
    assert all(isinstance(result, bool) for result in judged)
    if is_thanks(text):
        assert has_words(text)
        assert not is_question(text)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "ありがとう",
            "教えて",
            "何",
            "and ",
            "<",
            "[",
            "ok",
            "本当に",
            "か",
            "`",
            "どうして",
            "ok ",
            "え",
            "はあ",
        ),
        *(
            "thanks for the ",
            "使い方",
            "それは",
            "あ",
            "a b ",
            "何か",
            "「",
            "。",
            "w",
            "確認です",
            "hi ",
            "so ",
            "すごい",
        ),
        *(
            "the ",
            "教えてくれて",
            "さん",
            "お願いします",
            "はい",
            "そうなんですか",
            ":",
            "<a:",
            "> ",
            "- ",
            "?",
            "いつか",
        ),
    ],
)
def test_a_long_message_takes_no_long_time(piece: str) -> None:
    """No rule backtracks without end: a text of 100,000 characters ends the test."""
    text = piece * (100_000 // len(piece)) + "x"
    for rule in (has_words, is_usage, is_thanks, is_question, is_follow_up):
        rule(text)
        rule(text[:1_900])
