"""The tables that the revisions make, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import subprocess
import sys
import threading
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, Integer, String, inspect, text
from sqlalchemy.exc import DatabaseError

from bot import migrations
from bot.conversations import Conversations, ConversationsError, Selection, Thread
from bot.exchange import Question
from ingest.state import Base, State

QUESTION = Question("有給休暇は？", frozenset({"anyone"}))


def shape(engine: Engine) -> dict[str, Any]:
    """Return everything that a database knows of its tables, but for Alembic's own."""
    inspector = inspect(engine)
    inspector.clear_cache()
    return {
        table: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": _sorted(inspector.get_foreign_keys(table)),
            "unique": _sorted(inspector.get_unique_constraints(table)),
            "checks": _sorted(inspector.get_check_constraints(table)),
            "indexes": _sorted(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _sorted(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda constraint: str(constraint["name"]))


def stamp(engine: Engine, revision: str) -> None:
    """Let the database claim to have a revision."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_the_constant_that_a_start_compares_with_is_the_last_revision(empty: Engine) -> None:
    with empty.connect() as connection:
        scripts = ScriptDirectory.from_config(migrations.configuration(connection))
    assert scripts.get_heads() == [migrations.HEAD]
    # `is_current` tells older from newer by comparing text.
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


def test_the_revisions_make_the_tables_that_the_code_declares(empty: Engine) -> None:
    migrations.upgrade(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_what_alembic_does_not_compare_is_equal_too(empty: Engine) -> None:
    """Check constraints, names and the order of columns."""
    migrations.upgrade(empty)
    migrated = shape(empty)
    migrations.downgrade(empty)
    Base.metadata.create_all(empty)
    assert migrated == shape(empty)


def test_down_leaves_nothing_and_up_again_makes_all_of_it(empty: Engine) -> None:
    migrations.upgrade(empty)
    first = shape(empty)
    migrations.downgrade(empty)
    assert shape(empty) == {}
    assert migrations.revision(empty) is None
    migrations.upgrade(empty)
    assert shape(empty) == first


def test_upgrading_what_is_current_keeps_what_is_stored(engine: Engine) -> None:
    turn = Conversations(engine).open_turn(Thread("slack", "C1"), QUESTION, asker="U1")
    State(engine).register_source("handbook", kind="folder", location="/docs")
    migrations.upgrade(engine)
    assert Conversations(engine).get(turn.id) == turn
    assert [source.name for source in State(engine).sources()] == ["handbook"]


def test_a_revision_that_rebuilds_a_table_keeps_what_refers_to_it(engine: Engine) -> None:
    """SQLite's way to change a column drops the old table, and would cascade to its passages."""
    conversations = Conversations(engine)
    turn = conversations.open_turn(Thread("slack", "C1"), QUESTION, asker="U1")
    conversations.add_feedback(turn.id, user="U1", vote="up")
    with migrations.exclusive(engine) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("turns", recreate="auto") as table:
            table.alter_column("state", type_=String(32))
    assert len(conversations.get(turn.id).feedback) == 1


def test_foreign_keys_are_enforced_again_after_a_migration(engine: Engine) -> None:
    turn = Conversations(engine).open_turn(Thread("slack", "C1"), QUESTION, asker="U1")
    with pytest.raises(ConversationsError, match="no turn"):
        Conversations(engine).add_feedback("ZZZZZZ", user="U1", vote="up")
    assert Conversations(engine).get(turn.id).feedback == ()


def test_a_migration_that_breaks_references_is_refused_whole(sqlite_url: str) -> None:
    engine = migrations.open_database(sqlite_url)
    turn = Conversations(engine).open_turn(Thread("slack", "C1"), QUESTION, asker="U1")
    with (
        pytest.raises(ConversationsError, match="references of turns"),
        migrations.exclusive(engine) as connection,
    ):
        connection.execute(text("DELETE FROM conversations"))
    assert Conversations(engine).get(turn.id) == turn
    engine.dispose()


def test_a_migration_that_fails_halfway_leaves_the_tables_as_they_were(engine: Engine) -> None:
    before = shape(engine)

    def fail_halfway() -> None:
        with migrations.exclusive(engine) as connection:
            operations = Operations(MigrationContext.configure(connection))
            operations.create_table("half_done", Column("id", Integer, primary_key=True))
            operations.execute("the second half is no SQL")

    with pytest.raises(DatabaseError):
        fail_halfway()
    assert shape(engine) == before
    migrations.upgrade(engine)


def test_processes_that_start_at_once_on_a_new_database_all_find_its_tables(
    database_url: str,
) -> None:
    script = """
import sys
from bot.conversations import Conversations, Thread
from bot.exchange import Question
from bot.migrations import open_database
sys.stdin.read()
conversations = Conversations(open_database(sys.argv[1]))
print(conversations.open_turn(Thread("slack", "C1"), Question("？", frozenset()), asker="U").id)
"""
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    # The end of its input, after its imports, lets each of them go.
    for process in starts:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    ends = [process.communicate(timeout=60) for process in starts]
    assert [complaints for _, complaints in ends] == [""] * 3
    turns = [said.strip() for said, _ in ends]
    engine = migrations.open_database(database_url)
    assert {turn.id for turn in Conversations(engine).turns()} == set(turns)
    engine.dispose()


def test_threads_that_start_at_once_on_a_new_database_all_find_its_tables(
    database_url: str,
) -> None:
    """Each has an engine of its own, as the first question and a sync may have."""
    barrier, opened = threading.Barrier(4), []

    def start() -> None:
        barrier.wait()
        opened.append(migrations.open_database(database_url))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [migrations.is_current(engine) for engine in opened] == [True] * 4
    for engine in opened:
        engine.dispose()


def test_a_start_on_a_current_database_does_not_import_alembic(database_url: str) -> None:
    """It would cost `kurage ask` a third of its time."""
    migrations.open_database(database_url).dispose()
    script = """
import sys
from bot.migrations import open_database
open_database(sys.argv[1])
print("alembic" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, database_url], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_newer_database_is_refused_and_left_as_it_is(engine: Engine, database_url: str) -> None:
    stamp(engine, "9999")
    before = shape(engine)
    for act in (
        lambda: migrations.open_database(database_url),
        lambda: migrations.ensure_current(engine),
        lambda: migrations.upgrade(engine),
    ):
        with pytest.raises(ConversationsError, match=r"newer version \(9999"):
            act()
    assert (migrations.revision(engine), shape(engine)) == ("9999", before)


def test_a_postgresql_of_an_older_version_waits_for_the_operator(postgresql_url: str) -> None:
    """Processes of the older version may be using it."""
    engine = migrations.open_database(postgresql_url)
    stamp(engine, "0000")
    with pytest.raises(ConversationsError, match="run `kurage db upgrade`"):
        migrations.ensure_current(engine)
    assert migrations.revision(engine) == "0000"
    engine.dispose()


def test_a_url_without_a_driver_means_the_one_that_is_installed(postgresql_url: str) -> None:
    for scheme in ("postgresql", "postgres"):
        engine = migrations.connect(postgresql_url.replace("postgresql", scheme, 1))
        assert engine.driver == "psycopg"
        engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "mysql://kurage:hunter2@localhost/kurage",
        "oracle+nonsense://kurage:hunter2@localhost/kurage",
        "postgresql://kurage:hunter2@localhost:port/kurage",
        "postgresql://kurage:hunter2@127.0.0.1:1/kurage",
        "postgresql://kurage:x@hunter2@127.0.0.1:1/kurage",
        "postgresql://127.0.0.1:1/kurage?password=hunter2&user=kurage",
        "postgresql+hunter2://127.0.0.1:1/kurage",
    ],
)
def test_a_url_that_leads_nowhere_names_the_setting_and_no_password(url: str) -> None:
    with pytest.raises(ConversationsError, match="KURAGE_DATABASE_URL") as refused:
        migrations.connect(url)
    assert "hunter2" not in str(refused.value)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConversationsError, match=f"{tmp_path}/no/kurage.db.*folder must exist"):
        migrations.connect(f"sqlite:///{tmp_path}/no/kurage.db")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kurage.db"
    path.write_text("これはデータベースではありません。" * 100, "utf-8")
    before = path.read_bytes()
    with pytest.raises(ConversationsError, match="no SQLite database"):
        migrations.open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_first_start_in_a_folder_with_a_percent_sign_works(tmp_path: Path) -> None:
    """Alembic's configuration interpolates %, SQLAlchemy's URL decodes it in places."""
    folder = tmp_path / "100%予算"
    folder.mkdir()
    engine = migrations.open_database(f"sqlite:///{folder}/kurage.db")
    assert Conversations(engine).count(Selection()) == 0
    engine.dispose()


def test_the_files_that_a_migration_needs_are_part_of_the_package() -> None:
    folder = resources.files("bot.migrations")
    assert (folder / "env.py").is_file()
    assert (folder / "versions" / f"revision_{migrations.HEAD}.py").is_file()
