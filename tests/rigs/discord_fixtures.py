"""Fixtures of a Discord on loopback: a conftest imports those that its folder wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rigs.discord_rig import DiscordRig


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
