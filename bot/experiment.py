"""Runs a set of questions through the whole pipeline, over the index or one made for the occasion.

The same connector port, sync, encoder, index, retriever and generator as for a company's documents:
what is measured is what people get. Knows nothing of figures; `evaluate` has them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from bot.app import App, open_app
from bot.evaluate import EvaluationError, GoldQuestion, RunLine, check_ids, read_lines
from bot.exchange import Question
from bot.settings import FolderSource, Settings
from connectors.base import (
    READABLE_BY_ANYONE,
    Cursor,
    Document,
    Gone,
    Group,
    Presence,
    Readers,
    Ref,
)

SOURCE = "passages"
# Chunks asked for, so that 20 documents are left when chunks of one document are folded.
_DEPTH = 100

OnProgress = Callable[[int, int | None, str], None]


class PassageConnector:
    """A `passages.jsonl.gz` as a source: each line is a document of plain text with a title."""

    def __init__(self, path: Path) -> None:
        self._rows = {str(row["id"]): row for row in _checked(path)}

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:  # noqa: ARG002
        """Yield every passage."""
        for id_ in self._rows:
            yield self._ref(id_)

    def fetch(self, ref: Ref) -> Document:
        row = self._rows[ref.id]
        return Document(
            ref=ref,
            title=str(row.get("title") or ref.id),
            url=f"passage:{ref.id}",
            body=str(row["text"]).encode("utf-8"),
            media_type="text/plain; charset=utf-8",
            readers=READABLE_BY_ANYONE,
        )

    def readers(self, ref: Ref) -> Readers:  # noqa: ARG002
        return READABLE_BY_ANYONE

    def groups(self) -> Iterable[Group]:
        return ()

    def check(self, ref: Ref) -> Presence:
        known = ref.id in self._rows
        return Presence(known, ref.version if known else None, READABLE_BY_ANYONE)

    def _ref(self, id_: str) -> Ref:
        row = self._rows[id_]
        content = f"{row.get('title')}\x00{row['text']}".encode()
        version = hashlib.blake2b(content, digest_size=8).hexdigest()
        return Ref(id_, version, "", id_, "text/plain", len(content))


def _checked(path: Path) -> Iterator[dict[str, object]]:
    for number, row in enumerate(read_lines(path), start=1):
        if not {"id", "text"} <= row.keys():
            raise EvaluationError(f"{path}: passage {number} has no id or no text")
        yield row


def run(
    passages: Path,
    questions: Sequence[GoldQuestion],
    settings: Settings,
    on_progress: OnProgress,
    *,
    asker: str | None = None,
) -> list[RunLine]:
    """Return what the configured pipeline says of each question over a `passages.jsonl.gz`.

    State goes to a temporary directory; words and limits are the configuration's. `asker` is with
    whose eyes questions are asked that name nobody (an e-mail address; None: the administrator's).
    """
    connector = PassageConnector(passages)
    with _temporary(settings) as app:
        app.mirror(
            SOURCE,
            connector,
            kind="passages",
            location=str(passages),
            on_progress=lambda now: on_progress(now.done, now.total, now.stage),
        )
        return _ask_all(app, questions, asker, on_progress)


def run_folder(
    folder: Path,
    questions: Sequence[GoldQuestion],
    settings: Settings,
    on_progress: OnProgress,
    *,
    asker: str | None = None,
) -> list[RunLine]:
    """Return the same over a folder of documents; ids are their paths in the folder."""
    with _temporary(settings) as app:
        app.sync(
            SOURCE,
            FolderSource(kind="folder", path=folder),
            on_progress=lambda now: on_progress(now.done, now.total, now.stage),
        )
        return _ask_all(app, questions, asker, on_progress)


def run_index(
    questions: Sequence[GoldQuestion],
    settings: Settings,
    on_progress: OnProgress,
    *,
    asker: str | None = None,
) -> list[RunLine]:
    """Return the same over the index that is in service, which is only read."""
    with open_app(settings) as app:
        return _ask_all(app, questions, asker, on_progress)


@contextmanager
def _temporary(settings: Settings) -> Iterator[App]:
    """Yield the program with state of its own; neither the database nor a server is touched."""
    with TemporaryDirectory(prefix="kurage-eval-") as home, open_app(_moved(settings, home)) as app:
        yield app


def _moved(settings: Settings, home: str) -> Settings:
    database = SecretStr(f"sqlite:///{home}/kurage.db")
    moved = {"home": Path(home), "database_url": database, "qdrant_url": None}
    return settings.model_copy(update=moved)


def _ask_all(
    app: App, questions: Sequence[GoldQuestion], asker: str | None, on_progress: OnProgress
) -> list[RunLine]:
    sources = [stored.name for stored in app.state.sources()]
    check_ids(questions, {id_ for name in sources for id_ in app.index.versions(name)})
    return asyncio.run(_ask_each(app, questions, asker, on_progress))


async def _ask_each(
    app: App, questions: Sequence[GoldQuestion], asker: str | None, on_progress: OnProgress
) -> list[RunLine]:
    lines = []
    for number, question in enumerate(questions, start=1):
        lines.append(await _ask(app, question, asker))
        on_progress(number, len(questions), "ask")
    return lines


async def _ask(app: App, gold: GoldQuestion, asker: str | None) -> RunLine:
    principals = app.principals(gold.asker or asker)
    question = Question(gold.question, principals)
    answer = await app.answerer.answer(question)
    ranking = app.retriever.search(question.text, principals, limit=_DEPTH)
    text = "".join(statement.text for statement in answer.statements)
    return RunLine(
        id=gold.id,
        ranking=list(dict.fromkeys(hit.document.id for hit in ranking)),
        answer=text or None,
        confidence=answer.confidence,
        quotes=list(answer.quotes),
        timings_ms=answer.timings_ms,
    )
