"""Web sites on loopback, for each test of the web as a source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.website import WebsiteRig
from web_site import WebSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    """Empty sites on loopback, and a memory."""
    with WebsiteRig() as rig:
        made = WebSite(rig, tmp_path / "web.db")
        yield made
        made.close()
        assert not rig.violations
