"""The Index port: chunks are written, found and removed; the one place that knows the payload.

Knows nothing of how text became vectors, and nothing of who asks: a search is given the integers of
the reader sets that its asker satisfies. `edge` and `server` are its implementations.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self
from urllib.parse import quote

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, VectorSpec

# Characters that RFC 3986 allows in a fragment beside the unreserved ones.
_FRAGMENT_SAFE = "/?:@!$&'()*+,;=%"
_POINT_NAMESPACE = uuid.UUID("6f0c7a1e-3a52-5b7e-9a53-1b1f0a5c2d10")

INDEXED: Mapping[str, Literal["keyword", "integer"]] = {
    "source": "keyword",
    "document_id": "keyword",
    "readers": "integer",
    "ordinal": "integer",
}
"""Fields of the payload that are filtered by: without an index a filter reads every point."""

EMPTY = -1
"""Ordinal of the one point of a document without text: it has no vectors, so no search finds it,
and it is there so that a sync does not fetch the document again."""

QUESTION = -3
"""Ordinal of the extra points that hold questions which a chunk answers: see `extra_points`."""

RRF_K = 60
"""The constant of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""

CANDIDATES = 100
"""Of each vector, so many that fusion ranks, at least."""


class SearchIndexError(Exception):
    """The index can not be opened, read or written; the message says what to change."""


class IndexBusyError(SearchIndexError):
    """Another process writes the index right now."""


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What every chunk of one document carries, so that a hit needs no second look-up."""

    source: str
    """Name of the source in `kurage.toml`, or of the ad-hoc folder."""
    id: str
    version: str
    readers_version: str
    readers: int
    """Id of the reader set in SQL; a search names the ids that its asker satisfies."""
    title: str
    url: str
    """Without a fragment."""
    updated: datetime | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """What the index holds of one document, as much as a sync compares."""

    version: str
    readers_version: str
    readers: int


@dataclass(frozen=True, slots=True)
class IndexedQuestion:
    """A question that a chunk answers, by which the chunk is found, too."""

    id: str
    """In SQL, such as Q7F3Q2."""
    question: str
    approved: bool = False
    """A person said that it is right: it counts for more."""


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """One point as an index holds it, so that another index can hold it without encoding again."""

    id: str
    vectors: Encoding
    """None at all for a document without text."""
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """What filled an index: a generation, as another index has to name it to take its points."""

    pipeline: str
    """Fingerprint of extractor, chunker and encoder."""
    encoder: str
    """Fingerprint of the encoder: a question must be encoded by the same one."""
    vectors: Mapping[str, VectorSpec]


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk that a search found."""

    score: float
    document: IndexedDocument
    chunk: Chunk
    question: str | None = None
    """Of the chunk's questions the one that has this score; None: its text has it."""

    @property
    def url(self) -> str:
        """Return the link to the place in the document where the chunk stands."""
        if not self.chunk.anchor:
            return self.document.url
        return f"{self.document.url}#{quote(self.chunk.anchor, safe=_FRAGMENT_SAFE)}"


