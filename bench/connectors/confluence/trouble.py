"""First syncs that are killed again and again, or that the site refuses: what they come to.

Knows nothing of what an index should hold.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rigs.faults import Fault

from bench.connectors.home import Mirror, kill

_KILLS = 20
_STARTED_S = 8.0
"""Where a moment has passed already when its process starts, it dies within so long: while it
starts, or lists."""
_LATE_S = 2.0
"""So much later than its moment, at most, a process dies: as many answers come meanwhile, the end
does not hang on one of them."""
_PATIENCE_S = 600.0
_TELLING_S = 0.1
"""What an answer may take until all threads know of it: requests that come so soon after a refusal
were on their way."""
_SHARE = 0.05
"""Of the answers that are 429, and as many that are 503."""
_RETRY_AFTER_S = 1


@dataclass(frozen=True)
class Killed:
    """A first sync and its ends."""

    kills: int
    served: int
    """Contents that were served, each counted once: a version of a page, thread or file."""
    twice: int
    """How often one was served again, beyond what a run does that nobody kills: a page that others
    include is fetched for them, too."""

    @property
    def share(self) -> float:
        """Of what was served, how much was served in vain."""
        return self.twice / max(1, self.served)


def killed(mirror: Mirror, rig: Any, *, usual: Mapping[str, int], seed: int) -> Killed:
    """Kill a first sync at random moments, then let it come to its end.

    A moment is a number of contents that the site has served, drawn evenly from those that it
    serves in an undisturbed run (`usual`, how often each), the last one being all of them: what is
    then left is writing and publishing.
    """
    drawn = random.Random(seed)
    before, began, contents = rig.served(), rig.contents_served, sum(usual.values())
    moments = sorted(drawn.randrange(contents) for _ in range(_KILLS - 1))
    kills = 0
    for moment in (*moments, contents):
        passed = rig.contents_served - began >= moment
        process = mirror.start()
        if not passed:
            _wait(rig, began + moment, process)
        time.sleep(drawn.uniform(0, _STARTED_S if passed else _LATE_S))
        kills += kill(process)
    mirror.sync()
    times = since(before, rig.served())
    twice = sum(max(0, count - usual.get(content, 1)) for content, count in times.items())
    return Killed(kills, len(times), twice)


def _wait(rig: Any, bodies: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the site has served so many, or the process has ended."""
    deadline = time.monotonic() + _PATIENCE_S
    while rig.contents_served < bodies and process.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the sync does not get on")
        time.sleep(0.02)


def since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return how often each content was served meanwhile."""
    grown = {content: times - before.get(content, 0) for content, times in after.items()}
    return {content: times for content, times in grown.items() if times}


@dataclass(frozen=True)
class Hurt:
    """A first sync whose requests were refused now and then."""

    requests: int
    refused: int
    failed: int
    """Documents that it could not read."""
    hasty: int
    """Requests that came before the time was over that a refusal had named."""


def hurt(mirror: Mirror, rig: Any) -> Hurt:
    """Run a first sync with a tenth of the answers 429 (with a time to wait) or 503."""
    before = len(rig.journal)
    wait = {"Retry-After": str(_RETRY_AFTER_S)}
    rig.fault(Fault(status=429, headers=wait, probability=_SHARE, times=None))
    rig.fault(Fault(status=503, probability=_SHARE, times=None))
    try:
        report = mirror.sync().report
    finally:
        rig.recover()
    journal = rig.journal[before:]
    refused = [entry for entry in journal if entry.status in {429, 503}]
    told = [entry.at for entry in journal if entry.status == 429]
    return Hurt(len(journal), len(refused), len(report["failed"]), _hasty(told, journal))


def _hasty(told: Iterable[float], journal: Iterable[Any]) -> int:
    came = [entry.at for entry in journal]
    return sum(
        any(at + _TELLING_S < moment < at + _RETRY_AFTER_S for at in told) for moment in came
    )
