"""A Model over any number of workers, which are tried in order. Knows nothing of answers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from bot.generate.client import answer
from bot.generate.client.answer import Limits
from bot.generate.client.attempt import Attempt
from bot.generate.client.places import Place, Places
from bot.generate.client.probe import Probes
from bot.generate.client.trouble import Trouble, discreet
from bot.generate.client.worker import Worker
from bot.generate.model import AwayError, Piece, Prompt, Sampling

_REMEMBERED = 1024
"""Prompts whose tokens are known; some megabytes. A budget asks for a few of each question."""
_PAUSE = 0.2
"""Seconds before a worker that failed is asked once more: a connection that broke needs none, a
proxy that changes its server some."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """How a worker is, for the administrator."""

    url: str
    """Without a password."""
    healthy: bool
    model: str | None
    """The one that is asked; None: it is not known."""
    context: int | None
    """Tokens that prompt and answer may have together; None: it does not tell."""
    reason: str | None
    """What is wrong; None: nothing is."""


class Client:
    """Asks the first worker that is healthy and has room; for one event loop."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        model: str | None,
        api_key: str | None,
        concurrency: int = 64,
        first_token: float = 20,
        timeout: float = 60,
        context: int | None = None,
    ) -> None:
        """Prepare workers at base URLs; nothing is connected. Close it in the same event loop.

        `first_token` and `timeout` are seconds until an answer begins, and until it is whole, the
        time until a worker has room included. `concurrency` is that of each worker.
        """
        self._workers = tuple(
            Worker(url, model=model, api_key=api_key, concurrency=concurrency, timeout=timeout)
            for url in urls
        )
        self._first_token = min(first_token, timeout)
        self._timeout = timeout
        self._context = context
        self._places = Places()
        self._probes = Probes(self._places)
        self._counted: OrderedDict[tuple[Worker, Prompt], int] = OrderedDict()

    async def close(self) -> None:
        """Close all connections; who still waits is told that no worker answers."""
        self._places.close()
        await self._probes.close()
        for worker in self._workers:
            await worker.close()

    # Answers

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[Piece, None]:
        """Yield what a worker says; see `Model`."""
        loop = asyncio.get_running_loop()
        limits = Limits(self._first_token, loop.time() + self._timeout)
        attempt = Attempt(self._workers)
        while place := await self._take(attempt, limits.deadline):
            said = False
            try:
                asked = answer.pieces(place.worker, prompt, sampling, limits)
                async with aclosing(asked) as pieces:
                    async for piece in pieces:
                        if not said:
                            said = True
                            place.worker.breaker.answered(place)
                        if piece.finish:
                            place.worker.breaker.finished()
                        yield piece
            except Trouble as trouble:
                trouble.reason = discreet(trouble.reason, prompt.shown)
                self._note(place, trouble)
                if said:
                    raise AwayError(f"{place.worker.name} broke off: {trouble.reason}") from None
                attempt.failed(place.worker, trouble)
            else:
                return
            finally:
                self._places.give_back(place)
        raise attempt.error()

    async def _take(self, attempt: Attempt, deadline: float) -> Place | None:
        order = attempt.order()
        if attempt.again and order:
            await asyncio.sleep(_PAUSE)
        try:
            async with asyncio.timeout_at(deadline):
                return await self._places.take(order)
        except TimeoutError:
            attempt.no_room()
            return None

    def _note(self, place: Place, trouble: Trouble) -> None:
        """Count what went wrong; leave the worker alone where that was enough."""
        worker = place.worker
        if trouble.kind == "busy":
            now = asyncio.get_running_loop().time()
            worker.busy_until = now + (1.0 if trouble.retry_after is None else trouble.retry_after)
        elif trouble.kind in {"away", "slow"}:
            self._failed(worker, place, trouble)
        elif trouble.kind in {"other", "refused"}:
            worker.breaker.answered(place)  # it works; what is wrong is what it is asked

    def _failed(self, worker: Worker, question: object, trouble: Trouble) -> None:
        slow = trouble.kind == "slow"
        if worker.breaker.failed(question, trouble.reason, at_once=slow):
            _log.warning("worker_away", worker=worker.name, reason=trouble.reason)
            self._probes.watch(worker)
            self._places.settle()

    # What is known of the model

    async def tokens(self, prompt: Prompt) -> int | None:
        """Return how many tokens a prompt has; see `Model`."""
        for worker in self._passing():
            key = (worker, prompt)
            if (count := self._counted.get(key)) is not None:
                self._counted.move_to_end(key)
                return count
            try:
                count = await worker.tokens(prompt)
            except Trouble as trouble:
                self._failed(worker, prompt, trouble)
                continue
            if count is not None:
                self._counted[key] = count
                if len(self._counted) > _REMEMBERED:
                    self._counted.popitem(last=False)
            return count
        return None

    async def context(self) -> int | None:
        """Return how many tokens there is room for; see `Model`."""
        if self._context is not None:
            return self._context
        for worker in self._passing():
            try:
                return await worker.context()
            except Trouble as trouble:
                if trouble.kind == "away":
                    self._failed(worker, self, trouble)
        return None

    def _passing(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.breaker.passes()]

    async def health(self) -> list[WorkerState]:
        """Return how each worker is at this moment, in their order; raises nothing."""
        return list(await asyncio.gather(*(_state(worker) for worker in self._workers)))


async def _state(worker: Worker) -> WorkerState:
    worker.forget()
    model, context = worker.configured, None
    reason = await worker.healthy()
    healthy = reason is None
    if healthy:
        try:
            reason = await worker.wrong_model()
            model, context = await worker.model(), await worker.context()
        except Trouble as trouble:
            reason = trouble.reason
    return WorkerState(worker.url, healthy, model, context, reason)
