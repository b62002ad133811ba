"""Has a model write questions for chunks, keeps those that pass, and lets the index hold them.

One run at a time. What was asked is in SQL before the next chunk is begun, so a run that dies is
continued by the next one, which asks about nothing twice. Knows nothing of models and engines.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from ingest.encode import Encoder
from ingest.index import Hit, Index
from ingest.questions import check
from ingest.questions.align import OpenWriter, align, places_of
from ingest.questions.writer import Writer, WriterAwayError, WriterError
from ingest.state import ADMINISTRATOR, Lease, State
from ingest.state.questions import Judged, Place, Questions, chunk_hash

FOUND_AMONG = 5
"""A question must find its chunk among so many. The bot answers from 8 passages (`passages` of
[search]); what is no better than sixth by its own question is no question of this chunk's alone."""
SHORTEST_TEXT = 20
"""Characters: a heading without its text answers nothing."""
CONCURRENCY = 32
"""Texts that a model is given at once; it works on them side by side."""
ALIGN_EVERY = 60.0
"""Seconds after which the index is given what was kept so far. A copy of the embedded index is made
for it, 0.2 s for 600 MB."""

HOPELESS = 20
"""Chunks that failed before any succeeded, after which a run ends: a wrong key fails on all."""

OnProgress = Callable[[int, int, str], None]
"""Is told how many chunks are done, of how many, and a document's title."""


@dataclass(slots=True)
class Report:
    """What a run did."""

    chunks: int = 0
    """That the model was asked about."""
    unchanged: int = 0
    """Chunks that it was asked about before."""
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Pairs by what was wrong with them."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Place and reason of every chunk of which nothing could be made; the next run tries again."""
    removed: int = 0
    """Pairs of texts that changed or are gone."""
    indexed: int = 0
    waiting: dict[str, str] = field(default_factory=dict)
    """Sources that are being synced: the index is given their questions when that ends."""
    stopped: str | None = None
    """Why the run ended early, and how to go on."""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return it for `--json`."""
        failed = [{"chunk": place, "reason": reason} for place, reason in self.failed]
        changed = {"dropped": dict(self.dropped), "failed": failed}
        return {**asdict(self), **changed, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run works with."""

    index: Index
    """As it is searched."""
    open_writer: OpenWriter
    encoder: Encoder
    state: State
    questions: Questions


async def generate(
    writer: Writer,
    parts: Parts,
    sources: Collection[str],
    *,
    model: str,
    limit: int | None = None,
    concurrency: int = CONCURRENCY,
    align_every: float = ALIGN_EVERY,
    on_progress: OnProgress = lambda *_: None,
) -> Report:
    """Have questions written for every chunk that has not been asked about, at most `limit`.

    `model` is its name, for people. A chunk that fails is reported and stops nothing; a writer that
    is away ends the run, and what was done is kept. Raises `SearchIndexError` and `StateError`.
    """
    started = time.monotonic()
    with parts.state.lease("questions") as lease:
        run = _Run(writer, parts, lease, model, on_progress)
        todo = await asyncio.to_thread(run.plan, sources)
        await run.perform(todo[:limit], concurrency, align_every)
        await run.align(sources)
    run.report.seconds = time.monotonic() - started
    return run.report


Todo = tuple[str, str, int]
"""Source, document and ordinal of a chunk."""


