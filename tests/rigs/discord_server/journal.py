"""What happened, in order, with times of one clock; tests ask it, and waiters wait on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rigs.discord_server.clock import Clock

Json = dict[str, Any]


class Journal:
    """Entries: `call`, `event`, `gateway`, `post`, `edit`, `delete`, `typing` and `interaction`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: list[Json] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def note(self, kind: str, /, **what: Any) -> Json:
        """Add an entry at this moment and wake who waits."""
        entry = {"at": self._clock.now(), "kind": kind, **what}
        self.entries.append(entry)
        for one in self._waiting:
            if not one.done():
                one.set_result(None)
        self._waiting.clear()
        return entry

    def of(self, kind: str) -> list[Json]:
        """Return the entries of a kind."""
        return [entry for entry in self.entries if entry["kind"] == kind]

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()

    async def until(self, found: Callable[[], Any], seconds: float) -> Any:
        """Return the first truth that `found` tells; raises TimeoutError after real seconds."""
        async with asyncio.timeout(seconds):
            while not (result := found()):
                changed = asyncio.get_running_loop().create_future()
                self._waiting.add(changed)
                await changed
        return result
