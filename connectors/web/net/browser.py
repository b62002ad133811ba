"""Draws pages with a browser that has no way out: Chromium, driven by Playwright.

All that it wants to load, it is handed (`loading.py`). What goes past its requests' interception
(name lookups, WebSockets of workers, WebRTC, WebTransport, beacons of its own) meets a resolver
that knows no name and a proxy that is none. It lives in one thread, with an event loop of its own,
from the first page until the client is closed. Knows nothing of which pages are worth it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.base import ConnectorError
from connectors.http.errors import FailedError, Failure, HttpError
from connectors.web.net.loading import Drawn, Loading, Part

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import Playwright

_AT_ONCE = 2
"""Pages; each takes a few hundred megabytes."""
_LOADERS = 6
"""Parts that are loaded at once, as browsers do for one host."""
_GRACE = 10.0
"""Seconds that starting, or being done with, may take beside the page's own time."""

_T = TypeVar("_T")


class Browser:
    """A browser that is started with its first page; threads may share it.

    `timeout` is in seconds, for one page.
    """

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._loaders = ThreadPoolExecutor(_LOADERS, "page-parts")
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def draw(self, url: str, begin: Part, loading: Loading, *, max_bytes: int) -> Drawn:
        """Return a page after its scripts have run.

        `begin` is the page as it was served. Raises ConnectorError where there is no browser,
        HttpError where the page can not be drawn.
        """
        return self._run(self._drawn(url, begin, loading, max_bytes))

    def check(self) -> str:
        """Return the browser's version; starts it. Raises ConnectorError where there is none."""

        async def version() -> str:
            return (await self._started()).version

        return self._run(version())

    def close(self) -> None:
        """End the browser; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop and thread:
            with suppress(Exception):
                asyncio.run_coroutine_threadsafe(self._stop(), loop).result(3 * _GRACE)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_GRACE)
        self._loaders.shutdown(wait=False, cancel_futures=True)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        with self._lock:
            if self._closed:
                work.close()
                raise HttpError("the client was closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="browser", daemon=True
                )
                self._thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self._tracked(work), self._loop).result()
        except CancelledError:
            raise HttpError("the client was closed") from None

    async def _tracked(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do what a thread waits for; `_stop` ends it, so that nobody waits for ever."""
        task = asyncio.current_task()
        assert task  # noqa: S101 - this is one
        self._tasks.add(task)
        try:
            return await work
        finally:
            self._tasks.discard(task)

    async def _drawn(self, url: str, begin: Part, loading: Loading, max_bytes: int) -> Drawn:
        async with self._free:
            chromium = await self._started()
            try:
                async with asyncio.timeout(self._timeout + _GRACE):
                    return await self._in_context(chromium, url, begin, loading, max_bytes)
            except TimeoutError:
                # A script that never ends holds the whole process.
                await self._stop_chromium()
                words = f"its scripts are not done within {self._timeout:g} s"
                failure = Failure(words, again=True)
            except FailedError as failed:
                failure = failed.failure
            except _chromium().Error:  # it crashed, before there was a page
                failure = Failure("the browser can not draw it", again=True)
            raise failure.error(url.split("/", 3)[2], 1)

    async def _in_context(
        self, chromium: Chromium, url: str, begin: Part, loading: Loading, max_bytes: int
    ) -> Drawn:
        context = await _chromium().new_context(chromium)
        try:
            drawing = _chromium().Drawing(context, url, begin, loading, self._loaders)
            drawn: Drawn = await drawing.done(self._timeout, max_bytes)
            return drawn
        finally:
            with suppress(Exception):
                await asyncio.wait_for(context.close(), _GRACE)

    async def _started(self) -> Chromium:
        """Return the browser, started where it is not. Raises ConnectorError."""
        async with self._starting:
            if self._chromium and self._chromium.is_connected():
                return self._chromium
            module = _chromium()
            if self._playwright is None:
                try:
                    self._playwright = await module.started()
                except Exception:  # noqa: BLE001 - its driver is a program of its own
                    words = "what drives the browser does not start: install playwright once more"
                    raise ConnectorError(words) from None
            chromium: Chromium = await module.launched(self._playwright)
            self._chromium = chromium
            return chromium

    async def _stop_chromium(self) -> None:
        chromium, self._chromium = self._chromium, None
        if chromium:
            with suppress(Exception):
                await asyncio.wait_for(chromium.close(), _GRACE)

    async def _stop(self) -> None:
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._stop_chromium()
        if self._playwright:
            await self._playwright.stop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _chromium() -> ModuleType:
    """Return the part that needs the extra. Raises ConnectorError that names it."""
    try:
        return import_module("connectors.web.net.chromium")
    except ImportError:
        words = "pages drawn by JavaScript need `pip install 'kurage-bot[javascript]'`"
        raise ConnectorError(f"{words} and a browser, such as the package `chromium`") from None
