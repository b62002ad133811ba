"""Confluence rigs for the tests of the rig itself: each breach of the descriptions fails a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluence_asking import Asking
from rigs.confluence import ConfluenceRig


@pytest.fixture
def cloud() -> Iterator[ConfluenceRig]:
    """Return a Cloud site with the space ENG, whose answers are held against the descriptions."""
    with ConfluenceRig() as rig:
        rig.site.add_space("ENG", "開発")
        yield rig
        assert rig.violations == []


@pytest.fixture
def center() -> Iterator[ConfluenceRig]:
    """Return a Data Center site with the space ENG."""
    with ConfluenceRig(edition="data-center") as rig:
        rig.site.add_space("ENG", "開発")
        yield rig
        assert rig.violations == []


@pytest.fixture
def asking(cloud: ConfluenceRig) -> Iterator[Asking]:
    """Return a client of the Cloud site."""
    client = Asking(cloud)
    yield client
    client.close()


@pytest.fixture
def asking_center(center: ConfluenceRig) -> Iterator[Asking]:
    """Return a client of the Data Center site."""
    client = Asking(center, edition="data-center")
    yield client
    client.close()
