"""What is remembered between runs: which page includes which, and what people are called.

A listing shows no bodies, so that a page's version could not tell of the pages that it includes;
and people are asked for once a day instead of every run. Losing it costs requests and a new reading
of those pages, never a document. Sources may share a memory.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.confluence.values import User

_CREATE = (
    """CREATE TABLE IF NOT EXISTS includes
    (site TEXT, host TEXT, space TEXT, title TEXT, target TEXT,
    PRIMARY KEY (site, host, space, title)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_target ON includes (site, target)",
    "CREATE INDEX IF NOT EXISTS by_title ON includes (site, space, title)",
    """CREATE TABLE IF NOT EXISTS people
    (site TEXT, id TEXT, name TEXT, email TEXT, username TEXT, asked REAL, user TEXT,
    PRIMARY KEY (site, id)) WITHOUT ROWID""",
)
_KNOWN_FOR, _UNKNOWN_FOR = 24 * 3600.0, 3600.0
"""Seconds: of a person with an e-mail address, and of one without, who may be about to show it."""


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A page as an include names it, in the space that it means."""

    space: str
    """Key, never empty."""
    title: str


class Memory:
    """What is remembered of one site; threads may share it."""

    def __init__(self, site: Callable[[], str], path: Path | None) -> None:
        """`site` returns what the site is named by; it is called when something is remembered."""
        self._named = site
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        if path is not None:
            # A memory that can not be used costs requests, never a document.
            with suppress(sqlite3.Error, OSError):
                self._database = _open(path)
                weakref.finalize(self, self._database.close)

    @cached_property
    def _site(self) -> str:
        return self._named()

    @property
    def lasts(self) -> bool:
        """Whether the next process will know what this one remembers."""
        return self._database is not None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def includes(self) -> dict[str, list[Named]]:
        """Return, by the id of each page that includes some, which: theirs among them."""
        found: dict[str, list[Named]] = {}
        for host, space, title in self._rows("SELECT host, space, title FROM includes"):
            found.setdefault(host, []).append(Named(space, title))
        return found

    def included_by(self, host: str) -> list[Named]:
        """Return which pages a page includes."""
        query = "SELECT space, title FROM includes WHERE host = ? AND"
        return [Named(*row) for row in self._rows(query, host)]

    def hosts(self, changed: Iterable[tuple[str, Named]]) -> set[str]:
        """Return the pages that include one of these, by their ids, or by what they are called."""
        found: set[str] = set()
        for page, name in changed:
            query = "SELECT host FROM includes WHERE (target = ? OR (space = ? AND title = ?)) AND"
            found.update(row[0] for row in self._rows(query, page, name.space, name.title))
        return found

    def remember_includes(self, host: str, included: Collection[tuple[Named, str]]) -> None:
        """Keep which pages a page includes, and the id of each; empty: there is none."""
        if self._database is None or (not included and not self.included_by(host)):
            return
        self._write("DELETE FROM includes WHERE site = ? AND host = ?", [(self._site, host)])
        rows = [(self._site, host, name.space, name.title, page) for name, page in included]
        self._write("INSERT OR REPLACE INTO includes VALUES (?, ?, ?, ?, ?)", rows)

    def people(self) -> dict[str, User]:
        """Return whom was asked for lately, by the id that was asked for."""
        found = {}
        query = "SELECT id, name, email, username, asked, user FROM people"
        for asked_for, name, email, username, asked, user in self._rows(query):
            if 0 <= time.time() - asked < (_KNOWN_FOR if email else _UNKNOWN_FOR):
                found[asked_for] = User(user, name, email, username)
        return found

    def remember_people(self, people: dict[str, User]) -> None:
        """Keep what people are called, by the id that was asked for."""
        if self._database is None:
            return
        now = time.time()
        rows = [
            (self._site, asked_for, user.name, user.email, user.username, now, user.id)
            for asked_for, user in people.items()
        ]
        self._write("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        query = f"{query} site = ?" if query.endswith("AND") else f"{query} WHERE site = ?"
        if self._database is None:
            return []
        arguments = (*values, self._site)
        with self._lock, suppress(sqlite3.Error):
            return self._database.execute(query, arguments).fetchall()
        return []

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        if self._database is not None and rows:
            with self._lock, suppress(sqlite3.Error):
                self._database.executemany(statement, rows)


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


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection that commits every statement and leaves the disk's pace to the system."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        for statement in _CREATE:
            database.execute(statement)
    except sqlite3.Error:
        database.close()
        raise
    return database
