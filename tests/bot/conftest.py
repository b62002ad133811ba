"""Databases for the tests of conversations: SQLite, and PostgreSQL where it answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from bot.conversations import Conversations
from bot.migrations import connect, open_database

POSTGRESQL = "postgresql+psycopg://127.0.0.1:5432/test"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database that only this test sees."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kurage.db'}"
    else:
        yield from _schema()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'kurage.db'}"


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """The URL of an empty schema in PostgreSQL."""
    yield from _schema()


@pytest.fixture
def another_postgresql_url() -> Iterator[str]:
    """The URL of a second empty schema."""
    yield from _schema()


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database with our tables, made by the migrations."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def conversations(engine: Engine) -> Conversations:
    """An empty log."""
    return Conversations(engine)


def _schema() -> Iterator[str]:
    schema = f"kurage_{uuid.uuid4().hex}"
    admin = create_engine(POSTGRESQL, connect_args={"connect_timeout": 2})
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        admin.dispose()
        pytest.skip("no PostgreSQL answers on 127.0.0.1:5432")
    try:
        # The form that people write, without a driver.
        yield f"postgresql://127.0.0.1:5432/test?options=-csearch_path%3D{schema}"
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()
