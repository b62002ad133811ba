"""A database that is down, refuses, or has other tables: one line, exit code 1, nothing lost.

The PostgreSQL is a real one that each test may stop: made for this module, on a loopback port.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from bot import migrations
from bot.conversations import Conversations, ConversationsError, Selection, Thread
from bot.exchange import Answer, Question
from bot.turns import take_turn
from ingest.state import State, StateError

ROOT = Path(__file__).parents[2]
PASSWORD = "hunter2秘密"
QUESTION = Question("有給はいつまで？", frozenset({"anyone"}))
THREAD = Thread("slack", "C1")
COMMANDS = (
    ("ask", "paid leave"),
    ("search", "paid leave"),
    ("ingest", "handbook"),
    ("log",),
    ("sources",),
    ("db", "status"),
    ("db", "upgrade"),
)

commands = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


class PostgreSQL:
    """A server of our own that asks for a password."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        folder.mkdir()
        (folder / "password").write_text(PASSWORD, "utf-8")
        # PostgreSQL does not run as root; tests may.
        self._as = ["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []
        if self._as:
            os.chown(folder, 65534, -1)
            os.chown(folder / "password", 65534, -1)
        self._run(
            *("initdb", "--username=kurage", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--locale=C", f"--pwfile={folder / 'password'}", "--no-sync", str(folder / "data")),
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), *arguments]
        # The server keeps the pipes of whoever starts it.
        with (self.folder.parent / "postgresql.log").open("ab") as log:
            subprocess.run(command, cwd="/", stdout=log, stderr=log, check=True, timeout=60)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        data = str(self.folder / "data")
        self._run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    @property
    def runs(self) -> bool:
        return (self.folder / "data/postmaster.pid").exists()

    def url(self, *, user: str = "kurage", password: str = PASSWORD, database: str = "") -> str:
        place = f"127.0.0.1:{self.port}/{database or 'postgres'}"
        return f"postgresql://{user}:{password}@{place}"


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgreSQL]:
    """A server for this module, started; the test that stops it need not start it again."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("no PostgreSQL server is installed")
    programs = found[-1].parent if found else Path(on_path or "").resolve().parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as nobody where the tests run as root
        server = PostgreSQL(programs, folder / "cluster")
        yield server
        if server.runs:
            server.stop()


@pytest.fixture
def server(cluster: PostgreSQL) -> PostgreSQL:
    """The server, running."""
    if not cluster.runs:
        cluster.start()
    return cluster


@pytest.fixture
def database(server: PostgreSQL) -> str:
    """The URL of an empty database that only this test sees."""
    name = f"kurage_{uuid.uuid4().hex}"
    admin = create_engine(
        server.url().replace("postgresql", "postgresql+psycopg", 1), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.url(database=name)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def working_directory(folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs/leave.md").write_text("# 有給\n\n有給は3営業日前までに申請する。\n", "utf-8")
    (folder / "kurage.toml").write_text(
        '[sources.handbook]\nkind = "folder"\npath = "docs"\nevery = "1h"\n[serve]\nport = 0\n',
        "utf-8",
    )


def environ(folder: Path, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KURAGE_HOME": str(folder / "home"),
        "KURAGE_DATABASE_URL": url,
        "LANG": "C.UTF-8",
        "LC_ALL": "",
    }


def kurage(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    if not (folder / "docs").exists():
        working_directory(folder)
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=folder,
        env=environ(folder, url),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that the command ended with."""
    assert done.returncode == 1, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    return done.stderr


@commands
def test_a_server_that_is_down_is_named_with_what_to_do(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    """Port and database, and no password."""
    port = free_port()
    done = kurage(tmp_path, f"postgresql://kurage:{PASSWORD}@127.0.0.1:{port}/kurage", *command)
    assert f"127.0.0.1:{port}/kurage: nothing answers there; start PostgreSQL" in complaint(done)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"password": "falsch"},
            "it refuses user or password; correct them in KURAGE_DATABASE_URL",
        ),
        ({"database": "nowhere"}, "there is no database of this name; create it"),
        ({"user": "nobody"}, "it refuses user or password"),
    ],
    ids=["password", "database", "user"],
)
def test_a_server_that_lets_nobody_in_says_why(
    change: dict[str, str], words: str, server: PostgreSQL
) -> None:
    with pytest.raises(ConversationsError, match=words) as refused:
        migrations.connect(server.url(**change))
    assert PASSWORD not in str(refused.value)


