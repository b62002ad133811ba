"""What every implementation of the Index port must do; a test module per implementation runs it.

A subclass of `IndexContract` gives the `index` fixture; `index_machine` makes a test that compares
an index with a plain dictionary over random histories.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace as changed
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding, QueryTerm, SparseVector, VectorSpec
from ingest.index import (
    Hit,
    Index,
    IndexedDocument,
    IndexedQuestion,
    StoredVersion,
    payload,
    point_id,
)

VECTORS = {"lexical": VectorSpec("sparse", idf=True)}
EVERYONE = 1


def document(
    document_id: str = "規程/旅費.md",
    *,
    source: str = "handbook",
    version: str = "1",
    readers: int = EVERYONE,
) -> IndexedDocument:
    return IndexedDocument(
        source=source,
        id=document_id,
        version=version,
        readers_version=f"readers {readers}",
        readers=readers,
        title="出張旅費規程",
        url="https://example.co.jp/旅費",
        updated=datetime(2026, 4, 1, 9, 30, tzinfo=UTC),
        owner="総務部",
    )


def chunks(*texts: str) -> list[Chunk]:
    return [
        Chunk(i, "出張旅費規程", ("第2章", "日当"), text, "paragraph", f"日当-{i}")
        for i, text in enumerate(texts)
    ]


def term(word: str) -> int:
    """Return the dimension of a word; the contract's encoder knows words of one character."""
    return ord(word)


def encode(text: str) -> Encoding:
    """Return the words of a text, each weighing as often as it occurs."""
    words = sorted({term(word) for word in text})
    counts = [float(sum(term(word) == index for word in text)) for index in words]
    return {"lexical": SparseVector(words, counts)}


def ask(text: str) -> EncodedQuery:
    terms = tuple(QueryTerm(word, term(word), 1.0) for word in sorted(set(text)))
    return EncodedQuery(
        {"lexical": SparseVector([t.index for t in terms], [t.weight for t in terms])}, terms
    )


def put(index: Index, what: IndexedDocument, *texts: str) -> None:
    passages = chunks(*texts)
    index.replace(what, passages, [encode(chunk.text) for chunk in passages])


def put_questions(
    index: Index,
    what: IndexedDocument,
    ordinal: int,
    *texts: str,
    approved: bool = False,
    prefix: str = "Q",
) -> None:
    """Hold questions of a chunk under the ids `Q<ordinal>-0`, `Q<ordinal>-1` and so on."""
    questions = [
        IndexedQuestion(f"{prefix}{ordinal}-{number}", text, approved)
        for number, text in enumerate(texts)
    ]
    encodings = [encode(text) for text in texts]
    index.put_questions(what.source, what.id, ordinal, questions, encodings)


def found(hits: Sequence[Hit]) -> list[tuple[str, int]]:
    return [(hit.document.id, hit.chunk.ordinal) for hit in hits]


