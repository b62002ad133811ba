"""`kurage serve` keeps a Confluence site in sync: in children, on schedule, without a secret."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.confluence import ConfluenceRig
from rigs.serving import KURAGE, Process
from serve_helpers import said, until

from bot.settings import load
from ingest.state import Run, State
from ingest.state.engine import open_engine

CONFIG = """\
[sources.wiki]
kind = "confluence"
every = "1s"
[serve]
port = 0
[ingest]
workers = 1
"""


@pytest.fixture
def wiki() -> Iterator[ConfluenceRig]:
    with ConfluenceRig() as rig:
        rig.site.add_space("SOUMU", "総務部")
        rig.site.add_page("SOUMU", "食堂", "<p>社員食堂は11時30分に開きます。</p>")
        yield rig
        assert rig.violations == []


@pytest.fixture
def serving(wiki: ConfluenceRig, tmp_path: Path) -> Iterator[Process]:
    """A process that serves nobody and syncs the site every second."""
    (tmp_path / "kurage.toml").write_text(CONFIG, "utf-8")
    environ = {
        "CONFLUENCE_URL": wiki.url,
        "CONFLUENCE_EMAIL": wiki.email,
        "CONFLUENCE_TOKEN": wiki.token,
        "KURAGE_HOME": str(tmp_path / "home"),
    }
    with Process((*KURAGE, "serve"), environ, folder=tmp_path) as process:
        yield process


def runs(folder: Path) -> list[Run]:
    """Return the runs of the source that have ended, newest first."""
    database = load({"KURAGE_HOME": str(folder / "home")}, folder).database_url.get_secret_value()
    engine = open_engine(database)
    try:
        return [run for run in State(engine).runs("wiki") if run.finished]
    finally:
        engine.dispose()


def test_an_edit_is_brought_along_and_a_token_that_expired_is_told_without_it(
    wiki: ConfluenceRig, serving: Process, tmp_path: Path
) -> None:
    """Each sync is a process of its own; what it says goes into the log, but for secrets."""
    until(lambda: said(serving, "job_done", job="wiki"))
    assert sum(run.written or 0 for run in runs(tmp_path)) == 1
    wiki.site.add_page("SOUMU", "駐車場", "<p>駐車場は地下1階です。</p>")
    wiki.settle()
    until(lambda: sum(run.written or 0 for run in runs(tmp_path)) == 2)
    wiki.expire_token()
    until(lambda: said(serving, "job_failed", job="wiki"))
    wiki.renew_token()
    assert runs(tmp_path)[0].outcome == "failed"
    log = serving.log.read_text("utf-8")
    assert wiki.token not in log
    assert "駐車場" not in log


def test_the_process_that_serves_holds_nothing_of_what_reads_sources() -> None:
    """Neither connectors nor extraction nor sync: they would take its memory, and its time."""
    program = """
import sys, bot.cli.serve, bot.serve.process, bot.serve.jobs
heavy = (
    "connectors.confluence", "connectors.folder", "connectors.http", "httpx2", "lxml",
    "ingest.sync", "ingest.prepare", "ingest.workers", "bot.app.mirror", "bot.explain",
)
print([name for name in sys.modules if name.startswith(heavy)])
"""
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert loaded.strip() == "[]"
