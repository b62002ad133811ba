"""What people write in Slack, as what wants an answer: mentions, messages, edits, deletions.

Knows nothing of sockets, nor of how an answer is shown. Whether a message is answered at all is
`bot.channels`' to say.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bot import channels
from bot.channels import Heard, Rules
from bot.conversations import Thread
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming
from bot.slack import written
from bot.slack.api import Json
from bot.slack.directory import Person
from bot.slack.workspace import Identity, Workspace

PLATFORM = "slack"

_WRITTEN = {None, "bot_message", "file_share", "me_message", "thread_broadcast"}
"""Subtypes of messages that somebody wrote; the others tell of joins, pins, topics."""


_REMEMBERED = 1000
"""Messages; what comes later again is found in the database."""

_Key = tuple[str, str, str | None]


class Messages:
    """Brings what is written to the inbox."""

    def __init__(self, workspace: Workspace, inbox: Inbox, identity: Identity) -> None:
        self._workspace = workspace
        self._inbox = inbox
        self._identity = identity
        self._taking: dict[_Key, asyncio.Task[bool]] = {}

    async def heard(self, body: Json) -> bool:
        """Take an `app_mention` or `message` event; False where it has to be delivered again."""
        event = body["event"]
        subtype = event.get("subtype")
        if subtype == "message_changed":
            return await self._changed(body)
        if subtype == "message_deleted":
            return await self._deleted(event)
        return subtype not in _WRITTEN or await self._written(body, event)

    async def _written(self, body: Json, event: Json) -> bool:
        if not self._of_somebody(event):
            return True
        message = _Message(body, event, self._identity)
        # A mention comes twice, as a mention and as a message: whichever is first is worked on.
        key = (message.channel, message.ts, message.version)
        taking = self._taking.get(key)
        if taking is None:
            taking = self._taking[key] = asyncio.create_task(self._take(message))
            taking.add_done_callback(partial(self._taken, key))
        return await asyncio.shield(taking)

    def _taken(self, key: _Key, taking: asyncio.Task[bool]) -> None:
        """Remember what is stored for a while; all else is tried again when it comes again."""
        if taking.cancelled() or taking.exception() or not taking.result():
            self._taking.pop(key, None)
        elif len(self._taking) > _REMEMBERED:
            del self._taking[next(iter(self._taking))]

    async def _take(self, message: _Message) -> bool:
        incoming = await self._incoming(message)
        if incoming is None:
            return True
        if message.version is None:
            return await self._inbox.receive(incoming)
        return await self._inbox.edited(incoming, version=message.version)

    def _of_somebody(self, event: Json) -> bool:
        """Tell whether a message is anybody's but the bot's own."""
        mine = event.get("user") == self._identity.user
        return not mine and event.get("bot_id") != self._identity.bot

    async def _changed(self, body: Json) -> bool:
        """Take an edit; a link's preview changes a message too, and is none."""
        event = body["event"]
        new, old = event["message"], event.get("previous_message") or {}
        if new.get("subtype") == "tombstone":
            return await self._deleted({**event, "deleted_ts": new["ts"]})
        edited = new.get("edited")
        if not edited or edited == old.get("edited") or new.get("text") == old.get("text"):
            return True
        if new.get("subtype") not in _WRITTEN:
            return True
        place = {name: event[name] for name in ("channel", "channel_type") if name in event}
        return await self._written(body, {**new, **place})

    async def _deleted(self, event: Json) -> bool:
        if not self._of_somebody(event.get("previous_message") or {}):
            return True
        channel, ts = str(event["channel"]), str(event["deleted_ts"])
        return await self._inbox.deleted(PLATFORM, channel, ts)

    async def _incoming(self, message: _Message) -> Incoming | None:
        """Return what is to be answered, None where nobody asked. Raises `PlatformError`."""
        rules = self._workspace.rules(message.channel)
        askers = await self._askers(message)
        if not (message.addressed or askers) and rules.respond == "mentions":
            return None
        person = await self._author(message)
        heard = self._heard(message, person, askers)
        task = channels.task(heard, rules)
        if task is None:
            return None
        text = await self._plain(message) if task == "answer" else heard.text
        return Incoming(
            thread=message.thread,
            message=f"bot:{message.root}" if task == "bot" else message.ts,
            asker=person.id,
            text=text,
            asked=moment(message.ts),
            language=person.language,
            task=task,
            sources=rules.sources,
            reach=self._reach(message, rules),
        )

    async def _askers(self, message: _Message) -> frozenset[str]:
        """Return who has asked in a message's thread, where that matters."""
        if message.addressed or message.root in {"", message.ts}:
            return frozenset()
        return await self._inbox.askers(message.thread)

    def _heard(self, message: _Message, person: Person, askers: frozenset[str]) -> Heard:
        user = self._identity.user
        return Heard(
            text=written.plain(message.text, user, {}),
            direct=message.direct,
            mentioned=message.mentioned,
            others_mentioned=written.addresses_others(message.text, user),
            ours=bool(askers),
            asked_here=person.id in askers,
            attachments=bool(message.event.get("files")),
            from_bot=person.bot,
            from_guest=person.guest,
            outsiders=message.external or person.outsider,
        )

    async def _author(self, message: _Message) -> Person:
        user = message.event.get("user")
        if user is None:
            return Person(str(message.event.get("bot_id")), "", bot=True)
        return await self._workspace.directory.person(str(user))

    async def _plain(self, message: _Message) -> str:
        others = written.people(message.text) - {self._identity.user}
        names = await self._workspace.directory.names(others)
        return written.plain(message.text, self._identity.user, names)

    def _reach(self, message: _Message, rules: Rules) -> Json:
        team = message.event.get("user_team") or message.event.get("team") or self._identity.team
        reach: Json = {"team": team}
        if message.direct:
            # As Slack shows agents' conversations: each question with its answer below it.
            beside = message.ts if self._workspace.agent else None
            reach["thread"] = message.event.get("thread_ts") or beside
        elif rules.private:
            reach["private"] = True
        return reach


@dataclass(frozen=True, slots=True)
class _Message:
    body: Json
    event: Json
    identity: Identity

    @property
    def channel(self) -> str:
        return str(self.event["channel"])

    @property
    def ts(self) -> str:
        return str(self.event["ts"])

    @property
    def version(self) -> str | None:
        """Return what tells this edit from others; None where it was not edited."""
        edited = self.event.get("edited")
        return str(edited["ts"]) if edited else None

    @property
    def text(self) -> str:
        return str(self.event.get("text") or "")

    @property
    def direct(self) -> bool:
        # An `app_mention` has no channel_type, and comes of no direct message.
        return self.event.get("channel_type") == "im" or self.channel.startswith("D")

    @property
    def mentioned(self) -> bool:
        return written.addresses(self.text, self.identity.user)

    @property
    def addressed(self) -> bool:
        return self.direct or self.mentioned

    @property
    def root(self) -> str:
        """Return the first message of its thread; empty for direct messages, all in one."""
        return "" if self.direct else str(self.event.get("thread_ts") or self.ts)

    @property
    def thread(self) -> Thread:
        return Thread(PLATFORM, self.channel, self.root)

    @property
    def external(self) -> bool:
        return bool(self.body.get("is_ext_shared_channel"))


def moment(ts: str) -> datetime:
    """Return the time of a message."""
    return datetime.fromtimestamp(float(ts), UTC)
