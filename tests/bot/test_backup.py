"""What a backup promises: all is back, on any machine and backend, or nothing was touched."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from installations import (
    everything,
    fill,
    found,
    installation,
    nothing_to_see,
    restore,
    save,
    unseen,
    write,
)
from rigs.qdrant import QdrantRig

from bot import migrations
from bot.app import App
from bot.backup import BackupError, Installation, Reader, new_file
from bot.backup import save as write_backup
from bot.backup.archive import Writer
from bot.backup.configuration import masked
from bot.backup.manifest import MANIFEST, POINTS, Manifest, Part, StoredIndex
from bot.backup.points import read_points, write_points
from bot.backup.tables import described, stored_tables
from bot.conversations import ConversationsError, Thread
from bot.exchange import Question
from ingest.encode import SparseVector, VectorSpec
from ingest.index import IndexedDocument, Origin, StoredPoint, payload, placeholder, point_id
from ingest.state import Base

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory where there is one: the engine syncs a lot of small files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def open_home(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Return what opens an installation by name; SQLite and the embedded index if not told."""
    with ExitStack() as stack:

        def opened(name: str, database_url: str | None = None, **environ: str) -> App:
            home = tmp_path / name
            url = database_url or f"sqlite:///{home / 'kurage.db'}"
            return stack.enter_context(installation(home, url, **environ))

        yield opened


