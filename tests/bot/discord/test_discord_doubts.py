"""What is doubted, or quoted because no model can be reached, in real messages."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from rigs.discord_rig import DiscordRig
from test_text_safety import examples, harmless, hostile, in_order
from view_samples import answered, hit, posted, shown, source, turn

from bot.discord.view import progress_text
from bot.discord.view.text import clean
from bot.exchange import Answer, Source, Statement

QUOTE = "取得日の3営業日前までに申請する。"
DOUBTED = Statement("4営業日前です。", (1,), doubts=("4営業日",))
SOURCES = [replace(source(1), quote=QUOTE)]
AWAY = "※ 回答モデルに接続できないため、資料の該当箇所をそのまま引用します。"


def lines(rig: DiscordRig, answer: Answer, **how: object) -> list[str]:
    made = posted(rig, shown(answer, turn(**how)), {"parse": []})  # type: ignore[arg-type]
    return "\n".join(one.text for one in made).split("\n")


def test_a_doubted_sentence_is_marked_and_its_source_s_words_stand_below(
    discord_rig: DiscordRig,
) -> None:
    """The mark stands before the numbers, and what is sure goes on in a line of its own."""
    content = answered(DOUBTED, Statement("申請します。", (1,)), sources=SOURCES)
    assert lines(discord_rig, content)[:3] == [
        "4営業日前です。〔要確認〕[1]",
        f"「{QUOTE}」[1]",
        "申請します。[1]",
    ]


def test_it_has_an_english_twin(discord_rig: DiscordRig) -> None:
    said = lines(discord_rig, answered(DOUBTED, sources=SOURCES), language="en")
    assert said[:2] == ["4営業日前です。 [to be checked][1]", f"“{QUOTE}”[1]"]


def test_what_stands_above_and_below_an_answer(discord_rig: DiscordRig) -> None:
    """That it is quoted comes first, then what was asked for; that there is no more comes last."""
    content = answered(Statement("はい。", (1,)), sources=SOURCES)
    content = replace(content, model_away="refused", nothing_more=True)
    said = lines(discord_rig, content, style="summary")
    assert said[:4] == [AWAY, "要約", "はい。[1]", "資料にはこれ以上の記載がありません。"]


def test_sentences_of_two_lines_do_not_run_on(discord_rig: DiscordRig) -> None:
    """What an answer's model wrote in two paragraphs stays two."""
    parts = (
        Statement("一です。", (1,)),
        Statement("二です。\n\n", (1,)),
        Statement("三です。", (1,)),
    )
    assert lines(discord_rig, answered(*parts))[:2] == ["一です。[1] 二です。[1]", "三です。[1]"]


def test_what_is_shown_while_it_is_written_begins_as_the_whole_will() -> None:
    """A message that is edited does not jump."""
    content = replace(answered(Statement("はい。", (1,))), model_away="refused")
    for style in ("short", "long", "simple", "summary"):
        whole = shown(content, turn(style=style))[0].content
        assert whole.startswith(progress_text(content, "ja", style))


@examples
@given(hostile, hostile)
def test_no_doubted_text_and_no_quote_does_harm(
    discord_rig: DiscordRig, text: str, quote: str
) -> None:
    """Neither pings, links nor forges anything; the quote reads word for word."""
    if not text.strip() or not clean(quote).strip():
        return
    said = Statement(text, (1,), doubts=(text[:3],))
    parts = shown(answered(said, sources=[Source(1, hit(), quote)]))
    read = harmless(discord_rig, parts, [hit().url])
    assert in_order(read, "〔要確認〕[1]", f"「{clean(quote).strip()}」[1]", "📄 出典")
