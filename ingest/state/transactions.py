"""One way to begin a transaction, whose failures are sentences.

Knows nothing of which tables are touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from ingest.state.engine import StateError, describe

_BATCH = 500  # parameters of one statement; SQLite's old limit is 999


def batches(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids in lists that one statement takes."""
    rest = list(ids)
    for start in range(0, len(rest), _BATCH):
        yield rest[start : start + _BATCH]


def upserting(dialect: str) -> Callable[[Any], Any]:
    """Return the `insert` of a dialect, `postgresql` or `sqlite`, which knows ON CONFLICT.

    Only this one dialect is imported: the other costs a command 30 ms.
    """
    insert: Callable[[Any], Any] = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return insert


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Yield a session that is committed at the end; what the database refuses is a `StateError`."""
    try:
        with Session(engine) as session, session.begin():
            yield session
    except SQLAlchemyError as error:
        raise StateError(describe(error)) from error


def insert_new(session: Session, row: type[DeclarativeBase], values: Mapping[str, Any]) -> bool:
    """Insert unless the key is there; return whether it was new. Never fails on a race."""
    insert = upserting(session.get_bind().dialect.name)
    statement = insert(row.__table__).values(**values).on_conflict_do_nothing()
    # what is returned tells, as drivers do not agree on the count of such a statement
    key = row.__table__.primary_key
    return session.execute(statement.returning(*key)).first() is not None
