"""Does something again and again beside work that may be silent for long. Knows nothing of either.

A crawl tells its pages when it is over, which may be an hour: meanwhile somebody has to keep the
lease, and to show that something happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def heartbeat(beat: Callable[[], None], *, every: float) -> Iterator[None]:
    """Call `beat` every so many seconds while the block runs.

    What it raises ends it, and is raised when the block is over, unless that raised something.
    """
    over = Event()
    raised: list[Exception] = []

    def beating() -> None:
        while not over.wait(every):
            try:
                beat()
            except Exception as error:  # noqa: BLE001 - raised again, by who waits for the block
                raised.append(error)
                return

    thread = Thread(target=beating, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if raised:
        raise raised[0]
