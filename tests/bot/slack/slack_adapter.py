"""A bot that serves the loopback Slack, for tests: the real inbox on SQLite, real sockets.

It runs in a thread with a loop of its own, as calls of the rig block. `crash` ends it as SIGKILL
would: nothing is handed back, nothing noted.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from rigs.slack_rig import SlackRig, from_manifest
from sqlalchemy import Engine, text

from bot.answer import Answerer
from bot.conversations import Conversations, Turn
from bot.conversations.values import Selection
from bot.exchange import Evidence, Generation, Passage, Statement, Style
from bot.inbox import Author, Inbox, InboxStore, Limits, Owner
from bot.indexed import IndexedSource
from bot.metrics import Metrics
from bot.migrations import open_database
from bot.retrieve import Retriever
from bot.settings import Slack
from bot.slack.platform import SlackPlatform
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

Json = dict[str, Any]

SOUMU, GENERAL, RANDOM, PARTNERS, HR = (
    "C0SOUMU001", "C0GENERAL1", "C0RANDOM01", "C0PARTNER1", "C0HR000001",
)  # fmt: skip
SATO, SUZUKI, HELPDESK = "U0SATO0001", "U0SUZUKI01", "S0HELPDESK"
MANIFEST_FILE = Path(__file__).parents[3] / "deploy" / "slack-manifest.yaml"
MANIFEST: Json = yaml.safe_load(MANIFEST_FILE.read_text("utf-8"))
APP = from_manifest(MANIFEST)

_CHUNK = Chunk(0, "就業規則", ("休暇",), "3営業日前までに申請します。", "paragraph", "休暇")
_DOCUMENT = IndexedDocument("handbook", "rules.md", "1", "1", 1, "就業規則", "https://x.example/r")
_HIT = Hit(9.0, _DOCUMENT, _CHUNK)


class Library:
    """Finds the one document that there is."""

    def retrieve(self, question: str, principals: Any, **_: Any) -> Evidence:
        return Evidence((Passage(1, _HIT),)) if "無い" not in question else Evidence(())

    def reread(self, question: str, principals: Any, places: Any, **more: Any) -> Evidence:
        return self.retrieve(question, principals, **more)

    def widened(self, evidence: Evidence, cited: Any, **_: Any) -> Evidence:
        """Nothing stands around it."""
        return evidence


class Reader:
    """Answers with the question, as often and as slowly as it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pieces = ["申請は3営業日前までです。"]
        """What an answer grows by."""
        self.pause = 0.0
        """Seconds before each of them."""
        self.gate = threading.Event()
        """No answer is finished until it is set."""
        self.gate.set()

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        self.asked.append(question)
        said = f"{question}への答え: "
        pieces = [
            *self.pieces,
            *(["もっと詳しく言うと、上長の承認が要ります。"] * (style == "long")),
        ]
        for piece in pieces:
            await asyncio.sleep(self.pause)
            said += piece
            yield _generation(said, evidence)
        while not self.gate.is_set():  # noqa: ASYNC110 - tests set it from another thread
            await asyncio.sleep(0.01)
        yield _generation(said, evidence, finished=True)


def slow(*pieces: str, pause: float = 0.0) -> Reader:
    """Return a reader that says these, and is not done until its gate is open."""
    reader = Reader()
    reader.pieces = list(pieces)
    reader.pause = pause
    reader.gate.clear()
    return reader


def _generation(said: str, evidence: Evidence, *, finished: bool = False) -> Generation:
    if not evidence.passages:
        return Generation((), finished=finished)
    return Generation((Statement(said, (1,)),), (1,), finished=finished)


def _alone(_question: str, _before: Any) -> None:
    """Take every question for complete as it stands."""


