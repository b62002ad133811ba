"""Time, which a test may speed up, and the ids that carry it."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, where snowflakes start."""


class Clock:
    """Seconds of Discord's rules as seconds of this machine."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        """How many of Discord's seconds pass in one: 60 makes the 15 minutes of a token 15 s."""

    @staticmethod
    def now() -> float:
        """Return this machine's seconds; only differences mean something."""
        return time.monotonic()

    def span(self, seconds: float) -> float:
        """Return how long these seconds of Discord's last here."""
        return seconds / self.speed


class Snowflakes:
    """Ids as Discord makes them: milliseconds since 2015, then who made them, then a counter."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)
        self._fixed = int(datetime(2025, 4, 1, tzinfo=UTC).timestamp() * 1000)
        self._last = 0

    def old(self) -> int:
        """Return an id of long ago, the same in every run of one seed."""
        self._fixed += self._drawn.randrange(60_000, 3_600_000)
        return ((self._fixed - EPOCH_MS) << 22) | self._drawn.randrange(1 << 22)

    def new(self) -> int:
        """Return an id of now, larger than all before."""
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(self._last + 1, now)
        return self._last


def iso(seconds: float) -> str:
    """Return a time of the wall clock as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
