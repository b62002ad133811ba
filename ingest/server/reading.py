"""One collection on a server: what the Index port reads, as requests.

Knows nothing of writing, generations and threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from ingest import extra_points
from ingest.encode import EncodedQuery, QueryTerm
from ingest.index import (
    EMPTY,
    QUESTION,
    Hit,
    StoredPoint,
    StoredVersion,
    chunks_in_order,
    hit,
    stored_version,
)
from ingest.server.connection import Connection
from ingest.server.generations import Generation
from ingest.server.requests import (
    FIRST,
    WRITING,
    among,
    at_least,
    equal,
    matching,
    nearest,
    one_term,
    other_than,
    stored_point,
    weight,
)

T = TypeVar("T")

PAGE, WHOLE_PAGE = 10_000, 500
"""Points read at once: without and with their vectors and texts."""
_SOURCES = 20_000
RECOUNT = 10.0
"""Seconds for which it is taken for granted that there are questions, or that there are none."""


class Reading:
    """The points of one generation, as they are read. Thread-safe."""

    def __init__(
        self, connection: Connection, generation: Generation, *, recount: float = RECOUNT
    ) -> None:
        self.generation = generation
        self._recount = recount
        self._connection = connection
        self._name = generation.name
        self._idf_vectors = [name for name, spec in generation.vectors.items() if spec.idf]
        self._questions: tuple[float, bool] | None = None
        """When it was last looked whether there are any, by the monotonic clock."""

    def versions(self, source: str) -> dict[str, StoredVersion]:
        """As `Index.versions`."""
        first = matching(equal("source", source), among("ordinal", FIRST))
        fields = ["document_id", "version", "readers_version", "readers"]
        return {
            stored["document_id"]: stored_version(stored) for stored in self._scroll(first, fields)
        }

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        """As `Index.chunks`."""
        of_document = matching(
            equal("source", source), equal("document_id", document_id), at_least("ordinal", 0)
        )
        return chunks_in_order(self._scroll(of_document, page=WHOLE_PAGE))

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
        if self._any_question():
            access = matching(*conditions, equal("ordinal", QUESTION))
            return self._search_with_questions(request, query, access, limit)
        [answer] = self._query([request])
        return [hit(found.payload or {}, found.score) for found in answer.points]

    def _search_with_questions(
        self, of_texts: models.QueryRequest, query: EncodedQuery, access: models.Filter, limit: int
    ) -> list[Hit]:
        """Return the best of what texts and questions lead to, in one request."""
        vectors = extra_points.encoding(query.vectors)
        of_questions = nearest(vectors, access, extra_points.PER_HIT * limit)
        terms = query.terms if extra_points.rated(query, self.generation.vectors) else ()
        name = self._idf_vectors[0] if terms else ""
        names = [name, extra_points.vector_name(name)]
        lookups = [one_term(one, term.index) for one in names for term in terms]
        texts, questions, *looked_up = self._query([of_texts, of_questions or of_texts, *lookups])
        among_chunks = _frequencies(names[0], terms, looked_up[: len(terms)])
        among_questions = _frequencies(names[1], terms, looked_up[len(terms) :])
        return extra_points.joined(
            [hit(found.payload or {}, found.score) for found in texts.points],
            [(found.payload or {}, found.score) for found in questions.points],
            limit,
            worth=extra_points.rate(terms, among_chunks, among_questions),
        )

    def _any_question(self) -> bool:
        now = time.monotonic()
        if self._questions is None or now - self._questions[0] > self._recount:
            held = self._count(matching(equal("ordinal", QUESTION)))
            self._questions = (now, held > 0)
        return self._questions[1]

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        """As `Index.inverse_document_frequencies`.

        The score of a chunk for one term of weight 1 is the term's IDF times its weight in the
        chunk, so any chunk that holds the term tells its IDF.
        """
        if not query.terms or not self._idf_vectors:
            return {}
        name = self._idf_vectors[0]
        answers = self._query([one_term(name, term.index) for term in query.terms])
        return _frequencies(name, query.terms, answers)

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
        held = other_than([], "ordinal", [WRITING])
        for record in self._records(held, None, WHOLE_PAGE, vectors=True):
            yield stored_point(record)

    def questions(self, source: str) -> dict[str, bool]:
        """As `Index.questions`."""
        of_source = matching(equal("source", source), equal("ordinal", QUESTION))
        return extra_points.held(self._scroll(of_source, ["question_id", "approved"]))

    def unfinished(self) -> int:
        """Return how many requests of writers are under way, or were when they died."""
        return self._count(matching(equal("ordinal", WRITING)))

    # How

    def _query(self, queries: list[models.QueryRequest]) -> list[models.QueryResponse]:
        return self._ask(
            "searching", lambda client: client.query_batch_points(self._name, requests=queries)
        )

    def _scroll(
        self, condition: models.Filter, fields: list[str] | None = None, page: int = PAGE
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

    def _ask(self, doing: str, request: Callable[[QdrantClient], T]) -> T:
        return self._connection.ask(f"{doing} the index {self._name}", request)


def _frequencies(
    name: str, terms: Sequence[QueryTerm], answers: Sequence[models.QueryResponse]
) -> dict[str, float]:
    """Return the IDF of each term, of the answers to `one_term`."""
    return {
        term.term: found.score / weight(found.vector, name, term.index)
        for term, answer in zip(terms, answers, strict=True)
        for found in answer.points[:1]
    }
