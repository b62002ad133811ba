"""What a sync has to do: the source's listing compared with what the index holds.

Pure comparison; knows neither connectors nor indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.base import ConnectorError, Cursor, Gone, Ref
from ingest.index import StoredVersion
from ingest.state import Failure
from ingest.sync.report import sentence

ATTEMPTS = 3
"""How often a document that brought its reader down is tried before it is left alone."""

FEW = 5
"""So many deletions pass in any source, however small."""


@dataclass(slots=True)
class Listing:
    """What a source told."""

    full: bool
    """Whether everything was asked for."""
    refs: dict[str, Ref] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    cursor: str | None = None
    error: str | None = None
    """Why it ended early; what came before it is true, what is missing is not gone."""
    clashes: list[tuple[str, str]] = field(default_factory=list)
    """Names of documents whose id another one has, and the name of that one."""
    _shared: dict[str, str] = field(default_factory=dict)
    """Versions of readers, each once: a site of 100,000 pages has a few hundred of them."""

    @property
    def complete(self) -> bool:
        """Tell whether what is not in it is gone."""
        return self.full and self.error is None and bool(self.refs)

    def read(self, changes: Iterable[Ref | Gone | Cursor], seen: Callable[[int], None]) -> None:
        """Take in what a connector yields, up to its end or its error; `seen` counts."""
        try:
            for change in changes:
                match change:
                    case Ref():
                        self._take(change)
                        seen(len(self.refs))
                    case Gone():
                        self.refs.pop(change.id, None)
                        self.gone.add(change.id)
                    case Cursor():
                        self.cursor = change.value
        except ConnectorError as error:
            self.error = sentence(error)

    def _take(self, ref: Ref) -> None:
        """Keep the latest of the mentions of a document; two documents under one id clash.

        A listing by pages may show a document twice while others move; a feed tells every change.
        """
        other = self.refs.get(ref.id)
        if self.full and other is not None and other.name != ref.name:
            self.clashes.append((ref.name, other.name))
            return
        self.gone.discard(ref.id)
        shared = self._shared.setdefault(ref.readers_version, ref.readers_version)
        same = shared is ref.readers_version
        self.refs[ref.id] = ref if same else replace(ref, readers_version=shared)


@dataclass(slots=True)
class Plan:
    """What has to be done, by document."""

    write: list[Ref] = field(default_factory=list)
    """To be fetched and indexed; the largest first, so that no core ends long after the others."""
    readers: list[Ref] = field(default_factory=list)
    """Indexed documents whose readers changed, whether or not they are also written."""
    known_failures: list[Failure] = field(default_factory=list)
    """Would fail again: left alone until they change."""
    delete: list[str] = field(default_factory=list)
    unchanged: int = 0


def plan(
    listing: Listing,
    held: Mapping[str, StoredVersion],
    failures: Mapping[str, Failure],
    *,
    fingerprint: str,
    reader_sets: Collection[int],
    restored: Collection[str] = (),
    retry: bool = False,
) -> Plan:
    """Compare a listing with what the index holds and what failed before.

    `reader_sets` are the known ones: a document under another integer is nobody's until its readers
    are read again. `restored` are documents that somebody put back: they stay although the source
    lacks them. `retry` also tries what would fail again.
    """
    todo = Plan()
    now = datetime.now(UTC)
    for ref in _mentioned(listing, failures):
        stored = held.get(ref.id)
        if stored and (
            stored.readers_version != ref.readers_version or stored.readers not in reader_sets
        ):
            todo.readers.append(ref)
        failure = failures.get(ref.id)
        if stored and stored.version == ref.version:
            todo.unchanged += 1
        elif failure and not retry and _waits(failure, ref, fingerprint, now):
            todo.known_failures.append(failure)
        else:
            todo.write.append(ref)
    todo.write.sort(key=lambda ref: ref.size or 0, reverse=True)
    if listing.complete:
        gone: Iterable[str] = (id_ for id_ in held if id_ not in listing.refs)
    else:
        gone = () if listing.full else (id_ for id_ in listing.gone if id_ in held)
    todo.delete = [document_id for document_id in gone if document_id not in restored]
    return todo


def _mentioned(listing: Listing, failures: Mapping[str, Failure]) -> list[Ref]:
    """Return what was listed; beside a feed, also what failed and is no news to it."""
    refs = list(listing.refs.values())
    if not listing.full:
        refs += [
            Ref(failure.document_id, failure.version, failure.readers_version, failure.name)
            for failure in failures.values()
            if failure.document_id not in listing.refs and failure.document_id not in listing.gone
        ]
    return refs


def _waits(failure: Failure, ref: Ref, fingerprint: str, now: datetime) -> bool:
    """Tell whether another attempt would be in vain, or too early."""
    if failure.version != ref.version or failure.fingerprint not in {"", fingerprint}:
        return False
    if failure.lasting or (failure.fingerprint and failure.attempts >= ATTEMPTS):
        return True
    # What could not be fetched may only have lacked the permission.
    same_readers = failure.readers_version == ref.readers_version
    return same_readers and failure.next_attempt is not None and failure.next_attempt > now


def too_many(deletions: int, held: int, share: float) -> bool:
    """Tell whether a run would delete more than it may without being told to."""
    return deletions > FEW and deletions > held * share
