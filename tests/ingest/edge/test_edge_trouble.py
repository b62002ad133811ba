"""Damage, full disks and missing rights are told, and what is published stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from edge_folders import fail_after_writing, publish, writer
from edge_process import consistent, write
from index_contract import (
    chunks,
    document,
    encode,
    put,
)

from ingest.edge import EdgeIndex, health
from ingest.index import (
    SearchIndexError,
)


def write_until_full(disk: Path) -> None:
    with writer(disk, reserve=60_000_000) as index:
        for number in range(100_000):
            [text] = chunks(os.urandom(10_000).hex())
            index.replace(document(f"d{number}"), [text], [encode("甲")])


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
