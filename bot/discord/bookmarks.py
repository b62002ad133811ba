"""How far the messages of each channel were dealt with, and catching up from there.

Discord redelivers nothing: what was written while no session lasted is read from the channels'
history. Knows nothing of what a message means.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
import structlog

_HORIZON = timedelta(days=1)
"""What is older is left alone: a late apology to somebody who has long gone elsewhere."""
_AT_ONCE = 8
"""Channels that are read beside each other."""
_MOST_UNLISTED = 500
"""Channels that no server lists (direct messages, old threads) are read, the latest ones."""
_SINCE = "0"
"""No channel: the bookmark that says when the bot came into being."""
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a channel is read again that could not be."""

_log = structlog.get_logger(__name__)

Take = Callable[[discord.Message], Awaitable[None]]
Note = Callable[[str, str], Awaitable[None]]
"""Stores the last message that was dealt with: channel and id."""


class Bookmarks:
    """For each channel the last message before which nothing is open."""

    def __init__(self, note: Note, before: Mapping[str, str]) -> None:
        self._note = note
        self._done = {channel: int(message) for channel, message in before.items()}
        self._since = self._done.pop(_SINCE, 0)
        self._open: dict[str, set[int]] = {}
        self._behind = dict(self._done)
        self._losses = 1
        """How often messages may have been missed since everything was read."""

    async def open(self) -> None:
        """Note when the bot came into being: from then on it reads what it has missed."""
        if not self._since:
            self._since = discord.utils.time_snowflake(datetime.now(UTC))
            await self._note(_SINCE, str(self._since))

    async def meet(self, channel: str, message: int) -> None:
        """Note a conversation that no server lists before its first message is dealt with."""
        if channel not in self._done:
            self._done[channel] = message - 1
            await self._note(channel, str(message - 1))

    def begin(self, channel: str, message: int) -> None:
        """Note that a message is being dealt with."""
        self._open.setdefault(channel, set()).add(message)

    async def end(self, channel: str, message: int) -> None:
        """Note that it has been dealt with."""
        # Of a message that came twice the first one to be through has removed it.
        open_ = self._open.get(channel, set())
        open_.discard(message)
        self._done[channel] = max(message, self._done.get(channel, 0))
        if not open_:
            self._open.pop(channel, None)
        if not self._losses:
            await self._mark(channel)

    async def _mark(self, channel: str) -> None:
        open_ = self._open.get(channel)
        await self._note(channel, str(min(open_) - 1 if open_ else self._done[channel]))

    def lose(self) -> None:
        """Note that messages may be missing from now on, until `catch_up` has been through."""
        if not self._losses:
            low = {channel: min(some) - 1 for channel, some in self._open.items()}
            self._behind = self._done | low
        self._losses += 1

    async def catch_up(self, client: discord.Client, take: Take) -> None:
        """Deal with what was missed in all channels that are known, and know the others now."""
        latest, behind, losses = _latest(client), self._behind, self._losses
        wanted = _wanted({**_unknown(client, latest, self._since), **behind}, latest)
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def read(channel: str, after: int) -> str | None:
            async with at_once:
                return None if await self._read(client, channel, after, take) else channel

        unread = set(await asyncio.gather(*(read(*one) for one in wanted)))
        for channel in latest.keys() - unread:
            self._done[channel] = max(latest[channel], self._done.get(channel, 0))
        if losses != self._losses:
            return  # it happened again meanwhile, and what follows it reads all of this anew
        self._losses = 0
        for channel in self._done.keys() - unread:
            if self._done[channel] != behind.get(channel):
                await self._mark(channel)

    async def _read(self, client: discord.Client, channel: str, after: int, take: Take) -> bool:
        """Deal with what follows a message; return whether the channel was read to its end."""
        for pause in (*_PAUSES, None):
            try:
                async for message in _history(client, channel, after):
                    after = message.id
                    await take(message)
            except (discord.Forbidden, discord.NotFound):
                return True
            except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
                _log.warning("not_caught_up", channel=channel, reason=type(error).__name__)
                if pause is not None:
                    await asyncio.sleep(pause)
            else:
                return True
        return False


def _latest(client: discord.Client) -> dict[str, int]:
    """Return the last message of each channel that a server lists and the bot can read."""
    found = {}
    for guild in client.guilds:
        places: list[discord.TextChannel | discord.VoiceChannel | discord.Thread] = []
        places += guild.text_channels
        places += guild.voice_channels
        places += guild.threads
        for place in places:
            # A thread whose parent is hidden has no permissions to look at.
            with contextlib.suppress(discord.ClientException):
                if place.permissions_for(guild.me).read_message_history:
                    found[str(place.id)] = place.last_message_id or place.id
    return found


def _unknown(client: discord.Client, latest: Iterable[str], since: int) -> dict[str, int]:
    """Return from where channels are read that were silent so far, or are new."""
    found = {}
    for channel in latest:
        place = client.get_channel(int(channel))
        guild = getattr(place, "guild", None)
        joined = guild.me.joined_at if guild is not None else None
        found[channel] = max(since, discord.utils.time_snowflake(joined) if joined else 0)
    return found


def _wanted(behind: Mapping[str, int], latest: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return which channels hold something new, and after which message."""
    oldest = discord.utils.time_snowflake(datetime.now(UTC) - _HORIZON)
    listed = [
        (channel, max(after, oldest))
        for channel, after in behind.items()
        if latest.get(channel, 0) > max(after, oldest)
    ]
    unlisted = sorted(
        (
            (channel, max(after, oldest))
            for channel, after in behind.items()
            if channel not in latest
        ),
        key=lambda one: -behind[one[0]],
    )
    return listed + unlisted[:_MOST_UNLISTED]


async def _history(
    client: discord.Client, channel: str, after: int
) -> AsyncIterator[discord.Message]:
    place = client.get_channel(int(channel)) or await client.fetch_channel(int(channel))
    if isinstance(place, discord.abc.Messageable):
        async for message in place.history(
            limit=None, after=discord.Object(after), oldest_first=True
        ):
            yield message
