"""What every route has at hand: the site, its settings, what goes wrong, and what was counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from rigs.confluence.readers import Readers
from rigs.confluence.records import Content, Edition
from rigs.confluence.search import Search
from rigs.confluence.shapes import Shapes
from rigs.confluence.sight import Sight
from rigs.confluence.world import World
from rigs.faults import Fault, Faults

Json = Any

Oddity = Literal["repeat", "lose", "duplicate", "endless", "short", "garbled", "login"]
"""What is wrong with an answer, although its status is 200. With a page of results:

`repeat`: its next link leads to itself; `lose`: its next link leaps over a page; `duplicate`: it
shows its first result twice; `endless`: it has a next link although nothing follows, and so has the
empty page behind it; `short`: it has no next link although more follows.

With any answer: `garbled`: it ends amid its JSON, as a proxy's time limit leaves it; `login`: it is
the page of a single sign-on, in HTML."""


@dataclass(kw_only=True)
class Settings:
    """How the site behaves; may be changed while it runs."""

    edition: Edition
    zone: ZoneInfo
    """Of the account: CQL dates are read in it."""
    scoped: bool = False
    """Cloud: the token only works under `/ex/confluence/{cloudId}`."""
    permissions_api: bool = True
    """Data Center: it is 9.1 or newer, and tells a space's permissions."""
    admin: bool = True
    """Data Center: the account may see permissions and groups."""
    undercounts: bool = False
    """Data Center: a next link starts too early where the page size was capped (onyx#4129)."""
    attachments_fail: int = 0
    """Data Center: so many further pages of a search for attachments, beyond the first, get 400."""
    restrictions_at_once: int = 100
    """How many users, and how many groups, one answer about a restriction holds."""
    per_second: float | None = None
    """Requests allowed in a second, on average over `burst_s`; more get 429."""
    burst_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in, in the order of arrival."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int | None
    """None where it got no answer on purpose."""
    authorized: bool
    """It carried credentials."""
    at: float
    """Of `time.monotonic()`."""
    retry_after: str | None = None
    """What the answer told to wait."""

    def value(self, name: str) -> str | None:
        """Return a query parameter, None where it is absent."""
        return dict(self.query).get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route says."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    served: tuple[tuple[str, int], ...] = ()
    """Ids and versions of the contents whose bodies are in it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart."""

    path: str
    match: tuple[str, ...]
    """What stands for the parameters in the path."""
    query: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def every(self, name: str) -> list[str]:
        """Return every value of a parameter, repeated or parted by commas."""
        return [
            part for key, value in self.query if key == name for part in value.split(",") if part
        ]

    def number(self, name: str, default: int) -> int:
        """Return a number; raises RefusedError where it is none."""
        text = self.get(name, str(default))
        if not text.isdigit():
            raise RefusedError(400, f"{name} cannot be {text}")
        return int(text)


class RefusedError(Exception):
    """A request that the service refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Core:
    """One site as the routes see it."""

    def __init__(self, world: World, settings: Settings, *, seed: int = 0) -> None:
        self.world, self.settings = world, settings
        self.sight = Sight(world)
        self.readers = Readers(world, self.sight)
        self.shapes = Shapes(world, self.sight, settings.zone)
        self.search = Search(world, self.sight, settings.zone)
        self.faults = Faults(seed)
        self._odd: dict[str, Faults] = {}
        self.doubled: set[str] = set()
        """Contents that Data Center's index holds twice."""
        self.requests = 0
        self.journal: list[Request] = []
        self.bodies_served: Counter[tuple[str, int]] = Counter()
        self.violations: list[str] = []
        self.root = ""
        """Address of the server."""
        self.media = ""
        """Address of the host that serves files."""
        self.cloud_id = "6f2c1f0e-0000-4000-8000-000000000001"
        self.token = "ATATT3xFfGF0-kurage-token"
        self.gone_bad = False
        """The token was revoked, or expired."""
        self.good_for: int | None = None
        """So many requests until the token expires."""

    def odd(self, kind: Oddity, rule: Fault) -> None:
        """Let answers that fit the rule be odd."""
        self._odd.setdefault(kind, Faults()).add(rule)

    def is_odd(self, kind: Oddity, path: str) -> bool:
        """Tell whether this answer is odd, and count it."""
        rules = self._odd.get(kind)
        return rules is not None and rules.next("GET", path) is not None

    def recover(self) -> None:
        """Let everything go well again."""
        self.faults.clear()
        self._odd.clear()
        self.doubled.clear()

    def current(self, content_id: str, *kinds: str) -> Content | None:
        """Return a content that a request by id finds: current, and viewable; else None."""
        content = self.world.contents.get(content_id)
        if content is None or content.status != "current" or (kinds and content.kind not in kinds):
            return None
        if self.sight.deleted(content) or not self.sight.viewable(content):
            return None
        return content


def said(body: Json, status: int = 200, **answer: Any) -> Answer:
    """Return an answer of JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates can not be written as UTF-8; the service's own Java would put a `?`.
    return Answer(status, text.encode("utf-8", "replace"), **answer)
