"""Hosts that are away in the middle of a crawl: then none of their pages is asked for.

Knows nothing of pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from connectors.base import ConnectorError
from connectors.web.addresses import host_of
from connectors.web.asking import Asked

AWAY_AFTER = 10
"""Failures of a host in a row after which it counts as away, should a seed of it say so, too."""


class Outages:
    """Which hosts give no answers."""

    def __init__(self, seeds: Sequence[str], ask: Callable[[str], Asked]) -> None:
        self._seeds = {host_of(seed): seed for seed in reversed(seeds)}
        self._ask = ask
        self._failing: Counter[str] = Counter()
        self.away: dict[str, str] = {}
        """Why, by host: never one of a seed, without which there is no source."""

    def of(self, url: str) -> str | None:
        """Return why nothing is asked of an address's host; None: it may be."""
        return self.away.get(host_of(url))

    def watch(self, asked: Asked) -> None:
        """Notice an answer, or that there was none.

        Raises `ConnectorError` where a host with a seed is away: the rest can not be seen.
        """
        host = host_of(asked.url)
        if not asked.away:
            self._failing[host] = 0
            return
        self._failing[host] += 1
        if host not in self._seeds:
            if asked.robots_away or self._failing[host] >= AWAY_AFTER:
                self.away[host] = asked.why
        elif asked.robots_away:
            raise ConnectorError(asked.why)
        elif self._failing[host] >= AWAY_AFTER:
            self._look(host)

    def _look(self, host: str) -> None:
        seed = self._seeds[host]
        asked = self._ask(seed)
        if asked.outcome not in {"ok", "redirect"}:
            raise ConnectorError(f"{seed}: {asked.why} (in the middle of the crawl)")
        self._failing[host] = 0
