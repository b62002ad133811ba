"""Inboxes on every database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from memory import Reader, Room
from office import Office
from sqlalchemy import Engine

from bot.inbox import Owner


@pytest.fixture
async def office(engine: Engine) -> AsyncIterator[Office]:
    room, reader = Room(), Reader()
    made = Office(engine, room, reader)
    yield made
    room.gate.set()
    reader.gate.set()
    await made.crash()


@pytest.fixture
def dead() -> Owner:
    """Return an owner whose process is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return Owner(socket.gethostname(), process.pid, "gone")


@pytest.fixture
def living() -> Owner:
    """Return an owner whose process lives, and is not this one."""
    return Owner(socket.gethostname(), os.getppid(), "other")
