"""Questions as extra points of the chunks that answer them: what is stored, and how they count.

An extra point has the payload of its chunk under an ordinal that no chunk has, and vectors under
names of their own, so that it changes no chunk's inverse document frequency. Those names are added
to an index when its first question comes: without questions an index is what it was before there
were any. Knows nothing of who writes questions, nor of engines.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingest.encode import EncodedQuery, Encoding, QueryTerm, VectorSpec
from ingest.index import QUESTION, Hit, IndexedQuestion, StoredPoint, hit, point_id

_NAMESPACE = uuid.UUID("3d8b9c52-7c0e-5a41-9f0b-6f1f2c7a4e80")
_PREFIX = "question-"

WEIGHT = 1.0
"""What the score of a question counts beside that of a text. On JSQuAD other questions than the
held ones are answered best with it (docs/decisions.md)."""
APPROVED_WEIGHT = 1.2
"""The same where a person approved it: asked again in its own words, it wins over other texts."""
PER_HIT = 2
"""Questions that are looked at for each hit wanted: several may belong to one chunk."""


def vector_name(name: str) -> str:
    """Return the name under which questions have what chunks have under `name`."""
    return _PREFIX + name


def is_vector_name(name: str) -> bool:
    """Tell whether a vector is one of questions."""
    return name.startswith(_PREFIX)


def specs(vectors: Mapping[str, VectorSpec]) -> dict[str, VectorSpec]:
    """Return the vectors of questions where chunks have these."""
    return {vector_name(name): spec for name, spec in vectors.items()}


def encoding(of_text: Encoding) -> Encoding:
    """Return the same vectors under the names that questions have."""
    return {vector_name(name): vector for name, vector in of_text.items()}


def question_point_id(source: str, document_id: str, ordinal: int, question_id: str) -> str:
    """Return the id of a question's point: the same question always has the same one."""
    place = f"{source}\x00{document_id}\x00{ordinal}\x00{question_id}"
    return str(uuid.uuid5(_NAMESPACE, place))


def question_point(
    chunk: Mapping[str, Any], question: IndexedQuestion, of_text: Encoding
) -> StoredPoint:
    """Return the point of a question, of the payload of its chunk and the question's encoding."""
    place = question_point_id(chunk["source"], chunk["document_id"], chunk["ordinal"], question.id)
    stored = {
        **chunk,
        "ordinal": QUESTION,
        "chunk": chunk["ordinal"],
        "question_id": question.id,
        "question": question.question,
        "approved": question.approved,
    }
    return StoredPoint(place, encoding(of_text), stored)


def stored_id(stored: Mapping[str, Any]) -> str:
    """Return the id that the point of a payload has, be it a chunk's or a question's."""
    source, document_id = stored["source"], stored["document_id"]
    if stored["ordinal"] == QUESTION:
        return question_point_id(source, document_id, stored["chunk"], stored["question_id"])
    return point_id(source, document_id, stored["ordinal"])


def held(stored: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Return what `Index.questions` does, of the payloads of the points of questions."""
    return {point["question_id"]: bool(point["approved"]) for point in stored}


def rate(
    terms: Sequence[QueryTerm], of_chunks: Mapping[str, float], of_questions: Mapping[str, float]
) -> float:
    """Return what a score among questions is worth among chunks.

    Both are sums of inverse document frequencies, which grow with the number of points: ten
    questions have small ones, ten thousand chunks large ones. So the frequencies of the terms that
    both know are compared.
    """
    known = [term for term in terms if term.term in of_chunks and term.term in of_questions]
    among_chunks = sum(term.weight * of_chunks[term.term] for term in known)
    among_questions = sum(term.weight * of_questions[term.term] for term in known)
    return among_chunks / among_questions if among_questions > 0 else 1.0


def rated(query: EncodedQuery, vectors: Mapping[str, VectorSpec]) -> bool:
    """Tell whether scores of this query are sums of frequencies; fused ranks need no `rate`."""
    return bool(query.terms) and len(query.vectors) == 1 and any(v.idf for v in vectors.values())


def joined(
    hits: Sequence[Hit],
    questions: Iterable[tuple[Mapping[str, Any], float]],
    limit: int,
    *,
    worth: float = 1.0,
) -> list[Hit]:
    """Return the best chunks of those found by their texts and those found by questions.

    `questions` are payloads and scores, `worth` what such a score is worth among `hits`. A chunk
    has the better of its own score and those of its questions.
    """
    best = {_place(found): found for found in hits}
    least = hits[limit - 1].score if len(hits) >= limit else 0.0
    for stored, score in questions:
        counts = score * worth * (APPROVED_WEIGHT if stored["approved"] else WEIGHT)
        place = stored["source"], stored["document_id"], stored["chunk"]
        own = best.get(place)
        if counts > (own.score if own else least):
            found = hit({**stored, "ordinal": stored["chunk"]}, counts)
            best[place] = replace(found, question=stored["question"])
    return sorted(best.values(), key=lambda found: -found.score)[:limit]


def _place(found: Hit) -> tuple[str, str, int]:
    return found.document.source, found.document.id, found.chunk.ordinal
