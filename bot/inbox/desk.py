"""Where open turns are worked off: a few at once, each until it is visible and closed.

Knows nothing of how turns come in. Whatever goes wrong for now is tried again; what has reached the
platform by then is looked for first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog

from bot.conversations import ConversationsError, Shown, Turn
from bot.conversations.values import OPEN
from bot.exchange import Answer
from bot.inbox.content import Author
from bot.inbox.database import PATIENCE, Database
from bot.inbox.jobs import Job, Jobs
from bot.inbox.keys import asked_as
from bot.inbox.platform import Content, Line, Platform, PlatformError, RefusedError
from bot.inbox.store import InboxStore
from bot.metrics import Metrics

_TICK = 0.5
"""Seconds between two looks at who waits."""
_TELL_AGAIN = 5.0
"""Seconds until somebody who waits is told again how many are before them."""

_MOST_ATTEMPTS = 20
"""Of all processes together: a question that ends its process must not end every one after it."""

TAKE_BACK = "take_back"
"""The task of a turn that removes the answers to a deleted message."""

_log = structlog.get_logger(__name__)


class _NotYetError(Exception):
    """Another turn has to be over first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much, how fast and how long."""

    concurrency: int = 16
    """Turns that are answered at once."""
    per_minute: int = 20
    """Questions of one person."""
    max_age: float = 900.0
    """Seconds; an older question gets an apology."""


class Desk:
    """Works off open turns; for one event loop."""

    def __init__(
        self,
        store: InboxStore,
        database: Database,
        author: Author,
        limits: Limits,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._database = database
        self._author = author
        self._limits = limits
        self._metrics = metrics
        self._jobs = Jobs()
        self._open: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.platforms: Mapping[str, Platform] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def turns(self) -> list[str]:
        """Ids of the turns that are open here."""
        return sorted(self._open)

    def start(self, platforms: Mapping[str, Platform]) -> None:
        """Begin to work."""
        self.platforms = platforms
        for _ in range(self._limits.concurrency):
            self.spawn(self._work())
        self.spawn(self._tell())

    async def close(self) -> None:
        """Stop at once; what is open stays so, for another process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._open.values():
            await job.reply.drop()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside, until the desk is closed."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def add(self, turn: Turn, *, known: Sequence[Shown], search: bool) -> None:
        """Have a turn answered that is this process's.

        `search` where messages of it may stand on the platform that nobody noted.
        """
        if turn.id in self._open:
            return
        reply = self.platforms[turn.thread.platform].reply(turn, partial(self._record, turn))
        job = Job(turn, reply, tuple(known), search=search, received=_clock())
        self._open[turn.id] = job
        self._jobs.put(job)
        self._metrics.waiting(len(self._jobs))
        busy = len(self._open) - self._limits.concurrency
        if busy > 0:
            job.told = _clock()
            self.spawn(reply.status("queued", busy))

    def withdraw(self, turn: str, reason: str) -> None:
        """Stop working on a turn that nobody waits for any more."""
        if job := self._open.get(turn):
            job.withdrawn = reason

    async def remove(self, platform: str, shown: Sequence[Shown]) -> None:
        """Take messages away, with patience."""
        if not shown:
            return
        for delay in (*PATIENCE, 0):
            try:
                await self.platforms[platform].remove(shown)
            except RefusedError as error:
                _log.warning("not_removed", platform=platform, reason=str(error))
                return
            except PlatformError as error:
                _log.warning("not_removed_yet", platform=platform, reason=str(error))
                await asyncio.sleep(delay)
            else:
                return

    # Working

    async def _work(self) -> None:
        while True:
            job = await self._jobs.take()
            try:
                over = await self._over(job)
            finally:
                self._jobs.done(job)
                self._metrics.waiting(len(self._jobs))
            if over:
                self._open.pop(job.turn.id, None)
            else:
                self.spawn(self._again(job))

    async def _again(self, job: Job) -> None:
        delay = PATIENCE[min(job.tries, len(PATIENCE) - 1)]
        job.tries += 1
        job.search = True
        await asyncio.sleep(delay)
        self._jobs.put(job)

    async def _over(self, job: Job) -> bool:
        """Work on a turn; return whether it is over, else it has to be tried again."""
        turn = job.turn
        try:
            await self._answer(job)
        except _NotYetError:
            job.tries = 0
            return False
        except RefusedError as error:
            await self._finish(job, _failed(str(error)), ())
        except PlatformError as error:
            _log.warning("not_shown_yet", turn=turn.id, reason=str(error), tries=job.tries)
            if _age(turn) < 2 * self._limits.max_age:
                return False
            await self._finish(job, _failed(str(error)), ())
        except ConversationsError as error:
            _log.warning("database_away", turn=turn.id, reason=str(error))
            return False
        except Exception:  # noqa: BLE001 - a fault of ours must end neither the worker nor the turn
            _log.exception("fault", turn=turn.id)
            if job.tries < len(PATIENCE):
                return False
            await self._finish(job, _failed("a fault of the program, see its log"), ())
        return True

    async def _answer(self, job: Job) -> None:
        await self._former_over(job.turn)
        turn = await self._author.prepare(job.turn, self._before)
        started = await self._database.call(self._store.start, turn.id, searched=turn.searched)
        if not started or job.withdrawn:
            await self._give_up(job, job.known)
            return
        if turn.task == TAKE_BACK:
            await self._take_back(job)
            return
        await job.reply.status("searching")
        known = await self._known(job)
        content = await self._content(job, turn, late=not known)
        if job.withdrawn:
            await self._give_up(job, known)
            return
        shown = await job.reply.show(content, known)
        await self._finish(job, self._author.answer(turn, content), shown)

    async def _former_over(self, turn: Turn) -> None:
        """Raise `_NotYetError` while another process answers the message as it was before."""
        if turn.replaces is None:
            return
        former = await self._database.call(self._store.get, turn.replaces)
        if former is not None and former.state in OPEN:
            raise _NotYetError

    async def _take_back(self, job: Job) -> None:
        """Remove the answers to a message that its author has deleted."""
        turn = job.turn
        asked = await self._database.call(self._store.asked_as, *asked_as(turn))
        about = await self._database.call(self._store.about, asked)
        # What was handed over or shared was somebody's wish, and stays.
        longer = [one for one in about if one.task == "answer"]
        left = [*await self._known(job), *(shown for one in longer for shown in one.shown)]
        await self.platforms[turn.thread.platform].remove(left)
        await self._database.patiently(self._store.forget, longer)
        await self._finish(job, Answer("answered", (), (), ()), ())

    async def _before(self, turn: Turn, count: int) -> list[Turn]:
        return await self._database.call(self._store.before, turn, count)

    async def _known(self, job: Job) -> tuple[Shown, ...]:
        """Return the messages that are visible already, and have to be made the answer."""
        if not job.search:
            return job.known
        asked: list[Turn] = []
        if job.turn.replaces:
            asked = await self._database.call(self._store.asked_as, *asked_as(job.turn))
        formers = [turn for turn in asked if turn.id != job.turn.id]
        stored = [shown for turn in formers for shown in turn.shown]
        found = await job.reply.find([turn.id for turn in formers])
        return tuple({one.id: one for one in (*stored, *job.known, *found)}.values())

    async def _content(self, job: Job, turn: Turn, *, late: bool) -> Content:
        """Return what to show; `late` where it is the first that anybody sees of the answer."""
        if late and turn.task == "answer" and _age(turn) > self._limits.max_age:
            return Line("late")
        if turn.attempts >= _MOST_ATTEMPTS:
            return replace(
                _failed(f"{turn.attempts} attempts ended without an answer"), turn=turn.id
            )
        about = await self._database.call(self._store.get, turn.about) if turn.about else None
        return await self._author.content(turn, about, job.reply.progress)

    async def _give_up(self, job: Job, shown: Sequence[Shown]) -> None:
        """End a turn that was closed meanwhile, or is another process's now."""
        await job.reply.drop()
        await self._closed_meanwhile(job.turn, shown)

    async def _finish(self, job: Job, answer: Answer, shown: Sequence[Shown]) -> None:
        """Close the turn, however long the database needs for it."""
        turn, platform = job.turn, job.turn.thread.platform
        closed = await self._database.patiently(
            self._store.finish,
            turn,
            answer,
            shown,
            generator=self._author.generator if turn.task == "answer" else None,
            reach=_lasting(turn.reach),
        )
        if not closed:
            await self._closed_meanwhile(turn, shown)
            return
        seconds = _clock() - job.received
        self._metrics.finished(platform, answer.state, seconds)
        if answer.model_away:
            self._metrics.quoted_instead(platform)
        _log.info(
            "finished",
            turn=turn.id,
            platform=platform,
            state=answer.state,
            milliseconds=round(seconds * 1000),
            messages=len(shown),
            **({"reason": answer.reason} if answer.reason else {}),
            **({"model_away": answer.model_away} if answer.model_away else {}),
        )

    async def _closed_meanwhile(self, turn: Turn, shown: Sequence[Shown]) -> None:
        """Take away what was posted for a turn that somebody else has closed meanwhile."""
        current = await self._database.patiently(self._store.get, turn.id)
        if current is not None and current.state in OPEN:
            return  # another process has taken it over, and finds what was posted
        heirs = await self._database.patiently(self._store.asked_as, *asked_as(turn))
        if any(heir.replaces == turn.id for heir in heirs):
            return  # the turn of the edited, or deleted, question finds it, too
        kept = {one.id for one in current.shown} if current else set()
        await self.remove(turn.thread.platform, [one for one in shown if one.id not in kept])

    async def _record(self, turn: Turn, shown: Shown) -> None:
        await self._database.call(self._store.record, turn, shown)

    async def _tell(self) -> None:
        """Keep those who wait informed of how many are before them."""
        while True:
            await asyncio.sleep(_TICK)
            now = _clock()
            for before, job in enumerate(list(self._jobs.waiting()), start=1):
                if now - max(job.told, job.received) > _TELL_AGAIN:
                    job.told = now
                    await job.reply.status("queued", before)


def _failed(reason: str) -> Answer:
    return Answer("failed", (), (), (), reason=reason)


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _age(turn: Turn) -> float:
    return (datetime.now(UTC) - (turn.asked or turn.created)).total_seconds()


def _lasting(reach: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of `reach` once a turn is answered: nothing that opens a door."""
    return {key: value for key, value in reach.items() if "token" not in key and "url" not in key}
