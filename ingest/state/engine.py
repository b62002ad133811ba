"""Opening the database, and saying in one line what is wrong with it.

Knows nothing of tables.
"""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
"""How long a writer of SQLite waits for another one before it gives up."""

CONNECT_SECONDS = 10
"""How long a PostgreSQL that does not answer is waited for, unless the URL says otherwise."""

_RETRY_SECONDS = 0.01


class StateError(Exception):
    """The database can not be opened, read or written; the message says what to change."""


def open_engine(url: str) -> Engine:
    """Return an engine for `url` that is known to connect.

    SQLite gets a write-ahead log (readers do not wait for a writer), enforced foreign keys and
    `BUSY_SECONDS` of patience; PostgreSQL has `CONNECT_SECONDS` to answer. Raises `StateError`.
    """
    try:
        target = make_url(url)
        patience = (
            target.get_backend_name() == "postgresql" and "connect_timeout" not in target.query
        )
        engine = create_engine(
            target,
            connect_args={"connect_timeout": CONNECT_SECONDS} if patience else {},
            pool_pre_ping=target.get_backend_name() != "sqlite",
            # What people ask must not show in tracebacks, and must be legible in SQL.
            hide_parameters=True,
            json_serializer=partial(json.dumps, ensure_ascii=False),
        )
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        with engine.connect():
            return engine
    except (SQLAlchemyError, ImportError) as error:
        raise StateError(describe(error, url)) from error


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    _use_write_ahead_log(cursor)
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor) -> None:
    """Switch a new database to a write-ahead log; one that has it is left alone.

    The switch needs the file for itself, and where two connections try at once SQLite refuses one
    of them without the patience that it has elsewhere (https://www.sqlite.org/wal.html#busy).
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def describe(error: Exception, url: str | None = None) -> str:
    """Return one line that names the database without its password, the cause and a way out."""
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if "disk is full" in cause or "No space left" in cause:
        return f"The database could not be written: {cause}. Free space on its disk and run again."
    if "readonly" in cause or "unable to open database" in cause:
        place = make_url(url).database if url else "the database"
        return f"{place} can not be written ({cause}). Make its folder writable for this user."
    if "no such table" in cause or "does not exist" in cause or "no such column" in cause:
        return f"The database lacks what this version needs ({cause}). Run `kurage db upgrade`."
    if url:
        try:
            place = make_url(url).render_as_string(hide_password=True)
        except SQLAlchemyError:
            return f"KURAGE_DATABASE_URL is no database address: {cause}"
        return f"The database {place} can not be opened: {cause}"
    advice = " Start it and run again." if "connection" in cause else ""
    return f"The database refused: {cause}.{advice}"
