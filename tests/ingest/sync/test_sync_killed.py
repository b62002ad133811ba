"""A sync that is killed is continued by the next one, and two of one source never run at once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sync_process
from sync_process import open_state, writer

PAGES = 200
KILLS = 4


def start(home: Path, pages: int = PAGES, index: str = "index") -> subprocess.Popen[str]:
    """Start a sync; it finds modules where we do."""
    arguments = [str(home), str(pages), index]
    program = (
        f"import sys, runpy; sys.path[:] = {sys.path!r}; sys.argv[1:] = {arguments!r}; "
        f"runpy.run_path({sync_process.__file__!r}, run_name='__main__')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, bufsize=1
    )


def follow(process: subprocess.Popen[str], moments: int | None) -> list[str]:
    """Return what a sync tells; after so many lines it is killed, unless it ended before."""
    told = []
    with process:
        assert process.stdout
        for line in process.stdout:
            told.append(line.strip())
            if len(told) == moments:
                process.kill()
                break
    return told


def content(home: Path) -> dict[str, Any]:
    """Return everything that is published, by id of the point."""
    with writer(home) as index:
        return {point.id: (point.vectors, point.payload) for point in index.points()}


def fetched(home: Path) -> Counter[str]:
    return Counter((home / "fetched.log").read_text().split())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """What a first sync makes that nobody disturbs, and how many moments it has."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    told = follow(start(home), None)
    assert told[-1] == f"done {PAGES}"
    return content(home), len(told)


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moments_a_first_sync_ends_as_one_that_nobody_disturbed(
    tmp_path: Path, undisturbed: tuple[dict[str, Any], int], seed: int
) -> None:
    """And fetches nothing twice but the one document that was under way."""
    home = tmp_path / "home"
    expected, moments = undisturbed
    chance = random.Random(seed)
    for _ in range(KILLS):
        follow(start(home), chance.randrange(1, moments // 2))
    assert follow(start(home), None)[-1].startswith("done")
    assert content(home) == expected
    counts = fetched(home)
    assert len(counts) == PAGES
    assert counts.total() - PAGES <= KILLS
    state = open_state(home)
    outcomes = [run.outcome for run in state.runs("wiki")]
    assert outcomes[0] == "finished"
    assert set(outcomes[1:]) <= {"interrupted", "finished"}
    assert state.failures("wiki") == {}
    assert list((home / "spool").iterdir()) == []


@pytest.mark.parametrize("moment", ["publishing", "published"])
def test_killed_at_its_end_nothing_is_fetched_twice(
    tmp_path: Path, undisturbed: tuple[dict[str, Any], int], moment: str
) -> None:
    home = tmp_path / "home"
    expected, moments = undisturbed
    last = {"publishing": moments - 2, "published": moments - 1}[moment]
    assert follow(start(home), last)[-1] == moment
    follow(start(home), None)
    assert content(home) == expected
    assert fetched(home).total() == PAGES


def test_two_processes_never_sync_one_source_at_once(tmp_path: Path) -> None:
    """Although their indexes are apart. Once the first is dead, its place is free."""
    home = tmp_path / "home"
    with start(home, pages=20_000) as first:
        assert first.stdout
        next(line for line in first.stdout if line.startswith("fetched"))
        refusal = follow(start(home, pages=10, index="other"), None)[-1]
        first.kill()
    assert refusal.startswith("held")
    assert f"process {first.pid}" in refusal
    assert follow(start(home, pages=10, index="other"), None)[-1] == "done 10"
