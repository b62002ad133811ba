"""The server itself: vLLM's routes over a script, or over another server that it stands before."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web
from rigs.worker import shapes, wire
from rigs.worker.faults import Fault, Faults
from rigs.worker.script import Script

Ending = Literal["open", "done", "refused", "aborted", "cut"]
_PER_MESSAGE = 5
_CUTS = {"reset", "close", "reset_amid", "close_amid"}
_NOT_HANDED_ON = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
_NOT_HANDED_BACK = {"content-length", "transfer-encoding", "connection", "date", "server"}


@dataclass(slots=True)
class Asked:
    """One request, as it came and as it went."""

    path: str
    headers: dict[str, str]
    """Names in small letters."""
    body: dict[str, Any]
    connection: int
    """The client's port: requests with the same one came over one connection."""
    began: float
    """Of `time.monotonic()`."""
    pieces: int = 0
    """Of text, that were handed to the wire."""
    ending: Ending = "open"
    """`aborted`: the client went away before the end; `cut`: a fault ended the connection."""
    ended: float | None = None
    spoken: float | None = None
    """When the last piece was handed to the wire; `ended` may be later than the client's end."""

    @property
    def prompt(self) -> str:
        """What a script is given."""
        if isinstance(text := self.body.get("prompt"), str):
            return text
        messages = self.body.get("messages") or []
        return "\n\n".join(str(message.get("content")) for message in messages)


@dataclass(slots=True, kw_only=True)
class Worker:
    """What a worker is, and how fast; may be changed while it runs."""

    script: Script
    model: str = "kurage"
    max_model_len: int | None = 32768
    """None: it does not tell, as servers other than vLLM."""
    api_key: str | None = None
    piece: int = 2
    """Characters of a piece. A character counts as a token."""
    first_delay: float = 0.0
    """Seconds until the first piece."""
    delay: float = 0.0
    """Seconds between pieces."""
    missing: frozenset[str] = frozenset()
    """Paths that this server does not have, such as `/tokenize` and `/health`."""
    healthy: bool = True
    """What `/health` says."""
    upstream: str | None = None
    """Root of the server that requests are handed on to; None: the script answers."""
    faults: Faults = field(default_factory=Faults)


def tokens(body: dict[str, Any]) -> int:
    """Return how many tokens a prompt has here: its characters, and some for each message."""
    if isinstance(text := body.get("prompt"), str):
        return len(text) + (1 if body.get("add_special_tokens", True) else 0)
    messages = body.get("messages") or []
    count = sum(len(str(message.get("content"))) + _PER_MESSAGE for message in messages)
    return count + (_PER_MESSAGE if body.get("add_generation_prompt", True) else 0)


