"""A score taken apart: how much each word and each pair of characters brings to a passage.

The index adds up, over the dimensions that a question and a chunk share, the question's weight
times the IDF times the chunk's weight. The chunk is encoded again to learn the last of these, so
the parts add up to the index's own score. Knows nothing of how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoder, Encoding, QueryTerm, SparseVector
from ingest.index import Index
from ingest.lexical import grams

_WINDOWS = (2, 4)
"""Lengths in characters of the shortest texts that have a gram: a pair, and two Latin triples."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a question's sparse vector."""

    index: int
    name: str
    """The word, the gram, or an empty text where neither is known."""
    word: bool
    weight: float
    """In the question, before IDF."""
    idf: float | None
    """None: no chunk of the collection holds it."""


def dimensions(text: str, query: EncodedQuery, index: Index) -> list[Dimension]:
    """Return what a question searches for, words first. Raises `SearchIndexError`."""
    words = {term.index: term.term for term in query.terms}
    names = {**_gram_names(text), **words}
    weights = dict(_sparse(query.vectors))
    # By index instead of by name: a word of two characters is a pair of characters too.
    asked = tuple(QueryTerm(str(number), number, weight) for number, weight in weights.items())
    held = index.inverse_document_frequencies(EncodedQuery(query.vectors, asked))
    found = [
        Dimension(number, names.get(number, ""), number in words, weight, held.get(str(number)))
        for number, weight in weights.items()
    ]
    return sorted(found, key=lambda dimension: not dimension.word)


def parts(
    asked: Sequence[Dimension], chunks: Sequence[Chunk], encoder: Encoder
) -> list[dict[int, float]]:
    """Return for each chunk what each dimension that it holds brings, by index."""
    return [_parts(asked, encoding) for encoding in encoder.encode_documents(chunks)]


def _parts(asked: Sequence[Dimension], encoding: Encoding) -> dict[int, float]:
    weights = dict(_sparse(encoding))
    return {
        dimension.index: dimension.weight * (dimension.idf or 0.0) * weights[dimension.index]
        for dimension in asked
        if dimension.index in weights
    }


def _sparse(vectors: Mapping[str, SparseVector | list[float]]) -> Iterator[tuple[int, float]]:
    for vector in vectors.values():
        if isinstance(vector, SparseVector):
            yield from zip(vector.indices, vector.values, strict=True)


def _gram_names(text: str) -> dict[int, str]:
    """Return the grams of a text by their dimension: each window that has one of its own."""
    names: dict[int, str] = {}
    for size in _WINDOWS:
        for start in range(len(text) - size + 1):
            window = text[start : start + size]
            found = list(grams(window))
            if size == _WINDOWS[0]:
                names.update((number, window) for number in found)
            elif len(found) == 2:
                names.update(zip(found, (window[:3], window[1:]), strict=True))
    return names
