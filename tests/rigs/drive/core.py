"""What every route has at hand: the world, who asks, what goes wrong, what was counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rigs.drive.records import Item
from rigs.drive.world import World
from rigs.faults import Fault, Faults

Json = Any

Oddity = Literal["incomplete", "empty", "short", "repeat", "garbled", "login"]
"""What is wrong with an answer, although its status is 200.

With a page of results: `incomplete`: `incompleteSearch` is true; `empty`: it holds nothing, and its
token leads to what it should have held; `short`: it holds a third of what it could; `repeat`: its
token leads to itself. With any answer: `garbled`: it ends amid its JSON; `login`: it is an HTML
page."""

SCOPES = {
    "drive": "https://www.googleapis.com/auth/drive",
    "drive.readonly": "https://www.googleapis.com/auth/drive.readonly",
    "drive.metadata.readonly": "https://www.googleapis.com/auth/drive.metadata.readonly",
    "group": "https://www.googleapis.com/auth/admin.directory.group.readonly",
    "member": "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
    "user": "https://www.googleapis.com/auth/admin.directory.user.readonly",
    "sheets": "https://www.googleapis.com/auth/spreadsheets.readonly",
    "slides": "https://www.googleapis.com/auth/presentations.readonly",
}
PROJECT = "123456789012"
_PAGES = 2000
"""How many page tokens are good at a time."""


@dataclass(kw_only=True)
class Settings:
    """How the service behaves; may be changed while it runs."""

    delegation: frozenset[str] = frozenset(SCOPES.values())
    """Scopes that domain-wide delegation was granted for, to `World.delegated`."""
    token_seconds: int = 3599
    """How long an access token is good, on the service's clock."""
    disabled: frozenset[str] = frozenset()
    """APIs that the project has not enabled: `drive`, `sheets`, `slides`, `admin`."""
    export_limit: int = 10 * 1024 * 1024
    """Bytes that `files.export` gives; more only by the export links."""
    permission_ids: bool = True
    """Whether `permissionIds` is told."""
    inline_page: int = 100
    """How many files a page holds where their permissions are asked for."""
    readers_see_permissions: bool = False
    """Whether members of a shared drive who may not share see its permissions all the same."""
    consents: str | None = None
    """Who says yes to the installed app; None: whose files they are. Empty: says no."""
    per_second: float | None = None
    """Requests allowed in a second, on average over `burst_s`; more are refused."""
    burst_s: float = 1.0
    refused_token_status: int = 400
    """How a change token is refused."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that came in, in the order of their answers."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int | None
    """None where it got no answer on purpose."""
    authorized: bool
    """It carried credentials."""
    account: str | None
    """Whose token it carried."""
    route: str
    """As `files.list`, `files.get`, `files.media`, `files.export`, `token`; `?` for none."""
    host: str
    """`api`, or `content`: the host to which export links lead."""
    at: float
    """Of `time.monotonic()`."""

    def value(self, name: str) -> str | None:
        """Return a query parameter, None where it is absent."""
        return dict(self.query).get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route says."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    served: str | None = None
    """Id of the item whose content it is."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart."""

    path: str
    match: tuple[str, ...]
    query: Mapping[str, str]
    account: str
    """On whose behalf."""
    scopes: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.query.get(name, default)

    def flag(self, name: str) -> bool:
        """Return a boolean parameter, False where it is absent."""
        said = self.query.get(name, "false")
        if said not in {"true", "false"}:
            raise RefusedError(400, "invalidParameter", f"Invalid value '{said}'.", name)
        return said == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """Return a page size; what is too large is made smaller, as the service does."""
        said = self.query.get(name, str(default))
        if not said.isdigit() or int(said) < 1:
            words = f"Invalid value '{said}'. Values must be within the range: [1, {most}]"
            raise RefusedError(400, "invalidParameter", words, name)
        return min(int(said), most)

    def keys(self) -> dict[str, str]:
        """Return the resource keys that came along, by id."""
        said = self.headers.get("X-Goog-Drive-Resource-Keys", "")
        return {
            name: key
            for one in said.split(",")
            if "/" in one
            for name, _, key in [one.strip().partition("/")]
        }


class RefusedError(Exception):
    """A request that the service refuses."""

    def __init__(self, status: int, reason: str, message: str, location: str | None = None) -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.location = status, reason, message, location


class Core:
    """One Workspace as the routes see it."""

    def __init__(self, world: World, settings: Settings, *, seed: int = 0) -> None:
        self.world, self.settings = world, settings
        self.faults = Faults(seed)
        self._odd: dict[str, Faults] = {}
        self.pages: dict[str, tuple[Any, list[Any], int]] = {}
        """What further pages hold, by token: what it is of, everything, and where it goes on."""
        self._tokens = 0
        self.requests: Counter[str] = Counter()
        self.journal: list[Request] = []
        self.served: Counter[str] = Counter()
        """How many times the content of an item was sent."""
        self.violations: list[str] = []
        self.root = ""
        """Address of the APIs."""
        self.content = ""
        """Where export links begin: `root`, unless a test says otherwise."""
        self.elsewhere = ""
        """Address of the host that they send on to."""

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

    def item(self, call: Call, item_id: str, *, metadata: bool = True) -> Item:
        """Return an item that the account may see, by id; else it is refused as not there."""
        world = self.world
        if item_id == "root":
            item_id = world.people[call.account].root
        item = world.items.get(item_id)
        missing = RefusedError(404, "notFound", f"File not found: {item_id}.", "fileId")
        if item is None or (item.drive and not call.flag("supportsAllDrives")):
            raise missing
        if world.sharing.role(call.account, item, metadata=metadata) is None:
            raise missing
        if self.locked(call, item):
            raise missing
        return item

    def locked(self, call: Call, item: Item) -> bool:
        """Tell whether the link alone does not do, and its key did not come along."""
        needed = self.world.sharing.needs_key(call.account, item)
        return needed and call.keys().get(item.id) != item.resource_key

    def paged(
        self, call: Call, what: Any, everything: list[Any] | None, size: int
    ) -> tuple[list[Any], str | None]:
        """Return one page and the token of the next one, None at the end.

        `everything` is what there is where the call has no token; a token stands for what there was
        when the first page was asked for, and `what` must be as it was.
        """
        given, at = call.get("pageToken"), 0
        if given:
            known = self.pages.get(given)
            if known is None or known[0] != what:
                raise RefusedError(400, "invalid", "Invalid Value", "pageToken")
            _, everything, at = known
        assert everything is not None, "there is a token or everything"
        if self.is_odd("empty", call.path):
            return [], self._token(what, everything, at)
        if self.is_odd("short", call.path):
            size = max(1, size // 3)
        page, end = everything[at : at + size], at + size
        if self.is_odd("repeat", call.path):
            return page, given or self._token(what, everything, at)
        return page, self._token(what, everything, end) if end < len(everything) else None

    def _token(self, what: Any, everything: list[Any], at: int) -> str:
        self._tokens += 1
        token = f"~!!~AI9FV7{self._tokens:08d}{abs(hash((repr(what), at))):x}"
        if len(self.pages) >= _PAGES:
            self.pages.pop(next(iter(self.pages)))
        self.pages[token] = (what, everything, at)
        return token


def said(body: Json, status: int = 200, **answer: Any) -> Answer:
    """Return an answer of JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode("utf-8", "replace"), **answer)
