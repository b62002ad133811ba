"""Room at the workers: who is asked next, and who waits until one has room.

Knows nothing of what is asked. First come, first served; a worker further down the list is taken
where those before it are full.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.generate.client.worker import Worker

_PATIENCE = 5.0
"""Seconds that somebody waits for a worker that asks for peace; for longer it counts as away."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Room for one question at a worker, until it is given back."""

    worker: Worker


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    order: Sequence[Worker]
    future: asyncio.Future[Place | None]


class Places:
    """The room at all workers; for one event loop."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def take(self, order: Sequence[Worker]) -> Place | None:
        """Return room at the first worker of these that has some; None where none may be asked."""
        loop = asyncio.get_running_loop()
        if not self._waiting and (worker := _first(order, loop.time())):
            return _entered(worker)
        waiting = _Waiting(order, loop.create_future())
        self._waiting.append(waiting)
        self.settle()
        try:
            return await waiting.future
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.future.cancelled() and (place := waiting.future.result()):
                self.give_back(place)
            raise

    def give_back(self, place: Place) -> None:
        """Have the room taken by whoever is next."""
        place.worker.running -= 1
        place.worker.breaker.left(place)
        self.settle()

    def settle(self) -> None:
        """Give room to those who wait, as far as there is some, and no hope to those without."""
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        now, left = loop.time(), []
        for waiting in self._waiting:
            if waiting.future.done():
                continue
            if worker := _first(waiting.order, now):
                waiting.future.set_result(_entered(worker))
            elif not any(_hope(worker, now) for worker in waiting.order):
                waiting.future.set_result(None)
            else:
                left.append(waiting)
        self._waiting = left
        self._look_again(loop, now)

    def _look_again(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        """Settle when a busy worker's time of peace is over."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        peace = [w.busy_until for one in self._waiting for w in one.order if w.busy_until > now]
        if peace:
            self._timer = loop.call_at(min(peace), self.settle)

    def close(self) -> None:
        """Send everybody away."""
        for waiting in self._waiting:
            if not waiting.future.done():
                waiting.future.set_result(None)
        self._waiting = []
        if self._timer:
            self._timer.cancel()


def _first(order: Sequence[Worker], now: float) -> Worker | None:
    for worker in order:
        if worker.room and worker.busy_until <= now and worker.breaker.passes():
            return worker
    return None


def _hope(worker: Worker, now: float) -> bool:
    return worker.breaker.passes() and worker.busy_until - now <= _PATIENCE


def _entered(worker: Worker) -> Place:
    place = Place(worker)
    worker.running += 1
    worker.breaker.enter(place)
    return place
