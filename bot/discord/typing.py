"""The bot is seen typing where somebody waits. Knows nothing of turns."""

from __future__ import annotations

import asyncio
import contextlib

from bot.discord.rest import Rest
from bot.inbox.platform import PlatformError

_AFTER = 0.03
"""Seconds: an answer that is there sooner needs no sign before it."""
_RENEW = 8.0
"""Seconds; Discord shows it for ten, or until the bot has written."""
_MOST = 0.3
"""Seconds that an answer waits for a sign on its way, which would otherwise outlive it."""


class Typing:
    """Shows typing once a channel, however many wait there."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._waiting: dict[str, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._calling: dict[str, asyncio.Task[None]] = {}

    def begin(self, channel: str) -> None:
        """Note that somebody waits in a channel."""
        self._waiting[channel] = self._waiting.get(channel, 0) + 1
        if channel not in self._tasks:
            self._tasks[channel] = asyncio.create_task(self._show(channel))

    async def end(self, channel: str) -> None:
        """Note that they wait no more; call it before the answer is written."""
        self._waiting[channel] -= 1
        if self._waiting[channel]:
            return
        del self._waiting[channel]
        if task := self._tasks.pop(channel, None):
            task.cancel()
        if calling := self._calling.pop(channel, None):
            await asyncio.wait({calling}, timeout=_MOST)

    async def _show(self, channel: str) -> None:
        await asyncio.sleep(_AFTER)
        while True:
            self._calling[channel] = asyncio.create_task(self._call(channel))
            await asyncio.sleep(_RENEW)

    async def _call(self, channel: str) -> None:
        with contextlib.suppress(PlatformError):
            await self._rest.typing(channel)
