"""Discord as a platform: events become turns of the inbox, whatever it says becomes messages.

Puts the parts together and fills the port `Platform`. Knows nothing of how anything is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import structlog
import yarl
from discord.gateway import DiscordWebSocket

from bot.conversations import Shown, Turn
from bot.discord import commands
from bot.discord.heard import PLATFORM, Languages
from bot.discord.listener import Events, Listener
from bot.discord.login import intents, logged_in, point_at, proxy_for
from bot.discord.reply import Desk, DiscordReply
from bot.discord.rest import Rest
from bot.discord.typing import Typing
from bot.exchange import Language
from bot.inbox.inbox import Inbox
from bot.inbox.platform import PlatformError, Record
from bot.indexed import IndexedSource, ListIndexed
from bot.metrics import Metrics
from bot.settings import Discord

_GRACE = 3.0
"""Seconds that events in progress have after the gateway was left."""

_log = structlog.get_logger(__name__)


class DiscordPlatform:
    """Fills the port `Platform`."""

    def __init__(
        self,
        token: str,
        *,
        api_url: str | None,
        config: Discord,
        source_handover: Mapping[str, tuple[str, ...]],
        indexed: ListIndexed,
        metrics: Metrics,
        language: Language | None = None,
    ) -> None:
        """`api_url` ends in `/api/v10`; None is Discord's own. `language` None: by locale."""
        self._token = token
        self._api_url = api_url
        self._config = config
        self._source_handover = source_handover
        self._list_indexed = indexed
        self._rest = Rest(metrics)
        self._languages = Languages(language)
        self._client: Events | None = None
        self._let_in = False
        self._inbox: Inbox | None = None
        self._desk = Desk(
            rest=self._rest,
            typing=Typing(self._rest),
            indexed=self._indexed,
            shown_as=self._shown_as,
            acknowledged=self._acknowledged,
        )

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def account(self) -> str:
        """The bot's name in Discord, empty until it has logged in."""
        return str(self._client.user) if self._client and self._client.user else ""

    @property
    def healthy(self) -> bool:
        return self._client is not None and self._client.listening

    @property
    def let_in(self) -> bool:
        return self._let_in or (self._client is not None and self._client.let_in)

    async def receive(self, inbox: Inbox, stop: asyncio.Event) -> None:
        self._inbox = inbox
        stopping = asyncio.create_task(stop.wait())
        listening = asyncio.create_task(self._listen(inbox))
        try:
            await asyncio.wait({stopping, listening}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                await listening
        finally:
            for task in (stopping, listening):
                task.cancel()
            await asyncio.gather(stopping, listening, return_exceptions=True)
            await self._hush()

    async def _listen(self, inbox: Inbox) -> None:
        point_at(self._api_url)
        client = await logged_in(lambda: self._made(inbox), self._token, self._config)
        former, self._client = self._client, client
        if former is not None:
            self._let_in = self._let_in or former.let_in
            await former.close()
        application, user = client.application_id or 0, client.user
        self._rest.open(client.http, application, user.id if user else application)
        if self._api_url:
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(await self._rest.gateway())
        await self._register()
        await client.listener.remember()
        await client.connect()

    def _made(self, inbox: Inbox) -> Events:
        client = Events(intents(self._config), proxy_for(self._api_url))
        client.listener = Listener(
            client,
            inbox,
            self._rest,
            config=self._config,
            source_handover=self._source_handover,
            languages=self._languages,
        )
        return client

    async def _register(self) -> None:
        try:
            await commands.register(self._rest)
        except PlatformError as error:
            # Mentions need none of them, and the next start tries again.
            _log.warning("commands_not_registered", reason=str(error))

    async def _hush(self) -> None:
        if self._client is not None:
            await self._client.leave()
            await self._client.listener.settle(_GRACE)

    def reply(self, turn: Turn, record: Record) -> DiscordReply:
        return DiscordReply(self._desk, turn, record)

    async def remove(self, messages: Sequence[Shown]) -> None:
        for shown in messages:
            await self._rest.delete(shown.channel, shown.id)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    # What replies ask for

    async def _indexed(self) -> Sequence[IndexedSource]:
        return await asyncio.to_thread(self._list_indexed)

    async def _shown_as(self, channel: str, message: str) -> Turn | None:
        return await self._inbox.turn_shown_as(PLATFORM, channel, message) if self._inbox else None

    async def _acknowledged(self, interaction: str) -> None:
        if self._client is not None:
            await self._client.listener.interactions.acknowledged(interaction)
