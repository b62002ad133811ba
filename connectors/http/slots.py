"""How many requests run at once: as many as allowed, fewer while the service wants rest.

Halved with every "too many requests", one more after a few answers (as TCP does, RFC 5681): who
comes back after a pause with all threads at once is refused again. Knows nothing of requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_ANSWERS = 10
"""Good ones before one more request runs at once."""


class Slots:
    """The slots of one client; threads share them."""

    def __init__(self, most: int) -> None:
        self._most = self._allowed = max(1, most)
        self._taken = self._good = 0
        self._changed = Condition()

    @property
    def allowed(self) -> int:
        """How many may be taken now."""
        return self._allowed

    def limit(self, most: int) -> None:
        """Let no more than so many be taken from now on."""
        with self._changed:
            self._most = max(1, most)
            self._allowed = min(self._allowed, self._most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot; waits for a free one."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self._allowed)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()

    def refused(self) -> None:
        """Note that the service wants rest."""
        with self._changed:
            self._allowed, self._good = max(1, self._allowed // 2), 0

    def answered(self) -> None:
        """Note a good answer."""
        with self._changed:
            self._good += 1
            if self._good >= _ANSWERS and self._allowed < self._most:
                self._allowed, self._good = self._allowed + 1, 0
                self._changed.notify()
