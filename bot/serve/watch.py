"""Looks after what nobody asks for: new revisions of the index, the database, connections.

A new revision is opened here, within seconds of the end of a sync, and not while a person waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

from bot.app import App
from bot.conversations import ConversationsError
from bot.conversations.errors import explained
from bot.serve.health import Condition
from bot.serve.notices import Notices
from ingest.index import SearchIndexError
from ingest.state import StateError

if TYPE_CHECKING:
    from ingest.edge import EdgeIndex
    from ingest.server import ServerIndex

_EVERY = 2.0
"""Seconds between two looks at the index: what a sync publishes has to be served within 5."""
_CONNECTIONS_EVERY = 0.1
"""Seconds between two looks at the connections, which cost nothing."""

_log = structlog.get_logger(__name__)


class Watch:
    """Looks again and again, until it is told to stop."""

    def __init__(self, kurage: App, condition: Condition, notices: Notices) -> None:
        self._kurage = kurage
        self._condition = condition
        self._notices = notices
        self._index: EdgeIndex | ServerIndex | None = None
        self._complaint = ""
        self._heard: dict[str, bool] = {}

    async def parts(self, stop: asyncio.Event) -> None:
        """Keep up with the index, and with the database where no inbox does."""
        while not stop.is_set():
            await asyncio.to_thread(self._look)
            await _pause(_EVERY, stop)

    async def connections(self, stop: asyncio.Event) -> None:
        """Tell when a platform is connected, and when it no longer is."""
        while not stop.is_set():
            self._tell()
            await _pause(_CONNECTIONS_EVERY, stop)

    def close(self) -> None:
        """Close the index, where it was opened to look at it only."""
        index, self._index = self._index, None
        if index:
            index.close()

    def _look(self) -> None:
        condition = self._condition
        try:
            # Asking where it comes from opens what was published since.
            condition.index = "ok" if self._opened().origin else "empty"
            complaint = ""
        except SearchIndexError as error:
            condition.index, complaint = "away", str(error)
        if condition.inbox is None:
            condition.database = self._database_answers()
        if complaint and complaint != self._complaint:
            _log.warning("index_away", reason=complaint)
        self._complaint = complaint

    def _opened(self) -> EdgeIndex | ServerIndex:
        if self._condition.inbox:
            self.close()
            return self._kurage.index
        # Nobody answers questions (yet): no encoder is loaded only to look at it.
        if self._index is None:
            self._index = self._kurage.open_index()
        return self._index

    def _database_answers(self) -> bool:
        try:
            engine = self._kurage.engine
            with explained(engine.url), engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (ConversationsError, StateError):
            return False
        return True

    def _tell(self) -> None:
        for name, platform in self._condition.platforms.items():
            hears = platform.healthy
            if hears and not self._heard.get(name):
                # Who the bot is there, where the platform tells.
                self._notices.connected(name, platform.account)
            elif not hears and self._heard.get(name):
                self._notices.disconnected(name)
            self._heard[name] = hears


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
