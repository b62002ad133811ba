"""Google Drive against the contract of the port, over HTTP: My Drive and a shared drive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_contract import ConnectorContract
from drive_site import HR, DriveSite
from rigs.drive import DriveRig


class _Drive(ConnectorContract):
    restricted_to = f"group:google:{HR}"


class TestSharedWithTheAccount(_Drive):
    """Files in somebody's My Drive, that a service account may edit."""

    @pytest.fixture
    def site(self, rig: DriveRig, tmp_path: Path) -> Iterator[DriveSite]:
        site = DriveSite(rig, tmp_path)
        yield site
        site.close()


class TestSharedDrive(_Drive):
    """Files on a shared drive that a service account is a member of."""

    @pytest.fixture
    def site(self, rig: DriveRig, tmp_path: Path) -> Iterator[DriveSite]:
        site = DriveSite(rig, tmp_path)
        site.parent = rig.site.add_drive("規程")
        yield site
        site.close()


class TestWithoutAMemory(TestSharedDrive):
    """Each process forgets what it saw: it lists all anew, and can not tell what is gone."""

    feed_tells_deletions = False

    @pytest.fixture
    def site(self, rig: DriveRig, tmp_path: Path) -> Iterator[DriveSite]:
        site = DriveSite(rig, tmp_path)
        site.memory = None
        site.parent = rig.site.add_drive("規程")
        yield site
        site.close()
