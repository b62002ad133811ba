"""Runs recurring work when it is due, each in a child process of its own.

No write runs in the serving process, where it would hold up questions. Knows nothing of what the
jobs do beyond the `kurage` command that does them.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

# After a stop, a job gets this long (seconds) to end. What a sync has written by then is kept, and
# the next run goes on from there.
_GRACE = 7.0

_running: set[asyncio.subprocess.Process] = set()

KURAGE = (sys.executable, "-m", "bot.cli")


@dataclass(frozen=True, slots=True)
class Job:
    """A `kurage` command that is wanted again and again."""

    name: str
    arguments: tuple[str, ...]
    every: float
    """Seconds between two starts."""
    after: float = 0.0
    """Seconds until the first one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of a job ended."""

    job: Job
    code: int
    """Its exit code."""
    message: str
    """The last line on its standard error: what went wrong, if anything did."""


async def run(
    jobs: Sequence[Job],
    on_end: Callable[[Outcome], None],
    *,
    stop: asyncio.Event,
    command: tuple[str, ...] = KURAGE,
) -> None:
    """Run each job when it is due until `stop` is set; all once at the start, or `after` it.

    One at a time: they share the index, the database and a laptop's cores.
    """
    due = {job: monotonic() + job.after for job in jobs}
    while due and not stop.is_set():
        job = min(due, key=due.__getitem__)
        await _sleep(due[job] - monotonic(), stop)
        if not stop.is_set():
            due[job] = monotonic() + job.every
            on_end(await _run(job, command, stop))


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await stop.wait()


async def _run(job: Job, command: tuple[str, ...], stop: asyncio.Event) -> Outcome:
    child = await asyncio.create_subprocess_exec(
        *command,
        *job.arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C reaches a whole process group; the job is told by us, and only once.
        start_new_session=True,
    )
    _running.add(child)
    ended = asyncio.ensure_future(child.communicate())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await _end(child, ended)
        _, errors = await ended
    finally:
        stopping.cancel()
        _running.discard(child)
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return Outcome(job, child.returncode or 0, lines[-1] if lines else "")


async def _end(
    child: asyncio.subprocess.Process, ended: asyncio.Future[tuple[bytes, bytes]]
) -> None:
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        child.send_signal(signal.SIGINT)
        async with asyncio.timeout(_GRACE):
            await asyncio.shield(ended)
        return
    with contextlib.suppress(ProcessLookupError):
        child.kill()


def kill_all() -> None:
    """End the running job at once: who calls is about to be gone."""
    for child in _running:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
