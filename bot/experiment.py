"""Asks a set of questions of the whole pipeline, over the index or one made for the occasion.

The same connector port, sync, encoder, index, retriever and generator as for a company's documents:
what is measured is what people get. Knows nothing of figures; `evaluate` has them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import SecretStr

from bot.app import App, open_app
from bot.evaluate import EvaluationError, GoldQuestion, RunLine, check_ids, read_lines
from bot.exchange import Question, Style
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
    Remark,
    Unread,
)
from ingest.index import Hit
from ingest.sync.report import Progress

SOURCE = "passages"
# Chunks asked for, so that 20 documents are left when chunks of one document are folded.
_DEPTH = 100

Way = Literal["multi", "single", "long"]
"""How a model is asked: all passages at once, each by itself, or for a longer answer."""
WAYS: Mapping[str, Way] = {"multi": "multi", "single": "single", "long": "long"}

OnProgress = Callable[[int, int | None, str], None]


class PassageConnector:
    """A `passages.jsonl.gz` as a source: each line is a document of plain text with a title."""

    def __init__(self, path: Path) -> None:
        self._rows = {str(row["id"]): row for row in _checked(path)}

    @property
    def requests(self) -> int:
        return 0

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

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        return (self.fetch(ref) for ref in refs)

    def readers(self, ref: Ref) -> Readers:  # noqa: ARG002
        return READABLE_BY_ANYONE

    def groups(self) -> Iterable[Group]:
        return ()

    def check(self, ref: Ref) -> Presence:
        known = ref.id in self._rows
        return Presence(known, ref.version if known else None, READABLE_BY_ANYONE)

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        return frozenset(document_ids) - self._rows.keys()

    def find(self, url: str) -> Ref | None:
        """Return the passage at `passage:ID`."""
        id_ = url.removeprefix("passage:")
        return self._ref(id_) if id_ in self._rows else None

    def examine(self) -> Iterator[Remark]:
        yield Remark("ok", f"{len(self._rows):,} passages")

    def close(self) -> None:
        """Hold nothing open."""

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


@contextmanager
def prepared(
    settings: Settings,
    on_progress: OnProgress,
    *,
    passages: Path | None = None,
    folder: Path | None = None,
) -> Iterator[Settings]:
    """Yield the settings whose index holds what is to be asked.

    That of a `passages.jsonl.gz`, or of a folder of documents, whose ids are their paths in it:
    state goes to a temporary directory; words and limits are the configuration's, and neither the
    database nor a server is touched. With neither, it is the index in service, which is only read.
    """
    if passages is None and folder is None:
        yield settings
        return
    with TemporaryDirectory(prefix="kurage-eval-") as home:
        moved = _moved(settings, home)
        with open_app(moved) as app:
            _fill(app, passages, folder, on_progress)
        yield moved


def _fill(app: App, passages: Path | None, folder: Path | None, on_progress: OnProgress) -> None:
    def show(now: Progress) -> None:
        on_progress(now.done, now.total, now.stage)

    if passages:
        connector = PassageConnector(passages)
        app.mirror(SOURCE, connector, kind="passages", location=str(passages), on_progress=show)
    elif folder:
        app.sync(SOURCE, FolderSource(kind="folder", path=folder), on_progress=show)


def _moved(settings: Settings, home: str) -> Settings:
    database = SecretStr(f"sqlite:///{home}/kurage.db")
    moved = {"home": Path(home), "database_url": database, "qdrant_url": None}
    return settings.model_copy(update=moved)


def check_ways(ways: Iterable[str], settings: Settings) -> tuple[Way, ...]:
    """Return the ways in which a model is to be asked, once each. Raises EvaluationError."""
    named: dict[Way, None] = {}
    for name in ways:
        way = WAYS.get(name)
        if way is None:
            raise EvaluationError(f"{name!r} is no mode; there are {', '.join(WAYS)}")
        if settings.generator == "extractive":
            raise EvaluationError(
                "a mode is how a model is asked; KURAGE_GENERATOR=extractive asks none"
            )
        if way == "single" and settings.generator != "kurage":
            raise EvaluationError("only KURAGE_GENERATOR=kurage reads passages singly")
        named[way] = None
    return tuple(named)


def ask(
    settings: Settings,
    questions: Sequence[GoldQuestion],
    on_progress: OnProgress,
    *,
    asker: str | None = None,
    way: Way | None = None,
) -> list[RunLine]:
    """Return what the configured pipeline says of each question, in their order.

    `asker` is with whose eyes questions are asked that name nobody (an e-mail address; None: the
    administrator's). `way`: as configured, unless it is given. A model is asked greedily, and many
    questions at once; the extractive generator one after another, so that times are a question's.
    Quotes never stand in for a model here: `GeneratorError` where it is away, or refuses.
    """
    with open_app(_asked(settings, way), repeatable=True) as app:
        sources = [stored.name for stored in app.state.sources()]
        check_ids(questions, {id_ for name in sources for id_ in app.index.versions(name)})
        return app.run(_ask_each(app, questions, _Asking(asker, way), on_progress))


def _asked(settings: Settings, way: Way | None) -> Settings:
    """Return the settings with the mode of a way; a longer answer is made from all passages."""
    if way is None:
        return settings
    config = settings.config
    mode = "single" if way == "single" else "multi"
    generator = config.generator.model_copy(update={"mode": mode})
    return settings.model_copy(
        update={"config": config.model_copy(update={"generator": generator})}
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    """How questions are asked."""

    asker: str | None
    way: Way | None

    @property
    def style(self) -> Style:
        return "long" if self.way == "long" else "short"


async def _ask_each(
    app: App, questions: Sequence[GoldQuestion], asking: _Asking, on_progress: OnProgress
) -> list[RunLine]:
    lines: dict[str, RunLine] = {}
    left = iter(questions)

    async def work() -> None:
        for question in left:
            lines[question.id] = await _ask(app, question, asking)
            on_progress(len(lines), len(questions), "ask")

    count = min(_at_once(app.settings), len(questions))
    tasks = [asyncio.create_task(work()) for _ in range(count)]
    try:
        await asyncio.gather(*tasks)
    finally:
        # After a failure the others would go on asking.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [lines[question.id] for question in questions]


def _at_once(settings: Settings) -> int:
    """Return how many questions fill the workers, with none waiting for room until it fails."""
    if settings.generator == "extractive":
        return 1
    config = settings.config
    requests = config.search.passages if config.generator.mode == "single" else 1
    return max(1, len(settings.generator_urls) * config.generator.concurrency // requests)


async def _ask(app: App, gold: GoldQuestion, asking: _Asking) -> RunLine:
    principals = app.principals(gold.asker or asking.asker)
    question = Question(gold.question, principals, style=asking.style)
    answer = await app.answerer.answer(question)
    # Not within the loop, where others' answers are streaming meanwhile.
    ranking = await asyncio.to_thread(app.retriever.search, question.text, principals, limit=_DEPTH)
    text = "".join(statement.text for statement in answer.statements)
    return RunLine(
        id=gold.id,
        ranking=_folded(ranking),
        answer=text or None,
        confidence=answer.confidence,
        quotes=list(answer.quotes),
        timings_ms=answer.timings_ms,
        given=_folded(answer.ranking),
        cited=_folded([source.hit for source in answer.sources]),
        doubted=any(statement.doubts for statement in answer.statements),
        model=answer.calls[-1].model if answer.calls else None,
    )


def _folded(hits: Iterable[Hit]) -> list[str]:
    """Return the ids of the documents, each where its first chunk stands."""
    return list(dict.fromkeys(hit.document.id for hit in hits))
