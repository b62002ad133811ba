"""Starts, ends, hurts and questions a loopback worker from a test."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from rigs.worker.faults import GENERATING, Fault, Kind
from rigs.worker.script import Script, first_sentence
from rigs.worker.server import Asked, Server, Worker

_WAIT_S = 10.0
_POLL_S = 0.005


class WorkerRig:
    """An OpenAI-compatible server with a script, in a thread of its own; a context manager."""

    def __init__(self, script: Script = first_sentence, **worker: Any) -> None:
        """Prepare a worker; `worker` are fields of `rigs.worker.Worker`, such as `model`."""
        self.worker = Worker(script=script, **worker)
        """May be changed while it runs: `rig.worker.delay = 0.1`."""
        self._changed = threading.Condition()
        self._server = Server(self.worker, self._notify)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def root(self) -> str:
        """The address of the server, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The base URL: what `KURAGE_GENERATOR_URL` is set to."""
        return f"{self.root}/v1"

    @property
    def name(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Its life

    def start(self) -> None:
        """Listen, on the same port as before; nothing happens where it does so already."""
        self._run(self._start())

    def stop(self) -> None:
        """End at once, as a killed process: connections break, and further ones are refused."""
        self._run(self._stop())

    # What goes wrong

    def fail(self, kind: Kind, *, path: str = GENERATING, **fault: Any) -> None:
        """Have requests fail: see `rigs.worker.Fault` for what can be said."""
        self.worker.faults.add(Fault(kind=kind, path=path, **fault))

    def heal(self) -> None:
        """Let everything go well again; what hangs goes on hanging."""
        self.worker.faults.clear()

    # What was seen

    def asked(self, path: str = "/completions") -> list[Asked]:
        """Return the requests whose path ends so, oldest first; by default those that generate."""
        return [one for one in list(self._server.journal) if one.path.endswith(path)]

    def forget(self) -> None:
        """Empty the journal."""
        self._server.journal.clear()

    @property
    def most_at_once(self) -> int:
        """How many requests that generate were answered at the same time, at most."""
        asked = self.asked()
        spans = [(one.began, one.spoken or one.ended or math.inf) for one in asked]
        return max((sum(a <= b < c for a, c in spans) for b, _ in spans), default=0)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._run(self._count())

    def wait(self, wanted: Callable[[Self], bool], timeout: float = _WAIT_S) -> None:
        """Block until something holds, such as `lambda rig: rig.asked()`; TimeoutError.

        In the event loop of the client that is tested use `until`, which does not block it.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not wanted(self):
                if not self._changed.wait(min(deadline - time.monotonic(), 0.1)):
                    self._expire(deadline)

    async def until(self, wanted: Callable[[Self], bool]) -> None:
        """Wait until something holds, without blocking the event loop; TimeoutError."""
        deadline = time.monotonic() + _WAIT_S
        while not wanted(self):
            self._expire(deadline)
            await asyncio.sleep(_POLL_S)

    def _expire(self, deadline: float) -> None:
        if time.monotonic() >= deadline:
            seen = [(one.path, one.ending, one.pieces) for one in self._server.journal]
            raise TimeoutError(f"it did not come to hold; requests were {seen}")

    # In its thread

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(_WAIT_S)

    async def _start(self) -> None:
        if self._runner:
            return
        self._runner = web.AppRunner(
            self._server.app(), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if not self._runner:
            return
        for site in list(self._runner.sites):
            await site.stop()
        for transport in self._transports():
            transport.abort()
        await asyncio.sleep(0)
        await self._runner.cleanup()
        self._runner = None

    async def _count(self) -> int:
        return sum(1 for transport in self._transports() if not transport.is_closing())

    def _transports(self) -> Iterator[asyncio.Transport]:
        server = self._runner.server if self._runner else None
        for connection in server.connections if server else ():
            if isinstance(connection.transport, asyncio.Transport):
                yield connection.transport
