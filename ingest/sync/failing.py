"""What a run could not read: what was known before, what is told, when it is tried again.

Knows nothing of why a document fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from connectors.base import Ref
from ingest.state import Failure, State
from ingest.sync.plan import ATTEMPTS, Listing
from ingest.sync.report import Report

FIRST_PAUSE = timedelta(minutes=5)
"""After a first failure; every further one doubles it, up to `LONGEST_PAUSE`."""

LONGEST_PAUSE = timedelta(hours=24)

NOT_FETCHED = ""
"""The fingerprint of a failure that no pipeline had a part in."""


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Return when a document that failed so often is worth another attempt."""
    pause = FIRST_PAUSE
    for _ in range(min(attempts - 1, 10)):  # 5 minutes, doubled nine times, are more than a day
        pause *= 2
    return now + min(pause, LONGEST_PAUSE)


class Failing:
    """The failures of one source in one run."""

    def __init__(self, state: State, source: str, fingerprint: str, report: Report) -> None:
        self.before = state.failures(source)
        """Of the runs before, by document id."""
        self._state = state
        self._source = source
        self._fingerprint = fingerprint
        self._report = report
        self._failed: dict[str, Failure] = {}
        self._still: set[str] = set()
        self._told: set[str] = set()

    @property
    def count(self) -> int:
        """Return how many documents were tried in this run and failed."""
        return len(self._failed)

    def known(self, failures: Iterable[Failure]) -> None:
        """Tell of documents that are not tried in this run."""
        for failure in failures:
            self._still.add(failure.document_id)
            self._tell(failure.document_id, failure.name, failure.reason)

    def not_fetched(self, ref: Ref, reason: str) -> None:
        """Tell and remember a document that its source did not give."""
        self._remember(ref, reason, NOT_FETCHED, lasting=False)

    def readers_not_read(self, ref: Ref, reason: str) -> None:
        """Tell and remember a document of which nobody knows who may read it.

        Beside a feed that has no news of it, the next run asks again because of this.
        """
        if ref.id in self._still:  # what keeps its text from being read is the better thing to know
            self.tell(ref, reason)
        else:
            self.not_fetched(ref, reason)

    def not_read(self, ref: Ref, reason: str, *, lasting: bool) -> None:
        """Tell and remember a document that the pipeline could not read."""
        self._remember(ref, reason, self._fingerprint, lasting=lasting)

    def tell(self, ref: Ref, reason: str) -> None:
        """Tell of a document once, however many things of it can not be read."""
        self._tell(ref.id, ref.name, reason)

    def save(self, listing: Listing, mended: Collection[str]) -> None:
        """Write to SQL what failed, and forget what does not any more, as what was `mended`."""
        self._state.record_failures(self._source, self._failed.values())
        still = self._failed.keys() | self._still
        solved = [
            document_id
            for document_id in self.before
            if document_id not in still
            and (
                listing.complete
                or document_id in mended
                or document_id in listing.refs
                or document_id in listing.gone
            )
        ]
        self._state.clear_failures(self._source, solved)

    def _remember(self, ref: Ref, reason: str, fingerprint: str, *, lasting: bool) -> None:
        before = self.before.get(ref.id)
        again = before and (before.version, before.fingerprint) == (ref.version, fingerprint)
        attempts = before.attempts + 1 if before and again else 1
        # What brought its reader down so often is left alone until it changes.
        hopeless = lasting or (fingerprint != NOT_FETCHED and attempts >= ATTEMPTS)
        self._tell(ref.id, ref.name, reason)
        self._failed[ref.id] = Failure(
            document_id=ref.id,
            name=ref.name,
            reason=reason,
            version=ref.version,
            readers_version=ref.readers_version,
            fingerprint=fingerprint,
            lasting=lasting,
            attempts=attempts,
            next_attempt=None if hopeless else next_attempt(attempts, datetime.now(UTC)),
        )

    def _tell(self, document_id: str, name: str, reason: str) -> None:
        if document_id not in self._told:
            self._told.add(document_id)
            self._report.failed.append((name, reason))
