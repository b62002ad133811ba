"""Serves the revision of the embedded index that was published last.

Knows nothing of writing. Any number of processes and threads read at once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, NoReturn

from ingest.edge import revisions
from ingest.edge.revisions import Generation
from ingest.edge.shard import Shard
from ingest.encode import EncodedQuery
from ingest.index import Hit, Origin, SearchIndexError, StoredPoint, StoredVersion

_log = logging.getLogger(__name__)
# Between reading the pointer and holding its revision, the revision may be replaced and removed.
_ATTEMPTS = 5


class EdgeIndex:
    """The Index port for reading. Follows the pointer: whatever is published is served next.

    Before anything is published every question raises `SearchIndexError`; the first one after the
    first publication is answered.
    """

    def __init__(self, folder: Path, *, encoder: str | None = None) -> None:
        """Read the index in `folder`; an index that another encoder filled is refused.

        Raises `SearchIndexError` if there is one and it can not be opened.
        """
        self._folder = folder
        self._pointer = folder / "current"
        self._encoder = encoder
        self._lock = Lock()
        self._opened: _Opened | None = None
        self._seen: tuple[int, int] | None = None
        self._closed = False
        with self._lock:
            self._follow()

    @property
    def revision(self) -> str | None:
        """Which revision is served: `<generation>/<number>`."""
        with self._lock:
            return self._opened.name if self._opened else None

    @property
    def origin(self) -> Origin | None:
        """Which pipeline filled what is served; None before anything is published."""
        with self._lock:
            self._follow()
            if not self._opened:
                return None
            filled = self._opened.generation
        return Origin(filled.pipeline, filled.encoder, filled.vectors)

    def versions(self, source: str) -> dict[str, StoredVersion]:
        with self._reading() as shard:
            return shard.versions(source)

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        with self._reading() as shard:
            return shard.chunks(source, document_id)

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        with self._reading() as shard:
            return shard.search(query, readers, limit, sources)

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        with self._reading() as shard:
            return shard.inverse_document_frequencies(query)

    def count(self, source: str | None = None) -> tuple[int, int]:
        with self._reading() as shard:
            return shard.count(source)

    def questions(self, source: str) -> dict[str, bool]:
        with self._reading() as shard:
            return shard.questions(source)

    def points(self) -> Iterator[StoredPoint]:
        # The revision is held until the last point, whatever is published meanwhile.
        with self._reading() as shard:
            yield from shard.points()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise SearchIndexError("the index is open for reading; only `kurage ingest` writes it")

    replace = delete = set_readers = put = put_questions = delete_questions = _refuse

    def close(self) -> None:
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, None
        if opened:
            opened.leave()

    @contextmanager
    def _reading(self) -> Iterator[Shard]:
        with self._lock:
            self._follow()
            opened = self._opened
            if not opened:
                raise SearchIndexError(
                    "the index is closed"
                    if self._closed
                    else f"nothing is indexed in {self._folder} yet; run `kurage ingest` first"
                )
            opened.enter()
        try:
            yield opened.shard
        finally:
            opened.leave()

    def _follow(self) -> None:
        """Open what the pointer names, if it changed; called with the lock held.

        Opening keeps the interpreter busy (40 ms at 20,000 chunks), so a thread of its own would
        hold up the questions of the others just as long.
        """
        try:
            status = self._pointer.stat()
            seen = (status.st_ino, status.st_mtime_ns)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SearchIndexError(
                f"{self._pointer} can not be read ({error.strerror}); change its owner"
            ) from error
        if seen == self._seen or self._closed:
            return
        try:
            new = self._open()
        except SearchIndexError:
            if not self._opened:
                raise
            _log.exception("The new revision can not be opened; the former one is served still")
        else:
            former, self._opened = self._opened, new
            if former:
                former.leave()
        self._seen = seen

    def _open(self) -> _Opened:
        for _ in range(_ATTEMPTS):
            revision = revisions.read_pointer(self._folder)
            handle = revisions.reading(revision) if revision else None
            if revision and handle:
                return self._load(revision, handle)
        raise SearchIndexError(f"{self._pointer} names nothing that stays; run `kurage ingest`")

    def _load(self, revision: Path, handle: IO[str]) -> _Opened:
        try:
            generation = Generation.load(revision.parent)
            self._check(generation)
            shard = Shard.load(revision / "shard", generation.vectors)
        except BaseException:
            handle.close()
            raise
        return _Opened(f"{revision.parent.name}/{revision.name}", generation, shard, handle)

    def _check(self, generation: Generation) -> None:
        if self._encoder not in {None, generation.encoder}:
            raise SearchIndexError(
                f"the index was made by another encoder ({generation.encoder}, not "
                f"{self._encoder}); run `kurage ingest` again for each source, or "
                "`kurage ingest --all`"
            )


class _Opened:
    """A revision that is served, and closed when nobody uses it any more."""

    def __init__(self, name: str, generation: Generation, shard: Shard, handle: IO[str]) -> None:
        self.name = name
        self.generation = generation
        self.shard = shard
        self._handle = handle
        self._lock = Lock()
        self._users = 1
        """The index itself, and every question under way."""

    def enter(self) -> None:
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            last = not self._users
        if last:
            with self._handle:
                try:
                    self.shard.close()
                except SearchIndexError as error:  # nothing was written, so nothing is lost
                    _log.warning("%s", error)
