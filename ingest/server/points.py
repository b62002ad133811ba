"""One collection on a server: the Index port's operations as requests.

Every change names the points it is about and says what they shall be, not how they differ from what
they are. So a request whose answer was lost is sent again without harm, and so is one that the
server carried out in part. Knows nothing of generations and threads.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding
from ingest.index import (
    EMPTY,
    Hit,
    IndexedDocument,
    StoredPoint,
    StoredVersion,
    chunks_in_order,
    hit,
    payload,
    placeholder,
    point_id,
    stored_version,
)
from ingest.server.connection import Connection
from ingest.server.failures import IncompleteError, TooLargeError
from ingest.server.generations import Generation
from ingest.server.requests import (
    FIRST,
    WRITING,
    among,
    at_least,
    change,
    change_matching,
    delete,
    delete_matching,
    equal,
    halves,
    matching,
    nearest,
    one_term,
    point,
    size_of,
    stored_point,
    upsert,
    weight,
)

T = TypeVar("T")

DocumentKey = tuple[str, str]
"""Source and document id."""
Entry = tuple[IndexedDocument, Sequence[Chunk], Sequence[Encoding]]

REQUEST_BYTES = 8_000_000
"""Of one request: a quarter of what a server takes by default, as sizes are estimated."""

# Points read at once: without and with their vectors and texts.
_PAGE, _WHOLE_PAGE = 10_000, 500
# Documents named in one filter.
_FILTERED = 500
# No reader set is negative: for a moment a document is nobody's, not even the administrator's.
_HIDDEN = -1
_SOURCES = 20_000


class Points:
    """The points of one generation. Thread-safe."""

    def __init__(self, connection: Connection, generation: Generation) -> None:
        self.generation = generation
        self._connection = connection
        self._name = generation.name
        self._idf_vectors = [name for name, spec in generation.vectors.items() if spec.idf]

    def versions(self, source: str) -> dict[str, StoredVersion]:
        """As `Index.versions`."""
        first = matching(equal("source", source), among("ordinal", FIRST))
        fields = ["document_id", "version", "readers_version", "readers"]
        return {
            stored["document_id"]: stored_version(stored) for stored in self._scroll(first, fields)
        }

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        """As `Index.chunks`."""
        of_document = matching(equal("source", source), equal("document_id", document_id))
        return chunks_in_order(self._scroll(of_document, page=_WHOLE_PAGE))

    def search(
        self,
        query: EncodedQuery,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None,
    ) -> list[Hit]:
        """As `Index.search`."""
        if not readers or limit < 1 or (sources is not None and not sources):
            return []
        conditions = [among("readers", readers)]
        if sources is not None:
            conditions.append(among("source", sources))
        request = nearest(query.vectors, matching(*conditions), limit)
        if request is None:
            return []
        [answer] = self._query([request])
        return [hit(found.payload or {}, found.score) for found in answer.points]

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        """As `Index.inverse_document_frequencies`.

        The score of a chunk for one term of weight 1 is the term's IDF times its weight in the
        chunk, so any chunk that holds the term tells its IDF.
        """
        if not query.terms or not self._idf_vectors:
            return {}
        name = self._idf_vectors[0]
        answers = self._query([one_term(name, term.index) for term in query.terms])
        return {
            term.term: found.score / weight(found.vector, name, term.index)
            for term, answer in zip(query.terms, answers, strict=True)
            for found in answer.points[:1]
        }

    def count(self, source: str | None = None) -> tuple[int, int]:
        """As `Index.count`."""
        of_source = [equal("source", source)] if source is not None else []
        documents = self._count(matching(*of_source, among("ordinal", FIRST)))
        return documents, self._count(matching(*of_source, at_least("ordinal", 0)))

    def sources(self) -> set[str]:
        """Return the names of the sources of which anything is held."""
        held = matching(at_least("ordinal", EMPTY))
        found = self._ask(
            "reading",
            lambda client: client.facet(
                self._name, "source", facet_filter=held, limit=_SOURCES, exact=True
            ),
        )
        return {str(counted.value) for counted in found.hits}

    def points(self) -> Iterator[StoredPoint]:
        """As `Index.points`."""
        held = matching(at_least("ordinal", EMPTY))
        for record in self._records(held, None, _WHOLE_PAGE, vectors=True):
            yield stored_point(record)

    def write(self, entries: Collection[Entry]) -> None:
        """Hold exactly these chunks of each of these documents, first chunks last.

        A note names the documents while they are written, so that `mend` finds what a writer left
        that died. What was readable by others than from now on is nobody's until it is replaced:
        neither do the former readers see what is new, nor the new ones what was.
        """
        notes = _notes([(document.source, document.id) for document, _, _ in entries])
        forget = delete([str(note.id) for note in notes])
        surplus, hidden = self._held_otherwise(entries)
        rest = [
            _stored(document, chunk, encoding)
            for document, chunks, encodings in entries
            for chunk, encoding in zip(chunks[1:], encodings[1:], strict=True)
        ]
        first = [_first(*entry) for entry in entries]
        updates: list[Any] = [upsert(notes)]
        if hidden:
            updates.append(change(hidden, {"readers": _HIDDEN, "readers_version": ""}))
        if sum(map(size_of, [*rest, *first])) <= REQUEST_BYTES:
            if rest:
                updates.append(upsert([point(one) for one in rest]))
            if surplus:
                updates.append(delete(surplus))
            updates += [upsert([point(one) for one in first]), forget]
            self._update(updates)
            return
        self._update(updates)
        self.put(rest)
        if surplus:
            self._update([delete(surplus)])
        self.put(first)
        self._update([forget])

    def put(self, points: Iterable[StoredPoint]) -> None:
        """Hold these points, in order, in requests that the server takes."""
        for batch in _batches(points):
            self._update([upsert([point(one) for one in batch])])

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        """As `Index.delete`, first chunks last: a document that is held in part is still known."""
        ids = iter(document_ids)
        while some := list(islice(ids, _FILTERED)):
            of_documents = [equal("source", source), among("document_id", some)]
            self._update(
                [
                    delete_matching(matching(*of_documents, at_least("ordinal", 1))),
                    delete_matching(matching(*of_documents)),
                ]
            )

    def set_readers(self, changes: Iterable[tuple[DocumentKey, int, str]]) -> None:
        """As `Index.set_readers`, of several documents.

        The first chunk last: it tells a sync whether the change was made.
        """
        updates = []
        for (source, document_id), readers, version in changes:
            of_document = [equal("source", source), equal("document_id", document_id)]
            changed = {"readers": readers, "readers_version": version}
            updates += [
                change_matching(matching(*of_document, ordinals), changed)
                for ordinals in (at_least("ordinal", 1), among("ordinal", FIRST))
            ]
        self._update(updates)

    def mend(self, source: str) -> None:
        """Remove what a writer left of new documents of a source when it died.

        Only what has no first chunk goes: a sync does not know of it and would never delete it.
        """
        noted = matching(equal("source", source), equal("ordinal", WRITING))
        for record in list(self._records(noted, ["writing"], _WHOLE_PAGE)):
            ids = [str(id_) for id_ in (record.payload or {})["writing"]]
            held = self._held([(source, id_) for id_ in ids])
            known = {
                key[1] for key, points in held.items() if any(found in FIRST for found, _ in points)
            }
            if lost := [id_ for id_ in ids if id_ not in known]:
                self.delete(source, lost)
            self._update([delete([str(record.id)])])

    def unfinished(self) -> int:
        """Return how many requests of writers are under way, or were when they died."""
        return self._count(matching(equal("ordinal", WRITING)))

    # How

    def _held_otherwise(self, entries: Collection[Entry]) -> tuple[list[str], list[str]]:
        """Return the points that these documents no longer have, and those of other readers."""
        surplus, hidden = [], []
        held = self._held([(document.source, document.id) for document, _, _ in entries])
        for document, chunks, _ in entries:
            kept = range(len(chunks)) if chunks else [EMPTY]
            for ordinal, readers in held.get((document.source, document.id), ()):
                place = point_id(document.source, document.id, ordinal)
                if ordinal not in kept:
                    surplus.append(place)
                if readers != document.readers:
                    hidden.append(place)
        return surplus, hidden

    def _held(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, list[tuple[int, int]]]:
        """Return ordinal and readers of every point of these documents."""
        ids: dict[str, list[str]] = {}
        for source, document_id in documents:
            ids.setdefault(source, []).append(document_id)
        held: dict[DocumentKey, list[tuple[int, int]]] = {}
        fields = ["document_id", "ordinal", "readers"]
        for source, of_source in ids.items():
            condition = matching(equal("source", source), among("document_id", of_source))
            for stored in self._scroll(condition, fields):
                key = (source, stored["document_id"])
                held.setdefault(key, []).append((stored["ordinal"], stored["readers"]))
        return held

    def _query(self, queries: list[models.QueryRequest]) -> list[models.QueryResponse]:
        return self._ask(
            "searching", lambda client: client.query_batch_points(self._name, requests=queries)
        )

    def _scroll(
        self, condition: models.Filter, fields: list[str] | None = None, page: int = _PAGE
    ) -> Iterator[dict[str, Any]]:
        for record in self._records(condition, fields, page):
            yield record.payload or {}

    def _records(
        self,
        condition: models.Filter,
        fields: list[str] | None,
        page: int,
        *,
        vectors: bool = False,
    ) -> Iterator[models.Record]:
        offset: Any = None
        while True:

            def next_page(client: QdrantClient, offset: Any = offset) -> Any:
                return client.scroll(
                    self._name,
                    scroll_filter=condition,
                    limit=page,
                    offset=offset,
                    with_payload=fields or True,
                    with_vectors=vectors,
                )

            records, offset = self._ask("reading", next_page)
            yield from records
            if offset is None:
                return

    def _count(self, condition: models.Filter) -> int:
        found = self._ask(
            "reading",
            lambda client: client.count(self._name, count_filter=condition, exact=True),
        )
        return int(found.count)

    def _update(self, updates: Sequence[Any]) -> None:
        """Make these changes one after the other, each on every replica before the next."""

        def change_all(client: QdrantClient) -> None:
            results = client.batch_update_points(
                self._name, updates, wait=True, ordering=models.WriteOrdering.MEDIUM
            )
            if any(result.status != models.UpdateStatus.COMPLETED for result in results):
                raise IncompleteError

        try:
            self._ask("writing to", change_all)
        except TooLargeError:
            parts = halves(updates)
            if not parts:
                raise
            for part in parts:
                self._update(part)

    def _ask(self, doing: str, request: Callable[[QdrantClient], T]) -> T:
        return self._connection.ask(f"{doing} the index {self._name}", request)


def _notes(documents: Iterable[DocumentKey]) -> list[models.PointStruct]:
    """Return a point for each source that names which of its documents are being written."""
    ids: dict[str, list[str]] = {}
    for source, document_id in documents:
        ids.setdefault(source, []).append(document_id)
    return [
        point(
            StoredPoint(
                str(uuid.uuid4()),
                {},
                {"source": source, "ordinal": WRITING, "writing": of_source},
            )
        )
        for source, of_source in ids.items()
    ]


def _batches(points: Iterable[StoredPoint]) -> Iterator[list[StoredPoint]]:
    batch: list[StoredPoint] = []
    size = 0
    for one in points:
        grows = size_of(one)
        if batch and (size + grows > REQUEST_BYTES or len(batch) >= _WHOLE_PAGE):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += grows
    if batch:
        yield batch


def _stored(document: IndexedDocument, chunk: Chunk, encoding: Encoding) -> StoredPoint:
    place = point_id(document.source, document.id, chunk.ordinal)
    return StoredPoint(place, encoding, payload(document, chunk))


def _first(
    document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
) -> StoredPoint:
    if chunks:
        return _stored(document, chunks[0], encodings[0])
    return _stored(document, placeholder(document), {})
