"""The Connector port: what every source of documents has to answer, and the values that it emits.

Knows nothing of how documents are extracted, chunked or searched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

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
class Unread:
    """A document that could not be fetched; the others can."""

    ref: Ref
    reason: str
    """Says what to change; without the document's name."""


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


@dataclass(frozen=True, slots=True)
class Remark:
    """What a connector says of its own health, for `kurage doctor`."""

    level: Literal["ok", "warning", "problem"]
    message: str
    """What is, and what to change where it is wrong. Never holds a secret."""


class Connector(Protocol):
    """One source of documents.

    Every method raises `ConnectorError` when the source refuses or can not be reached. A listing
    that could not be completed must raise, never end early: the caller deletes what a full listing
    lacks. What was yielded before it raised is true.
    """

    @property
    def requests(self) -> int:
        """Return how many requests were made to the source so far; 0 where there is no service."""
        ...

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        """Yield what changed since `cursor`; with None, a full listing of every document."""
        ...

    def fetch(self, ref: Ref) -> Document:
        """Return the document with its bytes, at `ref.version` or newer."""
        ...

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield each of the documents once, in any order, or why it could not be fetched.

        In whatever batches and parallel requests the source likes. It runs only a little ahead of
        the caller, so that memory stays bounded however many there are; whoever stops early closes
        the iterator. Raises where no further document can be fetched at all: the credentials
        expired, the source is away.
        """
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

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        """Return those of these ids that are really no documents of this source any more.

        A full listing lacked them. A listing can be wrong (a search index that lags, a page of
        results that was lost); this asks about each of them, in batches where the source allows.
        """
        ...

    def find(self, url: str) -> Ref | None:
        """Return the document at an address that a person copied, as a listing shows it now.

        None: the address is none of this source's, or leads to no document that it lists.
        """
        ...

    def examine(self) -> Iterator[Remark]:
        """Yield what `kurage doctor` tells: credentials, what can be seen, clock, quotas.

        Never raises for what is wrong at the source: that is a remark.
        """
        ...

    def close(self) -> None:
        """Release connections; a second call does nothing."""
        ...