class Index(Protocol):
    """Chunks with their vectors. Every method raises `SearchIndexError`."""

    def versions(self, source: str) -> dict[str, StoredVersion]:
        """Return what is held of each document of a source; a half-written document is absent."""
        ...

    def replace(
        self, document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        """Hold exactly these chunks of the document; chunk 0 is written last.

        Without any, the document is still held, so that a sync does not fetch it again.
        """
        ...

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        """Remove every chunk of these documents; unknown ids are ignored."""
        ...

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        """Change who may read a document without touching its vectors."""
        ...

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        """Hold these questions as extra points of a chunk, with its readers; same ids are replaced.

        They go with the next `replace` or `delete` of the document. A chunk that is not held gets
        none.
        """
        ...

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        """Remove these questions; unknown ids are ignored."""
        ...

    def questions(self, source: str) -> dict[str, bool]:
        """Return the id of every question that is held of a source, and whether it is approved."""
        ...

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        """Return the document's chunks in order, each with score 0."""
        ...

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        """Return the best chunks that one of `readers` may read, best first.

        An empty `readers` finds nothing. `sources` None means all of them. A chunk is found by its
        text or by a question that is held of it, whichever is nearer.
        """
        ...

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        """Return the IDF of each term of the query that the index holds, by term."""
        ...

    def count(self, source: str | None = None) -> tuple[int, int]:
        """Return how many documents and chunks are held, of one source or of all."""
        ...

    def points(self) -> Iterator[StoredPoint]:
        """Yield everything that is held, questions too, in no order: what a backup writes."""
        ...

    def put(self, points: Iterable[StoredPoint]) -> None:
        """Hold these points as another index held them; one of the same id is replaced."""
        ...

    def close(self) -> None:
        """Release files and connections; a second call does nothing."""
        ...


class IndexWriter(Index, Protocol):
    """An index that a sync writes, as a context: leaving it with an error publishes nothing."""

    @property
    def waits_for(self) -> frozenset[str]:
        """Sources that keep the former generation in service, as this one lacks them yet."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def publish(self) -> None:
        """Let readers serve what was written.

        A new generation takes over when it holds every source of the one that is served;
        `waits_for` names those that it lacks.
        """
        ...

    def take_over(self) -> None:
        """Let readers serve this generation although it lacks sources of the former one."""
        ...


def generation_name(layout: int, pipeline: str, encoder: str) -> str:
    """Return the name of what one layout, pipeline and encoder make: 12 hexadecimal digits."""
    return hashlib.sha256(f"{layout}\0{pipeline}\0{encoder}".encode()).hexdigest()[:12]


def placeholder(document: IndexedDocument) -> Chunk:
    """Return what stands for the chunks of a document that has none."""
    return Chunk(EMPTY, document.title, (), "", "paragraph", "")


def point_id(source: str, document_id: str, ordinal: int) -> str:
    """Return the id of a chunk's point: the same chunk always has the same one."""
    return str(uuid.uuid5(_POINT_NAMESPACE, f"{source}\x00{document_id}\x00{ordinal}"))


def payload(document: IndexedDocument, chunk: Chunk) -> dict[str, Any]:
    """Return what is stored beside a chunk's vectors."""
    return {
        "source": document.source,
        "document_id": document.id,
        "version": document.version,
        "readers_version": document.readers_version,
        "readers": document.readers,
        "title": document.title,
        "url": document.url,
        "updated": document.updated.isoformat() if document.updated else None,
        "owner": document.owner,
        "ordinal": chunk.ordinal,
        "headings": list(chunk.headings),
        "anchor": chunk.anchor,
        "kind": chunk.kind,
        "text": chunk.text,
    }


def stored_version(stored: Mapping[str, Any]) -> StoredVersion:
    """Return what a sync compares, of the payload of a document's first point."""
    return StoredVersion(stored["version"], stored["readers_version"], stored["readers"])


def chunks_in_order(stored: Iterable[Mapping[str, Any]]) -> list[Hit]:
    """Return the chunks of one document, of the payloads of its points in any order.

    Without its first chunk a document is half written, and absent. Other points are passed over.
    """
    of_chunks = [point for point in stored if point["ordinal"] >= 0]
    points = sorted(of_chunks, key=lambda point: int(point["ordinal"]))
    return [hit(point, 0.0) for point in points] if points and points[0]["ordinal"] == 0 else []


def hit(stored: Mapping[str, Any], score: float) -> Hit:
    """Return the hit that a stored payload describes; the inverse of `payload`."""
    document = IndexedDocument(
        source=stored["source"],
        id=stored["document_id"],
        version=stored["version"],
        readers_version=stored["readers_version"],
        readers=stored["readers"],
        title=stored["title"],
        url=stored["url"],
        updated=datetime.fromisoformat(stored["updated"]) if stored["updated"] else None,
        owner=stored["owner"],
    )
    chunk = Chunk(
        ordinal=stored["ordinal"],
        title=document.title,
        headings=tuple(stored["headings"]),
        text=stored["text"],
        kind=stored["kind"],
        anchor=stored["anchor"],
    )
    return Hit(score, document, chunk)
