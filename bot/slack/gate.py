"""Lets an answer wait until the acknowledgement of its command is out.

A command is acknowledged with a first line; an answer that overtakes it would stand above 「資料を
探しています…」. Knows nothing of what is said.
"""

from __future__ import annotations

import asyncio

_ACK_S = 0.05
"""After a listener has returned, its acknowledgement is on its way within a few milliseconds."""


class Gate:
    """The commands that are being acknowledged now, by the message of their turn."""

    def __init__(self) -> None:
        self._shut: dict[str, asyncio.Event] = {}

    def shut(self, message: str) -> None:
        """Let the answer to a command wait."""
        self._shut[message] = asyncio.Event()

    def open(self, message: str) -> None:
        """Let it go, as soon as what is being acknowledged now is out."""
        event = self._shut.get(message)
        if event is not None:
            asyncio.get_running_loop().call_later(_ACK_S, self._release, message, event)

    def _release(self, message: str, event: asyncio.Event) -> None:
        event.set()
        self._shut.pop(message, None)

    async def passed(self, message: str) -> None:
        """Wait until the answer to a command may be shown."""
        if event := self._shut.get(message):
            await event.wait()
