"""A folder for each test of it as a source."""

from __future__ import annotations

from pathlib import Path

import pytest
from folder_site import FolderSite


@pytest.fixture
def site(tmp_path: Path) -> FolderSite:
    """A folder whose connectors remember what they read."""
    return FolderSite(tmp_path / "handbook", tmp_path / "memory.db")
