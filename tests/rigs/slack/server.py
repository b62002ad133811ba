"""The rig's process: Slack on one port, and the port by which tests steer it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from rigs import faults
from rigs.slack.api import Api
from rigs.slack.contract import Contract
from rigs.slack.interactions import Interactions
from rigs.slack.methods import METHODS
from rigs.slack.persons import Persons
from rigs.slack.records import Records
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json

_MAX_BODY = 8 * 1024 * 1024


class Server:
    def __init__(self, settings: Json, description: Path | None) -> None:
        self._settings = settings
        self._contract = Contract(description) if description else None
        self._slack = self._begin()

    def _begin(self) -> Slack:
        slack = Slack(self._settings)
        self._api = Api(slack, self._contract)
        self._named: dict[str, Callable[..., Any]] = {}
        for part in (
            Persons(slack),
            Interactions(slack, self._api),
            Records(slack, self._api),
            Steering(slack, self._contract),
        ):
            for name, handler in inspect.getmembers(part, callable):
                if not name.startswith("_"):
                    self._named[name] = handler
        return slack

    def app(self, base_url: str) -> web.Application:
        """Return the application that the bot talks to."""
        self._base_url = self._slack.base_url = base_url
        app = web.Application(client_max_size=_MAX_BODY)

        async def call(request: web.Request) -> web.StreamResponse:
            return await self._api.call(request)

        async def respond(request: web.Request) -> web.StreamResponse:
            return await self._api.respond(request)

        async def link(request: web.Request) -> web.StreamResponse:
            return await self._slack.sockets.upgrade(request)

        app.router.add_route("*", "/api/{method}", call)
        app.router.add_post("/actions/{team}/{token}", respond)
        app.router.add_get("/link/", link)
        return app

    def admin(self) -> web.Application:
        """Return the application that tests steer the rig by."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post("/{name}", self._steer)
        return app

    async def _steer(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        arguments = await request.json()
        if name == "reset":
            await self.end()
            self._settings = {**self._settings, **arguments}
            self._slack = self._begin()
            self._slack.base_url = self._base_url
            return web.json_response(None)
        handler = self._named.get(name)
        if handler is None:
            return web.json_response({"type": "LookupError", "error": name}, status=404)
        try:
            result = handler(**arguments)
            if inspect.isawaitable(result):
                result = await result
        except (LookupError, TypeError, ValueError, TimeoutError, RefusedError) as error:
            told = {"type": type(error).__name__, "error": str(error)}
            return web.json_response(told, status=400)
        return web.json_response(result)

    async def end(self) -> None:
        await self._slack.sockets.end()
        # The sockets' handlers are still to notice.
        await asyncio.sleep(0)


class Steering:
    """Trouble on demand; every public method can be called by a test, by its name."""

    def __init__(self, slack: Slack, contract: Contract | None) -> None:
        self._slack = slack
        self._contract = contract

    def fail(self, **fault: Any) -> None:
        self._slack.faults.add(faults.from_json(fault))

    def recover(self) -> None:
        self._slack.faults.clear()
        self._slack.sockets.copies = 1
        self._slack.sockets.release()

    def drop(self, sockets: list[int] | None, *, reset: bool) -> None:
        self._slack.sockets.cut(sockets, reset=reset)

    def half_open(self, sockets: list[int] | None) -> None:
        self._slack.sockets.silence(sockets)

    async def close_sockets(self, sockets: list[int] | None) -> None:
        await self._slack.sockets.close(sockets)

    async def disconnect(self, reason: str, sockets: list[int] | None) -> None:
        await self._slack.sockets.disconnect(reason, sockets)

    def sockets(self) -> list[int]:
        return self._slack.sockets.numbers()

    def duplicate(self, copies: int, probability: float) -> None:
        self._slack.sockets.copies = copies
        self._slack.sockets.copying = probability

    def hold_events(self) -> None:
        self._slack.sockets.held = True

    def release_events(self) -> None:
        self._slack.sockets.release()

    def rate_limit_events(self) -> None:
        self._slack.rate_limited()

    def configure(self, **settings: Any) -> None:
        """Change what `SlackRig.configure` names while it runs."""
        for name, value in settings.items():
            if name == "speed":
                self._slack.clock.speed = value
            elif name == "event_limit":
                self._slack.event_limit = value
                self._slack.forget_event_count()
            elif name == "limits":
                for limit, chosen in value.items():
                    if not hasattr(self._slack.limits, limit):
                        raise TypeError(f"limits have no {limit!r}")
                    setattr(self._slack.limits, limit, chosen)
            elif hasattr(self._slack.sockets, name):
                setattr(self._slack.sockets, name, value)
            else:
                raise TypeError(f"there is no setting {name!r}")

    def forget(self) -> None:
        """Forget the journal; the workspace stays as it is."""
        self._slack.journal.clear()
        self._slack.limits.calls.clear()
        self._slack.limits.limited.clear()

    def who(self) -> Json:
        app = self._slack.workspace.app
        return {
            "app": app.id,
            "user": app.user,
            "bot": app.bot_id,
            "team": self._slack.workspace.team,
        }

    def ids(self) -> dict[str, str]:
        space = self._slack.workspace
        people = {user.name: user.id for user in space.users.values()}
        return people | {each.name: each.id for each in space.channels.values() if each.name}

    def methods(self) -> dict[str, bool]:
        """Return the methods that the rig has, and whether their answers are validated."""
        return {name: bool(self._contract and self._contract.knows(name)) for name in METHODS}
