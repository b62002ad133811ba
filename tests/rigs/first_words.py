"""A clock before a worker: it hands requests on and notes when the words of an answer pass.

Knows nothing of who asks. What it costs is a part of the way that is measured.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.generate.kurage import format as kurage


@dataclass
class Heard:
    """When the parts of one output passed; of `time.monotonic()`, 0 for what has not."""

    first: float = 0.0
    """Its first token."""
    answer: float = 0.0
    """The first token behind the answer's tag."""


class FirstWords:
    """A server on loopback, in a thread of its own; a context manager."""

    def __init__(self, upstream: str, *, pause: float = 0.0) -> None:
        """Stand before a server; each token is held for `pause` seconds, as by a larger model."""
        self._upstream = upstream
        self._pause = pause
        self._heard: list[Heard] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.root = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def last(self) -> Heard:
        """Return what was heard of the last output."""
        return self._heard[-1]

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._hand_on)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.root = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _hand_on(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        url = f"{self._upstream}{request.path_qs}"
        headers = {"Content-Type": request.content_type}
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            response = web.StreamResponse(status=answer.status)
            response.content_type = answer.content_type
            await response.prepare(request)
            heard, text = Heard(), ""
            streamed = answer.content_type == "text/event-stream"
            if streamed:
                self._heard.append(heard)
            async for line in answer.content if streamed else answer.content.iter_any():
                if streamed and (delta := _delta(line)):
                    await asyncio.sleep(self._pause)
                    text += delta
                    _note(heard, text)
                await response.write(line)
        return response


def _delta(line: bytes) -> str:
    if not line.startswith(b"data: {"):
        return ""
    choices = json.loads(line[6:]).get("choices") or [{}]
    return (choices[0].get("delta") or {}).get("content") or ""


def _note(heard: Heard, text: str) -> None:
    if text and not heard.first:
        heard.first = time.monotonic()
    _, tag, answer = text.partition(kurage.ANSWER)
    if tag and answer.strip() and not heard.answer:
        heard.answer = time.monotonic()