@pytest.fixture(scope="module")
def backup_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a filled installation."""
    folder = tmp_path_factory.mktemp("backup")
    with installation(folder / "home", f"sqlite:///{folder / 'kurage.db'}") as kurage:
        (kurage.home / "kurage.toml").write_text('language = "ja"\n', "utf-8")
    with installation(folder / "home", f"sqlite:///{folder / 'kurage.db'}") as kurage:
        fill(kurage)
        save(kurage, folder / "a.backup")
    return folder / "a.backup"


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


class TestTheFile:
    def test_only_its_owner_may_read_it(self, backup_file: Path) -> None:
        assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600

    def test_tar_and_sha256sum_read_it(self, backup_file: Path, tmp_path: Path) -> None:
        """Whoever has to look into it needs no program of ours."""
        subprocess.run(["tar", "-xf", backup_file, "-C", tmp_path], check=True)
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
        with tarfile.open(backup_file) as archive:
            assert archive.getnames()[0] == MANIFEST
        assert json.loads((tmp_path / MANIFEST).read_text("utf-8"))["format"] == 1

    def test_one_that_is_there_is_replaced_by_force_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.backup"
        path.write_bytes(b"precious")
        with pytest.raises(BackupError, match="--force"), new_file(path, force=False):
            pass
        assert path.read_bytes() == b"precious"
        with new_file(path, force=True) as file:
            file.write(b"new")
            assert path.read_bytes() == b"precious"
        assert path.read_bytes() == b"new"

    def test_one_that_came_meanwhile_is_not_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "a.backup"

        def write_while_others_do() -> None:
            with new_file(path, force=False) as file:
                file.write(b"ours")
                path.write_bytes(b"theirs")

        with pytest.raises(BackupError, match="came into being"):
            write_while_others_do()
        assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"theirs"]

    def test_a_failed_one_leaves_nothing(self, tmp_path: Path) -> None:
        def fail_half_way() -> None:
            with new_file(tmp_path / "a", force=False) as file:
                file.write(b"half")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_half_way()
        assert list(tmp_path.iterdir()) == []

    def test_what_killed_ones_left_is_removed_and_what_others_write_is_not(
        self, tmp_path: Path
    ) -> None:
        """Half a backup holds conversations as a whole one does."""
        (tmp_path / ".a.xyz.partial").write_bytes(b"left by a process that was killed")
        with new_file(tmp_path / "a", force=False):
            with new_file(tmp_path / "a", force=True):
                assert len(list(tmp_path.glob(".a.*"))) == 2
            assert len(list(tmp_path.glob(".a.*"))) == 1
            (tmp_path / "a").unlink()
        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    def test_a_folder_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with (
            pytest.raises(BackupError, match="no can not be written"),
            new_file(tmp_path / "no" / "a", force=False),
        ):
            pass
        with pytest.raises(BackupError, match="is a folder"), new_file(tmp_path, force=True):
            pass

    def test_every_column_of_every_table_has_a_kind(self) -> None:
        names = {described(table, 0).name for table in stored_tables()}
        assert names == set(Base.metadata.tables) - {"leases"}


class TestDamage:
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_a_changed_byte_is_noticed_or_changes_nothing(
        self, backup_file: Path, data: st.DataObject
    ) -> None:
        whole = backup_file.read_bytes()
        at = data.draw(st.integers(0, len(whole) - 1))
        changed = bytearray(whole)
        changed[at] ^= data.draw(st.integers(1, 255))
        try:
            content = content_of(bytes(changed))
        except BackupError:
            return
        assert content == content_of(whole)

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_a_truncated_file_is_refused(self, backup_file: Path, data: st.DataObject) -> None:
        whole = backup_file.read_bytes()
        end = whole.rindex(b"SHA256SUMS")  # behind its content only zeros follow
        with pytest.raises(BackupError, match="damaged"):
            content_of(whole[: data.draw(st.integers(0, end))])

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=4096))
    def test_any_other_file_is_refused(self, content: bytes) -> None:
        with pytest.raises(BackupError):
            content_of(content)

    def test_a_damaged_one_changes_nothing(
        self, open_home: Callable[..., App], backup_file: Path, tmp_path: Path
    ) -> None:
        there = open_home("there")
        fill(there)
        before = everything(there)
        changed = bytearray(backup_file.read_bytes())
        changed[len(changed) // 2] ^= 1
        (tmp_path / "b").write_bytes(changed)
        with pytest.raises(BackupError, match="nothing was changed"):
            restore(there, tmp_path / "b", force=True)
        assert everything(there) == before
        assert not (there.home / "restoring").exists()

    @pytest.mark.parametrize(
        "name", ["../../../tmp/x", "/etc/passwd", "sql/../../x.jsonl.gz", "kurage.toml\0"]
    )
    def test_names_lead_nowhere(self, name: str) -> None:
        """Nothing is unpacked to a path that a file names."""
        with pytest.raises(BackupError, match="damaged"):
            content_of(crafted({name: b"x"}))

    def test_a_bomb_is_refused_by_what_it_claims(self) -> None:
        with pytest.raises(BackupError, match="claims to unpack"):
            content_of(crafted({POINTS: bytes(20_000_000)}, index=True))

    @pytest.mark.parametrize("claim", [-1, 1])
    def test_a_part_ends_where_the_manifest_says(self, claim: int) -> None:
        """Also one that was made to match its checksums: no more is unpacked than announced."""
        file = crafted({POINTS: b"12345678"}, index=True, claim=claim)
        with pytest.raises(BackupError, match="does not hold what the manifest says"):
            content_of(file)

    def test_a_member_that_is_a_link_is_refused(self) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            link = tarfile.TarInfo(MANIFEST)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        with pytest.raises(BackupError, match="not where it belongs"):
            content_of(packed.getvalue())


def content_of(backup: bytes) -> dict[str, bytes]:
    """Return everything that a restore would read."""
    reader = Reader(io.BytesIO(backup))
    reader.verify(unseen)
    content = {}
    for part in reader.manifest.parts:
        with reader.part(part.name) as file:
            content[part.name] = file.read()
    return {**content, MANIFEST: reader.manifest.model_dump_json().encode()}


def crafted(parts: dict[str, bytes], *, index: bool = False, claim: int = 0) -> bytes:
    """Return a backup with these parts whose checksums are right."""
    file = io.BytesIO()
    writer = Writer(file, NOW)
    for name, content in parts.items():
        with writer.part(name) as part:
            part.write(content)
    writer.parts = [
        part.model_copy(update={"content": part.content + claim}) for part in writer.parts
    ]
    stored = StoredIndex(pipeline="", encoder="", vectors={}, points=0, documents=0, chunks=0)
    writer.finish(manifest(tuple(writer.parts), stored if index else None))
    return file.getvalue()


def manifest(parts: tuple[Part, ...], index: StoredIndex | None = None, **fields: Any) -> Manifest:
    standing = {
        "format": 1,
        "program": "1.0",
        "created": NOW,
        "schema_revision": "0001",
        "encoder": "lexical",
        "generator": "extractive",
        "tables": (),
    }
    return Manifest(**{**standing, "index": index, "parts": parts, **fields})


class TestVersions:
    def test_a_newer_format_asks_for_a_newer_program(self, open_home: Callable[..., App]) -> None:
        """Whatever else its manifest says, which only a newer program can read."""
        there = open_home("there")
        path = there.home / "new.backup"
        file = io.BytesIO()
        writer = Writer(file, NOW)
        writer.finish(manifest((), format=2, program="9.9"))
        path.write_bytes(file.getvalue().replace(b'"tables"', b'"rooms" '))
        with pytest.raises(BackupError, match=r"written by kurage 9.9.*update this program first"):
            restore(there, path)
        assert nothing_to_see(there)

    def test_newer_tables_ask_for_a_newer_program(self, open_home: Callable[..., App]) -> None:
        there = open_home("there")
        path = there.home / "new.backup"
        file = io.BytesIO()
        Writer(file, NOW).finish(manifest((), schema_revision="9999"))
        path.write_bytes(file.getvalue())
        with pytest.raises(BackupError, match=r"tables are newer \(9999.*update this program"):
            restore(there, path)

    def test_a_database_of_a_newer_program_is_left_alone(
        self, open_home: Callable[..., App], backup_file: Path
    ) -> None:
        there = open_home("there")
        with there.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConversationsError, match="newer version"):
            restore(there, backup_file, force=True)

    def test_a_later_program_migrates_the_rows_and_this_one_refuses_its_backups(
        self, backup_file: Path, tmp_path: Path
    ) -> None:
        """A copy of this program with one more revision stands for the next version."""
        later = tmp_path / "later"
        for package in ("bot", "ingest", "connectors"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, later / package, ignore=ignored)
        following = f"{int(migrations.HEAD) + 1:04}"
        revision = later / "bot" / "migrations" / "versions" / f"revision_{following}.py"
        revision.write_text(
            f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{following}", "{migrations.HEAD}", None, None
def upgrade():
    op.add_column("turns", sa.Column("mood", sa.Text(), server_default="よい", nullable=False))
def downgrade():
    with op.batch_alter_table("turns") as table:
        table.drop_column("mood")
""",
            "utf-8",
        )
        module = later / "bot" / "migrations" / "__init__.py"
        old = f'HEAD = "{migrations.HEAD}"'
        assert old in module.read_text("utf-8")
        module.write_text(module.read_text("utf-8").replace(old, f'HEAD = "{following}"'), "utf-8")
        home = tmp_path / "home"
        kurage(["restore", backup_file], home, program=later)
        engine = migrations.connect(f"sqlite:///{home / 'kurage.db'}")
        with engine.connect() as connection:
            moods = connection.execute(sa.text("SELECT mood FROM turns")).scalars().all()
        engine.dispose()
        assert moods == ["よい", "よい"]
        kurage(["backup", tmp_path / "later.backup"], home, program=later)
        refused = kurage(["restore", tmp_path / "later.backup"], tmp_path / "other", code=1)
        assert "update this program first" in refused.stderr
        assert refused.stderr.count("\n") == 1


