"""Documents are prepared on all cores, each in a child process that it may bring down.

A file of 2 MB can take gigabytes or never end, and parsers in C can crash: only a process of their
own contains that. A child has a limit of memory and of time for each document; whatever happens to
it costs the one document, which is named with the reason, and another child takes its place.

Each child has a pair of pipes of its own, and shares no lock and no queue with the others: one that
dies in the middle of a message harms nobody. Children are programs (`ingest.worker`), not forks: a
fork beside the threads of a library in C can hang, and multiprocessing's other ways import the main
module again in every child. Knows nothing of indexes or sources.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import IO, Self

from connectors.base import Document
from ingest.prepare import Pipeline, Prepared, PrepareError, Unprepared, job_of

MEMORY_MB = 1500
"""Of one child. Sudachi's dictionary (200 MB) is mapped from its file and does not count."""

SECONDS = 60.0
"""For one document. A text of 50 MB takes about 40."""

_PIPE_BYTES = 1 << 20  # what an unprivileged process may have at most on Linux
_SLACK_BYTES = 1 << 16  # pages that are only partly filled
_AHEAD = 8  # documents that wait in a child's pipe, if they are small


@dataclass(frozen=True, slots=True)
class Orders:
    """What a child is told first."""

    build_pipeline: Callable[[], Pipeline]
    memory_bytes: int
    seconds: float


@dataclass(slots=True)
class _Child:
    """A child process and the documents it has been given, the first of them in work."""

    process: subprocess.Popen[bytes]
    inbox: Connection
    outbox: Connection
    log: IO[bytes]
    capacity: int
    ready: bool = False
    given: deque[Document] = field(default_factory=deque)

    def takes(self, document: Document) -> bool:
        """Tell whether giving it the document can not block.

        An idle child reads whatever comes. A busy one reads later, so that all that waits for it
        has to fit into the pipe.
        """
        if not self.ready or len(self.given) > _AHEAD:
            return False
        waiting = sum(len(given.body) for given in self.given) + len(document.body)
        return not self.given or waiting < self.capacity

    def give(self, document: Document) -> None:
        self.given.append(document)
        # A child that died meanwhile is found when its answer is read.
        with suppress(BrokenPipeError):
            self.inbox.send(job_of(document))

    def kill(self) -> int:
        """End it and return its exit status; it holds nothing that could be lost."""
        self.process.kill()
        self.inbox.close()
        self.outbox.close()
        return self.process.wait()

    def last_words(self) -> str:
        self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, self.log.tell() - 4000))
        return self.log.read().decode("utf-8", "replace").strip()


