"""What could not be read of a source, why, and when it is worth another attempt.

Knows nothing of why a document fails, nor of how long to wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select

from ingest.state.tables import FailureRow
from ingest.state.transactions import batches, transaction


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read, and why."""

    document_id: str
    name: str
    """What people know it by."""
    reason: str
    version: str
    """The version that failed."""
    readers_version: str
    fingerprint: str
    """Of the pipeline that failed on it; empty: it could not even be fetched."""
    lasting: bool
    """Whether the same bytes will fail again, so that only a change is worth another attempt."""
    attempts: int = 1
    next_attempt: datetime | None = None
    """Not tried again before; None: with the next run, or, if `lasting`, when it changes."""


class Failures:
    """The stored failures. Every method is one transaction, or `StateError`."""

    _engine: Engine

    def failures(self, source: str) -> dict[str, Failure]:
        """Return what could not be read of a source, by document id."""
        with transaction(self._engine) as session:
            rows = session.scalars(select(FailureRow).where(FailureRow.source == source))
            return {row.document_id: _failure(row) for row in rows}

    def record_failures(self, source: str, failures: Iterable[Failure]) -> None:
        """Remember documents that could not be read; a repeated one keeps its first date."""
        now = datetime.now(UTC)
        with transaction(self._engine) as session:
            for failure in failures:
                row = session.get(FailureRow, (source, failure.document_id))
                if row is None:
                    row = FailureRow(source=source, document_id=failure.document_id, first_seen=now)
                    session.add(row)
                row.name, row.reason, row.version = failure.name, failure.reason, failure.version
                row.readers_version, row.fingerprint = failure.readers_version, failure.fingerprint
                row.lasting, row.attempts = failure.lasting, failure.attempts
                row.next_attempt, row.last_seen = failure.next_attempt, now

    def clear_failures(self, source: str, document_ids: Iterable[str]) -> None:
        """Forget failures of documents that were read, or are gone."""
        with transaction(self._engine) as session:
            for ids in batches(document_ids):
                session.execute(
                    delete(FailureRow).where(
                        FailureRow.source == source, FailureRow.document_id.in_(ids)
                    )
                )


def _failure(row: FailureRow) -> Failure:
    return Failure(
        document_id=row.document_id,
        name=row.name,
        reason=row.reason,
        version=row.version,
        readers_version=row.readers_version,
        fingerprint=row.fingerprint,
        lasting=row.lasting,
        attempts=row.attempts,
        next_attempt=row.next_attempt,
    )
