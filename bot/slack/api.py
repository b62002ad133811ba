"""Slack's Web API over one session: what is worth another try, and how long to wait for it.

Knows nothing of messages. slack_sdk's own client opens a connection a call, gives up at the first
429 and posts twice after a lost answer; that is why the calls are made here.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.inbox.platform import PlatformError, RefusedError
from bot.metrics import Metrics

Json = dict[str, Any]

SLACK_API_URL = "https://slack.com/api/"
_PAUSES_S = (0.1, 0.3, 1.0, 2.0, 4.0)
"""Between the tries of one call, while Slack can not be reached or is broken."""
_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
_POST_SPACING_S = 1.01
"""About one message a second and channel (docs.slack.dev, "Rate limits"), once a burst is used."""
_MOST_LANES = 500
"""One a channel that was posted to; those without a limit need not be kept."""
_TRANSIENT = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
_LIMITED = {"ratelimited", "rate_limited"}
_REVOKED = {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}


class SlackError(RefusedError):
    """Slack understood a call, and says no."""

    def __init__(self, method: str, code: str, answer: Mapping[str, Any]) -> None:
        super().__init__(f"{method}: {code}")
        self.code = code
        """Such as `channel_not_found`."""
        self.answer = answer


class LimitedError(PlatformError):
    """A call that was not to wait came too early."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(f"{method}: limited for another {seconds:.0f} s")
        self.seconds = seconds


class LostError(PlatformError):
    """Nobody knows whether a call was carried out: its answer did not arrive."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: Json | None
    """None: not the JSON of Slack's API."""

    @property
    def limited_for(self) -> float | None:
        """Return the seconds to wait, None where there was no limit."""
        if self.status != 429 and (self.body or {}).get("error") not in _LIMITED:
            return None
        try:
            return max(0.0, float(self.headers.get("Retry-After", "1")))
        except ValueError:
            return 1.0

    @property
    def broken(self) -> bool:
        failed = self.body is None or self.body.get("error") in _TRANSIENT
        return self.status >= 500 or failed


class _Lane:
    """The calls that share one limit: once it is reached they go one by one, in their order."""

    def __init__(self, method: str, spacing: float) -> None:
        self._method = method
        self._spacing = spacing
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._open_at = 0.0

    @property
    def limited(self) -> bool:
        """Tell whether calls have to wait here."""
        return bool(self._waiting or self._closed_for)

    @property
    def _closed_for(self) -> float:
        return max(0.0, self._open_at - time.monotonic())

    async def run(self, send: Callable[[], Awaitable[_Answer]], *, wait: bool) -> _Answer:
        if not self.limited:
            answer = await send()
            if answer.limited_for is None:
                return answer
            self._close(answer.limited_for)
        if not wait:
            raise LimitedError(self._method, self._closed_for)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._in_turn(send)
        finally:
            self._waiting -= 1

    async def _in_turn(self, send: Callable[[], Awaitable[_Answer]]) -> _Answer:
        while True:
            await asyncio.sleep(self._closed_for)
            answer = await send()
            if answer.limited_for is None:
                self._close(self._spacing)
                return answer
            self._close(answer.limited_for)

    def _close(self, seconds: float) -> None:
        self._open_at = max(self._open_at, time.monotonic() + seconds)


