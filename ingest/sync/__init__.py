"""Sync is a mirror: afterwards the index holds what the source shows now.

Lists, compares, fetches what differs, sets readers where only they changed, deletes what is gone.
Knows nothing of formats, vectors or processes: `prepare` turns documents into chunks.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.base import Connector, ConnectorError, Cursor, Document, Readers, Ref, Unread
from ingest.index import Index, IndexedDocument
from ingest.prepare import Prepare, Prepared, PrepareError, Unprepared
from ingest.state import NOBODY, Failure, Grave, Lease, State, StateError, both, reader_set_id
from ingest.sync.plan import Listing, Plan, plan, too_many
from ingest.sync.report import Change, OnProgress, Progress, Report

__all__ = ["Change", "OnProgress", "Progress", "Report", "SyncError", "Writer", "sync"]

FULL_LISTING_EVERY = timedelta(hours=24)
"""However good a change feed is, so often everything is listed and compared."""

NOT_FETCHED = ""
"""The fingerprint of a failure that no pipeline had a part in: it is tried again every run."""


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


def sync(
    connector: Connector,
    index: Writer,
    state: State,
    prepare: Prepare,
    *,
    source: str,
    dry_run: bool = False,
    full: bool = False,
    max_delete_share: float = 0.2,
    on_progress: OnProgress = lambda _: None,
) -> Report:
    """Make `index` hold exactly what `connector` shows, publish it, and say what was done.

    A document that can not be read is reported and stays indexed as it was. A run that would delete
    more than `max_delete_share` of the source (and more than a handful) deletes nothing, does the
    rest, and says so in `Report.stopped`; so does one whose listing broke off. `full` lists
    everything even where there is a feed, and tries again what failed for good. `dry_run` only
    lists. A run that died is continued by the next one.

    Raises `SyncError`, `SearchIndexError` and `StateError` (also when the source is being synced
    already); what was searched before is then searched still.
    """
    if dry_run:
        run = _Run(connector, index, state, prepare, source=source, on_progress=on_progress)
        return run.rehearse(full=full)
    with state.lease(f"sync of {source}") as lease:
        number = state.start_run(source)
        run = _Run(
            connector, index, state, prepare, source=source, on_progress=on_progress, lease=lease
        )
        try:
            report = run.perform(full=full, max_delete_share=max_delete_share)
        except BaseException as error:
            outcome = "failed" if isinstance(error, Exception) else "interrupted"
            with suppress(StateError):  # the database may be what failed
                state.finish_run(
                    number, outcome=outcome, report=run.report.to_dict(), error=str(error) or None
                )
            if isinstance(error, PrepareError):
                raise SyncError(str(error)) from error
            raise
        outcome = "failed" if report.stopped else "finished"
        state.finish_run(number, outcome=outcome, report=report.to_dict(), error=report.stopped)
        return report


class _Run:
    """One sync of one source."""

    def __init__(
        self,
        connector: Connector,
        index: Writer,
        state: State,
        prepare: Prepare,
        *,
        source: str,
        on_progress: OnProgress,
        lease: Lease | None = None,
    ) -> None:
        self.report = Report(source, dry_run=lease is None)
        self._connector = connector
        self._index = index
        self._state = state
        self._prepare = prepare
        self._source = source
        self._on_progress = on_progress
        self._lease = lease
        self._started = time.monotonic()
        self._held = index.versions(source)
        self._known_sets = state.reader_sets()
        self._failures: dict[str, Failure] = {}
        """Of the runs before."""
        self._failed: dict[str, Failure] = {}
        """Of this one."""
        self._reported: set[str] = set()
        self._written: list[str] = []
        self._removed: list[str] = []
        self._bytes_done = 0

    def rehearse(self, *, full: bool) -> Report:
        """Return what a run would do."""
        todo = self._plan(self._list(full=full), retry=full)
        report = self.report
        written = {ref.id for ref in todo.write}
        report.written, report.deleted = len(todo.write), len(todo.delete)
        report.readers_updated = sum(ref.id not in written for ref in todo.readers)
        report.unchanged = todo.unchanged - report.readers_updated
        report.bytes = sum(ref.size or 0 for ref in todo.write)
        return self._finished()

    def perform(self, *, full: bool, max_delete_share: float) -> Report:
        """Do all of it, in the order in which a failure harms least: first who may read."""
        listing = self._list(full=full)
        todo = self._plan(listing, retry=full)
        self._update_groups(listing)
        self._update_readers(todo)
        self._delete(todo, max_delete_share)
        self._write(todo.write)
        self._index.publish()  # also what a run that died left behind
        self.report.waits_for = sorted(self._index.waits_for)
        self._remember(listing, todo)
        return self._finished()

    # What there is to do

    def _list(self, *, full: bool) -> Listing:
        feed = self._state.feed(self._source)
        full = (
            full
            or feed.cursor is None
            or feed.listed is None
            or feed.fingerprint != self._prepare.fingerprint
            or not self._held
            or datetime.now(UTC) - feed.listed > FULL_LISTING_EVERY
        )
        listing = Listing(full)
        cursor = None if full or feed.cursor is None else Cursor(feed.cursor)
        listing.read(self._connector.changes(cursor), self._listed)
        if full and not listing.refs and self._held and not listing.error:
            listing.error = (
                "The source shows no document at all. Is it reachable, and may we see it?"
            )
        if listing.error:
            kept = " Nothing is deleted before a listing succeeds." if self._held else ""
            self._stop(f"{listing.error}{kept}")
        self.report.full = full
        return listing

    def _listed(self, count: int) -> None:
        self._alive()
        if count % 100 == 0:
            self._on_progress(Progress("list", count))

    def _plan(self, listing: Listing, *, retry: bool) -> Plan:
        self._failures = self._state.failures(self._source)
        todo = plan(
            listing,
            self._held,
            self._failures,
            fingerprint=self._prepare.fingerprint,
            reader_sets=self._known_sets,
            retry=retry,
        )
        for failure in todo.known_failures:
            self._reported.add(failure.document_id)
            self.report.failed.append((failure.name, failure.reason))
        for name, other in listing.clashes:
            self.report.failed.append((name, f"its id is the same as that of {other}; rename one"))
        return todo

    # Doing it

    def _update_groups(self, listing: Listing) -> None:
        if not listing.full:
            return
        try:
            self._state.replace_groups(self._source, self._connector.groups())
        except ConnectorError as error:
            self._stop(f"The groups of the source can not be read: {error}")

    def _update_readers(self, todo: Plan) -> None:
        """Set who may read what is indexed; where that can not be found out, nobody may.

        An older text stays with those who might read it already: what was taken out of a page may
        be the very reason why it is opened to more people.
        """
        written = {ref.id for ref in todo.write}
        for ref in todo.readers:
            self._alive()
            stored = self._held[ref.id]
            try:
                readers, version = self._connector.readers(ref), ref.readers_version
            except ConnectorError as error:
                readers, version = NOBODY, ""  # no version is empty: the next run asks again
                self._report_failure(ref, str(error))
            if stored.version != ref.version:
                readers, version = both(self._known_sets.get(stored.readers), readers), ""
            identity = self._reader_set(readers)
            if (stored.readers, stored.readers_version) != (identity, version):
                self._index.set_readers(self._source, ref.id, identity, version)
                self.report.readers_updated += ref.id not in written
        self.report.unchanged = todo.unchanged - self.report.readers_updated

    def _delete(self, todo: Plan, max_delete_share: float) -> None:
        if too_many(len(todo.delete), len(self._held), max_delete_share):
            self._stop(
                f"{len(todo.delete)} of {len(self._held)} documents are gone from the source, more "
                f"than {max_delete_share:.0%}: nothing was deleted. If they are meant to be gone, "
                "run again with --allow-delete."
            )
        elif todo.delete:
            self._index.delete(self._source, todo.delete)
            self._removed = todo.delete
            self.report.deleted = len(todo.delete)

    def _write(self, refs: list[Ref]) -> None:
        sizes = [ref.size for ref in refs if ref.size is not None]
        total = sum(sizes) if len(sizes) == len(refs) else None
        for document, outcome in self._prepare(self._fetch(refs), expected=len(refs)):
            self._alive()
            if isinstance(outcome, Unprepared):
                self._fail(document.ref, outcome.reason, lasting=outcome.lasting)
            else:
                self._replace(document, outcome)
            self._bytes_done += len(document.body)
            done = len(self._written) + len(self._failed)
            name = document.ref.name
            self._on_progress(Progress("read", done, len(refs), self._bytes_done, total, name))

    def _fetch(self, refs: list[Ref]) -> Iterator[Document]:
        try:
            for answer in self._connector.fetch_all(refs):
                if isinstance(answer, Unread):
                    self._fail(answer.ref, answer.reason, lasting=False, fingerprint=NOT_FETCHED)
                else:
                    yield answer
        except ConnectorError as error:
            self._stop(f"{error} What was read before is kept.")

    def _replace(self, document: Document, prepared: Prepared) -> None:
        ref = document.ref
        indexed = IndexedDocument(
            source=self._source,
            id=ref.id,
            version=ref.version,
            readers_version=ref.readers_version,
            readers=self._reader_set(document.readers),
            title=prepared.title,
            url=document.url,
            updated=prepared.updated or document.updated,
            owner=document.owner or prepared.owner,
        )
        self._index.replace(indexed, prepared.chunks, prepared.encodings)
        self._written.append(ref.id)
        self.report.written += 1
        self.report.chunks += len(prepared.chunks)
        self.report.bytes += len(document.body)
        self.report.warnings += [(ref.name, warning) for warning in prepared.warnings]

    def _reader_set(self, readers: Readers) -> int:
        identity = reader_set_id(readers)
        if identity not in self._known_sets:
            self._state.add_reader_set(readers)
            self._known_sets[identity] = readers
        return identity

    # What is told and remembered

    def _fail(
        self, ref: Ref, reason: str, *, lasting: bool, fingerprint: str | None = None
    ) -> None:
        """Report a document that could not be read, and remember at which version."""
        fingerprint = self._prepare.fingerprint if fingerprint is None else fingerprint
        before = self._failures.get(ref.id)
        again = before and (before.version, before.fingerprint) == (ref.version, fingerprint)
        self._report_failure(ref, reason)
        self._failed[ref.id] = Failure(
            document_id=ref.id,
            name=ref.name,
            reason=reason,
            version=ref.version,
            readers_version=ref.readers_version,
            fingerprint=fingerprint,
            lasting=lasting,
            attempts=before.attempts + 1 if before and again else 1,
        )

    def _report_failure(self, ref: Ref, reason: str) -> None:
        """Report a document once, however many things of it can not be read."""
        if ref.id not in self._reported:
            self._reported.add(ref.id)
            self.report.failed.append((ref.name, reason))

    def _stop(self, reason: str) -> None:
        self.report.stopped = f"{self.report.stopped} {reason}" if self.report.stopped else reason

    def _remember(self, listing: Listing, todo: Plan) -> None:
        """Write to SQL what the next run needs; only now that the index is published."""
        state, source = self._state, self._source
        state.record_failures(source, self._failed.values())
        still_failing = {*self._failed, *(failure.document_id for failure in todo.known_failures)}
        state.clear_failures(
            source,
            [
                document_id
                for document_id in self._failures
                if document_id not in still_failing
                and (listing.complete or document_id in listing.refs or document_id in listing.gone)
            ],
        )
        state.bury(source, map(Grave, self._removed))
        state.revive(source, self._written)
        if self.report.stopped is None:
            listed = datetime.now(UTC) if listing.full else None
            state.save_feed(
                source,
                cursor=listing.cursor,
                fingerprint=self._prepare.fingerprint,
                listed=listed,
            )

    def _finished(self) -> Report:
        self.report.seconds = time.monotonic() - self._started
        return self.report

    def _alive(self) -> None:
        if self._lease is not None:
            self._lease.renew()
