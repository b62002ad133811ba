"""The server: credentials, limits, faults, contract and journal around the routes.

Two applications: the site (with the gateway of scoped tokens on the same port), and the host that
serves Cloud's files. Knows nothing of what the routes say.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import time
from email.utils import formatdate
from typing import Any

from aiohttp import web
from rigs.confluence.contract import Contract
from rigs.confluence.core import Answer, Call, Core, RefusedError, Request
from rigs.confluence.routes import Route, Routes
from rigs.confluence.routes_files import media
from rigs.confluence.routes_web import tenant
from rigs.faults import Fault, end

_log = logging.getLogger(__name__)
_WORDS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Rate limit exceeded",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_LOGIN = b"<!doctype html><html><head><title>Log in</title></head><form></form></html>"


class Server:
    """Answers requests to one site."""

    def __init__(self, core: Core, contract: Contract | None) -> None:
        self._core, self._contract = core, contract
        self._routes = Routes(core.settings.edition)
        self._recent: list[float] = []

    def app(self) -> web.Application:
        """Return the application of the site."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._site)
        return app

    def media(self) -> web.Application:
        """Return the application of the host of files."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._media)
        return app

    async def _site(self, request: web.Request) -> web.StreamResponse:
        def answer() -> Answer:
            return _oddly(self._core, request.path, self._answer(request))

        return await self._around(request, answer)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        def answer() -> Answer:
            authorized = "Authorization" in request.headers
            return media(self._core, request.path, request.query_string, authorized=authorized)

        return await self._around(request, answer)

    # What goes wrong on the wire

    async def _around(self, request: web.Request, answered: Any) -> web.StreamResponse:
        core = self._core
        core.requests += 1
        fault = core.faults.next(request.method, request.path)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.cut == "before":
            self._record(request, None)
            return _broken(request, fault)
        answer = _failed(fault) if fault and fault.status else answered()
        if fault and fault.cut:
            self._record(request, None if fault.cut == "after" else answer)
            return await _half(request, answer) if fault.cut == "body" else _broken(request, fault)
        self._record(request, answer)
        core.bodies_served.update(answer.served)
        return web.Response(
            status=answer.status,
            body=answer.body,
            headers={
                "Date": formatdate(core.world.clock.now(), usegmt=True),
                "Content-Type": answer.content_type,
                **answer.headers,
            },
        )

    def _record(self, request: web.Request, answer: Answer | None) -> None:
        waiting = answer.headers.get("Retry-After") if answer else None
        query = tuple((key, value) for key, value in request.query.items())
        self._core.journal.append(
            Request(
                request.method,
                request.path,
                query,
                answer.status if answer else None,
                "Authorization" in request.headers,
                time.monotonic(),
                waiting,
            )
        )

    # The site

    def _answer(self, request: web.Request) -> Answer:
        core = self._core
        if waiting := self._limited():
            return _error(core, 429, _WORDS[429], {"Retry-After": str(waiting)})
        path, by_gateway = self._relative(request.path)
        if request.path == "/_edge/tenant_info" and core.settings.edition == "cloud":
            return tenant(core, Call(request.path, (), ()))
        if not self._admitted(request, by_gateway=by_gateway):
            return _unauthorized(core)
        found = self._routes.find(path) if path is not None and request.method == "GET" else None
        if path is None or found is None:
            core.violations.append(f"{request.method} {request.path}: no such path on the rig")
            return _error(core, 404, f"null for uri: {request.path}")
        query = tuple((key, value) for key, value in request.query.items())
        if self._contract:
            core.violations += self._contract.request(path, query)
        route, match = found
        answer = self._routed(route, Call(request.path, match, query))
        if self._contract and answer.status < 300:
            core.violations += self._contract.answer(path, answer)
        return answer

    def _routed(self, route: Route, call: Call) -> Answer:
        core = self._core
        try:
            with core.world.lock:
                return route(core, call)
        except RefusedError as refused:
            return _error(core, refused.status, refused.message)
        except Exception:  # noqa: BLE001 - the test hears of it by `violations`
            _log.exception("The rig is at fault")
            core.violations.append(f"GET {call.path}: the rig is at fault")
            return _error(core, 500, "the rig is at fault")

    def _relative(self, path: str) -> tuple[str | None, bool]:
        """Return the path behind the base, None where it is outside; and whether by the gateway."""
        core = self._core
        if core.settings.edition == "data-center":
            return path, False
        gateway = f"/ex/confluence/{core.cloud_id}/wiki"
        for prefix in (gateway, "/wiki"):
            if path.startswith(f"{prefix}/"):
                return path.removeprefix(prefix), prefix == gateway
        return None, False

    def _admitted(self, request: web.Request, *, by_gateway: bool) -> bool:
        core = self._core
        if core.good_for is not None:
            core.good_for -= 1
            core.gone_bad = core.gone_bad or core.good_for < 0
        if core.gone_bad or (core.settings.scoped and not by_gateway):
            return False
        if core.settings.edition == "cloud":
            email = core.world.people[core.world.account].email
            secret = base64.b64encode(f"{email}:{core.token}".encode()).decode()
            wanted = f"Basic {secret}"
        else:
            wanted = f"Bearer {core.token}"
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), wanted.encode())

    def _limited(self) -> int | None:
        """Return how many seconds to wait, None where the limit is not reached."""
        settings, now = self._core.settings, time.monotonic()
        if settings.per_second is None:
            return None
        self._recent = [one for one in self._recent if one > now - settings.burst_s]
        if len(self._recent) >= settings.per_second * settings.burst_s:
            return max(1, round(self._recent[0] + settings.burst_s - now))
        self._recent.append(now)
        return None


# Answers that are not the routes'


def _error(core: Core, status: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    body: dict[str, Any] = {
        "statusCode": status,
        "data": {"authorized": status not in {401, 403}, "valid": status != 400, "errors": []},
        "message": message,
    }
    if core.settings.edition == "data-center":
        body["reason"] = _WORDS.get(status, "Bad Request")
    return Answer(status, json.dumps(body).encode(), headers=headers or {})


def _unauthorized(core: Core) -> Answer:
    if core.settings.edition == "cloud":
        text = "Client must be authenticated to access this resource."
        return Answer(401, json.dumps({"code": 401, "message": text}).encode())
    # A servlet filter answers before the API does, in HTML.
    page = b"<!doctype html><html><head><title>Unauthorized (401)</title></head></html>"
    return Answer(401, page, "text/html;charset=UTF-8")


def _failed(fault: Fault) -> Answer:
    status = fault.status or 500
    message = fault.message or _WORDS.get(status, "on purpose")
    if status in {502, 503, 504}:  # what stands before the service answers in HTML
        page = f"<html><body><h1>{status} {message}</h1></body></html>"
        return Answer(status, page.encode(), "text/html", fault.headers)
    body = json.dumps({"statusCode": status, "message": message}).encode()
    return Answer(status, body, headers=fault.headers)


def _oddly(core: Core, path: str, answer: Answer) -> Answer:
    if core.is_odd("login", path):
        return Answer(200, _LOGIN, "text/html")
    if core.is_odd("garbled", path):
        return Answer(200, answer.body[: len(answer.body) // 2])
    return answer


def _broken(request: web.Request, fault: Fault) -> web.Response:
    end(request.transport, reset=fault.reset)
    return web.Response()


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    if not answer.body:  # nothing to cut in two
        end(request.transport, reset=False)
        return web.Response()
    partial = web.StreamResponse(
        status=answer.status, headers={"Content-Type": answer.content_type}
    )
    partial.content_length = len(answer.body)
    await partial.prepare(request)
    await partial.write(answer.body[: len(answer.body) // 2])
    if request.transport:
        request.transport.close()
    return partial
