"""What `kurage serve` runs again and again, and when each is due first.

Knows nothing of how jobs are run: each is a `kurage` command.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.app import App
from bot.conversations import ConversationsError
from bot.runs import latest_runs
from bot.schedule import Job
from bot.settings import Config, seconds
from ingest.state import Run, StateError

_SETTLED = 60.0
"""Seconds after the start until what is not urgent may begin."""


def syncs(kurage: App) -> list[Job]:
    """Return a job for each source of `kurage.toml` that is synced again and again.

    A source whose last sync succeeded is due when it would have been without a restart: whoever
    restarts often, or has thirty sources, does not ask all of their services at once each time.
    """
    every = {
        name: float(seconds(source.every))
        for name, source in kurage.settings.config.sources.items()
        if source.every
    }
    latest = _latest(kurage, every)
    return [
        Job(name, ("ingest", name), pause, after=_waits(latest.get(name), pause))
        for name, pause in every.items()
    ]


def _latest(kurage: App, names: Iterable[str]) -> dict[str, Run]:
    """Return the latest run of each source that had one."""
    found: dict[str, Run] = {}
    # The database may be away, and each attempt take long: by the time of a sync it may be back.
    with suppress(StateError, ConversationsError):
        for name in names:
            for run in latest_runs(kurage.state, name):
                found[name] = run
    return found


def _waits(run: Run | None, every: float) -> float:
    """Return in how many seconds a source is due."""
    if run is None or run.outcome != "finished":
        return 0.0
    due = run.started + timedelta(seconds=every)
    # A clock that was set back must not put a sync off for longer than it may take.
    return min(every, max(0.0, (due - datetime.now(UTC)).total_seconds()))


def purges(config: Config) -> list[Job]:
    """Return the daily purge of old conversations, if any are to be purged."""
    if not seconds(config.log.keep):
        return []
    purge = ("log", "purge", "--older-than", config.log.keep, "--yes")
    return [Job("log purge", purge, every=float(seconds("1d")), after=_SETTLED)]
