"""What SQL keeps of a source, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError

from connectors.base import ANYONE, READABLE_BY_ANYONE, Group, Readers
from ingest.state import (
    ADMINISTRATOR,
    COUNTS,
    NOBODY,
    Base,
    Failure,
    Grave,
    LeaseHeldError,
    State,
    StateError,
    open_engine,
    reader_set_id,
)

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    """A repository in a database of its own."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'kurage.db'}")
        Base.metadata.create_all(engine)
        yield State(engine)
        engine.dispose()
        return
    yield from _postgresql_state()


def _postgresql_state() -> Iterator[State]:
    """Yield a repository in a schema that only this test sees."""
    schema = f"kurage_{uuid.uuid4().hex}"
    admin = create_engine(POSTGRESQL, connect_args={"connect_timeout": 2})
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError:
        admin.dispose()
        pytest.skip("no PostgreSQL answers on 127.0.0.1:5432")
    engine = create_engine(POSTGRESQL)
    event.listen(
        engine,
        "connect",
        lambda raw, _: raw.execute(f"SET search_path TO {schema}") and raw.commit(),
    )
    try:
        Base.metadata.create_all(engine)
        yield State(engine)
    finally:
        engine.dispose()
        with admin.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        admin.dispose()


def _failure(document_id: str, **changes: object) -> Failure:
    values: dict[str, object] = {
        "document_id": document_id,
        "name": f"{document_id}.pdf",
        "reason": "it is encrypted",
        "version": "1",
        "readers_version": "r",
        "fingerprint": "f",
        "lasting": True,
    }
    return Failure(**(values | changes))  # type: ignore[arg-type]


def test_a_source_starts_without_cursor_and_keeps_the_one_saved(state: State) -> None:
    assert state.feed("wiki").cursor is None
    state.register_source("wiki", kind="confluence", location="https://wiki.example")
    listed = datetime(2026, 4, 1, 9, tzinfo=UTC)
    state.save_feed("wiki", cursor="c1", listed=listed)
    state.save_feed("wiki", cursor="c2")
    assert state.feed("wiki").cursor == "c2"
    assert state.feed("wiki").listed == listed


def test_a_time_in_another_zone_comes_back_as_the_same_instant(state: State) -> None:
    state.register_source("wiki", kind="web", location="x")
    tokyo = datetime.fromisoformat("2026-04-01T18:00:00+09:00")
    state.save_feed("wiki", cursor=None, listed=tokyo)
    listed = state.feed("wiki").listed
    assert listed == tokyo
    assert listed is not None
    assert listed.tzinfo is not None


