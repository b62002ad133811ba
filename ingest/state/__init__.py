"""The SQL that ingest needs: runs, cursors, failures, reader sets, groups, leases, tombstones.

One synchronous repository over SQLAlchemy that works on SQLite and PostgreSQL. Knows nothing of
documents' contents, and nothing of who asks: it is told principals.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from connectors.base import Group
from ingest.state.engine import StateError, open_engine
from ingest.state.failures import Failure, Failures
from ingest.state.leases import Lease, LeaseHeldError, hold
from ingest.state.reader_sets import ADMINISTRATOR, NOBODY, ReaderSets, both, reader_set_id
from ingest.state.tables import (
    Base,
    GroupMemberRow,
    RunRow,
    SourceRow,
)
from ingest.state.tombstones import Grave, Tombstone, Tombstones
from ingest.state.transactions import insert_new, transaction

__all__ = [
    "ADMINISTRATOR",
    "COUNTS",
    "NOBODY",
    "Base",
    "Failure",
    "Feed",
    "Grave",
    "Lease",
    "LeaseHeldError",
    "Run",
    "Source",
    "State",
    "StateError",
    "Tombstone",
    "both",
    "open_engine",
    "reader_set_id",
]


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a source stands."""

    cursor: str | None
    """None: it has no change feed, or must be listed in full."""
    listed: datetime | None
    """When it was last listed in full."""
    fingerprint: str | None = None
    """Of the pipeline whose index the cursor belongs to."""


@dataclass(frozen=True, slots=True)
class Run:
    """One sync of one source, as `kurage sources` shows it."""

    id: int
    source: str
    started: datetime
    finished: datetime | None
    outcome: str
    error: str | None
    report: Mapping[str, Any] | None
    written: int | None = None
    """Documents; None, as in the other counts, for a run that died or is an old one."""
    unchanged: int | None = None
    deleted: int | None = None
    readers_updated: int | None = None
    failed: int | None = None
    requests: int | None = None
    """Made to the source."""

    @property
    def seconds(self) -> float | None:
        """Return how long it took; None for one that has not ended."""
        return (self.finished - self.started).total_seconds() if self.finished else None


COUNTS = ("written", "unchanged", "deleted", "readers_updated", "failed", "requests")
"""What is counted of a run, each in a column of its own."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source that was synced at least once."""

    name: str
    kind: str
    location: str
    listed: datetime | None


class State(ReaderSets, Failures, Tombstones):
    """The repository; threads may share it. Every method is one transaction, or `StateError`."""

    # Sources, cursors and runs

    def register_source(self, name: str, *, kind: str, location: str) -> None:
        """Remember a source; one that is known gets the new kind and location."""
        with transaction(self._engine) as session:
            values = {"kind": kind, "location": location}
            if not insert_new(session, SourceRow, {"name": name, **values}):
                session.execute(update(SourceRow).where(SourceRow.name == name).values(values))

    def sources(self) -> list[Source]:
        """Return every known source by name."""
        with transaction(self._engine) as session:
            rows = session.scalars(select(SourceRow).order_by(SourceRow.name))
            return [Source(row.name, row.kind, row.location, row.listed) for row in rows]

    def forget_source(self, name: str) -> None:
        """Remove a source with its runs, failures, groups and tombstones."""
        with transaction(self._engine) as session:
            session.execute(delete(SourceRow).where(SourceRow.name == name))

    def feed(self, source: str) -> Feed:
        """Return where a source stands; an unknown one stands at the start."""
        with transaction(self._engine) as session:
            row = session.get(SourceRow, source)
            return Feed(row.cursor, row.listed, row.fingerprint) if row else Feed(None, None)

    def save_feed(
        self,
        source: str,
        *,
        cursor: str | None,
        fingerprint: str | None = None,
        listed: datetime | None = None,
    ) -> None:
        """Save a cursor, and the time of a full listing if this was one."""
        values: dict[str, Any] = {"cursor": cursor, "fingerprint": fingerprint}
        if listed is not None:
            values["listed"] = listed
        with transaction(self._engine) as session:
            session.execute(update(SourceRow).where(SourceRow.name == source).values(values))

    def start_run(self, source: str) -> int:
        """Return the id of a new run; earlier ones that are still open are closed as interrupted.

        Call it while holding the lease of the source: then no other run of it is alive. A source
        that was not registered is, without kind and location.
        """
        with transaction(self._engine) as session:
            insert_new(session, SourceRow, {"name": source, "kind": "", "location": ""})
            session.execute(
                update(RunRow)
                .where(RunRow.source == source, RunRow.outcome == "running")
                .values(outcome="interrupted", finished=_now())
            )
            run = RunRow(source=source, started=_now(), host=socket.gethostname(), pid=os.getpid())
            session.add(run)
            session.flush()
            return run.id

    def finish_run(
        self,
        run: int,
        *,
        outcome: str,
        report: Mapping[str, Any],
        error: str | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """Close a run with its report and what was counted, by the names in `COUNTS`."""
        values = {"outcome": outcome, "finished": _now(), "report": dict(report), "error": error}
        values |= {name: count for name, count in (counts or {}).items() if name in COUNTS}
        with transaction(self._engine) as session:
            session.execute(update(RunRow).where(RunRow.id == run).values(values))

    def runs(self, source: str | None = None, *, limit: int = 20) -> list[Run]:
        """Return the latest runs, newest first."""
        query = select(RunRow).order_by(RunRow.id.desc()).limit(limit)
        if source is not None:
            query = query.where(RunRow.source == source)
        with transaction(self._engine) as session:
            return [_run(row) for row in session.scalars(query)]

    # Groups

    def replace_groups(self, source: str, groups: Iterable[Group]) -> None:
        """Hold exactly these groups of a source."""
        rows = [
            {"source": source, "principal": group.principal, "member": member}
            for group in groups
            for member in sorted(group.members)
        ]
        with transaction(self._engine) as session:
            session.execute(delete(GroupMemberRow).where(GroupMemberRow.source == source))
            if rows:
                session.execute(insert(GroupMemberRow), rows)

    def groups_of(self, principals: Collection[str]) -> frozenset[str]:
        """Return `principals` with every group that one of them belongs to, through any depth."""
        found = set(principals)
        frontier = set(principals)
        with transaction(self._engine) as session:
            while frontier:
                query = select(GroupMemberRow.principal).where(GroupMemberRow.member.in_(frontier))
                frontier = set(session.scalars(query)) - found
                found |= frontier
        return frozenset(found)

    def lease(self, name: str, *, seconds: float = 600) -> AbstractContextManager[Lease]:
        """Hold `name` for this process alone; see `ingest.state.leases.hold`."""
        return hold(self._engine, name, seconds=seconds)


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        source=row.source,
        started=row.started,
        finished=row.finished,
        outcome=row.outcome,
        error=row.error,
        report=row.report,
        written=row.written,
        unchanged=row.unchanged,
        deleted=row.deleted,
        readers_updated=row.readers_updated,
        failed=row.failed,
        requests=row.requests,
    )


def _now() -> datetime:
    return datetime.now(UTC)
