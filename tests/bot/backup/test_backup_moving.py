"""What a backup promises: all is back, on any machine and backend, as it was at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from installations import (
    everything,
    fill,
    found,
    restore,
    save,
    unseen,
    write,
)
from rigs.qdrant import QdrantRig

from bot.app import App
from bot.backup import Installation, new_file
from bot.backup import save as write_backup
from bot.conversations import Thread
from bot.exchange import Question
from ingest.encode import VectorSpec
from ingest.index import IndexedDocument, Origin, StoredPoint, payload, placeholder, point_id


class TestMoving:
    @pytest.mark.parametrize("target", ["sqlite", "postgresql"])
    @pytest.mark.parametrize("source", ["sqlite", "postgresql"])
    def test_everything_is_back_in_any_database(
        self,
        open_home: Callable[..., App],
        tmp_path: Path,
        source: str,
        target: str,
        request: pytest.FixtureRequest,
    ) -> None:
        """Rows of every table, points, scores; times to the microsecond, floats to the last bit."""
        urls = {
            "sqlite": [None, None],
            "postgresql": ["postgresql_url", "another_postgresql_url"],
        }
        first, second = urls[source][0], urls[target][1]
        here = open_home("here", first and request.getfixturevalue(first))
        fill(here)
        save(here, tmp_path / "a.backup")
        before = everything(here)
        assert all(before.values())

        there = open_home("there", second and request.getfixturevalue(second))
        restore(there, tmp_path / "a.backup")
        assert everything(there) == before
        opened = there.conversations.open_turn(
            Thread("slack", "C2"), Question("？", frozenset()), asker="U"
        )
        assert opened.id  # new rows get numbers that are free
        assert there.state.start_run("規程") > before["runs"][-1]["id"]

    def test_everything_moves_to_a_qdrant_server_and_back(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        with QdrantRig(tmp_path / "qdrant") as rig:
            here = open_home("here")
            fill(here, documents=40)
            save(here, tmp_path / "a.backup")
            before = everything(here)
            server = open_home("server", QDRANT_URL=rig.url)
            restore(server, tmp_path / "a.backup")
            assert rounded(everything(server)) == rounded(before)
            save(server, tmp_path / "b.backup")
            back = open_home("back")
            restore(back, tmp_path / "b.backup")
            assert everything(back) == before
            assert rig.violations() == []
            server.close()

    def test_restored_documents_are_read_by_those_who_could_read_them(
        self, open_home: Callable[..., App], backup_file: Path
    ) -> None:
        there = open_home("there")
        restore(there, backup_file)
        by_everyone = {id_ for id_, _, _ in found(there, "anyone")}
        by_sales = {id_ for id_, _, _ in found(there, "user:sato@example.co.jp")}
        assert (by_everyone, by_sales) == ({"0.md", "1.md"}, {"2.md"})

    def test_a_sync_goes_on_where_it_was(
        self, open_home: Callable[..., App], backup_file: Path
    ) -> None:
        """The restored index is the generation that the next sync changes."""
        there = open_home("there")
        restore(there, backup_file)
        with there.index_writer() as index:
            assert set(index.versions("規程")) == {"0.md", "1.md", "2.md", "空.pdf"}

    def test_an_installation_without_an_index_moves_too(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        here, there = open_home("here"), open_home("there")
        here.state.register_source("規程", kind="folder", location="/docs")
        assert save(here, tmp_path / "a.backup").index is None
        restore(there, tmp_path / "a.backup")
        assert everything(there) == everything(here)

    def test_an_index_of_another_encoder_is_restored_as_it_is(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        here, there = open_home("here"), open_home("there")
        origin = Origin("pipeline", "bge-m3", {"dense": VectorSpec("dense", 3)})
        what = IndexedDocument("規程", "a", "1", "r", 1, "題", "https://example.co.jp")
        point = StoredPoint(
            point_id("規程", "a", -1), {"dense": [0.0, 0.6, 0.8]}, payload(what, placeholder(what))
        )
        with here.index_writer(origin) as index:
            index.put([point])
            index.publish()
        save(here, tmp_path / "a.backup")
        restore(there, tmp_path / "a.backup")
        index = there.open_index()
        assert index.origin == origin
        [held] = index.points()
        assert held.payload == point.payload
        assert held.vectors["dense"] == pytest.approx(point.vectors["dense"])
        index.close()

    def test_what_was_under_way_is_closed(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        """A bot that found an open turn would answer it a second time."""
        here, there = open_home("here"), open_home("there")
        turn = here.conversations.open_turn(
            Thread("slack", "C1"), Question("？", frozenset()), asker="U"
        )
        here.state.start_run("規程")
        with here.state.lease("sync of 規程"):
            save(here, tmp_path / "a.backup")
        restore(there, tmp_path / "a.backup")
        assert there.conversations.get(turn.id).state == "failed"
        assert [run.outcome for run in there.state.runs()] == ["interrupted"]
        with there.state.lease("sync of 規程"):
            pass  # a lease of the other machine would have been in the way


def rounded(held: dict[str, Any]) -> dict[str, Any]:
    """Return the same with scores to five digits: a server tells them in other words."""
    return {**held, "hits": [(a, b, round(score, 5)) for a, b, score in held["hits"]]}


class TestWhileOthersWork:
    def test_a_sync_that_publishes_meanwhile_leaves_a_backup_of_one_moment(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        here, there = open_home("here"), open_home("there")
        fill(here, documents=120)
        published = []

        def publish_once(done: int, total: int | None, label: str) -> None:
            if label == "index" and not published:
                published.append(label)
                new = here.state.add_reader_set((frozenset({"group:new"}),))
                with here.index_writer() as index:
                    index.delete("規程", ["0.md"])
                    write(here, index, "1.md", new, version="2")
                    index.publish()
                here.state.save_feed("規程", cursor="8", fingerprint="p")

        before = everything(here)
        manifest = save(here, tmp_path / "a.backup", publish_once)
        assert published
        assert manifest.index is not None
        assert manifest.index.torn == ()
        restore(there, tmp_path / "a.backup")
        assert everything(there) == before

    def test_a_document_that_changes_while_it_is_read_is_read_again_later(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        """A server's points change in place; half of the old and half of the new is neither."""
        here, there = open_home("here"), open_home("there")
        fill(here, documents=2)
        with new_file(tmp_path / "a.backup", force=False) as file:
            stored = Installation(here.engine, Changing(here), None, "lexical", "extractive")
            manifest = write_backup(stored, file, unseen)
        assert manifest.index is not None
        assert manifest.index.torn == (("規程", "0.md"),)
        restore(there, tmp_path / "a.backup")
        with there.index_writer() as index:
            assert set(index.versions("規程")) == {"1.md", "空.pdf"}

    def test_reader_sets_that_came_after_the_rows_were_read_are_there(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        """Otherwise nobody could read the documents that name them."""
        here, there = open_home("here"), open_home("there")
        fill(here, documents=2)
        changing = Changing(here)
        with new_file(tmp_path / "a.backup", force=False) as file:
            stored = Installation(here.engine, changing, None, "lexical", "extractive")
            write_backup(stored, file, unseen)
        restore(there, tmp_path / "a.backup")
        assert there.state.reader_sets() == here.state.reader_sets()
        assert changing.new in there.state.reader_sets()


class Changing:
    """An index whose first document gets other readers while it is read."""

    def __init__(self, kurage: App) -> None:
        self._kurage = kurage
        self._index = kurage.open_index()
        self.origin = self._index.origin
        self.new = 0

    def count(self) -> tuple[int, int]:
        return self._index.count()

    def points(self) -> Iterator[StoredPoint]:
        ordered = sorted(self._index.points(), key=lambda p: str(p.payload["document_id"]))
        self._index.close()
        yield ordered[0]
        self.new = self._kurage.state.add_reader_set((frozenset({"group:later"}),))
        changed = {"readers": self.new, "readers_version": "later"}
        yield StoredPoint(ordered[1].id, ordered[1].vectors, {**ordered[1].payload, **changed})
        yield from ordered[2:]
