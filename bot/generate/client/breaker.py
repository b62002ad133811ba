"""When a worker is left alone, and when it is tried again. Knows nothing of workers.

Closed: questions pass. Open: none does. Half open: the worker looks healthy again, and one question
may try it, while the others still pass by.
"""

from __future__ import annotations

import random
from typing import Literal

FAILURES = 3
"""In a row, until a worker is left alone. One may be a connection that broke by itself, two the
same one tried again; three are the worker."""
_FIRST_TRIAL = 5.0
_LAST_TRIAL = 300.0
"""Seconds of peace before a worker whose trial failed is tried again; doubled each time. Such a
worker looks healthy, but each trial costs somebody the time until it fails."""
_SPREAD = 0.25
"""So that several bots do not knock all at once."""

_drawn = random.Random()  # noqa: S311 - spreads load, keeps no secret


def spread(seconds: float) -> float:
    """Return about so many seconds."""
    return seconds * _drawn.uniform(1 - _SPREAD, 1 + _SPREAD)


class Breaker:
    """Counts what fails."""

    def __init__(self) -> None:
        self._state: Literal["closed", "open", "half"] = "closed"
        self._trial: object | None = None
        self._failures = 0
        self._trials_failed = 0
        self.reason = ""
        """Why it opened last."""

    @property
    def open(self) -> bool:
        """Whether the worker is left alone, until it looks healthy."""
        return self._state == "open"

    def passes(self) -> bool:
        """Tell whether a question may go to the worker now."""
        return self._state == "closed" or (self._state == "half" and self._trial is None)

    def enter(self, question: object) -> None:
        """Note that a question goes to the worker; where the breaker is half open, as its trial."""
        if self._state == "half":
            self._trial = question

    def answered(self, question: object) -> None:
        """Note that the worker has begun to answer: a trial has succeeded."""
        if question is self._trial:
            self._trial = None
            self._state = "closed"
            # If it breaks off in the middle after all, that is enough.
            self._failures = FAILURES - 1

    def finished(self) -> None:
        """Note that the worker has answered to the end."""
        self._failures = self._trials_failed = 0

    def left(self, question: object) -> None:
        """Note that nobody waits for the answer any more: a trial says nothing."""
        if question is self._trial:
            self._trial = None

    def failed(self, question: object, reason: str, *, at_once: bool = False) -> bool:
        """Note a failure; return whether the breaker has opened by it."""
        tried = self._trial is not None and question is self._trial
        self.left(question)
        if self._state == "open" or (self._state == "half" and not tried):
            return False  # it was asked before the breaker opened
        self._failures += 1
        if not (tried or at_once or self._failures >= FAILURES):
            return False
        self._trials_failed += tried
        self._state, self.reason = "open", reason
        return True

    def peace(self) -> float:
        """Return for how many seconds an open breaker stays so, however healthy it looks."""
        if not self._trials_failed:
            return 0.0
        return spread(min(_FIRST_TRIAL * 2 ** (self._trials_failed - 1), _LAST_TRIAL))

    def healthy(self) -> None:
        """Note that the worker looks healthy again."""
        if self._state == "open":
            self._state, self._trial, self._failures = "half", None, 0
