"""What goes wrong on demand on the wire: which requests, how many of them, and how.

Shared by the rigs of the chat platforms. Knows nothing of either: what a failure says (its body,
its headers) is the rig's own matter, and so is what happens on a WebSocket beyond its end.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

Cut = Literal["before", "after", "body"]
"""The connection ends before the work, after it instead of an answer, or amid the answer."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A rule: requests that fit fail, `times` of them after the first `skip`."""

    method: str = "*"
    path: str = "*"
    """Shell pattern of the path without its query; `*` also stands for slashes."""
    times: int | None = 1
    """None: until the faults are cleared."""
    skip: int = 0
    """So many requests that fit pass first."""
    probability: float = 1.0
    """How likely each request that fits is struck; drawn from the rig's seed."""
    delay: float = 0.0
    """Seconds before anything else happens."""
    status: int | None = None
    """The answer; with `cut="after"` the work is done all the same."""
    message: str | None = None
    """None: as the real service words this status."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    reset: bool = False
    """Whether a cut is a TCP RST; False is a FIN."""

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is meant."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The rules in force; the first one that fits and is not used up applies."""

    def __init__(self, seed: int = 0) -> None:
        self._rules: list[_Rule] = []
        self._drawn = random.Random(seed)

    def add(self, fault: Fault) -> None:
        """Add a rule."""
        self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Let everything go well again."""
        self._rules.clear()

    def next(self, method: str, path: str) -> Fault | None:
        """Return what happens to this request, and count it."""
        for rule in self._rules:
            if rule.fault.fits(method, path) and rule.strikes(self._drawn):
                return rule.fault
        return None


class _Rule:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._passed = 0
        self._struck = 0

    def strikes(self, drawn: random.Random) -> bool:
        if self._passed < self.fault.skip:
            self._passed += 1
            return False
        if self.fault.times is not None and self._struck >= self.fault.times:
            return False
        if self.fault.probability < 1 and drawn.random() >= self.fault.probability:
            return False
        self._struck += 1
        return True


def as_json(fault: Fault) -> dict[str, Any]:
    """Return a rule for another process."""
    return {**asdict(fault), "headers": dict(fault.headers)}


def from_json(body: Mapping[str, Any]) -> Fault:
    """Return the rule of another process."""
    return Fault(**body)


def end(transport: asyncio.BaseTransport | None, *, reset: bool) -> None:
    """End a TCP connection at once, by RST or by FIN, with nothing said on the layers above."""
    if not isinstance(transport, asyncio.Transport):
        return
    connection = transport.get_extra_info("socket")
    if reset and connection is not None:
        # Lingering for no time is what makes the kernel say RST, whatever is still unread.
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
