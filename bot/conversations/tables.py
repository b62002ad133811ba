"""The tables of conversations, beside those of ingest in the same metadata.

Knows nothing of how they are read and written; `bot/migrations` creates them. What a document says
is not kept here, only where it stands and the sentence that was quoted: deleting a document from
its source must not leave its text behind.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ingest.state import Base

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """Return the text as every database stores it: no NUL, no half of a surrogate pair.

    PostgreSQL refuses both, and SQLite cuts a search at NUL. They become U+FFFD; a whole pair,
    which only a careless decoder makes, becomes the character it means.
    """
    if not _UNSTORABLE.search(text):
        return text
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\x00", "\ufffd")


class _CleanText(TypeDecorator[str]):
    """Text from outside, cleaned on its way in and in comparisons."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else clean(value)


Outside = Annotated[str, mapped_column(_CleanText)]
"""A column of text that somebody else wrote."""
TurnKey = Annotated[str, mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))]


class ConversationRow(Base):
    """A thread, a direct message or a terminal session: what a follow-up refers back to."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("platform", "channel", "thread"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[Outside]
    channel: Mapped[Outside]
    thread: Mapped[Outside]
    """The platform's id of the thread's first message; empty where the channel is one thread."""
    started: Mapped[datetime]


class TurnRow(Base):
    """A question and what became of it."""

    __tablename__ = "turns"
    __table_args__ = (
        # The inbox: a message that is delivered twice is one turn. A NULL message is never equal.
        UniqueConstraint("platform", "channel", "message"),
        Index(None, "created", "id"),
        # What is open is looked for every few seconds, and is a handful of rows.
        Index(None, "state"),
        Index(None, "about"),
    )

    id: Mapped[str] = mapped_column(String(6), primary_key=True)
    # No cascade: a purge that finds a conversation empty must not take a turn that came meanwhile.
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    platform: Mapped[Outside]
    """The conversation's, again: a unique key can not reach into another table."""
    channel: Mapped[Outside]
    message: Mapped[Outside | None]
    """The platform's id of the message, or of the command or button; NULL in the terminal."""
    asker: Mapped[Outside]
    question: Mapped[Outside]
    searched: Mapped[Outside | None]
    """What was searched for, where a follow-up had to be completed."""
    state: Mapped[str] = mapped_column(String(16))
    style: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(8))
    statements: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """`{"text", "references", "verbatim"}` each, with "doubts" where there are any; references are
    numbers of cited passages."""
    confidence: Mapped[float | None] = mapped_column(Float)
    error: Mapped[Outside | None]
    """Why it failed, for the administrator."""
    timings_ms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    generator: Mapped[str | None]
    index_revision: Mapped[str | None]
    created: Mapped[datetime]
    updated: Mapped[datetime]
    finished: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    """Which process answers it, where several share the work."""
    lease_expires: Mapped[datetime | None]
    task: Mapped[str] = mapped_column(String(32), default="answer", server_default="answer")
    about: Mapped[str | None] = mapped_column(String(6))
    """The turn that a button belonged to; no foreign key: the two are purged apart."""
    replaces: Mapped[str | None] = mapped_column(String(6))
    """The turn whose message was edited since: this one takes over its messages."""
    sources: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """Names of the sources that may be used; NULL: all."""
    reach: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What the platform needs to answer."""
    asked: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")

    conversation: Mapped[ConversationRow] = relationship(lazy="raise")
    passages: Mapped[list[PassageRow]] = relationship(
        lazy="raise", order_by="PassageRow.position", passive_deletes=True
    )
    feedback: Mapped[list[FeedbackRow]] = relationship(
        lazy="raise", order_by="FeedbackRow.created", passive_deletes=True
    )
    shown: Mapped[list[MessageRow]] = relationship(
        lazy="raise", order_by="MessageRow.position", passive_deletes=True
    )


class PassageRow(Base):
    """A passage that was found for a turn, and whether the answer cites it."""

    __tablename__ = "passages"

    turn_id: Mapped[TurnKey] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """From 1, best first."""
    cited: Mapped[int | None]
    """Its number in the answer; NULL: not cited."""
    source: Mapped[Outside]
    document_id: Mapped[Outside]
    ordinal: Mapped[int]
    title: Mapped[Outside]
    heading: Mapped[Outside]
    url: Mapped[Outside]
    """With the fragment of the place."""
    score: Mapped[float] = mapped_column(Float)
    quote: Mapped[Outside | None]
    """The sentence that bears the answer, word for word."""
    anchor: Mapped[Outside] = mapped_column(default="", server_default="")
    """Of the place in the document, without `#`."""
    updated: Mapped[datetime | None]
    """When the document was last changed."""
    owner: Mapped[Outside | None]


class TraceRow(Base):
    """What was asked of models for a turn, and how their answer was checked."""

    __tablename__ = "traces"

    turn_id: Mapped[TurnKey] = mapped_column(primary_key=True)
    calls: Mapped[list[Any]] = mapped_column(JSON)
    """Each with its prompt, where a mark stands for each passage: see the top of this file."""
    checks: Mapped[list[Any]] = mapped_column(JSON)


class MessageRow(Base):
    """A message of the bot that people see."""

    __tablename__ = "messages"

    platform: Mapped[Outside] = mapped_column(primary_key=True)
    channel: Mapped[Outside] = mapped_column(primary_key=True)
    id: Mapped[Outside] = mapped_column(primary_key=True)
    """The platform's own."""
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    """Of the parts of one answer, from 0."""
    kind: Mapped[str] = mapped_column(String(8))


class HeardRow(Base):
    """The last message of a channel that was dealt with, for platforms that redeliver nothing."""

    __tablename__ = "heard"

    platform: Mapped[Outside] = mapped_column(primary_key=True)
    channel: Mapped[Outside] = mapped_column(primary_key=True)
    message: Mapped[Outside]


class FeedbackRow(Base):
    """What somebody thinks of an answer; the last word of each person counts."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("value IN (-1, 1)", name="value"),)

    turn_id: Mapped[TurnKey] = mapped_column(primary_key=True)
    given_by: Mapped[Outside] = mapped_column(primary_key=True)
    value: Mapped[int]
    """1: helpful, -1: not."""
    comment: Mapped[Outside | None]
    created: Mapped[datetime]
