"""What publishing in revisions promises, and how one generation takes over from another."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from edge_folders import digests, publish, writer
from edge_process import consistent, write
from index_contract import (
    EVERYONE,
    VECTORS,
    ask,
    chunks,
    document,
    encode,
    found,
    put,
)

from ingest.edge import EdgeIndex, EdgeWriter, health
from ingest.edge.revisions import copy_tree
from ingest.encode import EncodedQuery, SparseVector, VectorSpec
from ingest.index import (
    Index,
    SearchIndexError,
)


def encoded(index: int) -> EncodedQuery:
    return EncodedQuery({"lexical": SparseVector([index], [1.0])})


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
        before = digests(tmp_path)
        for _ in range(2):
            index = EdgeIndex(tmp_path)
            consistent(index)
            index.inverse_document_frequencies(ask("全1"))
            index.versions("handbook")
            index.close()
        assert digests(tmp_path) == before

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
        before = digests(tmp_path)
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
        after = digests(tmp_path)
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
    assert digests(source) == digests(tmp_path / "c")
    assert (tmp_path / "c" / "b" / "holes").stat().st_blocks * 512 < 1 << 20
