"""Recurring jobs run as child processes, one at a time, and end with the program."""

import asyncio
import sys
from pathlib import Path

from bot.schedule import Job, Outcome, kill_all, run

PYTHON = (sys.executable, "-c")


def job(name: str, code: str, every: float = 1000) -> Job:
    return Job(name, (code,), every)


async def outcomes(jobs: list[Job], count: int) -> list[Outcome]:
    """Run until `count` runs have ended."""
    stop = asyncio.Event()
    ended: list[Outcome] = []

    def on_end(outcome: Outcome) -> None:
        ended.append(outcome)
        if len(ended) == count:
            stop.set()

    await asyncio.wait_for(run(jobs, on_end, stop=stop, command=PYTHON), 60)
    return ended


async def test_every_job_runs_at_the_start() -> None:
    """A host that was down has missed syncs; it does not wait another hour for them."""
    ended = await outcomes([job("a", "pass"), job("b", "pass")], 2)
    assert [(outcome.job.name, outcome.code) for outcome in ended] == [("a", 0), ("b", 0)]


async def test_a_job_comes_round_again() -> None:
    """One that is due every moment runs again and again."""
    ended = await outcomes([job("a", "pass", every=0)], 3)
    assert [outcome.job.name for outcome in ended] == ["a", "a", "a"]


async def test_a_failed_job_tells_its_last_line_and_stops_no_other() -> None:
    """The reason is what the command said last on standard error."""
    broken = "import sys; sys.stderr.write('first\\nerror: no space\\n'); sys.exit(1)"
    ended = await outcomes([job("a", broken), job("b", "pass")], 2)
    assert (ended[0].code, ended[0].message) == (1, "error: no space")
    assert ended[1].code == 0


async def test_jobs_never_overlap(tmp_path: Path) -> None:
    """Each one would find the mark of another that still runs."""
    mark = tmp_path / "running"
    code = (
        "import pathlib, time, sys\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "mark.touch(exist_ok=False); time.sleep(0.05); mark.unlink()"
    )
    ended = await outcomes([job("a", code, 0), job("b", code, 0)], 4)
    assert [outcome.code for outcome in ended] == [0] * 4


async def test_stopping_interrupts_the_running_job(tmp_path: Path) -> None:
    """A sync in progress gets SIGINT, ends, and is reported; nothing is left behind."""
    started = tmp_path / "started"
    code = (
        "import os, pathlib, signal, time\n"
        # An exception would be lost where it strikes while an object is being freed.
        "signal.signal(signal.SIGINT, lambda *_: os._exit(7))\n"
        f"pathlib.Path({str(started)!r}).touch(); time.sleep(600)\n"
    )
    stop = asyncio.Event()
    ended: list[Outcome] = []
    running = asyncio.ensure_future(run([job("a", code)], ended.append, stop=stop, command=PYTHON))
    while not started.exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert [outcome.code for outcome in ended] == [7]


async def test_a_job_may_begin_later() -> None:
    """What is not urgent leaves the start to the others, whatever their order."""
    ended = await outcomes([Job("late", ("pass",), 1000, after=0.3), job("a", "pass")], 2)
    assert [outcome.job.name for outcome in ended] == ["a", "late"]


async def test_who_leaves_at_once_takes_the_running_job_along(tmp_path: Path) -> None:
    """A second Ctrl-C does not leave a sync behind that nobody knows of."""
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    stop = asyncio.Event()
    ended: list[Outcome] = []
    running = asyncio.ensure_future(run([job("a", code)], ended.append, stop=stop, command=PYTHON))
    while not started.exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.01)
    kill_all()
    while not ended:  # noqa: ASYNC110 - the child tells nobody
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert [outcome.code for outcome in ended] == [-9]
