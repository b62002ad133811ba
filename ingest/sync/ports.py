"""What a sync needs of an index, what is asked of a sync, and how it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from ingest.index import Index
from ingest.sync.report import OnProgress

LIST_EVERY = timedelta(hours=24)
"""However good a change feed is, so often everything is listed and compared, unless told."""

KEEP_DELETED = timedelta(days=30)
"""So long what is gone can be restored, unless told."""


class SyncError(Exception):
    """A sync can not run; the message says what to change."""


class Writer(Index, Protocol):
    """An index that is written apart from the one that is searched."""

    @property
    def waits_for(self) -> Collection[str]:
        """Return the sources that a new generation still lacks before searches turn to it."""
        ...

    def publish(self) -> None:
        """Let searches find what was written, all of it at once; without a change, do nothing.

        What an earlier run wrote and did not publish counts as written.
        """
        ...


@runtime_checkable
class Notices(Protocol):
    """A connector that has something to say of what its last listing left out."""

    def noticed(self) -> Iterable[tuple[str, str]]:
        """Return where it is and what is to be said of it, for the report of the sync."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """How one source is to be synced; see `ingest.sync.sync`."""

    source: str
    on_progress: OnProgress
    full: bool = False
    only: str | None = None
    max_delete_share: float = 0.2
    list_every: timedelta = LIST_EVERY
    keep_deleted: timedelta = KEEP_DELETED
    owner: str | None = None
    spool: Path | None = None
