"""The only orchestration of a question: retrieve, generate, check, answer.

Knows nothing of platforms and models. What it returns holds "no answer without a source": every
citation was in the prompt, every quote stands word for word in its passage, and inline numbers are
those of the list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bot.exchange import (
    Answer,
    Check,
    Evidence,
    Generation,
    Passage,
    Question,
    Quote,
    Source,
    Statement,
    Style,
)
from bot.generate import Generator
from bot.retrieve import Retriever
from ingest.index import Hit

if TYPE_CHECKING:
    from bot.bearing_quotes import Quoting

# An abstention names this many of the nearest documents.
_NEAREST = 3

OnProgress = Callable[[Answer], None]


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from what the asker may read."""

    retriever: Retriever
    generator: Generator
    passages: int = 8
    """How many passages a generator is given."""
    quoting: Quoting | None = None
    """Set where the generator writes in its own words: what it says is then checked, and the
    sentences that bear it are looked up."""
    unverified: Literal["mark", "quote"] = "mark"
    """What becomes of a sentence that its sources do not bear."""

    async def answer(self, question: Question, on_progress: OnProgress | None = None) -> Answer:
        """Return the answer; `on_progress` sees it grow, its citations checked in the same way.

        Raises what the index and the generator raise: whoever shows the answer words the failure.
        """
        started = time.perf_counter()
        # The index and the database block, and queries release the GIL: hence a thread.
        evidence = await asyncio.to_thread(self._evidence, question)
        retrieved = time.perf_counter()
        if question.style == "long":
            answer = await self._longer(question, evidence, on_progress)
        else:
            answer = await self._said(question, evidence, question.style, on_progress)
        finished = time.perf_counter()
        timings = {
            "retrieve": _milliseconds(started, retrieved),
            "generate": _milliseconds(retrieved, finished),
            "total": _milliseconds(started, finished),
        }
        return replace(answer, timings_ms=timings)

    def _evidence(self, question: Question) -> Evidence:
        text, who = question.text, question.principals
        if question.places:
            # A longer answer is made from what the short one was made from, not from a new search.
            again = self.retriever.reread(text, who, question.places, sources=question.sources)
            if again.passages:
                return again
        return self.retriever.retrieve(text, who, limit=self.passages, sources=question.sources)

    async def _said(
        self,
        question: Question,
        evidence: Evidence,
        style: Style,
        on_progress: OnProgress | None = None,
    ) -> Answer:
        """Return what the generator says of the evidence, checked."""
        generation = Generation(())
        async for generation in self.generator.generate(question.text, evidence, style):
            if on_progress and (generation.statements or generation.references):
                on_progress(checked(generation, evidence))
        if self.quoting is None or generation.model_away is not None:
            return checked(generation, evidence)
        return await asyncio.to_thread(self._verified, question.text, generation, evidence)

    async def _longer(
        self, question: Question, evidence: Evidence, on_progress: OnProgress | None
    ) -> Answer:
        """Return a longer answer than the short one, if the sources hold one.

        The model's own long answer comes first; where that says no more, it is asked once more
        with what stands around the passages that it named.
        """
        short: asyncio.Task[Answer] | None = None
        if question.told is None and self.quoting is not None:
            short = asyncio.create_task(self._said(question, evidence, "short"))
        try:
            # Nobody sees a "longer" answer grow that turns out to be none.
            grows = on_progress and _beyond(question.told or 0, on_progress)
            answer = await self._said(question, evidence, "long", grows)
            told = question.told
            if short is not None:
                former = await short
                told = length(former.statements)
                answer = replace(answer, calls=(*former.calls, *answer.calls))
        finally:
            if short is not None:
                short.cancel()
        if told is None or answer.model_away or length(answer.statements) > told:
            return answer
        cited = {source.hit for source in answer.sources}
        wider = await asyncio.to_thread(self._wider, evidence, cited)
        if wider == evidence:
            return replace(answer, nothing_more=True)
        again = await self._said(question, wider, "long", grows)
        again = replace(again, calls=(*answer.calls, *again.calls))
        if length(again.statements) > told:
            return again
        return replace(answer, nothing_more=True, calls=again.calls)

    def _wider(self, evidence: Evidence, cited: set[Hit]) -> Evidence:
        numbers = {p.number for p in evidence.passages if p.hit in cited}
        return self.retriever.widened(evidence, numbers, limit=self.passages)

    def _verified(self, text: str, generation: Generation, evidence: Evidence) -> Answer:
        """Return what a model wrote, each sentence with what bears it, and with what does not."""
        from bot.bearing_quotes import bearing_quotes  # noqa: PLC0415 - quotes need none of it
        from bot.checks import attributed, examined  # noqa: PLC0415

        assert self.quoting is not None  # noqa: S101 - the caller has looked
        passages = {passage.number: passage for passage in evidence.passages}
        borne = attributed(_borne(generation, passages), passages)
        statements, checks = examined(text, borne, passages)
        quotes = bearing_quotes(text, statements, evidence, self.quoting)
        if self.unverified == "quote":
            statements = _quoted_instead(statements, quotes)
        verified = replace(generation, statements=statements, quotes=quotes)
        named = _named(generation, passages)
        return replace(checked(verified, evidence), checks=(named, *checks))


