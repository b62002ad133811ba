"""Examines the sources: whether each can be read as it is configured, and how its syncs go.

A connector examines its own service: credentials, what can be seen, clock, quotas. Knows nothing of
any kind of source.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.app import App, connected
from bot.doctor.finding import Finding
from bot.reply import JST
from bot.runs import latest_runs
from bot.settings import SettingsError, Source, seconds
from connectors.base import ConnectorError
from ingest.state import Run

_MISSED = 3
"""Syncs that may be late, because others are running, before somebody should look."""


def sources(kurage: App) -> Iterator[Finding]:
    """Yield what each configured source says of itself, and how the syncs of all of them went."""
    configured = kurage.settings.config.sources
    for name, source in configured.items():
        yield from _reachable(kurage, name, source)
    for known in kurage.state.sources():
        yield from _synced(kurage, known.name, configured.get(known.name))


def _reachable(kurage: App, name: str, source: Source) -> Iterator[Finding]:
    """Yield the connector's own remarks; one source that can not be asked hides no other."""
    try:
        with connected(kurage, source) as connector:
            for remark in connector.examine():
                yield Finding("source", remark.level, f"{name}: {remark.message}")
    except (SettingsError, ConnectorError) as error:
        yield Finding("source", "problem", f"{name}: {error}")


def _synced(kurage: App, name: str, source: Source | None) -> Iterator[Finding]:
    runs = latest_runs(kurage.state, name)
    if not runs:
        return
    run = runs[0]
    started = run.started.astimezone(JST)
    if run.outcome == "failed":
        yield Finding("source", "problem", f"{name}: {run.error}")
    else:
        yield Finding("source", "ok", f"{name}: synced {started:%Y-%m-%d %H:%M}")
    if source and source.every and _overdue(run, source.every):
        message = (
            f"{name}: synced every {source.every}, but not since {started:%Y-%m-%d %H:%M}; "
            "does `kurage serve` run?"
        )
        yield Finding("source", "warning", message)
    if failures := kurage.state.failures(name):
        first = next(iter(failures.values()))
        message = (
            f"{name}: {len(failures)} documents unread, such as {first.name}: {first.reason}; "
            f"`kurage sources {name} --failed` lists them"
        )
        yield Finding("source", "warning", message)


def _overdue(run: Run, every: str) -> bool:
    return datetime.now(UTC) - run.started > _MISSED * timedelta(seconds=seconds(every))
