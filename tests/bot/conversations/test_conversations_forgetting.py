"""Purging and erasing take everything that hangs on a turn, and disturb nobody."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conversation_samples import (
    EPOCH,
    SLACK,
    TERMINAL,
    answered,
    ask,
    bulk,
    conversation_values,
    hit,
    rows,
    turn_values,
)
from sqlalchemy import (
    Connection,
    Engine,
    delete,
    event,
    insert,
    text,
)

from bot.conversations import (
    Conversations,
    Thread,
)
from bot.conversations.tables import (
    ConversationRow,
    TurnRow,
)
from bot.exchange import Source
from bot.migrations import connect, open_database


def _eventful(conversations: Conversations, thread: Thread, asker: str, question: str) -> str:
    turn = conversations.open_turn(thread, ask(question), asker=asker).id
    conversations.finish_turn(turn, answered("答え", sources=(Source(1, hit(), "引用"),)))
    conversations.add_feedback(turn, user="U9", vote="up", comment="よい")
    return turn


def test_a_purge_takes_what_is_older_with_all_that_hangs_on_it(
    conversations: Conversations, engine: Engine
) -> None:
    for thread in (SLACK, TERMINAL):
        _eventful(conversations, thread, "U1", "昔の質問")
    border = datetime.now(UTC)
    kept = _eventful(conversations, TERMINAL, "U1", "今の質問")
    assert conversations.purge(border) == 2
    assert [turn.id for turn in conversations.turns()] == [kept]
    assert rows(engine) == {"conversations": 1, "turns": 1, "passages": 1, "feedback": 1}
    assert conversations.purge(border) == 0


def test_a_purge_goes_beyond_one_batch(engine: Engine) -> None:
    bulk(engine, 1203, moments=5)
    assert Conversations(engine).purge(EPOCH + timedelta(days=1)) == 1203
    assert rows(engine)["turns"] == 0


def test_erasing_a_person_takes_their_questions_and_opinions_on_that_platform_only(
    conversations: Conversations, engine: Engine
) -> None:
    _eventful(conversations, SLACK, "U1", "本人の質問")
    others = _eventful(conversations, SLACK, "U2", "他人の質問")
    conversations.add_feedback(others, user="U1", vote="down", comment="本人の意見")
    elsewhere = _eventful(conversations, Thread("discord", "D"), "U1", "別の人")
    conversations.add_feedback(elsewhere, user="U1", vote="up", comment="別の人の意見")
    assert conversations.erase("slack", "U1") == 1
    left = {turn.id: {f.user for f in turn.feedback} for turn in conversations.turns()}
    assert left == {others: {"U9"}, elsewhere: {"U9", "U1"}}
    assert rows(engine)["conversations"] == 2


def test_what_was_erased_is_no_longer_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite would leave it in free pages and in the write-ahead log."""
    engine = open_database(sqlite_url)
    conversations = Conversations(engine)
    secret = "産業医との面談について相談したい"
    # The second one needs pages of its own.
    for question in (secret, secret * 1000):
        _eventful(conversations, TERMINAL, "U1", question)
    _eventful(conversations, TERMINAL, "U2", "残る質問")

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert secret.encode() in held()
    conversations.erase("terminal", "U1")
    assert secret.encode() not in held()
    assert "残る質問".encode() in held()
    engine.dispose()


def test_asking_and_purging_at_once_disturb_neither(conversations: Conversations) -> None:
    def ask_somewhere(number: int) -> str:
        return conversations.open_turn(Thread("slack", f"C{number % 3}"), ask(), asker="U1").id

    with ThreadPoolExecutor(6) as pool:
        purges = [pool.submit(conversations.purge, EPOCH) for _ in range(10)]
        asked = list(pool.map(ask_somewhere, range(60)))
        assert [purge.result() for purge in purges] == [0] * 10
    assert {turn.id for turn in conversations.turns()} == set(asked)


@pytest.mark.parametrize("moment", ["SELECT conversations.id", "INSERT INTO turns"])
def test_a_question_in_a_thread_that_a_purge_removes_that_moment_is_kept(
    postgresql_url: str, moment: str
) -> None:
    """Before or after it found its conversation; SQLite has one writer at a time."""
    engine, other = open_database(postgresql_url), connect(postgresql_url)
    removals = iter(["once"])

    def remove_conversation(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith(moment) and next(removals, None):
            with other.begin() as connection:
                connection.execute(delete(ConversationRow))

    with other.begin() as connection:
        connection.execute(insert(ConversationRow), [conversation_values(SLACK)])
    event.listen(engine, "before_cursor_execute", remove_conversation)
    turn = Conversations(engine).open_turn(SLACK, ask(), asker="U1")
    assert next(removals, None) is None
    assert Conversations(other).get(turn.id) == turn
    engine.dispose()
    other.dispose()


def test_a_purge_spares_a_thread_that_a_question_revives_that_moment(postgresql_url: str) -> None:
    """The question is not committed yet when the purge finds its conversation empty."""
    engine = open_database(postgresql_url)
    with engine.begin() as connection:
        connection.execute(insert(ConversationRow), [conversation_values(SLACK)])
    with ThreadPoolExecutor(1) as pool, engine.connect() as asking:
        asking.execute(insert(TurnRow), [turn_values("AAAAAA", EPOCH)])
        purge = pool.submit(Conversations(engine).purge, EPOCH)
        _wait_until_somebody_waits_for(asking, engine)
        asking.commit()
        assert purge.result(timeout=30) == 0
    assert Conversations(engine).get("AAAAAA").thread == SLACK
    engine.dispose()


def _wait_until_somebody_waits_for(holder: Connection, engine: Engine) -> None:
    pid = holder.scalar(text("SELECT pg_backend_pid()"))
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))")
    deadline = time.monotonic() + 30
    with engine.connect() as connection:
        while not connection.scalar(blocked, {"pid": pid}):
            assert time.monotonic() < deadline, "the purge did not wait"
            connection.rollback()  # or the view of the activity stays as it was
            time.sleep(0.01)
