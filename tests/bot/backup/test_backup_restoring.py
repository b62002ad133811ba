"""Restoring replaces all or touches nothing, whenever it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from backup_files import ROOT
from installations import (
    everything,
    fill,
    found,
    nothing_to_see,
    restore,
    save,
    write,
)
from rigs.qdrant import QdrantRig

from bot.app import App
from bot.backup import BackupError


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
