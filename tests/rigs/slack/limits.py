"""Rate limits: calls a minute by tier, method and workspace; posts a second by channel.

Knows nothing of the methods. Slack publishes the tiers and not the buckets: here a tier is a window
of a minute that slides, and posts have a bucket of five that refills by one a second.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
# Methods with a rule of their own that Slack puts at "hundreds a minute".
SPECIAL = 600
_WINDOW_S = 60.0
_BURST = 5


@dataclass
class Limits:
    """Which limits are in force, and what was counted."""

    enabled: bool = True
    speed: float = 1.0
    """Divides every window, on top of the clock's own speed."""
    overrides: dict[str, int | None] = field(default_factory=dict)
    """Calls a minute by method, instead of its tier's; None: without a limit."""
    posts_per_second: float = 1.0
    calls: Counter[str] = field(default_factory=Counter)
    limited: Counter[str] = field(default_factory=Counter)
    _windows: dict[str, deque[float]] = field(default_factory=dict)
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, method: str, allowed: int | None, channel: str | None, now: float) -> int | None:
        """Count a call; return None, or the Retry-After in whole seconds where it is too many.

        `allowed` is the calls a minute, `channel` the one that is posted to.
        """
        self.calls[method] += 1
        if not self.enabled:
            return None
        wait = self._of_channel(channel, now) if channel else None
        if wait is None:
            wait = self._of_method(method, self.overrides.get(method, allowed), now)
        if wait is None:
            return None
        self.limited[method] += 1
        return max(1, math.ceil(wait))

    def _of_method(self, method: str, allowed: int | None, now: float) -> float | None:
        if allowed is None:
            return None
        span = _WINDOW_S / self.speed
        window = self._windows.setdefault(method, deque())
        while window and window[0] <= now - span:
            window.popleft()
        if len(window) >= allowed:
            return window[0] + span - now if window else span
        window.append(now)
        return None

    def _of_channel(self, channel: str, now: float) -> float | None:
        rate = self.posts_per_second * self.speed
        left, since = self._buckets.get(channel, (float(_BURST), now))
        left = min(float(_BURST), left + (now - since) * rate)
        if left < 1:
            self._buckets[channel] = (left, now)
            return (1 - left) / rate
        self._buckets[channel] = (left - 1, now)
        return None
