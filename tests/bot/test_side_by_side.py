"""Questions go on while syncs run: in another process, in a scheduler, in a long conversation."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import settings
from bot.app import App, open_app
from ingest.state import ADMINISTRATOR

ROOT = Path(__file__).parents[2]
ROOMS = 40
PATIENCE = 60.0


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Return a folder of pages that all say which edition they belong to."""
    folder = tmp_path / "docs"
    folder.mkdir()
    write_edition(folder, "第1版")
    return folder


def write_edition(folder: Path, edition: str) -> None:
    for number in range(ROOMS):
        text = f"# 会議室{number}\n\n会議室{number}の定員は{number + 2}名です（{edition}）。\n" * 3
        (folder / f"{number:02}.md").write_text(text, "utf-8")


def environ(tmp_path: Path) -> dict[str, str]:
    home = str(tmp_path / "home")
    return {**os.environ, "PYTHONPATH": str(ROOT), "KURAGE_HOME": home, "LANG": "C.UTF-8"}


@contextmanager
def kurage(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test; it is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=tmp_path,
        env=environ(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ingest(tmp_path: Path, docs: Path) -> None:
    with kurage(tmp_path, "ingest", "folder", str(docs)) as process:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors


@contextmanager
def reader(tmp_path: Path) -> Iterator[App]:
    """Open the program in this process, as a bot that serves."""
    environment = {"KURAGE_HOME": str(tmp_path / "home")}
    with open_app(settings.load(environment, tmp_path)) as app:
        yield app


def editions(app: App) -> set[str]:
    """Return the editions that one search finds."""
    found = app.retriever.search("会議室の定員", frozenset({ADMINISTRATOR}), limit=ROOMS)
    return {edition for hit in found for edition in re.findall(r"第\d版", hit.chunk.text)}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_an_open_index_answers_throughout_a_sync_and_never_half_of_it(
    tmp_path: Path, docs: Path
) -> None:
    """While another process replaces every page, each search sees one edition, whole."""
    ingest(tmp_path, docs)
    with reader(tmp_path) as app:
        assert editions(app) == {"第1版"}
        write_edition(docs, "第2版")
        seen: list[set[str]] = []
        with kurage(tmp_path, "ingest", "folder", str(docs)) as sync:
            while sync.poll() is None:
                seen.append(editions(app))
            assert sync.returncode == 0
        assert editions(app) == {"第2版"}
    assert {"第1版"} in seen
    assert all(found in ({"第1版"}, {"第2版"}) for found in seen)


def test_commands_work_beside_an_open_index_and_a_running_sync(tmp_path: Path, docs: Path) -> None:
    """`ask`, `search` and `explain` need neither wait for `ingest` nor for whoever serves."""
    ingest(tmp_path, docs)
    write_edition(docs, "第2版")
    question = "会議室7の定員は何名ですか"
    with reader(tmp_path) as app, kurage(tmp_path, "ingest", "folder", str(docs)):
        assert editions(app)
        for command in (["ask", "--json"], ["search", "--json"], ["explain", "--json"]):
            with kurage(tmp_path, *command, question) as process:
                output, errors = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, errors
            assert json.loads(output)


def test_a_conversation_finds_what_was_ingested_while_it_was_open(
    tmp_path: Path, docs: Path
) -> None:
    """`kurage chat` need not be restarted after a sync."""
    ingest(tmp_path, docs)
    with kurage(tmp_path, "chat") as chat:
        assert chat.stdin
        assert chat.stdout
        answers = iter(chat.stdout.readline, "")
        print("会議室3の定員は何名ですか", file=chat.stdin, flush=True)
        assert any("第1版" in line for line in answers)
        write_edition(docs, "第2版")
        ingest(tmp_path, docs)
        print("会議室3の定員は何名ですか", file=chat.stdin, flush=True)
        assert any("第2版" in line for line in answers)


def test_serve_mirrors_its_sources_and_ends_on_sigterm(tmp_path: Path, docs: Path) -> None:
    """What changes in a folder is searchable without anybody running a command."""
    (tmp_path / "kurage.toml").write_text(
        f'[sources.rooms]\nkind = "folder"\npath = "{docs.name}"\nevery = "1s"\n'
        "[serve]\nport = 0\n",
        "utf-8",
    )
    pointer = tmp_path / "home" / "index" / "current"
    with kurage(tmp_path, "serve") as serve:
        until(pointer.exists)
        with reader(tmp_path) as app:
            assert editions(app) == {"第1版"}
            write_edition(docs, "第2版")
            until(lambda: editions(app) == {"第2版"})
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(PATIENCE) == 0
