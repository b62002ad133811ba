"""Installations for the tests of backups: small, but with something in every table.

As a program: `python installations.py FILE HOME DATABASE_URL WHEN [QDRANT_URL]` restores a backup
and is killed (SIGKILL) at a moment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot import backup, migrations, settings
from bot.app import App, open_app
from bot.backup import tables
from bot.conversations import Shown, Thread
from bot.conversations.tables import TraceRow
from bot.exchange import Answer, Question, Source, Statement
from bot.inbox import InboxStore, Owner
from connectors.base import Group
from ingest.chunk import Chunk
from ingest.edge import EdgeWriter
from ingest.index import IndexedDocument, IndexWriter, Origin, SearchIndexError
from ingest.state import ADMINISTRATOR, COUNTS, Failure, Grave
from ingest.state.tables import QuestionedChunkRow, QuestionRow

SALES = (frozenset({"group:sales"}),)
EVERYONE = (frozenset({"anyone"}),)
QUESTION = "日当はいくら？"


def unseen(done: int, total: int | None, label: str) -> None:
    """Show no progress."""


@contextmanager
def installation(home: Path, database_url: str, **environ: str) -> Iterator[App]:
    """Yield the program with its state in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    variables = {"KURAGE_HOME": str(home), "KURAGE_DATABASE_URL": database_url, **environ}
    with open_app(settings.load(variables, home)) as kurage:
        yield kurage


def fill(kurage: App, documents: int = 3) -> None:
    """Put something into the index and into every table."""
    state = kurage.state
    everyone, sales = state.add_reader_set(EVERYONE), state.add_reader_set(SALES)
    state.register_source("規程", kind="folder", location="/docs/規程")
    state.save_feed("規程", cursor="7", fingerprint="p", listed=datetime.now(UTC))
    state.replace_groups("規程", [Group("group:sales", frozenset({"user:sato@example.co.jp"}))])
    later = datetime(2026, 4, 2, tzinfo=UTC)
    state.record_failures(
        "規程",
        [Failure("b.pdf", "b", "壊れています", "1", "r", "p", lasting=True, next_attempt=later)],
    )
    state.bury("規程", [Grave("昔.md", "昔の規程", "https://example.co.jp/昔", b"\x00\xff")])
    state.mark_restored("規程", ["昔.md"])
    run = state.start_run("規程")
    counts = {name: number for number, name in enumerate(COUNTS)}
    told = {"written": documents, "語": "表"}
    state.finish_run(run, outcome="finished", report=told, error="なし", counts=counts)
    with kurage.index_writer() as index:
        for number in range(documents):
            write(kurage, index, f"{number}.md", sales if number % 3 == 2 else everyone)
        index.replace(_document("空.pdf", everyone), [], [])
        index.publish()
    _converse(kurage)


def write(kurage: App, index: IndexWriter, name: str, readers: int, *, version: str = "1") -> None:
    """Write a document of two chunks."""
    texts = (f"日当は{name}の表による。", f"宿泊費は実費とする。第{version}版")
    chunks = [
        Chunk(i, "旅費規程", ("第2章", "日当"), text, "paragraph", f"日当-{i}")
        for i, text in enumerate(texts)
    ]
    encodings = kurage.encoder.encode_documents(chunks)
    index.replace(_document(name, readers, version), chunks, encodings)


def _document(name: str, readers: int, version: str = "1") -> IndexedDocument:
    return IndexedDocument(
        source="規程",
        id=name,
        version=version,
        readers_version="r",
        readers=readers,
        title="旅費規程",
        url=f"https://example.co.jp/{name}",
        updated=datetime(2026, 4, 1, tzinfo=UTC),
        owner="総務部",
    )


def _converse(kurage: App) -> None:
    log, thread = kurage.conversations, Thread("slack", "C1", "1.2")
    question = Question(QUESTION, frozenset({"anyone"}))
    turn = log.open_turn(thread, question, asker="佐藤", message="1.3")
    hit = kurage.index.chunks("規程", "0.md")[0]
    answer = Answer(
        state="answered",
        statements=(Statement("3,000円", (1,), verbatim=True),),
        sources=(Source(1, hit, "日当は…"),),
        nearest=(),
        ranking=(hit,),
        confidence=0.1 + 0.2,
        timings_ms={"search": 0.25},
    )
    log.finish_turn(turn.id, answer, generator="extractive", index_revision="a/1")
    log.add_feedback(turn.id, user="佐藤", vote="up", comment="助かる 👍\x00")
    inbox = InboxStore(kurage.engine, Owner.current())
    again = replace(log.get(turn.id), id="222222", message="1.4", shown=(Shown("C1", "1.5"),))
    assert inbox.put(again) is not None
    inbox.hear("slack", {"C1": "1.4"})
    _ask_a_model(kurage, turn.id)


