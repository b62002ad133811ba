"""A world without HTTP, for each test of Confluence as a source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from world_site import WorldSite

from connectors.confluence import ConfluenceConnector, Scope


@pytest.fixture
def site() -> WorldSite:
    """A Cloud site with one space, ENG, that everybody in confluence-users may view."""
    site = WorldSite()
    site.world.add_space("ENG")
    return site


Make = Callable[..., ConfluenceConnector]


@pytest.fixture
def connector(site: WorldSite, tmp_path: Path) -> Make:
    """Make connectors on the site that share a memory, as one run after another does."""

    def make(scope: Scope | None = None, **options: object) -> ConfluenceConnector:
        options.setdefault("memory", tmp_path / "memory.db")
        return ConfluenceConnector(site, scope, **options)  # type: ignore[arg-type]

    return make
