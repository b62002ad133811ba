"""The rig's time: wall time for what clients read, monotonic time for the journal.

`speed` divides every duration that Slack imposes, so that tests see minutes pass in milliseconds.
"""

from __future__ import annotations

import asyncio
import time


class Clock:
    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._last = 0

    def now(self) -> float:
        """Return seconds of the machine's monotonic clock, the same in every process."""
        return time.monotonic()

    def lasting(self, seconds: float) -> float:
        """Return how long so many seconds of Slack's take here."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.lasting(seconds))

    def ts(self, ago: float = 0.0) -> str:
        """Return a message timestamp that no other message has."""
        micro = time.time_ns() // 1000
        if ago:
            micro -= int(ago * 1_000_000)
        else:
            micro = self._last = max(micro, self._last + 1)
        return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"
