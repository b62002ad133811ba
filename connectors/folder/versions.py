"""The version of a file: the same for the same bytes, without reading what was not touched.

A fresh clone, a switched branch or a restored backup touches every file and changes none. Size and
modification time alone would have all of them encoded again; a digest alone would read everything
on every run, also over a network. So a version is named by size and time when its bytes are first
seen, and a small database remembers their digest: a file whose times moved is read once and keeps
its version if the digest is the same. Without the database (or when it is lost) size and time
decide, and what was touched is encoded again. Knows nothing of documents.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

_CREATE = (
    "CREATE TABLE IF NOT EXISTS seen"
    " (folder TEXT, id TEXT, stamp TEXT, size INTEGER, digest BLOB, version TEXT, changes INTEGER,"
    " PRIMARY KEY (folder, id)) WITHOUT ROWID"
)


def digest(body: bytes) -> bytes:
    """Return 16 bytes that stand for these."""
    return hashlib.blake2b(body, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was fetched last."""

    stamp: str
    size: int
    digest: bytes
    version: str
    changes: int
    """How often its bytes changed since it is remembered."""

    def changed(self, status: os.stat_result) -> str:
        """Return the version of other bytes; the count tells where size and time do not."""
        return f"{_named(status)}.{self.changes + 1}"


class Versions:
    """What is remembered of the files of one folder; folders may share a memory."""

    def __init__(self, folder: str, memory: Path | None) -> None:
        self._folder = folder
        self._database: sqlite3.Connection | None = None
        if memory is not None:
            # A memory that can not be used costs time, never a document.
            with suppress(sqlite3.Error, OSError):
                self._database = _open(memory)
                weakref.finalize(self, self._database.close)

    def close(self) -> None:
        """Let go of the database: from now on nothing is remembered."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def listed(self, identity: str, status: os.stat_result, read: Callable[[], bytes]) -> str:
        """Return the version of a file; `read` is called only if its times moved.

        Raises what `read` raises.
        """
        seen = self._recall(identity)
        if seen is None:
            return _named(status)
        if seen.stamp == _stamp(status):
            return seen.version
        if seen.size != status.st_size or digest(read()) != seen.digest:
            return seen.changed(status)
        self._remember(identity, replace(seen, stamp=_stamp(status)))
        return seen.version

    def fetched(self, identity: str, status: os.stat_result, body: bytes) -> str:
        """Return the version of these bytes, and remember that they have it."""
        seen, stamp, found = self._recall(identity), _stamp(status), digest(body)
        if seen is None:
            seen = _Seen(stamp, len(body), found, _named(status), 0)
        elif seen.digest != found:
            seen = _Seen(stamp, len(body), found, seen.changed(status), seen.changes + 1)
        self._remember(identity, replace(seen, stamp=stamp))
        return seen.version

    def _recall(self, identity: str) -> _Seen | None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                query = "SELECT stamp, size, digest, version, changes FROM seen"
                query += " WHERE folder = ? AND id = ?"
                row = self._database.execute(query, (self._folder, identity)).fetchone()
                return _Seen(*row) if row else None
        return None

    def _remember(self, identity: str, seen: _Seen) -> None:
        if self._database is not None:
            row = (self._folder, identity, *astuple(seen))
            with suppress(sqlite3.Error):
                self._database.execute(
                    "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?)", row
                )


def _named(status: os.stat_result) -> str:
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def _stamp(status: os.stat_result) -> str:
    """Return what moves with every write; the change time can not be set back by hand."""
    return f"{_named(status)}-{status.st_ctime_ns:x}"


def _open(memory: Path) -> sqlite3.Connection:
    """Return the database, a new one in place of a damaged one."""
    memory.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(memory)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked or not writable: not damaged
            raise
        memory.unlink()
        return _connect(memory)


def _connect(memory: Path) -> sqlite3.Connection:
    """Return a connection that commits every statement and leaves the disk's pace to the system.

    A power failure may lose the memory, which is then rebuilt.
    """
    database = sqlite3.connect(memory, isolation_level=None, check_same_thread=False, timeout=5)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(_CREATE)
    return database
