"""Which question is next: in the order they came, and one at a time in each conversation.

A follow-up needs the answer before it, and the answer to an edited question takes the place of the
former one: neither may overtake. Knows nothing of how a question is answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bot.conversations import Shown, Thread, Turn
from bot.inbox.platform import Reply


@dataclass(slots=True)
class Job:
    """A turn that this process is to answer."""

    turn: Turn
    reply: Reply
    known: tuple[Shown, ...] = ()
    """Messages that are visible already."""
    search: bool = False
    """Whether messages of it may stand on the platform that SQL does not know of."""
    withdrawn: str | None = None
    """Why nobody waits for it any more."""
    tries: int = 0
    received: float = 0.0
    """By the loop's clock."""
    told: float = 0.0
    """When its asker was last told how many are before them."""


class Jobs:
    """Waiting jobs by conversation; for one event loop."""

    def __init__(self) -> None:
        self._threads: dict[Thread, deque[Job]] = {}
        self._ready: deque[Thread] = deque()
        self._more = asyncio.Event()

    def put(self, job: Job) -> None:
        """Append a job to its conversation."""
        thread = job.turn.thread
        waiting = self._threads.get(thread)
        if waiting is not None:
            waiting.append(job)
            return
        self._threads[thread] = deque([job])
        self._ready.append(thread)
        self._more.set()

    async def take(self) -> Job:
        """Return the next job; its conversation waits until `done`."""
        while not self._ready:
            self._more.clear()
            await self._more.wait()
        return self._threads[self._ready.popleft()].popleft()

    def done(self, job: Job) -> None:
        """Let the conversation of a taken job go on."""
        thread = job.turn.thread
        if self._threads[thread]:
            self._ready.append(thread)
            self._more.set()
        else:
            del self._threads[thread]

    def waiting(self) -> Iterator[Job]:
        """Yield those that nobody has taken, about in the order in which they will be."""
        first = [thread for thread in self._ready if self._threads[thread]]
        for thread in first:
            yield self._threads[thread][0]
        for thread, jobs in self._threads.items():
            begin = 1 if thread in first else 0
            yield from list(jobs)[begin:]

    def __len__(self) -> int:
        return sum(len(jobs) for jobs in self._threads.values())
