"""The embedded index: the port's contract, and what publishing in revisions promises."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import qdrant_edge as engine
from edge_process import consistent, write
from index_contract import (
    EVERYONE,
    VECTORS,
    IndexContract,
    ask,
    chunks,
    document,
    encode,
    found,
    index_machine,
    put,
)

from ingest.chunk import Chunk
from ingest.edge import EdgeIndex, EdgeWriter, health
from ingest.edge.revisions import copy_tree
from ingest.encode import EncodedQuery, Encoding, SparseVector, VectorSpec
from ingest.index import (
    Hit,
    Index,
    IndexedDocument,
    Origin,
    SearchIndexError,
    StoredPoint,
    StoredVersion,
    point_id,
)

PROCESS = Path(__file__).with_name("edge_process.py")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Yield a folder in memory where there is one: the engine syncs a lot of small files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def writer(folder: Path, **options: object) -> EdgeWriter:
    return EdgeWriter(folder, "p", VECTORS, **options)  # type: ignore[arg-type]


def publish(folder: Path, version: int = 1) -> None:
    with writer(folder) as index:
        write(index, version)
        index.publish()


def encoded(index: int) -> EncodedQuery:
    return EncodedQuery({"lexical": SparseVector([index], [1.0])})


def fail_after_writing(folder: Path, document_id: str) -> None:
    def run() -> None:
        with writer(folder) as index:
            put(index, document(document_id), "甲")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()


def write_until_full(disk: Path) -> None:
    with writer(disk, reserve=60_000_000) as index:
        for number in range(100_000):
            [text] = chunks(os.urandom(10_000).hex())
            index.replace(document(f"d{number}"), [text], [encode("甲")])


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROCESS), *map(str, arguments)]
    root = str(PROCESS.parents[2])
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    return output


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

    def points(self) -> Iterator[StoredPoint]:
        self._writer.publish()
        return self._reader.points()

    def put(self, points: Iterable[StoredPoint]) -> None:
        self._writer.put(points)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


class TestEdgeWriter(IndexContract):
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


class TestEdgeIndex(IndexContract):
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


class TestPublishing:
    def test_nothing_is_served_before_it_is_published(self, tmp_path: Path) -> None:
        publish(tmp_path, 1)
        index = EdgeIndex(tmp_path)
        with writer(tmp_path) as changing:
            write(changing, 2)
            assert changing.versions("handbook")["0"].version == "2"
            assert consistent(index) == 1
            changing.publish()
            assert consistent(index) == 2
        index.close()

    def test_a_run_without_changes_makes_no_revision(self, tmp_path: Path) -> None:
        publish(tmp_path)
        before = health(tmp_path)
        with writer(tmp_path) as index:
            assert len(index.versions("handbook")) == 40
            index.publish()
        assert health(tmp_path) == before

    def test_the_former_revision_is_kept_and_older_ones_are_removed(self, tmp_path: Path) -> None:
        for version in range(1, 5):
            publish(tmp_path, version)
        [generation] = [path for path in tmp_path.iterdir() if path.is_dir()]
        kept = sorted(path.name for path in generation.iterdir() if path.is_dir())
        assert kept == ["000003", "000004"]

    def test_a_revision_that_is_read_is_not_removed(self, tmp_path: Path) -> None:
        publish(tmp_path, 1)
        index = EdgeIndex(tmp_path)
        assert index.revision is not None
        opened = index._opened
        assert opened is not None
        opened.enter()  # a question that takes its time
        for version in range(2, 5):
            publish(tmp_path, version)
        assert consistent(index) == 4
        assert (tmp_path / opened.name).is_dir()
        assert opened.shard.count() == (40, 200)
        opened.leave()
        publish(tmp_path, 5)
        assert not (tmp_path / opened.name).exists()
        index.close()

    def test_reading_changes_no_byte_of_a_revision(self, tmp_path: Path) -> None:
        """That is why any number of processes may open it at once."""
        publish(tmp_path)
        before = _digests(tmp_path)
        for _ in range(2):
            index = EdgeIndex(tmp_path)
            consistent(index)
            index.inverse_document_frequencies(ask("全1"))
            index.versions("handbook")
            index.close()
        assert _digests(tmp_path) == before

    def test_space_of_replaced_and_deleted_chunks_is_used_again(self, tmp_path: Path) -> None:
        """A source that changes for years does not fill the disk."""
        sizes = []
        for version in range(6):
            with writer(tmp_path) as index:
                for number in range(300):
                    put(index, document(str(number), version=str(version)), *"甲乙丙丁")
                index.publish()
                index.delete("handbook", [str(number) for number in range(150)])
                index.publish()
            sizes.append(health(tmp_path).bytes)
        assert sizes[-1] < 1.5 * sizes[1]

    def test_a_large_index_is_optimised_and_stays_right_when_it_changes(
        self, tmp_path: Path
    ) -> None:
        """From 10 MB of vectors the engine keeps what is old in an immutable segment."""
        common = {"lexical": SparseVector(list(range(2_000)), [1.0] * 2_000)}

        def put_large(index: Index, number: int, readers: int) -> None:
            what = document(f"d{number}", readers=readers)
            index.replace(what, chunks(f"第{number}"), [common])

        with writer(tmp_path) as index:
            for number in range(1_500):
                put_large(index, number, 1)
            index.publish()
        reader = EdgeIndex(tmp_path)
        assert len(list(tmp_path.glob("*/000001/shard/segments/*/segment.json"))) == 2
        before = _digests(tmp_path)
        assert reader.count() == (1_500, 1_500)
        assert len(reader.search(encoded(5), readers=[1], limit=2_000)) == 1_500
        with writer(tmp_path) as index:
            index.delete("handbook", ["d0"])
            index.set_readers("handbook", "d1", 2, "r")
            put_large(index, 2, 3)
            index.publish()
        assert reader.count() == (1_499, 1_499)
        assert len(reader.search(encoded(5), readers=[1], limit=2_000)) == 1_497
        assert found(reader.search(encoded(5), readers=[2, 3, 4], limit=9)) in (
            [("d1", 0), ("d2", 0)],
            [("d2", 0), ("d1", 0)],
        )
        after = _digests(tmp_path)
        assert {path: after[path] for path in before if "000001" in path} == {
            path: digest for path, digest in before.items() if "000001" in path
        }
        reader.close()

    def test_deleted_chunks_no_longer_count_in_frequencies(self, tmp_path: Path) -> None:
        """A revision is opened afresh, so its statistics are exact; a writer's may lag behind."""
        with writer(tmp_path) as index:
            put(index, document("a"), "甲乙")
            put(index, document("b"), "甲")
            put(index, document("c"), "丙")
            put(index, document("b", version="2"), "丙")
            index.delete("handbook", ["c"])
            index.publish()
        reader = EdgeIndex(tmp_path)
        weights = reader.inverse_document_frequencies(ask("甲乙丙"))
        assert weights == pytest.approx(dict.fromkeys("甲乙丙", math.log(2)), rel=1e-5)
        reader.close()

    def test_dense_and_sparse_vectors_are_fused_and_filtered(self, tmp_path: Path) -> None:
        """A generation holds the vectors that its encoder names, whatever they are."""
        vectors = {**VECTORS, "dense": VectorSpec("dense", size=4)}

        def both(text: str, direction: int) -> dict[str, SparseVector | list[float]]:
            dense = [1.0 if i == direction else 0.1 for i in range(4)]
            return {**encode(text), "dense": dense}

        with EdgeWriter(tmp_path, "hybrid", vectors) as index:
            for number, (text, readers) in enumerate([("甲", 1), ("乙", 1), ("甲", 2), ("丙", 2)]):
                what = document(f"d{number}", readers=readers)
                index.replace(what, chunks(text), [both(text, number)])
            index.publish()
        reader = EdgeIndex(tmp_path)
        query = EncodedQuery(both("甲", 1))
        assert found(reader.search(query, readers=[1], limit=2)) == [("d1", 0), ("d0", 0)] or found(
            reader.search(query, readers=[1], limit=2)
        ) == [("d0", 0), ("d1", 0)]
        assert found(reader.search(query, readers=[2], limit=9))[0] == ("d2", 0)
        assert {hit.document.readers for hit in reader.search(query, readers=[2], limit=9)} == {2}
        reader.close()


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


