"""A bot on Discord: the real platform and the real inbox, and a reader that a test can steer.

As a script it is the same bot in a process that can be killed: API, token, database.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, event

from bot.answer import Answerer
from bot.conversations import Conversations, Turn
from bot.conversations.values import Selection
from bot.discord.platform import DiscordPlatform
from bot.exchange import Evidence, Generation, Passage, Statement, Style
from bot.inbox import Author, Inbox, InboxStore, Limits, Owner
from bot.indexed import IndexedSource
from bot.metrics import Metrics
from bot.migrations import open_database
from bot.settings import Discord
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

CHUNK = Chunk(0, "就業規則", ("休暇",), "取得日の3営業日前までに申請します。", "paragraph", "休暇")
DOCUMENT = IndexedDocument(
    "handbook", "rules.md", "1", "1", 1, "就業規則", "https://example.com/rules", owner="人事部"
)
SLOW, LONG, UNKNOWN = "ゆっくり", "長文", "未知"
"""Words in a question that make its answer grow slowly, be long, or be none."""


class Reader:
    """Finds the one document that there is, and answers with the question and a sentence of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.delay = 0.0
        """Seconds that every answer takes."""
        self.pace = 0.4
        """Seconds between two pieces of an answer that grows slowly."""

    def retrieve(self, question: str, principals: Any, **_: Any) -> Evidence:
        return Evidence((Passage(1, Hit(9.0, DOCUMENT, CHUNK)),))

    def reread(self, question: str, principals: Any, places: Any, **more: Any) -> Evidence:
        return self.retrieve(question, principals, **more)

    def widened(self, evidence: Evidence, cited: Any, **_: Any) -> Evidence:
        """Nothing stands around it."""
        return evidence

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        self.asked.append(question)
        await asyncio.sleep(self.delay)
        if UNKNOWN in question:
            yield Generation((), finished=True)
            return
        text = f"答え: {question}。"
        if style == "long":
            text += "詳しくは、取得日の3営業日前までに勤怠システムから申請し、承認を待ちます。"
        sentences = [f"第{number:03}文で、規則の説明が続きます。" for number in range(160)]
        pieces = [text, *sentences] if LONG in question else [text]
        if SLOW in question:
            for number in range(6):
                yield Generation((Statement("書きかけ" * (number + 1), (1,)),), (1,))
                await asyncio.sleep(self.pace)
        statements = tuple(Statement(piece, (1,)) for piece in pieces)
        yield Generation(statements, (1,), finished=True)


def indexed() -> list[IndexedSource]:
    return [IndexedSource("handbook", 12, datetime(2026, 4, 1, tzinfo=UTC))]


class Bot:
    """One process's worth of bot, on the loop that runs it."""

    def __init__(
        self,
        engine: Engine,
        url: str,
        token: str,
        *,
        config: Discord | None = None,
        handover: tuple[str, ...] = (),
        limits: Limits | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.reader = reader or Reader()
        self.metrics = Metrics()
        library: Any = self.reader
        author = Author(Answerer(library, self.reader), lambda _question, _said: None)
        limits = limits or replace(Limits(), per_minute=1_000)
        store = InboxStore(engine, Owner.current())
        self.inbox = Inbox(store, Conversations(engine), author, limits=limits)
        self.platform = DiscordPlatform(
            token,
            api_url=url,
            config=config or Discord(),
            source_handover={"handbook": handover},
            indexed=indexed,
            metrics=self.metrics,
        )
        self.stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until `stop` is set, then finish what is open."""
        working = asyncio.create_task(self.inbox.run({"discord": self.platform}))
        try:
            await self.platform.receive(self.inbox, self.stop)
        finally:
            await self.inbox.close()
            await self.platform.close()
            await working
            # The sockets of a closed session end with the loop's next turns.
            await asyncio.sleep(0.01)


class Serving:
    """A bot in a thread with a loop of its own, so that a test may block while it answers."""

    def __init__(self, url: str, token: str, database: str, **options: Any) -> None:
        self._url, self._token = url, token
        self.engine = open_database(database)
        self._options = options
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._loop: asyncio.AbstractEventLoop
        self.bot: Bot
        self.error: Exception | None = None
        """What ended it, where it was not the test."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.bot.stop.set)
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()
        self.engine.dispose()

    def ended(self, timeout: float = 10.0) -> Exception | None:
        """Wait until the bot has given up, and return why."""
        self._thread.join(timeout)
        assert not self._thread.is_alive()
        return self.error

    def do(self, work: Any, timeout: float = 10.0) -> Any:
        """Run something beside the bot, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def turns(self) -> list[Turn]:
        """Return the log, oldest first."""
        return list(Conversations(self.engine).turns(Selection()))[::-1]

    def settled(self, count: int) -> list[Turn]:
        """Wait until so many turns are there and closed; return them, oldest first."""
        until(lambda: len(self.turns()) >= count)
        until(lambda: all(turn.finished for turn in self.turns()))
        return self.turns()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            try:
                runner.run(self._serve())
            except Exception as error:  # noqa: BLE001 - a test asks for it
                self.error = error

    async def _serve(self) -> None:
        self.bot = Bot(self.engine, self._url, self._token, **self._options)
        self._ready.set()
        await self.bot.run()


Serve = Callable[..., Serving]
"""Starts a bot with options of `Bot`, and waits until it listens."""


class Outage:
    """A database that can be away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _refuse(self, *_: Any) -> None:
        raise self._engine.dialect.loaded_dbapi.OperationalError("the database is away")

    def begin(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._refuse)

    def end(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._refuse)


def until(condition: Callable[[], bool], timeout: float = 30.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


async def _main(url: str, token: str, database: str) -> None:
    await Bot(open_database(database), url, token).run()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
