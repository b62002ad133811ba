"""Rate limits: a bucket for a route and its channel, 50 a second overall, and the ban.

The headers and their meaning are those of Discord's page "Rate Limits". Discord publishes no sizes:
five messages in five seconds are what is seen of channels; the rest is modelled on the same scale.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field

from rigs.discord_server.clock import Clock

SIZES: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "GET /channels/{channel}/messages": (5, 1.0),
    "GET /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /channels/{channel}/typing": (5, 5.0),
    "POST /channels/{channel}/messages/{message}/threads": (50, 300.0),
    "POST /channels/{channel}/threads": (50, 300.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
    "POST /users/@me/channels": (10, 10.0),
    "PUT /applications/{application}/commands": (2, 10.0),
    "PUT /applications/{application}/guilds/{guild}/commands": (2, 10.0),
}
"""Requests and seconds, by the template of a route."""
_OTHERS = (50, 1.0)

GLOBAL = (50, 1.0)
_GENEROUS = (100_000, 1.0)
_INVALID_WINDOW_S = 600.0


@dataclass
class Switches:
    """Which limits are in force, and how large the adjustable ones are."""

    buckets: bool = True
    """Off: no headers either, so discord.py sends one request at a time to a route."""
    generous: bool = False
    """Buckets are so large that they never fill."""
    everywhere: bool = True
    gateway: bool = True
    """120 sends a minute on a socket."""
    identify: bool = True
    """One identify in five seconds, 1,000 a day."""
    invalid: bool = True
    invalid_allowed: int = 10_000
    """401, 403 and 429 in ten minutes before the address is banned."""
    identifies_a_day: int = 1_000
    sizes: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Sizes that differ from `SIZES`."""


@dataclass(frozen=True)
class Verdict:
    """What a limit says to a request."""

    headers: dict[str, str]
    retry_after: float = 0.0
    """Above 0: refused."""
    everywhere: bool = False


class _Window:
    """So many in so long: opens with the first, closes for all at once, as Discord's do."""

    def __init__(self, size: int, seconds: float) -> None:
        self.size = size
        self.seconds = seconds
        self._opened = float("-inf")
        self._used = 0

    def take(self, now: float) -> tuple[bool, int, float]:
        """Return whether there was room, how much is left, and the seconds until it is new."""
        if now >= self._opened + self.seconds:
            self._opened, self._used = now, 0
        room = self._used < self.size
        self._used += room
        return room, self.size - self._used, self._opened + self.seconds - now


class Limits:
    """Counts requests and says which are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.on = Switches()
        self._windows: dict[str, _Window] = {}
        self._global = _Window(GLOBAL[0], clock.span(GLOBAL[1]))
        self._invalid: deque[float] = deque()
        self.hits: dict[str, int] = {}
        """429 by route template; `global` and `ban` too."""
        self.most_invalid = 0
        """The most invalid requests that there were within ten minutes."""

    def check(self, template: str, major: str, *, interaction: bool, wall: float) -> Verdict:
        """Return what the limits say to a request; `wall` is the wall clock for the headers."""
        now = self._clock.now()
        if self.on.everywhere and not interaction:
            room, _, after = self._global.take(now)
            if not room:
                self._hit("global")
                headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
                return Verdict(headers, after, everywhere=True)
        size = self.on.sizes.get(template) or SIZES.get(template)
        # Answers to interactions come without headers, all others have some bucket.
        size = size or (None if interaction else _OTHERS)
        if not self.on.buckets or size is None:
            return Verdict({})
        if self.on.generous:
            size = _GENEROUS
        key = f"{template} {major} {size}"
        if key not in self._windows:
            self._windows[key] = _Window(size[0], self._clock.span(size[1]))
        room, left, after = self._windows[key].take(now)
        headers = {
            "X-RateLimit-Limit": str(size[0]),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{wall + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(template.encode()).hexdigest(),
        }
        if room:
            return Verdict(headers)
        self._hit(template)
        return Verdict({**headers, "X-RateLimit-Scope": "user"}, after)

    def banned(self) -> bool:
        """Tell whether the address sent too many invalid requests."""
        self._forget()
        if not self.on.invalid or len(self._invalid) <= self.on.invalid_allowed:
            return False
        self._hit("ban")
        return True

    def answered(self, status: int, scope: str | None) -> None:
        """Count an answer towards the ban; shared limits are not the caller's doing."""
        if status in {401, 403} or (status == 429 and scope != "shared"):
            self._forget()
            self._invalid.append(self._clock.now())
            self.most_invalid = max(self.most_invalid, len(self._invalid))

    def _forget(self) -> None:
        oldest = self._clock.now() - self._clock.span(_INVALID_WINDOW_S)
        while self._invalid and self._invalid[0] < oldest:
            self._invalid.popleft()

    def _hit(self, what: str) -> None:
        self.hits[what] = self.hits.get(what, 0) + 1