class TestGenerations:
    def test_a_new_pipeline_starts_empty_beside_the_old_generation(self, tmp_path: Path) -> None:
        publish(tmp_path)
        with EdgeWriter(tmp_path, "other", VECTORS) as index:
            assert index.versions("handbook") == {}
            put(index, document(), "新")
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 1
        reader.close()

    def test_it_takes_over_once_it_holds_every_source_of_the_old_one(self, tmp_path: Path) -> None:
        """Until then the old one answers: an upgrade must not lose what is not read again yet."""
        with EdgeWriter(tmp_path, "old", VECTORS) as index:
            put(index, document("a", source="one"), "甲")
            put(index, document("b", source="two"), "甲")
            index.publish()
        reader = EdgeIndex(tmp_path)
        old = reader.revision
        with EdgeWriter(tmp_path, "new", VECTORS) as index:
            put(index, document("a", source="one"), "乙")
            index.publish()
            assert index.waits_for == {"two"}
        assert (reader.count(), reader.revision) == ((2, 2), old)
        with EdgeWriter(tmp_path, "new", VECTORS) as index:
            put(index, document("b", source="two"), "乙")
            index.publish()
            assert index.waits_for == frozenset()
        hits = reader.search(ask("甲乙"), readers=[EVERYONE], limit=9)
        assert {hit.chunk.text for hit in hits} == {"乙"}
        reader.close()

    def test_it_takes_over_at_once_when_told_to(self, tmp_path: Path) -> None:
        """For sources that are no longer configured."""
        with EdgeWriter(tmp_path, "old", VECTORS) as index:
            put(index, document(source="gone"), "甲")
            index.publish()
        with EdgeWriter(tmp_path, "new", VECTORS) as index:
            put(index, document(source="new"), "乙")
            index.publish()
            assert index.waits_for == {"gone"}
            index.take_over()
        reader = EdgeIndex(tmp_path)
        assert (reader.count("gone"), reader.count("new")) == ((0, 0), (1, 1))
        reader.close()

    def test_an_index_of_another_encoder_is_refused(self, tmp_path: Path) -> None:
        with writer(tmp_path, encoder="lexical-1") as index:
            put(index, document(), "甲")
            index.publish()
        EdgeIndex(tmp_path, encoder="lexical-1").close()
        with pytest.raises(SearchIndexError, match=r"another encoder .*kurage ingest --all"):
            EdgeIndex(tmp_path, encoder="bge-m3")


