"""What is remembered between crawls, in a database of the web connectors' own (`web.db`).

By address: how it answered last, what spares its body the next time, where its links lead, in how
many crawls it was missing. Of a crawl under way: what is still to be asked for, so that one that
was killed goes on without asking twice. And bodies of pages that changed, until they are fetched:
each page is asked for once. Losing it costs requests, never a document. Sources may share it.
"""

# ruff: noqa: S608 - names of columns are put together here, and nothing that came from outside

from __future__ import annotations

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.web.database import Database
from connectors.web.known import COLUMNS, Known, of_row, row_of

BODY_BYTES = 2_000_000_000
"""Of bodies that wait, compressed; what is above is asked for again when it is fetched."""
RESUMED_FOR = 24 * 3600.0
"""Seconds after which a crawl that was killed is begun anew: what it saw is old."""
_KEPT_FOR = 2
"""Crawls for which a body waits that nobody fetches."""

_NAMES = ", ".join(COLUMNS)
_CREATE = (
    f"""CREATE TABLE IF NOT EXISTS pages (source TEXT, {_NAMES}, PRIMARY KEY (source, url))
    WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS frontier (source TEXT, url TEXT, depth INTEGER, hops INTEGER,
    later INTEGER, number INTEGER, PRIMARY KEY (source, url)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_depth ON frontier (source, later, depth, number)",
    """CREATE TABLE IF NOT EXISTS bodies (source TEXT, url TEXT, crawl INTEGER, fingerprint TEXT,
    body BLOB, PRIMARY KEY (source, url))""",
    """CREATE TABLE IF NOT EXISTS crawls (source TEXT PRIMARY KEY, number INTEGER, options TEXT,
    began REAL, ended REAL)""",
    """CREATE TABLE IF NOT EXISTS remarks (source TEXT, level TEXT, message TEXT,
    PRIMARY KEY (source, message))""",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An address that is to be asked for."""

    url: str
    depth: int
    """Links from a seed."""
    hops: int = 0
    """Redirects that led to it, one after another."""
    later: int = 0
    """Asked for when all that has a lower number was: 1 where it is known, and no link leads
    there any more; 2 where its pattern was a trap the last time."""


class Memory:
    """What is remembered of one source; threads may share it."""

    def __init__(self, path: Path | None, source: str, *, body_bytes: int = BODY_BYTES) -> None:
        """`source` names what is crawled; `path` None: nothing is remembered longer than this.

        `body_bytes`: how much of bodies may wait.
        """
        self._most_body_bytes = body_bytes
        self.source = source
        self._path = path
        self._database = Database(path, _CREATE)
        self._body_bytes: int | None = None
        self._takes = threading.Lock()
        self._keeps_bodies = True

    @property
    def lasts(self) -> bool:
        """Whether the next process will know what this one remembers."""
        return self._database.lasts

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._database.close()

    @contextmanager
    def crawling(self) -> Iterator[Memory]:
        """Lend what a crawl writes to: this, or a copy where another process is crawling.

        A dry run beside a sync must not take away its frontier. The system frees the lock of a
        process that was killed.
        """
        if self._path is None:
            yield self
            return
        lock = self._path.with_name(f"{self._path.name}.{self.source}.lock")
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:  # a folder that can not be written to
            yield self
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                copy = self._copied()
                try:
                    yield copy
                finally:
                    copy.close()
            else:
                yield self
        finally:
            os.close(handle)

    def writing(self) -> AbstractContextManager[None]:
        """Have all that is written in it written together, or nothing of it."""
        return self._database.writing()

    # Crawls

    def begin(self, options: str) -> tuple[int, bool]:
        """Return the number of the crawl, and whether it goes on where one was killed.

        `options` name what the crawl covers: another one is begun where they changed.
        """
        rows = self._rows("SELECT number, options, began, ended FROM crawls WHERE source = ?")
        number, before, began, ended = rows[0] if rows else (0, "", 0.0, 0.0)
        fresh = 0 <= time.time() - (began or 0.0) < RESUMED_FOR
        if number and ended is None and before == options and fresh:
            return number, True
        with self.writing():
            self._execute("DELETE FROM frontier WHERE source = ?", self.source)
            self._execute(
                "INSERT OR REPLACE INTO crawls VALUES (?, ?, ?, ?, NULL)",
                *(self.source, number + 1, options, time.time()),
            )
        return number + 1, False

    def end(self, number: int, remarks: Iterable[tuple[str, str]]) -> None:
        """Note that a crawl saw all that there is, and what people should know of it."""
        self._execute(
            "UPDATE crawls SET ended = ? WHERE source = ? AND number = ?",
            *(time.time(), self.source, number),
        )
        self._execute("DELETE FROM frontier WHERE source = ?", self.source)
        self._execute("DELETE FROM remarks WHERE source = ?", self.source)
        self._many(
            "INSERT OR REPLACE INTO remarks VALUES (?, ?, ?)",
            [(self.source, level, message) for level, message in remarks],
        )
        self._execute(
            "DELETE FROM bodies WHERE source = ? AND crawl <= ?", self.source, number - _KEPT_FOR
        )

    def last_crawl(self) -> tuple[int, float | None]:
        """Return the number of the last crawl, 0 for none, and when it ended (POSIX)."""
        rows = self._rows("SELECT number, ended FROM crawls WHERE source = ?")
        return (rows[0][0], rows[0][1]) if rows else (0, None)

    def remarks(self) -> list[tuple[str, str]]:
        """Return what the last crawl that ended had to say: levels and messages."""
        return list(self._rows("SELECT level, message FROM remarks WHERE source = ?"))

    # Addresses

    def known(self, url: str) -> Known | None:
        """Return what is known of an address."""
        rows = self._rows(f"SELECT {_NAMES} FROM pages WHERE source = ? AND url = ?", url)
        return of_row(rows[0]) if rows else None

    def all(self, where: str = "1") -> Iterator[Known]:
        """Yield all that is known, without links, by address."""
        names = ", ".join("x''" if name == "packed" else name for name in COLUMNS)
        query = f"SELECT {names} FROM pages WHERE source = ? AND url > ? AND {where} "
        last = ""
        while rows := self._rows(query + "ORDER BY url LIMIT 500", last):
            yield from (of_row(row) for row in rows)
            last = rows[-1][COLUMNS.index("url")]

    def urls_in_order(self) -> list[str]:
        """Return all addresses, those first that were known first, then by depth."""
        query = "SELECT url FROM pages WHERE source = ? ORDER BY first, depth, url"
        return [row[0] for row in self._rows(query)]

    def forget_sitemaps(self, *, before: int) -> None:
        """Forget the site maps that no crawl since this one read."""
        self._execute(
            "DELETE FROM pages WHERE source = ? AND url LIKE 'sitemap %' AND crawl < ?",
            *(self.source, before),
        )

    def count(self, where: str) -> int:
        """Return of how many addresses something is true."""
        return int(self._rows(f"SELECT count(*) FROM pages WHERE source = ? AND {where}")[0][0])

    def keep(self, known: Known) -> None:
        """Remember an address."""
        marks = ", ".join("?" * len(COLUMNS))
        self._execute(
            f"INSERT OR REPLACE INTO pages (source, {_NAMES}) VALUES (?, {marks})",
            *(self.source, *row_of(known)),
        )

    def set_trouble(self, url: str, why: str) -> None:
        """Note that an address leads nowhere: that is seen when all was asked for."""
        self._execute(
            "UPDATE pages SET outcome = 'trouble', why = ? WHERE source = ? AND url = ?",
            *(why, self.source, url),
        )

    def decide(self, url: str, *, document: bool, misses: int, withheld: str) -> None:
        """Note what the end of a crawl made of an address."""
        self._execute(
            "UPDATE pages SET document = ?, misses = ?, withheld = ? WHERE source = ? AND url = ?",
            *(document, misses, withheld, self.source, url),
        )

    def forget(self, urls: Iterable[str]) -> None:
        """Forget addresses, and their bodies."""
        rows = [(self.source, url) for url in urls]
        self._many("DELETE FROM pages WHERE source = ? AND url = ?", rows)
        self._many("DELETE FROM bodies WHERE source = ? AND url = ?", rows)

    # What is still to be asked for

    def wait(self, addresses: Iterable[Waiting], number: int) -> None:
        """Put addresses on the frontier, each once; `number` is that of the first."""
        self._many(
            "INSERT OR IGNORE INTO frontier VALUES (?, ?, ?, ?, ?, ?)",
            [
                (self.source, one.url, one.depth, one.hops, one.later, number + index)
                for index, one in enumerate(addresses)
            ],
        )

    def done(self, url: str) -> None:
        """Take an address off the frontier."""
        self._execute("DELETE FROM frontier WHERE source = ? AND url = ?", self.source, url)

    def next_level(self) -> list[Waiting]:
        """Return what is to be asked for next: of the least `later` and the least depth."""
        rows = self._rows(
            "SELECT later, depth FROM frontier WHERE source = ? ORDER BY later, depth LIMIT 1"
        )
        if not rows:
            return []
        found = self._rows(
            "SELECT url, depth, hops, later FROM frontier WHERE source = ? AND later = ? "
            "AND depth = ? ORDER BY number",
            *rows[0],
        )
        return [Waiting(*row) for row in found]

    def waiting(self) -> list[str]:
        """Return all that is on the frontier."""
        return [row[0] for row in self._rows("SELECT url FROM frontier WHERE source = ?")]

    # Bodies

    def keep_body(self, known: Known, body: bytes) -> None:
        """Keep a body until it is fetched, if there is room."""
        small = zlib.compress(body, 1)
        if not self._keeps_bodies or not self._has_room(len(small)):
            self._execute("DELETE FROM bodies WHERE source = ? AND url = ?", self.source, known.url)
            return
        self._execute(
            "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?, ?, ?)",
            *(self.source, known.url, known.crawl, known.fingerprint, small),
        )

    def take_body(self, url: str, fingerprint: str) -> bytes | None:
        """Return the body that waits for an address at this version, once."""
        with self._takes:
            query = "SELECT body, fingerprint FROM bodies WHERE source = ? AND url = ?"
            rows = self._rows(query, url)
            if not rows:
                return None
            self._execute("DELETE FROM bodies WHERE source = ? AND url = ?", self.source, url)
        body, at = rows[0]
        with suppress(zlib.error):
            return zlib.decompress(body) if at == fingerprint else None
        return None

    def drop_body(self, url: str) -> None:
        """Drop the body that waits for an address."""
        self._execute("DELETE FROM bodies WHERE source = ? AND url = ?", self.source, url)

    def drop_bodies(self) -> None:
        """Drop all bodies that wait: they are asked for again."""
        self._execute("DELETE FROM bodies WHERE source = ?", self.source)

    def _has_room(self, size: int) -> bool:
        """Count a body; what others take away meanwhile is counted with the next crawl."""
        if self._body_bytes is None:
            total = self._database.rows("SELECT coalesce(sum(length(body)), 0) FROM bodies")
            self._body_bytes = int(total[0][0])
        if self._body_bytes + size > self._most_body_bytes:
            return False
        self._body_bytes += size
        return True

    def _copied(self) -> Memory:
        copy = Memory(None, self.source)
        copy._keeps_bodies = False
        number, _ = self.last_crawl()
        with copy.writing():
            for known in self.all():
                copy.keep(self.known(known.url) or known)
            copy._execute(
                "INSERT OR REPLACE INTO crawls VALUES (?, ?, '', 0, 0)", self.source, number
            )
        return copy

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._database.rows(query, self.source, *values)

    def _execute(self, statement: str, *values: Any) -> None:
        self._database.do(statement, *values)

    def _many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        self._database.do_all(statement, rows)
