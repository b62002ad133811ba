"""Finds the passages that may answer a question, among those that the asker may read.

Knows nothing of generators and platforms, nor which encoder and index are in use.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.access import ReaderFilter
from bot.exchange import Evidence, Passage
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
        hits = self._search(query, principals, limit, sources)
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
