"""The database that web connectors remember in: opened, made anew where it is damaged.

Knows nothing of what is remembered.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from connectors.base import ConnectorError


class Database:
    """One connection that threads may share; every statement is written at once."""

    def __init__(self, path: Path | None, tables: Sequence[str]) -> None:
        """Open a file; None, or one that can not be used: in memory, until it is closed."""
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = _opened(path, tables)
        self.lasts = path is not None and self._file() != ""

    def close(self) -> None:
        """Close it; a second call does nothing."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._lock, _in_one_line():
            return self._open.execute(query, values).fetchall()

    def do(self, statement: str, *values: Any) -> None:
        """Run a statement."""
        with self._lock, _in_one_line():
            self._open.execute(statement, values)

    def do_all(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement for each of these."""
        if rows:
            with self._lock, _in_one_line():
                self._open.executemany(statement, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Have all that is done in it written together, or nothing of it."""
        with self._lock:
            self.do("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with suppress(ConnectorError):
                    self.do("ROLLBACK")
                raise
            self.do("COMMIT")

    def _file(self) -> str:
        return str(self.rows("PRAGMA database_list")[0][2])

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConnectorError("the source is closed")
        return self._connection

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        said = str(error)
        hint = "make room on the disk" if "full" in said else "is the disk well?"
        raise ConnectorError(
            f"what is remembered of the pages (web.db) can not be used ({said}): {hint}"
        ) from error


def _opened(path: Path | None, tables: Sequence[str]) -> sqlite3.Connection:
    if path is None:
        return _connected(":memory:", tables)
    try:
        return _file_opened(path, tables)
    except (sqlite3.Error, OSError):
        # A memory that can not be used costs requests, never a document.
        return _connected(":memory:", tables)


def _file_opened(path: Path, tables: Sequence[str]) -> sqlite3.Connection:
    """Return the database, a new one in place of a damaged one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(str(path), tables)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "no such column" not in str(error):
            raise  # locked or not writable: not damaged
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        return _connected(str(path), tables)


def _connected(path: str, tables: Sequence[str]) -> sqlite3.Connection:
    """Return a connection that commits every statement and leaves the disk's pace to the system.

    What a killed process wrote is there all the same; only a machine that dies loses some.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        if path != ":memory:":
            Path(path).chmod(0o600)  # it holds text that not everybody may read
        for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in tables:
            connection.execute(statement)
    except (sqlite3.Error, OSError):
        connection.close()
        raise
    return connection
