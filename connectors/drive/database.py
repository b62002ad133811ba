"""The file that trees are remembered in: opened, written to together or not at all, closed.

Knows nothing of what a tree is.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from connectors.base import ConnectorError

_CREATE = (
    "CREATE TABLE IF NOT EXISTS trees (tree INTEGER PRIMARY KEY, name TEXT UNIQUE, owner TEXT)",
    """CREATE TABLE IF NOT EXISTS runs
    (tree INTEGER, run INTEGER, began TEXT, ended TEXT, PRIMARY KEY (tree, run)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS nodes
    (tree INTEGER, id TEXT, run INTEGER, log TEXT, kind TEXT, listed INTEGER, target TEXT,
    readers INTEGER, until REAL, stamp TEXT, parents TEXT, file TEXT,
    PRIMARY KEY (tree, id)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_log ON nodes (tree, log, run)",
    "CREATE INDEX IF NOT EXISTS by_target ON nodes (tree, target) WHERE target IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS by_until ON nodes (tree, until) WHERE until IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS edges
    (tree INTEGER, parent TEXT, child TEXT, PRIMARY KEY (tree, parent, child)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS readers (number INTEGER PRIMARY KEY, value TEXT UNIQUE)",
    """CREATE TABLE IF NOT EXISTS journal
    (tree INTEGER, run INTEGER, id TEXT, row TEXT, PRIMARY KEY (tree, run, id)) WITHOUT ROWID""",
)
Row = tuple[Any, ...]


class Memory:
    """A file of trees, or one that is gone with the process; threads may share it."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        if path is not None:
            # A memory that can not be used costs requests, never a document.
            with suppress(sqlite3.Error, OSError):
                self._database = _open(path)
        if self._database is None:
            self._database = _connect(":memory:")
        weakref.finalize(self, self._database.close)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the database for some statements that are written together, or not at all."""
        with self._lock:
            if self._database is None:
                raise ConnectorError("the connector is closed")
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise _unusable(error) from error
                raise

    def rows(self, query: str, values: Collection[Any]) -> list[Row]:
        """Return what a query finds."""
        with self._lock:
            if self._database is None:
                raise ConnectorError("the connector is closed")
            try:
                return self._database.execute(query, tuple(values)).fetchall()
            except sqlite3.Error as error:
                raise _unusable(error) from error


def _unusable(error: sqlite3.Error) -> ConnectorError:
    return ConnectorError(
        f"the connector's memory (drive.db) can not be used: {error}. Is the disk full, or another "
        "process at it? It may be deleted: the next run lists everything then"
    )


def _open(path: Path) -> sqlite3.Connection:
    """Return the database, a new one in place of a damaged one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked or not writable: not damaged
            raise
        path.unlink()
        return _connect(path)


def _connect(path: Path | str) -> sqlite3.Connection:
    """Return a connection that leaves the disk's pace to the system."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        if isinstance(path, Path):
            path.chmod(0o600)  # it holds names that not everybody may see
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        for statement in _CREATE:
            database.execute(statement)
    except (sqlite3.Error, OSError):
        database.close()
        raise
    return database
