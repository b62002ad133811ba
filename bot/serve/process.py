"""The life of `kurage serve`: what is started in which order, and how all of it ends in time.

Knows nothing of how a platform listens or a question is answered. One part that fails does not take
the others along: a platform that was connected is tried again, whatever it raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog

from bot import schedule
from bot.app import App
from bot.conversations import ConversationsError
from bot.inbox import Inbox, Platform, RefusedError
from bot.metrics import Metrics
from bot.schedule import Job, Outcome
from bot.serve.health import Condition, HealthServer
from bot.serve.notices import Notices
from bot.serve.warm import warm_up
from bot.serve.watch import Watch
from bot.settings import SettingsError
from ingest.index import SearchIndexError
from ingest.state import StateError

_WHOLE = 9.0
"""Seconds that an end may take; supervisors kill after 10."""
_LISTENERS = 3.0
"""Seconds of them until no platform listens any more."""
_OPEN = 6.0
"""Seconds that open turns have to be finished."""
_ANSWERED_BY = 7.0
"""Seconds after which they are handed back all the same."""
_AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a platform, a database or an index is tried again; the last one holds on."""

_WARM = 2.0
"""Seconds that the start waits for everything to be loaded; with the quoting reader, 0.3."""
_STEADY = 60.0
"""Seconds of listening after which a fault counts as the first one."""

_log = structlog.get_logger(__name__)


async def serve(kurage: App, jobs: Sequence[Job], notices: Notices) -> None:
    """Serve what is configured until SIGTERM or SIGINT.

    Raises `SettingsError` where nothing is configured or the address of `/healthz` is taken, and
    where the only platform refuses us.
    """
    await Process(kurage, jobs, notices).run()


