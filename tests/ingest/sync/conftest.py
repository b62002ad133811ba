"""A source that is synced, for the tests of syncs."""

from __future__ import annotations

import pytest
from sync_world import World


@pytest.fixture
def world() -> World:
    """A source of ten documents that is synced."""
    world = World()
    for n in range(10):
        world.source.put(f"p{n}", f"page number{n}")
    world.sync()
    world.source.fetched.clear()
    world.source.listings.clear()
    return world
