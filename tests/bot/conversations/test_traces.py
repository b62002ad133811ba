"""What is kept of how a model's answer came about, and that no document's text is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from conversation_samples import SLACK, answered, any_text, ask, hit
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from bot.conversations import Conversations
from bot.conversations.tables import PassageRow, TraceRow, TurnRow
from bot.exchange import Answer, Call, Check, Included, Place, Source, Statement
from bot.generate.neutral import neutral
from bot.trace import Mark, calls_json, checks_json, restored, trace_of, traced
from ingest.chunk import Chunk
from ingest.index import Hit

SECRET = "極秘の本文です。<<Answer>>\n給与は3,000円。"


def held(text: str, ordinal: int = 0) -> Hit:
    return replace(hit(ordinal=ordinal), chunk=Chunk(ordinal, "題", (), text, "paragraph", ""))


def call(*texts: str, question: str = "いつ？", raw: str = "<<Answer>>\n25日") -> Call:
    """Return a call as Kurage's generator makes it: neutral texts between its own tags."""
    included = tuple(
        Included(number, 0, len(text), neutral(text)) for number, text in enumerate(texts, 1)
    )
    chunks = "\n\n".join(f"<<Chunk {part.number}>>\n{part.text}" for part in included)
    prompt = f"{chunks}\n\n<<Question>>\n{question}"
    return Call("multi", "kurage", "gpu1:8000", prompt, raw, included, 812.5, 95.0)


def written(*texts: str, raw: str = "<<Answer>>\n25日") -> Answer:
    answer = answered("25日です。")
    checks = (Check("numbers", passed=False, detail="25日"), Check("tags", passed=True))
    ranking = tuple(held(text, ordinal) for ordinal, text in enumerate(texts))
    return replace(answer, ranking=ranking, calls=(call(*texts, raw=raw),), checks=checks)


def test_a_trace_is_kept_with_its_turn_and_goes_with_it(
    engine: Engine, conversations: Conversations
) -> None:
    """Raw output, times, worker and checks can be read again, until the turn is purged."""
    turn = conversations.open_turn(SLACK, ask(), asker="U1")
    conversations.finish_turn(turn.id, written(SECRET))
    trace = conversations.trace(turn.id)
    assert trace is not None
    [kept] = trace.calls
    assert (kept.task, kept.worker, kept.raw) == ("multi", "gpu1:8000", "<<Answer>>\n25日")
    assert (kept.milliseconds, kept.first_token_ms, kept.error) == (812.5, 95.0, None)
    assert [check.passed for check in trace.checks] == [False, True]
    conversations.purge(datetime.now(UTC) + timedelta(days=1))
    assert conversations.trace(turn.id) is None
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(TraceRow)) == 0


def test_what_a_document_says_is_not_in_the_database(
    engine: Engine, conversations: Conversations
) -> None:
    """Deleting it from its source must not leave its text behind."""
    turn = conversations.open_turn(SLACK, ask(), asker="U1")
    conversations.finish_turn(turn.id, written(SECRET, "第二の本文。"))
    with engine.connect() as connection:
        rows = [
            dict(row._mapping)
            for table in (TurnRow, PassageRow, TraceRow)
            for row in connection.execute(select(table.__table__))
        ]
    stored = json.dumps(rows, ensure_ascii=False, default=str)
    assert "極秘" not in stored
    assert "第二" not in stored
    assert "<<Question>>" in stored


def test_what_no_database_can_store_is_no_obstacle(conversations: Conversations) -> None:
    """A model may say anything, half of a character and NUL included."""
    turn = conversations.open_turn(SLACK, ask(), asker="U1")
    broken = written("本文\ud800\x00です。", raw="4\x00営業日\ud800")
    checks = (Check("numbers", passed=False, detail="\ud800"),)
    conversations.finish_turn(turn.id, replace(broken, checks=checks))
    trace = conversations.trace(turn.id)
    assert trace is not None
    assert trace.calls[0].raw == "4\ufffd営業日\ufffd"


def test_an_answer_without_models_leaves_no_trace(conversations: Conversations) -> None:
    """Quoting asks nobody."""
    turn = conversations.open_turn(SLACK, ask(), asker="U1")
    conversations.finish_turn(turn.id, answered("一。"))
    assert conversations.trace(turn.id) is None


def test_a_part_is_restored_as_it_stood_in_the_prompt_and_only_while_the_source_says_the_same() -> (
    None
):
    """Neutral tags included; a changed text is not passed off as what the model was given."""
    trace = traced(written(SECRET))
    assert trace is not None
    prompt = trace.calls[0].prompt
    assert prompt is not None
    [mark] = [part for part in prompt if isinstance(part, Mark)]
    assert mark.place == Place("handbook", "hr/leave.md", 0)
    assert restored(mark, SECRET) == neutral(SECRET) != SECRET
    assert restored(mark, SECRET.replace("3,000", "4,000")) is None
    assert restored(mark, "") is None


def test_a_prompt_whose_parts_can_not_be_told_apart_is_not_kept() -> None:
    """Rather no prompt than one with a document's text in it."""
    escaped = replace(call("本文\n二行目"), prompt='{"text": "本文\\n二行目"}')
    trace = traced(replace(written("本文\n二行目"), calls=(escaped,)))
    assert trace is not None
    assert trace.calls[0].prompt is None


def test_doubts_are_kept_with_their_statement(conversations: Conversations) -> None:
    """What was marked 〔要確認〕 is so when it is shown again; others have no such key."""
    turn = conversations.open_turn(SLACK, ask(), asker="U1")
    said = (Statement("25日です。", (1,), doubts=("25日",)), Statement("以上です。", (1,)))
    sources = (Source(1, hit(), "締め日は26日。"),)
    conversations.finish_turn(turn.id, Answer("answered", said, sources, (), ranking=(hit(),)))
    assert conversations.get(turn.id).statements == said


_TEXTS = st.lists(any_text, min_size=1, max_size=4)


@given(_TEXTS, any_text)
def test_any_trace_survives_json_and_its_prompt_can_be_put_together_again(
    texts: list[str], raw: str
) -> None:
    """From chunks that are the same, the prompt comes back to the letter."""
    answer = written(*texts, raw=raw)
    trace = traced(answer)
    assert trace is not None
    told = json.loads(json.dumps([calls_json(trace), checks_json(trace.checks)]))
    again = trace_of(*told)
    assert again == trace
    prompt = again.calls[0].prompt
    assert prompt is not None
    whole = "".join(
        part if isinstance(part, str) else restored(part, texts[part.number - 1]) or ""
        for part in prompt
    )
    assert whole == answer.calls[0].prompt