class _Run:
    def __init__(
        self, writer: Writer, parts: Parts, lease: Lease, model: str, on_progress: OnProgress
    ) -> None:
        self.report = Report()
        self._writer = writer
        self._parts = parts
        self._lease = lease
        self._model = model
        self._on_progress = on_progress
        self._readers = parts.state.reader_set_ids({ADMINISTRATOR})
        self._sql = asyncio.Lock()
        """SQLite has one writer: threads would wait for each other inside it."""
        self._touched: set[str] = set()
        """Sources with pairs that the index may lack."""
        self._done = self._total = 0

    def plan(self, sources: Collection[str]) -> list[Todo]:
        """Return the chunks that were not asked about, and forget what is asked of none any more.

        A pair follows its text: to another place in the document, or away with it.
        """
        return [todo for source in sources for todo in self._plan(source)]

    def _plan(self, source: str) -> Iterator[Todo]:
        index, questions = self._parts.index, self._parts.questions
        asked: dict[str, dict[int, str]] = {}
        for (document_id, ordinal), hash_ in questions.asked(source).items():
            asked.setdefault(document_id, {})[ordinal] = hash_
        for document_id in {*asked, *index.versions(source)}:
            self._lease.renew()
            chunks = index.chunks(source, document_id)
            places, before = places_of(chunks), asked.get(document_id, {})
            if any(places.get(hash_) != ordinal for ordinal, hash_ in before.items()):
                self.report.removed += questions.settle(source, document_id, places)
            known = set(before.values())
            texts = {hit.chunk.ordinal: hit.chunk.text for hit in chunks}
            for hash_, ordinal in places.items():
                if hash_ in known:
                    self.report.unchanged += 1
                elif len(texts[ordinal].strip()) >= SHORTEST_TEXT:
                    yield source, document_id, ordinal

    async def perform(self, todo: Sequence[Todo], concurrency: int, align_every: float) -> None:
        """Ask about these chunks, several at once, and keep the index up to date meanwhile."""
        self._total = len(todo)
        waiting = iter(todo)

        async def work() -> None:
            for one in waiting:
                if self.report.stopped:
                    return
                await self._one(*one)

        finished = asyncio.Event()

        async def tend() -> None:
            while not await _within(align_every, finished):
                await self.align()

        tending = asyncio.create_task(tend())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, len(todo))):
                    group.create_task(work())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            finished.set()
            await tending  # a thread that writes can not be stopped amid it

    async def _one(self, source: str, document_id: str, ordinal: int) -> None:
        chunks = await asyncio.to_thread(self._parts.index.chunks, source, document_id)
        hit = next((one for one in chunks if one.chunk.ordinal == ordinal), None)
        if hit is None:
            return  # the document changed meanwhile: the next run sees it as it is
        try:
            made = await self._writer.questions(hit.chunk.text)
        except WriterAwayError as error:
            self.report.stopped = self.report.stopped or str(error)
            return
        except WriterError as error:
            self.report.failed.append((f"{source}: {hit.document.title}, {ordinal}", str(error)))
            if len(self.report.failed) >= HOPELESS and not self.report.chunks:
                self.report.stopped = str(error)
        else:
            judged = await asyncio.to_thread(self._judged, hit, made)
            async with self._sql:
                await asyncio.to_thread(partial(self._record, hit, judged))
        self._done += 1
        self._on_progress(self._done, self._total, hit.document.title)

    def _judged(self, hit: Hit, made: Sequence[tuple[str, str]]) -> list[Judged]:
        """Return each pair with what is wrong with it; the same question twice is one."""
        judged: dict[str, Judged] = {}
        for question, answer in made:
            asked, said = check.cleaned(question), check.cleaned(answer)
            kept = [one.question for one in judged.values() if one.flaw is None]
            flaw: str | None = check.flaw(asked, said, hit.chunk.text, kept)
            if flaw is None and not self._leads_back(asked, hit):
                flaw = "not found"
            judged.setdefault(asked, Judged(asked, said, flaw))
        return list(judged.values())

    def _leads_back(self, question: str, hit: Hit) -> bool:
        """Tell whether a search for the question finds its chunk, or a copy of it."""
        query = self._parts.encoder.encode_query(question)
        found = self._parts.index.search(query, readers=self._readers, limit=FOUND_AMONG)
        return any(one.chunk.text == hit.chunk.text for one in found)

    def _record(self, hit: Hit, judged: Sequence[Judged]) -> None:
        self._lease.renew()
        document, chunk = hit.document, hit.chunk
        place = Place(document.source, document.id, chunk.ordinal, chunk_hash(chunk.text))
        self._parts.questions.record(place, self._model, judged)
        self.report.chunks += 1
        for one in judged:
            if one.flaw:
                self.report.dropped[one.flaw] += 1
            else:
                self.report.kept += 1
                self._touched.add(document.source)

    async def align(self, sources: Collection[str] | None = None) -> None:
        """Give the index what SQL has and it lacks, of these sources or of those that changed."""
        chosen = sorted(self._touched) if sources is None else sources
        self._touched -= set(chosen)
        parts = self._parts
        done = await asyncio.to_thread(
            align, chosen, parts.open_writer, parts.state, parts.questions, parts.encoder
        )
        self.report.indexed += done.added
        self.report.waiting = done.waiting
        self._touched |= done.waiting.keys()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Return whether an event came within some seconds, as soon as it comes."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
