"""Who may read a document follows its source, and nobody may where that is not known."""

from __future__ import annotations

from memory_index import MemoryIndex
from sync_world import BOARD, World, new_state

from connectors.base import ANYONE, Group
from ingest.state import ADMINISTRATOR


def test_readers_alone_are_updated_without_fetching(world: World) -> None:
    world.source.pages["p1"].readers = BOARD
    report = world.sync()
    assert (report.readers_updated, report.written, report.unchanged) == (1, 0, 9)
    assert world.source.fetched == []
    assert world.found("number1", ANYONE) == set()
    assert world.found("number1", "group:board") == {"p1"}


def test_where_readers_can_not_be_read_nobody_may_until_they_can(world: World) -> None:
    world.source.pages["p1"].readers_readable = False
    for _ in range(2):  # and it is told every time
        report = world.sync()
        assert report.failed == [("p1.txt", "its permissions can not be read")]
        assert world.found("number1", ANYONE) == set()
        assert world.found("number1", ADMINISTRATOR) == {"p1"}
    world.source.pages["p1"].readers_readable = True
    assert world.sync().failed == []
    assert world.found("number1", ANYONE) == {"p1"}


def test_readers_that_could_not_be_read_are_asked_for_again_although_a_feed_has_no_news(
    world: World,
) -> None:
    world.source.feed = True
    world.sync()
    world.source.put("p1", "page number1")
    world.source.pages["p1"].readers_readable = False
    world.sync()
    assert set(world.state.failures("wiki")) == {"p1"}
    assert world.found("number1", ANYONE) == set()
    world.source.pages["p1"].readers_readable = True
    report = world.sync()
    assert (report.full, report.failed) == (False, [])
    assert world.source.fetched == []
    assert world.found("number1", ANYONE) == {"p1"}
    assert world.state.failures("wiki") == {}


def test_a_changed_document_whose_readers_can_not_be_read_is_hidden_with_its_old_text(
    world: World,
) -> None:
    world.source.put("p1", "changed")
    world.source.pages["p1"].readers_readable = False
    assert world.sync().failed == [("p1.txt", "its permissions can not be read")]
    assert world.found("number1", ANYONE) == set()
    assert world.found("changed", ANYONE) == set()


def test_readers_change_although_the_new_text_can_not_be_read(world: World) -> None:
    """A restriction must not wait until somebody repairs the file."""
    world.source.put("p1", "bad file", BOARD)
    report = world.sync()
    assert report.failed == [("p1.txt", "it is bad file")]
    assert world.found("number1", ANYONE) == set()
    assert world.found("number1", ANYONE, "group:board") == {"p1"}


def test_an_old_text_is_not_opened_with_the_new_one_that_can_not_be_read(world: World) -> None:
    """What was taken out of a page may be the reason why more people may now read it."""
    world.source.put("p1", "salaries of number1", BOARD)
    world.sync()
    world.source.put("p1", "bad file")
    for _ in range(2):
        assert world.sync().failed == [("p1.txt", "it is bad file")]
        assert world.found("salaries", ANYONE) == set()
        assert world.found("salaries", ANYONE, "group:board") == {"p1"}
    world.source.put("p1", "nothing secret")
    world.sync()
    assert world.found("secret", ANYONE) == {"p1"}
    assert world.found("salaries", ANYONE, "group:board") == set()


def test_an_old_text_is_never_opened_before_the_new_one_is_written(world: World) -> None:
    """Where an index is written while it is read, somebody may search in between."""
    seen: list[int] = []

    class Watched(MemoryIndex):
        def set_readers(
            self, source: str, document_id: str, readers: int, readers_version: str
        ) -> None:
            seen.append(readers)
            super().set_readers(source, document_id, readers, readers_version)

    world.index = Watched(world.index.documents, world.index.published)
    world.source.put("p1", "salaries of number1", BOARD)
    world.sync()
    world.source.put("p1", "nothing secret")
    world.sync()
    everyone = world.state.reader_set_ids({ANYONE})
    assert seen
    assert everyone.isdisjoint(seen)
    assert world.found("secret", ANYONE) == {"p1"}


def test_beside_a_lost_database_nobody_reads_until_the_next_sync_asks_again(world: World) -> None:
    world.state = new_state()
    assert world.found("number1", ANYONE) == set()
    report = world.sync()
    assert world.source.fetched == []
    assert report.written == 0
    assert world.found("number1", ANYONE) == {"p1"}


def test_groups_are_taken_over(world: World) -> None:
    world.source.member_groups = (Group("group:board", frozenset({"user:sato"})),)
    world.sync()
    assert world.state.groups_of({"user:sato"}) == {"user:sato", "group:board"}
