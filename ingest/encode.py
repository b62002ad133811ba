"""The Encoder port: chunks and questions become vectors.

Knows nothing of where vectors are stored. `lexical.py` and `bge_m3.py` are its implementations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ingest.chunk import Chunk


class EncodeError(Exception):
    """Text can not be encoded; the message says what to change."""


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Weights of terms; every index occurs once."""

    indices: list[int]
    """Unsigned 32-bit ids of terms."""
    values: list[float]
    """As many, each greater than zero."""

    def __reduce__(self) -> tuple[type[SparseVector], tuple[list[int], list[float]]]:
        """Travel between processes five times faster than a dataclass does by itself."""
        return SparseVector, (self.indices, self.values)


@dataclass(frozen=True, slots=True)
class VectorSpec:
    """What an index has to provide for one named vector of an encoder."""

    kind: Literal["sparse", "dense"]
    size: int | None = None
    """Dimensions of a dense vector."""
    idf: bool = False
    """Whether the index multiplies by each term's inverse document frequency (`Modifier.Idf`)."""


Encoding = Mapping[str, SparseVector | list[float]]
"""Vectors by name."""


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One search term of a question, so that a reader of passages can weigh it."""

    term: str
    """Search-side form, as `ingest.japanese` emits it."""
    index: int
    """Its id in the sparse vector."""
    weight: float
    """Its weight in the query vector, before IDF."""


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """A question as vectors, with the terms behind the sparse one."""

    vectors: Encoding
    terms: tuple[QueryTerm, ...] = ()


class Encoder(Protocol):
    """Turns chunks and questions into vectors that are near when they are about the same."""

    @property
    def fingerprint(self) -> str:
        """Identify what it emits: a different fingerprint needs a new generation of the index."""
        ...

    @property
    def vectors(self) -> Mapping[str, VectorSpec]:
        """Return what the index must provide, by vector name."""
        ...

    def encode_documents(self, chunks: Sequence[Chunk]) -> list[Encoding]:
        """Return one encoding a chunk, in order; the chunk's title and headings are context."""
        ...

    def encode_query(self, text: str) -> EncodedQuery:
        """Return the question's vectors; one without any term has an empty sparse vector."""
        ...