def test_a_server_that_does_not_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    """It accepts, as a firewall or a hanging host may, and is silent."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(ConversationsError, match=f"127.0.0.1:{port}/kurage"):
            migrations.connect(f"postgresql://127.0.0.1:{port}/kurage?connect_timeout=2")


def test_the_wait_for_a_server_has_an_end_unless_the_url_says_otherwise() -> None:
    from ingest.state.engine import CONNECT_SECONDS  # noqa: PLC0415 - told by no other module

    assert 0 < CONNECT_SECONDS <= 30


def test_doctor_names_the_database_and_checks_the_rest(tmp_path: Path) -> None:
    done = kurage(
        tmp_path,
        f"postgresql://kurage:{PASSWORD}@127.0.0.1:{free_port()}/kurage",
        "doctor",
        "--json",
    )
    assert done.returncode == 1
    assert PASSWORD not in done.stdout
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert findings["database"]["level"] == "problem"
    assert "nothing answers there; start PostgreSQL" in findings["database"]["message"]
    assert findings["dictionary"]["level"] == "ok"


@pytest.fixture
def here(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of a working directory in which this process may run commands itself."""
    working_directory(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KURAGE_DATABASE_URL", database)
    monkeypatch.setenv("KURAGE_HOME", str(tmp_path / "home"))
    return database


def refusal(command: tuple[str, ...]) -> str:
    """Return the message of the error that a command raises; `main` makes a line of it."""
    from bot.cli import app  # noqa: PLC0415 - the language is chosen at import

    error = CliRunner().invoke(app, command).exception
    assert isinstance(error, ConversationsError)
    return str(error)


@pytest.mark.parametrize("command", COMMANDS[:5], ids=" ".join)
def test_an_older_databases_tables_are_left_to_the_operator(
    command: tuple[str, ...], here: str
) -> None:
    """Other processes may still need them as they are."""
    stamp(here, "0000")
    assert f"(0000, not {migrations.HEAD}); run `kurage db upgrade`" in refusal(command)
    assert revision(here) == "0000"


@commands
def test_a_newer_databases_tables_are_refused_and_left_alone(
    command: tuple[str, ...], here: str
) -> None:
    stamp(here, "9999")
    assert "newer version (9999" in refusal(command)
    assert revision(here) == "9999"


def test_a_user_who_may_make_no_tables_is_told_so(database: str, server: PostgreSQL) -> None:
    """Since PostgreSQL 15 the owner alone may, in the schema `public`."""
    execute(database, f"CREATE ROLE reader_only LOGIN PASSWORD '{PASSWORD}'")
    name = database.rpartition("/")[2]
    with pytest.raises(ConversationsError, match="this user may not do that; grant it"):
        migrations.open_database(server.url(user="reader_only", database=name))


def test_a_database_that_lost_a_table_says_how_to_get_it_back(database: str) -> None:
    engine = migrations.open_database(database)
    execute(database, "DROP TABLE feedback, passages, turns CASCADE")
    with pytest.raises(ConversationsError, match="restore a backup"):
        Conversations(engine).open_turn(THREAD, QUESTION, asker="U1")
    engine.dispose()


class Stopping:
    """An answerer whose database goes down while it thinks."""

    def __init__(self, server: PostgreSQL) -> None:
        self._server = server

    async def answer(self, question: Question) -> Answer:
        self._server.stop()
        return Answer("abstained", (), (), (), reason="")


async def test_an_answer_is_given_although_its_log_went_down_and_the_turn_stays_open(
    server: PostgreSQL, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn was stored first, so the log shows afterwards that somebody asked."""
    engine = migrations.open_database(database)
    conversations = Conversations(engine)
    stopping: Any = Stopping(server)
    answer = await take_turn(QUESTION, stopping, conversations, thread=THREAD, asker="U1")
    assert answer.state == "abstained"
    [record] = caplog.records
    assert answer.turn
    assert answer.turn in record.getMessage()
    assert record.exc_info is None
    server.start()
    turn = conversations.get(answer.turn)
    assert (turn.question, turn.finished) == (QUESTION.text, None)
    engine.dispose()


def test_who_held_a_connection_goes_on_when_the_server_is_back(
    server: PostgreSQL, database: str
) -> None:
    """A bot is not started again because its database was."""
    engine = migrations.open_database(database)
    conversations, state = Conversations(engine), State(engine)
    first = conversations.open_turn(THREAD, QUESTION, asker="U1")
    server.stop()
    with pytest.raises(ConversationsError, match="nothing answers there"):
        conversations.open_turn(THREAD, replace(QUESTION, text="二つ目"), asker="U1")
    with pytest.raises(StateError, match="Start it and run again"):
        state.sources()
    server.start()
    assert state.sources() == []
    conversations.open_turn(THREAD, replace(QUESTION, text="三つ目"), asker="U1")
    assert {turn.question for turn in conversations.turns(Selection())} == {
        QUESTION.text,
        "三つ目",
    }
    assert conversations.get(first.id) == first
    engine.dispose()


def test_a_sync_without_its_database_leaves_the_index_and_goes_on_with_it(
    server: PostgreSQL, database: str, tmp_path: Path
) -> None:
    assert kurage(tmp_path, database, "ingest", "handbook").returncode == 0
    (tmp_path / "docs/new.md").write_text("# 慶弔\n\n慶弔休暇は5日です。\n", "utf-8")
    server.stop()
    published = files(tmp_path / "home/index")
    complaint(kurage(tmp_path, database, "ingest", "handbook"))
    assert files(tmp_path / "home/index") == published
    server.start()
    done = kurage(tmp_path, database, "ingest", "handbook")
    assert (done.returncode, "1 written, 1 unchanged" in done.stdout) == (0, True)


def test_serve_reports_a_database_that_is_down_and_stays(tmp_path: Path) -> None:
    working_directory(tmp_path)
    url = f"postgresql://kurage:{PASSWORD}@127.0.0.1:{free_port()}/kurage"
    serve = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "serve"],
        cwd=tmp_path,
        env=environ(tmp_path, url),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serve.stderr
    try:
        said: list[str] = []
        for line in iter(serve.stderr.readline, ""):
            said.append(line)
            if '"job_failed"' in line:
                break
        told = json.loads(said[-1])
        assert (told["job"], told["code"]) == ("handbook", 1)
        assert told["reason"].startswith("error: the database 127.0.0.1:")
        assert "nothing answers there" in told["reason"]
        assert PASSWORD not in "".join(said)
        assert serve.poll() is None
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(30) == 0
    finally:
        serve.kill()
        serve.wait()
        serve.stderr.close()


def stamp(url: str, revision: str) -> None:
    migrations.open_database(url).dispose()
    execute(url, f"UPDATE alembic_version SET version_num = '{revision}'")


def revision(url: str) -> str | None:
    engine = migrations.connect(url)
    try:
        return migrations.revision(engine)
    finally:
        engine.dispose()


def execute(url: str, sql: str) -> None:
    engine = migrations.connect(url)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not re.search(r"lock", path.name)
    }
