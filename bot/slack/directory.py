"""Who people are and which channels are shared with outsiders, asked of Slack once in a while.

Knows nothing of messages or rules.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.exchange import Language
from bot.slack.api import Api, Json, SlackError

_KEPT_S = 3600.0
_MOST = 10_000
"""Entries of a cache; the oldest one goes."""

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the workspace, or a guest, or a bot."""

    id: str
    name: str
    language: Language = "ja"
    guest: bool = False
    outsider: bool = False
    """Whether they belong to another organisation (Slack Connect)."""
    bot: bool = False


class Directory:
    """People and channels of one workspace."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.team = ""
        """The workspace's id, once it is known."""
        self.enterprise: str | None = None
        """Of the organisation that the workspace is one of several of; None: it is by itself."""
        self._people: _Cache[Person] = _Cache(self._ask_person)
        self._external: _Cache[bool] = _Cache(self._ask_external)

    async def person(self, user: str) -> Person:
        """Return a person; who can not be looked up is an outsider. Raises `PlatformError`."""
        return await self._people.get(user)

    async def external(self, channel: str) -> bool:
        """Tell whether outsiders read a channel; True where it can not be seen.

        Raises `PlatformError`.
        """
        if channel.startswith("D"):
            return False
        return await self._external.get(channel)

    async def names(self, users: Iterable[str]) -> dict[str, str]:
        """Return what people are called, by id. Raises `PlatformError`."""
        found = await asyncio.gather(*(self.person(user) for user in users))
        return {person.id: person.name for person in found}

    def changed(self, user: Json) -> None:
        """Note what Slack tells of a person whose profile or locale has changed."""
        if "locale" in user:
            self._people.put(str(user["id"]), self._read(user))
        else:
            self._people.forget(str(user["id"]))

    async def _ask_person(self, user: str) -> Person:
        try:
            answer = await self._api.call("users.info", user=user, include_locale=True)
        except SlackError:
            if self._api.revoked:
                raise
            return Person(user, user, outsider=True)
        return self._read(answer["user"])

    def _read(self, user: Json) -> Person:
        profile = user.get("profile") or {}
        names = (profile.get("display_name"), user.get("real_name"), user.get("name"))
        locale = str(user.get("locale") or "ja-JP")
        return Person(
            str(user["id"]),
            next((str(name) for name in names if name), str(user["id"])),
            "ja" if locale.startswith("ja") else "en",
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            outsider=self._outsider(user),
            bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        )

    def _outsider(self, user: Json) -> bool:
        if user.get("is_stranger"):
            return True
        organisation = (user.get("enterprise_user") or {}).get("enterprise_id")
        ours = self.enterprise is not None and organisation == self.enterprise
        return bool(self.team) and not ours and user.get("team_id", self.team) != self.team

    async def _ask_external(self, channel: str) -> bool:
        try:
            answer = await self._api.call("conversations.info", channel=channel)
        except SlackError:
            return True
        found = answer["channel"]
        return bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))


class _Cache(Generic[Known]):
    """Answers by id; many who ask at once wait for one call."""

    def __init__(self, ask: Callable[[str], Coroutine[Any, Any, Known]]) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, Known]] = {}
        self._asked: dict[str, asyncio.Task[Known]] = {}

    async def get(self, key: str) -> Known:
        known = self._known.get(key)
        if known and time.monotonic() - known[0] < _KEPT_S:
            return known[1]
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._fetch(key))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Whoever stops waiting does not stop the call for the others.
        return await asyncio.shield(task)

    async def _fetch(self, key: str) -> Known:
        try:
            found = await self._ask(key)
        finally:
            self._asked.pop(key, None)
        self.put(key, found)
        return found

    def put(self, key: str, found: Known) -> None:
        self._known.pop(key, None)
        self._known[key] = (time.monotonic(), found)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    def forget(self, key: str) -> None:
        self._known.pop(key, None)
