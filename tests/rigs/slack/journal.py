"""What happened, in order: each entry has its kind, a monotonic time and its facts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]


class Journal:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._changed: list[asyncio.Future[None]] = []

    def write(self, kind: str, **facts: Any) -> Entry:
        entry = {"kind": kind, "at": time.monotonic(), **facts}
        self.entries.append(entry)
        self._wake()
        return entry

    def amend(self, entry: Entry, **facts: Any) -> None:
        """Add to an entry what was not known when it was written."""
        entry |= facts
        self._wake()

    def _wake(self) -> None:
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def of(self, *kinds: str, since: float = 0.0, **facts: Any) -> list[Entry]:
        """Return the entries of these kinds (none named: of any) that have these facts."""
        return [
            entry
            for entry in self.entries
            if (not kinds or entry["kind"] in kinds)
            and entry["at"] >= since
            and all(entry.get(name) == fact for name, fact in facts.items())
        ]

    async def until(self, found: Callable[[], Any], timeout: float) -> Any:  # noqa: ASYNC109
        """Return what `found` finds as soon as it finds something; raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (result := found()):
                changed = asyncio.get_running_loop().create_future()
                self._changed.append(changed)
                await changed
            return result

    async def quiet(self, seconds: float, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until nothing was written for so long; tell whether that came to be."""
        deadline = time.monotonic() + timeout
        while True:
            last = self.entries[-1]["at"] if self.entries else 0.0
            left = last + seconds - time.monotonic()
            if left <= 0:
                return True
            if time.monotonic() + left > deadline:
                return False
            await asyncio.sleep(left)

    def clear(self) -> None:
        self.entries.clear()
