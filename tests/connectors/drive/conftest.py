"""A Workspace on loopback for each test of Google Drive as a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from drive_site import DriveSite
from rigs.drive import DriveRig


@pytest.fixture
def rig() -> Iterator[DriveRig]:
    """A Workspace; each request that Google would not understand fails the test."""
    with DriveRig() as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def drive(rig: DriveRig, tmp_path: Path) -> Iterator[DriveSite]:
    """A Workspace whose files are shared with a service account."""
    site = DriveSite(rig, tmp_path)
    yield site
    site.close()
