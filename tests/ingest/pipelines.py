"""Small working pipelines and a source in memory, for tests of what stands around them.

Child processes import this module by its name: it must stay cheap to import.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import (
    READABLE_BY_ANYONE,
    ConnectorError,
    Cursor,
    Document,
    Gone,
    Group,
    Presence,
    Readers,
    Ref,
    Remark,
    Unread,
)
from ingest.chunk import Chunk
from ingest.encode import SparseVector
from ingest.extract.blocks import ExtractError
from ingest.prepare import Job, Pipeline, Prepared


def words(job: Job) -> Prepared:
    """Prepare a text: a chunk a line, a term a word. `bad …` can not be read."""
    text = job.body.decode()
    if text.startswith("bad"):
        raise ExtractError(f"it is {text}")
    lines = text.splitlines()
    return Prepared(
        title=job.title or job.name,
        chunks=tuple(Chunk(n, job.name, (), line, "paragraph", "") for n, line in enumerate(lines)),
        encodings=tuple({"words": vector(line)} for line in lines),
        warnings=("it is half",) if "half" in text else (),
    )


def vector(line: str) -> SparseVector:
    counts = Counter(zlib.crc32(word.encode()) for word in line.split())
    return SparseVector(list(counts), [float(n) for n in counts.values()])


def build_words() -> Pipeline:
    return words


def build_nothing() -> Pipeline:
    raise RuntimeError("the dictionary is missing")


def build_perils() -> Pipeline:
    return perils


def perils(job: Job) -> Prepared:  # noqa: PLR0912 - one case a peril
    """Do to this process what the document says."""
    match job.body.decode("utf-8", "replace").split():
        case ["crash"]:
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["killed"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["exit"]:
            os._exit(7)
        case ["hang"]:
            while True:
                pass
        case ["hang-in-c"]:
            ctypes.PyDLL(None).sleep(1_000)  # holds the interpreter lock, as a parser may
        case ["memory"]:
            hoard = [bytearray(10 << 20) for _ in range(10_000)]
            raise AssertionError(len(hoard))
        case ["memory-in-c"]:
            os.write(2, b"memory allocation of 1099511627776 bytes failed\n")
            os.abort()
        case ["fault"]:
            raise ZeroDivisionError("division by zero")
        case ["noise"]:
            print("a parser's chatter")  # noqa: T201 - what parsers do
        case ["pid"]:
            time.sleep(0.05)
            return words(replace(job, body=str(os.getpid()).encode()))
        case ["large", size]:
            return words(replace(job, body=b"\n".join([b"x" * 1000] * int(size))))
        case ["children"]:
            return words(replace(job, body=str(os.getppid()).encode()))
        case _:
            pass
    return words(job)


@dataclass
class Page:
    """A document of the source below."""

    text: str
    readers: Readers = READABLE_BY_ANYONE
    readers_readable: bool = True
    fetchable: bool = True


@dataclass
class MemorySource:
    """A `Connector` over a dictionary, with a change feed where `feed` says so."""

    pages: dict[str, Page] = field(default_factory=dict)
    feed: bool = False
    breaks_after: int | None = None
    """A listing ends with an error after so many documents."""
    member_groups: tuple[Group, ...] = ()
    log: list[tuple[str, str]] = field(default_factory=list)
    """What changed: `put` or `gone`, and the id; a cursor is a position in it."""
    fetched: list[str] = field(default_factory=list)
    listings: list[str | None] = field(default_factory=list)
    """The cursor of every call of `changes`."""
    requests: int = 0
    """As a service would count them: one a document."""
    away_after: int | None = None
    """Once so many documents were fetched, the source refuses everything."""
    asked_gone: list[frozenset[str]] = field(default_factory=list)
    """The ids of every call of `confirm_gone`."""

    def put(self, identity: str, text: str, readers: Readers = READABLE_BY_ANYONE) -> None:
        self.pages[identity] = Page(text, readers)
        self.log.append(("put", identity))

    def remove(self, identity: str) -> None:
        del self.pages[identity]
        self.log.append(("gone", identity))

    def ref(self, identity: str) -> Ref:
        page = self.pages[identity]
        return Ref(
            id=identity,
            version=f"{zlib.crc32(page.text.encode()):08x}",
            readers_version=repr(sorted(map(sorted, page.readers))) + str(page.readers_readable),
            name=f"{identity}.txt",
            size=len(page.text.encode()),
        )

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        self.listings.append(cursor.value if cursor else None)
        position = len(self.log)
        told = self._news(int(cursor.value)) if cursor else [self.ref(i) for i in self.pages]
        for number, change in enumerate(told):
            if number == self.breaks_after:
                raise ConnectorError("The source hung up.")
            yield change
        if self.breaks_after is not None and self.breaks_after >= len(told):
            raise ConnectorError("The source hung up.")
        if self.feed:
            yield Cursor(str(position))

    def _news(self, since: int) -> list[Ref | Gone]:
        return [
            self.ref(identity) if identity in self.pages else Gone(identity)
            for _, identity in self.log[since:]
        ]

    def fetch(self, ref: Ref) -> Document:
        self.fetched.append(ref.id)
        self.requests += 1
        page = self.pages.get(ref.id)
        if page is None or not page.fetchable:
            raise ConnectorError("it was removed while it was read")
        return Document(
            ref=self.ref(ref.id),
            title=None,
            url=f"https://wiki.example/{ref.id}",
            body=page.text.encode(),
            media_type="text/plain",
            readers=self.readers(ref),
        )

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        for ref in refs:
            if self.away_after is not None and len(self.fetched) >= self.away_after:
                raise ConnectorError("The credentials expired.")
            try:
                yield self.fetch(ref)
            except ConnectorError as error:
                yield Unread(ref, str(error))

    def readers(self, ref: Ref) -> Readers:
        page = self.pages[ref.id]
        if not page.readers_readable:
            raise ConnectorError("its permissions can not be read")
        return page.readers

    def groups(self) -> Iterable[Group]:
        return self.member_groups

    def check(self, ref: Ref) -> Presence:
        if ref.id not in self.pages:
            return Presence(exists=False, version=None, readers=())
        return Presence(exists=True, version=self.ref(ref.id).version, readers=self.readers(ref))

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        self.asked_gone.append(frozenset(document_ids))
        return frozenset(document_ids) - self.pages.keys()

    def find(self, url: str) -> Ref | None:
        identity = url.removeprefix("https://wiki.example/")
        return self.ref(identity) if identity in self.pages else None

    def examine(self) -> Iterator[Remark]:
        yield Remark("ok", f"{len(self.pages)} pages")

    def close(self) -> None:
        """Hold nothing open."""


def document(name: str, body: str | bytes) -> Document:
    """Return a document with this content."""
    data = body.encode() if isinstance(body, str) else body
    ref = Ref(id=name, version="1", readers_version="1", name=name)
    return Document(ref, None, f"https://wiki.example/{name}", data, None, READABLE_BY_ANYONE)
