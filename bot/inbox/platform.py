"""The Platform port: what the inbox asks of Slack or Discord, and what they bring to it.

Knows nothing of either platform, nor of SQL. A platform turns events into `Incoming`, and an
answer into messages; when something is answered, once and only once, is the inbox's to decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bot.conversations import Shown, Thread, Turn
from bot.exchange import Answer, Language, Style

if TYPE_CHECKING:
    from bot.inbox.inbox import Inbox

Stage = Literal["searching", "writing", "queued"]
"""What a waiting person is told."""


class PlatformError(Exception):
    """A platform can not do what was asked, for now: it is tried again. The message says why."""


class RefusedError(PlatformError):
    """It will not do it, however often it is asked: a wrong token, a channel that is gone."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something that wants one visible answer, before it is stored."""

    thread: Thread
    """The conversation: earlier turns of it give a follow-up its meaning."""
    message: str
    """What it is known by in its channel: the platform's message id, else `KIND:EVENT`."""
    asker: str
    """The person's id on the platform."""
    text: str
    """What was asked, without the bot's name; may be empty where `task` is a line."""
    asked: datetime
    """When, by the platform's clock; aware."""
    language: Language = "ja"
    """The person's, for the wording around the answer."""
    task: str = "answer"
    """`answer`, `hand_over`, `share`, or the name of a line of `Wording` to say instead."""
    style: Style = "short"
    sources: frozenset[str] | None = None
    """Names of the sources that may be used; None: all."""
    about: str | None = None
    """The turn that a button belongs to (`long` answers, `hand_over`, `share`)."""
    reach: Mapping[str, Any] = field(default_factory=dict)
    """What the platform needs to answer, JSON. What has `token` or `url` in its name is forgotten
    when the turn is answered."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of `Wording` by name, said instead of an answer."""

    name: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """A question that a person shall answer, with what was found for it."""

    turn: Turn
    """The one that is handed over."""
    answer: Answer


@dataclass(frozen=True, slots=True)
class Sharing:
    """An answer that its asker alone has seen, now for the channel."""

    turn: Turn
    answer: Answer


Content = Answer | Line | HandOver | Sharing
"""What a turn shows in the end."""

Record = Callable[[Shown], Awaitable[None]]
"""Stores that a message is visible, before anything more is written into it."""


class Reply(Protocol):
    """The visible side of one turn. Made anew by each process that works on it."""

    async def status(self, stage: Stage, before: int = 0) -> None:
        """Show what is being done, `before` questions being ahead; best effort, never raises."""
        ...

    def progress(self, answer: Answer) -> None:
        """Show how far the answer has grown; returns at once, and never raises."""
        ...

    async def find(self, formers: Collection[str] = ()) -> tuple[Shown, ...]:
        """Return this turn's messages that stand on the platform, in order; asked after a crash.

        And those of `formers`, the turns of the same message before it was edited.

        Beside those of `turn.messages`: what reached the platform when nobody could note it.
        Messages that only their asker sees are never found. Raises `PlatformError`.
        """
        ...

    async def show(self, content: Content, known: Sequence[Shown]) -> tuple[Shown, ...]:
        """Make the visible messages say the content, and return them, all parts in order.

        `known` are visible already: they are changed in place, further ones posted, those that
        are left over removed. Status and typing end. Raises `PlatformError` where that may help
        later (the next try is told what `find` finds), `RefusedError` where it never will.
        """
        ...

    async def drop(self) -> None:
        """Stop showing progress; nothing more will come of this reply. Never raises."""
        ...


class Platform(Protocol):
    """A chat platform."""

    @property
    def name(self) -> str:
        """Return `slack` or `discord`: `Thread.platform` of what it brings."""
        ...

    @property
    def account(self) -> str:
        """Return the bot's name there, for people; empty until it is known."""
        ...

    @property
    def healthy(self) -> bool:
        """Tell whether it hears people now: connected, with a token that is valid."""
        ...

    @property
    def let_in(self) -> bool:
        """Tell whether the platform has ever let the bot in: a later refusal may be taken back."""
        ...

    async def receive(self, inbox: Inbox, stop: asyncio.Event) -> None:
        """Connect and bring every event to the inbox until `stop` is set, then stop listening.

        What is open can still be answered until `close`. Raises `RefusedError` where tokens or
        scopes are wrong, with what to change.
        """
        ...

    def reply(self, turn: Turn, record: Record) -> Reply:
        """Return the visible side of a turn."""
        ...

    async def remove(self, messages: Sequence[Shown]) -> None:
        """Take messages of the bot away; those that are gone count as done."""
        ...

    async def close(self) -> None:
        """End all connections."""
        ...
