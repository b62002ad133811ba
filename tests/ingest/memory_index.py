"""An index in memory: a working implementation of the port, for tests of what writes and searches.

What was published survives `crash()`; what was only written does not, as with a copy on disk.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, SparseVector
from ingest.index import (
    Hit,
    IndexedDocument,
    IndexedQuestion,
    StoredPoint,
    StoredVersion,
    hit,
    payload,
    point_id,
)

Key = tuple[str, str]


@dataclass(slots=True)
class Stored:
    document: IndexedDocument
    chunks: tuple[Chunk, ...]
    encodings: tuple[Encoding, ...]


@dataclass(slots=True)
class MemoryIndex:
    """`ingest.sync.Writer` over two dictionaries."""

    documents: dict[Key, Stored] = field(default_factory=dict)
    published: dict[Key, Stored] = field(default_factory=dict)
    publications: int = 0
    waits_for: tuple[str, ...] = ()

    def versions(self, source: str) -> dict[str, StoredVersion]:
        return {
            document_id: StoredVersion(
                stored.document.version, stored.document.readers_version, stored.document.readers
            )
            for (name, document_id), stored in self.documents.items()
            if name == source
        }

    def replace(
        self, document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        assert len(chunks) == len(encodings) > 0
        key = (document.source, document.id)
        self.documents[key] = Stored(document, tuple(chunks), tuple(encodings))

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        for document_id in document_ids:
            self.documents.pop((source, document_id), None)

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        stored = self.documents[source, document_id]
        stored.document = replace(stored.document, readers=readers, readers_version=readers_version)

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        raise NotImplementedError("nothing that is tested with this index writes questions")

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        """Hold none, so remove none."""

    def questions(self, source: str) -> dict[str, bool]:
        return {}

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        stored = self.documents.get((source, document_id))
        return [Hit(0.0, stored.document, chunk) for chunk in stored.chunks] if stored else []

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        hits = [
            Hit(score, stored.document, chunk)
            for (source, _), stored in self.published.items()
            if stored.document.readers in readers and (sources is None or source in sources)
            for chunk, encoding in zip(stored.chunks, stored.encodings, strict=True)
            if (score := _score(query, encoding)) > 0
        ]
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[:limit]

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        encodings = [e for stored in self.published.values() for e in stored.encodings]
        found = {}
        for term in query.terms:
            holding = sum(
                any(term.index in _sparse(v).indices for v in e.values()) for e in encodings
            )
            if holding:
                found[term.term] = math.log((len(encodings) - holding + 0.5) / (holding + 0.5) + 1)
        return found

    def count(self, source: str | None = None) -> tuple[int, int]:
        chosen = [s for (name, _), s in self.documents.items() if source in (None, name)]
        return len(chosen), sum(len(stored.chunks) for stored in chosen)

    def points(self) -> Iterator[StoredPoint]:
        for (source, document_id), stored in self.documents.items():
            for chunk, encoding in zip(stored.chunks, stored.encodings, strict=True):
                place = point_id(source, document_id, chunk.ordinal)
                yield StoredPoint(place, encoding, payload(stored.document, chunk))

    def put(self, points: Iterable[StoredPoint]) -> None:
        for point in points:
            held = hit(point.payload, 0.0)
            key = (held.document.source, held.document.id)
            former = self.documents.get(key, Stored(held.document, (), ()))
            chunks = {
                chunk.ordinal: (chunk, encoding)
                for chunk, encoding in zip(former.chunks, former.encodings, strict=True)
            }
            chunks[held.chunk.ordinal] = (held.chunk, point.vectors)
            ordered = [chunks[ordinal] for ordinal in sorted(chunks)]
            self.documents[key] = Stored(
                held.document,
                tuple(chunk for chunk, _ in ordered),
                tuple(encoding for _, encoding in ordered),
            )

    def publish(self) -> None:
        if self.documents != self.published:
            self.published = copy.deepcopy(self.documents)
            self.publications += 1

    def crash(self, *, saved: bool = False) -> None:
        """Forget what was not published, unless it was saved to be continued."""
        if not saved:
            self.documents = copy.deepcopy(self.published)

    def close(self) -> None:
        """Hold nothing open."""


def _sparse(vector: SparseVector | list[float]) -> SparseVector:
    assert isinstance(vector, SparseVector)
    return vector


def _score(query: EncodedQuery, encoding: Encoding) -> float:
    total = 0.0
    for name, vector in query.vectors.items():
        weights = dict(zip(_sparse(vector).indices, _sparse(vector).values, strict=True))
        other = _sparse(encoding[name])
        total += sum(
            weights.get(index, 0.0) * value
            for index, value in zip(other.indices, other.values, strict=True)
        )
    return total
