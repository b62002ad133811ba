"""Looks beside after workers that are away, and takes them back as soon as they are healthy."""

from __future__ import annotations

import asyncio

import structlog

from bot.generate.client.breaker import spread
from bot.generate.client.places import Places
from bot.generate.client.worker import Worker

_FIRST = 0.5
_LAST = 5.0
"""Seconds between two looks, doubled from one to the next: a look costs next to nothing, and a
worker that needs minutes to load its weights is not to wait long for its first question."""

_log = structlog.get_logger(__name__)


class Probes:
    """A task for each worker that is away."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._tasks: dict[Worker, asyncio.Task[None]] = {}
        self._closed = False

    def watch(self, worker: Worker) -> None:
        """Look after a worker until it is healthy; not any more where the client is closed."""
        if worker not in self._tasks and not self._closed:
            self._tasks[worker] = asyncio.create_task(self._watch(worker))

    async def close(self) -> None:
        """Stop looking."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, worker: Worker) -> None:
        try:
            await asyncio.sleep(worker.breaker.peace())
            pause = _FIRST
            while True:
                await asyncio.sleep(spread(pause))
                if await worker.healthy() is None:
                    break
                pause = min(2 * pause, _LAST)
        finally:
            del self._tasks[worker]
        worker.forget()
        worker.breaker.healthy()
        _log.info("worker_back", worker=worker.name)
        self._places.settle()
