"""The tables that ingest needs, and the metadata that all tables of the program share.

`bot.conversations` adds its tables to `Base.metadata`; the revisions that create them stand in
`bot/migrations`. Knows nothing of who reads or writes a row.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC, also in SQLite, which stores no offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(
        self,
        value: Any | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]


class Base(DeclarativeBase):
    """All tables of the program; constraints have names, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, str: Text, dict[str, Any]: JSON}  # noqa: RUF012


class SourceRow(Base):
    """A source that was synced at least once."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    location: Mapped[str]
    """Folder, address or space; for people, never with a secret."""
    cursor: Mapped[str | None]
    """Where its change feed stands; None: the next run lists everything."""
    fingerprint: Mapped[str | None]
    """Of the pipeline whose index the cursor belongs to."""
    listed: Mapped[datetime | None]
    """When it was last listed in full, without an error."""


class RunRow(Base):
    """One sync of one source."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(
        String(255), ForeignKey("sources.name", ondelete="CASCADE"), index=True
    )
    started: Mapped[datetime] = mapped_column(index=True)
    finished: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16), default="running")
    """`running`, `finished`, `failed` (an error ended or limited it) or `interrupted`."""
    error: Mapped[str | None]
    report: Mapped[dict[str, Any] | None]
    host: Mapped[str]
    pid: Mapped[int]
    written: Mapped[int | None]
    unchanged: Mapped[int | None]
    deleted: Mapped[int | None]
    readers_updated: Mapped[int | None]
    failed: Mapped[int | None]
    requests: Mapped[int | None]
    """Made to the source. The counts stand in `report`, too; here they can be summed."""


class FailureRow(Base):
    """A document that could not be read, as its source listed it."""

    __tablename__ = "failures"

    source: Mapped[str] = mapped_column(
        String(255), ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    reason: Mapped[str]
    version: Mapped[str]
    readers_version: Mapped[str]
    fingerprint: Mapped[str]
    """Of the pipeline that failed on it: another one may do better."""
    lasting: Mapped[bool]
    """Whether the same bytes will fail again."""
    attempts: Mapped[int]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    next_attempt: Mapped[datetime | None]
    """Not tried again before; None: with the next run, or, if `lasting`, when it changes."""


class ReaderSetRow(Base):
    """One distinct tuple of layers of principals. Rows are only ever added."""

    __tablename__ = "reader_sets"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    readers: Mapped[str]
    """JSON: sorted layers of sorted principals."""


class GroupMemberRow(Base):
    """A direct member of a group principal."""

    __tablename__ = "group_members"

    source: Mapped[str] = mapped_column(
        String(255), ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True
    )
    principal: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(primary_key=True, index=True)


class TombstoneRow(Base):
    """A document that was indexed once and is gone from its source."""

    __tablename__ = "tombstones"

    source: Mapped[str] = mapped_column(
        String(255), ForeignKey("sources.name", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[str] = mapped_column(primary_key=True)
    deleted: Mapped[datetime]
    title: Mapped[str | None]
    url: Mapped[str | None]
    content: Mapped[bytes | None]
    """Its chunks as they were indexed, compressed; None once the set time is over."""
    restored: Mapped[datetime | None]
    """When somebody had it put back: syncs leave it then, although the source lacks it."""


class LeaseRow(Base):
    """Work that only one process may do at a time."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    host: Mapped[str]
    pid: Mapped[int]
    acquired: Mapped[datetime]
    expires: Mapped[datetime]


class QuestionRow(Base):
    """A question and answer that a model made of a chunk, and what people think of it."""

    __tablename__ = "questions"
    __table_args__ = (Index(None, "source", "document_id", "ordinal"), Index(None, "state"))

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """For people, such as Q7F3Q2."""
    source: Mapped[str]
    document_id: Mapped[str]
    ordinal: Mapped[int]
    chunk: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the chunk's text, in hexadecimal digits: another text needs other questions."""
    question: Mapped[str]
    answer: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    """`kept`, `approved`, `rejected` (by a person) or `dropped` (by the round trip)."""
    reason: Mapped[str | None]
    """Why it was dropped or rejected."""
    model: Mapped[str]
    created: Mapped[datetime]
    decided: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class QuestionedChunkRow(Base):
    """A chunk that a model was asked about, whatever came of it: it is not asked again."""

    __tablename__ = "questioned_chunks"

    source: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    chunk: Mapped[str] = mapped_column(String(64))
    model: Mapped[str]
    asked: Mapped[datetime]
