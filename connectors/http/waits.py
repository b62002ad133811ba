"""How long to wait: as the server told, or a little longer with every failure. Asks nothing."""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Lock

_LONGEST_BACK_OFF = 60.0
"""Seconds; more tries than reach it are rare, and an operator looks on."""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), never negative.

    It holds seconds or a date. `now` is the server's own time where it told, so that a clock that
    is wrong does not matter. None where there is no header, or none that can be read.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", value):
        return float(value)
    date = http_date(value)
    return None if date is None else max(0.0, (date - now).total_seconds())


def http_date(value: str | None) -> datetime | None:
    """Return the time of a Date header, timezone-aware; None where it can not be read."""
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def back_off(tries: int, first: float) -> float:
    """Return the seconds to wait after so many failed tries: doubled each time, with jitter.

    Half of it is left to chance, so that requests that failed together do not come again together.
    """
    whole = min(_LONGEST_BACK_OFF, first * (1 << min(tries - 1, 20)))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it


def a_little_over(told: float) -> float:
    """Return a wait that is never shorter than told, and not the same for every client."""
    return told + random.uniform(0, min(1.0, told / 10))  # noqa: S311 - no secret hangs on it


class Pause:
    """A wait that all threads of a client share, and that closing the client ends."""

    def __init__(self) -> None:
        self._closed = Event()
        self._lock = Lock()
        self._until = 0.0

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._closed.is_set()

    @property
    def rest(self) -> float:
        """Seconds until it is over; 0 where it is."""
        return max(0.0, self._until - time.monotonic())

    def extend(self, seconds: float) -> None:
        """Let everybody wait at least so long from now on."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when the pause is over, however often it is extended meanwhile, or closed."""
        while not self.closed and (rest := self._until - time.monotonic()) > 0:
            self.sleep(rest)

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds, or at once where it is closed."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """End every wait, for good."""
        self._closed.set()