class Server:
    """Answers requests and keeps a journal of them; for one event loop."""

    def __init__(self, worker: Worker, changed: Callable[[], None]) -> None:
        self._worker = worker
        self._changed = changed
        self._client: aiohttp.ClientSession | None = None
        self.journal: list[Asked] = []

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        if self._client:
            await self._client.close()
            self._client = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        self.journal.append(asked)
        self._changed()
        fault = self._worker.faults.next(request.path)
        try:
            response = await self._answer(request, asked, fault)
        except (ConnectionError, asyncio.CancelledError):
            asked.ending = "cut" if fault and fault.kind in _CUTS else "aborted"
            raise
        except BaseException:
            asked.ending = "refused"
            raise
        else:
            asked.ending = "done" if response.status < 400 else "refused"
            return response
        finally:
            asked.ended = time.monotonic()
            self._changed()

    async def _answer(
        self, request: web.Request, asked: Asked, fault: Fault | None
    ) -> web.StreamResponse:
        if (response := await wire.instead(request, fault)) is not None:
            return response
        if self._worker.upstream is not None:
            return await self._forward(request, asked, fault)
        if (refusal := self._refusal(request, asked)) is not None:
            return refusal
        if request.path.endswith("/completions"):
            return await self._generate(request, asked, fault)
        return self._plain(request, asked)

    # By the script

    def _refusal(self, request: web.Request, asked: Asked) -> web.Response | None:
        """Return what vLLM says where it does not answer, in its order."""
        worker, path = self._worker, request.path
        key = worker.api_key
        if key and path.startswith("/v1") and asked.headers.get("authorization") != f"Bearer {key}":
            return web.json_response({"error": "Unauthorized"}, status=401)
        generating = ("/v1/chat/completions", "/v1/completions")
        if path in worker.missing or path not in {
            *generating,
            "/v1/models",
            "/tokenize",
            "/health",
        }:
            return web.json_response({"detail": "Not Found"}, status=404)
        model = asked.body.get("model")
        if path in {*generating, "/tokenize"} and model not in {None, worker.model}:
            return web.json_response(shapes.no_model(str(model), worker.model), status=404)
        unfit = self._unfit(asked.body) if path in generating else None
        return web.json_response(unfit, status=400) if unfit else None

    def _unfit(self, body: dict[str, Any]) -> shapes.Json | None:
        """Return why a request does not fit into the context; None: it does.

        Prompt and answer together may be too long: the answer is cut then.
        """
        limit, wanted = self._worker.max_model_len, int(body.get("max_tokens") or 1)
        if limit is None:
            return None
        if wanted > limit:
            return shapes.too_many(wanted, limit)
        count = tokens(body)
        return shapes.too_long(count, limit) if count > limit else None

    def _plain(self, request: web.Request, asked: Asked) -> web.Response:
        worker = self._worker
        if request.path == "/health":
            return web.Response(status=200 if worker.healthy else 503)
        if request.path == "/tokenize":
            count = tokens(asked.body)
            said = {"count": count, "max_model_len": worker.max_model_len}
            return web.json_response(said | {"tokens": [0] * count, "token_strs": None})
        return web.json_response(shapes.models(worker.model, worker.max_model_len))

    async def _generate(
        self, request: web.Request, asked: Asked, fault: Fault | None
    ) -> web.StreamResponse:
        chat = request.path.endswith("/chat/completions")
        chunks = shapes.Chunks(self._worker.model, chat=chat)
        said = self._said(asked)
        if not asked.body.get("stream") or (fault and fault.kind == "json"):
            parts = [part async for part in said]
            text = "".join(text for text, _ in parts)
            return web.json_response(chunks.whole(text, parts[-1][1] or "stop"))

        async def events() -> AsyncIterator[tuple[bytes, bool]]:
            if chat:
                yield chunks.role(), False
            async for text, reason in said:
                yield (chunks.last(text, reason) if reason else chunks.text(text)), True
                asked.pieces += 1
            asked.spoken = time.monotonic()
            yield shapes.DONE, False

        async with aclosing(events()) as sending:
            return await wire.send(request, sending, fault)

    async def _said(self, asked: Asked) -> AsyncIterator[tuple[str, str | None]]:
        """Yield the pieces that the script says, in time; the last one with why it ends."""
        worker = self._worker
        await asyncio.sleep(worker.first_delay)
        limit = int(asked.body.get("max_tokens") or 1 << 30)
        if worker.max_model_len is not None:
            limit = min(limit, max(worker.max_model_len - tokens(asked.body), 1))
        stops = asked.body.get("stop") or []
        pieces = _pieces(worker.script(asked.prompt), worker.piece)
        cut = _cut(pieces, limit, [stops] if isinstance(stops, str) else stops)
        held: tuple[str, str | None] | None = None
        for part in cut:
            if held:
                yield held
                await asyncio.sleep(worker.delay)
            held = part
        yield held or ("", "stop")

    # By another server

    async def _forward(
        self, request: web.Request, asked: Asked, fault: Fault | None
    ) -> web.StreamResponse:
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_HANDED_ON}
        url = f"{self._worker.upstream}{request.path_qs}"
        body = await request.read()
        async with self._client.request(request.method, url, data=body, headers=headers) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _NOT_HANDED_BACK}
            if answer.content_type != "text/event-stream":
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)

            async def events() -> AsyncIterator[tuple[bytes, bool]]:
                while data := await answer.content.readuntil(b"\n\n"):
                    has_text = not data.startswith(shapes.DONE) and b'"role"' not in data
                    yield data, has_text
                    asked.pieces += has_text

            async with aclosing(events()) as sending:
                return await wire.send(request, sending, fault)


async def _asked(request: web.Request) -> Asked:
    try:
        body = await request.json() if request.can_read_body else {}
    except ValueError:
        body = {}
    peer = request.transport.get_extra_info("peername") if request.transport else None
    headers = {name.lower(): value for name, value in request.headers.items()}
    known = body if isinstance(body, dict) else {}
    return Asked(request.path, headers, known, peer[1] if peer else 0, time.monotonic())


def _pieces(said: str | Iterable[str], size: int) -> Iterator[str]:
    if not isinstance(said, str):
        yield from said
        return
    letters = iter(said)
    while piece := "".join(itertools.islice(letters, size)):
        yield piece


def _cut(pieces: Iterator[str], limit: int, stops: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield pieces until there were enough characters, or a stop was said, which is left out."""
    said = ""
    for piece in pieces:
        before, said = len(said), said + piece
        ends = [place for stop in stops if (place := said.find(stop)) >= 0]
        if ends and min(ends) <= limit:
            yield said[before : min(ends)], "stop"
            return
        if len(said) >= limit:
            yield said[before:limit], "length"
            return
        yield piece, None
    yield "", "stop"
