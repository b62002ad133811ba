"""A log that can not be used says why and what helps, and its tables stand beside others."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversation_samples import SLACK, ask
from sqlalchemy import (
    Engine,
    inspect,
    make_url,
)
from sqlalchemy.exc import OperationalError

from bot.conversations import (
    Conversations,
    ConversationsError,
    Selection,
)
from bot.conversations.errors import explain, place
from bot.conversations.values import STATES, TurnState
from bot.migrations import connect, open_database


def test_a_database_without_tables_says_how_to_make_them(empty: Engine) -> None:
    with pytest.raises(ConversationsError, match="kurage db upgrade") as refused:
        Conversations(empty).open_turn(SLACK, ask("秘密の質問"), asker="U1")
    assert "秘密" not in str(refused.value)


def test_a_read_only_database_says_so(sqlite_url: str, tmp_path: Path) -> None:
    writable = open_database(sqlite_url)
    Conversations(writable).open_turn(SLACK, ask(), asker="U1")
    read_only = connect(f"sqlite:///file:{tmp_path / 'kurage.db'}?mode=ro&uri=true")
    conversations = Conversations(read_only)
    assert conversations.count(Selection()) == 1
    with pytest.raises(ConversationsError, match="read-only; make the file and its folder"):
        conversations.open_turn(SLACK, ask(), asker="U1")
    for engine in (writable, read_only):
        engine.dispose()


def test_a_read_only_postgresql_names_the_way_out(postgresql_url: str) -> None:
    open_database(postgresql_url).dispose()
    standby = connect(f"{postgresql_url}%20-cdefault_transaction_read_only%3Don")
    with pytest.raises(ConversationsError, match=r"standby.*KURAGE_DATABASE_URL"):
        Conversations(standby).open_turn(SLACK, ask(), asker="U1")
    standby.dispose()


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("unable to open database file", "folder must exist"),
        ("database is locked", "another process"),
        ("database or disk is full", "free some space"),
        ("file is not a database", "restore a backup"),
        ("database disk image is malformed", "restore a backup"),
        ("no such table: turns", "kurage db upgrade"),
    ],
)
def test_what_sqlite_says_comes_with_what_helps(said: str, advice: str) -> None:
    url = make_url("sqlite:////var/lib/kurage/kurage.db")
    line = explain(OperationalError("INSERT 秘密", {"q": "秘密"}, Exception(said)), url)
    assert "/var/lib/kurage/kurage.db" in line
    assert advice in line
    assert "秘密" not in line


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://kurage:hunter2@db.example:5433/kurage",
        "postgresql+psycopg://kurage@db.example:5433/kurage?password=hunter2",
        "postgresql+psycopg://kurage:x@hunter2@db.example:5433/kurage",
    ],
)
def test_no_message_holds_the_password(address: str) -> None:
    """Not even where an unescaped @ makes the rest of it a part of the host."""
    url = make_url(address)
    line = explain(OperationalError("", {}, Exception(f"no host {url.host} for hunter2")), url)
    assert "hunter2" not in line
    assert place(url) == "db.example:5433/kurage"
    assert place(url) in line


def test_the_states_are_those_of_an_answer_and_two_before_it() -> None:
    expected: set[TurnState] = {"received", "answering", "answered", "abstained", "failed"}
    assert set(STATES) == expected


def test_tables_of_conversations_stand_beside_those_of_ingest(engine: Engine) -> None:
    assert {"turns", "passages", "feedback", "conversations", "sources", "runs"} <= set(
        inspect(engine).get_table_names()
    )