class TestRestoring:
    def test_what_is_there_is_named_and_left_alone(
        self, open_home: Callable[..., App], backup_file: Path
    ) -> None:
        there = open_home("there")
        fill(there, documents=5)
        before = everything(there)
        with pytest.raises(BackupError, match=r"index of 6 documents; .*2 turns.*--force"):
            restore(there, backup_file)
        assert everything(there) == before

    def test_force_leaves_nothing_of_what_was_there(
        self, open_home: Callable[..., App], backup_file: Path, tmp_path: Path
    ) -> None:
        there, fresh = open_home("there"), open_home("fresh")
        fill(there, documents=50)
        restore(there, backup_file, force=True)
        restore(fresh, backup_file)
        assert everything(there) == everything(fresh)

    def test_a_backup_without_an_index_empties_the_one_that_is_there(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        here, there = open_home("here"), open_home("there")
        fill(there)
        save(here, tmp_path / "a.backup")
        restore(there, tmp_path / "a.backup", force=True)
        assert nothing_to_see(there)

    def test_the_configuration_is_restored_only_where_there_is_none(
        self, open_home: Callable[..., App], backup_file: Path
    ) -> None:
        there = open_home("there")
        assert restore(there, backup_file).configuration == there.home / "kurage.toml"
        assert (there.home / "kurage.toml").read_text("utf-8") == 'language = "ja"\n'
        assert restore(there, backup_file, force=True).configuration is None
        (there.home / "kurage.toml").write_text("# ours\n", "utf-8")
        beside = there.home / "kurage.toml.restored"
        assert restore(there, backup_file, force=True).configuration == beside
        assert (there.home / "kurage.toml").read_text("utf-8") == "# ours\n"

    def test_the_configuration_goes_home_where_its_folder_can_not_be_written(
        self, open_home: Callable[..., App], backup_file: Path, tmp_path: Path
    ) -> None:
        there = open_home("there")
        unwritable = tmp_path / "gone" / "kurage.toml"
        beside = there.home / "kurage.toml.restored"
        assert restore(there, backup_file, configuration=unwritable).configuration == beside
        assert beside.read_text("utf-8") == 'language = "ja"\n'

    @pytest.mark.parametrize(
        ("database", "when"),
        [
            ("sqlite", "verify"),
            ("sqlite", "index"),
            ("sqlite", "turns"),
            ("sqlite", "published"),
            ("postgresql", "turns"),
            ("postgresql", "published"),
        ],
    )
    def test_one_that_is_killed_leaves_the_old_state_or_is_finished_by_the_same_file(
        self,
        open_home: Callable[..., App],
        tmp_path: Path,
        when: str,
        database: str,
        request: pytest.FixtureRequest,
    ) -> None:
        postgresql = request.getfixturevalue("postgresql_url") if database == "postgresql" else None
        here = open_home("here")
        fill(here, documents=60)
        board = here.state.add_reader_set((frozenset({"group:board"}),))
        with here.index_writer() as index:
            write(here, index, "役員.md", board)
            index.publish()
        path = tmp_path / "a.backup"
        save(here, path)
        there = open_home("there", postgresql)
        fill(there)
        before = everything(there)
        restore_and_die(there, path, when)
        left = everything(there)
        rows = {name: left[name] for name in left if name not in {"points", "hits"}}
        assert rows == {name: before[name] for name in rows}  # the transaction was not committed
        if when != "published":
            assert left == before
        # Who may read what came new is not known yet, so nobody finds it.
        assert "役員.md" not in {id_ for id_, _, _ in found(there)}
        if when == "verify":
            with pytest.raises(BackupError, match="--force"):
                restore(there, path)
        else:
            restore(there, path)  # without --force
            assert everything(there) == everything(here)
            assert not (there.home / "restoring").exists()

    def test_one_that_is_killed_on_a_server_is_finished_by_the_same_file(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        """There points of the served generation change in place; until then documents are absent,
        and none is half there.
        """
        here = open_home("here")
        fill(here, documents=100)
        path = tmp_path / "a.backup"
        save(here, path)
        with QdrantRig(tmp_path / "qdrant") as rig:
            there = open_home("there", QDRANT_URL=rig.url)
            fill(there)
            restore_and_die(there, path, "index", rig.url)
            with there.index_writer() as index:
                assert index.versions("規程") == {}
            restore(there, path)  # without --force
            after, before = everything(there), everything(here)
            # Deleted points count in frequencies until the server optimises, as after any sync.
            assert len(after.pop("hits")) == len(before.pop("hits"))
            assert after == before
            there.close()


def restore_and_die(there: App, path: Path, when: str, *server: str) -> None:
    """Restore in a process that is killed at a moment."""
    script = Path(__file__).with_name("installations.py")
    url = there.settings.database_url.get_secret_value()
    died = subprocess.run(
        [sys.executable, script, path, there.home, url, when, *server],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "without"),
        [
            (
                'url = "https://user:pa:ss@example.co.jp/x"',
                'url = "https://user:***@example.co.jp/x"',
            ),
            ('url = "https://:pw@h"', 'url = "https://:***@h"'),
            ("# api_key: abc", "# api_key: ***"),
            ('SLACK_TOKEN = "abc def"', 'SLACK_TOKEN = "***"'),
            ("# xoxb-1234567890-abc は使わない", "# *** は使わない"),
        ],
    )
    def test_what_looks_like_a_secret_is_left_out(self, text: str, without: str) -> None:
        assert masked(f"a = 1\n{text}\nb = 2\n") == (f"a = 1\n{without}\nb = 2\n", 1)

    def test_what_looks_like_none_is_left_alone(self) -> None:
        text = (ROOT / "kurage.example.toml").read_text("utf-8")
        assert masked(text) == (text, 0)
        plain = 'path = "/a:b@c"\nurl = "https://example.co.jp/a:b@c"\nuser_words = ["トークン"]\n'
        assert masked(plain) == (plain, 0)

    @given(st.text())
    def test_masking_twice_is_masking_once(self, text: str) -> None:
        once, _ = masked(text)
        assert masked(once)[0] == once


WEIGHTS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTORS = st.dictionaries(
    st.sampled_from(["lexical", "dense", "疎"]),
    st.lists(WEIGHTS, max_size=20)
    | st.lists(st.tuples(st.integers(0, 2**32 - 1), WEIGHTS), max_size=20).map(
        lambda pairs: SparseVector([i for i, _ in pairs], [w for _, w in pairs])
    ),
)


class TestPoints:
    @given(st.lists(st.tuples(st.text(), VECTORS), max_size=8))
    def test_what_is_written_is_read_to_the_last_bit(
        self, points: list[tuple[str, dict[str, Any]]]
    ) -> None:
        stored = []
        for id_, vectors in points:
            what = IndexedDocument("源", id_, "1", "r", 2**53, "題", "", NOW, None)
            held = payload(what, placeholder(what))
            stored.append(StoredPoint(point_id("源", id_, -1), vectors, held))
        file = io.BytesIO()
        write_points(stored, file)
        file.seek(0)
        read = list(read_points(file))
        assert read == stored
        assert [signs(point) for point in read] == [signs(point) for point in stored]

    @settings(max_examples=300)
    @given(st.binary(max_size=200))
    def test_anything_else_is_damage(self, noise: bytes) -> None:
        try:
            list(read_points(io.BytesIO(noise)))
        except BackupError:
            return
        assert noise == b"" or len(noise) >= 8


def signs(point: StoredPoint) -> list[float]:
    """Return the signs of all numbers: -0.0 equals 0.0, and is another one."""
    return [
        math.copysign(1, value)
        for vector in point.vectors.values()
        for value in (vector.values if isinstance(vector, SparseVector) else vector)
    ]


def kurage(
    arguments: list[Any],
    home: Path,
    *,
    code: int = 0,
    program: Path = ROOT,
    stdin: bytes = b"",
    **environ: str,
) -> Any:
    """Run the command line in a folder of its own; standard output as bytes."""
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", *map(str, arguments)],
        cwd=home,
        env={
            **os.environ,
            "PYTHONPATH": str(program),
            "KURAGE_HOME": str(home),
            "LANG": "C.UTF-8",
            **environ,
        },
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    done.stderr = done.stderr.decode()
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


class TestCommandLine:
    def test_a_pipe_moves_an_installation(
        self, open_home: Callable[..., App], tmp_path: Path
    ) -> None:
        here = open_home("here")
        fill(here)
        (here.home / "kurage.toml").write_text("# token = abc\n", "utf-8")
        written = kurage(["backup", "-"], here.home).stdout
        told = kurage(["restore", "-", "--json"], tmp_path / "there", stdin=written).stdout
        report = json.loads(told)
        assert (report["documents"], report["chunks"], report["rows"]["turns"]) == (4, 6, 2)
        assert [remark for remark in report["remarks"] if "***" in remark]
        assert everything(open_home("there")) == everything(here)

    def test_errors_are_one_line(self, tmp_path: Path, backup_file: Path) -> None:
        home = tmp_path / "home"
        (tmp_path / "text").write_text("これはバックアップではありません。", "utf-8")
        for arguments, said in (
            (["restore", tmp_path / "text"], "damaged or none at all"),
            (["backup", backup_file], "is there already"),
        ):
            refused = kurage(arguments, home, code=1)
            assert said in refused.stderr
            assert refused.stderr.count("\n") == 1

    def test_doctor_tells_of_a_restore_that_was_broken_off(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        (home / "restoring").write_text("abc", "ascii")
        told = kurage(["doctor"], home, code=1).stdout.decode()
        assert "kurage restore" in told
