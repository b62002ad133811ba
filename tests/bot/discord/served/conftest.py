"""Bots that serve a Discord on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from discord_serving import Serve, Serving
from rigs.discord_rig import DiscordRig


@pytest.fixture
def serve(discord_rig: DiscordRig, sqlite_url: str) -> Iterator[Serve]:
    """Return what starts a bot, with options of `Bot`; it ends with the test."""
    with ExitStack() as stack:

        def start(*, sockets: int = 1, **options: Any) -> Serving:
            made = Serving(discord_rig.url, discord_rig.token, sqlite_url, **options)
            serving = stack.enter_context(made)
            discord_rig.wait_for_sockets(sockets)
            return serving

        yield start


@pytest.fixture
def serving(serve: Serve) -> Serving:
    """Return a bot as it is without a configuration."""
    return serve()
