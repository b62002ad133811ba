"""What models had to do with an answer is kept by the inbox, too, and shown again as it was."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from bot.conversations import Conversations, Thread, Turn
from bot.exchange import Answer, Call, Check, Included, Source, Statement
from bot.inbox import InboxStore, Owner
from bot.inbox.logged import answer_of
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

TEXT = "締め日は毎月26日です。"
HIT = Hit(
    1.0,
    IndexedDocument("wiki", "d", "1", "1", 1, "経費", "https://x/d"),
    Chunk(0, "経費", (), TEXT, "paragraph", ""),
)
CALL = Call(
    "multi",
    "kurage",
    "gpu1:8000",
    f"<<Chunk 1>>\n{TEXT}\n\n<<Question>>\nいつ？",
    "25日です。",
    (Included(1, 0, len(TEXT), TEXT),),
    400.0,
)
ANSWER = Answer(
    "answered",
    (Statement("25日です。", (1,), doubts=("25日",)),),
    (Source(1, HIT, TEXT),),
    (),
    ranking=(HIT,),
    calls=(CALL,),
    checks=(Check("numbers", passed=False, detail="25日"),),
)


def test_a_finished_turn_has_its_trace_and_its_doubts(engine: Engine) -> None:
    """`kurage explain` finds it, and sharing the answer shows the mark and the quote again."""
    store, log = InboxStore(engine, Owner.current()), Conversations(engine)
    now = datetime.now(UTC)
    turn = store.put(
        Turn(
            id="K7F3Q2",
            thread=Thread("slack", "C1", "1.0"),
            message="1.0",
            asker="U1",
            question="締め日は？",
            searched=None,
            state="received",
            style="short",
            language="ja",
            created=now,
            updated=now,
        )
    )
    assert turn is not None
    assert store.finish(turn, ANSWER, (), generator="kurage", reach={})
    trace = log.trace(turn.id)
    assert trace is not None
    assert trace.calls[0].raw == "25日です。"
    assert trace.checks == ANSWER.checks
    again = answer_of(log.get(turn.id))
    assert again.statements == ANSWER.statements
    assert again.sources[0].quote == TEXT
    assert not store.finish(turn, ANSWER, (), reach={})
