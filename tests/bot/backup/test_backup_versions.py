"""Backups of other versions of the program, and its command line."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from backup_files import NOW, ROOT, kurage, manifest
from installations import (
    everything,
    fill,
    nothing_to_see,
    restore,
)

from bot import migrations
from bot.app import App
from bot.backup import BackupError
from bot.backup.archive import Writer
from bot.conversations import ConversationsError


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
