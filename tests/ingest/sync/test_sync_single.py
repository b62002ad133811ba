"""One document can be synced by its address or id, and nothing else is touched."""

from __future__ import annotations

import pytest
from pipelines import MemorySource
from sync_world import BOARD, World

from connectors.base import ANYONE, ConnectorError, Ref
from ingest.state import Feed
from ingest.sync import SyncError


@pytest.fixture
def edited(world: World) -> World:
    """The source, in which everything changed and two documents are gone."""
    for n in range(8):
        world.source.put(f"p{n}", f"news number{n}")
    world.source.remove("p8")
    world.source.remove("p9")
    return world


def feed(world: World) -> Feed:
    return world.state.feed("wiki")


@pytest.mark.parametrize("asked", ["p1", "https://wiki.example/p1"])
def test_one_document_is_written_and_nothing_else_is_touched(edited: World, asked: str) -> None:
    before, others = feed(edited), edited.texts() | {"p1": "news number1"}
    report = edited.sync(only=asked)
    assert (report.written, report.deleted, report.unchanged, report.only) == (1, 0, 0, asked)
    assert edited.source.fetched == ["p1"]
    assert edited.source.listings == []
    assert edited.texts() == others
    assert feed(edited) == before
    assert edited.state.runs("wiki")[0].written == 1


def test_it_is_written_although_it_did_not_change(world: World) -> None:
    assert world.sync(only="p1").written == 1
    assert world.source.fetched == ["p1"]


def test_one_that_is_new_is_written(world: World) -> None:
    world.source.put("new", "quite new")
    (change,) = world.sync(only="new").changes
    assert change.new
    assert world.texts()["new"] == "quite new"


@pytest.mark.parametrize("asked", ["p9", "https://wiki.example/p9", "https://wiki.example/p9?x=1"])
def test_one_that_is_gone_is_deleted(edited: World, asked: str) -> None:
    report = edited.sync(only=asked)
    assert (report.written, report.deleted) == (0, 1)
    assert "p8" in edited.texts()
    assert "p9" not in edited.texts()
    assert set(edited.state.tombstones("wiki")) == {"p9"}


def test_one_that_is_there_and_not_found_by_its_id_is_fetched(world: World) -> None:
    """A source may know its documents by addresses only."""

    class Addressed(MemorySource):
        def find(self, url: str) -> Ref | None:
            return None

    world.source = Addressed(world.source.pages)
    world.source.put("p1", "news")
    assert world.sync(only="p1").written == 1
    assert world.texts()["p1"] == "news"


def test_who_may_read_it_changes_with_it(world: World) -> None:
    world.source.put("p1", "news number1", BOARD)
    world.sync(only="p1")
    assert world.found("number1", ANYONE) == set()
    assert world.found("number1", "group:board") == {"p1"}


def test_one_that_can_not_be_read_is_reported_and_stays(world: World) -> None:
    world.source.put("p1", "bad luck")
    assert world.sync(only="p1").failed == [("p1.txt", "it is bad luck")]
    assert world.texts()["p1"] == "page number1"
    assert set(world.state.failures("wiki")) == {"p1"}
    world.source.put("p1", "good")
    assert world.sync(only="p1").failed == []
    assert world.state.failures("wiki") == {}


def test_failures_of_others_are_left_alone(world: World) -> None:
    world.source.put("p1", "bad luck")
    world.sync()
    assert world.sync(only="p2").failed == []
    assert set(world.state.failures("wiki")) == {"p1"}


def test_one_that_failed_can_be_asked_for_by_its_id(world: World) -> None:
    class Addressed(MemorySource):
        def find(self, url: str) -> Ref | None:
            return None

    world.source = Addressed(world.source.pages)
    world.source.put("new", "bad luck")
    world.sync()
    world.source.put("new", "good")
    assert world.sync(only="new").written == 1


@pytest.mark.parametrize("asked", ["p99", "https://wiki.example/p99", "https://elsewhere/p1x", ""])
def test_what_the_source_never_had_is_an_error_that_says_so(world: World, asked: str) -> None:
    with pytest.raises(SyncError, match="wiki has no document"):
        world.sync(only=asked)
    assert world.texts() == world.shown()


def test_a_source_that_does_not_answer_is_an_error_that_says_so(world: World) -> None:
    class Away(MemorySource):
        def find(self, url: str) -> Ref | None:
            raise ConnectorError("The credentials expired.")

    world.source = Away(world.source.pages)
    with pytest.raises(SyncError, match="The credentials expired"):
        world.sync(only="p1")
    assert world.state.runs("wiki")[0].outcome == "failed"


def test_a_dry_run_tells_what_would_become_of_it(edited: World) -> None:
    assert [c.action for c in edited.sync(only="p1", dry_run=True).changes] == ["write"]
    assert [c.action for c in edited.sync(only="p9", dry_run=True).changes] == ["delete"]
    assert edited.source.fetched == []
    assert len(edited.texts()) == 10


def test_an_index_that_is_to_be_built_anew_is_not_begun_with_one_document(world: World) -> None:
    """It would be served in place of the whole."""
    world.fingerprint = "2"
    world.index.documents.clear()
    with pytest.raises(SyncError, match="run `kurage ingest wiki` first"):
        world.sync(only="p1")
    assert world.texts() == world.shown()
