"""One collection on a server: what the Index port changes, as requests; `reading` has the rest.

Every change names the points it is about and says what they shall be, not how they differ from what
they are. So a request whose answer was lost is sent again without harm, and so is one that the
server carried out in part. Knows nothing of generations and threads.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from qdrant_client import QdrantClient, models

from ingest import extra_points
from ingest.chunk import Chunk
from ingest.encode import Encoding, VectorSpec
from ingest.index import (
    EMPTY,
    QUESTION,
    IndexedDocument,
    IndexedQuestion,
    SearchIndexError,
    StoredPoint,
    payload,
    placeholder,
    point_id,
)
from ingest.server.connection import Connection
from ingest.server.failures import ExistsError, IncompleteError, StrangerError, TooLargeError
from ingest.server.generations import Generation
from ingest.server.reading import PAGE, RECOUNT, WHOLE_PAGE, Reading
from ingest.server.requests import (
    FIRST,
    WRITING,
    added_vector,
    among,
    change,
    change_matching,
    delete,
    delete_matching,
    equal,
    halves,
    matching,
    other_than,
    point,
    size_of,
    upsert,
)

DocumentKey = tuple[str, str]
"""Source and document id."""
Entry = tuple[IndexedDocument, Sequence[Chunk], Sequence[Encoding]]

REQUEST_BYTES = 8_000_000
"""Of one request: a quarter of what a server takes by default, as sizes are estimated."""

# Documents named in one filter.
_FILTERED = 500
# No reader set is negative: for a moment a document is nobody's, not even the administrator's.
_HIDDEN = -1


class _Held(NamedTuple):
    """A point, as much as a writer compares."""

    id: str
    ordinal: int
    readers: int


class Points(Reading):
    """The points of one generation, to be read and changed. Thread-safe."""

    def __init__(
        self, connection: Connection, generation: Generation, *, recount: float = RECOUNT
    ) -> None:
        super().__init__(connection, generation, recount=recount)
        self._vectors_added = False
        """Whether the collection is known to have vectors for questions."""

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
            if any(one.payload.get("ordinal") == QUESTION for one in batch):
                self._add_vectors()
            self._update([upsert([point(one) for one in batch])])

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        """As `Index.put_questions`."""
        place = matching(
            equal("source", source), equal("document_id", document_id), equal("ordinal", ordinal)
        )
        for chunk in list(self._scroll(place, page=1)):
            self.put(
                extra_points.question_point(chunk, question, encoding)
                for question, encoding in zip(questions, encodings, strict=True)
            )

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        """As `Index.delete_questions`."""
        wanted = set(question_ids)
        of_source = matching(equal("source", source), equal("ordinal", QUESTION))
        ids = [
            str(record.id)
            for record in self._records(of_source, ["question_id"], PAGE)
            if (record.payload or {})["question_id"] in wanted
        ]
        for start in range(0, len(ids), PAGE):
            self._update([delete(ids[start : start + PAGE])])
        self._questions = None

    def _add_vectors(self) -> None:
        """Give the collection the vectors of questions; those that it has stay as they are."""
        self._questions = None
        if self._vectors_added:
            return
        for name, spec in extra_points.specs(self.generation.vectors).items():

            def add(client: QdrantClient, name: str = name, spec: VectorSpec = spec) -> None:
                client.create_vector_name(self._name, name, added_vector(spec), wait=True)

            # They exist where another process was faster, or where an answer was lost on the way.
            try:
                self._ask("adding vectors for questions to", add)
            except StrangerError as error:
                raise SearchIndexError(
                    f"Qdrant at {self._connection.address} is too old to hold questions; update it "
                    "to 1.18 or newer"
                ) from error
            except ExistsError:
                pass
        self._vectors_added = True

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        """As `Index.delete`, first chunks last: a document that is held in part is still known."""
        ids = iter(document_ids)
        while some := list(islice(ids, _FILTERED)):
            of_documents = [equal("source", source), among("document_id", some)]
            self._update(
                [
                    delete_matching(other_than(of_documents, "ordinal", FIRST)),
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
                change_matching(points, changed)
                for points in (
                    other_than(of_document, "ordinal", FIRST),
                    matching(*of_document, among("ordinal", FIRST)),
                )
            ]
        self._update(updates)

    def mend(self, source: str) -> None:
        """Remove what a writer left of new documents of a source when it died.

        Only what has no first chunk goes: a sync does not know of it and would never delete it.
        """
        noted = matching(equal("source", source), equal("ordinal", WRITING))
        for record in list(self._records(noted, ["writing"], WHOLE_PAGE)):
            ids = [str(id_) for id_ in (record.payload or {})["writing"]]
            held = self._held([(source, id_) for id_ in ids])
            known = {
                key[1]
                for key, points in held.items()
                if any(one.ordinal in FIRST for one in points)
            }
            if lost := [id_ for id_ in ids if id_ not in known]:
                self.delete(source, lost)
            self._update([delete([str(record.id)])])

    # How

    def _held_otherwise(self, entries: Collection[Entry]) -> tuple[list[str], list[str]]:
        """Return the points that these documents no longer have, and those of other readers."""
        surplus, hidden = [], []
        held = self._held([(document.source, document.id) for document, _, _ in entries])
        for document, chunks, _ in entries:
            kept = range(len(chunks)) if chunks else [EMPTY]
            for one in held.get((document.source, document.id), ()):
                if one.ordinal not in kept:
                    surplus.append(one.id)
                if one.readers != document.readers:
                    hidden.append(one.id)
        return surplus, hidden

    def _held(self, documents: Collection[DocumentKey]) -> dict[DocumentKey, list[_Held]]:
        """Return every point of these documents."""
        ids: dict[str, list[str]] = {}
        for source, document_id in documents:
            ids.setdefault(source, []).append(document_id)
        held: dict[DocumentKey, list[_Held]] = {}
        fields = ["document_id", "ordinal", "readers"]
        for source, of_source in ids.items():
            condition = matching(equal("source", source), among("document_id", of_source))
            for record in self._records(condition, fields, PAGE):
                stored = record.payload or {}
                one = _Held(str(record.id), stored["ordinal"], stored["readers"])
                held.setdefault((source, stored["document_id"]), []).append(one)
        return held

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
        if batch and (size + grows > REQUEST_BYTES or len(batch) >= WHOLE_PAGE):
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
