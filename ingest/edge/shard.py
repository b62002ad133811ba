"""One shard of the embedded engine: the Index port's operations as requests of `qdrant_edge`.

Knows nothing of revisions, locks or processes. A shard has no write-ahead log: what was written
since the last `flush` is lost when the process dies, and a death inside `flush` can tear it, so a
shard that was being written is only trusted after `flush` or `close` returned. In return a shard
that nobody writes can be opened by any number of processes at once (with its log it could not).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import qdrant_edge as engine

from ingest import extra_points
from ingest.chunk import Chunk
from ingest.edge.requests import (
    among,
    config,
    equal,
    first_point,
    matching,
    nearest,
    one_term,
    point,
    ranked,
    stored_encoding,
    stored_point,
    weight,
)
from ingest.encode import EncodedQuery, Encoding, QueryTerm, VectorSpec
from ingest.index import (
    EMPTY,
    INDEXED,
    QUESTION,
    Hit,
    IndexedDocument,
    IndexedQuestion,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
    chunks_in_order,
    hit,
    point_id,
    stored_version,
)

# Without these a filter reads every point: at 20,000 points 190 ms for `versions` instead of 5, and
# up to 17 ms for a search instead of 0.5.
_KINDS = {
    "keyword": engine.PayloadSchemaType.Keyword,
    "integer": engine.PayloadSchemaType.Integer,
}
_FIRST = [EMPTY, 0]
# Points read at once: bounds the memory of a listing.
_PAGE = 20_000
# Points read at once with their vectors, which take some 20 KB each.
_POINTS_PAGE = 1_000

DocumentKey = tuple[str, str]
"""Source and document id."""
Entry = tuple[IndexedDocument, Sequence[Chunk], Sequence[Encoding]]


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what the engine raises into `SearchIndexError`; it knows only bare `Exception`."""
    try:
        yield
    except SearchIndexError:
        raise
    except OSError as error:
        raise SearchIndexError(f"{doing} failed: {error.strerror or error}; {_ADVICE}") from error
    except Exception as error:
        raise SearchIndexError(f"{doing} failed: {error}; {_ADVICE}") from error


_ADVICE = (
    "check that KURAGE_HOME can be written and its disk has space, then run `kurage ingest` again"
)
_TERMS = 20_000
"""Terms whose IDF is remembered: 2 MB."""


