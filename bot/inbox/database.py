"""Calls the database from the event loop: in threads, and patiently where nothing else helps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import structlog

from bot.conversations import ConversationsError

_P = ParamSpec("_P")
_T = TypeVar("_T")

PATIENCE = (0.3, 0.6, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try of what failed for now; the last one holds for all after it."""
_LONGEST = 3
"""Place in `PATIENCE`: a database that is back is noticed within 2 seconds."""
_SECONDS = 5.0
"""After which a call has failed, though its thread may still be at it: nothing says how long a
connection hangs whose other end has gone without a word. Whatever is called can be called again."""

_log = structlog.get_logger(__name__)


class Database:
    """Runs what blocks in threads of its own."""

    def __init__(self, threads: int = 1) -> None:
        """SQLite has one writer: further threads would only wait for each other."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="inbox")
        self.healthy = True

    async def call(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what the function does. Raises `ConversationsError` while it is away."""
        loop = asyncio.get_running_loop()
        called = loop.run_in_executor(self._threads, partial(function, *args, **kwargs))
        called.add_done_callback(_looked_at)
        try:
            # Not `wait_for`: before Python 3.12 it can swallow the end of who waits.
            async with asyncio.timeout(_SECONDS):
                found = await asyncio.shield(called)
        except TimeoutError:
            self.healthy = False
            raise ConversationsError(
                f"the database does not answer within {_SECONDS:g} s"
            ) from None
        except ConversationsError:
            self.healthy = False
            raise
        self.healthy = True
        return found

    async def patiently(
        self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Return what the function does, however long the database is away."""
        tries = 0
        while True:
            try:
                return await self.call(function, *args, **kwargs)
            except ConversationsError as error:
                _log.warning("database_away", reason=str(error))
                await asyncio.sleep(PATIENCE[min(tries, _LONGEST)])
                tries += 1

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False)


def _looked_at(called: asyncio.Future[Any]) -> None:
    """Take note of an error that nobody waits for any more."""
    if not called.cancelled():
        called.exception()
