"""After a sync the index holds what the source shows, whatever happened on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_index import MemoryIndex
from pipelines import MemorySource, Page, words
from sync_world import BOARD, World

from connectors.base import ANYONE, READABLE_BY_ANYONE, Readers
from ingest.index import SearchIndexError
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


# Whatever happens


names = st.sampled_from(["a", "b", "c", "d", "e", "f"])
texts = st.sampled_from(["one", "two words", "three\nlines\nhere", "bad luck", "half done"])
audiences = st.sampled_from([READABLE_BY_ANYONE, BOARD, (frozenset({"user:a"}), *BOARD), ()])
steps = st.one_of(
    st.tuples(st.just("put"), names, texts, audiences),
    st.tuples(st.just("remove"), names),
    st.tuples(st.just("move"), names, names),
    st.tuples(st.just("restrict"), names, audiences),
    st.tuples(st.just("sync"), st.none() | st.integers(0, 12), st.booleans()),
)


class Failing(MemoryIndex):
    """An index whose disk is full after so many writes."""

    left: int | None = None

    def _write(self) -> None:
        if self.left == 0:
            raise SearchIndexError("no space left on the disk")
        if self.left is not None:
            self.left -= 1

    def replace(self, *arguments: Any) -> None:
        self._write()
        super().replace(*arguments)

    def delete(self, *arguments: Any) -> None:
        self._write()
        super().delete(*arguments)

    def set_readers(self, *arguments: Any) -> None:
        self._write()
        super().set_readers(*arguments)

    def publish(self) -> None:
        self._write()
        super().publish()


def take(world: World, step: tuple[Any, ...]) -> None:
    match step:
        case ("put", name, text, readers):
            world.source.put(name, text, readers)
        case ("remove", name) if name in world.source.pages:
            world.source.remove(name)
        case ("move", old, new) if old in world.source.pages and old != new:
            page = world.source.pages[old]
            world.source.remove(old)
            world.source.put(new, page.text, page.readers)
        case ("restrict", name, readers) if name in world.source.pages:
            world.source.put(name, world.source.pages[name].text, readers)
        case ("sync", limit, saved):
            assert isinstance(world.index, Failing)
            world.index.left = limit
            try:
                world.sync()
            except SearchIndexError:
                world.index.crash(saved=saved)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25), st.booleans())
def test_after_a_sync_the_index_equals_the_source(
    history: list[tuple[Any, ...]], with_feed: bool
) -> None:
    """Through any edits, moves, deletions, changes of readers, and runs that died anywhere."""
    world = World(MemorySource(feed=with_feed), Failing())
    for step in history:
        take(world, step)
    world.source.put("stays", "always here")
    take(world, ("sync", None, False))
    readable = {name: text for name, text in world.shown().items() if "bad" not in text}
    indexed = world.texts()
    assert {name: indexed[name] for name in readable} == readable
    for name in indexed.keys() - readable.keys():
        assert "bad" in world.source.pages[name].text, "gone from the source, still indexed"
    for name, page in world.source.pages.items():
        if name in indexed:
            stored = world.index.published["wiki", name].document
            readers = world.state.reader_sets()[stored.readers]
            if name in readable:
                assert readers in (page.readers, _sorted(page))
            else:
                # An old text stays behind a bad new one: for those who may read both.
                assert set(page.readers) <= set(readers)
    known = {*world.state.failures("wiki")}
    assert known == {name for name, page in world.source.pages.items() if "bad" in page.text}


def _sorted(page: Page) -> Readers:
    return tuple(frozenset(layer) for layer in sorted(map(sorted, page.readers)))
