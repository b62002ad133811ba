"""The rigs, for the tests of the rigs themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient
from qdrant_rig import connect
from rigs.discord_fixtures import discord_process, discord_rig
from rigs.qdrant import QdrantRig
from rigs.slack_fixtures import slack, slack_process, slack_rig

__all__ = [
    "client",
    "discord_process",
    "discord_rig",
    "process",
    "rig",
    "slack",
    "slack_process",
    "slack_rig",
]


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantRig]:
    with QdrantRig(tmp_path_factory.mktemp("qdrant")) as running:
        yield running


@pytest.fixture
def rig(process: QdrantRig) -> QdrantRig:
    """Return a server that is empty, whatever the test before did to it."""
    process.reset()
    return process


@pytest.fixture
def client(rig: QdrantRig) -> Iterator[QdrantClient]:
    connected = connect(rig)
    yield connected
    connected.close()
