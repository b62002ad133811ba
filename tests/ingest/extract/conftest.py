"""The real documents beside the project, for the tests of this folder that want them."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[4] / "shared" / "data" / "docs.tar.gz"


@pytest.fixture(scope="session")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of real Office files; the test is skipped where they are not at hand."""
    if not ARCHIVE.exists():
        pytest.skip("the shared documents are not beside the project")
    folder = tmp_path_factory.mktemp("office")
    with tarfile.open(ARCHIVE) as archive:
        members = [m for m in archive.getmembers() if "docs_office/" in m.name]
        archive.extractall(folder, members, filter="data")
    return next(folder.rglob("docs_office"))
