"""Ends servers of aiohttp so that no connection is left to the garbage collector.

A connection that asyncio has accepted, and whose server is closed before its transport is made, is
never closed (CPython 3.11: `Server._attach` fails, and nobody hears of it). Its socket would be
complained of in whatever test runs when it is collected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web


async def end(runners: Iterable[web.AppRunner]) -> None:
    """Take no more connections, end those that are there, and clean up."""
    runners = list(runners)
    loop = asyncio.get_running_loop()
    for runner in runners:
        for site in runner.sites:
            listening: Any = site._server
            for socket in listening.sockets if listening else ():
                loop.remove_reader(socket.fileno())
    # Who was accepted already comes in first.
    while entering := [task for task in asyncio.all_tasks() if _is_entering(task)]:
        await asyncio.wait(entering)
    handlers = [one for runner in runners if runner.server for one in runner.server.connections]
    transports = [one.transport for one in handlers if one.transport]
    for runner in runners:
        await runner.cleanup()
    for transport in transports:
        transport.abort()  # `close` waits for whoever reads no more
    for _ in range(3):  # an abort is done by callbacks of callbacks
        await asyncio.sleep(0)


def _is_entering(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task is asyncio's own for a connection that was just accepted."""
    return getattr(task.get_coro(), "__name__", "") == "_accept_connection2"
