"""How often somebody may ask. Knows nothing of what they ask."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable

_WINDOW = 60.0


class Pace:
    """A sliding minute for each person, in the memory of one process."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = per_minute
        self._clock = clock
        self._asked: dict[Hashable, deque[tuple[float, str]]] = {}

    def allows(self, who: Hashable, message: str) -> bool:
        """Tell whether one more question is within the pace; a repeated message counts once."""
        now = self._clock()
        self._forget(now)
        asked = self._asked.setdefault(who, deque())
        if any(known == message for _, known in asked):
            return True
        if len(asked) >= self._most:
            return False
        asked.append((now, message))
        return True

    def _forget(self, now: float) -> None:
        for who, asked in list(self._asked.items()):
            while asked and now - asked[0][0] > _WINDOW:
                asked.popleft()
            if not asked:
                del self._asked[who]
