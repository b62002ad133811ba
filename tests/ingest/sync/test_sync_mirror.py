"""After a sync the index holds what the source shows, whatever happened on the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pipelines import MemorySource, Page, words
from sync_world import World

from connectors.base import ANYONE
from ingest.prepare import InProcess, Job, Prepared
from ingest.sync import sync

# The mirror


def test_the_first_run_indexes_everything() -> None:
    world = World()
    world.source.put("a", "one\ntwo")
    world.source.put("b", "three")
    report = world.sync()
    assert world.texts() == {"a": "one\ntwo", "b": "three"}
    assert (report.written, report.chunks, report.bytes) == (2, 3, 12)
    assert report.failed == []
    assert report.stopped is None


def test_a_run_that_finds_nothing_changed_fetches_and_publishes_nothing(world: World) -> None:
    published = world.index.publications
    report = world.sync()
    assert (report.unchanged, report.written, report.deleted) == (10, 0, 0)
    assert world.source.fetched == []
    assert world.index.publications == published


def test_an_edited_document_replaces_its_old_text_and_nothing_else_is_fetched(world: World) -> None:
    world.source.put("p3", "quite new")
    report = world.sync()
    assert world.source.fetched == ["p3"]
    assert (report.unchanged, report.written) == (9, 1)
    assert world.texts() == world.shown()
    assert world.found("number3", ANYONE) == set()


def test_a_deleted_document_is_not_found_any_more_and_leaves_a_tombstone(world: World) -> None:
    world.source.remove("p3")
    report = world.sync()
    assert report.deleted == 1
    assert "p3" not in world.texts()
    assert set(world.state.tombstones("wiki")) == {"p3"}
    world.source.put("p3", "back again")
    world.sync()
    assert world.state.tombstones("wiki") == {}


def test_the_document_tells_better_than_its_source_when_it_was_updated(world: World) -> None:
    """A fresh clone makes every file new; front matter does not lie."""
    told = datetime(2024, 4, 1, tzinfo=UTC)

    def dated(job: Job) -> Prepared:
        prepared = words(job)
        return Prepared(
            prepared.title, prepared.chunks, prepared.encodings, updated=told, owner="総務部"
        )

    world.pipeline = dated
    world.source.put("p0", "dated")
    world.sync()
    stored = world.index.published["wiki", "p0"].document
    assert stored.updated == told
    assert stored.owner == "総務部"


def test_other_sources_of_the_same_index_stay(world: World) -> None:
    other = MemorySource({"p0": Page("another wiki")})
    prepare = InProcess(words, "1")
    sync(other, world.index, world.state, prepare, source="other")
    assert len(world.index.published) == 11
    del other.pages["p0"]
    other.pages["x"] = Page("something else")
    sync(other, world.index, world.state, prepare, source="other")
    assert ("other", "p0") not in world.index.published
    assert world.shown().items() <= world.texts().items()


def test_remarks_about_documents_that_were_read_in_part_are_reported(world: World) -> None:
    world.source.put("p1", "only half of it")
    assert world.sync().warnings == [("p1.txt", "it is half")]


# The guard


@pytest.mark.parametrize("seen", [0, 4])
def test_a_listing_that_breaks_off_deletes_nothing_and_its_news_are_indexed(
    world: World, seen: int
) -> None:
    world.source.put("p0", "news")
    world.source.breaks_after = seen
    report = world.sync(max_delete_share=1)
    assert report.stopped is not None
    assert report.stopped == "The source hung up. Nothing is deleted before a listing succeeds."
    assert len(world.texts()) == 10
    assert (world.texts()["p0"] == "news") is (seen > 0)
    assert world.state.runs("wiki")[0].outcome == "failed"
    world.source.breaks_after = None
    assert world.sync().stopped is None


def test_an_empty_listing_deletes_nothing_even_if_deleting_is_allowed(world: World) -> None:
    world.source.pages.clear()
    report = world.sync(max_delete_share=1)
    assert report.stopped is not None
    assert "no document at all" in report.stopped
    assert len(world.texts()) == 10


def test_a_run_that_would_delete_too_much_says_how_to_go_on_and_does_the_rest(
    world: World,
) -> None:
    for n in range(2, 8):
        world.source.remove(f"p{n}")
    world.source.put("p0", "news")
    report = world.sync()
    assert report.stopped is not None
    assert "6 of 10 documents" in report.stopped
    assert "--allow-delete" in report.stopped
    assert report.deleted == 0
    assert len(world.texts()) == 10
    assert world.texts()["p0"] == "news"
    allowed = world.sync(max_delete_share=1)
    assert allowed.stopped is None
    assert allowed.deleted == 6
    assert world.texts() == world.shown()


def test_a_handful_may_always_be_deleted(world: World) -> None:
    """In a folder of ten files a share of 20 % would stop at the third."""
    for n in range(5):
        world.source.remove(f"p{n}")
    assert world.sync().deleted == 5
