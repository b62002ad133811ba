"""Whose turn it is at a host: so many requests at once, so much time between two of them.

The time counts from the start of the last request. A host that asks for rest gets it, alone: others
are asked on. Knows nothing of requests.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from connectors.http.errors import FailedError, Failure
from connectors.http.slots import Slots
from connectors.http.waits import Pause, a_little_over


class Turns:
    """The turns at one host; threads share them. `delay` is in seconds between two starts."""

    def __init__(self, delay: float, at_once: int) -> None:
        self._delay = delay
        self._slots = Slots(at_once)
        self._pause = Pause()
        self._lock = Lock()
        self._last = float("-inf")
        self._resting_until = float("-inf")

    @property
    def delay(self) -> float:
        """Seconds between the starts of two requests."""
        return self._delay

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a turn; waits for it. Raises FailedError where none will come in this run."""
        with self._slots.one():
            self._wait()
            yield

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Hold a turn at once; raises FailedError where the host told to wait.

        What a page loads with itself is asked for so: a browser does not wait in between, either.
        """
        self._refuse_if_over()
        if self._pause.rest:
            raise FailedError(Failure("it told to wait", again=True))
        yield

    def slow_down(self, delay: float) -> None:
        """Let at least so many seconds pass, and no two requests run at once (Crawl-delay)."""
        with self._lock:
            self._delay = max(self._delay, delay)
        self._slots.limit(1)

    def answered(self) -> None:
        """Note a good answer."""
        self._slots.answered()

    def refused(self, wait: float) -> None:
        """Note that the host wants rest: nobody asks for so many seconds, and fewer at once."""
        self._slots.refused()
        self._pause.extend(a_little_over(wait))

    def give_up_for(self, seconds: float) -> None:
        """Ask nothing for so long: longer than anybody waits, so that who comes is refused."""
        self._resting_until = time.monotonic() + seconds

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds, or at once where the client is closed."""
        self._pause.sleep(seconds)

    def close(self) -> None:
        """Refuse everybody who waits, or comes."""
        self._pause.close()

    def _wait(self) -> None:
        while True:
            self._pause.wait()
            self._refuse_if_over()
            with self._lock:
                now = time.monotonic()
                rest = self._last + self._delay - now
                if rest <= 0:
                    self._last = now
                    return
            self._pause.sleep(rest)

    def _refuse_if_over(self) -> None:
        if self._pause.closed:
            raise FailedError(Failure("the client was closed"))
        rest = self._resting_until - time.monotonic()
        if rest > 0:
            words = f"it told to wait {rest / 60:.0f} minutes, more than one run waits"
            raise FailedError(Failure(f"{words}; run again later", again=True))
