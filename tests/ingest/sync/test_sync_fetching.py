"""What is asked of a source is answered once each, kept, and never fetched twice without need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pipelines import MemorySource
from sync_world import BOARD, World

from connectors.base import ANYONE, Document, Ref, Unread


def test_a_source_that_gives_no_more_keeps_what_it_gave_and_says_so_in_one_line(
    world: World,
) -> None:
    for n in range(10):
        world.source.put(f"p{n}", f"news number{n}")
    world.source.remove("p9")
    world.source.away_after = 4
    report = world.sync()
    assert report.stopped == (
        "The credentials expired. What was read before is kept; the next run reads the rest."
    )
    assert (report.written, report.failed) == (4, [])
    assert sum(text.startswith("news") for text in world.texts().values()) == 4
    assert world.state.runs("wiki")[0].outcome == "failed"
    assert world.state.failures("wiki") == {}, "nothing is wrong with the documents"
    world.source.away_after = None
    world.source.fetched.clear()
    assert world.sync().stopped is None
    assert len(world.source.fetched) == 5
    assert world.texts() == world.shown()


def test_a_feed_whose_source_gives_no_more_is_read_again_from_the_same_place(world: World) -> None:
    world.source.feed = True
    world.sync()
    world.source.put("p1", "news")
    world.source.away_after = len(world.source.fetched)
    assert world.sync().stopped is not None
    world.source.away_after = None
    world.sync()
    assert world.source.listings[-2:] == ["10", "10"]
    assert world.texts() == world.shown()


def test_a_new_generation_is_not_served_with_a_part_of_a_source(world: World) -> None:
    """Searches would suddenly find a tenth of what they found before."""
    world.fingerprint = "2"
    world.index.documents.clear()
    world.source.away_after = 3
    report = world.sync()
    assert not report.published
    assert world.texts() == world.shown(), "the former generation is served still"
    world.source.away_after = None
    assert world.sync().published
    assert len(world.source.fetched) == 10, "and nothing was fetched twice"


class Unruly(MemorySource):
    """A source that answers what it likes."""

    def __init__(self, pages: dict[str, Any], answer: str) -> None:
        super().__init__(pages)
        self.answer = answer

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        answers = list(super().fetch_all(refs))
        if self.answer == "twice":
            return iter([*answers, *answers])
        if self.answer == "unasked":
            stranger = replace(refs[0], id="stranger")
            return iter([replace(answers[0], ref=stranger), *answers])
        return iter(answers[1:])


@pytest.mark.parametrize("answer", ["twice", "unasked"])
def test_what_nobody_asked_for_is_not_written(answer: str) -> None:
    world = World()
    world.source.put("a", "one")
    world.source.put("b", "two")
    world.source = Unruly(world.source.pages, answer)
    assert world.sync().written == 2
    assert world.texts() == world.shown()


def test_a_document_that_the_source_passes_over_is_a_failure_and_not_forgotten() -> None:
    """A feed would not name it again."""
    world = World()
    world.source.put("a", "one")
    world.source.put("b", "four")
    world.source = Unruly(world.source.pages, "less")
    assert world.sync().failed == [("b.txt", "the source gave no answer for it")]
    assert set(world.state.failures("wiki")) == {"b"}


def test_whoever_stops_in_the_middle_closes_the_iterator_of_the_source(world: World) -> None:
    closed = []

    class Watched(MemorySource):
        def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
            try:
                yield from super().fetch_all(refs)
            finally:
                closed.append(True)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    world.source = Watched(world.source.pages)
    world.source.put("p1", "news")
    with pytest.raises(KeyboardInterrupt):
        world.sync(on_progress=interrupt)
    assert closed == [True]


# What a run that died had fetched


@pytest.fixture
def died(tmp_path: Path) -> World:
    """A source of six documents after a first run that died with all of them fetched."""
    world = World(spool=tmp_path / "spool")
    for n in range(6):
        world.source.put(f"p{n}", f"page number{n}", BOARD if n == 5 else (frozenset({ANYONE}),))
    world.source.requests = 1
    world.die_after(6)
    assert len(world.source.fetched) == 6
    world.source.fetched.clear()
    return world


def test_what_a_run_that_died_had_fetched_is_not_fetched_again(died: World) -> None:
    assert died.sync().written == 6
    assert died.source.fetched == []
    assert died.texts() == died.shown()


def test_what_changed_since_is_fetched(died: World) -> None:
    died.source.put("p1", "changed")
    died.source.remove("p2")
    died.sync()
    assert died.source.fetched == ["p1"]
    assert died.texts() == died.shown()


def test_who_may_read_is_asked_again(died: World) -> None:
    died.source.pages["p1"].readers = BOARD
    died.source.pages["p5"].readers = (frozenset({ANYONE}),)
    died.sync()
    assert died.source.fetched == []
    assert died.found("number1", ANYONE) == set()
    assert died.found("number5", ANYONE) == {"p5"}


def test_where_readers_can_not_be_read_a_spooled_document_fails_as_any_other(died: World) -> None:
    died.source.pages["p1"].readers_readable = False
    assert died.sync().failed == [("p1.txt", "its permissions can not be read")]
    assert "p1" not in died.texts()


def test_after_a_run_nothing_is_left_on_the_disk(died: World) -> None:
    assert died.spool
    assert len(list(died.spool.rglob("*.document"))) == 6
    died.sync()
    assert list(died.spool.iterdir()) == []


def test_a_source_without_a_service_needs_no_spool(tmp_path: Path) -> None:
    class Folder(MemorySource):
        def fetch(self, ref: Ref) -> Document:
            document = super().fetch(ref)
            self.requests = 0
            return document

    world = World(Folder(), spool=tmp_path / "spool")
    world.source.put("a", "one")
    world.sync()
    assert not (tmp_path / "spool").exists()