class IndexContract:
    """Give a fixture `index`: an empty index with `VECTORS` that finds what is written to it."""

    @pytest.fixture
    def another(self) -> Index:
        """Return a second empty index, like the first."""
        raise NotImplementedError

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        """Leave the document as a run leaves it that dies before it wrote the first chunk."""
        raise NotImplementedError

    def test_what_is_put_in_comes_out_whole(self, index: Index) -> None:
        """Every field of document and chunk survives, also those that may be absent."""
        full = document()
        bare = changed(document("空"), updated=None, owner=None)
        put(index, full, "日当は三千円", "宿泊費は実費")
        put(index, bare, "日当")
        hits = index.chunks("handbook", full.id)
        assert [hit.document for hit in hits] == [full, full]
        assert [hit.chunk for hit in hits] == chunks("日当は三千円", "宿泊費は実費")
        assert {hit.score for hit in hits} == {0.0}
        assert index.chunks("handbook", "空")[0].document == bare
        [best] = index.search(ask("三"), readers=[EVERYONE], limit=5)
        assert (best.document, best.chunk) == (full, hits[0].chunk)

    def test_versions_name_every_document_of_the_source_and_no_other(self, index: Index) -> None:
        put(index, document("a", version="7"), "一", "二", "三")
        put(index, document("b", readers=4), "一")
        put(index, document("a", source="wiki"), "一")
        assert index.versions("handbook") == {
            "a": StoredVersion("7", "readers 1", 1),
            "b": StoredVersion("1", "readers 4", 4),
        }
        assert index.versions("nothing") == {}

    def test_a_document_without_text_is_remembered_and_never_found(self, index: Index) -> None:
        """Otherwise every sync would fetch it again."""
        put(index, document("scan.pdf"))
        assert index.versions("handbook") == {"scan.pdf": StoredVersion("1", "readers 1", 1)}
        assert index.chunks("handbook", "scan.pdf") == []
        assert index.count() == (1, 0)
        assert index.search(ask("あ"), readers=[EVERYONE], limit=5) == []
        put(index, document("scan.pdf", version="2"), "読める")
        assert index.count() == (1, 1)
        put(index, document("scan.pdf", version="3"))
        assert (index.count(), index.chunks("handbook", "scan.pdf")) == ((1, 0), [])

    def test_replacing_leaves_no_chunk_of_the_former_version(self, index: Index) -> None:
        put(index, document(version="1"), "甲", "乙", "丙", "丁")
        put(index, document(version="2"), "子", "丑")
        assert [hit.chunk.text for hit in index.chunks("handbook", document().id)] == ["子", "丑"]
        assert index.search(ask("甲乙丙丁"), readers=[EVERYONE], limit=9) == []
        assert index.versions("handbook")[document().id].version == "2"
        assert index.count() == (1, 2)

    def test_replacing_by_the_same_changes_nothing(self, index: Index) -> None:
        put(index, document(), "甲", "乙")
        before = index.chunks("handbook", document().id)
        put(index, document(), "甲", "乙")
        assert index.chunks("handbook", document().id) == before
        assert index.count() == (1, 2)

    def test_the_last_of_several_replacements_holds(self, index: Index) -> None:
        for version in "123":
            put(index, document(version=version), *("甲" * int(version)))
        assert index.versions("handbook")[document().id].version == "3"
        assert index.count() == (1, 3)

    def test_documents_of_the_same_id_in_two_sources_are_two(self, index: Index) -> None:
        put(index, document("a", source="one"), "甲")
        put(index, document("a", source="two"), "乙")
        index.delete("one", ["a"])
        assert index.versions("one") == {}
        assert [hit.chunk.text for hit in index.chunks("two", "a")] == ["乙"]

    def test_deleting_removes_every_chunk_and_ignores_unknown_ids(self, index: Index) -> None:
        put(index, document("a"), "甲", "乙")
        put(index, document("b"), "甲")
        index.delete("handbook", ["a", "never seen"])
        index.delete("handbook", [])
        assert set(index.versions("handbook")) == {"b"}
        assert found(index.search(ask("甲乙"), readers=[EVERYONE], limit=9)) == [("b", 0)]
        assert index.count() == (1, 1)

    def test_a_half_written_document_is_absent(self, index: Index) -> None:
        """The next sync writes it again; until then it has no version."""
        put(index, document("whole"), "甲")
        self.write_half(index, document("half"), "甲", "乙", "丙")
        assert set(index.versions("handbook")) == {"whole"}
        assert index.chunks("handbook", "half") == []
        put(index, document("half"), "丁")
        assert set(index.versions("handbook")) == {"whole", "half"}
        assert [hit.chunk.text for hit in index.chunks("handbook", "half")] == ["丁"]

    def test_changing_readers_touches_neither_version_nor_vectors(self, index: Index) -> None:
        put(index, document("a", readers=1), "甲", "乙")
        put(index, document("b", readers=1), "甲")
        index.set_readers("handbook", "a", 2, "newer")
        assert index.versions("handbook")["a"] == StoredVersion("1", "newer", 2)
        assert index.versions("handbook")["b"] == StoredVersion("1", "readers 1", 1)
        assert found(index.search(ask("乙"), readers=[2], limit=9)) == [("a", 1)]
        assert found(index.search(ask("甲"), readers=[1], limit=9)) == [("b", 0)]

    def test_changing_readers_of_an_unknown_document_does_nothing(self, index: Index) -> None:
        put(index, document("a"), "甲")
        index.set_readers("handbook", "b", 2, "newer")
        assert set(index.versions("handbook")) == {"a"}

    def test_only_what_one_of_the_readers_may_read_is_found(self, index: Index) -> None:
        """However good the match and however small the limit."""
        for readers in range(1, 6):
            put(index, document(f"d{readers}", readers=readers), "秘" * (10 - readers))
        assert found(index.search(ask("秘"), readers=[5, 3], limit=9)) == [("d3", 0), ("d5", 0)]
        assert found(index.search(ask("秘"), readers={5}, limit=1)) == [("d5", 0)]
        assert index.search(ask("秘"), readers=[99], limit=9) == []

    def test_nobody_finds_nothing(self, index: Index) -> None:
        """It fails closed: no reader set means no hit, not no filter."""
        put(index, document(), "甲")
        assert index.search(ask("甲"), readers=[], limit=9) == []

    def test_sources_narrow_a_search_and_none_of_them_finds_nothing(self, index: Index) -> None:
        put(index, document("a", source="one"), "甲甲甲")
        put(index, document("b", source="two"), "甲甲")
        put(index, document("c", source="three"), "甲")
        every = index.search(ask("甲"), readers=[EVERYONE], limit=9)
        assert found(every) == [("a", 0), ("b", 0), ("c", 0)]
        some = index.search(ask("甲"), readers=[EVERYONE], limit=9, sources=["three", "two"])
        assert found(some) == [("b", 0), ("c", 0)]
        assert index.search(ask("甲"), readers=[EVERYONE], limit=9, sources=[]) == []

    def test_hits_come_best_first_and_no_more_than_asked_for(self, index: Index) -> None:
        for weight in (3, 1, 5, 2, 4):
            put(index, document(f"d{weight}"), "甲" * weight)
        hits = index.search(ask("甲"), readers=[EVERYONE], limit=3)
        assert found(hits) == [("d5", 0), ("d4", 0), ("d3", 0)]
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_a_question_without_terms_finds_nothing(self, index: Index) -> None:
        put(index, document(), "甲")
        assert index.search(ask(""), readers=[EVERYONE], limit=9) == []
        assert index.inverse_document_frequencies(ask("")) == {}

    def test_terms_weigh_by_their_inverse_document_frequency(self, index: Index) -> None:
        """ln(1 + (N - n + 0.5) / (n + 0.5)), as Qdrant documents its modifier `idf`."""
        for number in range(8):
            put(index, document(f"d{number}"), "全" + ("半" if number % 2 else "") + "々" * number)
        put(index, document("d8"), "全稀")
        weights = index.inverse_document_frequencies(ask("全半稀無"))
        assert set(weights) == {"全", "半", "稀"}
        for word, holding in (("全", 9), ("半", 4), ("稀", 1)):
            expected = math.log(1 + (9 - holding + 0.5) / (holding + 0.5))
            assert weights[word] == pytest.approx(expected, rel=1e-5)

    def test_counts_are_of_documents_and_chunks(self, index: Index) -> None:
        assert index.count() == (0, 0)
        put(index, document("a", source="one"), "甲", "乙")
        put(index, document("b", source="two"), "甲")
        assert (index.count(), index.count("one"), index.count("no")) == ((2, 3), (1, 2), (0, 0))

    def test_many_documents_are_listed_whole(self, index: Index) -> None:
        """More than any batch or page holds."""
        for number in range(1_500):
            put(index, document(str(number)), "甲", "乙")
        assert set(index.versions("handbook")) == {str(number) for number in range(1_500)}
        assert index.count() == (1_500, 3_000)
        index.delete("handbook", [str(number) for number in range(1, 1_500)])
        assert index.count() == (1, 2)

    def test_points_put_into_another_index_restore_everything(
        self, index: Index, another: Index
    ) -> None:
        """What a backup rests on: documents, readers, scores and frequencies are the same."""
        put(index, document("a", version="7"), "甲甲乙", "乙丙", "丁")
        put(index, document("b", readers=4, source="wiki"), "甲甲甲丙")  # no score twice
        put(index, document("scan.pdf"))

        def everything(held: Index) -> object:
            return (
                [held.versions(source) for source in ("handbook", "wiki")],
                held.chunks("handbook", "a"),
                held.chunks("wiki", "b"),
                held.search(ask("甲丙"), readers=[EVERYONE, 4], limit=9),
                held.inverse_document_frequencies(ask("甲乙丙丁")),
                held.count(),
            )

        points = list(index.points())
        another.put(iter(points))
        assert everything(another) == everything(index)
        another.put(points)
        assert everything(another) == everything(index)

    def test_points_show_vectors_and_payload_as_they_are_held(self, index: Index) -> None:
        put(index, document(), "甲甲乙", "丙")
        put(index, document("scan.pdf"))
        points = {(p.payload["document_id"], p.payload["ordinal"]): p for p in index.points()}
        assert set(points) == {(document().id, 0), (document().id, 1), ("scan.pdf", -1)}
        first = points[document().id, 0]
        assert first.id == point_id("handbook", document().id, 0)
        assert first.payload == payload(document(), chunks("甲甲乙")[0])
        weights = first.vectors["lexical"]
        assert isinstance(weights, SparseVector)
        assert dict(zip(weights.indices, weights.values, strict=True)) == {
            term("甲"): 2.0,
            term("乙"): 1.0,
        }
        assert points["scan.pdf", -1].vectors == {}

    def test_chunks_and_vectors_must_be_as_many(self, index: Index) -> None:
        with pytest.raises(ValueError, match="2 chunks, but 1 encodings"):
            index.replace(document(), chunks("甲", "乙"), [encode("甲")])

    def test_closing_twice_does_nothing(self, index: Index) -> None:
        index.close()
        index.close()


