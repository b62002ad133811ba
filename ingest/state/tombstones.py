"""What is gone from a source: when it went, what it was, and whether somebody put it back.

Knows nothing of what the content of a tombstone means, nor of how long it is to be kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select, update

from ingest.state.tables import TombstoneRow
from ingest.state.transactions import batches, transaction, upserting


@dataclass(frozen=True, slots=True)
class Grave:
    """A document that is gone, as it is buried."""

    id: str
    title: str | None = None
    url: str | None = None
    content: bytes | None = None
    """What it can be restored from; None: nothing is kept of it."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is known of a document that is gone from its source."""

    id: str
    deleted: datetime
    title: str | None
    url: str | None
    restorable: bool
    """Whether its content is still kept."""
    restored: datetime | None
    """When somebody had it put back; None: it is not in the index."""


class Tombstones:
    """The stored tombstones. Every method is one transaction, or `StateError`."""

    _engine: Engine

    def bury(self, source: str, graves: Iterable[Grave]) -> None:
        """Remember that these documents are gone; one that was buried before is buried anew."""
        with transaction(self._engine) as session:
            insert = upserting(session.get_bind().dialect.name)
            for grave in graves:
                told = {
                    "deleted": datetime.now(UTC),
                    "title": grave.title,
                    "url": grave.url,
                    "content": grave.content,
                    "restored": None,
                }
                new = insert(TombstoneRow.__table__).values(
                    source=source, document_id=grave.id, **told
                )
                key = TombstoneRow.__table__.primary_key
                session.execute(new.on_conflict_do_update(index_elements=key, set_=told))

    def revive(self, source: str, document_ids: Iterable[str]) -> None:
        """Forget that these documents were gone: they are back."""
        with transaction(self._engine) as session:
            for ids in batches(document_ids):
                session.execute(
                    delete(TombstoneRow).where(
                        TombstoneRow.source == source, TombstoneRow.document_id.in_(ids)
                    )
                )

    def tombstones(self, source: str) -> dict[str, Tombstone]:
        """Return what is known of each document of a source that is gone, by id."""
        query = select(
            TombstoneRow.document_id,
            TombstoneRow.deleted,
            TombstoneRow.title,
            TombstoneRow.url,
            TombstoneRow.content.is_not(None),
            TombstoneRow.restored,
        ).where(TombstoneRow.source == source)
        with transaction(self._engine) as session:
            return {row[0]: Tombstone(*row) for row in session.execute(query)}

    def buried(self, source: str, document_ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the content of those of these documents of which it is kept, few at a time."""
        for ids in batches(document_ids):
            query = select(TombstoneRow.document_id, TombstoneRow.content).where(
                TombstoneRow.source == source,
                TombstoneRow.document_id.in_(ids),
                TombstoneRow.content.is_not(None),
            )
            with transaction(self._engine) as session:
                found = [(row[0], row[1] or b"") for row in session.execute(query)]
            yield from found

    def mark_restored(self, source: str, document_ids: Iterable[str]) -> None:
        """Remember that these documents are in the index although their source lacks them."""
        self._set_restored(source, document_ids, datetime.now(UTC))

    def release(self, source: str, document_ids: Collection[str] | None) -> list[str]:
        """Let these restored documents, or all, be deleted again; return which ones those are."""
        restored = sorted(
            stone.id
            for stone in self.tombstones(source).values()
            if stone.restored and (document_ids is None or stone.id in document_ids)
        )
        self._set_restored(source, restored, None)
        return restored

    def forget_contents(self, source: str, *, before: datetime) -> None:
        """Drop the content of what went before a time; what was put back keeps it.

        A new generation of the index is given what was put back from it.
        """
        with transaction(self._engine) as session:
            session.execute(
                update(TombstoneRow)
                .where(
                    TombstoneRow.source == source,
                    TombstoneRow.deleted < before,
                    TombstoneRow.content.is_not(None),
                    TombstoneRow.restored.is_(None),
                )
                .values(content=None)
                .execution_options(synchronize_session=False)
            )

    def _set_restored(
        self, source: str, document_ids: Iterable[str], when: datetime | None
    ) -> None:
        with transaction(self._engine) as session:
            for ids in batches(document_ids):
                session.execute(
                    update(TombstoneRow)
                    .where(TombstoneRow.source == source, TombstoneRow.document_id.in_(ids))
                    .values(restored=when)
                )
