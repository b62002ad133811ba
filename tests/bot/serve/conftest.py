"""Slack, Discord, a home with the handbook and a free port for `kurage serve`."""

from __future__ import annotations

from pathlib import Path

import pytest
from rigs.discord_fixtures import discord_process, discord_rig
from rigs.discord_rig import DiscordRig
from rigs.serving import copied, handbook
from rigs.slack_fixtures import slack_process, slack_rig
from rigs.slack_rig import SlackRig
from serve_helpers import free_port

__all__ = [
    "discord",
    "discord_process",
    "discord_rig",
    "home",
    "ingested",
    "port",
    "slack",
    "slack_process",
    "slack_rig",
]


@pytest.fixture
def slack(slack_rig: SlackRig) -> SlackRig:
    """A workspace as it was seeded, without rate limits."""
    return slack_rig


@pytest.fixture
def discord(discord_rig: DiscordRig) -> DiscordRig:
    """A company as it was seeded, without rate limits."""
    return discord_rig


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the handbook; not to be written to."""
    return handbook(tmp_path_factory.mktemp("ingested") / "home")


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Path:
    """A home of this test that holds the handbook."""
    return copied(ingested, tmp_path / "home")


@pytest.fixture
def port() -> int:
    """A port at which nobody listens."""
    return free_port()
