"""The server: tokens, limits, faults, contract and journal around the routes.

Two applications: the APIs (OAuth on the same port), and the host that export links lead to, which
sends on to an address that needs no token. Knows nothing of what the routes say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from rigs.drive import errors
from rigs.drive.contract import Contract
from rigs.drive.core import Answer, Call, Core, RefusedError, Request
from rigs.drive.discovery import RESPONSES
from rigs.drive.fields import held
from rigs.drive.oauth import Access, Tokens
from rigs.drive.routes import Route, find
from rigs.faults import Fault, end

_log = logging.getLogger(__name__)
_LOGIN = (
    "<!doctype html><html><head><title>Google アカウント - ログイン</title></head></html>".encode()
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request means, whichever way it came."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]


class Server:
    """Answers requests to one Workspace."""

    def __init__(self, core: Core, tokens: Tokens, contract: Contract | None) -> None:
        self._core, self._tokens, self._contract = core, tokens, contract
        self._recent: deque[float] = deque()
        self._signed: dict[str, tuple[Route, Call]] = {}
        """Addresses of content that need no token, each good for once."""

    def app(self) -> web.Application:
        """Return the application of the APIs."""
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", self._api)
        return app

    def content(self) -> web.Application:
        """Return the application of the host of exported content."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._elsewhere)
        return app

    async def _api(self, request: web.Request) -> web.StreamResponse:
        form: dict[str, str] = {}
        if request.method == "POST":
            form = {key: str(value) for key, value in (await request.post()).items()}
        asked = _Asked(request.method, request.path, dict(request.query), form)
        # The client asks in a form what would make an address of more than 2,048 characters.
        if request.headers.get("X-HTTP-Method-Override") == "GET" and request.method == "POST":
            asked = _Asked("GET", request.path, {**asked.query, **form}, {})
        return await self._around(request, "api", asked)

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        asked = _Asked(request.method, request.path, dict(request.query), {})
        return await self._around(request, "content", asked)

    # What goes wrong on the wire

    async def _around(self, request: web.Request, host: str, asked: _Asked) -> web.StreamResponse:
        core, path = self._core, asked.path
        found = find(path)
        access = self._who(request)
        account = access.account if access else None
        name = _named(asked, found, host)
        core.requests[name] += 1

        def record(status: int | None) -> None:
            core.journal.append(
                Request(
                    asked.method,
                    path,
                    tuple(asked.query.items()),
                    status,
                    "Authorization" in request.headers,
                    account,
                    name,
                    host,
                    time.monotonic(),
                )
            )

        fault = core.faults.next(asked.method, path)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.cut == "before":
            record(None)
            return _broken(request, fault)
        if fault and fault.status:
            api = found[0].api if found else "drive"
            rpc = api in {"sheets", "slides"}
            answer = errors.failed(fault.status, fault.message, fault.headers, rpc=rpc, api=api)
        elif host == "content":
            answer = self._content(path)
        else:
            answer = self._answer(request, asked, name, found, access)
        if fault and fault.cut:
            record(None if fault.cut == "after" else answer.status)
            return await _half(request, answer) if fault.cut == "body" else _broken(request, fault)
        record(answer.status)
        if answer.served:
            core.served[answer.served] += 1
        return web.Response(
            status=answer.status,
            body=answer.body,
            headers={
                "Date": formatdate(core.world.clock.now(), usegmt=True),
                "Content-Type": answer.content_type,
                **answer.headers,
            },
        )

    def _who(self, request: web.Request) -> Access | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._tokens.access(token) if kind == "Bearer" else None

    # The APIs

    def _answer(
        self,
        request: web.Request,
        asked: _Asked,
        name: str,
        found: tuple[Route, tuple[str, ...]] | None,
        access: Access | None,
    ) -> Answer:
        core, path = self._core, asked.path
        if name in {"token", "authorize"}:
            call = Call(path, (), asked.query, "", form=asked.form)
            with core.world.lock:
                return (
                    self._tokens.answer(call) if name == "token" else self._tokens.authorize(call)
                )
        if found is None or asked.method != "GET":
            core.violations.append(f"{asked.method} {path}: no such path on the rig")
            return errors.nowhere()
        route, match = found
        if (barred := self._barred(route, access)) or access is None:
            return barred or errors.unauthenticated()
        match = tuple(unquote(one) for one in match)
        call = Call(path, match, asked.query, access.account, access.scopes, request.headers)
        if route.name == "export link":
            return self._sent_on(route, call)
        return self._held(name, route, call)

    def _barred(self, route: Route, access: Access | None) -> Answer | None:
        """Return why a token does not get to a route, None where it does."""
        if access is None:
            return errors.unauthenticated()
        if self._limited():
            return errors.failed(429, "rateLimitExceeded", {})
        if route.api in self._core.settings.disabled:
            return errors.disabled(route.api)
        return None if access.scopes & route.scopes else errors.scope_missing()

    def _held(self, name: str, route: Route, call: Call) -> Answer:
        core, described = self._core, route.name
        try:
            if call.get("fields") and name != "files.media" and described in RESPONSES:
                held(*RESPONSES[described], call.get("fields"))
        except RefusedError as refused:
            return errors.refused(refused, rpc=route.api in {"sheets", "slides"})
        if self._contract:
            core.violations += self._contract.request(described, "GET", call.query)
        answer = self._routed(route, call)
        if self._contract and answer.status < 300 and name not in {"files.media", "files.export"}:
            core.violations += self._contract.answer(described, answer)
        return _oddly(core, call.path, answer)

    def _routed(self, route: Route, call: Call) -> Answer:
        core, rpc = self._core, route.api in {"sheets", "slides"}
        try:
            with core.world.lock:
                return route.handler(core, call)
        except RefusedError as refused:
            return errors.refused(refused, rpc=rpc)
        except Exception:  # noqa: BLE001 - the test hears of it by `violations`
            _log.exception("The rig is at fault")
            core.violations.append(f"GET {call.path}: the rig is at fault")
            return errors.failed(500, "internalError", {}, rpc=rpc)

    # Where export links lead

    def _sent_on(self, route: Route, call: Call) -> Answer:
        # As docs.google.com does: to a host of another name, at an address that is a secret itself.
        self._signed[name := f"/export/{len(self._signed):08x}{time.time_ns():x}"] = route, call
        return Answer(307, headers={"Location": f"{self._core.elsewhere}{name}"})

    def _content(self, path: str) -> Answer:
        known = self._signed.pop(path, None)
        if known is None:
            return errors.nowhere()
        return self._routed(*known)

    def _limited(self) -> bool:
        settings, now = self._core.settings, time.monotonic()
        if settings.per_second is None:
            return False
        while self._recent and self._recent[0] <= now - settings.burst_s:
            self._recent.popleft()
        if len(self._recent) >= settings.per_second * settings.burst_s:
            return True
        self._recent.append(now)
        return False


def _named(asked: _Asked, found: tuple[Route, tuple[str, ...]] | None, host: str) -> str:
    if host == "content":
        return "export content"
    if asked.path == "/token" and asked.method == "POST":
        return "token"
    if asked.path in {"/o/oauth2/v2/auth", "/o/oauth2/auth"}:
        return "authorize"
    if found is None:
        return "?"
    media = found[0].name == "files.get" and asked.query.get("alt") == "media"
    return "files.media" if media else found[0].name


def _oddly(core: Core, path: str, answer: Answer) -> Answer:
    if core.is_odd("login", path):
        return Answer(200, _LOGIN, "text/html; charset=utf-8")
    if core.is_odd("garbled", path):
        return Answer(200, answer.body[: len(answer.body) // 2], answer.content_type)
    return answer


def _broken(request: web.Request, fault: Fault) -> web.Response:
    end(request.transport, reset=fault.reset)
    return web.Response()


async def _half(request: web.Request, answer: Answer) -> Any:
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