class Serving:
    """Starts bots on one workspace and one database, and ends those that still run."""

    def __init__(self, rig: SlackRig, database: Path) -> None:
        rig.reset(app=APP, limits={"enabled": False})
        self.rig = rig
        self._database = database
        self._engine: Engine | None = None
        self._bots: list[Served] = []

    def __enter__(self) -> Self:
        self._database.write_bytes(_migrated())
        self._engine = open_database(f"sqlite:///{self._database}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for bot in self._bots:
            bot.__exit__(kind, error, trace)
        if self._engine is not None:
            self._engine.dispose()
        self.rig.recover()

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """Take a table away for a while: the database refuses what needs it."""
        assert self._engine is not None
        self._sql(f"ALTER TABLE {table} RENAME TO away")
        try:
            yield
        finally:
            self._sql(f"ALTER TABLE away RENAME TO {table}")

    def _sql(self, statement: str) -> None:
        assert self._engine is not None
        with self._engine.begin() as connection:
            connection.execute(text(statement))

    def __call__(self, reader: Reader | None = None, **how: Any) -> Served:
        """Return a bot that serves; `how` as `Served` takes it."""
        assert self._engine is not None
        bot = Served(self.rig, self._engine, reader, **how)
        self._bots.append(bot)
        bot.__enter__()
        return bot


@cache
def _migrated() -> bytes:
    """Return an empty database with our tables: making them takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kurage.db"
        open_database(f"sqlite:///{path}").dispose()
        return path.read_bytes()


class Served:
    """A bot; a context manager. Its database outlives it."""

    def __init__(
        self,
        rig: SlackRig,
        engine: Engine,
        reader: Reader | None = None,
        *,
        of_sources: Mapping[str, tuple[str, ...]] | None = None,
        limits: Limits | None = None,
        **config: Any,
    ) -> None:
        """`of_sources`: who takes questions, by source; `config` are the keys of `[slack]`."""
        self.rig = rig
        self.reader = reader or Reader()
        self.log = Conversations(engine)
        self.metrics = Metrics()
        self.failed: BaseException | None = None
        self._engine = engine
        self._limits = limits
        self._config = Slack.model_validate(config)
        self._handover = of_sources or {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: list[asyncio.Task[Any]] = []
        self._stop = asyncio.Event()
        self.platform: SlackPlatform
        self.inbox: Inbox

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self.run(self._end(grace=2.0))
            self._close()

    def run(self, work: Coroutine[Any, Any, Any], timeout: float = 30) -> Any:
        """Return what a coroutine returns in the bot's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def crash(self) -> None:
        """End it at once."""
        self.run(self._end(grace=None))
        self._close()

    def until(self, condition: Callable[[], Any], timeout: float = 20) -> Any:
        """Return what a condition returns once it holds; it is looked at in this thread."""
        waiting = threading.Event()
        for _ in range(int(timeout / 0.02)):
            if found := condition():
                return found
            waiting.wait(0.02)
        raise TimeoutError("it did not come to be")

    def turns(self, **selection: Any) -> list[Turn]:
        """Return the log, oldest first."""
        return list(self.log.turns(Selection(**selection)))[::-1]

    def finished(self, count: int = 1) -> list[Turn]:
        """Return the log once so many turns are closed."""

        def closed() -> list[Turn]:
            found = self.turns()
            return found if len([one for one in found if one.finished]) >= count else []

        return list(self.until(closed))

    async def _start(self) -> None:
        self._stop = asyncio.Event()
        store = InboxStore(self._engine, Owner.current(), lease=2.0)
        library: Any = Library()
        retriever: Retriever = library
        author = Author(
            Answerer(retriever, self.reader),
            lambda question, _: question,  # type: ignore[arg-type, unused-ignore]
            generator="reader",
        )
        self.inbox = Inbox(store, self.log, author, limits=self._limits, metrics=self.metrics)
        self.platform = SlackPlatform(
            self.rig.bot_token,
            self.rig.app_token,
            api_url=self.rig.api_url,
            config=self._config,
            source_handover=self._handover,
            indexed=lambda: [IndexedSource("handbook", 12, None)],
            metrics=self.metrics,
        )
        self._tasks = [
            asyncio.create_task(self.inbox.run({"slack": self.platform})),
            asyncio.create_task(self._receive()),
        ]
        await until(lambda: self.platform.healthy or self.failed)

    async def _receive(self) -> None:
        try:
            await self.platform.receive(self.inbox, self._stop)
        except BaseException as error:
            self.failed = error
            raise

    async def _end(self, grace: float | None) -> None:
        self._stop.set()
        if grace is None:
            for task in self._tasks:
                task.cancel()
            await self.inbox._desk.close()
            self.inbox._database.close()
        else:
            await self.inbox.close(grace)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.platform.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def until(condition: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - whatever a test looks at
            await asyncio.sleep(0.01)


def own(rig: SlackRig, channel: str, **where: Any) -> list[Json]:
    """Return the bot's messages that stand in a channel; that it has joined is Slack's word."""
    seen = rig.screen(channel, **where)
    return [each for each in seen if each["own"] and each["subtype"] != "channel_join"]


def said(rig: SlackRig, channel: str, user: str, words: str, timeout: float = 10) -> Json:
    """Return the message of the bot that says something, as soon as a person sees it."""
    waiting = threading.Event()
    for _ in range(int(timeout / 0.05)):
        for each in own(rig, channel, user=user):
            if words in each["text"]:
                return each
        waiting.wait(0.05)
    shown = [each["text"] for each in rig.screen(channel, user=user)]
    raise TimeoutError(f"nobody said {words!r}: {shown}")
