"""One sync of one source: list, compare, and do what there is to do, in the order that harms least.

Knows nothing of formats, vectors or processes: `prepare` turns documents into chunks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from connectors.base import Connector, ConnectorError, Cursor, Document, Readers, Ref
from ingest.index import IndexedDocument
from ingest.prepare import Prepare, Prepared, Unprepared
from ingest.state import NOBODY, Lease, State, both, reader_set_id
from ingest.sync.deleting import Deleting
from ingest.sync.failing import Failing
from ingest.sync.fetching import documents
from ingest.sync.heartbeat import heartbeat
from ingest.sync.plan import Listing, Plan, plan
from ingest.sync.ports import Notices, SyncError, Terms, Writer
from ingest.sync.report import Change, Progress, Report, sentence
from ingest.sync.single import listing_of, plan_of
from ingest.sync.spool import Spool

_BEAT_S = 1.0
"""How often a listing that takes its time is shown to go on."""


class Run:
    """One sync of one source; without a lease it is a rehearsal that changes nothing."""

    def __init__(
        self,
        connector: Connector,
        index: Writer,
        state: State,
        prepare: Prepare,
        *,
        terms: Terms,
        lease: Lease | None = None,
    ) -> None:
        self.report = Report(terms.source, dry_run=lease is None, only=terms.only)
        self._connector = connector
        self._index = index
        self._state = state
        self._prepare = prepare
        self._terms = terms
        self._source = terms.source
        self._lease = lease
        self._began = datetime.now(UTC)
        self._started = time.monotonic()
        self._requests_before = connector.requests
        self._feed = state.feed(self._source)
        self._held = index.versions(self._source)
        self._known_sets = state.reader_sets()
        self._tombstones = state.tombstones(self._source)
        self._failing = Failing(state, self._source, prepare.fingerprint, self.report)
        self._deleting = Deleting(connector, index, state, terms)
        self._written: set[str] = set()
        self._mended: set[str] = set()
        """Documents of which the index has what could not be read once."""
        self._bytes_done = 0

    def rehearse(self) -> Report:
        """Return what a run would do."""
        listing = self._list()
        todo = self._plan(listing)
        report = self.report
        written = {ref.id for ref in todo.write}
        for ref in todo.write:
            report.tell(Change("write", ref.id, ref.name, new=ref.id not in self._held))
        for ref in todo.readers:
            if ref.id not in written:
                report.tell(Change("readers", ref.id, ref.name))
                report.readers_updated += 1
        self._deleting.rehearse(self._gone(listing, todo), report)
        report.written = len(todo.write)
        report.unchanged = todo.unchanged - report.readers_updated
        report.bytes = sum(ref.size or 0 for ref in todo.write)
        return self.ended()

    def perform(self) -> Report:
        """Do all of it, in the order in which a failure harms least: first who may read."""
        listing = self._list()
        todo = self._plan(listing)
        self._update_groups(listing)
        self._update_readers(todo)
        self._deleting.delete(self._gone(listing, todo), self.report)
        spool = self._open_spool()
        fetched_all = self._write(todo.write, spool)
        # A generation that is new to this source is not served with a part of it.
        if self._is_served() or (fetched_all and not listing.error):
            self._index.publish()  # also what a run that died left behind
            self.report.published = True
            if spool:
                spool.clear()
        self.report.waits_for = sorted(self._index.waits_for)
        self._remember(listing)
        return self.ended()

    def ended(self) -> Report:
        """Return the report with what only the end tells."""
        self.report.seconds = time.monotonic() - self._started
        self.report.requests = self._connector.requests - self._requests_before
        return self.report

    # What there is to do

    def _list(self) -> Listing:
        if self._terms.only is not None:
            return self._list_one(self._terms.only)
        feed = self._feed
        full = (
            self._terms.full
            or feed.cursor is None
            or feed.listed is None
            or feed.fingerprint != self._prepare.fingerprint
            or not self._held
            or datetime.now(UTC) - feed.listed >= self._terms.list_every
        )
        listing = Listing(full)
        cursor = None if full or feed.cursor is None else Cursor(feed.cursor)
        with heartbeat(lambda: self._listed(len(listing.refs), told=True), every=_BEAT_S):
            listing.read(self._connector.changes(cursor), self._listed)
        if isinstance(self._connector, Notices):
            self.report.warnings += self._connector.noticed()
        if full and not listing.refs and self._held and not listing.error:
            listing.error = (
                "The source shows no document at all. Is it reachable, and may we see it?"
            )
        if listing.error:
            kept = " Nothing is deleted before a listing succeeds." if self._held else ""
            self._stop(f"{listing.error}{kept}")
        self.report.full = full
        return listing

    def _list_one(self, asked: str) -> Listing:
        self.report.full = False
        if not self._is_served():
            raise SyncError(
                f"The index of {self._source} has to be built anew before one document of it can "
                f"be synced; run `kurage ingest {self._source}` first."
            )
        return listing_of(
            asked,
            connector=self._connector,
            index=self._index,
            source=self._source,
            held=self._held,
            failures=self._failing.before,
        )

    def _is_served(self) -> bool:
        """Tell whether this pipeline's generation holds the source, or no generation ever did."""
        return self._feed.fingerprint in {None, self._prepare.fingerprint}

    def _listed(self, count: int, *, told: bool = False) -> None:
        self._alive()
        if told or count % 100 == 0:
            requests = self._connector.requests - self._requests_before
            self._terms.on_progress(Progress("list", count, requests=requests))

    def _plan(self, listing: Listing) -> Plan:
        restored = {stone.id for stone in self._tombstones.values() if stone.restored}
        if self._terms.only is not None:
            return plan_of(listing, self._held, reader_sets=self._known_sets, restored=restored)
        todo = plan(
            listing,
            self._held,
            self._failing.before,
            fingerprint=self._prepare.fingerprint,
            reader_sets=self._known_sets,
            restored=restored,
            retry=self._terms.full,
        )
        self._failing.known(todo.known_failures)
        self._mended = {
            failure.document_id
            for failure in self._failing.before.values()
            if (stored := self._held.get(failure.document_id))
            and (stored.version, stored.readers_version)
            == (failure.version, failure.readers_version)
        }
        for name, other in listing.clashes:
            self.report.failed.append((name, f"its id is the same as that of {other}; rename one"))
        return todo

    def _gone(self, listing: Listing, todo: Plan) -> list[str]:
        """Return what is to be deleted. A feed tells what is gone; a listing only lacks it."""
        return self._deleting.settle(
            todo.delete, len(self._held), self.report, self._stop, confirm=listing.full
        )

    # Doing it

    def _update_groups(self, listing: Listing) -> None:
        if not listing.full:
            return
        try:
            self._state.replace_groups(self._source, self._connector.groups())
        except ConnectorError as error:
            self._stop(f"The groups of the source can not be read: {sentence(error)}")

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
                if ref.id in written:  # fetching it will say the same, or succeed
                    self._failing.tell(ref, str(error))
                else:
                    self._failing.readers_not_read(ref, str(error))
            else:
                if stored.version == ref.version:
                    self._mended.add(ref.id)
            if stored.version != ref.version:
                readers, version = both(self._known_sets.get(stored.readers), readers), ""
            identity = self._reader_set(readers)
            if (stored.readers, stored.readers_version) != (identity, version):
                self._index.set_readers(self._source, ref.id, identity, version)
                if ref.id not in written:
                    self.report.readers_updated += 1
                    self.report.tell(Change("readers", ref.id, ref.name))
        self.report.unchanged = todo.unchanged - self.report.readers_updated

    def _open_spool(self) -> Spool | None:
        """Return where fetched documents are kept; none where fetching them again costs nothing."""
        terms = self._terms
        if terms.spool is None or terms.only is not None or not self._connector.requests:
            return None
        return Spool(terms.spool, self._source)

    def _write(self, refs: list[Ref], spool: Spool | None) -> bool:
        """Fetch, prepare and index documents; return whether the source gave all that it has."""
        sizes = [ref.size for ref in refs if ref.size is not None]
        total = sum(sizes) if len(sizes) == len(refs) else None
        refused: list[ConnectorError] = []
        with closing(documents(self._connector, refs, spool, self._failing.not_fetched)) as fetched:
            given = _until_refused(fetched, refused)
            for document, outcome in self._prepare(given, expected=len(refs)):
                self._alive()
                if isinstance(outcome, Unprepared):
                    self._failing.not_read(document.ref, outcome.reason, lasting=outcome.lasting)
                else:
                    self._replace(document, outcome)
                self._bytes_done += len(document.body)
                done = len(self._written) + self._failing.count
                name = document.ref.name
                self._terms.on_progress(
                    Progress("read", done, len(refs), self._bytes_done, total, name)
                )
        for error in refused:
            kept = "What was read before is kept; the next run reads the rest."
            self._stop(f"{sentence(error)} {kept}")
        return not refused

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
            owner=document.owner or prepared.owner or self._terms.owner,
        )
        self._index.replace(indexed, prepared.chunks, prepared.encodings)
        self._written.add(ref.id)
        self.report.tell(Change("write", ref.id, ref.name, new=ref.id not in self._held))
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

    def _stop(self, reason: str) -> None:
        """Tell in one line why the run does not do all it should."""
        reason = " ".join(reason.split())
        self.report.stopped = f"{self.report.stopped} {reason}" if self.report.stopped else reason

    def _remember(self, listing: Listing) -> None:
        """Write to SQL what the next run needs; only now that the index is published."""
        state, source = self._state, self._source
        self._failing.save(listing, self._written | self._mended)
        state.revive(source, self._tombstones.keys() & (listing.refs.keys() | self._written))
        state.forget_contents(source, before=datetime.now(UTC) - self._terms.keep_deleted)
        if self.report.stopped is None and self._terms.only is None:
            listed = self._began if listing.full else None
            state.save_feed(
                source,
                cursor=listing.cursor,
                fingerprint=self._prepare.fingerprint,
                listed=listed,
            )

    def _alive(self) -> None:
        if self._lease is not None:
            self._lease.renew()


def _until_refused(
    fetched: Iterator[Document], refused: list[ConnectorError]
) -> Iterator[Document]:
    """Yield documents; where the source gives no further one, note why, and end."""
    try:
        yield from fetched
    except ConnectorError as error:
        refused.append(error)
