"""Installations for the tests of backups, and one backup of a filled one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from installations import (
    fill,
    installation,
    save,
)

from bot.app import App


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