class TestDeath:
    def test_a_killed_run_is_continued_and_not_repeated(self, tmp_path: Path) -> None:
        """After kill -9 the published revision is whole, and the next run finds the work done."""
        publish(tmp_path)
        process = start("die", tmp_path, 75)
        told = finish(process, -9).split()
        assert told[-1] == "70"
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 1
        assert health(tmp_path).unpublished
        with writer(tmp_path) as index:
            done = {name for name in index.versions("handbook") if name.startswith("d")}
            assert done == {f"d{number}" for number in range(70)}
            assert [hit.chunk.text for hit in index.chunks("handbook", "d69")] == list("甲乙丙")
            index.publish()
        assert reader.count() == (40 + 70, 200 + 210)
        assert not health(tmp_path).unpublished
        reader.close()

    def test_a_killed_first_run_is_continued(self, tmp_path: Path) -> None:
        finish(start("die", tmp_path, 20), -9)
        with writer(tmp_path) as index:
            assert len(index.versions("handbook")) == 20

    def test_a_run_that_fails_leaves_its_work_to_the_next(self, tmp_path: Path) -> None:
        fail_after_writing(tmp_path, "a")
        with writer(tmp_path) as index:
            assert set(index.versions("handbook")) == {"a"}

    def test_saved_work_of_a_former_revision_is_dropped(self, tmp_path: Path) -> None:
        """Another run published since: continuing would bring back what it changed."""
        publish(tmp_path, 1)
        fail_after_writing(tmp_path, "late")
        [saved] = tmp_path.glob("*/saved-*")
        copy_tree(saved, tmp_path / "aside")
        with writer(tmp_path) as index:
            index.publish()  # of what was saved
        (tmp_path / "aside").rename(saved)
        publish(tmp_path, 3)
        with writer(tmp_path) as index:
            assert index.versions("handbook")["0"].version == "3"
        assert not saved.exists()

    def test_a_revision_whose_pointer_was_not_written_is_served_by_the_next_run(
        self, tmp_path: Path
    ) -> None:
        publish(tmp_path, 1)
        pointer = (tmp_path / "current").read_bytes()
        publish(tmp_path, 2)
        (tmp_path / "current").write_bytes(pointer)
        with writer(tmp_path):
            pass
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 2
        reader.close()