_SOURCES = st.sampled_from(["one", "two"])
_IDS = st.sampled_from(["a", "b", "c/日本", "d#e"])
_READERS = st.integers(1, 4)
_QUESTIONS = st.text("甲乙丙丁戊", min_size=1, max_size=6)
_TEXTS = st.lists(st.text("甲乙丙丁", min_size=1, max_size=6), max_size=5)


def index_machine(
    open_index: Callable[[ExitStack], Index],
    *,
    between: Callable[[Index], None] = lambda _: None,
) -> type[RuleBasedStateMachine]:
    """Return a state machine that does random things to an index and to a dictionary alike.

    `between` may do to the index what must not change what it holds (publish, reopen).
    """

    class Machine(RuleBasedStateMachine):
        @initialize()
        def start(self) -> None:
            self.stack = ExitStack()
            self.index = open_index(self.stack)
            self.model: dict[tuple[str, str], tuple[IndexedDocument, list[str]]] = {}
            self.asked: dict[tuple[str, str], dict[int, str]] = {}
            """A question of some chunks, by document and ordinal."""

        @rule(source=_SOURCES, id_=_IDS, readers=_READERS, texts=_TEXTS, version=st.integers(1, 9))
        def replace(
            self, source: str, id_: str, readers: int, texts: list[str], version: int
        ) -> None:
            what = document(id_, source=source, version=str(version), readers=readers)
            put(self.index, what, *texts)
            self.model[source, id_] = (what, texts)
            self.asked.pop((source, id_), None)

        @rule(source=_SOURCES, id_=_IDS, ordinal=st.integers(0, 4), text=_QUESTIONS)
        def put_question(self, source: str, id_: str, ordinal: int, text: str) -> None:
            prefix = f"{id_} "
            put_questions(self.index, document(id_, source=source), ordinal, text, prefix=prefix)
            _, texts = self.model.get((source, id_), (None, []))
            if ordinal < len(texts):
                self.asked.setdefault((source, id_), {})[ordinal] = text

        @rule(source=_SOURCES, id_=_IDS, ordinal=st.integers(0, 4))
        def delete_question(self, source: str, id_: str, ordinal: int) -> None:
            self.index.delete_questions(source, [f"{id_} {ordinal}-0", "never seen"])
            self.asked.get((source, id_), {}).pop(ordinal, None)

        @rule(source=_SOURCES, ids=st.lists(_IDS))
        def delete(self, source: str, ids: list[str]) -> None:
            self.index.delete(source, ids)
            for id_ in ids:
                self.model.pop((source, id_), None)
                self.asked.pop((source, id_), None)

        @rule(source=_SOURCES, id_=_IDS, readers=_READERS)
        def set_readers(self, source: str, id_: str, readers: int) -> None:
            self.index.set_readers(source, id_, readers, f"readers {readers}")
            if (source, id_) in self.model:
                what, texts = self.model[source, id_]
                what = changed(what, readers=readers, readers_version=f"readers {readers}")
                self.model[source, id_] = (what, texts)

        @rule()
        def pause(self) -> None:
            between(self.index)

        @rule(readers=st.sets(_READERS), sources=st.none() | st.sets(_SOURCES))
        def search(self, readers: set[int], sources: set[str] | None) -> None:
            hits = self.index.search(ask("甲乙"), readers=readers, limit=99, sources=sources)
            assert sorted((h.document.source, *found([h])[0]) for h in hits) == sorted(
                (source, id_, number)
                for (source, id_), (what, texts) in self.model.items()
                for number, text in enumerate(texts)
                if what.readers in readers
                and (sources is None or source in sources)
                and set(text + self.asked.get((source, id_), {}).get(number, "")) & set("甲乙")
            )

        @invariant()
        def holds_what_the_model_holds(self) -> None:
            for source in ("one", "two"):
                assert self.index.versions(source) == {
                    id_: StoredVersion(what.version, what.readers_version, what.readers)
                    for (of, id_), (what, _) in self.model.items()
                    if of == source
                }
                assert self.index.questions(source) == {
                    f"{id_} {ordinal}-0": False
                    for (of, id_), asked in self.asked.items()
                    if of == source
                    for ordinal in asked
                }
            documents = len(self.model)
            assert self.index.count() == (documents, sum(len(t) for _, t in self.model.values()))

        @rule(source=_SOURCES, id_=_IDS)
        def read(self, source: str, id_: str) -> None:
            what, texts = self.model.get((source, id_), (None, []))
            hits = self.index.chunks(source, id_)
            assert [hit.chunk.text for hit in hits] == texts
            assert all(hit.document == what for hit in hits)

        def teardown(self) -> None:
            if hasattr(self, "stack"):
                self.stack.close()

    Machine.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
    return Machine
