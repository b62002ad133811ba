"""A listing that takes its time keeps its lease, and shows that it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from pipelines import MemorySource
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from sync_world import World

from connectors.base import Cursor, Gone, Ref
from ingest.prepare import InProcess
from ingest.state import Base, Lease, LeaseHeldError, State, open_engine
from ingest.state.tables import LeaseRow
from ingest.sync import Progress
from ingest.sync.heartbeat import heartbeat
from ingest.sync.ports import Terms
from ingest.sync.run import Run

_PATIENCE_S = 30.0


class Crawling(MemorySource):
    """A source that asks a lot before it tells the first document."""

    seen = Event()

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        self.requests = 7
        assert self.seen.wait(_PATIENCE_S), "nobody showed that it goes on"
        yield from super().changes(cursor)


@dataclass
class Crawled:
    """A world whose source is silent, and its database."""

    world: World
    engine: Engine

    def row(self) -> LeaseRow:
        with Session(self.engine) as session:
            return session.scalars(select(LeaseRow)).one()

    def age(self, lease: Lease) -> None:
        """Let the lease be about to run out."""
        lease.renewed = datetime.now(UTC) - timedelta(hours=1)
        soon = datetime.now(UTC) + timedelta(minutes=1)
        with Session(self.engine) as session:
            session.execute(update(LeaseRow).values(expires=soon))
            session.commit()

    def run(self, lease: Lease, seen: Callable[[Progress], None]) -> Run:
        world = self.world
        terms = Terms(source="wiki", on_progress=seen)
        prepare = InProcess(world.pipeline, world.fingerprint)
        return Run(world.source, world.index, world.state, prepare, terms=terms, lease=lease)


@pytest.fixture
def crawled(tmp_path: Path) -> Crawled:
    engine = open_engine(f"sqlite:///{tmp_path / 'kurage.db'}")
    Base.metadata.create_all(engine)
    source = Crawling()
    source.seen = Event()
    source.put("p0", "text")
    return Crawled(World(source=source, state=State(engine)), engine)


def test_a_silent_listing_is_shown_to_go_on(crawled: Crawled) -> None:
    told: list[Progress] = []

    def seen(progress: Progress) -> None:
        told.append(progress)
        crawled.world.source.seen.set()

    assert crawled.world.sync(on_progress=seen).written == 1
    assert told[0] == Progress("list", 0, requests=7)


def test_a_silent_listing_keeps_its_lease(crawled: Crawled) -> None:
    """It is put off, as by a listing that tells one document after another."""
    with crawled.world.state.lease("sync of wiki", seconds=1_800) as lease:
        crawled.age(lease)
        ends: list[datetime] = []

        def seen(_: Progress) -> None:
            ends.append(crawled.row().expires.replace(tzinfo=UTC))
            crawled.world.source.seen.set()

        crawled.run(lease, seen).perform()
    assert ends[0] > datetime.now(UTC) + timedelta(minutes=20)


def test_who_lost_the_lease_meanwhile_writes_nothing(crawled: Crawled) -> None:
    """Two processes must not write one source."""
    with crawled.world.state.lease("sync of wiki", seconds=1_800) as lease:

        def stolen(_: Progress) -> None:
            crawled.age(lease)
            with Session(crawled.engine) as session:
                session.execute(update(LeaseRow).values(token="somebody-else"))
                session.commit()
            crawled.world.source.seen.set()

        with pytest.raises(LeaseHeldError):
            crawled.run(lease, stolen).perform()
    assert crawled.world.texts() == {}


def test_what_a_beat_raises_is_raised_when_the_work_is_over() -> None:
    done = Event()

    def beat() -> None:
        done.set()
        raise ValueError("no pulse")

    with pytest.raises(ValueError, match="no pulse"), heartbeat(beat, every=0.001):
        assert done.wait(_PATIENCE_S)


def test_what_the_work_raises_comes_first() -> None:
    done = Event()

    def beat() -> None:
        done.set()
        raise ValueError("no pulse")

    def work() -> None:
        with heartbeat(beat, every=0.001):
            assert done.wait(_PATIENCE_S)
            raise KeyError("work")

    with pytest.raises(KeyError):
        work()
