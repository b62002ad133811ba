"""The gateway: a connection that is back within seconds, whatever ended it.

discord.py's own loop waits up to 17 minutes after a row of failures, 5 s before each new session
and 60 s for a peer that is silent; this one waits 5 s, what Discord asks for, and 3 s. Knows
nothing of what the events mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
import structlog
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.inbox.platform import RefusedError

_HANDSHAKE = 20.0
"""Seconds until a socket has to be open and greeted."""
_PAUSES = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Seconds before each further try of a row; the last one holds for all after it."""
_STABLE = 1.0
"""A session that was listened to for so many seconds ends a row of failures."""
_BETWEEN_SESSIONS = 5.0
"""Discord lets a bot identify once in 5 s (`max_concurrency` of "Get Gateway Bot")."""
_BEAT = 1.25
"""Seconds between heartbeats: 48 of the 120 messages that a minute allows."""
_SILENCE = 3.2
"""Seconds without a word, heartbeats being answered within 0.1 s, after which a peer is gone."""
_MOST_SILENCE = 30.0
"""A Discord that answers no heartbeat in time on the next connection either gets twice as long each
time, up to this."""

_FATAL: Mapping[int, str] = {
    4004: "Discord refuses the token: copy DISCORD_BOT_TOKEN again (developer portal, Bot)",
    4010: "Discord refuses the shard",
    4011: "the bot is in more servers than one connection can serve",
    4012: "Discord no longer speaks this version of its gateway: update Kurage Bot",
    4013: "Discord does not know an intent that was asked for: update Kurage Bot",
    4014: (
        "Discord does not grant the message content intent: switch it on (developer portal, Bot, "
        "Message Content Intent), or set message_content = false in [discord] of kurage.toml"
    ),
}

_log = structlog.get_logger(__name__)

# A warning at every start that there are no libraries for voice, which nobody wants here.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class Connection(discord.Client):
    """A client with a loop of its own for the gateway; events are its subclass's."""

    def __init__(self, intents: discord.Intents, proxy: str | None = None) -> None:
        super().__init__(
            intents=intents,
            proxy=proxy,
            allowed_mentions=discord.AllowedMentions.none(),
            # Nothing is looked up in them, and they grow with the servers.
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            # Seconds without a further server until the bot counts as ready.
            guild_ready_timeout=0.5,
        )
        self._failures = 0
        self._identified = -_BETWEEN_SESSIONS
        self._patience = _SILENCE
        self._listening = False
        self.let_in = False
        """Whether a session has ever begun: token and intents were good once."""

    @property
    def listening(self) -> bool:
        """Whether events come in now."""
        return self._listening and self.ws is not None and self.ws.open

    async def connect(self, *, reconnect: bool = True) -> None:  # noqa: ARG002 - it always does
        """Listen until `leave`. Raises `RefusedError` where Discord never will have it."""
        watching = asyncio.create_task(self._watch())
        how: dict[str, Any] = {"initial": True}
        try:
            while not self.is_closed():
                began = time.monotonic()
                resumable = await self._listen(how)
                if self._listening and time.monotonic() - began > _STABLE:
                    self._failures = 0
                self._listening = False
                self.dispatch("disconnect")
                how = self._next(resumable=resumable)
                await self._pause()
        finally:
            watching.cancel()
            self._listening = False

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Pass an event on, but for those that come after the end: servers arrive for a while."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def leave(self) -> None:
        """Close the gateway's socket for good; REST goes on until `close`."""
        if self.ws is not None and self.ws.open:
            with contextlib.suppress(TimeoutError, OSError, RuntimeError):
                async with asyncio.timeout(1):
                    await self.ws.close(code=1000)

    async def _listen(self, how: Mapping[str, Any]) -> bool:
        """Take events until the socket ends; return whether its session can be resumed."""
        try:
            opening = DiscordWebSocket.from_client(self, **how)
            async with asyncio.timeout(_HANDSHAKE):
                self.ws = await opening
            while True:
                await self.ws.poll_event()
        except ReconnectWebSocket as wish:
            return wish.resume
        except discord.ConnectionClosed as closed:
            if closed.code in _FATAL:
                raise RefusedError(_FATAL[closed.code]) from closed
            _log.warning("gateway_closed", code=closed.code)
        except (OSError, aiohttp.ClientError, TimeoutError, discord.DiscordException) as error:
            _log.warning("gateway_away", reason=type(error).__name__)
        return True

    def _next(self, *, resumable: bool) -> dict[str, Any]:
        """Return how the next socket begins: with what is known of the session, if anything."""
        former = self.ws
        if not resumable or former is None or former.session_id is None:
            return {"initial": False}
        how = {"resume": True, "session": former.session_id, "sequence": former.sequence}
        # The address that a session names may be the one that is away.
        return how | ({"gateway": former.gateway} if self._failures < 3 else {})

    async def _pause(self) -> None:
        # The first one of a row follows at once: an ended socket is everyday business.
        if self._failures:
            pause = _PAUSES[min(self._failures, len(_PAUSES)) - 1]
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
        self._failures += 1

    async def before_identify_hook(
        self,
        shard_id: int | None,  # noqa: ARG002 - the library's signature
        *,
        initial: bool = False,
    ) -> None:
        """Wait until a new session may begin; Discord asks for 1 to 5 s after a lost one."""
        since = time.monotonic() - self._identified
        least = 0.0 if initial else random.uniform(1.0, 1.5)  # noqa: S311 - no secret
        await asyncio.sleep(max(_BETWEEN_SESSIONS - since, least))
        self._identified = time.monotonic()

    async def on_connect(self) -> None:
        """Note that a session has begun."""
        self._listening = True
        self.let_in = True

    async def on_resumed(self) -> None:
        """Note that a session goes on; nothing was lost."""
        self._listening = True

    # A peer that is gone without a word

    async def _watch(self) -> None:
        """End a socket that is silent: a half-open one would not be noticed for a minute."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(_BEAT)
            late = time.monotonic() - before - _BEAT
            # After a pause of our own what has arrived meanwhile is read first.
            if late < 1 and self.ws is not None and self.ws.open:
                await self._beat(self.ws)

    async def _beat(self, ws: DiscordWebSocket) -> None:
        keeper = ws._keep_alive  # noqa: SLF001 - the library has no public word for it
        if keeper is None:
            return
        silence = time.perf_counter() - keeper._last_recv  # noqa: SLF001 - the same
        if silence > self._patience:
            _log.warning("gateway_silent", seconds=round(silence, 1))
            self._patience = min(2 * self._patience, _MOST_SILENCE)
            _cut(ws)
            return
        if silence < 2 * _BEAT:
            self._patience = _SILENCE
        with contextlib.suppress(TimeoutError, OSError, RuntimeError, discord.ConnectionClosed):
            async with asyncio.timeout(1):
                await ws.send_heartbeat(keeper.beat())


def _cut(ws: DiscordWebSocket) -> None:
    """End a connection at once: a farewell would be waited for, and nobody is there to say it."""
    connection = ws.socket.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
