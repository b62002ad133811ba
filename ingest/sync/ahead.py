"""Fetches from a service a little ahead of who takes the documents, and keeps each at once.

Documents are asked for in small parts, and a part is taken in whole and put on disk before the next
one is asked for: a run that is killed loses only what was on its way. Parts grow while the pipeline
waits for the source, so that a distant one is asked for many documents at once. Knows nothing of
what becomes of the documents.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from connectors.base import Connector, Document, Readers, Ref, Unread
from ingest.sync.spool import Spool

FEWEST = 25
"""Documents that are asked for together while there are enough: one request of a wiki."""

MOST = 400
"""And while the pipeline waits for the source."""

AHEAD_BYTES = 256_000_000
"""Fetched and not taken yet: far less than a spool holds, so that none of it is dropped there."""

_IN_MEMORY = 1_000_000  # bytes of a body; a larger one waits on disk alone
_MEMORY_BYTES = 64_000_000  # of bodies that wait in memory, because the disk is full
_WAITED = 0.2  # seconds without a document that tell that the source is the slower one
_GRACE = 5.0  # seconds that a request under way has to end when nobody wants it any more


def ahead(connector: Connector, refs: Sequence[Ref], spool: Spool) -> Generator[Document | Unread]:
    """Yield what `connector.fetch_all` answers, as soon as it is on disk.

    The connector is used by another thread meanwhile. Raises what it raises, after everything that
    came before. Close it to stop early.
    """
    reader = _Reader(connector, refs, spool)
    thread = threading.Thread(target=reader.run, name="fetch ahead", daemon=True)
    thread.start()
    try:
        while (answer := reader.take()) is not None:
            yield answer
    finally:
        reader.stop()
        thread.join(_GRACE)


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """A large document that waits in the spool."""

    ref: Ref
    readers: Readers
    size: int


class _Reader:
    """The thread that fetches, and what it hands over."""

    def __init__(self, connector: Connector, refs: Sequence[Ref], spool: Spool) -> None:
        self._connector = connector
        self._refs = refs
        self._spool = spool
        self._changed = threading.Condition()
        self._ready: deque[Document | Unread | _OnDisk] = deque()
        self._bytes = self._bytes_in_memory = 0
        self._part = FEWEST
        self._done = self._stopped = self._starved = False
        self._error: BaseException | None = None

    # In the thread that fetches

    def run(self) -> None:
        """Fetch all of it, as fast as it is taken."""
        try:
            position = 0
            while position < len(self._refs) and self._wait_for_appetite():
                part = self._refs[position : position + self._part]
                position += len(part)
                self._read(part)
        except BaseException as error:  # noqa: BLE001 - raised again where it is taken
            self._error = error
        with self._changed:
            self._done = True
            self._changed.notify_all()

    def _wait_for_appetite(self) -> bool:
        """Wait until less than a part is ready; return whether anybody still wants more."""
        with self._changed:
            if self._starved:
                self._part, self._starved = min(2 * self._part, MOST), False
            elif self._ready:
                self._part = max(self._part // 2, FEWEST)
            self._changed.wait_for(lambda: self._stopped or len(self._ready) < self._part)
            return not self._stopped

    def _read(self, part: Sequence[Ref]) -> None:
        answers = self._connector.fetch_all(part)
        try:
            for answer in answers:
                if not self._hand_over(answer):
                    return
        finally:
            close = getattr(answers, "close", None)  # an iterator that is no generator has none
            if close is not None:
                close()

    def _hand_over(self, answer: Document | Unread) -> bool:
        """Keep an answer and make it ready; return whether anybody still wants more."""
        ready: Document | Unread | _OnDisk = answer
        if isinstance(answer, Document):
            kept = self._spool.put(answer)
            if kept and len(answer.body) > _IN_MEMORY:
                ready = _OnDisk(answer.ref, answer.readers, len(answer.body))
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._has_room())
            self._ready.append(ready)
            self._weigh(ready, 1)
            self._changed.notify_all()
            return not self._stopped

    def _has_room(self) -> bool:
        return self._bytes < AHEAD_BYTES and self._bytes_in_memory < _MEMORY_BYTES

    # In the thread that takes

    def take(self) -> Document | Unread | None:
        """Return the next answer, None at the end, or raise what ended it early."""
        began = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._done)
            self._starved |= time.monotonic() - began > _WAITED
            if not self._ready:
                if self._error is not None:
                    raise self._error
                return None
            ready = self._ready.popleft()
            self._weigh(ready, -1)
            self._changed.notify_all()
        if not isinstance(ready, _OnDisk):
            return ready
        document = self._spool.take(ready.ref, ready.readers)
        return document or Unread(ready.ref, "it was fetched, and the disk lost it")

    def stop(self) -> None:
        """Let the thread end with the request that is under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _weigh(self, ready: Document | Unread | _OnDisk, sign: int) -> None:
        if isinstance(ready, _OnDisk):
            self._bytes += sign * ready.size
        elif isinstance(ready, Document):
            self._bytes += sign * len(ready.body)
            self._bytes_in_memory += sign * len(ready.body)
