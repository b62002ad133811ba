"""Discord's address: the REST routes with keys, limits and faults, and the socket of the gateway.

Everything that comes in goes on record; whether it fits Discord's own description is looked at
later, when a test asks, so that it costs no answer time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

from aiohttp import web
from rigs import faults
from rigs.discord_server import routes_channels, routes_interactions, routes_messages
from rigs.discord_server.core import Core
from rigs.discord_server.errors import ApiError, limited, refused
from rigs.discord_server.routes_messages import Call, Handler
from rigs.faults import Fault

Json = dict[str, Any]
_log = logging.getLogger(__name__)

PREFIX = "/api/v10"
_MAX_BODY = 25 * 1024 * 1024
# Discord stands behind a proxy that says so; where it does not, it was the proxy that refused.
_VIA = {"Via": "1.1 google"}
_WITHOUT_TOKEN = ("/interactions/", "/webhooks/", "/gateway")
_MAJOR = ("channel", "guild", "token")
_WORDS = {
    401: "401: Unauthorized",
    403: "Missing Access",
    404: "404: Not Found",
    500: "500: Internal Server Error",
    503: "upstream connect error or disconnect/reset before headers",
}


class Server:
    """The HTTP side of the rig."""

    def __init__(self, core: Core) -> None:
        self.core = core
        """The Discord that is served; another one after a reset."""

    def app(self) -> web.Application:
        """Return the application that the bot talks to."""
        app = web.Application(client_max_size=_MAX_BODY)
        routes = (routes_messages.ROUTES, routes_channels.ROUTES, routes_interactions.ROUTES)
        for method, template, handler in [each for table in routes for each in table]:
            app.router.add_route(method, PREFIX + template, self._handling(template, handler))
        app.router.add_get("/", self._socket)
        app.router.add_get("/attachments/{number}/{name}", self._attachment)
        app.router.add_route("*", "/{path:.*}", self._unknown)
        return app

    # The gateway

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        fault = self.core.faults.next("UPGRADE", "/")
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.cut:
            faults.end(request.transport, reset=fault.reset)
            return web.Response(status=500)
        if fault and fault.status:
            self.core.journal.note("gateway", what="refused upgrade", status=fault.status)
            return web.Response(status=fault.status, text="refused")
        return await self.core.gateway.serve(request)

    async def _attachment(self, request: web.Request) -> web.Response:
        # Of a file that a person posted only the name is known.
        return web.Response(body=request.match_info["name"].encode())

    async def _unknown(self, request: web.Request) -> web.Response:
        self.core.journal.note(
            "unknown", what=f"{request.method} {request.path} is not known to the rig"
        )
        return _json(404, {"message": _WORDS[404], "code": 0})

    # REST

    def _handling(self, template: str, handler: Handler) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            # A request that waits out a reset stays with the Discord that it came to.
            core = self.core
            arrived = core.clock.now()
            path = request.rel_url.raw_path.removeprefix(PREFIX)
            fault = core.faults.next(request.method, path)
            if fault and fault.delay:
                await asyncio.sleep(fault.delay)
            if fault and fault.cut == "before":
                _record(core, request, template, arrived, None)
                return _cut(request, fault)
            body = None
            if fault is None or not fault.status or fault.cut == "after":
                response, body = await _answer(core, request, (template, handler), arrived)
            if fault and fault.status:
                # With `cut="after"` the work is done, and only the answer says that it was not.
                response = _failure(fault)
            core.limits.answered(response.status, response.headers.get("X-RateLimit-Scope"))
            entry = _record(core, request, template, arrived, response, body=body)
            if fault and fault.cut == "after":
                entry["lost"] = True
                return response if fault.status else _cut(request, fault)
            if fault and fault.cut == "body":
                return await _half(request, response, fault)
            return response

        return handle


async def _answer(
    core: Core, request: web.Request, route: tuple[str, Handler], arrived: float
) -> tuple[web.Response, Any]:
    (template, handler), body = route, None
    if core.limits.banned():
        return web.Response(status=429, text="error code: 1015"), None
    needs_token = not template.startswith(_WITHOUT_TOKEN) or template == "/gateway/bot"
    if needs_token and not _known(core, request):
        return _json(401, {"message": _WORDS[401], "code": 0}), None
    named = f"{request.method} {template}"
    major = " ".join(request.match_info.get(name, "") for name in _MAJOR)
    verdict = core.limits.check(named, major, interaction=not needs_token, wall=time.time())
    if verdict.retry_after:
        headers = {**verdict.headers, "Retry-After": str(int(verdict.retry_after) + 1)}
        refusal = limited(verdict.retry_after, everywhere=verdict.everywhere)
        return _json(429, refusal, headers), None
    try:
        body, files = await _body(request)
        if body is None and request.method in {"POST", "PATCH", "PUT"}:
            body = {}
        call = Call(request.match_info, request.query, body, files, arrived)
        status, result = await handler(core, call)
    except ApiError as refusal:
        return _json(refusal.status, refusal.body, verdict.headers), body
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        # Something of the wrong kind where Discord's own reader would have said which.
        _log.exception("A body that could not be read")
        core.journal.note("unknown", what=f"{named}: {type(error).__name__}: {error}")
        words = {"message": "Invalid Form Body", "code": 50035, "errors": {}}
        return _json(400, words, verdict.headers), body
    return _json(status, result, verdict.headers), body


def _known(core: Core, request: web.Request) -> bool:
    given = request.headers.get("Authorization", "")
    return not core.revoked and given == f"Bot {core.world.token}"


def _record(
    core: Core,
    request: web.Request,
    template: str,
    arrived: float,
    response: web.Response | None,
    *,
    body: Any = None,
) -> Json:
    return core.journal.note(
        "call",
        method=request.method,
        path=request.rel_url.raw_path.removeprefix(PREFIX),
        template=template,
        query=dict(request.query),
        requested=arrived,
        status=response.status if response else None,
        body=body,
        answer=response.body if response else None,
    )


async def _body(request: web.Request) -> tuple[Any, list[Json]]:
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    content = await request.read()
    if not content:
        return None, []
    try:
        return json.loads(content), []
    except ValueError as error:
        raise refused(50109) from error


async def _multipart(request: web.Request) -> tuple[Any, list[Json]]:
    body: Any = {}
    files = []
    form = await request.post()
    for name, value in form.items():
        if name == "payload_json":
            body = json.loads(value if isinstance(value, str) else _content(value))
        elif isinstance(value, web.FileField):
            size, kind = len(_content(value)), value.content_type
            files.append({"filename": value.filename, "size": size, "content_type": kind})
    return body, files


def _content(value: bytes | bytearray | web.FileField) -> bytes:
    return value.file.read() if isinstance(value, web.FileField) else bytes(value)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    # Exactly `application/json`: discord.py takes anything else for text.
    if status == 204:
        return web.Response(status=204, headers={**_VIA, **(headers or {})})
    content = {"Content-Type": "application/json", **_VIA, **(headers or {})}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=content)


def _failure(fault: Fault) -> web.Response:
    status = fault.status or 500
    # Empty headers are left out: `{"Via": ""}` makes it an answer of the proxy itself.
    headers = {name: value for name, value in {**_VIA, **fault.headers}.items() if value}
    if status == 429:
        after = float(headers.get("Retry-After", "1"))
        everywhere = "X-RateLimit-Global" in headers
        body = dict(limited(after, everywhere=everywhere))
        headers.setdefault("X-RateLimit-Scope", "user")
        return _json_of(status, body, headers)
    words = fault.message or _WORDS.get(status, "")
    if status in {502, 504}:
        page = f"<html><head><title>{status}</title></head><body>{words}</body></html>"
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)
    if status == 503:
        return web.Response(status=status, text=words, headers=headers)
    return _json_of(status, {"message": words, "code": 50001 if status == 403 else 0}, headers)


def _json_of(status: int, body: Json, headers: dict[str, str]) -> web.Response:
    content = {"Content-Type": "application/json", **headers}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=content)


def _cut(request: web.Request, fault: Fault) -> web.Response:
    faults.end(request.transport, reset=fault.reset)
    return web.Response()


async def _half(request: web.Request, response: web.Response, fault: Fault) -> web.StreamResponse:
    content = response.body if isinstance(response.body, bytes) else b""
    partial = web.StreamResponse(status=response.status, headers=response.headers)
    partial.content_length = len(content)
    await partial.prepare(request)
    await partial.write(content[: len(content) // 2])
    if request.transport and not fault.reset:
        request.transport.close()
    else:
        faults.end(request.transport, reset=True)
    return partial