class TestManyProcesses:
    def test_readers_and_a_writer_at_once(self, tmp_path: Path) -> None:
        """Nobody waits or fails, and every answer comes from one complete revision."""
        publish(tmp_path, 1)
        readers = [start("read", tmp_path, 8) for _ in range(2)]
        for process in readers:
            assert process.stdout is not None
            assert process.stdout.readline() == "reading\n"
        finish(start("publish", tmp_path, 2, 8))
        for process in readers:
            finish(process)

    def test_many_open_the_same_revision_at_once(self, tmp_path: Path) -> None:
        publish(tmp_path, 1)
        before = _digests(tmp_path)
        processes = [start("open", tmp_path, 5) for _ in range(3)]
        for process in processes:
            finish(process)
        assert _digests(tmp_path) == before

    def test_a_second_writer_is_told_who_writes(self, tmp_path: Path) -> None:
        publish(tmp_path)
        process = start("hold", tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert health(tmp_path).writer == f"process {process.pid}"
        with pytest.raises(SearchIndexError, match=f"written by process {process.pid}; wait"):
            writer(tmp_path).__enter__()
        finish(process)
        publish(tmp_path, 2)

    def test_threads_search_while_revisions_come_and_go(self, tmp_path: Path) -> None:
        """A bot's questions come from many threads; a swap closes nothing under their feet."""
        publish(tmp_path, 1)
        index = EdgeIndex(tmp_path)
        stop = threading.Event()
        failures: list[BaseException] = []

        def question() -> None:
            try:
                while not stop.is_set():
                    consistent(index)
            except BaseException as error:  # noqa: BLE001 - told to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=question) for _ in range(4)]
        for thread in threads:
            thread.start()
        for version in range(2, 5):
            publish(tmp_path, version)
        stop.set()
        for thread in threads:
            thread.join()
        assert failures == []
        assert consistent(index) == 4
        index.close()


class TestTrouble:
    def test_before_anything_is_published_a_question_says_so(self, tmp_path: Path) -> None:
        """And the first one after the first publication is answered."""
        index = EdgeIndex(tmp_path)
        with pytest.raises(SearchIndexError, match=r"nothing is indexed .*kurage ingest"):
            index.count()
        publish(tmp_path)
        assert consistent(index) == 1
        index.close()

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"0123456789ab/000009\n"])
    def test_a_damaged_pointer_is_reported_and_mended_by_the_next_run(
        self, tmp_path: Path, content: bytes
    ) -> None:
        publish(tmp_path)
        (tmp_path / "current").write_bytes(content)
        with pytest.raises(SearchIndexError, match=r"current is damaged .*kurage ingest"):
            EdgeIndex(tmp_path)
        with pytest.raises(SearchIndexError, match="current is damaged"):
            health(tmp_path)
        with writer(tmp_path) as index:
            assert len(index.versions("handbook")) == 40
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 1
        reader.close()

    def test_damage_under_a_reader_leaves_it_serving(self, tmp_path: Path) -> None:
        publish(tmp_path)
        index = EdgeIndex(tmp_path)
        (tmp_path / "current").unlink()
        assert consistent(index) == 1
        (tmp_path / "current").write_text("nonsense")
        assert consistent(index) == 1
        index.close()

    def test_a_revision_that_can_not_be_opened_is_reported(self, tmp_path: Path) -> None:
        publish(tmp_path)
        [segment] = tmp_path.glob("*/000001/shard/segments/*/segment.json")
        segment.write_text("{")
        with pytest.raises(SearchIndexError, match=r"opening the index .* failed"):
            EdgeIndex(tmp_path)

    @pytest.mark.parametrize("damaged", [1, 2])
    def test_damaged_revisions_are_passed_over_by_the_next_run(
        self, tmp_path: Path, damaged: int
    ) -> None:
        """It starts from an older one or from nothing; the sync brings what is missing."""
        publish(tmp_path, 1)
        publish(tmp_path, 2)
        segments = sorted(tmp_path.glob("*/00000?/shard/segments/*/segment.json"))
        for segment in segments[-damaged:]:
            segment.write_text("{")
        with writer(tmp_path) as index:
            versions = {stored.version for stored in index.versions("handbook").values()}
            assert versions == ({"1"} if damaged == 1 else set())
            write(index, 3)
            index.publish()
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 3
        reader.close()

    def test_damaged_work_of_a_killed_run_is_passed_over(self, tmp_path: Path) -> None:
        publish(tmp_path, 1)
        fail_after_writing(tmp_path, "late")
        [segment] = tmp_path.glob("*/saved-*/shard/segments/*/segment.json")
        segment.write_text("{")
        with writer(tmp_path) as index:
            assert len(index.versions("handbook")) == 40
            write(index, 2)
            index.publish()
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 2
        reader.close()

    def test_a_full_disk_is_reported_and_what_is_published_stays(self, tmp_path: Path) -> None:
        """Space is looked at before each write: the engine itself would be killed by the kernel."""
        publish(tmp_path)
        with writer(tmp_path, reserve=2**62) as index:
            put(index, document("late"), "甲")
            with pytest.raises(SearchIndexError, match=r"almost full: .* MB are free"):
                index.publish()
            with pytest.raises(SearchIndexError, match="an earlier write failed"):
                index.publish()
        reader = EdgeIndex(tmp_path)
        assert consistent(reader) == 1
        reader.close()

    def test_a_full_disk_on_the_first_run(self, tmp_path: Path) -> None:
        with writer(tmp_path, reserve=2**62) as index:
            put(index, document(), "甲")
            with pytest.raises(SearchIndexError, match="almost full"):
                index.publish()

    def test_a_really_full_disk(self, tmp_path: Path) -> None:
        """Written until a small file system is full; needs the right to mount one."""
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(disk)]
        if (
            not shutil.which("mount")
            or subprocess.run(mount, check=False, capture_output=True).returncode
        ):
            pytest.skip("mounting a small file system is not allowed here")
        try:
            with writer(disk, reserve=0) as index:
                write(index, 1)
                index.publish()
            with pytest.raises(SearchIndexError, match="almost full"):
                write_until_full(disk)
            reader = EdgeIndex(disk)
            assert consistent(reader) == 1
            reader.close()
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)

    def test_a_folder_without_write_permission_is_named(self, tmp_path: Path) -> None:
        place = tmp_path / "file"
        place.write_text("not a folder")
        with pytest.raises(SearchIndexError, match="KURAGE_HOME can be written"):
            writer(place / "index").__enter__()

    @pytest.mark.skipif(os.geteuid() != 0, reason="steps down from root to lose permissions")
    def test_a_reader_without_permission_is_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            publish(Path(folder))
            Path(folder).chmod(0o755)
            os.seteuid(65_534)
            try:
                with pytest.raises(SearchIndexError, match="KURAGE_HOME can be written"):
                    EdgeIndex(Path(folder))
                with pytest.raises(SearchIndexError, match="KURAGE_HOME can be written"):
                    writer(Path(folder)).__enter__()
            finally:
                os.seteuid(0)

    def test_a_reader_writes_nothing(self, tmp_path: Path) -> None:
        publish(tmp_path)
        index = EdgeIndex(tmp_path)
        refused = "only `kurage ingest` writes"
        with pytest.raises(SearchIndexError, match=refused):
            put(index, document(), "甲")
        with pytest.raises(SearchIndexError, match=refused):
            index.delete("handbook", ["0"])
        with pytest.raises(SearchIndexError, match=refused):
            index.set_readers("handbook", "0", 2, "r")
        index.close()

    def test_a_closed_index_says_so(self, tmp_path: Path) -> None:
        publish(tmp_path)
        index = EdgeIndex(tmp_path)
        index.close()
        index.close()
        with pytest.raises(SearchIndexError, match="is closed"):
            index.count()


def test_a_copy_keeps_content_and_leaves_holes_out(tmp_path: Path) -> None:
    """The engine's files are mostly holes: 132 MB that occupy 31."""
    source = tmp_path / "a"
    (source / "b").mkdir(parents=True)
    with (source / "b" / "holes").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(20 << 20)
        file.write(b"x" * 10_000)
    (source / "empty").touch()
    (source / "small").write_bytes(b"y")
    copy_tree(source, tmp_path / "c")
    assert _digests(source) == _digests(tmp_path / "c")
    assert (tmp_path / "c" / "b" / "holes").stat().st_blocks * 512 < 1 << 20


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
