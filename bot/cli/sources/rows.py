"""What is known of sources, as values ready for JSON; users script against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.app import App
    from ingest.state import Run

_LOOKED_BACK = 10
"""Runs among which the last one that succeeded is looked for."""


def names(kurage: App) -> list[str]:
    """Return the configured sources, then those that were ingested by hand."""
    stored = (source.name for source in kurage.state.sources())
    return list(dict.fromkeys([*kurage.settings.config.sources, *stored]))


def overview(kurage: App, chosen: Sequence[str]) -> tuple[str | None, list[dict[str, Any]]]:
    """Return what keeps the index from being counted, if anything does, and a row a source."""
    from ingest.index import SearchIndexError

    stored = {source.name: source for source in kurage.state.sources()}
    try:
        counts = {name: kurage.index.count(name) for name in chosen}
        problem = None
    except SearchIndexError as error:
        counts, problem = {}, str(error)
    return problem, [_row(kurage, name, stored.get(name), counts.get(name)) for name in chosen]


def runs(kurage: App, name: str, count: int) -> list[dict[str, Any]]:
    """Return the latest runs of a source, newest first."""
    return [
        {
            "started": iso(run.started),
            "outcome": run.outcome,
            "seconds": _seconds(run),
            **_counts(run),
            "failed": run.failed,
            "requests": run.requests,
            "only": (run.report or {}).get("only"),
            "error": run.error,
        }
        for run in kurage.state.runs(name, limit=count)
    ]


def failures(kurage: App, name: str) -> list[dict[str, Any]]:
    """Return what could not be read of a source, as it is known by its name."""
    found = sorted(kurage.state.failures(name).values(), key=lambda one: one.name)
    return [
        {
            "id": failure.document_id,
            "name": failure.name,
            "reason": failure.reason,
            "attempts": failure.attempts,
            "next_attempt": iso(failure.next_attempt),
            # The same bytes would fail again: only a change, or `--full`, is another attempt.
            "when_changed": failure.lasting,
        }
        for failure in found
    ]


def _row(kurage: App, name: str, stored: Any, counts: tuple[int, int] | None) -> dict[str, Any]:
    """Return everything that is known of one source."""
    from bot.runs import latest_runs

    configured = kurage.settings.config.sources.get(name)
    latest = latest_runs(kurage.state, name, limit=_LOOKED_BACK)
    run = latest[0] if latest else None
    good = next((one for one in latest if one.outcome == "finished"), None)
    feed = kurage.state.feed(name)
    gone = kurage.state.tombstones(name).values()
    documents, chunks = counts or (None, None)
    return {
        "name": name,
        "kind": configured.kind if configured else stored.kind,
        "location": kurage.settings.location(configured) if configured else stored.location,
        "configured": configured is not None,
        "owner": configured.owner if configured else None,
        "documents": documents,
        "chunks": chunks,
        "last_sync": iso(run.started) if run else None,
        "outcome": run.outcome if run else None,
        "seconds": _seconds(run) if run else None,
        "report": _counts(run) if run else None,
        "requests": run.requests if run else None,
        "error": run.error if run else None,
        "current_as_of": iso(good.started) if good else None,
        "every": configured.every if configured else None,
        "next_sync": iso(_due(run, configured.every)) if configured and configured.every else None,
        "listed": iso(feed.listed),
        "cursor": feed.cursor is not None,
        "failed": failures(kurage, name),
        "deleted": sum(one.restorable and one.restored is None for one in gone),
        "restored": sum(one.restored is not None for one in gone),
    }


def _seconds(run: Run) -> float | None:
    return None if run.seconds is None else round(run.seconds, 1)


def _counts(run: Run) -> dict[str, int]:
    """Return what a run counted, as far as it came; runs of older versions have it in a report."""
    columns = ("written", "unchanged", "deleted", "readers_updated")
    report: Mapping[str, Any] = run.report or {}
    found = {name: getattr(run, name) for name in columns}
    told = {name: report.get(name) if found[name] is None else found[name] for name in columns}
    return {name: count for name, count in told.items() if count is not None}


def _due(run: Run | None, every: str) -> datetime:
    """Return when `kurage serve` syncs next: at its start where there was no sync yet."""
    from bot.settings import seconds

    now = datetime.now(UTC)
    return now if run is None else run.started + timedelta(seconds=seconds(every))


def iso(moment: datetime | None) -> str | None:
    """Return a moment in Japan's time."""
    from bot.reply import JST

    return moment.astimezone(JST).isoformat(timespec="seconds") if moment else None
