"""One host of the rig: what stands at its addresses, who gets in, and how it answers.

The order of things is that of a real site: a fault of the network, a wall before the site, the
login, then redirects, pages, what is mounted, and 404. Knows nothing of connections.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from rigs.faults import Faults
from rigs.website import conditions, html
from rigs.website.values import HTML, Delivery, Handler, Policy, Reply, Resource, Visit

Gate = Callable[[Visit], Reply | None]
"""What stands before all pages: a reply in their stead, None to let in."""


@dataclass(slots=True)
class Host:
    """A host by its name."""

    name: str
    policy: Policy = "strong"
    head: bool = True
    """Whether HEAD is allowed; else 405."""
    secure_only: int | None = None
    """The port to which plain requests are sent on by a redirect, None: no such redirect."""
    strict_slashes: bool = False
    """Whether `/a` is 404 where there is `/a/`; else it redirects there."""
    ignores_query: bool = True
    """Whether an unknown query shows the page without it, as static servers do."""
    per_second: float | None = None
    """How many requests a visitor may make in a second, evenly; what comes sooner is 429 with
    Retry-After."""
    _next: float = 0.0
    resources: dict[str, Resource] = field(default_factory=dict)
    redirects: dict[str, tuple[str, int]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    """Status by path, of what was taken away."""
    mounts: list[tuple[str, Handler]] = field(default_factory=list)
    """Longest path first."""
    gates: list[Gate] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    missing: Reply | None = None
    """In place of the usual 404: a soft one."""

    def mount(self, path: str, handler: Handler) -> None:
        """Let a handler answer for a path and all below it."""
        self.mounts.append((path, handler))
        self.mounts.sort(key=lambda one: -len(one[0]))

    def answer(self, visit: Visit, now: float) -> Reply:
        """Return the answer to a visit."""
        if self.secure_only and not visit.secure:
            origin = f"https://{self.name}:{self.secure_only}"
            return redirection(f"{origin}{visit.target}", 301)
        if (waiting := self._waiting()) > 0:
            headers = (("Retry-After", str(math.ceil(waiting))),)
            return Reply(429, html.plain("429 Too Many Requests").encode(), HTML, headers)
        for gate in self.gates:
            if reply := gate(visit):
                return reply
        if visit.method not in {"GET", "HEAD", "POST"} or (
            visit.method == "HEAD" and not self.head
        ):
            allowed = (("Allow", "GET, POST"),)
            return Reply(405, html.plain("405 Not Allowed").encode(), HTML, allowed)
        missing = self.missing or Reply(404, html.plain("404 Not Found").encode())
        return self._found(visit, now) or missing

    def _waiting(self) -> float:
        """Return for how many seconds visitors have to wait."""
        if self.per_second is None:
            return 0.0
        now = time.monotonic()
        if now < self._next:
            return self._next - now
        self._next = now + 1 / self.per_second
        return 0.0

    def _found(self, visit: Visit, now: float) -> Reply | None:
        path = unquote(visit.target.partition("?")[0])
        query = visit.target.partition("?")[2]
        keys = [f"{path}?{query}"] if query else []
        if not query or self.ignores_query:
            keys.append(path)
        for key in keys:
            if key in self.redirects:
                return redirection(*self.redirects[key])
            if key in self.gone:
                status = self.gone[key]
                return Reply(status, html.plain(f"{status} Not Found").encode())
            if key in self.resources:
                return conditions.served(self.resources[key], self.policy, visit, now)
        for prefix, handler in self.mounts:
            if path.startswith(prefix) and (reply := handler(visit)):
                return reply
        return self._otherwise(path, query, visit, now)

    def _otherwise(self, path: str, query: str, visit: Visit, now: float) -> Reply | None:
        if path.endswith(("/index.html", "/index.php")):
            folder = path[: path.rindex("/") + 1]
            if folder in self.resources:
                return conditions.served(self.resources[folder], self.policy, visit, now)
        if f"{path}/" in self.resources and not self.strict_slashes:
            target = visit.target.partition("?")[0] + "/"
            return redirection(f"{target}?{query}" if query else target, 301)
        return None


def key_of(path: str) -> str:
    """Return how a path (and its query) is kept: without percent signs and fragment."""
    path, mark, query = path.partition("#")[0].partition("?")
    return unquote(path) + mark + query


def redirection(to: str, status: int) -> Reply:
    """Return a redirect; `to` is said as it stands."""
    body = html.plain(f"{status} Moved", f'<a href="{html.escaped(to)}">here</a>')
    return Reply(status, body.encode(), HTML, (("Location", to),), Delivery())
