"""Inboxes on one database and one platform, each as a process of its own would be."""

from __future__ import annotations

import asyncio
from typing import Any

from memory import Reader, Room, author, until
from sqlalchemy import Engine

from bot.conversations import Conversations, Turn
from bot.conversations.values import Selection
from bot.inbox import Inbox, InboxStore, Limits, Owner


class Office:
    """Starts inboxes on one database and one platform, and lets them die."""

    def __init__(self, engine: Engine, room: Room, reader: Reader) -> None:
        self.engine = engine
        self.room = room
        self.reader = reader
        self.log = Conversations(engine)
        self._running: list[tuple[Inbox, asyncio.Task[None]]] = []

    async def open(
        self,
        *,
        limits: Limits | None = None,
        owner: Owner | None = None,
        lease: float = 30.0,
        standalone: Any = None,
    ) -> Inbox:
        """Return an inbox that works."""
        store = InboxStore(self.engine, owner or Owner.current(), lease=lease)
        by = author(self.reader, standalone)
        inbox = Inbox(store, self.log, by, limits=limits)
        self._running.append((inbox, asyncio.create_task(inbox.run({"slack": self.room}))))
        await asyncio.sleep(0)
        return inbox

    async def crash(self) -> None:
        """End all inboxes as SIGKILL would: nothing is handed back, nothing noted."""
        for inbox, task in self._running:
            task.cancel()
            await inbox._desk.close()
            # SIGKILL would end what a thread does; here it is waited for.
            await asyncio.to_thread(inbox._database._threads.shutdown)
            await asyncio.gather(task, return_exceptions=True)
        self._running.clear()

    def turns(self) -> list[Turn]:
        """Return the log, oldest first."""
        return list(self.log.turns(Selection()))[::-1]

    async def settled(self) -> list[Turn]:
        """Return the log once nothing is open."""
        await until(lambda: all(inbox.open_turns == 0 for inbox, _ in self._running))
        await until(lambda: all(turn.finished is not None for turn in self.turns()))
        return self.turns()
