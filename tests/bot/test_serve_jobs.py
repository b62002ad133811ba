"""When `kurage serve` syncs a source first: a restart is no reason to ask every service at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.app import App, open_app
from bot.serve import jobs
from bot.settings import load
from ingest.state.tables import RunRow
from ingest.state.transactions import transaction

CONFIG = """
[sources.handbook]
kind = "folder"
path = "docs"
every = "1h"
[sources.wiki]
kind = "confluence"
url = "https://wiki.example.co.jp"
every = "15m"
[sources.archive]
kind = "folder"
path = "archive"
"""


@pytest.fixture
def kurage(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    with open_app(load({}, tmp_path)) as opened:
        yield opened


def synced(kurage: App, name: str, minutes: float, outcome: str = "finished") -> None:
    """Let a source have been synced so many minutes ago."""
    run = kurage.state.start_run(name)
    kurage.state.finish_run(run, outcome=outcome, report={})
    started = datetime.now(UTC) - timedelta(minutes=minutes)
    with transaction(kurage.engine) as session:
        session.execute(update(RunRow).where(RunRow.id == run).values(started=started))


def due(kurage: App) -> dict[str, float]:
    """Return in how many minutes each source is due."""
    return {job.name: round(job.after / 60) for job in jobs.syncs(kurage)}


def test_a_source_that_was_never_synced_is_due_at_once(kurage: App) -> None:
    """And one without `every` never."""
    assert due(kurage) == {"handbook": 0, "wiki": 0}
    assert [job.arguments for job in jobs.syncs(kurage)] == [
        ("ingest", "handbook"),
        ("ingest", "wiki"),
    ]


def test_a_restart_does_not_bring_a_sync_forward(kurage: App) -> None:
    """A source is due so long after its last sync as `every` says, however often one restarts."""
    synced(kurage, "handbook", 20)
    synced(kurage, "wiki", 20)
    assert due(kurage) == {"handbook": 40, "wiki": 0}


def test_a_run_about_one_document_puts_no_sync_off(kurage: App) -> None:
    """The others are as old as before."""
    synced(kurage, "handbook", 20)
    for _ in range(30):
        run = kurage.state.start_run("handbook")
        kurage.state.finish_run(run, outcome="finished", report={"only": "休暇.md"})
    assert due(kurage)["handbook"] == 40


@pytest.mark.parametrize("outcome", ["failed", "interrupted", "running"])
def test_a_sync_that_did_not_succeed_is_due_at_once(kurage: App, outcome: str) -> None:
    """Whoever renewed a token and restarts sees at once whether it helps."""
    synced(kurage, "handbook", 60)
    synced(kurage, "handbook", 1, outcome)
    assert due(kurage)["handbook"] == 0


def test_a_clock_that_went_back_puts_no_sync_off_for_long(kurage: App) -> None:
    """At most as long as `every` says."""
    synced(kurage, "handbook", -60 * 24)
    assert due(kurage)["handbook"] == 60


def test_a_database_that_is_away_keeps_nothing_from_starting(tmp_path: Path) -> None:
    """`kurage serve` waits for it; when a sync is due, it may be back."""
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    nowhere = "postgresql://127.0.0.1:1/kurage?connect_timeout=1"
    with open_app(load({"KURAGE_DATABASE_URL": nowhere}, tmp_path)) as away:
        assert due(away) == {"handbook": 0, "wiki": 0}
