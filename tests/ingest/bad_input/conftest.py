"""A desk for each test of bad input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ingest_desk import GOOD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with one good document."""
    desk = Desk(tmp_path)
    desk.write("good.md", GOOD)
    yield desk
    if "state" in desk.__dict__:
        desk.state._engine.dispose()