class Shard:
    """An open shard. Thread-safe; only searching lets other threads run meanwhile."""

    def __init__(self, opened: engine.EdgeShard, vectors: Mapping[str, VectorSpec]) -> None:
        self._engine = opened
        self._vectors = vectors
        self._idf_vectors = [name for name, spec in vectors.items() if spec.idf]
        self._idf: dict[tuple[str, int], float | None] = {}
        """Of the terms that were asked for since the last change; None: no point holds it."""
        self._questions: int | None = None
        """How many there are; None: not counted since the last change."""

    @classmethod
    def create(cls, path: Path, vectors: Mapping[str, VectorSpec]) -> Shard:
        """Make an empty shard in a new folder."""
        with explained(f"making the index {path}"):
            path.mkdir(parents=True)
            opened = engine.EdgeShard.create(str(path), config(vectors))
            for field, kind in INDEXED.items():
                opened.update(engine.UpdateOperation.create_field_index(field, _KINDS[kind]))
        return cls(opened, vectors)

    @classmethod
    def load(cls, path: Path, vectors: Mapping[str, VectorSpec]) -> Shard:
        """Open a shard; the engine rewrites its small files of settings, so it needs to write."""
        with explained(f"opening the index {path}"):
            return cls(engine.EdgeShard.load(str(path)), vectors)

    def flush(self) -> None:
        """Bring everything written so far to the disk."""
        with explained("writing the index to disk"):
            self._engine.flush()

    def optimize(self) -> None:
        """Index what is large and drop what was deleted, as far as the engine finds it worth it."""
        with explained("optimising the index"):
            self._engine.optimize()

    def close(self) -> None:
        """Flush and release."""
        with explained("closing the index"):
            self._engine.close()

    def versions(self, source: str) -> dict[str, StoredVersion]:
        """As `Index.versions`."""
        first = matching(equal("source", source), among("ordinal", _FIRST))
        fields = ["document_id", "version", "readers_version", "readers"]
        return {
            stored["document_id"]: stored_version(stored) for stored in self._scroll(first, fields)
        }

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        """As `Index.chunks`."""
        of_document = matching(equal("source", source), equal("document_id", document_id))
        return chunks_in_order(self._scroll(of_document))

    def search(
        self,
        query: EncodedQuery,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None,
    ) -> list[Hit]:
        """As `Index.search`."""
        queries = list(nearest(query.vectors))
        if not queries or not readers or limit < 1 or (sources is not None and not sources):
            return []
        conditions = [among("readers", list(readers))]
        if sources is not None:
            conditions.append(among("source", list(sources)))
        of_texts = ranked(queries, matching(*conditions), limit)
        found = [hit(stored, score) for stored, score in self._query(of_texts)]
        if not self._any_question():
            return found
        # The engine goes through what the filter lets pass where a vector has few points: naming
        # questions makes that few, 0.3 ms instead of 0.9 at 17,000 chunks.
        access = matching(*conditions, equal("ordinal", QUESTION))
        return self._with_questions(found, query, access, limit)

    def _with_questions(
        self, found: list[Hit], query: EncodedQuery, access: engine.Filter, limit: int
    ) -> list[Hit]:
        """Return the best of what was found and of what questions lead to."""
        queries = list(nearest(extra_points.encoding(query.vectors)))
        near = self._query(ranked(queries, access, extra_points.PER_HIT * limit))
        worth = 1.0
        if near and extra_points.rated(query, self._vectors):
            name = self._idf_vectors[0]
            worth = extra_points.rate(
                query.terms,
                self._frequencies(name, query.terms),
                self._frequencies(extra_points.vector_name(name), query.terms),
            )
        return extra_points.joined(found, near, limit, worth=worth)

    def _query(self, request: engine.QueryRequest) -> list[tuple[dict[str, Any], float]]:
        with explained("searching the index"):
            points = self._engine.query(request)
            return [(point.payload or {}, point.score) for point in points]

    def _any_question(self) -> bool:
        if self._questions is None:
            self._questions = self._count(equal("ordinal", QUESTION))
        return self._questions > 0

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        """As `Index.inverse_document_frequencies`.

        The score of a chunk for one term of weight 1 is the term's IDF times its weight in the
        chunk, so any chunk that holds the term tells its IDF, exactly.
        """
        if not query.terms or not self._idf_vectors:
            return {}
        return self._frequencies(self._idf_vectors[0], query.terms)

    def _frequencies(self, name: str, terms: Sequence[QueryTerm]) -> dict[str, float]:
        """Return the IDF of each term that a vector of this name holds, by term."""
        if len(self._idf) > _TERMS:
            self._idf = {}
        # What another thread empties is another dictionary, and this one goes on to be right.
        known = self._idf
        missing = dict.fromkeys(term.index for term in terms if (name, term.index) not in known)
        if missing:
            known.update(self._look_up(name, missing))
        found = {term.term: known.get((name, term.index)) for term in terms}
        return {term: idf for term, idf in found.items() if idf is not None}

    def _look_up(self, name: str, terms: Collection[int]) -> dict[tuple[str, int], float | None]:
        requests = [one_term(name, index) for index in terms]
        with explained("searching the index"):
            answers = self._engine.query_batch(engine.QueryBatchRequest(requests))
            return {
                (name, index): points[0].score / weight(points[0].vector, name, index)
                if points
                else None
                for index, points in zip(terms, answers, strict=True)
            }

    def _change(self, operation: engine.UpdateOperation) -> None:
        """Write; what is known of terms and questions holds no longer."""
        self._engine.update(operation)
        self._idf = {}
        self._questions = None

    def count(self, source: str | None = None) -> tuple[int, int]:
        """As `Index.count`."""
        of_source = [equal("source", source)] if source is not None else []
        everything = self._count(*of_source)
        documents = self._count(*of_source, among("ordinal", _FIRST))
        others = self._count(*of_source, among("ordinal", [EMPTY, QUESTION]))
        return documents, everything - others

    def sources(self) -> set[str]:
        """Return the names of the sources of which anything is held."""
        with explained("reading the index"):
            request = engine.FacetRequest(key="source", limit=_PAGE, exact=True)
            return {str(found.value) for found in self._engine.facet(request).hits}

    def write(self, entries: Collection[Entry]) -> None:
        """Hold exactly these chunks of each of these documents, first chunks last.

        Points that stay are overwritten in place: deleting and adding them anew grows the shard. A
        call that fails half-way leaves a shard that must not be published.
        """
        rest = [point(e[0], c, v) for e in entries for c, v in zip(e[1][1:], e[2][1:], strict=True)]
        first = [first_point(*entry) for entry in entries]
        with explained("writing to the index"):
            surplus = self._surplus(entries)
            if surplus:
                self._change(engine.UpdateOperation.delete_points([*surplus]))
            if rest:
                self._change(engine.UpdateOperation.upsert_points(rest))
            self._change(engine.UpdateOperation.upsert_points(first))

    def points(self) -> Iterator[StoredPoint]:
        """As `Index.points`, holding one page at a time."""
        offset = None
        while True:
            request = engine.ScrollRequest(
                offset=offset, limit=_POINTS_PAGE, with_payload=True, with_vector=True
            )
            with explained("reading the index"):
                points, offset = self._engine.scroll(request)
            for one in points:
                yield StoredPoint(str(one.id), stored_encoding(one.vector), one.payload or {})
            if offset is None:
                return

    def put(self, points: Collection[StoredPoint]) -> None:
        """As `Index.put`, all of them at once."""
        with explained("writing to the index"):
            if any(point.payload["ordinal"] == QUESTION for point in points):
                self._add_vectors()
            stored = [stored_point(point) for point in points]
            self._change(engine.UpdateOperation.upsert_points(stored))

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        """As `Index.put_questions`."""
        place = point_id(source, document_id, ordinal)
        with explained("reading the index"):
            found = self._engine.retrieve([place], with_payload=True, with_vector=False)
        for chunk in found:
            self.put(
                [
                    extra_points.question_point(chunk.payload or {}, question, encoding)
                    for question, encoding in zip(questions, encodings, strict=True)
                ]
            )

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        """As `Index.delete_questions`."""
        wanted = set(question_ids)
        of_source = matching(equal("source", source), equal("ordinal", QUESTION))
        ids = [
            str(point.id)
            for point in self._records(of_source, ["question_id"])
            if (point.payload or {})["question_id"] in wanted
        ]
        if ids:
            with explained("deleting from the index"):
                self._change(engine.UpdateOperation.delete_points([*ids]))

    def questions(self, source: str) -> dict[str, bool]:
        """As `Index.questions`."""
        of_source = matching(equal("source", source), equal("ordinal", QUESTION))
        return extra_points.held(self._scroll(of_source, ["question_id", "approved"]))

    def _add_vectors(self) -> None:
        """Give the shard the vectors of questions; what it has already stays as it is."""
        for name, spec in extra_points.specs(self._vectors).items():
            if spec.kind == "sparse":
                modifier = engine.Modifier.Idf if spec.idf else None
                self._change(engine.UpdateOperation.create_sparse_vector(name, modifier))
            else:
                size, distance = spec.size or 0, engine.Distance.Cosine
                self._change(engine.UpdateOperation.create_dense_vector(name, size, distance))

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        """As `Index.delete`."""
        of_documents = matching(equal("source", source), among("document_id", list(document_ids)))
        with explained("deleting from the index"):
            self._change(engine.UpdateOperation.delete_points_by_filter(of_documents))

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        """As `Index.set_readers`."""
        of_document = matching(equal("source", source), equal("document_id", document_id))
        changed = {"readers": readers, "readers_version": readers_version}
        with explained("writing to the index"):
            self._change(engine.UpdateOperation.set_payload_by_filter(of_document, changed))

    def _surplus(self, entries: Collection[Entry]) -> list[str]:
        """Return the points that these documents had and no longer have; all their questions."""
        kept = {
            point_id(document.source, document.id, ordinal)
            for document, chunks, _ in entries
            for ordinal in (range(len(chunks)) if chunks else [EMPTY])
        }
        documents: dict[str, list[str]] = {}
        for document, _, _ in entries:
            documents.setdefault(document.source, []).append(document.id)
        return [
            place
            for source, ids in documents.items()
            for point in self._records(
                matching(equal("source", source), among("document_id", ids)), ["ordinal"]
            )
            if (place := str(point.id)) not in kept
        ]

    def _scroll(self, condition: Any, fields: list[str] | None = None) -> Iterator[dict[str, Any]]:
        return (point.payload or {} for point in self._records(condition, fields))

    def _records(self, condition: Any, fields: list[str] | None = None) -> Iterator[Any]:
        offset = None
        while True:
            request = engine.ScrollRequest(
                offset=offset, limit=_PAGE, filter=condition, with_payload=fields or True
            )
            with explained("reading the index"):
                points, offset = self._engine.scroll(request)
            yield from points
            if offset is None:
                return

    def _count(self, *conditions: Any) -> int:
        with explained("reading the index"):
            request = engine.CountRequest(exact=True, filter=matching(*conditions))
            return int(self._engine.count(request))
