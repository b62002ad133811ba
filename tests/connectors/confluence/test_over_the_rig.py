"""Confluence over HTTP: the contract of the port, and what goes wrong on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_contract import ConnectorContract
from rig_site import RigUnderTest
from rigs.confluence import ConfluenceRig

from connectors.confluence.storage import Edition


@pytest.fixture(params=["cloud", "data-center"])
def edition(request: pytest.FixtureRequest) -> Edition:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def site(edition: Edition, tmp_path: Path) -> Iterator[RigUnderTest]:
    """A site on loopback whose requests and answers are held against the descriptions."""
    with ConfluenceRig(edition=edition) as rig:
        under_test = RigUnderTest(rig, tmp_path / "memory.db")
        yield under_test
        under_test.close()
        assert not rig.violations


class TestConfluenceOverHttp(ConnectorContract):
    """Both editions."""

    feed_tells_deletions = False

    @pytest.fixture(autouse=True)
    def _restricted(self, site: RigUnderTest) -> None:
        self.restricted_to = f"group:confluence:{site.host}:hr"

    @pytest.fixture
    def site(self, site: RigUnderTest) -> RigUnderTest:
        return site
