"""A question taken apart: what is searched for, among what, what is found, what is made of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import reply
from bot.exchange import Evidence, Generation, Language
from bot.explain import scores
from bot.explain.scores import Dimension
from bot.generate.extractive import ExtractiveGenerator, weights
from bot.generate.extractive.candidates import candidates
from bot.generate.extractive.confidence import signals
from bot.generate.extractive.generator import rank
from bot.generate.extractive.question import read
from ingest.encode import EncodedQuery
from ingest.index import Hit
from ingest.japanese import Morpheme

if TYPE_CHECKING:
    from bot.app import App

_DEEP = 1000
"""How far down the ranking a document is looked for."""


def explain_question(
    kurage: App,
    question: str,
    *,
    email: str | None,
    language: Language,
    sources: Collection[str] | None = None,
    document: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Return how a question is read, what it may see, what it finds and what is answered.

    `document` (source and id) is looked for far below what an answer is made from. Raises what
    asking raises.
    """
    principals = kurage.principals(email)
    retriever = kurage.retriever
    query = retriever.encoder.encode_query(question)
    asked = scores.dimensions(question, query, kurage.index)
    evidence = retriever.retrieve(
        question, principals, limit=kurage.answerer.passages, sources=sources
    )
    hits = [passage.hit for passage in evidence.passages]
    words = kurage.analyzer.morphemes(question)
    reading = _Reading(kurage, asked, frozenset(word.key for word in words), language)
    found_passages = reading.candidates(hits)
    found: dict[str, Any] = {
        "question": question,
        "as": email,
        "tokens": _tokens(words, query),
        "terms": _terms(kurage, words, query, asked, found_passages),
        "grams": [
            {"gram": gram.name, "weight": round(gram.weight, 3), "idf": _rounded(gram.idf)}
            for gram in asked
            if not gram.word
        ],
        "reader_sets": {
            "satisfied": len(retriever.readers.allowed(principals)),
            "known": len(kurage.state.reader_sets()),
        },
        "sources": sorted(sources) if sources else None,
        "candidates": found_passages,
        **_decision(kurage, question, evidence),
    }
    if document is not None:
        ranking = retriever.search(question, principals, limit=_DEEP, sources=sources)
        found["document"] = reading.standing(document, ranking)
    return found


def _tokens(words: Sequence[Morpheme], query: EncodedQuery) -> list[dict[str, Any]]:
    """Return the words of the question as they are cut, those that are not searched for too."""
    searched = {term.index for term in query.terms}
    return [
        {
            "surface": word.surface,
            "term": word.term or None,
            "part_of_speech": word.part_of_speech,
            "searched": word.key in searched,
        }
        for word in words
        if word.surface.strip()
    ]


