"""The service's clock: the machine's, shifted by what a test asks for."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Tells the service's time, in seconds since 1970."""

    def __init__(self) -> None:
        self.skew = 0.0
        """How far the service's clock is ahead of everybody else's, in seconds."""
        self._advanced = 0.0

    def elapsed(self) -> float:
        """Return the time that passes for index lag and rate limits; no skew touches it."""
        return time.time() + self._advanced

    def now(self) -> float:
        """Return what the service's clock shows."""
        return self.elapsed() + self.skew

    def advance(self, seconds: float) -> None:
        """Let time pass at the service, without waiting for it."""
        self._advanced += seconds

    def date(self) -> datetime:
        """Return what the service's clock shows, with a time zone."""
        return datetime.fromtimestamp(self.now(), UTC)
