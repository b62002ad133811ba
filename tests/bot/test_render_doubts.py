"""What is doubted, quoted or left out of an answer, in the terminal and as JSON."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.cli import render
from bot.exchange import Answer, Check, Source, Statement, Style
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument


def source(number: int, quote: str | None) -> Source:
    document = IndexedDocument("wiki", f"d{number}", "1", "1", 1, "就業規則", "https://x/d")
    return Source(
        number, Hit(1, document, Chunk(0, "就業規則", (), "本文", "paragraph", "")), quote
    )


DOUBTED = Answer(
    "answered",
    (Statement("4営業日前です。", (1,), doubts=("4営業日",)), Statement("申請します。", (1,))),
    (source(1, "3営業日前までに申請する。"),),
    (),
    checks=(Check("numbers", passed=False, detail="4営業日"), Check("tags", passed=True)),
)


def printed(answer: Answer, style: Style = "short", *, terminal: bool = False) -> list[str]:
    console = Console(width=200, force_terminal=terminal, record=True, color_system=None)
    with console.capture() as captured:
        render.answer(console, answer, "ja", style=style)
    return captured.get().split("\n")


def test_a_doubted_sentence_is_marked_and_its_source_s_words_stand_below() -> None:
    """The reader sees at once what the source says itself."""
    assert printed(DOUBTED)[:3] == [
        "4営業日前です。〔要確認〕[1]",
        "「3営業日前までに申請する。」[1]",
        "申請します。[1]",
    ]


def test_quoted_because_no_model_can_be_reached_is_the_first_line() -> None:
    """Nobody takes a quote for what the model would have said."""
    away = replace(DOUBTED, model_away="connection refused")
    lines = printed(away, "long")
    assert lines[0] == "※ 回答モデルに接続できないため、資料の該当箇所をそのまま引用します。"
    assert lines[1] == "詳しい回答"


def test_that_there_is_no_more_stands_under_the_answer() -> None:
    """Who asked for more is not left to wonder."""
    lines = printed(replace(DOUBTED, nothing_more=True), "summary")
    assert lines[0] == "要約"
    assert lines[lines.index("申請します。[1]") + 1] == "資料にはこれ以上の記載がありません。"


def test_json_has_keys_of_its_own_for_it_only_where_something_is_to_be_said() -> None:
    """The keys that users script against stay as they are."""
    usual = render.answer_json(replace(DOUBTED, statements=(), checks=()), "ja")
    assert list(usual) == ["state", "answer", "sources", "turn", "timings_ms"]
    away = replace(DOUBTED, model_away="gone", nothing_more=True)
    told = json.loads(json.dumps(render.answer_json(away, "ja")))
    assert list(told)[:5] == list(usual)
    assert told["doubts"] == ["4営業日"]
    assert told["checks"] == [{"name": "numbers", "detail": "4営業日"}]
    assert (told["model_away"], told["nothing_more"]) == ("gone", True)
    assert told["answer"].startswith("4営業日前です。〔要確認〕[1]")


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_doubted_text_and_no_quote_steers_the_terminal(text: str, quote: str) -> None:
    """Neither moves the cursor nor sets a title."""
    answer = replace(
        DOUBTED,
        statements=(Statement(text, (1,), doubts=(text[:1],)),),
        sources=(source(1, quote),),
    )
    said = "\n".join(printed(answer))
    assert all(c in {"\n", "\t"} or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in said)
    assert "〔要確認〕[1]" in said
