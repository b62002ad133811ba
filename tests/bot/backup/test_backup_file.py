"""The file of a backup: its owner's alone, whole or not at all, and damage is noticed."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backup_files import content_of, crafted
from hypothesis import given, settings
from hypothesis import strategies as st
from installations import (
    everything,
    fill,
    restore,
)

from bot.app import App
from bot.backup import BackupError, new_file
from bot.backup.manifest import MANIFEST, POINTS
from bot.backup.tables import described, stored_tables
from ingest.state import Base


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
