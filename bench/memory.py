"""Memory: while ingesting, while a conversation waits, and with 17,000 and 100,000 chunks open.

    python -m bench.memory

Proportional set size over the process tree (`/proc/PID/smaps_rollup`). A peer's process holds the
same passages as ours and has answered a few questions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench import peers
from bench.figures import KURAGE, ROOT, Figure, at_most, documents, run, shared, table, tree_pss_mb
from bot import settings
from bot.app import App, open_app
from bot.evaluate import read_questions
from bot.experiment import SOURCE, PassageConnector
from ingest.index import IndexedDocument, StoredPoint, hit, payload, point_id
from ingest.state import ADMINISTRATOR

_QUESTION = "有給休暇は何日前までに申請すればいい？"
_ASKED = 20
_LARGE = 100_000


def while_ingesting() -> float:
    """Return the highest memory of an ingest of real pages and Office files."""
    with tempfile.TemporaryDirectory() as folder:
        docs = documents(Path(folder) / "docs")
        command = [*KURAGE, "ingest", "folder", str(docs), "--json"]
        return run(command, {"KURAGE_HOME": f"{folder}/home"}, sample_every=0.05).peak_mb


def idle_chat() -> float:
    """Return what a conversation over the handbook holds while it waits for the next question."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"KURAGE_HOME": home}
        run([*KURAGE, "ingest", "folder", "examples/handbook"], environ)
        chat = subprocess.Popen(
            [*KURAGE, "chat"],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert chat.stdin
        assert chat.stdout
        chat.stdin.write(f"{_QUESTION}\n")
        chat.stdin.flush()
        while "http" not in (line := chat.stdout.readline()) and "file:" not in line:
            if chat.poll() is not None:
                raise RuntimeError("kurage chat ended early")
        time.sleep(1)
        held = tree_pss_mb(chat.pid)
        chat.communicate("quit\n")
        return held


def held_by(*arguments: str) -> float:
    """Return what a process of this script holds once it has answered, by its arguments."""
    command = [sys.executable, "-m", "bench.memory", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("ready"):
                return tree_pss_mb(process.pid)  # leaving closes its input, which ends it
    raise RuntimeError(f"{arguments} ended early")


def _make_index(home: str, chunks: int | None) -> None:
    """Index the passages, repeated under other names up to so many."""
    passages = shared("jsquad") / "passages.jsonl.gz"
    with open_app(settings.load({"KURAGE_HOME": home})) as app:
        app.mirror(SOURCE, PassageConnector(passages), kind="passages", location=str(passages))
        if chunks:
            with app.index_writer() as index:
                index.put(_repeated(app, chunks))
                index.publish()


def _repeated(app: App, chunks: int) -> Iterator[StoredPoint]:
    points = list(app.index.points())
    for number in range(chunks - len(points)):
        turn, place = divmod(number, len(points))
        found = hit(points[place].payload, 0.0)
        name = f"{turn}/{found.document.id}"
        document: IndexedDocument = replace(found.document, id=name)
        id_ = point_id(document.source, name, found.chunk.ordinal)
        yield StoredPoint(id_, points[place].vectors, payload(document, found.chunk))


def _hold_ours(home: str, questions: list[str]) -> None:
    with open_app(settings.load({"KURAGE_HOME": home})) as app:
        for question in questions:
            app.retriever.search(question, frozenset({ADMINISTRATOR}), limit=peers.TOP)
        _wait()


def _hold_peer(name: str, questions: list[str]) -> None:
    try:
        search = peers.RETRIEVERS[name](peers.passages())
    except ImportError:
        return
    for question in questions:
        search(question)
    _wait()


def _wait() -> None:
    print("ready", flush=True)
    sys.stdin.read()


def figures() -> list[Figure]:
    """Return the rows of memory."""
    rows = [
        at_most(
            "memory while ingesting (PSS of the tree)", while_ingesting(), 600, "", "MB", ".0f"
        ),
        at_most(
            "`kurage chat` idle after an answer (PSS)",
            idle_chat(),
            220,
            "a process with Sudachi and edge 144 MB",
            "MB",
            ".0f",
        ),
    ]
    for chunks, shown in ((None, "17,000"), (_LARGE, f"{_LARGE:,}")):
        with tempfile.TemporaryDirectory() as home:
            _make_index(home, chunks)
            measured = f"{held_by('ours', home):.0f} MB"
        rows.append(Figure(f"{shown} chunks open, dictionary included", "", "", measured, None))
    for name in peers.RETRIEVERS:
        try:
            measured = f"{held_by('peer', name):.0f} MB"
        except RuntimeError:
            measured = "not run: not installed"
        rows.append(Figure(f"17,000 passages: {name}", "", "", measured, None))
    return rows


if __name__ == "__main__":
    if len(sys.argv) > 1:
        kind, what = sys.argv[1:]
        asked = read_questions(shared("jsquad") / "questions.jsonl.gz")[:_ASKED]
        hold = {"ours": _hold_ours, "peer": _hold_peer}[kind]
        hold(what, [question.question for question in asked])
    else:
        print(table(figures()))
