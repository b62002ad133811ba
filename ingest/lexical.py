"""The default encoder: BM25 without a model. Morphemes' terms become sparse vectors.

A document's weights are BM25's saturated, length-normalised term frequencies, a question's are its
terms; the index multiplies by IDF. Knows nothing of stores, and leaves Japanese to `japanese`.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, QueryTerm, SparseVector, VectorSpec
from ingest.japanese import Analyzer

VECTOR = "lexical"
_REVISION = 1
_K1 = 1.2
_B = 0.75
_AVERAGE_LENGTH = 120
"""Terms of a chunk. A constant, so that adding a document changes no other document's weights."""


class LexicalEncoder:
    """BM25 over search terms."""

    vectors: Mapping[str, VectorSpec] = {VECTOR: VectorSpec("sparse", idf=True)}

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer

    @property
    def fingerprint(self) -> str:
        """Identify what it emits: a different fingerprint needs a new generation of the index."""
        return f"lexical-{_REVISION}-{self._analyzer.fingerprint}"

    def encode_documents(self, chunks: Sequence[Chunk]) -> list[Encoding]:
        """Return one sparse vector a chunk, of its title, headings and text."""
        return [{VECTOR: self._document(chunk)} for chunk in chunks]

    def encode_query(self, text: str) -> EncodedQuery:
        """Return the question's terms, each weighing as often as it occurs."""
        counts = Counter(self._analyzer.terms(text))
        terms = tuple(QueryTerm(term, index_of(term), float(n)) for term, n in counts.items())
        by_index: dict[int, float] = {}
        for term in terms:
            by_index[term.index] = by_index.get(term.index, 0.0) + term.weight
        return EncodedQuery({VECTOR: SparseVector(list(by_index), list(by_index.values()))}, terms)

    def _document(self, chunk: Chunk) -> SparseVector:
        counts = Counter(
            self._analyzer.terms("\n".join((chunk.title, *chunk.headings, chunk.text)))
        )
        penalty = _K1 * (1 - _B + _B * counts.total() / _AVERAGE_LENGTH)
        weights: dict[int, float] = {}
        for term, count in counts.items():
            index = index_of(term)
            weights[index] = weights.get(index, 0.0) + count * (_K1 + 1) / (count + penalty)
        return SparseVector(list(weights), list(weights.values()))


def index_of(term: str) -> int:
    """Return a term's dimension: stable between processes, 32 bits as Qdrant wants."""
    return zlib.crc32(term.encode("utf-8"))
