"""A few threads that upload while the caller goes on, and no more work than they can hold.

Knows nothing of what is uploaded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Uploads(Generic[K]):
    """Runs tasks in `threads` threads; of a thread's tasks one may wait, then `submit` blocks.

    After a task failed no other is begun, and every call raises its error. One thread calls.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kurage-upload")
        self._most = 2 * threads
        self._changed = Condition()
        self._under_way: dict[K, int] = {}
        self._tasks = 0
        self._error: BaseException | None = None

    def submit(self, keys: Iterable[K], task: Callable[[], None]) -> None:
        """Run a task soon; `keys` name what it writes. Blocks while there is enough to do."""
        keys = list(keys)
        with self._changed:
            self._changed.wait_for(lambda: self._error or self._tasks < self._most)
            self._check()
            self._tasks += 1
            for key in keys:
                self._under_way[key] = self._under_way.get(key, 0) + 1
        self._pool.submit(self._run, keys, task)

    def writes(self, key: K) -> bool:
        """Tell whether a task that writes this is under way."""
        with self._changed:
            return key in self._under_way

    def drain(self) -> None:
        """Return when every task is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._tasks)
            self._check()

    def abandon(self) -> None:
        """Begin no other task."""
        with self._changed:
            self._error = self._error or RuntimeError("the uploads were abandoned")

    def settle(self, seconds: float) -> None:
        """Return when the tasks under way have ended, however they end, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._tasks, seconds)

    def close(self) -> None:
        """Return when the tasks under way have ended; no other is begun."""
        self.abandon()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _check(self) -> None:
        if self._error:
            raise self._error

    def _run(self, keys: list[K], task: Callable[[], None]) -> None:
        error: BaseException | None = None
        try:
            if not self._error:
                task()
        except BaseException as raised:  # noqa: BLE001 - it is raised where the caller calls
            error = raised
        with self._changed:
            self._error = self._error or error
            self._tasks -= 1
            for key in keys:
                self._under_way[key] -= 1
                if not self._under_way[key]:
                    del self._under_way[key]
            self._changed.notify_all()