def _terms(
    kurage: App,
    words: Sequence[Morpheme],
    query: EncodedQuery,
    asked: Sequence[Dimension],
    candidates: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    rarity = {dimension.index: dimension.idf for dimension in asked}
    groups = _company_synonyms(kurage)
    spelled: dict[str, set[str]] = {}
    for candidate in candidates:
        for part in candidate["parts"]:
            spelled.setdefault(part["term"], set()).update(part["found_as"])
    return [
        {
            "term": term.term,
            "asked_as": sorted({word.surface for word in words if word.key == term.index}),
            "weight": round(term.weight, 3),
            "idf": _rounded(rarity.get(term.index)),
            "synonyms": groups.get(term.index, []),
            "found_as": sorted(spelled.get(term.term, set())),
        }
        for term in query.terms
    ]


def _company_synonyms(kurage: App) -> dict[int, list[str]]:
    """Return the groups of `kurage.toml`, by the key that their words share."""
    groups: dict[int, list[str]] = {}
    for group in kurage.settings.config.search.synonyms:
        for surface in group:
            keys = [word.key for word in kurage.analyzer.morphemes(surface) if word.key]
            groups.update((key, list(group)) for key in keys[-1:])
    return groups


@dataclass(frozen=True, slots=True)
class _Reading:
    """Chunks read with the eyes of one question."""

    kurage: App
    asked: Sequence[Dimension]
    own: frozenset[int]
    """Keys of the words that stand in the question; the other terms are related to them."""
    language: Language

    def candidates(self, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        """Return each hit with its score taken apart, in order."""
        chunks = [hit.chunk for hit in hits]
        split = scores.parts(self.asked, chunks, self.kurage.retriever.encoder)
        return [
            self._candidate(rank, hit, parts)
            for rank, (hit, parts) in enumerate(zip(hits, split, strict=True), start=1)
        ]

    def standing(self, document: tuple[str, str], ranking: Sequence[Hit]) -> dict[str, Any]:
        """Return where a document stands in the ranking, by its best chunk."""
        source, identity = document
        for position, hit in enumerate(ranking, start=1):
            if (hit.document.source, hit.document.id) == document:
                [found] = self.candidates([hit])
                return {
                    **found,
                    "rank": position,
                    "used": position <= self.kurage.answerer.passages,
                }
        return {"source": source, "document": identity, "rank": None, "searched": len(ranking)}

    def _candidate(self, rank: int, hit: Hit, parts: Mapping[int, float]) -> dict[str, Any]:
        spelled = self._spelled(hit)
        words = [dimension for dimension in self.asked if dimension.word]
        grams = [parts[d.index] for d in self.asked if d.index in parts and not d.word]
        by_relevance = math.fsum(parts.values())
        return {
            "rank": rank,
            "score": round(hit.score, 3),
            "source": hit.document.source,
            "document": hit.document.id,
            "place": reply.place(hit, self.language),
            "url": hit.url,
            "parts": [
                {
                    "term": word.name,
                    "score": round(parts[word.index], 3),
                    "found_as": sorted(spelled.get(word.index, set())),
                }
                for word in words
                if word.index in parts
            ],
            "grams": round(math.fsum(grams), 3),
            # The question of the chunk that brought it here: the score is then that question's.
            "question": hit.question,
            # What an old document loses; 1 where it loses nothing.
            "freshness": round(hit.score / by_relevance, 4)
            if by_relevance and not hit.question
            else 1.0,
            "terms": [word.name for word in words if word.index in parts],
            "missing": [
                word.name for word in words if word.index not in parts and word.index in self.own
            ],
        }

    def _spelled(self, hit: Hit) -> dict[int, set[str]]:
        """Return how a chunk and its headings spell each word, by key: 年休 for 有給."""
        found: dict[int, set[str]] = {}
        for text in (hit.chunk.title, *hit.chunk.headings, hit.chunk.text):
            for word in self.kurage.analyzer.morphemes(text):
                if word.key:
                    found.setdefault(word.key, set()).add(word.surface)
        return found


def _decision(kurage: App, question: str, evidence: Evidence) -> dict[str, Any]:
    generation = kurage.run(_generated(kurage, question, evidence))
    return {
        "confidence": generation.confidence,
        "answers": bool(generation.statements),
        "answer": [statement.text for statement in generation.statements],
        **_extractive(kurage, question, evidence),
    }


async def _generated(kurage: App, question: str, evidence: Evidence) -> Generation:
    stream = kurage.answerer.generator.generate(question, evidence, "short")
    return [generation async for generation in stream][-1]


def _extractive(kurage: App, question: str, evidence: Evidence) -> dict[str, Any]:
    """Return what the confidence is made of, where it is the extractive generator's.

    Each part is a signal times what it is worth, in log odds; together with the base they make the
    confidence, below whose threshold nothing is answered.
    """
    if not isinstance(kurage.answerer.generator, ExtractiveGenerator):
        return {"threshold": None, "confidence_parts": []}
    asked = read(question, kurage.analyzer, evidence.term_weights)
    ranked = rank(candidates(asked, evidence.passages, kurage.analyzer.morphemes))
    found = signals(asked, ranked, evidence.passages) if ranked else {}
    parts = [
        {"signal": name, "value": round(value, 3), "log_odds": round(value * worth, 3)}
        for name, worth in weights.CONFIDENCE.items()
        if (value := found.get(name)) is not None
    ]
    base = [{"signal": "base", "value": 1.0, "log_odds": round(weights.INTERCEPT, 3)}]
    return {"threshold": weights.THRESHOLD, "confidence_parts": [*base, *parts] if parts else []}


def _rounded(value: float | None) -> float | None:
    """Return the rarity of a term, or None where no document holds it."""
    return None if value is None else round(value, 3)