def _ask_a_model(kurage: App, turn: str) -> None:
    """Leave what a model was asked, for a turn and about a chunk."""
    now = datetime.now(UTC)
    place = {"source": "規程", "document_id": "0.md", "ordinal": 0, "chunk": "0" * 64}
    with Session(kurage.engine) as session, session.begin():
        session.add(TraceRow(turn_id=turn, calls=[{"raw": "なし"}], checks=[{"name": "numbers"}]))
        session.add(QuestionedChunkRow(**place, model="kurage", asked=now))
        session.add(
            QuestionRow(
                id="Q7F3Q2",
                **place,
                question=QUESTION,
                answer="0.mdの表による",
                state="approved",
                model="kurage",
                created=now,
                decided=now,
                decided_by="佐藤",
            )
        )


def everything(kurage: App) -> dict[str, Any]:
    """Return all that a backup has to bring back: rows, points, and what searches find."""
    held: dict[str, Any] = {}
    with tables.snapshot(kurage.engine) as connection:
        for table in tables.stored_tables():
            held[table.name] = list(tables.read_rows(connection, table))
    index = kurage.open_index()
    held["points"] = {point.id: point for point in index.points()} if index.origin else {}
    held["origin"] = index.origin
    index.close()
    held["hits"] = found(kurage) if held["points"] else []
    return held


def found(kurage: App, principal: str = ADMINISTRATOR) -> list[tuple[str, str, float]]:
    """Return what the index finds for somebody, with its own scores: no clock is in them."""
    readers = kurage.state.reader_set_ids(kurage.state.groups_of([principal]))
    query = kurage.encoder.encode_query(QUESTION)
    hits = kurage.index.search(query, readers=readers, limit=1_000)
    return sorted((hit.document.id, hit.chunk.text, hit.score) for hit in hits)


def save(kurage: App, path: Path, on_progress: backup.OnProgress = unseen) -> backup.Manifest:
    """Back an installation up into a file."""
    index = kurage.open_index()
    try:
        with backup.new_file(path, force=True) as file:
            stored = backup.Installation(
                kurage.engine, index, kurage.settings.config_path, "lexical", "extractive"
            )
            return backup.save(stored, file, on_progress)
    finally:
        index.close()


def restore(
    kurage: App,
    path: Path,
    *,
    force: bool = False,
    on_progress: backup.OnProgress = unseen,
    open_writer: Callable[[Origin], IndexWriter] | None = None,
    configuration: Path | None = None,
) -> backup.Restored:
    """Restore a backup into an installation."""
    target = backup.Target(
        home=kurage.home,
        engine=migrations.connect(kurage.settings.database_url.get_secret_value()),
        open_index=kurage.open_index,
        open_writer=open_writer or kurage.index_writer,
        configuration=configuration or kurage.home / "kurage.toml",
    )
    try:
        with path.open("rb") as file:
            return backup.restore(file, target, force=force, on_progress=on_progress)
    finally:
        target.engine.dispose()


def nothing_to_see(kurage: App) -> bool:
    """Tell whether no question finds anything and nothing is logged."""
    try:
        documents, _ = kurage.index.count()
    except SearchIndexError:
        documents = 0
    return documents == 0 and not list(kurage.conversations.turns())


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Dying(EdgeWriter):
    """Is killed as soon as readers are served what it published."""

    def publish(self) -> None:
        super().publish()
        _die()


def _restore_and_die(path: Path, home: Path, database_url: str, when: str, **environ: str) -> None:
    with installation(home, database_url, **environ) as kurage:

        def progress(done: int, total: int | None, label: str) -> None:
            if label == when:
                _die()

        def dying(origin: Origin) -> IndexWriter:
            folder = kurage.home / "index"
            return _Dying(folder, origin.pipeline, origin.vectors, encoder=origin.encoder)

        writer = dying if when == "published" else None
        restore(kurage, path, force=True, on_progress=progress, open_writer=writer)


if __name__ == "__main__":
    _, file, place, url, moment, *server = sys.argv
    variables = {"QDRANT_URL": server[0]} if server else {}
    _restore_and_die(Path(file), Path(place), url, moment, **variables)
