"""Opening the database, and saying in one line what is wrong with it.

Knows nothing of tables.
"""

from __future__ import annotations

import json
from functools import partial

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
"""How long a writer of SQLite waits for another one before it gives up."""


class StateError(Exception):
    """The database can not be opened, read or written; the message says what to change."""


def open_engine(url: str) -> Engine:
    """Return an engine for `url` that is known to connect.

    SQLite gets a write-ahead log (readers do not wait for a writer), enforced foreign keys and
    `BUSY_SECONDS` of patience. Raises `StateError`.
    """
    try:
        target = make_url(url)
        engine = create_engine(
            target,
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
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


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
    return f"The database refused: {cause}"
