"""A sync in a process of its own, to be killed: `python sync_process.py HOME PAGES INDEX`.

Every line on standard output is a moment at which the test may end it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines import MemorySource, words

from connectors.base import Document, Group, Ref, Unread
from ingest.edge import EdgeWriter
from ingest.encode import VectorSpec
from ingest.prepare import InProcess
from ingest.state import Base, LeaseHeldError, State, open_engine
from ingest.sync import sync

VECTORS = {"words": VectorSpec("sparse", idf=True)}
SAVE_EVERY = 0.05
"""Seconds; a real writer saves every 5, of runs that take minutes."""


def tell(what: object) -> None:
    """Tell the test on standard output."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


class Service(MemorySource):
    """A site whose every request is written down before it is answered."""

    def __init__(self, pages: int, log: Path) -> None:
        super().__init__()
        self._file = log.open("a", buffering=1)
        for number in range(pages):
            readers = (frozenset({f"group:{number % 7}"}),)
            self.put(f"page{number}", f"本文 number{number}\n" * (1 + number % 5), readers)
        self.member_groups = (Group("group:1", frozenset({"user:sato@example.co.jp"})),)
        self.requests = 1

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        for ref in refs:
            self._file.write(f"{ref.id}\n")
            yield self.fetch(ref)
            tell(f"fetched {ref.id}")


class Telling(EdgeWriter):
    """Tells when it publishes."""

    def publish(self) -> None:
        tell("publishing")
        super().publish()
        tell("published")


def writer(home: Path, index: str = "index") -> EdgeWriter:
    """Return an index of a home."""
    return Telling(home / index, "1", VECTORS, save_every=SAVE_EVERY)


def open_state(home: Path) -> State:
    """Return what SQL knows in a home."""
    home.mkdir(exist_ok=True)
    engine = open_engine(f"sqlite:///{home / 'kurage.db'}")
    Base.metadata.create_all(engine)
    return State(engine)


def run(home: Path, pages: int, name: str) -> None:
    """Sync a site of so many pages into an index of this name."""
    state = open_state(home)
    service = Service(pages, home / "fetched.log")
    tell("starting")
    with writer(home, name) as index:
        report = sync(
            service,
            index,
            state,
            InProcess(words, "1"),
            source="wiki",
            spool=home / "spool",
            on_progress=lambda progress: tell(f"{progress.stage} {progress.done}"),
        )
    tell(f"done {report.written}")


if __name__ == "__main__":
    _, place, count, into = sys.argv
    try:
        run(Path(place), int(count), into)
    except LeaseHeldError as error:
        tell(f"held: {error}")
        sys.exit(1)
