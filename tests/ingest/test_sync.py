"""After a sync the index holds what the source shows, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_index import MemoryIndex
from pipelines import MemorySource, Page, vector, words

from connectors.base import ANYONE, READABLE_BY_ANYONE, Document, Group, Readers
from ingest.encode import EncodedQuery
from ingest.index import SearchIndexError
from ingest.prepare import InProcess, Job, Pipeline, Prepared, PrepareError, Unprepared
from ingest.state import ADMINISTRATOR, Base, LeaseHeldError, State, open_engine, reader_set_id
from ingest.sync import Progress, Report, SyncError, sync

BOARD: Readers = (frozenset({"group:board"}),)


def new_state() -> State:
    engine = open_engine("sqlite://")
    Base.metadata.create_all(engine)
    return State(engine)


@dataclass
class World:
    """A source, an index of it and what SQL remembers."""

    source: MemorySource = field(default_factory=MemorySource)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    state: State = field(default_factory=new_state)
    pipeline: Pipeline = words
    fingerprint: str = "1"

    def sync(self, **options: Any) -> Report:
        prepare = InProcess(self.pipeline, self.fingerprint)
        return sync(self.source, self.index, self.state, prepare, source="wiki", **options)

    def texts(self) -> dict[str, str]:
        """Return what a search can find, by document id."""
        return {
            document_id: "\n".join(chunk.text for chunk in stored.chunks)
            for (_, document_id), stored in self.index.published.items()
        }

    def shown(self) -> dict[str, str]:
        """Return what the source shows, by document id."""
        return {identity: page.text for identity, page in self.source.pages.items()}

    def found(self, word: str, *principals: str) -> set[str]:
        """Return the ids of the documents in which somebody finds a word."""
        hits = self.index.search(
            EncodedQuery({"words": vector(word)}),
            readers=self.state.reader_set_ids(principals),
            limit=100,
        )
        return {hit.document.id for hit in hits}


@pytest.fixture
def world() -> World:
    """A source of ten documents that is synced."""
    world = World()
    for n in range(10):
        world.source.put(f"p{n}", f"page number{n}")
    world.sync()
    world.source.fetched.clear()
    world.source.listings.clear()
    return world


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


# Who may read


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


# What can not be read


def test_a_bad_document_is_named_with_its_reason_and_the_rest_goes_on(world: World) -> None:
    world.source.put("p1", "bad luck")
    world.source.put("p2", "new text")
    report = world.sync()
    assert report.failed == [("p1.txt", "it is bad luck")]
    assert world.texts()["p2"] == "new text"
    assert world.texts()["p1"] == "page number1", "what was indexed is not lost"


def test_a_bad_document_is_told_in_every_run_and_tried_when_it_changes(world: World) -> None:
    tried: list[str] = []

    def counting(job: Job) -> Prepared:
        tried.append(job.name)
        return words(job)

    world.pipeline = counting
    world.source.put("p1", "bad luck")
    for _ in range(3):
        assert world.sync().failed == [("p1.txt", "it is bad luck")]
    assert tried == ["p1.txt"]
    world.sync(full=True)
    assert tried == ["p1.txt"] * 2
    world.fingerprint = "2"
    world.sync()
    assert tried == ["p1.txt"] * 3
    world.source.put("p1", "good again")
    assert world.sync().failed == []
    assert world.texts()["p1"] == "good again"
    assert world.state.failures("wiki") == {}


def test_a_bad_document_that_is_restored_is_forgotten(world: World) -> None:
    world.source.put("p1", "bad luck")
    world.sync()
    world.source.put("p1", "page number1")
    assert world.sync().failed == []
    assert world.state.failures("wiki") == {}


def test_a_bad_document_that_is_gone_is_forgotten(world: World) -> None:
    world.source.put("new", "bad luck")
    world.sync()
    world.source.remove("new")
    assert world.sync().failed == []
    assert world.state.failures("wiki") == {}


def test_a_document_that_brings_its_reader_down_is_tried_three_times(world: World) -> None:
    tried = 0

    class Falling(InProcess):
        def __call__(
            self, documents: Iterable[Document], *, expected: int
        ) -> Iterator[tuple[Document, Prepared | Unprepared]]:
            nonlocal tried
            for document in documents:
                tried += 1
                yield document, Unprepared("it took too long", lasting=False)

    world.source.put("p1", "heavy")
    for _ in range(5):
        prepare = Falling(words, "1")
        report = sync(world.source, world.index, world.state, prepare, source="wiki")
        assert report.failed == [("p1.txt", "it took too long")]
    assert tried == 3


def test_a_document_that_can_not_be_fetched_is_tried_in_every_run(world: World) -> None:
    world.source.put("p1", "secret")
    world.source.pages["p1"].fetchable = False
    for _ in range(5):
        assert world.sync().failed == [("p1.txt", "it was removed while it was read")]
    assert world.source.fetched == ["p1"] * 5
    world.source.pages["p1"].fetchable = True
    assert world.sync().failed == []
    assert world.texts()["p1"] == "secret"


def test_two_documents_under_one_id_are_told(world: World) -> None:
    class Twins(MemorySource):
        def changes(self, cursor: object) -> Iterator[Any]:
            for identity in self.pages:
                yield self.ref(identity)
            yield replace(self.ref("p1"), name="P1.txt", version="other")

    world.source = Twins(world.source.pages)
    assert world.sync().failed == [("P1.txt", "its id is the same as that of p1.txt; rename one")]
    assert world.texts() == world.shown()


def test_a_document_that_a_paged_listing_shows_twice_is_one(world: World) -> None:
    class Paged(MemorySource):
        def changes(self, cursor: object) -> Iterator[Any]:
            yield self.ref("p1")
            yield from super().changes(None)

    world.source = Paged(world.source.pages)
    report = world.sync()
    assert report.failed == []
    assert report.unchanged == 10


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


# Change feeds


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
    report = feed.sync()
    assert not report.full
    assert report.failed == []
    assert feed.texts() == feed.shown()


# How a run goes


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
            assert world.state.reader_sets()[stored.readers] in (page.readers, _sorted(page))
    known = {*world.state.failures("wiki")}
    assert known == {name for name, page in world.source.pages.items() if "bad" in page.text}


def _sorted(page: Page) -> Readers:
    return tuple(frozenset(layer) for layer in sorted(map(sorted, page.readers)))
