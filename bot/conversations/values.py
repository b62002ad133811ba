"""The values that the conversation log takes and gives. Knows nothing of SQL."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.exchange import Language, State, Statement, Style

TurnState = Literal["received", "answering"] | State
Vote = Literal["up", "down"]

ShownKind = Literal["answer", "stream", "notice"]
"""A part of the answer, an answer that is still being streamed, a line until there is one."""

OPEN: tuple[TurnState, ...] = ("received", "answering")
"""States of a turn that somebody still waits for."""
STATES: tuple[TurnState, ...] = (*OPEN, "answered", "abstained", "failed")


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a conversation takes place, in the platform's own ids."""

    platform: str
    """`terminal`, `slack` or `discord`."""
    channel: str
    root: str = ""
    """Of the thread's first message; empty where the channel is one conversation."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot that people see, in the platform's own ids."""

    channel: str
    id: str
    kind: ShownKind = "answer"


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A passage that was found for a turn."""

    position: int
    """From 1, best first."""
    cited: int | None
    """Its number in the answer; None: not cited."""
    source: str
    document_id: str
    ordinal: int
    title: str
    heading: str
    """The path of headings, joined by ` › `; empty at the top of the document."""
    url: str
    score: float
    quote: str | None
    anchor: str = ""
    updated: datetime | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thinks of an answer."""

    user: str
    vote: Vote
    comment: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what became of it. All times are aware, in UTC."""

    id: str
    """Six characters that survive being read out on the telephone, such as K7F3Q2."""
    thread: Thread
    message: str | None
    asker: str
    question: str
    searched: str | None
    state: TurnState
    style: Style
    language: Language
    created: datetime
    updated: datetime
    finished: datetime | None = None
    statements: tuple[Statement, ...] = ()
    """The answer; references are numbers by which `passages` are cited."""
    confidence: float | None = None
    error: str | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    generator: str | None = None
    index_revision: str | None = None
    passages: tuple[ShownPassage, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    task: str = "answer"
    """What is wanted: see `bot.inbox.Incoming`."""
    about: str | None = None
    """The turn that a button belonged to."""
    replaces: str | None = None
    """The turn of the same message before it was edited: its messages are taken over."""
    sources: frozenset[str] | None = None
    """Names of the sources that may be used; None: all."""
    reach: Mapping[str, Any] = field(default_factory=dict)
    """What the platform needs to answer."""
    asked: datetime | None = None
    """When, by the platform's clock; None in the terminal."""
    attempts: int = 0
    """How often somebody began to answer it."""
    shown: tuple[Shown, ...] = ()
    """Its visible messages, in order."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which turns are wanted; what is None does not narrow."""

    since: datetime | None = None
    """Aware; the turn was opened at or after it."""
    until: datetime | None = None
    """Aware; the turn was opened before it."""
    platform: str | None = None
    asker: str | None = None
    states: frozenset[TurnState] | None = None
    source: str | None = None
    """A passage of this source was found."""
    text: str | None = None
    """Stands in the question, in what was searched or in the answer; see `folded`."""
    limit: int | None = None


def folded(text: str) -> str:
    """Return the text as it is compared: ＶＰＮ is vpn, ﾃﾚﾜｰｸ is テレワーク."""
    return unicodedata.normalize("NFKC", text).casefold()
