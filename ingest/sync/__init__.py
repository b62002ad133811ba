"""Sync is a mirror: afterwards the index holds what the source shows now.

Lists, compares, fetches what differs, sets readers where only they changed, deletes what is gone;
what was deleted can be put back for a while. `run.py` has the order of it. Knows nothing of
formats, vectors or processes: `prepare` turns documents into chunks.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from connectors.base import Connector
from ingest.prepare import Prepare, PrepareError
from ingest.state import State, StateError
from ingest.sync.ports import KEEP_DELETED, LIST_EVERY, SyncError, Terms, Writer
from ingest.sync.report import FAILURES_KEPT, Change, OnProgress, Progress, Report
from ingest.sync.restoring import Encode, put_back_restored, release, restore
from ingest.sync.run import Run

__all__ = [
    "KEEP_DELETED",
    "LIST_EVERY",
    "Change",
    "Encode",
    "OnProgress",
    "Progress",
    "Report",
    "SyncError",
    "Writer",
    "put_back_restored",
    "release",
    "restore",
    "sync",
]

# Twice the longest pause that a service may ask for (`connectors.http`), in which nothing renews
# it. A process of this machine that dies gives its place free at once all the same.
_LEASE_SECONDS = 1_800.0


def sync(
    connector: Connector,
    index: Writer,
    state: State,
    prepare: Prepare,
    *,
    source: str,
    dry_run: bool = False,
    full: bool = False,
    only: str | None = None,
    max_delete_share: float = 0.2,
    list_every: timedelta = LIST_EVERY,
    keep_deleted: timedelta = KEEP_DELETED,
    owner: str | None = None,
    spool: Path | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Report:
    """Make `index` hold exactly what `connector` shows, publish it, and say what was done.

    A document that can not be read is reported, stays indexed as it was, and is tried again after a
    pause that grows. A run that would delete more than `max_delete_share` of the source (and more
    than a handful) deletes nothing, does the rest, and says so in `Report.stopped`; so does one
    whose listing broke off, or whose source gave no more in the middle. A run that died is
    continued by the next one: what it had fetched of a service is found in `spool`, a folder of
    this user's; without it, some is fetched again.

    `full` lists everything even where there is a feed, as is done every `list_every` anyway, and
    tries again what failed. `only` is the address or id of one document: it is written, or deleted
    if it is gone, and nothing else is touched. `dry_run` only lists. `keep_deleted` is how long
    what is gone can be restored, `owner` whom to ask about documents that name nobody.

    Raises `SyncError`, `SearchIndexError` and `StateError` (also when the source is being synced
    already); what was searched before is then searched still.
    """
    terms = Terms(
        source=source,
        on_progress=on_progress,
        full=full,
        only=only,
        max_delete_share=max_delete_share,
        list_every=list_every,
        keep_deleted=keep_deleted,
        owner=owner,
        spool=spool,
    )
    if dry_run:
        return Run(connector, index, state, prepare, terms=terms).rehearse()
    with state.lease(f"sync of {source}", seconds=_LEASE_SECONDS) as lease:
        number = state.start_run(source)
        run = Run(connector, index, state, prepare, terms=terms, lease=lease)
        try:
            run.perform()
        except BaseException as error:
            outcome = "failed" if isinstance(error, Exception) else "interrupted"
            with suppress(StateError):  # the database may be what failed
                _finish(state, number, run.ended(), outcome, str(error) or None)
            if isinstance(error, PrepareError):
                raise SyncError(str(error)) from error
            raise
        stopped = run.report.stopped
        _finish(state, number, run.report, "failed" if stopped else "finished", stopped)
        return run.report


def _finish(state: State, number: int, report: Report, outcome: str, error: str | None) -> None:
    state.finish_run(
        number,
        outcome=outcome,
        report=report.to_dict(most=FAILURES_KEPT),
        error=error,
        counts=report.counts,
    )
