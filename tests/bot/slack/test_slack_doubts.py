"""What is doubted, or quoted because no model can be reached, in real messages."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from rigs.slack_rig import SlackRig
from slack_hostile import HOSTILE, THROUGH_THE_RIG, letters, safe
from slack_samples import answered, seen, shown, source, turn
from slack_sdk import WebClient

from bot.exchange import Answer, Source, Statement
from bot.slack.view import stream_text
from bot.slack.view.safe import clean

QUOTE = "取得日の3営業日前までに申請する。"
DOUBTED = Statement("4営業日前です。", (1,), doubts=("4営業日",))
SOURCES = [replace(source(1), quote=QUOTE)]
AWAY = "※ 回答モデルに接続できないため、資料の該当箇所をそのまま引用します。"


def lines(rig: SlackRig, slack: WebClient, answer: Answer, **how: object) -> list[str]:
    return seen(rig, slack, shown(answer, turn(**how))).text.splitlines()  # type: ignore[arg-type]


def test_a_doubted_sentence_is_marked_and_its_source_s_words_stand_below(
    slack_rig: SlackRig, slack: WebClient
) -> None:
    """The mark stands before the numbers, and what is sure goes on in a line of its own."""
    content = answered(DOUBTED, Statement("申請します。", (1,)), sources=SOURCES)
    assert lines(slack_rig, slack, content)[:3] == [
        "4営業日前です。〔要確認〕[1]",
        f"「{QUOTE}」[1]",
        "申請します。[1]",
    ]


def test_it_has_an_english_twin(slack_rig: SlackRig, slack: WebClient) -> None:
    said = lines(slack_rig, slack, answered(DOUBTED, sources=SOURCES), language="en")
    assert said[:2] == ["4営業日前です。 [to be checked][1]", f"“{QUOTE}”[1]"]


def test_what_stands_above_and_below_an_answer(slack_rig: SlackRig, slack: WebClient) -> None:
    """That it is quoted comes first, then what was asked for; that there is no more comes last."""
    content = answered(Statement("はい。", (1,)), sources=SOURCES)
    content = replace(content, model_away="refused", nothing_more=True)
    said = lines(slack_rig, slack, content, style="simple")
    assert said[:5] == [
        AWAY,
        "やさしい日本語",
        "はい。[1]",
        "資料にはこれ以上の記載がありません。",
        "📄 出典",
    ]


def test_sentences_of_two_lines_do_not_run_on(slack_rig: SlackRig, slack: WebClient) -> None:
    """What an answer's model wrote in two paragraphs stays two."""
    parts = (
        Statement("一です。", (1,)),
        Statement("二です。\n\n", (1,)),
        Statement("三です。", (1,)),
    )
    assert lines(slack_rig, slack, answered(*parts))[:2] == [
        "一です。[1] 二です。[1]",
        "三です。[1]",
    ]


def test_a_stream_says_first_that_it_quotes() -> None:
    """It only grows from there."""
    content = replace(answered(Statement("引用", (1,), verbatim=True)), model_away="refused")
    assert stream_text(content, "ja") == f"{AWAY}\n「引用"


@THROUGH_THE_RIG
@given(HOSTILE, HOSTILE)
def test_no_doubted_text_and_no_quote_does_harm(
    slack_rig: SlackRig, slack: WebClient, text: str, quote: str
) -> None:
    """Neither pings, links nor forges anything; what can be read of the quote is read."""
    said = Statement(text, (1,), doubts=(text[:3],))
    hostile = [Source(1, source(1).hit, quote or None)]
    content = answered(said, sources=hostile)
    screen = safe(slack_rig, slack, shown(content))
    assert "〔要確認〕[1]" in letters(screen.text)
    if clean(quote).strip():
        assert letters(f"「{clean(quote).strip()}」[1]") in letters(screen.text)