class Api:
    """One workspace's Web API with the bot's token."""

    def __init__(self, token: str, url: str | None, metrics: Metrics) -> None:
        self.url = url or SLACK_API_URL
        self.scopes: frozenset[str] = frozenset()
        """What the token may do, as Slack last said."""
        self.revoked: str | None = None
        """Slack's word for why the token is no longer taken; None: it is."""
        self._token = token
        self._metrics = metrics
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._opened: aiohttp.ClientSession | None = None

    @property
    def loopback(self) -> bool:
        """Tell whether the API is on this machine, where proxies have no business."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "::1", "localhost"}

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the session that every call shares; opened at first use, in the running loop."""
        if self._opened is None or self._opened.closed:
            connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=60)
            self._opened = aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, trust_env=not self.loopback
            )
        return self._opened

    async def close(self) -> None:
        """End the connections."""
        if self._opened is not None:
            await self._opened.close()

    async def call(
        self,
        method: str,
        *,
        repeat: bool = True,
        wait: bool = True,
        token: str | None = None,
        **arguments: Any,
    ) -> Json:
        """Return Slack's answer; arguments that are None are left out.

        A call that must not be carried out twice is made with `repeat=False`; one that is of no use
        later with `wait=False`: it is tried once. Raises `SlackError` where Slack says no,
        `LostError` where a call that is not repeated may have been carried out, `LimitedError`
        where it may not wait, and else `PlatformError` once Slack has not answered for seconds.
        """
        lane = self._lane(method, str(arguments.get("channel")))
        form = {name: _text(value) for name, value in arguments.items() if value is not None}

        async def send() -> _Answer:
            return await self._send(self.url + method, form, token or self._token)

        problem = ""
        for pause in (*_PAUSES_S, None):
            try:
                answer = await lane.run(send, wait=wait)
            except LimitedError:
                self._count(method, "limited")
                raise
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                problem = type(error).__name__
                if not repeat and not isinstance(
                    error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
                ):
                    self._count(method, "lost")
                    raise LostError(f"{method}: {problem}") from None
            else:
                if not answer.broken:
                    return self._read(method, answer, bot=token is None)
                problem = str((answer.body or {}).get("error") or f"status {answer.status}")
                if not repeat:
                    self._count(method, "lost")
                    raise LostError(f"{method}: {problem}")
            if pause is None or not wait:
                break
            self._count(method, "retried")
            await asyncio.sleep(pause)
        self._count(method, "away")
        raise PlatformError(f"{method}: Slack does not answer ({problem})")

    def _lane(self, method: str, channel: str) -> _Lane:
        posts = method == "chat.postMessage"
        key = (method, channel if posts else "")
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= _MOST_LANES:
                self._lanes = {each: lane for each, lane in self._lanes.items() if lane.limited}
            lane = self._lanes[key] = _Lane(method, _POST_SPACING_S if posts else 0.0)
        return lane

    async def _send(self, url: str, form: Mapping[str, str], token: str) -> _Answer:
        # Every method takes a form; JSON is taken by some only (the reading ones refuse it).
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(url, data=form, headers=headers) as response:
            raw = await response.read()
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            good = isinstance(body, dict) and "ok" in body
            return _Answer(response.status, response.headers, body if good else None)

    def _read(self, method: str, answer: _Answer, *, bot: bool) -> Json:
        body = answer.body or {}
        if bot and "x-oauth-scopes" in answer.headers:
            named = answer.headers["x-oauth-scopes"].split(",")
            self.scopes = frozenset(filter(None, (scope.strip() for scope in named)))
        if body.get("ok"):
            if bot:
                self.revoked = None
            self._count(method, "ok")
            return body
        code = str(body.get("error") or "unknown_error")
        if bot and code in _REVOKED:
            self.revoked = code
        self._count(method, code)
        raise SlackError(method, code, body)

    def _count(self, method: str, outcome: str) -> None:
        self._metrics.call("slack", method, outcome)

    async def respond(self, url: str, **message: Any) -> None:
        """Answer an interaction by its response URL (30 minutes, 5 uses).

        Raises `RefusedError` where it is used up, `PlatformError` where Slack does not answer. What
        is answered so only one person sees, and no one can look whether it is there: it is sent
        again when in doubt.
        """
        body = {name: value for name, value in message.items() if value is not None}
        for pause in (*_PAUSES_S, None):
            try:
                async with self.session.post(url, json=body) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError, OSError):
                status = 599
            if status < 400:
                self._count("response_url", "ok")
                return
            if status < 500 and status != 429:
                self._count("response_url", "refused")
                raise RefusedError(f"response_url: status {status}")
            if pause is not None:
                await asyncio.sleep(pause)
        self._count("response_url", "away")
        raise PlatformError("response_url: Slack does not answer")


def _text(value: Any) -> str:
    """Return an argument as a form carries it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
