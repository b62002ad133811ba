"""The Connector port: what every source of documents has to answer, and the values that it emits.

Knows nothing of how documents are extracted, chunked or searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

ANYONE = "anyone"
"""Principal: every member of the organisation whom the bot serves; not the internet."""

Readers = tuple[frozenset[str], ...]
"""Layers of principals; a reader must be in every layer. An empty tuple fails closed: nobody may.

Principals are `anyone`, `domain:example.co.jp`, `group:confluence:eng`, `user:sato@example.co.jp`.
"""

READABLE_BY_ANYONE: Readers = (frozenset({ANYONE}),)


class ConnectorError(Exception):
    """A source, or one document of it, can not be read; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One document as a listing shows it: enough to see whether it must be fetched again."""

    id: str
    """The source's own id (content id, file id, relative path), never a title."""
    version: str
    """Changes when the content, title, address or metadata of the document changes."""
    readers_version: str
    """Changes when who may read the document changes; compared apart from `version`."""
    name: str
    """What people know it by (path or title); for progress and error lines only."""
    media_type: str | None = None
    """As the source declares it, or None: then the bytes decide."""
    size: int | None = None
    """Bytes, where the listing tells."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A change feed says that a document is no longer there (or no longer visible to us)."""

    id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a change feed stands. Everything yielded before it is covered by it."""

    value: str


@dataclass(frozen=True, slots=True)
class Document:
    """One fetched document: its bytes and what a reader of an answer wants to know of it."""

    ref: Ref
    title: str | None
    """None where the source has no title of its own: then the extracted one is used."""
    url: str
    """Where a click leads, without a fragment."""
    body: bytes
    media_type: str | None
    readers: Readers
    updated: datetime | None = None
    """Timezone-aware."""
    owner: str | None = None
    """The person or department to ask."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group principal of a source and its direct members (users or groups)."""

    principal: str
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Presence:
    """What the source says of one document right now: for the check before an answer is posted."""

    exists: bool
    version: str | None
    readers: Readers


class Connector(Protocol):
    """One source of documents.

    Every method raises `ConnectorError` when the source refuses or can not be reached. A listing
    that could not be completed must raise, never end early: the caller deletes what a full listing
    lacks.
    """

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        """Yield what changed since `cursor`; with None, a full listing of every document."""
        ...

    def fetch(self, ref: Ref) -> Document:
        """Return the document with its bytes, at `ref.version` or newer."""
        ...

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the document; what can not be read raises, so that nobody may."""
        ...

    def groups(self) -> Iterable[Group]:
        """Return the groups that `readers` may name."""
        ...

    def check(self, ref: Ref) -> Presence:
        """Return whether the document exists now, at which version and for whom."""
        ...
