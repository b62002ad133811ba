"""A run tells what differs, document by document, what it asked of the source, and keeps counts."""

from __future__ import annotations

import pytest
from pipelines import MemorySource
from sync_world import BOARD, World

from ingest.sync import Change
from ingest.sync.report import CHANGES_TOLD, Report


def differ(world: World) -> None:
    world.source.put("p0", "changed")
    world.source.put("new", "new")
    world.source.remove("p1")
    world.source.pages["p2"].readers = BOARD


DIFFERENCES = {
    Change("write", "p0", "p0.txt"),
    Change("write", "new", "new.txt", new=True),
    Change("delete", "p1", "p1.txt"),
    Change("readers", "p2", "p2.txt"),
}


@pytest.mark.parametrize("dry_run", [True, False])
def test_every_difference_is_named(world: World, dry_run: bool) -> None:
    differ(world)
    report = world.sync(dry_run=dry_run)
    assert set(report.changes) == DIFFERENCES
    assert len(report.changes) == len(DIFFERENCES)


def test_after_a_run_there_is_no_difference(world: World) -> None:
    differ(world)
    world.sync()
    assert world.sync(dry_run=True).changes == []
    assert world.sync().changes == []


def test_a_document_whose_readers_change_too_is_named_once(world: World) -> None:
    world.source.put("p0", "changed", BOARD)
    assert world.sync(dry_run=True).changes == [Change("write", "p0", "p0.txt")]
    assert world.sync().changes == [Change("write", "p0", "p0.txt")]


def test_a_dry_run_tells_all_and_a_real_run_as_many_as_its_report_holds() -> None:
    world = World()
    for n in range(CHANGES_TOLD + 10):
        world.source.put(f"p{n}", "text")
    assert len(world.sync(dry_run=True).changes) == CHANGES_TOLD + 10
    report = world.sync()
    assert len(report.changes) == CHANGES_TOLD
    assert report.written == CHANGES_TOLD + 10


def test_the_log_of_runs_keeps_counts_and_a_part_of_long_lists(world: World) -> None:
    differ(world)
    world.source.put("p3", "bad luck")
    report = world.sync()
    run = world.state.runs("wiki")[0]
    assert (run.written, run.unchanged, run.deleted) == (2, 6, 1)
    assert (run.readers_updated, run.failed, run.requests) == (1, 1, report.requests)
    assert report.requests == 3
    assert run.report == report.to_dict()
    assert run.seconds is not None
    long = Report("wiki", failed=[("name", "reason")] * 3_000)
    assert len(long.to_dict(most=1_000)["failed"]) == 1_000
    assert len(long.to_dict()["failed"]) == 3_000


def test_a_run_that_failed_tells_its_requests(world: World) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    world.source.put("p0", "changed")
    with pytest.raises(KeyboardInterrupt):
        world.sync(on_progress=interrupt)
    assert world.state.runs("wiki")[0].requests == 1


def test_whom_to_ask_is_the_owner_of_the_source_where_a_document_names_nobody(
    world: World,
) -> None:
    world.source.put("p0", "changed")
    world.sync(owner="情報システム部")
    assert world.index.published["wiki", "p0"].document.owner == "情報システム部"


class Talkative(MemorySource):
    """A source that says what it left out."""

    def noticed(self) -> list[tuple[str, str]]:
        return [("/calendar/", f"a trap: {len(self.listings)} listings led into it")]


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_a_source_noticed_while_it_listed_is_told_once(dry_run: bool) -> None:
    world = World(source=Talkative())
    world.source.put("p0", "text")
    report = world.sync(dry_run=dry_run)
    assert report.warnings == [("/calendar/", "a trap: 1 listings led into it")]
