"""Events of the gateway, each brought to the inbox; what was missed is read afterwards.

Knows nothing of how anything is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import discord
import structlog

from bot.conversations import ConversationsError, Thread, Turn
from bot.discord.bookmarks import Bookmarks
from bot.discord.connection import Connection
from bot.discord.heard import PLATFORM, Ear, Languages
from bot.discord.interactions import Interactions
from bot.discord.reply import Reach
from bot.discord.rest import Rest
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming
from bot.settings import Discord

_AGAIN = 1.0
"""Seconds before something is brought again to an inbox whose database was away."""
_OLD_EDIT = timedelta(minutes=15)
"""An update of a message that was edited longer ago brings something else: a preview, a pin."""

_log = structlog.get_logger(__name__)


class Listener:
    """Takes the events of one client, from its login to its end."""

    def __init__(
        self,
        client: discord.Client,
        inbox: Inbox,
        rest: Rest,
        *,
        config: Discord,
        source_handover: Mapping[str, tuple[str, ...]],
        languages: Languages,
    ) -> None:
        self._client = client
        self._inbox = inbox
        self._languages = languages
        self._source_handover = source_handover
        self._ear = Ear(client, inbox, config, languages)
        self._bookmarks = Bookmarks(self._note, {})
        self._tasks: set[asyncio.Task[None]] = set()
        self._catching_up = asyncio.Lock()
        self.interactions = Interactions(
            rest, inbox, self._ear, languages, receive=self._bring, people=self._people
        )

    async def remember(self) -> None:
        """Learn how far each channel was dealt with, before anything new comes in."""
        while True:
            try:
                before = await self._inbox.heard(PLATFORM)
            except ConversationsError as error:
                _log.warning("database_away", reason=str(error))
                await asyncio.sleep(_AGAIN)
            else:
                self._bookmarks = Bookmarks(self._note, before)
                await self._bookmarks.open()
                return

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Deal with an event beside the others."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConversationsError as error:
            _log.warning("database_away", reason=str(error))
        except Exception:  # noqa: BLE001 - a fault in one event must not end the others
            _log.exception("fault", platform=PLATFORM)

    async def settle(self, grace: float) -> None:
        """Let events in progress come to their end, for so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Messages

    def heard(self, message: discord.Message) -> None:
        """Take a new message."""
        self._bookmarks.begin(str(message.channel.id), message.id)
        self.spawn(self._heard(message))

    async def missed(self, message: discord.Message) -> None:
        """Take a message that history holds."""
        self._bookmarks.begin(str(message.channel.id), message.id)
        await self._guarded(self._heard(message))

    async def _heard(self, message: discord.Message) -> None:
        if isinstance(message.channel, discord.DMChannel):
            await self._bookmarks.meet(str(message.channel.id), message.id)
        incoming = await self._ear.incoming(message)
        if incoming is not None:
            await self._bring(incoming)
        # Not where something went wrong above: it is read again after the next start.
        await self._bookmarks.end(str(message.channel.id), message.id)

    async def _bring(self, incoming: Incoming) -> None:
        await _stored(lambda: self._inbox.receive(incoming))

    async def edited(self, message: discord.Message) -> None:
        """Take a message that changed; where nobody edited it, a preview was added or the like."""
        when = message.edited_at
        if when is None or datetime.now(UTC) - when > _OLD_EDIT:
            return
        incoming = await self._ear.incoming(message, edited=when)
        if incoming is None:
            return
        await _stored(lambda: self._inbox.edited(incoming, version=when.isoformat()))

    async def deleted(self, channel: int, messages: set[int]) -> None:
        """Take it that messages are gone."""
        # What was asked in a thread may belong to the conversation that it was opened on.
        parent = getattr(self._client.get_channel(channel), "parent_id", None)
        for message in sorted(messages):
            for place in (channel, parent):
                if place is not None:
                    gone = partial(self._inbox.deleted, PLATFORM, str(place), str(message))
                    await _stored(gone)

    # Servers

    async def joined(self, guild: discord.Guild) -> None:
        """Say what the bot is for, where a server wants to hear such things."""
        place = guild.system_channel
        if place is None or not place.permissions_for(guild.me).send_messages:
            return
        since = guild.me.joined_at or datetime.now(UTC)
        locale = guild.preferred_locale
        await self._bring(
            Incoming(
                thread=Thread(PLATFORM, str(place.id), f"join:{since.timestamp():.0f}"),
                message=f"join:{since.timestamp():.0f}",
                asker=str(guild.owner_id or 0),
                text="",
                asked=datetime.now(UTC),
                language=self._languages.of(guild.owner_id or 0, "", locale),
                task="invited",
                reach=Reach(quiet=True).stored(),
            )
        )

    # Gaps

    def lost(self) -> None:
        """Note that a new session begins: what came before it may have been missed."""
        self._bookmarks.lose()

    async def catch_up(self) -> None:
        """Read what was missed."""
        async with self._catching_up:
            await self._bookmarks.catch_up(self._client, self.missed)

    async def _note(self, channel: str, message: str) -> None:
        await self._inbox.hear(PLATFORM, channel, message)

    # Hand-over

    async def _people(self, turn: Turn) -> tuple[str, ...]:
        """Return who takes over: the channel's people, else those of the cited sources."""
        rules = self._ear.rules(await self._place(turn))
        if rules.handover:
            return rules.handover
        found = await self._inbox.answer(turn.id)
        if found is None:
            return ()
        answer = found[1]
        hits = [source.hit for source in answer.sources] or list(answer.nearest)
        named = [self._source_handover.get(hit.document.source, ()) for hit in hits]
        return tuple(dict.fromkeys(one for some in named for one in some))

    async def _place(self, turn: Turn) -> object:
        channel = int(turn.reach.get("channel") or turn.thread.channel)
        known = self._client.get_channel(channel)
        if known is not None:
            return known
        with contextlib.suppress(discord.DiscordException, OSError):
            return await self._client.fetch_channel(channel)
        return discord.Object(channel)


async def _stored(bring: Callable[[], Awaitable[bool]]) -> None:
    """Bring something to the inbox until it is stored, as Discord will not bring it again."""
    while True:
        if await bring():
            return
        await asyncio.sleep(_AGAIN)


class Events(Connection):
    """A client whose events a listener takes."""

    listener: Listener

    async def on_connect(self) -> None:
        await super().on_connect()
        self.listener.lost()

    async def on_ready(self) -> None:
        """Read what was missed, now that the servers are known."""
        self.listener.spawn(self.listener.catch_up())

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet."""
        self.listener.spawn(self.listener.joined(guild))

    async def on_message(self, message: discord.Message) -> None:
        """Take a message."""
        self.listener.heard(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Take an edit."""
        self.listener.spawn(self.listener.edited(event.message))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Take a deletion."""
        self.listener.spawn(self.listener.deleted(event.channel_id, {event.message_id}))

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Take many."""
        self.listener.spawn(self.listener.deleted(event.channel_id, event.message_ids))

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take a command, a button or a form."""
        self.listener.spawn(self.listener.interactions.take(interaction))

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log a fault without what people wrote."""
        _log.exception("fault", platform=PLATFORM, event_name=event_method)
