"""Only what is really gone leaves the index, and it can be put back for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from memory_index import MemoryIndex
from pipelines import MemorySource, vector
from sync_world import BOARD, World

from connectors.base import ANYONE, ConnectorError, Cursor, Gone, Ref
from ingest.chunk import Chunk
from ingest.encode import Encoding
from ingest.state import LeaseHeldError
from ingest.sync import put_back_restored, release, restore


class Forgetful(MemorySource):
    """A source whose listing leaves documents out that are there."""

    left_out: Collection[str] = ()

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        for change in super().changes(cursor):
            if not isinstance(change, Ref) or change.id not in self.left_out:
                yield change


@pytest.fixture
def forgetful(world: World) -> World:
    """The source of ten documents, which forgets some when it is listed."""
    world.source = Forgetful(world.source.pages)
    return world


# Confirmed


def test_what_a_listing_left_out_stays_and_is_remarked_once(forgetful: World) -> None:
    assert isinstance(forgetful.source, Forgetful)
    forgetful.source.left_out = {"p1", "p2"}
    forgetful.source.remove("p3")
    report = forgetful.sync()
    assert forgetful.source.asked_gone == [frozenset({"p1", "p2", "p3"})]
    assert report.deleted == 1
    assert forgetful.texts() == forgetful.shown()
    told = "2 documents were missing from the listing, and are still there: they stay as they are"
    assert report.warnings == [("wiki", told)]
    assert report.stopped is None


def test_the_guard_counts_only_what_is_confirmed_to_be_gone(forgetful: World) -> None:
    assert isinstance(forgetful.source, Forgetful)
    forgetful.source.left_out = {f"p{n}" for n in range(8)}
    report = forgetful.sync()
    assert (report.stopped, report.deleted) == (None, 0)
    assert forgetful.texts() == forgetful.shown()


def test_nothing_is_deleted_where_the_source_confirms_nothing(world: World) -> None:
    class Silent(MemorySource):
        def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
            raise ConnectorError("The credentials expired.")

    world.source = Silent(world.source.pages)
    world.source.remove("p1")
    report = world.sync()
    assert report.stopped is not None
    assert "The credentials expired. Nothing is deleted" in report.stopped
    assert "p1" in world.texts()


def test_what_a_feed_says_is_gone_needs_no_confirmation(world: World) -> None:
    world.source.feed = True
    world.sync()
    world.source.remove("p1")
    assert world.sync().deleted == 1
    assert world.source.asked_gone == []


def test_nobody_is_asked_where_nothing_is_missing(world: World) -> None:
    world.sync()
    assert world.source.asked_gone == []


# Put back


def encode(chunks: Sequence[Chunk]) -> list[Encoding]:
    return [{"words": vector(chunk.text)} for chunk in chunks]


def put_back(world: World, ids: Collection[str] | None = None) -> list[str]:
    return restore(world.index, world.state, encode, source="wiki", document_ids=ids)


@pytest.fixture
def cut(world: World) -> World:
    """The source after two documents were deleted, one of which the board could read."""
    world.source.pages["p1"].readers = BOARD
    world.sync()
    world.source.remove("p1")
    world.source.remove("p2")
    world.sync()
    return world


def test_a_tombstone_tells_what_is_gone(cut: World) -> None:
    stone = cut.state.tombstones("wiki")["p1"]
    assert (stone.title, stone.url) == ("p1.txt", "https://wiki.example/p1")
    assert stone.restorable
    assert stone.restored is None


def test_what_is_put_back_is_found_by_those_who_might_read_it(cut: World) -> None:
    assert put_back(cut) == ["p1", "p2"]
    assert cut.found("number1", "group:board") == {"p1"}
    assert cut.found("number1", ANYONE) == set()
    assert cut.found("number2", ANYONE) == {"p2"}


def test_only_what_is_asked_for_is_put_back(cut: World) -> None:
    assert put_back(cut, ["p2", "unknown"]) == ["p2"]
    assert "p1" not in cut.texts()
    assert put_back(cut, ["p2"]) == [], "it is back already"


@pytest.mark.parametrize("options", [{}, {"full": True}, {"only": "p2"}])
def test_syncs_leave_what_was_put_back(cut: World, options: dict[str, Any]) -> None:
    put_back(cut, ["p2"])
    report = cut.sync(**options)
    assert (report.deleted, report.stopped) == (0, None)
    assert cut.found("number2", ANYONE) == {"p2"}


def test_what_is_released_goes_with_the_next_listing_and_can_come_back_again(cut: World) -> None:
    put_back(cut)
    assert release(cut.state, source="wiki", document_ids=["p2", "unknown"]) == ["p2"]
    assert cut.sync().deleted == 1
    assert set(cut.texts()) - set(cut.shown()) == {"p1"}
    assert put_back(cut) == ["p2"]
    assert release(cut.state, source="wiki") == ["p1", "p2"]
    cut.sync()
    assert cut.texts() == cut.shown()


def test_what_the_source_lists_again_is_an_ordinary_document(cut: World) -> None:
    put_back(cut)
    cut.source.put("p2", "page number2 again")
    cut.sync()
    assert set(cut.state.tombstones("wiki")) == {"p1"}
    assert cut.texts()["p2"] == "page number2 again"
    cut.source.remove("p2")
    cut.sync()
    assert "p2" not in cut.texts()


def test_what_comes_back_unchanged_after_it_was_put_back_needs_no_fetching(cut: World) -> None:
    put_back(cut)
    cut.source.put("p2", "page number2")
    cut.source.fetched.clear()
    assert cut.sync().unchanged == 9
    assert cut.source.fetched == []
    assert set(cut.state.tombstones("wiki")) == {"p1"}


def test_content_is_kept_for_a_set_time(cut: World) -> None:
    cut.sync(keep_deleted=timedelta(days=30))
    assert cut.state.tombstones("wiki")["p1"].restorable
    cut.sync(keep_deleted=timedelta(0))
    assert not cut.state.tombstones("wiki")["p1"].restorable
    assert put_back(cut) == []


def test_where_nothing_is_to_be_kept_nothing_is(world: World) -> None:
    world.source.remove("p1")
    report = world.sync(keep_deleted=timedelta(0))
    stone = world.state.tombstones("wiki")["p1"]
    assert (stone.title, stone.restorable) == ("p1.txt", False)
    assert [change.name for change in report.changes] == ["p1.txt"]


def test_what_was_put_back_comes_along_into_a_new_generation(cut: World) -> None:
    class Words:
        fingerprint = "2"

        def encode_documents(self, chunks: Sequence[Chunk]) -> list[Encoding]:
            return encode(chunks)

    put_back(cut, ["p2"])
    cut.sync(keep_deleted=timedelta(0))  # a long time later
    cut.fingerprint = "2"
    cut.index.documents.clear()
    cut.sync()
    assert cut.found("number2", ANYONE) == set()
    made: Any = Words
    assert put_back_restored(cut.index, cut.state, made, source="wiki") == ["p2"]
    assert cut.found("number2", ANYONE) == {"p2"}
    assert put_back_restored(cut.index, cut.state, made, source="wiki") == []


def test_a_source_that_is_synced_right_now_is_not_restored(cut: World) -> None:
    with cut.state.lease("sync of wiki"), pytest.raises(LeaseHeldError):
        put_back(cut)


def test_a_run_that_died_over_a_deletion_leaves_nothing_in_between(world: World) -> None:
    """Neither a document that is buried and found, nor one that is neither."""

    class Killed(MemoryIndex):
        def delete(self, source: str, document_ids: Iterable[str]) -> None:
            raise KeyboardInterrupt

    world.source.remove("p1")
    world.source.remove("p2")
    world.index = Killed(world.index.documents, world.index.published)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    world.index = MemoryIndex(world.index.documents, world.index.published)
    world.source.put("p2", "page number2")
    world.sync()
    assert world.texts() == world.shown()
    assert set(world.state.tombstones("wiki")) == {"p1"}
    assert put_back(world) == ["p1"]
