"""What goes wrong on demand: which requests, how many of them, and how.

Knows nothing of Qdrant but the words of its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

# As the real server words them, or the proxy in front of it (502, 413).
MESSAGES = {
    400: "Bad request: this request is refused on purpose",
    401: "Invalid API key or JWT",
    403: "Forbidden: Write access to this collection is required",
    408: "Timeout: Operation 'update' timed out after 60s",
    429: "Rate limiting exceeded: Write rate limit exceeded, retry later",
    500: "Service internal error: task 42 panicked",
    503: "Shard temporarily unavailable: The shard is recovering",
    507: "Insufficient storage: the disk usage limit is reached",
}
DISK_FULL = (
    "Service internal error: No space left on device: WAL buffer size exceeds available disk space"
)


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
    delay: float = 0.0
    """Seconds before anything else happens."""
    status: int | None = None
    message: str | None = None
    """None: as the real server words this status."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Literal["before", "after", "body"] | None = None
    """Reset the connection before the work, after it instead of answering, or amid the answer."""
    kill: Literal["before", "after"] | None = None
    """End the server by SIGKILL before or after the work, without an answer."""

    def fits(self, method: str, path: str) -> bool:
        """Tell whether a request is meant."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The rules in force; the first one that fits and is not used up applies."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(self, fault: Fault) -> None:
        """Add a rule."""
        self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Let everything go well again."""
        self._rules.clear()

    def next(self, method: str, path: str) -> Fault | None:
        """Return what happens to this request, and count it."""
        for rule in self._rules:
            if rule.fault.fits(method, path) and rule.strikes():
                return rule.fault
        return None


class _Rule:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._passed = 0
        self._struck = 0

    def strikes(self) -> bool:
        if self._passed < self.fault.skip:
            self._passed += 1
            return False
        if self.fault.times is not None and self._struck >= self.fault.times:
            return False
        self._struck += 1
        return True


def as_json(fault: Fault) -> dict[str, Any]:
    """Return a rule for another process."""
    return {**asdict(fault), "headers": dict(fault.headers)}


def from_json(body: Mapping[str, Any]) -> Fault:
    """Return the rule of another process."""
    return Fault(**body)
