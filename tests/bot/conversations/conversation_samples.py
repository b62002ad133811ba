"""Questions, answers and rows for the tests of the log of conversations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import (
    Engine,
    func,
    insert,
    select,
)

from bot.conversations import (
    Thread,
)
from bot.conversations.tables import (
    ConversationRow,
    FeedbackRow,
    PassageRow,
    TurnRow,
)
from bot.exchange import Answer, Question, Source, Statement
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

SLACK = Thread("slack", "C1", "1700000000.000100")
TERMINAL = Thread("terminal", "localhost")
EPOCH = datetime(2026, 4, 1, tzinfo=UTC)
# Lone surrogates included: they come from file names and from careless JSON.
any_text = st.text(st.characters(exclude_categories=()), max_size=80)


def ask(text: str = "有給休暇は何日前までに申請しますか？") -> Question:
    return Question(text, frozenset({"anyone"}))


def hit(document: str = "hr/leave.md", ordinal: int = 0, *, source: str = "handbook") -> Hit:
    indexed = IndexedDocument(
        source, document, "v1", "r1", 1, "就業規則", f"https://docs.example/{document}"
    )
    chunk = Chunk(ordinal, "就業規則", ("第5章 休暇", "申請"), "本文です。", "paragraph", "申請")
    return Hit(9.0 - ordinal, indexed, chunk)


def answered(*statements: str, sources: tuple[Source, ...] = ()) -> Answer:
    said = tuple(Statement(text, (1,)) for text in statements)
    return Answer("answered", said, sources, (), ranking=tuple(s.hit for s in sources))


def rows(engine: Engine) -> dict[str, int]:
    """Return how many rows each table of conversations has."""
    tables = (ConversationRow, TurnRow, PassageRow, FeedbackRow)
    with engine.connect() as connection:
        return {
            table.__tablename__: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


def conversation_values(thread: Thread) -> dict[str, object]:
    where = {"platform": thread.platform, "channel": thread.channel, "thread": thread.root}
    return {"id": 1, "started": EPOCH, **where}


def turn_values(turn: str, created: datetime) -> dict[str, object]:
    return {
        "id": turn,
        "conversation_id": 1,
        "platform": "slack",
        "channel": "C1",
        "asker": "U1",
        "question": f"質問 {turn}",
        "state": "received",
        "style": "short",
        "language": "ja",
        "statements": [],
        "timings_ms": {},
        "created": created,
        "updated": created,
    }


def bulk(engine: Engine, count: int, *, moments: int) -> list[tuple[datetime, str]]:
    """Store turns, several at each moment; return their times and ids, newest first."""
    turns = [(EPOCH + timedelta(hours=n % moments), f"{n:06}") for n in range(count)]
    with engine.begin() as connection:
        connection.execute(insert(ConversationRow), [conversation_values(SLACK)])
        connection.execute(insert(TurnRow), [turn_values(turn, at) for at, turn in turns])
    return sorted(turns, reverse=True)
