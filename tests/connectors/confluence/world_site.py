"""A site without HTTP: the rig's world behind the protocol that the API fills.

For rules that need thousands of questions. What goes over the wire is tested over the rig itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rigs.confluence.records import Content as Record
from rigs.confluence.search import Search
from rigs.confluence.sight import Sight
from rigs.confluence.world import World

from connectors.base import ConnectorError
from connectors.confluence.storage import Edition
from connectors.confluence.values import Content, Restriction, Space, SpaceReaders, User
from connectors.http import HttpError

URL = "https://wiki.example.co.jp"
HOST = "wiki.example.co.jp"
PAGE_OF_RESULTS = 100


@dataclass
class Refusal:
    """One kind of question that fails."""

    method: str
    status: int | None
    when: Callable[..., bool]
    after: int
    """Contents that a search yields before it breaks off."""


class WorldSite:
    """A `Site` over a world, as the account of the world sees it."""

    def __init__(self, world: World | None = None, *, edition: Edition = "cloud") -> None:
        self.world = world or World(edition)
        self.edition: Edition = self.world.edition
        self.host = HOST
        self.asked: Counter[str] = Counter()
        self.queries: list[str] = []
        self.bodies: list[str] = []
        """Ids whose bodies were given."""
        self.truncated: set[str] = set()
        """Contents whose restriction is more than an answer holds."""
        self.closed = False
        self._refusals: list[Refusal] = []
        self._sight = Sight(self.world)
        self._search = Search(self.world, self._sight, ZoneInfo("Asia/Tokyo"))

    def again(self) -> WorldSite:
        """Return the same site as another process sees it; what is refused is refused there too."""
        other = WorldSite(self.world)
        other._refusals = self._refusals
        other.truncated = self.truncated
        return other

    @property
    def requests(self) -> int:
        return self.asked.total()

    def refuse(
        self,
        method: str,
        status: int | None = 500,
        *,
        when: Callable[..., bool] = lambda *_: True,
        after: int = 0,
    ) -> None:
        """Let a question fail where its arguments fit; a search after some results."""
        self._refusals.append(Refusal(method, status, when, after))

    def recover(self) -> None:
        """Let everything be answered again."""
        self._refusals.clear()

    # The protocol

    def search(
        self, cql: str, *, body: bool = False, restrictions: bool = False
    ) -> Iterator[Content]:
        self.queries.append(cql)
        refusal = self._ask("search", cql)
        for number, content_id in enumerate(list(self._search.find(cql))):
            if number and number % PAGE_OF_RESULTS == 0:
                self.asked["search"] += 1
            if refusal and number >= refusal.after:
                break
            record = self.world.contents[content_id]
            if body:
                self.bodies.append(content_id)
            yield self._content(record, body=body, restrictions=restrictions)
        if refusal:
            raise _error(refusal)

    def restriction(self, content_id: str) -> Restriction:
        self._ask("restriction", content_id)
        record = self.world.contents.get(content_id)
        if record is None or record.status != "current" or not self._sight.viewable(record):
            return Restriction()
        return Restriction(frozenset(record.users), frozenset(record.groups))

    def exists(self, content_ids: list[str]) -> dict[str, str]:
        self._ask("exists", content_ids)
        records = (self.world.contents.get(one) for one in content_ids)
        return {
            record.id: record.space
            for record in records
            if record
            and record.status == "current"
            and not self._sight.deleted(record)
            and self._sight.viewable(record)
        }

    def spaces(self) -> list[Space]:
        self._ask("spaces")
        return [
            Space(space.key, str(space.id), space.name, space.personal, space.archived)
            for space in self.world.spaces.values()
            if self._sight.space_viewable(space)
        ]

    def space_readers(self, space: Space) -> SpaceReaders:
        self._ask("space_readers", space.key)
        found = self.world.spaces[space.key]
        return SpaceReaders(
            frozenset(found.users), frozenset(found.groups), found.licensed, found.anonymous
        )

    def group_names(self) -> list[str]:
        self._ask("group_names")
        return sorted(self.world.groups)

    def members(self, group: str) -> Iterator[User]:
        self._ask("members", group)
        found = self.world.groups.get(group)
        yield from (self._user(key) for key in (found.members if found else ()))

    def users(self, ids: list[str]) -> dict[str, User]:
        self._ask("users", ids)
        by_name = {person.username: key for key, person in self.world.people.items()}
        found = {one: one if one in self.world.people else by_name.get(one) for one in ids}
        return {one: self._user(key) for one, key in found.items() if key}

    def download(self, content: Content, *, max_bytes: int) -> bytes:
        self._ask("download", content)
        data = self.world.contents[content.id].data
        if len(data) > max_bytes:
            raise HttpError("it holds more bytes than are read")
        return data

    def myself(self) -> User:
        self._ask("myself")
        return self._user(self.world.account)

    def clock(self) -> datetime:
        self._ask("clock")
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def close(self) -> None:
        self.closed = True

    # Within

    def _ask(self, method: str, *arguments: Any) -> Refusal | None:
        self.asked[method] += 1
        for refusal in self._refusals:
            if refusal.method in {method, "*"} and refusal.when(*arguments):
                if method == "search" and refusal.after:
                    return refusal
                raise _error(refusal)
        return None

    def _content(self, record: Record, *, body: bool, restrictions: bool) -> Content:
        above = tuple(one.id for one in self._sight.ancestors(record))
        page = record.container or record.id
        focus = f"&focusedCommentId={record.id}" if record.kind == "comment" else ""
        first = self.world.contents[above[0]] if above and record.kind == "comment" else record
        told = restrictions and record.id not in self.truncated
        return Content(
            id=record.id,
            kind=record.kind,
            title=record.title,
            space=record.space,
            version=record.version,
            updated=datetime.fromtimestamp(record.updated, UTC),
            author=self.world.people[record.author].name,
            ancestors=above,
            container=record.container,
            restriction=Restriction(frozenset(record.users), frozenset(record.groups))
            if told
            else None,
            storage=None if not body or record.broken else record.body,
            resolved=first.resolution == "resolved",
            quoted=record.quoted,
            media_type=record.media_type or None,
            size=len(record.data) if record.kind == "attachment" else None,
            url=f"{URL}/pages/viewpage.action?pageId={page}{focus}"
            if record.kind != "attachment"
            else f"{URL}/pages/viewpageattachments.action?pageId={page}"
            f"&preview=/{page}/{record.id.removeprefix('att')}/{record.id}",
            download=f"{URL}/download/{record.id}",
        )

    def _user(self, key: str) -> User:
        person = self.world.people[key]
        return User(key, person.name, None if person.hidden else person.email, person.username)


def _error(refusal: Refusal) -> ConnectorError:
    if refusal.status == 0:
        return ConnectorError("the listing was cut short")
    return HttpError(f"{refusal.status or 'no answer'}: refused", status=refusal.status)
