"""Finds the passages that may answer a question, among those that the asker may read.

Knows nothing of generators and platforms, nor which encoder and index are in use.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.access import ReaderFilter
from bot.exchange import Evidence, Passage, Place
from ingest.encode import EncodedQuery, Encoder
from ingest.index import Hit, Index

# Hits asked of the index beyond those wanted, so that enough are left when copies are folded.
_SPARE = 2
# Of two versions of one rule the newer one should win, and nothing else should change places: a
# document loses at most this share of its score, reached after so many years without an update.
_AGE_PENALTY = 0.06
_AGE_YEARS = 3.0
_YEAR_SECONDS = 365.25 * 86400


@dataclass(frozen=True, slots=True)
class Retriever:
    """An index, the encoder that filled it, and who may read what."""

    index: Index
    encoder: Encoder
    readers: ReaderFilter

    def search(
        self,
        question: str,
        principals: frozenset[str],
        *,
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        """Return the best chunks that `principals` may read, best first, at most `limit`."""
        return self._search(self.encoder.encode_query(question), principals, limit, sources)

    def retrieve(
        self,
        question: str,
        principals: frozenset[str],
        *,
        limit: int,
        sources: Collection[str] | None = None,
    ) -> Evidence:
        """Return the best passages, numbered from 1, with the weights of the question's terms."""
        query = self.encoder.encode_query(question)
        return self._evidence(query, self._search(query, principals, limit, sources))

    def reread(
        self,
        question: str,
        principals: frozenset[str],
        places: Sequence[Place],
        *,
        sources: Collection[str] | None = None,
    ) -> Evidence:
        """Return the passages that stand at these places now, as far as `principals` may read them.

        What is gone is left out: rights and documents may have changed since they were found.
        """
        allowed = frozenset(self.readers.allowed(principals))
        wanted = [place for place in places if sources is None or place.source in sources]
        documents = {(place.source, place.document_id) for place in wanted}
        held = {
            Place.of(hit): hit
            for source, document in sorted(documents)
            for hit in self.index.chunks(source, document)
            if hit.document.readers in allowed
        }
        # Read by its place a chunk has no score; the one that it was found with goes on holding.
        hits = [
            replace(held[place], score=place.score)
            for place in dict.fromkeys(wanted)
            if place in held
        ]
        return self._evidence(self.encoder.encode_query(question), hits)

    def widened(self, evidence: Evidence, cited: Collection[int], *, limit: int) -> Evidence:
        """Return the cited passages with what stands before and after them, then the others.

        Without any `cited` it is the best passage that is widened. At most `limit` passages are
        returned, but all that were cited and their neighbours. Neighbours are of the same document,
        so whoever may read the one may read the others.
        """
        passages = evidence.passages
        chosen = [p for p in passages if p.number in cited] or list(passages[:1])
        around = [hit for passage in chosen for hit in self._around(passage.hit)]
        hits = {Place.of(hit): hit for hit in [*(p.hit for p in chosen), *around]}
        for passage in passages:
            if len(hits) < limit:
                hits.setdefault(Place.of(passage.hit), passage.hit)
        numbered = enumerate(hits.values(), start=1)
        return replace(evidence, passages=tuple(Passage(number, hit) for number, hit in numbered))

    def _around(self, hit: Hit) -> list[Hit]:
        chunks = self.index.chunks(hit.document.source, hit.document.id)
        beside = {hit.chunk.ordinal + 1, hit.chunk.ordinal - 1}
        # Where a document was replaced meanwhile, its neighbours may not belong together.
        return [c for c in chunks if c.chunk.ordinal in beside and c.document == hit.document]

    def _evidence(self, query: EncodedQuery, hits: Sequence[Hit]) -> Evidence:
        weights = self.index.inverse_document_frequencies(query) if hits else {}
        passages = tuple(Passage(number, hit) for number, hit in enumerate(hits, start=1))
        return Evidence(passages, weights)

    def _search(
        self,
        query: EncodedQuery,
        principals: frozenset[str],
        limit: int,
        sources: Collection[str] | None,
    ) -> list[Hit]:
        # Whoever satisfies no reader set finds nothing: that is the index's contract.
        allowed = self.readers.allowed(principals)
        found = self.index.search(query, readers=allowed, limit=limit + _SPARE, sources=sources)
        return distinct(freshest_first(found, datetime.now(UTC)))[:limit]


def freshest_first(hits: list[Hit], now: datetime) -> list[Hit]:
    """Lower the scores of old documents a little; those without a date count as new."""
    return sorted((_aged(hit, now) for hit in hits), key=lambda hit: -hit.score)


def _aged(hit: Hit, now: datetime) -> Hit:
    if hit.document.updated is None:
        return hit
    years = (now - hit.document.updated).total_seconds() / _YEAR_SECONDS
    return replace(hit, score=hit.score * (1 - _AGE_PENALTY * min(max(years / _AGE_YEARS, 0), 1)))


def distinct(hits: list[Hit]) -> list[Hit]:
    """Drop chunks whose text stands higher up already: copies of one document crowd out others."""
    seen: set[str] = set()
    kept: list[Hit] = []
    for hit in hits:
        if hit.chunk.text not in seen:
            seen.add(hit.chunk.text)
            kept.append(hit)
    return kept
