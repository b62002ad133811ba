"""A document that can not be read is named with its reason, tried again in time, and alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pipelines import MemorySource, words
from sync_world import BOARD, World

from connectors.base import Document
from ingest.prepare import InProcess, Job, Prepared, Unprepared
from ingest.sync import sync
from ingest.sync.failing import next_attempt


def test_a_bad_document_is_named_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    world.source.put("p1", "bad luck")
    world.source.put("p2", "new text")
    report = world.sync()
    assert report.failed == [("p1.txt", "it is bad luck")]
    assert world.texts()["p2"] == "new text"
    assert world.texts()["p1"] == "page number1", "what was indexed is not lost"


def test_a_bad_document_is_told_in_every_run_and_tried_when_it_changes(world: World) -> None:
    tried: list[str] = []

    def counting(job: Job) -> Prepared:
        tried.append(job.name)
        return words(job)

    world.pipeline = counting
    world.source.put("p1", "bad luck")
    for _ in range(3):
        assert world.sync().failed == [("p1.txt", "it is bad luck")]
    assert tried == ["p1.txt"]
    world.sync(full=True)
    assert tried == ["p1.txt"] * 2
    world.fingerprint = "2"
    world.sync()
    assert tried == ["p1.txt"] * 3
    world.source.put("p1", "good again")
    assert world.sync().failed == []
    assert world.texts()["p1"] == "good again"
    assert world.state.failures("wiki") == {}


def test_a_bad_document_that_is_restored_is_forgotten(world: World) -> None:
    world.source.put("p1", "bad luck")
    world.sync()
    world.source.put("p1", "page number1")
    assert world.sync().failed == []
    assert world.state.failures("wiki") == {}


def test_a_bad_document_that_is_gone_is_forgotten(world: World) -> None:
    world.source.put("new", "bad luck")
    world.sync()
    world.source.remove("new")
    assert world.sync().failed == []
    assert world.state.failures("wiki") == {}


def test_a_document_that_brings_its_reader_down_is_tried_three_times(world: World) -> None:
    tried = 0

    class Falling(InProcess):
        def __call__(
            self, documents: Iterable[Document], *, expected: int
        ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
            nonlocal tried
            for document in documents:
                tried += 1
                yield document, Unprepared("it took too long", lasting=False)

    world.source.put("p1", "heavy")
    for _ in range(5):
        prepare = Falling(words, "1")
        report = sync(world.source, world.index, world.state, prepare, source="wiki")
        assert report.failed == [("p1.txt", "it took too long")]
        world.let_pauses_pass()
    assert tried == 3


def test_a_document_that_can_not_be_fetched_is_tried_after_a_pause_and_told_every_time(
    world: World,
) -> None:
    world.source.put("p1", "secret")
    world.source.pages["p1"].fetchable = False
    for _ in range(5):
        assert world.sync().failed == [("p1.txt", "it was removed while it was read")]
    assert world.source.fetched == ["p1"]
    world.let_pauses_pass()
    assert world.sync().failed == [("p1.txt", "it was removed while it was read")]
    assert world.source.fetched == ["p1"] * 2
    assert world.state.failures("wiki")["p1"].attempts == 2
    world.let_pauses_pass()
    world.source.pages["p1"].fetchable = True
    assert world.sync().failed == []
    assert world.texts()["p1"] == "secret"


def test_pauses_between_attempts_double_from_five_minutes_to_a_day() -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    pauses = [(next_attempt(attempts, now) - now) for attempts in (1, 2, 3, 9, 10, 1_000)]
    minutes = [pause.total_seconds() / 60 for pause in pauses]
    assert minutes == [5, 10, 20, 1_280, 1_440, 1_440]


@pytest.mark.parametrize("what", ["changed", "opened to others", "asked for", "all of it"])
def test_a_pause_is_over_at_once_when(world: World, what: str) -> None:
    world.source.put("p1", "secret")
    world.source.pages["p1"].fetchable = False
    world.sync()
    world.source.pages["p1"].fetchable = True
    options: dict[str, Any] = {}
    if what == "changed":
        world.source.put("p1", "other secret")
    elif what == "opened to others":
        world.source.pages["p1"].readers = BOARD
    else:
        options = {"only": "p1"} if what == "asked for" else {"full": True}
    assert world.sync(**options).failed == []
    assert world.texts() == world.shown()
    assert world.state.failures("wiki") == {}


def test_two_documents_under_one_id_are_told(world: World) -> None:
    class Twins(MemorySource):
        def changes(self, cursor: object) -> Iterator[Any]:
            for identity in self.pages:
                yield self.ref(identity)
            yield replace(self.ref("p1"), name="P1.txt", version="other")

    world.source = Twins(world.source.pages)
    assert world.sync().failed == [("P1.txt", "its id is the same as that of p1.txt; rename one")]
    assert world.texts() == world.shown()


def test_a_document_that_a_paged_listing_shows_twice_is_one(world: World) -> None:
    class Paged(MemorySource):
        def changes(self, cursor: object) -> Iterator[Any]:
            yield self.ref("p1")
            yield from super().changes(None)

    world.source = Paged(world.source.pages)
    report = world.sync()
    assert report.failed == []
    assert report.unchanged == 10