class Process:
    """Everything that runs, for one event loop."""

    def __init__(self, kurage: App, jobs: Sequence[Job], notices: Notices) -> None:
        self._kurage = kurage
        self._jobs = jobs
        self._notices = notices
        self._metrics = Metrics()
        self._condition = Condition(wanted=tuple(kurage.configured_platforms))
        self._health = HealthServer(kurage.settings.config.serve, self._condition, self._metrics)
        self._watch = Watch(kurage, self._condition, notices)
        self._stop = asyncio.Event()
        self._signals = 0
        self._listening: list[asyncio.Task[None]] = []
        self._beside: list[asyncio.Task[None]] = []
        self._warming: asyncio.Task[None] | None = None
        self._refusals: dict[str, str] = {}
        self._fault: Exception | None = None
        self._done = False

    async def run(self) -> None:
        """Start, wait for the end, and end."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_fault)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop, number)
        await self._health.start()
        try:
            self._start(self._watch.parts(self._stop))
            self._start(schedule.run(self._jobs, self._ended, stop=self._stop))
            self._start(self._open())
            await self._stop.wait()
        finally:
            await self._end()
        if self._fault:
            raise self._fault
        if self._refused_by_all:
            raise SettingsError("; ".join(self._refusals.values()))

    # Starting

    @property
    def _address(self) -> str:
        serve = self._kurage.settings.config.serve
        return f"http://{serve.host}:{serve.port}/healthz" if serve.port else ""

    async def _open(self) -> None:
        """Open database and index, however long they are away, and begin to listen."""
        inbox = await self._inbox() if self._condition.wanted else None
        if inbox:
            self._condition.inbox = inbox
            # A model may be slow, or away: people are listened to all the same.
            self._warming = asyncio.create_task(self._needed(warm_up(self._kurage.answerer)))
            await asyncio.wait([self._warming], timeout=_WARM)
        if not self._stop.is_set():
            if inbox:
                self._begin(inbox)
            self._notices.serving(self._condition.wanted, self._jobs, self._address)

    def _begin(self, inbox: Inbox) -> None:
        platforms = self._kurage.platforms(self._metrics)
        self._condition.platforms = platforms
        self._start(inbox.run(platforms))
        self._start(self._watch.connections(self._stop))
        self._listening = [
            asyncio.create_task(self._listen(platform, inbox)) for platform in platforms.values()
        ]

    async def _inbox(self) -> Inbox | None:
        """Return the inbox; None where the end came first."""
        tries = 0
        while not self._stop.is_set():
            try:
                return await asyncio.to_thread(self._kurage.inbox, self._metrics)
            except (ConversationsError, SearchIndexError, StateError) as error:
                self._notices.waits(str(error))
                await self._pause(tries)
                tries += 1
        return None

    async def _listen(self, platform: Platform, inbox: Inbox) -> None:
        """Listen to a platform until the end, again after each fault."""
        clock = asyncio.get_running_loop().time
        tries = 0
        while not self._stop.is_set():
            began = clock()
            try:
                await platform.receive(inbox, self._stop)
            except RefusedError as error:
                if not platform.let_in:
                    # It was never let in, and will not be before somebody changes something.
                    self._give_up(platform.name, str(error))
                    return
                self._notices.refused(platform.name, str(error))
            except Exception:  # noqa: BLE001 - the other platform goes on, and this one again
                _log.exception("fault", platform=platform.name)
            if not self._stop.is_set():
                tries = 0 if clock() - began > _STEADY else tries
                await self._pause(tries)
                tries += 1

    def _give_up(self, platform: str, reason: str) -> None:
        self._refusals[platform] = reason
        if self._refused_by_all:
            self._stop.set()
        else:
            self._notices.refused(platform, reason)

    @property
    def _refused_by_all(self) -> bool:
        return bool(self._refusals) and len(self._refusals) == len(self._condition.wanted)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._beside.append(asyncio.create_task(self._needed(work)))

    async def _needed(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what the process can not do without: where it fails, a new process begins anew."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - it is raised again, after an orderly end
            _log.exception("fault")
            self._fault = error
            self._stop.set()

    async def _pause(self, tries: int) -> None:
        seconds = _AGAIN[min(tries, len(_AGAIN) - 1)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    def _ended(self, outcome: Outcome) -> None:
        self._metrics.job(outcome.job.name, succeeded=outcome.code == 0)
        self._notices.ended(outcome)

    # Ending

    def _ask_to_stop(self, number: signal.Signals) -> None:
        self._signals += 1
        if self._signals == 1:
            self._notices.stopping(self._condition.open_turns)
            self._stop.set()
        else:
            schedule.kill_all()
            os._exit(128 + number)

    async def _end(self) -> None:
        """Stop listening, let open turns be finished, hand back the rest, close.

        Whatever hangs, the process is gone before a supervisor loses its patience.
        """
        self._stop.set()
        if self._warming:
            self._warming.cancel()
        _after(_WHOLE, self._leave)
        clock = asyncio.get_running_loop().time
        began = clock()
        await _ended(self._listening, _LISTENERS)
        inbox = self._condition.inbox
        if inbox:
            await inbox.close(max(1.0, min(_OPEN, _ANSWERED_BY - (clock() - began))))
        await _closed(self._condition.platforms)
        await _ended(self._beside, max(0.0, _WHOLE - 0.5 - (clock() - began)))
        await self._health.close()
        self._watch.close()
        self._done = True

    def _leave(self) -> None:
        """End the process as it is: leases end by themselves, and the next one takes over."""
        if not self._done:
            _log.error("not_ended_in_time")
        schedule.kill_all()
        os._exit(0 if self._done and not self._fault and not self._refused_by_all else 1)


async def _ended(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Wait for tasks, and cancel those that take longer; what failed is logged."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(error, Exception):
            _log.error("fault", exc_info=error)


async def _closed(platforms: Mapping[str, Platform]) -> None:
    closing = [asyncio.create_task(platform.close()) for platform in platforms.values()]
    await _ended(closing, 2.0)


def _after(seconds: float, leave: Callable[[], None]) -> None:
    """Leave after so long, also where a thread hangs that nobody can end."""
    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()


def _log_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waited for, without the objects, whose words may be anybody's."""
    _log.error("fault", said=str(context.get("message", "")), exc_info=context.get("exception"))
