"""What SQL remembers of questions, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace

from ingest.state.questions import Judged, Pairs, Place, Questions, chunk_hash, question_id

PLACE = Place("handbook", "休暇", 0, chunk_hash("有給"))
KEPT = Judged("有給は何日前までですか？", "3営業日前")
DROPPED = Judged("有給？", "3営業日前", "too short")


def test_what_a_model_said_is_remembered_with_what_was_wrong(questions: Questions) -> None:
    first, second = questions.record(PLACE, "kurage", [KEPT, DROPPED])
    assert (first.question, first.answer, first.state, first.reason) == (
        KEPT.question,
        KEPT.answer,
        "kept",
        None,
    )
    assert (second.state, second.reason) == ("dropped", "too short")
    assert questions.pairs() == sorted([first, second], key=lambda pair: pair.id)
    assert questions.pairs(Pairs(states=["kept"])) == [first]
    assert questions.pairs(Pairs(sources=["wiki"])) == []
    assert len(questions.pairs(Pairs(limit=1))) == 1
    assert questions.asked("handbook") == {("休暇", 0): PLACE.chunk}
    assert questions.documents("handbook") == {"休暇"}
    assert all(question_id(pair.id.lower()) == pair.id for pair in (first, second))


def test_a_chunk_that_gave_nothing_is_remembered_too(questions: Questions) -> None:
    assert questions.record(PLACE, "kurage", []) == []
    assert questions.asked("handbook") == {("休暇", 0): PLACE.chunk}
    assert questions.documents("handbook") == {"休暇"}


def test_the_same_pair_made_again_stays_what_people_made_of_it(questions: Questions) -> None:
    [pair] = questions.record(PLACE, "kurage", [KEPT])
    questions.decide([pair.id], "approved", by="sato")
    assert questions.record(PLACE, "another", [KEPT, DROPPED])[0].state == "dropped"
    [again] = questions.pairs(Pairs(states=["approved"]))
    assert (again.id, again.decided_by, again.model) == (pair.id, "sato", "kurage")


def test_the_last_word_of_a_person_counts(questions: Questions) -> None:
    [pair] = questions.record(PLACE, "kurage", [KEPT])
    questions.decide([pair.id], "approved", by="sato")
    questions.decide([pair.id, "Q22222"], "rejected", by="ito", reason="wrong")
    held = questions.get([pair.id, "Q22222"])
    assert set(held) == {pair.id}
    decided = held[pair.id]
    assert (decided.state, decided.decided_by, decided.reason) == ("rejected", "ito", "wrong")
    assert decided.decided is not None


def test_the_same_question_of_two_chunks_is_two(questions: Questions) -> None:
    other = replace(PLACE, ordinal=1, chunk=chunk_hash("慶弔"))
    [first] = questions.record(PLACE, "kurage", [KEPT])
    [second] = questions.record(other, "kurage", [KEPT])
    assert first.id != second.id


def test_a_pair_follows_its_text_and_goes_with_it(questions: Questions) -> None:
    """To where the text stands now; what people decided goes along."""
    other = replace(PLACE, ordinal=1, chunk=chunk_hash("慶弔"))
    [moved] = questions.record(PLACE, "kurage", [KEPT])
    questions.record(other, "kurage", [KEPT])
    questions.decide([moved.id], "approved", by="sato")
    removed = questions.settle("handbook", "休暇", {PLACE.chunk: 1, chunk_hash("新しい"): 0})
    assert removed == 1
    [pair] = questions.pairs()
    assert (pair.id, pair.place.ordinal, pair.state) == (moved.id, 1, "approved")
    assert questions.asked("handbook") == {("休暇", 1): PLACE.chunk}
    assert questions.settle("handbook", "休暇", {}) == 1
    assert (questions.pairs(), questions.asked("handbook")) == ([], {})


def test_two_texts_that_change_places_keep_their_pairs(questions: Questions) -> None:
    other = replace(PLACE, ordinal=1, chunk=chunk_hash("慶弔"))
    questions.record(PLACE, "kurage", [KEPT])
    questions.record(other, "kurage", [KEPT])
    assert questions.settle("handbook", "休暇", {PLACE.chunk: 1, other.chunk: 0}) == 0
    assert questions.asked("handbook") == {("休暇", 1): PLACE.chunk, ("休暇", 0): other.chunk}
    assert {pair.place.ordinal: pair.place.chunk for pair in questions.pairs()} == {
        1: PLACE.chunk,
        0: other.chunk,
    }


def test_what_is_no_id_is_none() -> None:
    assert question_id(" q7f3q2 ") == "Q7F3Q2"
    for typed in ("", "K7F3Q2", "Q7F3Q", "Q7F3Q21", "Q0F3Q2", "QIF3Q2"):
        assert question_id(typed) is None
