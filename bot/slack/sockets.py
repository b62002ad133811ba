"""Two sockets to Slack, so that one that breaks costs nothing. Knows nothing of what comes in.

Slack delivers to any one of them, and again in a minute what was not acknowledged: with a second
socket what a broken one has swallowed is delivered again at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

_COUNT = 2
_PING_S = 2.0
"""A half-open connection is noticed after twice as long; the library's own 10 s are too slow."""
_WATCH_S = 0.5
_CLOSE_S = 2.0
"""A half-open socket would wait five times as long for the other side's goodbye."""
_SELDOM_S = 60.0


class _Seldom(logging.Filter):
    """Lets a line through once a minute: the library says every two seconds that it tries again."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind, now = str(record.msg)[:30], time.monotonic()
        if now - self._said.get(kind, -_SELDOM_S) < _SELDOM_S:
            return False
        self._said[kind] = now
        return True


# The library logs each event that it has no use for, and at DEBUG all of them.
library_log = logging.getLogger("slack_bolt.kurage")
library_log.setLevel(logging.ERROR)
library_log.addFilter(_Seldom())


class Sockets:
    """The connections of one app; payloads go to its listeners."""

    def __init__(self, app: AsyncApp, app_token: str, *, loopback: bool) -> None:
        self._handlers = [
            AsyncSocketModeHandler(app, app_token, logger=library_log, ping_interval=_PING_S)
            for _ in range(_COUNT)
        ]
        if loopback:
            # It reads HTTP_PROXY, and not NO_PROXY.
            for handler in self._handlers:
                handler.client.proxy = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connected(self) -> bool:
        """Tell whether at least one of them is open."""
        sessions = [handler.client.current_session for handler in self._handlers]
        return any(session is not None and not session.closed for session in sessions)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep them connected until `stop` is set, then close them."""
        connecting = [asyncio.create_task(self._connect(one)) for one in self._handlers]
        watching = asyncio.create_task(self._watch())
        try:
            await stop.wait()
        finally:
            for task in (*connecting, watching):
                task.cancel()
            await asyncio.gather(*connecting, watching, return_exceptions=True)
            await asyncio.gather(*(self._close(one) for one in self._handlers))

    async def _connect(self, handler: AsyncSocketModeHandler) -> None:
        await handler.connect_async()  # type: ignore[no-untyped-call]

    async def _watch(self) -> None:
        """Let a client that is not connected ask for a new address.

        `SocketModeClient.connect` tries the same single-use address for ever once Slack has refused
        it (slackapi/python-slack-sdk#1379 is of that kind).
        """
        while True:
            await asyncio.sleep(_WATCH_S)
            for handler in self._handlers:
                if not await handler.client.is_connected():
                    handler.client.wss_uri = None

    async def _close(self, handler: AsyncSocketModeHandler) -> None:
        client = handler.client
        try:
            closing: Coroutine[Any, Any, None] = handler.close_async()  # type: ignore[no-untyped-call]
            async with asyncio.timeout(_CLOSE_S):
                await closing
        except Exception as error:  # noqa: BLE001 - a broken socket is as good as a closed one
            library_log.info("a socket did not close: %s", type(error).__name__)
        # It cancels its tasks, and waits for none of them.
        left = [client.message_processor, client.message_receiver, client.current_session_monitor]
        tasks = [one for one in left if one is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aiohttp_client_session.close()