def test_registering_again_moves_a_source_and_keeps_its_cursor(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/old")
    state.save_feed("handbook", cursor="c")
    state.register_source("handbook", kind="folder", location="/new")
    assert [source.location for source in state.sources()] == ["/new"]
    assert state.feed("handbook").cursor == "c"


def test_a_run_is_closed_with_its_report(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    run = state.start_run("handbook")
    assert [r.outcome for r in state.runs("handbook")] == ["running"]
    state.finish_run(run, outcome="finished", report={"written": 3})
    (stored,) = state.runs("handbook")
    assert stored.outcome == "finished"
    assert stored.report == {"written": 3}
    assert stored.finished is not None
    assert stored.finished >= stored.started


def test_a_run_that_died_is_shown_as_interrupted_by_the_next_one(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.start_run("handbook")
    state.start_run("handbook")
    assert [r.outcome for r in state.runs()] == ["running", "interrupted"]


def test_a_repeated_failure_keeps_when_it_was_first_seen_and_tells_the_latest_reason(
    state: State,
) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.record_failures("handbook", [_failure("a"), _failure("b")])
    state.record_failures("handbook", [_failure("a", reason="it is damaged", attempts=2)])
    assert state.failures("handbook") == {
        "a": _failure("a", reason="it is damaged", attempts=2),
        "b": _failure("b"),
    }
    state.clear_failures("handbook", ["a", "unknown"])
    assert set(state.failures("handbook")) == {"b"}


def test_thousands_of_failures_can_be_cleared_at_once(state: State) -> None:
    """More ids than one SQLite statement takes parameters."""
    state.register_source("handbook", kind="folder", location="/x")
    state.record_failures("handbook", [_failure("a")])
    state.clear_failures("handbook", [str(n) for n in range(3_000)] + ["a"])
    assert state.failures("handbook") == {}


def test_failures_and_tombstones_of_one_source_are_not_another_ones(state: State) -> None:
    for name in ("a", "b"):
        state.register_source(name, kind="folder", location="/x")
    state.record_failures("a", [_failure("same")])
    state.bury("a", [Grave("gone")])
    assert state.failures("b") == {}
    assert state.tombstones("b") == {}


def test_a_document_that_comes_back_has_no_tombstone(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.bury("handbook", [Grave("a"), Grave("b")])
    state.bury("handbook", [Grave("a")])
    state.revive("handbook", ["a"])
    assert set(state.tombstones("handbook")) == {"b"}


def test_a_failure_waits_until_its_next_attempt(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    later = datetime(2026, 4, 1, 9, tzinfo=UTC)
    state.record_failures("handbook", [_failure("a", lasting=False, next_attempt=later)])
    assert state.failures("handbook")["a"].next_attempt == later
    state.record_failures("handbook", [_failure("a")])
    assert state.failures("handbook")["a"].next_attempt is None


def test_what_is_counted_of_a_run_stands_in_columns_of_its_own(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    run = state.start_run("handbook")
    assert state.runs()[0].requests is None
    assert state.runs()[0].seconds is None
    counts = {name: number for number, name in enumerate(COUNTS)}
    state.finish_run(run, outcome="finished", report={}, counts={**counts, "unknown": 1})
    (stored,) = state.runs()
    assert [getattr(stored, name) for name in COUNTS] == list(counts.values())
    assert stored.seconds is not None
    assert stored.seconds >= 0


def test_a_tombstone_holds_what_a_document_can_be_restored_from(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    content = bytes(range(256))
    state.bury("handbook", [Grave("a", "規程", "https://x.example/a", content), Grave("b")])
    stones = state.tombstones("handbook")
    assert (stones["a"].title, stones["a"].url) == ("規程", "https://x.example/a")
    assert (stones["a"].restorable, stones["b"].restorable) == (True, False)
    assert dict(state.buried("handbook", ["a", "b", "unknown"])) == {"a": content}


def test_what_is_buried_again_is_what_went_last(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.bury("handbook", [Grave("a", "old", "u", b"old")])
    state.mark_restored("handbook", ["a"])
    first = state.tombstones("handbook")["a"]
    assert first.restored is not None
    state.bury("handbook", [Grave("a", "new", "u", b"new")])
    again = state.tombstones("handbook")["a"]
    assert (again.title, again.restored) == ("new", None)
    assert again.deleted >= first.deleted
    assert dict(state.buried("handbook", ["a"])) == {"a": b"new"}


def test_only_what_was_restored_is_released(state: State) -> None:
    for name in ("handbook", "other"):
        state.register_source(name, kind="folder", location="/x")
        state.bury(name, [Grave(identity, content=b"x") for identity in "abc"])
        state.mark_restored(name, ["a", "b"])
    assert state.release("handbook", ["b", "c", "unknown"]) == ["b"]
    assert state.release("handbook", None) == ["a"]
    assert state.release("handbook", None) == []
    assert {stone.id for stone in state.tombstones("other").values() if stone.restored} == {
        "a",
        "b",
    }


def test_contents_are_forgotten_after_a_time_but_not_of_what_was_restored(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.bury("handbook", [Grave("a", content=b"x"), Grave("b", content=b"x")])
    state.mark_restored("handbook", ["b"])
    state.forget_contents("handbook", before=datetime.now(UTC) - timedelta(hours=1))
    assert all(stone.restorable for stone in state.tombstones("handbook").values())
    state.forget_contents("handbook", before=datetime.now(UTC) + timedelta(seconds=1))
    stones = state.tombstones("handbook")
    assert (stones["a"].restorable, stones["b"].restorable) == (False, True)


def test_forgetting_a_source_forgets_all_that_hangs_on_it(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    state.start_run("handbook")
    state.record_failures("handbook", [_failure("a")])
    state.bury("handbook", [Grave("b")])
    state.replace_groups("handbook", [Group("group:g", frozenset({"user:u"}))])
    state.forget_source("handbook")
    assert state.sources() == []
    assert state.runs() == []
    assert state.failures("handbook") == {}
    assert state.tombstones("handbook") == {}
    assert state.groups_of({"user:u"}) == {"user:u"}


def test_groups_are_followed_through_groups_and_cycles_end(state: State) -> None:
    state.register_source("wiki", kind="confluence", location="x")
    state.replace_groups(
        "wiki",
        [
            Group("group:eng", frozenset({"user:sato"})),
            Group("group:all", frozenset({"group:eng", "group:hr"})),
            Group("group:eng-mirror", frozenset({"group:all", "group:eng-mirror"})),
        ],
    )
    assert state.groups_of({"user:sato"}) == {
        "user:sato",
        "group:eng",
        "group:all",
        "group:eng-mirror",
    }
    state.replace_groups("wiki", [])
    assert state.groups_of({"user:sato"}) == {"user:sato"}


# Who may read

principals = st.sampled_from(["anyone", "user:a", "user:b", "group:g", "domain:example.co.jp"])
readers_of_a_document = st.lists(st.frozensets(principals, max_size=3), max_size=3).map(tuple)


def test_a_reader_must_be_in_every_layer(state: State) -> None:
    both = state.add_reader_set((frozenset({"group:eng"}), frozenset({"user:sato", "user:ito"})))
    open_to_all = state.add_reader_set(READABLE_BY_ANYONE)
    assert state.reader_set_ids({"group:eng"}) == frozenset()
    assert state.reader_set_ids({"group:eng", "user:sato"}) == {both}
    assert state.reader_set_ids({ANYONE, "group:eng", "user:sato"}) == {both, open_to_all}


def test_nobody_but_the_administrator_satisfies_what_could_not_be_read(state: State) -> None:
    nobody = state.add_reader_set(NOBODY)
    empty_layer = state.add_reader_set((frozenset({ANYONE}), frozenset()))
    assert state.reader_set_ids({ANYONE, "user:sato"}) == frozenset()
    assert state.reader_set_ids({ADMINISTRATOR}) == {nobody, empty_layer}


def test_an_asker_without_principals_reads_nothing(state: State) -> None:
    state.add_reader_set(READABLE_BY_ANYONE)
    state.add_reader_set(NOBODY)
    assert state.reader_set_ids(frozenset()) == frozenset()


def test_a_set_added_elsewhere_is_seen_by_the_next_question(state: State) -> None:
    """A sync is another process than the one that answers."""
    assert state.reader_set_ids({ANYONE}) == frozenset()
    other = State(state._engine)
    identity = other.add_reader_set(READABLE_BY_ANYONE)
    assert state.reader_set_ids({ANYONE}) == {identity}


def test_the_same_layers_have_one_integer_in_any_order(state: State) -> None:
    one = state.add_reader_set((frozenset({"user:a", "user:b"}), frozenset({"group:g"})))
    two = state.add_reader_set(
        (frozenset({"group:g"}), frozenset({"user:b", "user:a"}), frozenset({"group:g"}))
    )
    assert one == two
    assert len(state.reader_sets()) == 1


@given(readers_of_a_document, readers_of_a_document, st.frozensets(principals))
def test_sets_with_one_integer_have_the_same_readers(
    one: Readers, two: Readers, asker: frozenset[str]
) -> None:
    """The integer stands for the layers, so it may never join two audiences."""

    def reads(readers: Readers) -> bool:
        return bool(readers) and all(asker & layer for layer in readers)

    if reader_set_id(one) == reader_set_id(two):
        assert reads(one) == reads(two)


def test_the_integer_does_not_depend_on_the_database() -> None:
    """An index beside a database that was lost must not name somebody else's documents."""
    assert reader_set_id(READABLE_BY_ANYONE) == 2_701_133_138_497_599
    assert 0 <= reader_set_id(NOBODY) < 2**53


def test_two_sets_under_one_integer_are_refused(state: State) -> None:
    with state._engine.begin() as connection:
        connection.execute(
            text("INSERT INTO reader_sets (id, readers) VALUES (:id, :readers)"),
            {"id": reader_set_id(NOBODY), "readers": '[["anyone"]]'},
        )
    with pytest.raises(StateError, match="share the id"):
        state.add_reader_set(NOBODY)


# Leases


def test_a_lease_is_held_by_one_at_a_time(state: State) -> None:
    with state.lease("sync"):
        with pytest.raises(LeaseHeldError, match=f"process {os.getpid()}"), state.lease("sync"):
            pytest.fail("held twice")
        with state.lease("another name"):
            pass
    with state.lease("sync"):
        pass


def test_a_lease_that_ran_out_is_taken_over_and_its_old_holder_told(state: State) -> None:
    with state.lease("sync", seconds=0) as old, state.lease("sync"):
        old.renewed = datetime.now(UTC) - timedelta(minutes=5)
        with pytest.raises(LeaseHeldError, match="taken over"):
            old.renew()
        old.release()
        with pytest.raises(LeaseHeldError), state.lease("sync"):
            pytest.fail("released by its old holder")


def test_a_lease_of_a_process_that_died_is_free(state: State) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with state.lease("sync"):
        with state._engine.begin() as connection:
            connection.execute(text("UPDATE leases SET pid = :pid"), {"pid": dead.pid})
        with state.lease("sync"):
            pass


def test_only_one_of_many_threads_gets_the_lease(state: State) -> None:
    barrier = threading.Barrier(8)
    results: list[str] = []

    def contend() -> None:
        barrier.wait()
        try:
            with state.lease("sync"):
                results.append("held")
                barrier.wait()
        except LeaseHeldError:
            results.append("refused")
            barrier.wait()

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["held"] + ["refused"] * 7


# The database itself


def test_threads_that_write_at_once_all_succeed(state: State) -> None:
    state.register_source("handbook", kind="folder", location="/x")
    errors: list[Exception] = []

    def write(worker: int) -> None:
        try:
            for n in range(10):
                state.record_failures("handbook", [_failure(f"{worker}-{n}")])
        except StateError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(state.failures("handbook")) == 40


def test_sqlite_reads_while_a_writer_is_busy_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'k.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 30_000
    engine.dispose()


def test_a_database_without_tables_names_the_command_that_creates_them(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'k.db'}")
    with pytest.raises(StateError, match="kurage db upgrade"):
        State(engine).sources()
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////nowhere/at/all/kurage.db", "/nowhere/at/all/kurage.db can not be written"),
        ("no address", "KURAGE_DATABASE_URL is no database address"),
        (
            "postgresql+psycopg://u:secret@127.0.0.1:1/x",
            r"u:\*\*\*@127.0.0.1:1/x can not be opened",
        ),
        ("oracle+nothing://x/y", "can not be opened"),
    ],
)
def test_a_database_that_can_not_be_opened_is_named_without_its_password(
    url: str, message: str
) -> None:
    with pytest.raises(StateError, match=message) as raised:
        open_engine(url)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_constraint_has_a_name_that_a_migration_can_use(state: State) -> None:
    inspector = inspect(state._engine)
    for table in Base.metadata.tables:
        if not inspector.has_table(table):
            continue
        assert inspector.get_pk_constraint(table)["name"] == f"pk_{table}"
        for key in inspector.get_foreign_keys(table):
            assert str(key["name"]).startswith(f"fk_{table}_")
