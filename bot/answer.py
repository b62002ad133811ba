"""The only orchestration of a question: retrieve, generate, check, answer.

Knows nothing of platforms and models. What it returns holds "no answer without a source": every
citation was in the prompt, every quote stands word for word in its passage, and inline numbers are
those of the list.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.exchange import Answer, Evidence, Generation, Passage, Question, Quote, Source, Statement
from bot.generate import Generator
from bot.retrieve import Retriever
from ingest.index import Hit

# An abstention names this many of the nearest documents.
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from what the asker may read."""

    retriever: Retriever
    generator: Generator
    passages: int = 8
    """How many passages a generator is given."""

    async def answer(
        self, question: Question, on_progress: Callable[[Answer], None] | None = None
    ) -> Answer:
        """Return the answer; `on_progress` sees it grow, checked in the same way.

        Raises what the index and the generator raise: whoever shows the answer words the failure.
        """
        started = time.perf_counter()
        # The index and the database block, and queries release the GIL: hence a thread.
        evidence = await asyncio.to_thread(
            self.retriever.retrieve,
            question.text,
            question.principals,
            limit=self.passages,
            sources=question.sources,
        )
        retrieved = time.perf_counter()
        generation = Generation(())
        async for generation in self.generator.generate(question.text, evidence, question.style):
            if on_progress and generation.statements:
                on_progress(checked(generation, evidence))
        finished = time.perf_counter()
        timings = {
            "retrieve": _milliseconds(started, retrieved),
            "generate": _milliseconds(retrieved, finished),
            "total": _milliseconds(started, finished),
        }
        return replace(checked(generation, evidence), timings_ms=timings)


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
