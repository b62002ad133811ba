"""Through any history of edits, trouble and death, the next sync ends with the source's mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from memory_index import MemoryIndex
from pipelines import MemorySource, Page
from sync_world import BOARD, World

from connectors.base import READABLE_BY_ANYONE, Cursor, Gone, Readers, Ref
from ingest.index import SearchIndexError
from ingest.sync import Progress


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in one sync."""

    writes: int | None = None
    """The disk of the index is full after so many."""
    saved: bool = False
    """Whether an index that fails has saved its work."""
    fetches: int | None = None
    """The source refuses everything after so many."""
    dies: int | None = None
    """The process is ended when so many documents have been read."""
    left_out: frozenset[str] = frozenset()
    """What the listing forgets."""


few = st.none() | st.integers(0, 8)
names = st.sampled_from(["a", "b", "c", "d", "e", "f"])
texts = st.sampled_from(["one", "two words", "three\nlines\nhere", "bad luck", "half done"])
audiences = st.sampled_from([READABLE_BY_ANYONE, BOARD, (frozenset({"user:a"}), *BOARD), ()])
troubles = st.builds(
    Trouble,
    writes=few,
    saved=st.booleans(),
    fetches=few,
    dies=few,
    left_out=st.frozensets(names, max_size=2),
)
steps = st.one_of(
    st.tuples(st.just("put"), names, texts, audiences),
    st.tuples(st.just("remove"), names),
    st.tuples(st.just("move"), names, names),
    st.tuples(st.just("restrict"), names, audiences),
    st.tuples(st.just("hide"), names, st.booleans()),
    st.tuples(st.just("sync"), troubles | st.just(Trouble())),
    st.tuples(st.just("only"), names),
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


class Forgetful(MemorySource):
    """A source whose listing may leave out what is there."""

    left_out: Collection[str] = ()

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        for change in super().changes(cursor):
            if cursor or not isinstance(change, Ref) or change.id not in self.left_out:
                yield change


def take(world: World, step: tuple[Any, ...]) -> None:
    pages = world.source.pages
    match step:
        case ("put", name, text, readers):
            world.source.put(name, text, readers)
        case ("remove", name) if name in pages:
            world.source.remove(name)
        case ("move", old, new) if old in pages and old != new:
            page = pages[old]
            world.source.remove(old)
            world.source.put(new, page.text, page.readers)
        case ("restrict", name, readers) if name in pages:
            world.source.put(name, pages[name].text, readers)
        case ("hide", name, hidden) if name in pages:
            pages[name].fetchable = not hidden
        case ("sync", trouble):
            sync_in(world, trouble)
        case ("only", name) if name in pages:
            world.sync(only=name)


def sync_in(world: World, trouble: Trouble) -> None:
    """Sync while things go wrong."""

    def die(progress: Progress) -> None:
        if progress.stage == "read" and progress.done == trouble.dies:
            raise KeyboardInterrupt

    source, index = world.source, world.index
    assert isinstance(source, Forgetful)
    assert isinstance(index, Failing)
    source.left_out = trouble.left_out
    source.away_after = None if trouble.fetches is None else len(source.fetched) + trouble.fetches
    index.left = trouble.writes
    try:
        world.sync(on_progress=die)
    except (SearchIndexError, KeyboardInterrupt):
        index.crash(saved=trouble.saved)
    finally:
        source.left_out, source.away_after, index.left = (), None, None


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=25), st.booleans())
def test_after_a_sync_the_index_equals_the_source(
    history: list[tuple[Any, ...]], with_feed: bool
) -> None:
    """Through any edits, moves, deletions, changes of readers, and runs that died anywhere."""
    with TemporaryDirectory() as folder:
        source = Forgetful(feed=with_feed)
        source.requests = 1
        world = World(source, Failing(), spool=Path(folder))
        for step in history:
            take(world, step)
        world.source.put("stays", "always here")
        for page in world.source.pages.values():
            page.fetchable = True
        world.let_pauses_pass()
        # What a listing forgot before anybody knew of it, no feed tells; the next listing does.
        world.sync(full=any(step[0] == "sync" and step[1].left_out for step in history))
        with suppress(FileNotFoundError):
            assert list(Path(folder).rglob("*.document")) == []
    check(world)


def check(world: World) -> None:
    """See that the index is the mirror of the source, as far as that can be read."""
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
    assert world.state.tombstones("wiki").keys().isdisjoint(indexed)


def _sorted(page: Page) -> Readers:
    return tuple(frozenset(layer) for layer in sorted(map(sorted, page.readers)))
