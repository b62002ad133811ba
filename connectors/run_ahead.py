"""Runs jobs in a few threads, a little ahead of who takes their results.

Knows nothing of what the jobs do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Some work, and how many bytes its result may hold."""

    work: Callable[[], list[T]]
    weight: int = 0


def ahead(
    jobs: Iterable[Job[T]], *, at_once: int, most: int, name: str = "connector"
) -> Iterator[T]:
    """Yield the results of all jobs, as they come.

    At most `at_once` jobs run or wait to be taken, and together they weigh at most `most`, but that
    one always may. What a job raises is raised; the others are dropped then, as they are when the
    iterator is closed.
    """
    pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
    running: dict[Future[list[T]], int] = {}
    waiting = iter(jobs)
    held: Job[T] | None = None
    try:
        while True:
            while len(running) < at_once:
                job = held or next(waiting, None)
                held = None
                if job is None:
                    break
                if running and sum(running.values()) + job.weight > most:
                    held = job
                    break
                running[pool.submit(job.work)] = job.weight
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                # Counted until its results are taken.
                yield from future.result()
                del running[future]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
