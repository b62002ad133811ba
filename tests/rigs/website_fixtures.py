"""Web sites for the tests of the rig itself: whatever breaks within the rig fails the test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from rigs.website import WebsiteRig


@pytest.fixture
def website() -> Iterator[WebsiteRig]:
    """Return empty sites on three addresses."""
    with WebsiteRig() as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def visitor() -> Iterator[httpx2.Client]:
    """Return a plain client that follows nothing by itself."""
    with httpx2.Client(timeout=10) as client:
        yield client
