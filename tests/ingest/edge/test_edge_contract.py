"""The embedded index keeps the port's contract, and its points move to another to the last bit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import qdrant_edge as engine
from edge_folders import folder_in_memory, publish, writer
from edge_process import consistent
from index_contract import (
    VECTORS,
    IndexContract,
    chunks,
    document,
    encode,
    index_machine,
    put,
)
from questions_contract import QuestionsContract

from ingest.chunk import Chunk
from ingest.edge import EdgeIndex, EdgeWriter
from ingest.encode import EncodedQuery, Encoding, SparseVector, VectorSpec
from ingest.index import (
    Hit,
    Index,
    IndexedDocument,
    IndexedQuestion,
    Origin,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
    point_id,
)


class _Published:
    """The port as a reader sees it: changes are published, and answers come from EdgeIndex."""

    def __init__(self, folder: Path) -> None:
        self._writer = writer(folder)
        self._writer.__enter__()
        self._reader = EdgeIndex(folder)
        self._writer.delete("handbook", ["none"])  # publishes an empty revision

    def replace(
        self, what: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        self._writer.replace(what, chunks, encodings)

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        self._writer.delete(source, document_ids)

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        self._writer.set_readers(source, document_id, readers, readers_version)

    def versions(self, source: str) -> dict[str, StoredVersion]:
        self._writer.publish()
        return self._reader.versions(source)

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        self._writer.publish()
        return self._reader.chunks(source, document_id)

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        self._writer.publish()
        return self._reader.search(query, readers=readers, limit=limit, sources=sources)

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        self._writer.publish()
        return self._reader.inverse_document_frequencies(query)

    def count(self, source: str | None = None) -> tuple[int, int]:
        self._writer.publish()
        return self._reader.count(source)

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        self._writer.put_questions(source, document_id, ordinal, questions, encodings)

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        self._writer.delete_questions(source, question_ids)

    def questions(self, source: str) -> dict[str, bool]:
        self._writer.publish()
        return self._reader.questions(source)

    def points(self) -> Iterator[StoredPoint]:
        self._writer.publish()
        return self._reader.points()

    def put(self, points: Iterable[StoredPoint]) -> None:
        self._writer.put(points)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


class TestEdgeWriter(IndexContract, QuestionsContract):
    """A writer finds what it wrote before it published it."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[Index]:
        index = writer(tmp_path)
        index.__enter__()
        yield index
        index.close()

    @pytest.fixture
    def another(self, tmp_path: Path) -> Iterator[Index]:
        index = writer(tmp_path / "another")
        index.__enter__()
        yield index
        index.close()

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, EdgeWriter)
        passages = chunks(*texts)
        with index._writing() as shard:
            shard.write([(what, passages, [encode(chunk.text) for chunk in passages])])
            first = point_id(what.source, what.id, 0)
            shard._engine.update(engine.UpdateOperation.delete_points([first]))


class TestEdgeIndex(IndexContract, QuestionsContract):
    """A reader finds what was published."""

    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[Index]:
        index = _Published(tmp_path)
        yield index
        index.close()

    @pytest.fixture
    def another(self, tmp_path: Path) -> Iterator[Index]:
        index = _Published(tmp_path / "another")
        yield index
        index.close()

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, _Published)
        TestEdgeWriter().write_half(index._writer, what, *texts)


def _open_writer(stack: ExitStack) -> Index:
    index = writer(stack.enter_context(folder_in_memory()))
    index.__enter__()
    stack.callback(index.close)
    return index


def _publish_between(index: Index) -> None:
    assert isinstance(index, EdgeWriter)
    index.publish()


TestRandomHistories = index_machine(_open_writer, between=_publish_between).TestCase


class TestPoints:
    def test_vectors_of_every_kind_move_to_another_index_to_the_last_bit(
        self, tmp_path: Path
    ) -> None:
        """Also over more points than one page or batch holds."""
        both = {**VECTORS, "dense": VectorSpec("dense", 4)}
        weights = [0.1, 1e-30, 3.4e38]
        with EdgeWriter(tmp_path / "from", "p", both) as index:
            for number in range(2_100):
                encoding: Encoding = {
                    "lexical": SparseVector([number, 4_000_000_000, 4_294_967_295], weights),
                    "dense": [1.0, number / 7, -0.3, 0.0],
                }
                index.replace(document(str(number)), chunks("甲"), [encoding])
            index.publish()
        source = EdgeIndex(tmp_path / "from")
        with EdgeWriter(tmp_path / "to", "p", both) as index:
            index.put(source.points())
            index.publish()
        target = EdgeIndex(tmp_path / "to")
        moved = {point.id: point for point in target.points()}
        assert moved == {point.id: point for point in source.points()}
        assert len(moved) == 2_100
        source.close()
        target.close()

    def test_a_publication_meanwhile_does_not_change_what_is_read(self, tmp_path: Path) -> None:
        publish(tmp_path, 1)
        index = EdgeIndex(tmp_path)
        points = index.points()
        read = [next(points)]
        publish(tmp_path, 2)
        publish(tmp_path, 3)
        publish(tmp_path, 4)
        assert consistent(index) == 4
        read += points
        assert {point.payload["version"] for point in read} == {"1"}
        index.close()

    def test_a_reader_names_what_filled_it(self, tmp_path: Path) -> None:
        """Another index takes the points under the same names, so that syncs go on there."""
        index = EdgeIndex(tmp_path)
        assert index.origin is None
        with EdgeWriter(tmp_path, "pipeline", VECTORS, encoder="encoder") as filled:
            put(filled, document(), "甲")
            filled.publish()
        assert index.origin == Origin("pipeline", "encoder", VECTORS)
        index.close()

    def test_a_reader_takes_no_points(self, tmp_path: Path) -> None:
        publish(tmp_path)
        index = EdgeIndex(tmp_path)
        with pytest.raises(SearchIndexError, match="open for reading"):
            index.put([])
        index.close()
