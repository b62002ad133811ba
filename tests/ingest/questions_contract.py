"""What every implementation of the Index port must do with questions of chunks.

A test class that has the fixtures of `IndexContract` inherits these, too.
"""

from __future__ import annotations

import pytest
from index_contract import EVERYONE, ask, chunks, document, encode, found, put, put_questions

from ingest.extra_points import APPROVED_WEIGHT, WEIGHT, stored_id
from ingest.index import EMPTY, QUESTION, Index, StoredVersion


class QuestionsContract:
    """Chunks are found by questions, too, and in every other respect there are none."""

    def test_a_chunk_is_found_by_a_question_in_words_that_its_text_lacks(
        self, index: Index
    ) -> None:
        """What is found is the chunk, whole and once, whatever leads to it."""
        put(index, document(), "甲乙", "丙丁")
        assert index.search(ask("賞"), readers=[EVERYONE], limit=9) == []
        put_questions(index, document(), 1, "賞与", "賞金", "丙賞")
        [best] = index.search(ask("賞"), readers=[EVERYONE], limit=9)
        assert (best.document, best.chunk) == (document(), chunks("甲乙", "丙丁")[1])
        assert best.score > 0
        assert best.question in {"賞与", "賞金", "丙賞"}
        assert index.search(ask("丁"), readers=[EVERYONE], limit=9)[0].question is None
        assert found(index.search(ask("賞丙"), readers=[EVERYONE], limit=9)) == [(document().id, 1)]

    def test_questions_change_nothing_but_what_a_search_finds(self, index: Index) -> None:
        """Neither versions, chunks, counts nor frequencies, and no score that they do not better.

        The terms that chunks do not have stay unknown to the frequencies of chunks.
        """
        for number in range(6):
            put(index, document(f"d{number}"), "甲" * (number + 1) + "乙", "丙" * (6 - number))
        put(index, document("scan.pdf"))

        def everything() -> object:
            return (
                index.versions("handbook"),
                [index.chunks("handbook", f"d{number}") for number in range(6)],
                index.count(),
                index.count("handbook"),
                index.inverse_document_frequencies(ask("甲乙丙戊")),
                index.search(ask("甲乙丙"), readers=[EVERYONE], limit=20),
            )

        before = everything()
        for number in range(6):
            put_questions(index, document(f"d{number}"), 0, "戊甲", "己", prefix=f"{number} ")
        assert everything() == before

    def test_a_question_has_the_readers_of_its_chunk_now_and_later(self, index: Index) -> None:
        """However well it fits: fails closed, in the branch of questions as in that of texts."""
        put(index, document("open", readers=1), "甲")
        put(index, document("secret", readers=2), "乙")
        put_questions(index, document("open"), 0, "賞", prefix="o")
        put_questions(index, document("secret"), 0, "賞賞賞", prefix="s", approved=True)
        assert found(index.search(ask("賞"), readers=[1], limit=9)) == [("open", 0)]
        assert found(index.search(ask("賞"), readers=[2], limit=9)) == [("secret", 0)]
        assert index.search(ask("賞"), readers=[3], limit=9) == []
        assert index.search(ask("賞"), readers=[], limit=9) == []
        index.set_readers("handbook", "open", 3, "newer")
        assert index.search(ask("賞"), readers=[1], limit=9) == []
        [opened] = index.search(ask("賞"), readers=[3], limit=9)
        assert (opened.document.readers, opened.document.readers_version) == (3, "newer")

    def test_sources_narrow_what_questions_lead_to(self, index: Index) -> None:
        for source in ("one", "two"):
            put(index, document("a", source=source), "甲")
            put_questions(index, document("a", source=source), 0, "賞")
        [only] = index.search(ask("賞"), readers=[EVERYONE], limit=9, sources=["two"])
        assert only.document.source == "two"
        assert index.search(ask("賞"), readers=[EVERYONE], limit=9, sources=[]) == []

    def test_replacing_or_deleting_a_document_removes_its_questions(self, index: Index) -> None:
        for name in "abc":
            put(index, document(name), "甲", "乙")
            put_questions(index, document(name), 1, "賞", prefix=name)
        put(index, document("a", version="2"), "甲", "乙")
        index.delete("handbook", ["b"])
        assert index.questions("handbook") == {"c1-0": False}
        assert found(index.search(ask("賞"), readers=[EVERYONE], limit=9)) == [("c", 1)]
        put(index, document("c", version="2"))
        assert index.questions("handbook") == {}
        assert index.versions("handbook")["c"] == StoredVersion("2", "readers 1", 1)

    def test_questions_are_listed_replaced_and_deleted_by_their_ids(self, index: Index) -> None:
        assert index.questions("handbook") == {}
        put(index, document(), "甲", "乙")
        put(index, document(source="wiki"), "甲")
        put_questions(index, document(), 0, "賞", "罰")
        put_questions(index, document(source="wiki"), 0, "賞")
        put_questions(index, document(), 0, "賞", approved=True)
        assert index.questions("handbook") == {"Q0-0": True, "Q0-1": False}
        index.delete_questions("handbook", ["Q0-0", "never seen"])
        index.delete_questions("handbook", [])
        assert index.questions("handbook") == {"Q0-1": False}
        assert index.questions("wiki") == {"Q0-0": False}
        assert index.search(ask("賞"), readers=[EVERYONE], limit=9, sources=["handbook"]) == []

    def test_a_chunk_that_is_not_held_gets_no_question(self, index: Index) -> None:
        put(index, document(), "甲")
        put_questions(index, document(), 1, "賞")
        put_questions(index, document("unknown"), 0, "賞")
        assert index.questions("handbook") == {}
        assert index.count() == (1, 1)

    def test_a_chunk_has_the_better_of_its_scores(self, index: Index) -> None:
        """Terms that texts and questions share are worth as much among both."""
        for number in range(8):
            put(index, document(f"d{number}"), "全" + "賞" * (number < 4))
        [first, *_] = index.search(ask("賞"), readers=[EVERYONE], limit=8)
        put_questions(index, document("d7"), 0, "賞")
        scores = {
            hit.document.id: hit.score
            for hit in index.search(ask("賞"), readers=[EVERYONE], limit=8)
        }
        assert scores["d0"] == pytest.approx(first.score)
        assert scores["d7"] == pytest.approx(WEIGHT * first.score, rel=1e-4)

    def test_an_approved_question_is_preferred(self, index: Index) -> None:
        """To the same question unapproved, and to texts in which the words stand."""
        for name in ("text", "kept", "approved"):
            put(index, document(name), "賞与日" if name == "text" else "甲")
        put_questions(index, document("kept"), 0, "賞与日", prefix="k")
        put_questions(index, document("approved"), 0, "賞与日", prefix="a", approved=True)
        hits = index.search(ask("賞与日"), readers=[EVERYONE], limit=9)
        assert found(hits[:1]) == [("approved", 0)]
        assert set(found(hits[1:])) == {("text", 0), ("kept", 0)}
        scores = {hit.document.id: hit.score for hit in hits}
        assert scores["approved"] / scores["kept"] == pytest.approx(APPROVED_WEIGHT / WEIGHT)
        assert found(index.search(ask("賞与日"), readers=[EVERYONE], limit=1)) == [("approved", 0)]

    def test_questions_travel_with_the_points(self, index: Index, another: Index) -> None:
        """A backup holds them, and what it is restored into finds by them."""
        put(index, document(), "甲乙", "丙")
        put_questions(index, document(), 1, "賞", "罰与", approved=True)
        points = list(index.points())
        assert all(point.id == stored_id(point.payload) for point in points)
        ordinals = sorted(point.payload["ordinal"] for point in points)
        assert ordinals == [QUESTION, QUESTION, 0, 1]
        another.put(iter(points))
        assert another.questions("handbook") == {"Q1-0": True, "Q1-1": True}
        asked = ask("賞甲")
        assert another.search(asked, readers=[EVERYONE], limit=9) == index.search(
            asked, readers=[EVERYONE], limit=9
        )
        assert another.count() == (1, 2)

    def test_a_document_without_text_has_no_question(self, index: Index) -> None:
        put(index, document("scan.pdf"))
        put_questions(index, document("scan.pdf"), 0, "賞")
        put_questions(index, document("scan.pdf"), EMPTY + 2, "賞")
        assert index.questions("handbook") == {}

    def test_questions_and_vectors_must_be_as_many(self, index: Index) -> None:
        put(index, document(), "甲")
        with pytest.raises(ValueError, match="0 questions, but 1 encodings"):
            index.put_questions("handbook", document().id, 0, [], [encode("甲")])
