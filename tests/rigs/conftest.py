"""The rigs, for the tests of the rigs themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient
from qdrant_rig import connect
from rigs.discord_rig import DiscordRig
from rigs.qdrant import QdrantRig
from rigs.slack_rig import SlackRig
from slack_sdk import WebClient


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


@pytest.fixture(scope="session")
def discord_process() -> Iterator[DiscordRig]:
    with DiscordRig() as running:
        yield running


@pytest.fixture
def discord_rig(discord_process: DiscordRig) -> DiscordRig:
    """Return a Discord with a new company in it, whose limits are never reached."""
    discord_process.reset()
    discord_process.unlimited()
    return discord_process


@pytest.fixture(scope="session")
def slack_process() -> Iterator[SlackRig]:
    with SlackRig() as running:
        yield running


@pytest.fixture
def slack_rig(slack_process: SlackRig) -> SlackRig:
    """Return a workspace as it was seeded, without rate limits, whatever the test before did."""
    slack_process.reset(limits={"enabled": False})
    return slack_process


@pytest.fixture
def slack(slack_rig: SlackRig) -> WebClient:
    """Return the app's client."""
    return WebClient(slack_rig.bot_token, base_url=slack_rig.api_url)
