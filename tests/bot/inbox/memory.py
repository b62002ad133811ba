"""A chat platform in memory, and a reader that answers from one document: working parts for tests.

The platform outlives the inboxes that use it, as a real one outlives the bot's processes. What its
people see is `Room.messages`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.answer import Answerer
from bot.conversations import Shown, Thread, Turn
from bot.exchange import Answer, Evidence, Generation, Passage, Statement, Style
from bot.inbox import (
    Author,
    Content,
    HandOver,
    Inbox,
    Incoming,
    Line,
    PlatformError,
    Record,
    RefusedError,
    Stage,
)
from bot.retrieve import Retriever
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

CHUNK = Chunk(0, "就業規則", ("休暇",), "取得日の3営業日前までに申請します。", "paragraph", "休暇")
DOCUMENT = IndexedDocument(
    "handbook", "rules.md", "1", "1", 1, "就業規則", "https://example.com/rules", owner="人事部"
)
HIT = Hit(9.0, DOCUMENT, CHUNK)


@dataclass(slots=True)
class Message:
    """What people see."""

    id: str
    turn: str
    text: str
    history: list[str] = field(default_factory=list)


class Room:
    """A platform with one channel that keeps what was posted."""

    name = "slack"
    account = "room"
    healthy = True

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.stages: list[tuple[str, Stage, int]] = []
        self.errors: list[PlatformError] = []
        """What the next calls of `show` raise, before they post anything."""
        self.lost: list[PlatformError] = []
        """What the next calls of `show` raise after they have posted."""
        self.gate = asyncio.Event()
        """Nothing is posted until it is set."""
        self.gate.set()
        self.posting: list[str] = []
        """Turns that have come to the point of being posted."""

    def reply(self, turn: Turn, record: Record) -> RoomReply:
        return RoomReply(self, turn, record)

    async def receive(self, inbox: Inbox, stop: asyncio.Event) -> None:
        await stop.wait()

    async def remove(self, messages: Sequence[Shown]) -> None:
        for shown in messages:
            self.messages.pop(shown.id, None)

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]


class RoomReply:
    def __init__(self, room: Room, turn: Turn, record: Record) -> None:
        self._room = room
        self._turn = turn
        self._record = record

    async def status(self, stage: Stage, before: int = 0) -> None:
        self._room.stages.append((self._turn.id, stage, before))

    def progress(self, answer: Answer) -> None:
        self._room.stages.append((self._turn.id, "writing", 0))

    async def find(self, formers: Collection[str] = ()) -> tuple[Shown, ...]:
        ours = {self._turn.id, *formers}
        return tuple(
            Shown("C1", message.id)
            for message in self._room.messages.values()
            if message.turn in ours
        )

    async def show(self, content: Content, known: Sequence[Shown]) -> tuple[Shown, ...]:
        room = self._room
        room.posting.append(self._turn.id)
        await room.gate.wait()
        if room.errors:
            raise room.errors.pop(0)
        text = said(content)
        standing = [one for one in known if one.id in room.messages]
        if standing:
            message = room.messages[standing[0].id]
            message.history.append(message.text)
            message.text, message.turn = text, self._turn.id
            await room.remove(standing[1:])
        else:
            message = Message(str(len(room.messages) + 1000), self._turn.id, text)
            while message.id in room.messages:
                message.id += "0"
            room.messages[message.id] = message
        if room.lost:
            raise room.lost.pop(0)
        return (Shown("C1", message.id),)

    async def drop(self) -> None:
        """Nothing is shown on its own."""


def said(content: Content) -> str:
    """Return what people read."""
    match content:
        case Line(name):
            return f"line: {name}"
        case HandOver(turn, _):
            return f"to a person: {turn.question}"
        case Answer(state="failed"):
            return "failed"
        case Answer():
            return "\n".join(part.text for part in content.statements) or content.state
        case sharing:
            return f"shared: {sharing.turn.question}"


class Library:
    """Finds the one document that there is."""

    def retrieve(self, question: str, principals: Any, **_: Any) -> Evidence:
        return Evidence((Passage(1, HIT),)) if principals else Evidence(())

    def reread(self, question: str, principals: Any, places: Any, **more: Any) -> Evidence:
        return self.retrieve(question, principals, **more)

    def widened(self, evidence: Evidence, cited: Any, **_: Any) -> Evidence:
        """Nothing stands around it."""
        return evidence


class Reader:
    """Answers any question with the question and the document."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        self.asked.append(question)
        await self.gate.wait()
        if self.error:
            raise self.error
        more = "もっと" if style == "long" and "長" in question else ""
        text = f"{question}: {evidence.passages[0].text}{more}"
        yield Generation((Statement(text, (1,)),), (1,), finished=True)


def author(reader: Reader, standalone: Any = None) -> Author:
    """Return who writes the answers of a test."""
    library: Any = Library()
    retriever: Retriever = library
    alone = standalone or (lambda _question, _before: None)
    return Author(Answerer(retriever, reader), alone, generator="reader")


def incoming(message: str = "1.1", text: str = "有給は？", **how: Any) -> Incoming:
    """Return a question in a thread of its own."""
    given = {
        "thread": Thread("slack", "C1", message),
        "message": message,
        "asker": "U1",
        "text": text,
        "asked": datetime.now(UTC),
    }
    return Incoming(**{**given, **how})


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.005)


def refusal() -> RefusedError:
    return RefusedError("the channel is gone")
