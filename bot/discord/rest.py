"""Calls of Discord's REST API: patient where that helps, and telling apart why one is refused.

Rate limits, and 500, 502 and 504, are discord.py's matter. It gives up at once where a connection
ends, at 503 and at a 429 of the proxy before Discord; here such a call is made again, which doubles
nothing as every message is posted with a nonce. Knows nothing of turns.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bot.inbox.platform import PlatformError, RefusedError
from bot.metrics import Metrics

Json = dict[str, Any]

EPHEMERAL: Final = 1 << 6
LOADING: Final = 1 << 7
"""Flags of a message: only its person sees it; it is "thinking" still."""

_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further try."""
_TIMEOUT = aiohttp.ClientTimeout(total=15)
"""Discord answers within a second; aiohttp would wait five minutes."""
_DMS = 2_000
"""So many conversations of two are remembered."""

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_NO_PLACE = frozenset({10003, 10004, 50001, 50008, 50013, 50083, 160002, 160005})
_GONE = frozenset({10008, 10015, 10062, 50027})
_TAKEN = 40060
_NO_DM = 50007


class ClosedError(RefusedError):
    """The channel is gone, or the bot may not write in it."""

    def __init__(self, reason: str, *, code: int = 0) -> None:
        super().__init__(reason)
        self.without_reply = code in {50013, 160002}
        """Whether it may be open to a message that is no reply."""


class MissingError(RefusedError):
    """The message is gone, or the interaction's time is over."""


class TakenError(RefusedError):
    """The interaction has been answered already, as another process of this bot does."""


