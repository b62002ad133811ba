"""How questions count among texts: pure rules, whatever the scores."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_contract import chunks, document

from ingest.encode import QueryTerm, SparseVector
from ingest.extra_points import (
    APPROVED_WEIGHT,
    WEIGHT,
    is_vector_name,
    joined,
    question_point,
    rate,
    specs,
    stored_id,
)
from ingest.index import QUESTION, Hit, IndexedQuestion, payload, point_id

CHUNKS = chunks(*"甲乙丙丁戊己")
SCORES = st.floats(0.001, 1000)
OWN = st.dictionaries(st.integers(0, 5), SCORES)
ASKED = st.lists(st.tuples(st.integers(0, 5), SCORES, st.booleans()), max_size=12)


def stored(ordinal: int, *, approved: bool = False, id_: str = "Q22222") -> dict[str, Any]:
    """Return the payload of a question of a chunk."""
    chunk = payload(document(), CHUNKS[ordinal])
    question = IndexedQuestion(id_, f"{ordinal}?", approved)
    return dict(question_point(chunk, question, {"lexical": SparseVector([1], [1.0])}).payload)


@given(OWN, ASKED, st.integers(1, 8), st.floats(0.1, 10))
def test_each_chunk_has_its_best_score_once_and_the_best_come_first(
    own: dict[int, float], asked: list[tuple[int, float, bool]], limit: int, worth: float
) -> None:
    """A search gives its best `limit` texts; what questions add never pushes out what is better."""
    hits = sorted((Hit(s, document(), CHUNKS[n]) for n, s in own.items()), key=lambda h: -h.score)
    near = [(stored(n, approved=approved), score) for n, score, approved in asked]
    found = joined(hits[:limit], near, limit, worth=worth)
    best = dict(own)
    for ordinal, score, approved in asked:
        counts = score * worth * (APPROVED_WEIGHT if approved else WEIGHT)
        best[ordinal] = max(best.get(ordinal, 0.0), counts)
    expected = sorted(best.values(), reverse=True)[:limit]
    assert [hit.score for hit in found] == pytest.approx(expected)
    assert len({hit.chunk.ordinal for hit in found}) == len(found)
    for hit in found:
        assert hit.chunk == CHUNKS[hit.chunk.ordinal]
        assert (hit.question is None) == (hit.score == own.get(hit.chunk.ordinal))


def test_without_questions_nothing_is_touched() -> None:
    hits = [Hit(2.0, document(), CHUNKS[0]), Hit(1.0, document(), CHUNKS[1])]
    assert joined(hits, [], 2) == hits


def test_scores_are_worth_what_the_terms_that_both_know_are_worth() -> None:
    terms = [QueryTerm("有給", 2, 1.0), QueryTerm("申請", 4, 2.0), QueryTerm("いつ", 6, 1.0)]
    among_chunks = {"有給": 6.0, "申請": 3.0}
    among_questions = {"有給": 2.0, "申請": 0.5, "いつ": 9.0}
    assert rate(terms, among_chunks, among_questions) == pytest.approx(12 / 3)
    assert rate(terms, among_chunks, {"いつ": 9.0}) == 1.0
    assert rate((), {}, {}) == 1.0


def test_the_point_of_a_question_says_whose_it_is() -> None:
    """Its own id, an ordinal that no chunk has, and vectors that no chunk has."""
    chunk = payload(document(), CHUNKS[3])
    vector = SparseVector([1], [1.0])
    point = question_point(chunk, IndexedQuestion("Q22222", "丁？", True), {"lexical": vector})
    assert point.id == stored_id(point.payload) != stored_id(chunk)
    assert stored_id(chunk) == point_id("handbook", document().id, 3)
    assert (point.payload["ordinal"], point.payload["chunk"]) == (QUESTION, 3)
    assert {**point.payload, **chunk} == {
        **chunk,
        "chunk": 3,
        "question_id": "Q22222",
        "question": "丁？",
        "approved": True,
    }
    assert list(point.vectors.values()) == [vector]
    assert all(is_vector_name(name) for name in [*point.vectors, *specs({})])
    assert not is_vector_name("lexical")
    other = question_point(chunk, IndexedQuestion("Q22223", "丁？"), {"lexical": vector})
    assert other.id != point.id
