"""How a run goes: tried dry, alone, with progress, interrupted, killed, reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from memory_index import MemoryIndex
from pipelines import words
from sync_world import BOARD, World

from connectors.base import Document
from ingest.prepare import InProcess, Prepared, PrepareError, Unprepared
from ingest.state import LeaseHeldError, reader_set_id
from ingest.sync import Progress, SyncError, sync


def test_a_dry_run_tells_what_would_happen_and_touches_nothing(world: World) -> None:
    world.source.put("p0", "twelve bytes")
    world.source.put("new", "four")
    world.source.remove("p1")
    world.source.pages["p2"].readers = BOARD
    before = world.texts()
    runs = len(world.state.runs())
    report = world.sync(dry_run=True)
    assert (report.written, report.deleted, report.readers_updated) == (2, 1, 1)
    assert (report.unchanged, report.bytes, report.dry_run) == (7, 16, True)
    assert world.source.fetched == []
    assert world.texts() == before
    assert len(world.state.runs()) == runs
    assert reader_set_id(BOARD) not in world.state.reader_sets()
    real = world.sync()
    assert (real.written, real.deleted, real.readers_updated, real.unchanged) == (2, 1, 1, 7)


def test_a_source_is_synced_by_one_process_at_a_time(world: World) -> None:
    with world.state.lease("sync of wiki"), pytest.raises(LeaseHeldError, match="running already"):
        world.sync()


def test_progress_counts_up_to_the_total_in_documents_and_bytes() -> None:
    world = World()
    for n in range(4):
        world.source.put(f"p{n}", "x" * (n + 1))
    world.source.put("gone", "y" * 9)
    world.source.pages["gone"].fetchable = False
    seen: list[Progress] = []
    world.sync(on_progress=seen.append)
    read = [progress for progress in seen if progress.stage == "read"]
    assert [progress.done for progress in read] == [2, 3, 4, 5]
    assert {progress.total for progress in read} == {5}
    assert (read[-1].bytes_done, read[-1].bytes_total) == (10, 19)


def test_an_interrupted_run_is_recorded_and_the_next_one_completes_it(world: World) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    world.source.put("p0", "news")
    with pytest.raises(KeyboardInterrupt):
        world.sync(on_progress=interrupt)
    assert world.state.runs("wiki")[0].outcome == "interrupted"
    assert world.texts()["p0"] == "page number0"
    world.index.crash()
    world.sync()
    assert world.texts() == world.shown()


def test_what_a_killed_run_had_written_is_published_by_the_next_one(world: World) -> None:
    """Although that one finds nothing left to write."""
    world.source.put("p0", "news")

    class Killed(MemoryIndex):
        def publish(self) -> None:
            raise KeyboardInterrupt

    world.index = Killed(world.index.documents, world.index.published)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    world.index = MemoryIndex(world.index.documents, world.index.published)
    assert world.sync().written == 0
    assert world.texts() == world.shown()


def test_the_sources_that_a_new_generation_lacks_are_told(world: World) -> None:
    world.index.waits_for = ("handbook",)
    assert world.sync().waits_for == ["handbook"]


def test_where_no_document_can_be_prepared_the_run_ends_with_the_cause(world: World) -> None:
    class Broken(InProcess):
        def __call__(
            self, documents: Iterable[Document], *, expected: int
        ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
            raise PrepareError("the dictionary is missing")

    world.source.put("p0", "news")
    with pytest.raises(SyncError, match="the dictionary is missing"):
        sync(world.source, world.index, world.state, Broken(words, "1"), source="wiki")
    assert world.state.runs("wiki")[0].error == "the dictionary is missing"


def test_the_report_reads_the_same_as_json(world: World) -> None:
    world.source.put("p1", "bad luck")
    report = world.sync()
    told = report.to_dict()
    assert told["failed"] == [{"name": "p1.txt", "reason": "it is bad luck"}]
    assert told["unchanged"] == 9
    assert world.state.runs("wiki")[0].report == told