class Workers:
    """A `Prepare` over child processes. Leave it as a context, and no child stays."""

    def __init__(
        self,
        build_pipeline: Callable[[], Pipeline],
        fingerprint: str,
        *,
        count: int | None = None,
        memory_mb: int = MEMORY_MB,
        seconds: float = SECONDS,
    ) -> None:
        """Start nothing yet.

        `build_pipeline` is pickled and called in every child. `count` None: one child a core.
        """
        self.fingerprint = fingerprint
        self._orders = Orders(build_pipeline, memory_mb << 20, seconds)
        self._count = count or available_cores()
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every child."""
        for child in list(self._children):
            self._end(child)

    def _end(self, child: _Child) -> tuple[int, str]:
        """End a child; return its exit status and what it said last."""
        self._children.remove(child)
        status = child.kill()
        with child.log:
            return status, child.last_words()

    def __call__(
        self, documents: Iterable[Document], *, expected: int
    ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
        """Yield every document with what became of it, as soon as it is known.

        At most `_AHEAD` documents a child are held, and only what a pipe holds of them waits.
        Raises `PrepareError`.
        """
        waiting = _Waiting(documents)
        if waiting.fill() is None:
            return
        for _ in range(max(1, min(self._count, expected)) - len(self._children)):
            self._children.append(self._start())
        try:
            while waiting.fill() or any(child.given for child in self._children):
                self._hand_out(waiting)
                for outbox in wait([child.outbox for child in self._children]):
                    child = next(child for child in self._children if child.outbox is outbox)
                    yield from self._collect(child, waiting)
        finally:
            # What follows, publishing, is not theirs and would find their memory taken; and whoever
            # stops asking leaves answers behind that nobody wants.
            self.close()

    def _hand_out(self, waiting: _Waiting) -> None:
        """Give documents to whoever has fewest, as long as somebody takes the next one."""
        while document := waiting.fill():
            takers = [child for child in self._children if child.takes(document)]
            if not takers:
                return
            min(takers, key=lambda child: len(child.given)).give(waiting.take())

    def _collect(
        self, child: _Child, waiting: _Waiting
    ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
        """Yield the answer of a child; replace it if it died, and give its other documents back."""
        try:
            answer = child.outbox.recv()
        except (EOFError, OSError):
            yield from self._bury(child, waiting)
            return
        if child.ready:
            yield child.given.popleft(), answer
        child.ready = True

    def _bury(
        self, child: _Child, waiting: _Waiting
    ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
        status, words = self._end(child)
        if not child.ready:
            raise PrepareError(f"No document can be read: {_cause_of_start(status, words)}")
        if child.given:
            culprit = child.given.popleft()
            waiting.give_back(child.given)
            yield culprit, Unprepared(self._cause(status, words), lasting=False)
        self._children.append(self._start())

    def _start(self) -> _Child:
        try:
            child = _launch()
            child.inbox.send(self._orders)
        except OSError as error:  # too many processes or files, no memory, a full disk
            raise PrepareError(
                f"No process can be started to read documents: {error.strerror or error}"
            ) from error
        return child

    def _cause(self, status: int, words: str) -> str:
        """Return why a child died over a document."""
        if status == -signal.SIGALRM:
            return (
                f"reading it took longer than {self._orders.seconds:g} s; split it, exclude it, "
                "or raise `seconds_per_document`"
            )
        if status == OUT_OF_MEMORY or "memory allocation of" in words or "bad_alloc" in words:
            return (
                f"reading it needs more than {self._orders.memory_bytes >> 20} MB of memory; "
                "split it, exclude it, or raise `memory_mb`"
            )
        if status == -signal.SIGKILL:
            return "the system ended its reader, probably for lack of memory; the next run retries"
        return f"its reader crashed ({_status_name(status)}): it is damaged, or not what it claims"


@dataclass(slots=True)
class _Waiting:
    """The documents that nobody has been given yet; at most one is taken before it is needed."""

    documents: Iterable[Document]
    _source: Iterator[Document] = field(init=False)
    _front: deque[Document] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._source = iter(self.documents)

    def fill(self) -> Document | None:
        """Return the next document without taking it."""
        if not self._front:
            self._front.extend(document for document in [next(self._source, None)] if document)
        return self._front[0] if self._front else None

    def take(self) -> Document:
        return self._front.popleft()

    def give_back(self, documents: Iterable[Document]) -> None:
        self._front.extendleft(reversed(list(documents)))


def _launch() -> _Child:
    """Start a child. It finds modules where we do, wherever the program was started from."""
    child_in, inbox = os.pipe()
    outbox, child_out = os.pipe()
    program = f"import sys; sys.path[:] = {sys.path!r}; from ingest import worker; worker.main"
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with its child
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", f"{program}({child_in}, {child_out})"],
        pass_fds=(child_in, child_out),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    capacity = _widened(inbox) - _SLACK_BYTES
    _widened(child_out)  # an answer that fits does not wait until we read it
    os.close(child_in)
    os.close(child_out)
    return _Child(
        process,
        Connection(inbox, readable=False),
        Connection(outbox, writable=False),
        log,
        capacity,
    )


OUT_OF_MEMORY = 99
"""Exit status of a child whose memory ran out; its heap is not worth keeping."""


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _widened(pipe: int) -> int:
    """Return a pipe's capacity in bytes, after asking for more where that is possible."""
    with suppress(OSError, AttributeError):  # refused to a user who has many, or not Linux
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with suppress(OSError, AttributeError):
        return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    return 0


def _cause_of_start(status: int, words: str) -> str:
    last = words.splitlines()[-1] if words else _status_name(status)
    return f"its process does not start ({last}). Run `kurage doctor`."


def _status_name(status: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"exit status {status}"
