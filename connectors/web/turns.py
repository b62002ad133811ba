"""Whose turn it is: addresses of several hosts, so that a slow one holds up none of the others.

Knows nothing of requests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from connectors.web.addresses import host_of
from connectors.web.memory import Waiting


class Turns:
    """Addresses by host, in their order; each host in turn, so many at once of each."""

    def __init__(self, waiting: Iterable[Waiting], *, of_a_host: int) -> None:
        self._of_a_host = of_a_host
        self._hosts: dict[str, deque[Waiting]] = {}
        self._under_way: dict[str, int] = {}
        self._free: deque[str] = deque()
        for one in waiting:
            self.add(one)

    def add(self, one: Waiting) -> None:
        """Append an address."""
        host = host_of(one.url)
        if host not in self._hosts:
            self._hosts[host] = deque()
            self._free.append(host)
        self._hosts[host].append(one)

    def next(self) -> Waiting | None:
        """Return an address to ask for now; None: there is none, or its host is busy."""
        for _ in range(len(self._free)):
            host = self._free[0]
            self._free.rotate(-1)
            waiting = self._hosts[host]
            if waiting and self._under_way.get(host, 0) < self._of_a_host:
                self._under_way[host] = self._under_way.get(host, 0) + 1
                return waiting.popleft()
        return None

    def done(self, one: Waiting) -> None:
        """Note that an address was asked for."""
        self._under_way[host_of(one.url)] -= 1
