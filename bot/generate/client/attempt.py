"""The way of one question from worker to worker. Knows nothing of how they are asked."""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.client.trouble import Trouble
from bot.generate.client.worker import Worker
from bot.generate.model import AwayError, RefusedError

_TRIES = 2
"""Of one worker where nothing was said: what breaks twice in a row will break a third time."""
_BUSY_TRIES = 4
"""Of a worker that asks for a moment of peace."""


class Attempt:
    """What was tried for a question, and what may be tried yet."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._tries = dict.fromkeys(workers, 0)
        self._most = dict.fromkeys(workers, _TRIES)
        self._troubles: dict[Worker, Trouble] = {}
        self._crowded = False

    def order(self) -> list[Worker]:
        """Return the workers that may be asked, those first that were asked least."""
        left = [worker for worker in self._workers if self._tries[worker] < self._most[worker]]
        return sorted(left, key=self._tries.__getitem__)

    @property
    def again(self) -> bool:
        """Whether each worker that is left has failed once already."""
        left = self.order()
        return bool(left) and self._tries[left[0]] > 0

    def failed(self, worker: Worker, trouble: Trouble) -> None:
        """Note why a worker did not answer. Raises `RefusedError` where none would."""
        self._troubles[worker] = trouble
        self._tries[worker] += 1
        if trouble.kind == "refused":
            raise RefusedError(f"{worker.name}: {trouble.reason}") from None
        if trouble.kind == "late":
            self.no_room()
        elif trouble.kind in {"slow", "other"}:
            self._most[worker] = 0
        elif trouble.kind == "busy":
            self._most[worker] = _BUSY_TRIES

    def no_room(self) -> None:
        """Note that no worker had room in time: there is none left for another try."""
        self._crowded = True
        self._most = dict.fromkeys(self._workers, 0)

    def error(self) -> AwayError | RefusedError:
        """Return what to raise in the end; what an administrator can change comes first."""
        others = {w: t for w, t in self._troubles.items() if t.kind == "other"}
        if others:
            return RefusedError("; ".join(f"{w.name}: {t.reason}" for w, t in others.items()))
        if self._crowded:
            return AwayError("no worker had room in time: all are at their limit of concurrency")
        reasons = {worker.name: self._reason(worker) for worker in self._workers}
        return AwayError("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))

    def _reason(self, worker: Worker) -> str:
        trouble = self._troubles.get(worker)
        return trouble.reason if trouble else worker.breaker.reason or "too many requests"
