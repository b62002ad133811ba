"""A service is asked a little ahead of the pipeline: never far, never again, and not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pipelines import MemorySource

from connectors.base import ConnectorError, Document, Ref, Unread
from ingest.sync.ahead import FEWEST, MOST, ahead
from ingest.sync.spool import Spool


class Service(MemorySource):
    """A site that notes how many documents it is asked for at a time, and may be slow."""

    def __init__(self, pages: int, *, seconds: float = 0, size: int = 10) -> None:
        super().__init__()
        self.seconds = seconds
        self.parts: list[int] = []
        self.closed = 0
        for number in range(pages):
            self.put(f"p{number}", "x" * size)

    def refs(self) -> list[Ref]:
        return [self.ref(identity) for identity in self.pages]

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        self.parts.append(len(refs))
        time.sleep(self.seconds)
        try:
            yield from super().fetch_all(refs)
        finally:
            self.closed += 1


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """A spool with room."""
    return Spool(tmp_path, "wiki")


def settled(service: Service) -> int:
    """Return how many documents were fetched once nothing more is."""
    before = -1
    while before != len(service.fetched):
        before = len(service.fetched)
        time.sleep(0.1)
    return before


def test_everything_is_answered_once_and_is_on_disk_before_it_is_taken(spool: Spool) -> None:
    service = Service(120)
    service.pages["p7"].fetchable = False
    answers = {}
    for answer in ahead(service, service.refs(), spool):
        answers[answer.ref.id] = answer
        if isinstance(answer, Document):
            assert spool.take(answer.ref) == replace(answer, readers=())
    assert answers.keys() == service.pages.keys()
    assert isinstance(answers["p7"], Unread)
    assert len(service.fetched) == 120
    assert answers["p3"] == service.fetch(service.ref("p3"))


def test_a_source_that_is_faster_than_the_pipeline_is_asked_for_little_at_a_time(
    spool: Spool,
) -> None:
    service = Service(10 * FEWEST)
    answers = ahead(service, service.refs(), spool)
    next(answers)
    assert settled(service) <= 2 * FEWEST
    for taken, _ in enumerate(answers, start=2):
        assert len(service.fetched) <= taken + 2 * FEWEST
    assert set(service.parts) == {FEWEST}


def test_a_source_that_is_slow_is_asked_for_more_and_more_at_once(spool: Spool) -> None:
    service = Service(2_000, seconds=0.3)
    assert len(list(ahead(service, service.refs(), spool))) == 2_000
    assert max(service.parts) == MOST
    assert service.parts[0] == FEWEST


def test_large_documents_wait_on_disk_and_come_back_whole(tmp_path: Path) -> None:
    service = Service(4, size=3_000_000)
    answers = list(ahead(service, service.refs(), Spool(tmp_path, "wiki")))
    assert answers == [service.fetch(ref) for ref in service.refs()]


def test_without_room_on_disk_few_large_documents_wait_in_memory(tmp_path: Path) -> None:
    service = Service(20, size=30_000_000)
    answers = ahead(service, service.refs(), Spool(tmp_path, "wiki", reserve=1 << 60))
    next(answers)
    assert settled(service) <= 5
    answers.close()


def test_what_came_before_an_error_is_given_first(spool: Spool) -> None:
    service = Service(100)
    service.away_after = 40
    taken: list[str] = []

    def take_all() -> None:
        taken.extend(answer.ref.id for answer in ahead(service, service.refs(), spool))

    with pytest.raises(ConnectorError, match="The credentials expired"):
        take_all()
    assert taken == [f"p{number}" for number in range(40)]


def test_whoever_stops_early_ends_the_thread_and_closes_the_iterator(spool: Spool) -> None:
    service = Service(1_000)
    answers = ahead(service, service.refs(), spool)
    next(answers)
    answers.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "fetch ahead"]
    assert service.closed == len(service.parts)
    assert len(service.fetched) <= 3 * FEWEST
