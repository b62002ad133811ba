"""The index on a Qdrant server keeps the port's contract.

Runs on the rig, and on a real server where `QDRANT_URL` names one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from index_contract import (
    IndexContract,
    chunks,
    encode,
    index_machine,
)
from questions_contract import QuestionsContract
from rigs.qdrant import QdrantRig
from server_index import RUNNING
from servers import Place, place

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, Encoding
from ingest.index import (
    Hit,
    Index,
    IndexedDocument,
    IndexedQuestion,
    StoredPoint,
    StoredVersion,
    payload,
    point_id,
)
from ingest.server import ServerIndex, ServerWriter


class _Published:
    """The port as a reader sees it: changes are published, and answers come from ServerIndex."""

    def __init__(self, there: Place) -> None:
        self.writer = there.writer()
        self._reader = there.reader(recount=0.0)
        self.writer.delete("handbook", ["none"])  # publishes an empty collection

    def replace(
        self, what: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
    ) -> None:
        self.writer.replace(what, chunks, encodings)

    def delete(self, source: str, document_ids: Collection[str]) -> None:
        self.writer.delete(source, document_ids)

    def set_readers(
        self, source: str, document_id: str, readers: int, readers_version: str
    ) -> None:
        self.writer.set_readers(source, document_id, readers, readers_version)

    def put(self, points: Iterable[StoredPoint]) -> None:
        self.writer.put(points)

    def _published(self) -> ServerIndex:
        self.writer.publish()
        return self._reader

    def versions(self, source: str) -> dict[str, StoredVersion]:
        return self._published().versions(source)

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        return self._published().chunks(source, document_id)

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        return self._published().search(query, readers=readers, limit=limit, sources=sources)

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        return self._published().inverse_document_frequencies(query)

    def count(self, source: str | None = None) -> tuple[int, int]:
        return self._published().count(source)

    def put_questions(
        self,
        source: str,
        document_id: str,
        ordinal: int,
        questions: Sequence[IndexedQuestion],
        encodings: Sequence[Encoding],
    ) -> None:
        self.writer.put_questions(source, document_id, ordinal, questions, encodings)

    def delete_questions(self, source: str, question_ids: Collection[str]) -> None:
        self.writer.delete_questions(source, question_ids)

    def questions(self, source: str) -> dict[str, bool]:
        return self._published().questions(source)

    def points(self) -> Iterator[StoredPoint]:
        return self._published().points()

    def close(self) -> None:
        self._reader.close()
        self.writer.close()


def write_half(index: ServerWriter, what: IndexedDocument, *texts: str) -> None:
    """Write all but the first chunk."""
    passages = chunks(*texts)
    index._make().put(
        StoredPoint(
            point_id(what.source, what.id, chunk.ordinal),
            encode(chunk.text),
            payload(what, chunk),
        )
        for chunk in passages[1:]
    )


class TestServerWriter(IndexContract, QuestionsContract):
    """A writer finds what it wrote before it published it."""

    @pytest.fixture
    def index(self, there: Place) -> Iterator[Index]:
        with there.writer() as index:
            yield index

    @pytest.fixture
    def another(self, rig: QdrantRig) -> Iterator[Index]:
        with place("rig", rig) as elsewhere, elsewhere.writer() as index:
            yield index

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, ServerWriter)
        write_half(index, what, *texts)


class TestServerIndex(IndexContract, QuestionsContract):
    """A reader finds what was published."""

    @pytest.fixture
    def index(self, there: Place) -> Iterator[Index]:
        index = _Published(there)
        yield index
        index.close()

    @pytest.fixture
    def another(self, rig: QdrantRig) -> Iterator[Index]:
        with place("rig", rig) as elsewhere:
            index = _Published(elsewhere)
            yield index
            index.close()

    def write_half(self, index: Index, what: IndexedDocument, *texts: str) -> None:
        assert isinstance(index, _Published)
        write_half(index.writer, what, *texts)


def _open_writer(stack: ExitStack) -> Index:
    return stack.enter_context(stack.enter_context(place("rig", RUNNING[0])).writer())


def _publish_between(index: Index) -> None:
    assert isinstance(index, ServerWriter)
    index.publish()


TestRandomHistories = index_machine(_open_writer, between=_publish_between).TestCase