class Rest:
    """The calls; they wait until `open`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._opened = asyncio.Event()
        self._http: HTTPClient
        self._application = 0
        self.user = 0
        """The bot's own id; 0 before `open`."""
        self._dms: OrderedDict[str, str] = OrderedDict()

    def open(self, http: HTTPClient, application: int, user: int) -> None:
        """Begin to make calls, with a client that has logged in."""
        self._http, self._application, self.user = http, application, user
        self._opened.set()

    # Messages

    async def post(self, channel: str, message: Mapping[str, Any]) -> Json:
        """Post a message, which has a nonce. Raises `ClosedError`, `PlatformError`."""
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        posted: Json = await self._call("post", route, json=dict(message))
        return posted

    async def edit(self, channel: str, message: str, change: Mapping[str, Any]) -> None:
        """Change a message of the bot. Raises `MissingError`, `ClosedError`, `PlatformError`."""
        await self._call("edit", _message("PATCH", channel, message), json=dict(change))

    async def delete(self, channel: str, message: str) -> None:
        """Take a message of the bot away; one that is gone counts as done."""
        try:
            await self._call("delete", _message("DELETE", channel, message))
        except (MissingError, ClosedError):
            return

    async def history(self, channel: str, after: str) -> list[Json]:
        """Return the messages of a channel after an id, oldest first, at most 100."""
        route = Route("GET", "/channels/{channel_id}/messages", channel_id=channel)
        found = await self._call("history", route, params={"after": after, "limit": 100})
        return sorted(found, key=lambda one: int(one["id"]))

    async def typing(self, channel: str) -> None:
        """Show for ten seconds that the bot types."""
        route = Route("POST", "/channels/{channel_id}/typing", channel_id=channel)
        await self._call("typing", route, again=False)

    async def direct(self, user: str) -> str:
        """Return the channel of the conversation with a person."""
        if user not in self._dms:
            route = Route("POST", "/users/@me/channels")
            opened = await self._call("direct", route, json={"recipient_id": user})
            self._dms[user] = str(opened["id"])
            if len(self._dms) > _DMS:
                self._dms.popitem(last=False)
        return self._dms[user]

    # Interactions

    async def answer(self, interaction: str, token: str, kind: int, data: Json | None) -> None:
        """Answer an interaction for the first time. Raises `MissingError`, `TakenError`."""
        route = Route(
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            webhook_id=interaction,
            webhook_token=token,
        )
        body = {"type": kind} | ({"data": data} if data is not None else {})
        await self._call("interaction", route, json=body)

    async def original(self, token: str) -> Json:
        """Return the message that answers an interaction."""
        found: Json = await self._call("original", self._webhook("GET", token, "@original"))
        return found

    async def edit_answer(self, token: str, message: str, change: Mapping[str, Any]) -> Json:
        """Change a message that answers an interaction: its id, or `@original`."""
        route = self._webhook("PATCH", token, message)
        changed: Json = await self._call("edit_answer", route, json=dict(change))
        return changed

    async def follow_up(self, token: str, message: Mapping[str, Any]) -> Json:
        """Add a message to an interaction; tried once, as a nonce is not taken here."""
        route = self._webhook("POST", token)
        posted: Json = await self._call("follow_up", route, again=False, json=dict(message))
        return posted

    async def delete_answer(self, token: str, message: str) -> None:
        """Take a message of an interaction away."""
        try:
            await self._call("delete_answer", self._webhook("DELETE", token, message))
        except (MissingError, ClosedError):
            return

    def _webhook(self, method: str, token: str, message: str = "") -> Route:
        path = "/webhooks/{webhook_id}/{webhook_token}" + ("/messages/{message}" if message else "")
        named: dict[str, Any] = {"webhook_id": self._application, "webhook_token": token}
        return Route(method, path, **named, **({"message": message} if message else {}))

    # The application

    async def gateway(self) -> str:
        """Return where events are to be had."""
        found = await self._call("gateway", Route("GET", "/gateway/bot"))
        return str(found["url"])

    async def commands(self) -> list[Json]:
        """Return the commands as Discord has them."""
        route = Route("GET", "/applications/{id}/commands", id=self._application)
        found: list[Json] = await self._call("commands", route)
        return found

    async def set_commands(self, commands: list[Json]) -> None:
        """Replace all commands."""
        route = Route("PUT", "/applications/{id}/commands", id=self._application)
        await self._call("commands", route, json=commands)

    # Patience

    async def _call(self, name: str, route: Route, *, again: bool = True, **how: Any) -> Any:
        await self._opened.wait()
        for pause in (*_PAUSES, None):
            try:
                answer = await self._http.request(route, timeout=_TIMEOUT, **how)
            except discord.HTTPException as error:
                self._metrics.call("discord", name, _outcome(error))
                if not _passing(error):
                    raise _explained(name, error) from error
                reason = f"{name}: Discord says {error.status}"
            except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as error:
                # RuntimeError is what a closed client session raises.
                self._metrics.call("discord", name, type(error).__name__)
                reason = f"{name}: the connection to Discord ended ({type(error).__name__})"
            else:
                self._metrics.call("discord", name, "ok")
                return answer
            if pause is None or not again:
                raise PlatformError(reason)
            await asyncio.sleep(pause)
        raise AssertionError


def _message(method: str, channel: str, message: str) -> Route:
    path = "/channels/{channel_id}/messages/{message_id}"
    return Route(method, path, channel_id=channel, message_id=message)


def _outcome(error: discord.HTTPException) -> str:
    return "limited" if error.status == 429 else str(error.status)


def _passing(error: discord.HTTPException) -> bool:
    """Tell whether trying again may help: what discord.py has not tried again itself."""
    return error.status in {429, 503}


def _explained(name: str, error: discord.HTTPException) -> PlatformError:
    reason = f"{name}: {error.text or error.status} (Discord's code {error.code or error.status})"
    if error.code in _NO_PLACE:
        return ClosedError(reason, code=error.code)
    if error.code in _GONE:
        return MissingError(reason)
    if error.code == _TAKEN:
        return TakenError(reason)
    if error.code == _NO_DM:
        return RefusedError(f"{reason}: this person takes no direct messages")
    # A token that was revoked can be given anew, and the turn be answered then.
    if error.status == 401 or error.status >= 500:
        return PlatformError(reason)
    return RefusedError(reason)
