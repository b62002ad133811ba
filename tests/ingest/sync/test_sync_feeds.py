"""A feed of changes is read from where it stood, and everything is listed where that is unsafe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from memory_index import MemoryIndex
from sync_world import World

from ingest.index import SearchIndexError


@pytest.fixture
def feed(world: World) -> World:
    """The same source with a change feed, synced."""
    world.source.feed = True
    world.sync()
    world.source.listings.clear()
    return world


def test_a_feed_is_read_from_where_it_stood(feed: World) -> None:
    feed.source.put("p1", "news")
    feed.source.remove("p2")
    feed.source.put("p99", "new")
    report = feed.sync()
    assert not report.full
    assert (report.written, report.deleted) == (2, 1)
    assert feed.texts() == feed.shown()
    feed.sync()
    assert feed.source.listings == ["10", "13"]


def test_a_cursor_is_saved_only_after_what_it_covers_is_published(feed: World) -> None:
    class Full(MemoryIndex):
        def publish(self) -> None:
            raise SearchIndexError("no space left on the disk")

    feed.source.put("p1", "news")
    feed.index = Full(feed.index.documents, feed.index.published)
    with pytest.raises(SearchIndexError, match="no space"):
        feed.sync()
    feed.index = MemoryIndex(dict(feed.index.published), feed.index.published)
    assert feed.sync().written == 1
    assert feed.source.listings == ["10", "10"]
    assert feed.texts() == feed.shown()


@pytest.mark.parametrize(
    "reason", ["a day has passed", "another pipeline", "asked for", "the index is empty"]
)
def test_everything_is_listed_again_when(feed: World, reason: str) -> None:
    """A feed may have lost something; a full listing is the truth."""
    options = {}
    if reason == "a day has passed":
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        feed.state.save_feed("wiki", cursor="10", fingerprint="1", listed=long_ago)
    elif reason == "another pipeline":
        feed.fingerprint = "2"
    elif reason == "asked for":
        options = {"full": True}
    else:
        feed.index = MemoryIndex()
    assert feed.sync(**options).full
    assert feed.source.listings == [None]
    assert feed.texts() == feed.shown()


def test_a_feed_that_breaks_off_is_read_again_from_the_same_place(feed: World) -> None:
    feed.source.put("p1", "news")
    feed.source.put("p2", "more news")
    feed.source.breaks_after = 1
    assert feed.sync().stopped is not None
    assert feed.texts()["p1"] == "news"
    feed.source.breaks_after = None
    assert feed.sync().written == 1
    assert feed.source.listings == ["10", "10"]
    assert feed.texts() == feed.shown()


def test_a_feed_that_would_delete_too_much_is_read_again_when_it_may(feed: World) -> None:
    for n in range(6):
        feed.source.remove(f"p{n}")
    assert feed.sync().stopped is not None
    assert feed.sync(max_delete_share=1).deleted == 6
    assert feed.texts() == feed.shown()


def test_what_failed_is_tried_again_although_it_is_no_news_to_the_feed(feed: World) -> None:
    feed.source.put("p1", "news")
    feed.source.pages["p1"].fetchable = False
    feed.sync()
    feed.source.pages["p1"].fetchable = True
    feed.let_pauses_pass()
    report = feed.sync()
    assert not report.full
    assert report.failed == []
    assert feed.state.failures("wiki") == {}
    assert feed.texts() == feed.shown()


def test_what_failed_although_the_index_has_it_is_forgotten(feed: World) -> None:
    """As one that was asked for by hand while its source gave nothing."""
    feed.source.pages["p1"].fetchable = False
    assert feed.sync(only="p1").failed == [("p1.txt", "it was removed while it was read")]
    assert feed.sync().failed == []
    assert feed.state.failures("wiki") == {}
