"""Killed runs are continued, and many processes read while one writes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from edge_folders import digests, fail_after_writing, finish, publish, start, writer
from edge_process import consistent

from ingest.edge import EdgeIndex, health
from ingest.edge.revisions import copy_tree
from ingest.index import (
    SearchIndexError,
)


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

    def test_a_first_run_that_fails_again_and_again_keeps_all_that_was_done(
        self, tmp_path: Path
    ) -> None:
        """There is no revision yet that its work could be told to have begun from."""
        for name in "abc":
            fail_after_writing(tmp_path, name)
        with writer(tmp_path) as index:
            assert set(index.versions("handbook")) == {"a", "b", "c"}

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
        before = digests(tmp_path)
        processes = [start("open", tmp_path, 5) for _ in range(3)]
        for process in processes:
            finish(process)
        assert digests(tmp_path) == before

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
