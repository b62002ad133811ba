"""The HTTP side: tokens, scopes, limits, faults and records around the methods."""

from __future__ import annotations

import asyncio
import json
import logging
from urllib.parse import parse_qsl

from aiohttp import web
from rigs import faults
from rigs.slack.contract import Contract
from rigs.slack.methods import METHODS, Method
from rigs.slack.methods.chat import content
from rigs.slack.methods.registry import demand
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, Message

_log = logging.getLogger(__name__)
_ERRORS = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


class Api:
    def __init__(self, slack: Slack, contract: Contract | None) -> None:
        self._slack = slack
        self._contract = contract
        self._unchecked: list[tuple[str, Json, str]] = []

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of the Web API."""
        name = request.match_info["method"]
        fault = self._slack.faults.next(request.method, name)
        body = await request.read()
        entry = self._slack.journal.write("call", method=name, status=None, error=None, args=None)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.cut == "before":
            return _ended(request, fault)
        status, headers = 200, self._headers()
        if fault and (fault.status not in {None, 200} or fault.message):
            status = fault.status or 200
            answer: Json = {
                "ok": False,
                "error": fault.message or _ERRORS.get(status, "fatal_error"),
            }
            headers |= fault.headers
        else:
            answer, status = self._answered(request, name, body, entry, headers)
        done = self._slack.clock.now()
        self._slack.journal.amend(entry, status=status, error=answer.get("error"), done=done)
        if fault and fault.cut:
            entry["cut"] = fault.cut
        text = json.dumps(answer, ensure_ascii=False)
        if self._contract and answer["ok"]:
            self._unchecked.append((name, entry["args"], text))
        if fault and fault.cut == "after":
            return _ended(request, fault)
        if fault and fault.cut == "body":
            return await _half(request, text, headers, fault)
        if fault and fault.status == 200:
            text = text[: len(text) // 2]
        if status == 502:
            headers["Content-Type"] = "text/html"
            text = "<html><body><h1>502 Bad Gateway</h1></body></html>"
        return web.Response(status=status, text=text, headers=headers)

    def _answered(
        self, request: web.Request, name: str, body: bytes, entry: Json, headers: dict[str, str]
    ) -> tuple[Json, int]:
        try:
            args = _decoded(request, body)
            token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            token = str(args.pop("token", "") or token)
            entry["args"] = args
            method = self._permitted(name, token, args)
            headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)
            wait = self._slack.limits.take(
                name,
                method.per_minute,
                str(args.get("channel")) if method.posts else None,
                self._slack.clock.now(),
            )
            if wait is not None:
                headers["Retry-After"] = str(wait)
                return {"ok": False, "error": "ratelimited"}, 429
            demand(args, *method.required)
            return {"ok": True, **method.handler(self._slack, args)}, 200
        except RefusedError as refused:
            return {"ok": False, "error": refused.error, **refused.more}, 200
        except Exception as error:  # noqa: BLE001 (what is unforeseen has to be seen by a test)
            _log.exception("%s failed in the rig", name)
            self._violation(name, f"failed in the rig: {error!r}")
            return {"ok": False, "error": "internal_error"}, 500

    def _permitted(self, name: str, token: str, args: Json) -> Method:
        """Return the method if the token may call it; raises RefusedError."""
        method = METHODS.get(name)
        if method is None:
            self._violation(name, "the rig does not know this method")
            raise RefusedError("unknown_method", req_method=name)
        app = self._slack.workspace.app
        if not token:
            raise RefusedError("not_authed")
        if token not in {app.bot_token, app.app_token}:
            raise RefusedError("invalid_auth")
        is_app = token == app.app_token
        state = app.app_token_state if is_app else app.state
        if state != "installed":
            raise RefusedError("token_revoked" if state == "revoked" else "account_inactive")
        if is_app != method.app_token and name != "api.test":
            raise RefusedError("not_allowed_token_type")
        provided = app.app_scopes if is_app else app.scopes
        if method.scopes and not set(method.scopes) & set(provided):
            raise RefusedError(
                "missing_scope", needed=method.scopes[0], provided=",".join(provided)
            )
        # bolt sends the team with every call.
        if unknown := set(args) - method.arguments - {"team_id"}:
            self._violation(name, f"unknown arguments: {', '.join(sorted(unknown))}")
        return method

    def settle(self) -> None:
        """Hold calls and answers against Slack's description: now, so that nobody waited for it."""
        calls, self._unchecked = self._unchecked, []
        if self._contract is None:
            return
        for name, args, text in calls:
            for breach in self._contract.check(name, args, json.loads(text)):
                self._violation(name, breach)

    def _violation(self, about: str, what: str) -> None:
        self._slack.journal.write("violation", about=about, what=what)

    def _headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-OAuth-Scopes": ",".join(self._slack.workspace.app.scopes),
            "X-Slack-Req-Id": self._slack.workspace.draw_token(32),
        }

    # Response URLs

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer a post to a response URL."""
        fault = self._slack.faults.next(request.method, "response_url")
        body = await request.read()
        entry = self._slack.journal.write("call", method="response_url", status=None, error=None)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.cut == "before":
            return _ended(request, fault)
        if fault and fault.status:
            entry["status"] = fault.status
            return web.Response(status=fault.status, text="", headers=dict(fault.headers))
        status, text = 200, "ok"
        try:
            args = _decoded(request, body)
            entry["args"] = args
            self._respond(request.path.removeprefix("/"), args)
        except RefusedError as refused:
            status = 404 if refused.error.endswith("_url") else 400
            text = json.dumps({"ok": False, "error": refused.error})
            entry["error"] = refused.error
        self._slack.journal.amend(entry, status=status)
        if fault and fault.cut:
            return _ended(request, fault)
        return web.Response(status=status, text=text)

    def _respond(self, path: str, args: Json) -> None:
        found = self._slack.triggers.answer(path)
        flagged = {name for name in ("delete_original", "replace_original") if args.get(name)}
        message = found.message if found.message and not found.message.deleted else None
        if "delete_original" in flagged:
            if message:
                self._slack.delete(message, self._slack.workspace.app.user)
            return
        made = content(self._slack, args)
        if "replace_original" in flagged and message:
            self._slack.edit(message, **made)
            return
        self.say(found.channel, found.user, args, made)

    def say(self, channel: str, user: str, args: Json, made: Json) -> Message:
        """Post an answer to a command or an interaction: for its person only, if not said else."""
        app = self._slack.workspace.app
        public = args.get("response_type") == "in_channel"
        message = Message(
            channel,
            self._slack.clock.ts(),
            app.user,
            made["text"],
            made["blocks"],
            made["attachments"],
            thread_ts=args.get("thread_ts"),
            bot_id=app.bot_id,
            shown_to=None if public else user,
        )
        return self._slack.post(message) if public else self._slack.whisper(message)


def _decoded(request: web.Request, body: bytes) -> Json:
    """Return the arguments of a call: from the query, a form or JSON."""
    args: Json = dict(request.query)
    if not body:
        return args
    kind = request.content_type
    if kind == "application/json":
        try:
            found = json.loads(body)
        except ValueError:
            raise RefusedError("invalid_json") from None
        if not isinstance(found, dict):
            raise RefusedError("json_not_object")
        return args | found
    if kind == "application/x-www-form-urlencoded":
        return args | dict(parse_qsl(body.decode(), keep_blank_values=True))
    raise RefusedError("invalid_post_type")


def _ended(request: web.Request, fault: faults.Fault) -> web.Response:
    faults.end(request.transport, reset=fault.reset)
    return web.Response(status=500)


async def _half(
    request: web.Request, text: str, headers: dict[str, str], fault: faults.Fault
) -> web.StreamResponse:
    data = text.encode()
    response = web.StreamResponse(headers=headers)
    response.content_length = len(data)
    await response.prepare(request)
    await response.write(data[: len(data) // 2])
    # A FIN has to come after what was written, and abort would drop it.
    if request.transport and not fault.reset:
        request.transport.close()
    else:
        faults.end(request.transport, reset=True)
    return response