def length(statements: Sequence[Statement]) -> int:
    """Return the characters of an answer."""
    return sum(len(statement.text) for statement in statements)


def _beyond(told: int, on_progress: OnProgress) -> OnProgress:
    """Return what passes on an answer once it is longer than the one that is known."""

    def longer(answer: Answer) -> None:
        if length(answer.statements) > told:
            on_progress(answer)

    return longer


def _named(generation: Generation, passages: Mapping[int, Passage]) -> Check:
    """Return the check that the model cites nothing that was not before it."""
    cited = [*generation.references, *(n for s in generation.statements for n in s.references)]
    unknown = sorted({str(number) for number in cited if number not in passages})
    return Check("citations", passed=not unknown, detail=", ".join(unknown))


def _quoted_instead(
    statements: Sequence[Statement], quotes: Sequence[Quote]
) -> tuple[Statement, ...]:
    """Return the statements with the quote in place of each that is in doubt.

    One for which there is no quote keeps its mark; the same quote is shown once.
    """
    shown: dict[Statement, None] = {}
    for statement in statements:
        quote = next((q for q in quotes if q.passage in statement.references), None)
        if statement.doubts and quote:
            shown[Statement(quote.text, (quote.passage,), verbatim=True)] = None
        else:
            shown[statement] = None
    return tuple(shown)


def checked(generation: Generation, evidence: Evidence) -> Answer:
    """Return what a generation may claim: an abstention where no statement is borne by a source."""
    passages = {passage.number: passage for passage in evidence.passages}
    quotes = [quote for quote in generation.quotes if _verbatim(quote, passages)]
    statements = _borne(generation, passages)
    hits = tuple(passage.hit for passage in evidence.passages)
    numbers = _numbers(statements, passages)
    return Answer(
        state="answered" if statements else "abstained",
        statements=tuple(_renumbered(statement, numbers) for statement in statements),
        sources=_sources(numbers, passages, [*_shown(statements), *quotes]),
        nearest=() if statements else nearest(hits),
        confidence=generation.confidence,
        ranking=hits,
        quotes=tuple(quote.text for quote in quotes),
        model_away=generation.model_away,
        calls=generation.calls,
    )


def nearest(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Return the best hit of each of the first few documents."""
    first: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        first.setdefault((hit.document.source, hit.document.id), hit)
    return tuple(first.values())[:_NEAREST]


def _verbatim(quote: Quote, passages: Mapping[int, Passage]) -> bool:
    return quote.passage in passages and quote.text in passages[quote.passage].text


def _borne(generation: Generation, passages: Mapping[int, Passage]) -> list[Statement]:
    """Keep the statements that a passage of the prompt bears, without made-up references.

    A statement that names none is borne by all that the generation names.
    """
    named = tuple(number for number in generation.references if number in passages)
    kept = []
    for statement in generation.statements:
        references = tuple(n for n in statement.references if n in passages) or named
        if not references or not statement.text.strip():
            continue
        if statement.verbatim and not any(statement.text in passages[n].text for n in references):
            continue
        kept.append(replace(statement, references=references))
    return kept


def _numbers(statements: list[Statement], passages: Mapping[int, Passage]) -> dict[int, int]:
    """Return each cited passage's number in the list of sources, by first use.

    Passages with the same link are one source to a reader.
    """
    by_link: dict[tuple[str, str, str], int] = {}
    numbers: dict[int, int] = {}
    for statement in statements:
        for reference in statement.references:
            hit = passages[reference].hit
            link = (hit.document.source, hit.document.id, hit.chunk.anchor)
            numbers[reference] = by_link.setdefault(link, len(by_link) + 1)
    return numbers


def _shown(statements: list[Statement]) -> list[Quote]:
    """Return what is quoted in the answer itself: the sentence that a reader looks for first."""
    return [Quote(part.references[0], part.text) for part in statements if part.verbatim]


def _renumbered(statement: Statement, numbers: Mapping[int, int]) -> Statement:
    return replace(
        statement, references=tuple(dict.fromkeys(numbers[n] for n in statement.references))
    )


def _sources(
    numbers: Mapping[int, int], passages: Mapping[int, Passage], quotes: list[Quote]
) -> tuple[Source, ...]:
    sources: dict[int, Source] = {}
    for reference, number in numbers.items():
        quote = next((q.text for q in quotes if numbers.get(q.passage) == number), None)
        sources.setdefault(number, Source(number, passages[reference].hit, quote))
    return tuple(sources[number] for number in sorted(sources))


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
