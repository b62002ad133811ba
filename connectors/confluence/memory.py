"""What is remembered between runs: which page includes which, their bodies, what people are called.

A listing shows no bodies, so that a page's version could not tell of the pages that it includes;
an included page is fetched once for all that include it, also where runs are killed; and people are
asked for once a day instead of every run. Losing it costs requests and a new reading of those
pages, never a document. Sources may share a memory. Who may read a page is not remembered.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.confluence.values import Content, User

_CREATE = (
    """CREATE TABLE IF NOT EXISTS includes
    (site TEXT, host TEXT, space TEXT, title TEXT, target TEXT,
    PRIMARY KEY (site, host, space, title)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_target ON includes (site, target)",
    "CREATE INDEX IF NOT EXISTS by_title ON includes (site, space, title)",
    """CREATE TABLE IF NOT EXISTS people
    (site TEXT, id TEXT, name TEXT, email TEXT, username TEXT, asked REAL, user TEXT,
    PRIMARY KEY (site, id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS bodies
    (site TEXT, page TEXT, version TEXT, content TEXT, PRIMARY KEY (site, page))""",
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

    def included_page(self, page: str, version: str) -> Content | None:
        """Return an included page with its body, if it is remembered at this version."""
        query = "SELECT content FROM bodies WHERE page = ? AND version = ? AND"
        for (content,) in self._rows(query, page, version):
            with suppress(ValueError, TypeError, KeyError):  # of another version of this program
                return _unpacked(content)
        return None

    def remember_page(self, page: Content, version: str) -> None:
        """Keep an included page with its body, and nothing of who may read it."""
        self._write(
            "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?)",
            [(self._site, page.id, version, _packed(page))],
        )

    def forget_pages(self, kept: Callable[[str], bool]) -> None:
        """Forget the bodies of pages that are not there any more, or that none includes."""
        query = "SELECT page, page IN (SELECT target FROM includes) FROM bodies"
        gone = [row[0] for row in self._rows(query) if not row[1] or not kept(row[0])]
        self._write(
            "DELETE FROM bodies WHERE site = ? AND page = ?", [(self._site, one) for one in gone]
        )

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


def _packed(page: Content) -> str:
    told = asdict(page)
    told["updated"] = page.updated.isoformat() if page.updated else None
    told["restriction"] = None
    return json.dumps(told)


def _unpacked(text: str) -> Content:
    told = json.loads(text)
    updated, ancestors = told.pop("updated"), tuple(told.pop("ancestors"))
    when = datetime.fromisoformat(updated) if updated else None
    return Content(**told, updated=when, ancestors=ancestors)


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
        path.chmod(0o600)  # it holds text that not everybody may read
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        for statement in _CREATE:
            database.execute(statement)
    except (sqlite3.Error, OSError):
        database.close()
        raise
    return database
