"""Finds the passages that may answer a question, among those that the asker may read.

Knows nothing of generators and platforms, nor which encoder and index are in use.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.access import ReaderFilter
from bot.exchange import Evidence, Passage
from ingest.encode import EncodedQuery, Encoder
from ingest.index import Hit, Index

# Hits asked of the index for each one wanted, so that folding neighbours still leaves enough.
_SPARE = 2


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
        return _distinct(
            self.index.search(query, readers=allowed, limit=limit + _SPARE, sources=sources), limit
        )


def _distinct(hits: list[Hit], limit: int) -> list[Hit]:
    """Drop chunks whose text stands higher up already: copies of one document crowd out others."""
    seen: set[str] = set()
    kept: list[Hit] = []
    for hit in hits:
        if hit.chunk.text not in seen:
            seen.add(hit.chunk.text)
            kept.append(hit)
    return kept[:limit]
