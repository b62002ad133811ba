"""Qdrant's REST API over the storage: routes, keys, limits, faults, and what was asked on record.

Run as a process of its own by `rigs.qdrant.rig`, or by hand: `python -m rigs.qdrant --help`.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from rigs.qdrant import faults
from rigs.qdrant.contract import Contract
from rigs.qdrant.refused import RefusedError, bad_json
from rigs.qdrant.routes import ROUTES, VERSION, Call, Handler
from rigs.qdrant.storage import Collection, Storage

Json = Any
_log = logging.getLogger(__name__)

# The server's default `max_request_size_mb`.
MAX_BODY = 32 * 1024 * 1024
# Longer bodies are not put on record.
_RECORDED_BODY = 65_536
_OPEN_PATHS = {"/", "/healthz", "/readyz", "/livez"}
_READING_POSTS = re.compile(
    r"/collections/[^/]+/(points|points/(count|scroll|query|query/batch|query/groups)|facet)"
)


@dataclass(frozen=True)
class Keys:
    """The API keys; None asks for none."""

    read_write: str | None = None
    read_only: str | None = None


class Server:
    """The HTTP side of the rig."""

    def __init__(
        self,
        folder: Path,
        *,
        contract: Contract | None = None,
        keys: Keys = Keys(),
        max_body: int = MAX_BODY,
    ) -> None:
        self._storage = Storage(folder)
        self._contract = contract
        self._keys = keys
        self._max_body = max_body
        self._faults = faults.Faults()
        self._status: str | None = None
        self._requests = folder / "requests.jsonl"
        self._violations = folder / "violations.jsonl"

    def app(self) -> web.Application:
        """Return the application that clients talk to."""
        # Without a limit of its own: the server's is checked here, with the server's words.
        app = web.Application(client_max_size=0)
        app.router.add_get("/", self._welcome)
        for path, words in [
            ("/healthz", "healthz check passed"),
            ("/readyz", "all shards are ready"),
            ("/livez", "healthz check passed"),
        ]:
            app.router.add_get(path, _saying(words))
        for method, path, handler in ROUTES:
            app.router.add_route(method, path, self._handling(handler), name=None)
        app.middlewares.append(self._middleware())
        return app

    def admin(self) -> web.Application:
        """Return the application that tests steer the rig by; it listens on a port of its own."""
        app = web.Application()
        app.router.add_post("/faults", self._add_fault)
        app.router.add_delete("/faults", self._clear_faults)
        app.router.add_post("/state", self._set_state)
        app.router.add_delete("/state", self._forget_all)
        return app

    def close(self) -> None:
        """Bring everything to the disk."""
        self._storage.close()

    # Clients

    async def _welcome(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"title": "qdrant - vector search engine", "version": VERSION, "commit": None}
        )

    def _handling(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            started = time.perf_counter()
            try:
                body = self._parsed(request, await request.read())
                self._check_request(request, body)
                call = Call(self._storage, self._status, request.match_info, request.query, body)
                result = await handler(call)
            except RefusedError as refused:
                if refused.status == 501:
                    self._violation(request, "request", refused.message)
                return _answer({"status": {"error": refused.message}}, started, refused.status)
            except (KeyError, TypeError, AttributeError) as error:
                _log.exception("A body that the contract lets pass could not be read")
                refusal = bad_json(f"{type(error).__name__}: {error}")
                return _answer({"status": {"error": refusal.message}}, started, refusal.status)
            except Exception as error:  # noqa: BLE001 - answered as the server answers a panic
                _log.exception("The rig is at fault")
                message = f"Service internal error: {type(error).__name__}: {error}"
                return _answer({"status": {"error": message}}, started, 500)
            return _answer({"result": result, "status": "ok"}, started)

        return handle

    def _parsed(self, request: web.Request, content: bytes) -> Json:
        if len(content) > self._max_body:
            raise RefusedError(
                400,
                f"Payload error: JSON payload ({len(content)} bytes) is larger than allowed "
                f"(limit: {self._max_body} bytes).",
            )
        if request.method in {"GET", "DELETE"}:
            return None
        try:
            return json.loads(content)
        except ValueError as error:
            raise bad_json(str(error)) from error

    def _check_request(self, request: web.Request, body: Json) -> None:
        breach = self._contract and self._contract.request(request.method, request.path, body)
        if not breach:
            return
        self._violation(request, "request", breach.message)
        if breach.about_value:
            raise RefusedError(422, f"Validation error in JSON body: [{breach.message}]")
        raise bad_json(breach.message)

    def _middleware(self) -> Any:
        @web.middleware
        async def around(request: web.Request, handler: Any) -> web.StreamResponse:
            fault = self._faults.next(request.method, request.path)
            if fault and fault.delay:
                await asyncio.sleep(fault.delay)
            if fault and (fault.cut == "before" or fault.kill == "before"):
                await self._record(request, None)
                return _break(request, fault)
            response = await self._respond(request, handler, fault)
            await self._record(request, response.status)
            if fault and (fault.cut == "after" or fault.kill == "after"):
                return _break(request, fault)
            if fault and fault.cut == "body":
                return await _half(request, response)
            return response

        return around

    async def _respond(
        self, request: web.Request, handler: Any, fault: faults.Fault | None
    ) -> web.Response:
        if fault and fault.status:
            return _failure(fault)
        if refusal := self._refuse_key(request):
            return refusal
        try:
            response: web.Response = await handler(request)
        except web.HTTPException as error:  # no such path, or not with this method
            return web.Response(status=404 if error.status == 405 else error.status)
        self._check_response(request, response)
        return response

    def _refuse_key(self, request: web.Request) -> web.Response | None:
        keys = self._keys
        if keys == Keys() or request.path in _OPEN_PATHS:
            return None
        given = request.headers.get("api-key")
        bearer = request.headers.get("authorization", "")
        if given is None and bearer.startswith("Bearer "):
            given = bearer.removeprefix("Bearer ")
        if given is None:
            return web.Response(
                status=401, text="Must provide an API key or an Authorization bearer token"
            )
        if _same(given, keys.read_write):
            return None
        if not _same(given, keys.read_only):
            return web.Response(status=401, text="Invalid API key or JWT")
        if request.method == "GET" or _READING_POSTS.fullmatch(request.path):
            return None
        return _answer(
            {"status": {"error": "Forbidden: Global manage access is required"}},
            time.perf_counter(),
            403,
        )

    def _check_response(self, request: web.Request, response: web.Response) -> None:
        if not self._contract or response.content_type != "application/json":
            return
        body = json.loads(response.text or "null")
        breach = self._contract.response(request.method, request.path, response.status, body)
        if breach:
            self._violation(request, "response", breach.message)

    # On record: in files, so that it outlives SIGKILL

    async def _record(self, request: web.Request, status: int | None) -> None:
        content = await request.read()
        entry = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "size": len(content),
            "body": _or_none(content) if len(content) <= _RECORDED_BODY else None,
            "status": status,
        }
        _append(self._requests, entry)

    def _violation(self, request: web.Request, what: str, message: str) -> None:
        _append(self._violations, f"{what} of {request.method} {request.path}: {message}")

    # Tests

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._faults.add(faults.from_json(await request.json()))
        return web.Response()

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return web.Response()

    async def _set_state(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._status = body.get("status")
        if body.get("held"):
            Collection.applying.clear()
        else:
            Collection.applying.set()
        return web.Response()

    async def _forget_all(self, _: web.Request) -> web.Response:
        self._faults.clear()
        self._status = None
        for name in list(self._storage.collections):
            self._storage.delete(name)
        for path in (self._requests, self._violations):
            path.unlink(missing_ok=True)
        return web.Response()


def _answer(body: dict[str, Json], started: float, status: int = 200) -> web.Response:
    return web.json_response({**body, "time": time.perf_counter() - started}, status=status)


def _failure(fault: faults.Fault) -> web.Response:
    status = fault.status or 500
    message = fault.message or faults.MESSAGES.get(status, "Service internal error: on purpose")
    if status == 401:
        return web.Response(status=status, text=message, headers=fault.headers)
    if status == 404 and fault.message is None:  # a path that the server does not know
        return web.Response(status=status, headers=fault.headers)
    if status in {413, 502}:  # what stands before a server answers in HTML
        page = f"<html><body><h1>{status}</h1></body></html>"
        return web.Response(
            status=status, text=page, content_type="text/html", headers=fault.headers
        )
    body = {"status": {"error": message}, "time": 0.0}
    return web.json_response(body, status=status, headers=fault.headers)


def _break(request: web.Request, fault: faults.Fault) -> web.Response:
    if fault.kill:
        os.kill(os.getpid(), signal.SIGKILL)
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, response: web.Response) -> web.StreamResponse:
    content = response.body if isinstance(response.body, bytes) else b""
    partial = web.StreamResponse(status=response.status)
    partial.content_type = response.content_type
    partial.content_length = len(content)
    await partial.prepare(request)
    await partial.write(content[: len(content) // 2])
    if request.transport:
        request.transport.close()
    return partial


def _saying(words: str) -> Any:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=words)

    return handle


def _same(given: str, key: str | None) -> bool:
    return key is not None and hmac.compare_digest(given.encode(), key.encode())


def _or_none(content: bytes) -> Json:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _append(path: Path, entry: Json) -> None:
    with path.open("ab") as file:
        file.write(json.dumps(entry).encode() + b"\n")
