"""Confluence Cloud: what differs from Data Center.

Paths and answers: developer.atlassian.com/cloud/confluence/rest, version 1 and version 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from connectors.base import ConnectorError
from connectors.confluence.api import paging, parse
from connectors.confluence.api.connection import Connection
from connectors.confluence.api.paging import Json
from connectors.confluence.api.site import CONTENT_ID, PEOPLE_AT_ONCE, RestSite
from connectors.confluence.storage import Edition
from connectors.confluence.values import Space, SpaceReaders, User

_AT_ONCE = 250
"""Of version 2: the most results a page, and the most ids a request."""
_USERS_AT_ONCE = 100
"""Of `user/bulk`: it leaves out what is beyond without a word."""
_ANONYMOUS = frozenset({"anonymous", "anonymous-users"})
_LICENSED = frozenset({"all-licensed-users", "authenticated-users"})
"""Access classes (version 2, `role-assignments`). `authenticated-users` are more than those with a
licence, customers of a service desk among them: these we leave out."""


class CloudSite(RestSite):
    """A site of Confluence Cloud."""

    edition: Edition = "cloud"
    most_with_bodies = 100
    most_plain = 250
    by_cursor = True

    def __init__(self, connection: Connection, at_once: int) -> None:
        super().__init__(connection, at_once)
        self._groups: dict[str, str] = {}
        """Names by id, as far as they were asked for."""

    # What exists

    def exists(self, content_ids: list[str]) -> dict[str, str]:
        wanted = {one for one in content_ids if CONTENT_ID.fullmatch(one)}
        spaces = self._pages_in(sorted(one for one in wanted if one.isdecimal()))
        inside = sorted(wanted - spaces.keys())
        holders = {
            one: holder
            for one, holder in zip(inside, self._each(self._holder, inside), strict=True)
            if holder
        }
        strange = sorted(set(holders.values()) - spaces.keys())
        of_holders = {**spaces, **self._pages_in(strange)}
        spaces |= {one: of_holders[on] for one, on in holders.items() if on in of_holders}
        return self._keys(spaces)

    def _pages_in(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the ids of the spaces of those that are current pages or blog posts."""
        found: dict[str, str] = {}
        for path in ("api/v2/pages", "api/v2/blogposts"):
            missing = [one for one in ids if one not in found]
            for some in _batches(missing, _AT_ONCE):
                params: Json = {"id": ",".join(some), "status": "current"}
                rows = paging.by_cursor(self._get, path, params, _AT_ONCE)
                found |= {str(row["id"]): str(row["spaceId"]) for row in rows}
        return found

    def _holder(self, content_id: str) -> str | None:
        """Return the page or blog post of a current attachment or comment."""
        paths = [f"api/v2/attachments/{content_id}"]
        if content_id.isdecimal():
            paths = [f"api/v2/{kind}-comments/{content_id}" for kind in ("footer", "inline")]
        for path in paths:
            row = self._get_or_none(path)
            if row is not None and row.get("status", "current") == "current":
                holder = row.get("pageId") or row.get("blogPostId")
                return str(holder) if holder else None
        return None

    def _keys(self, spaces: dict[str, str]) -> dict[str, str]:
        """Return the keys of spaces in place of their ids."""
        keys: dict[str, str] = {}
        for some in _batches(sorted(set(spaces.values())), _AT_ONCE):
            params: Json = {"ids": ",".join(some)}
            rows = paging.by_cursor(self._get, "api/v2/spaces", params, _AT_ONCE)
            keys |= {space.id: space.key for space in map(parse.space, rows)}
        if missing := sorted(set(spaces.values()) - keys.keys()):
            raise ConnectorError(f"the site does not tell the space with the id {missing[0]}")
        return {one: keys[space_id] for one, space_id in spaces.items()}

    # Spaces

    def spaces(self) -> list[Space]:
        rows = paging.by_cursor(self._get, "api/v2/spaces", {}, _AT_ONCE)
        return [parse.space(row) for row in rows]

    def space_readers(self, space: Space) -> SpaceReaders:
        path = f"api/v2/spaces/{space.id}"
        given = paging.by_cursor(self._get, f"{path}/permissions", {}, _AT_ONCE)
        principals = {_principal(row) for row in given if _is_reading(row)}
        roles = {one for kind, one in principals if kind == "role" and not _is_class(one)}
        if roles:
            # On a site with roles the permissions name roles, and these who is in them.
            assigned = paging.by_cursor(self._get, f"{path}/role-assignments", {}, _AT_ONCE)
            principals |= {_assigned(row) for row in assigned if str(row.get("roleId")) in roles}
        classes = {one for kind, one in principals if kind not in {"user", "group"}}
        groups = {one for kind, one in principals if kind == "group"}
        return SpaceReaders(
            users=frozenset(one for kind, one in principals if kind == "user"),
            groups=self._names_of(groups),
            licensed=bool(classes & _LICENSED),
            anonymous=bool(classes & _ANONYMOUS),
        )

    def _names_of(self, group_ids: set[str]) -> frozenset[str]:
        """Return the names of groups; one that was deleted has nobody in it, and is left out."""
        if not group_ids <= self._groups.keys():
            self._learn_groups()
        return frozenset(self._groups[one] for one in group_ids if one in self._groups)

    # People

    def _asked_users(self, ids: list[str]) -> dict[str, User]:
        found: dict[str, User] = {}
        for some in _batches(ids, _USERS_AT_ONCE):
            answer = self._get("rest/api/user/bulk", {"accountId": some})
            found |= {user.id: user for user in map(parse.user, paging.rows(answer))}
        return found

    def group_names(self) -> list[str]:
        return sorted(self._learn_groups().values())

    def members(self, group: str) -> Iterator[User]:
        ids = [one for one, name in self._groups.items() if name == group]
        if not ids:
            ids = [one for one, name in self._learn_groups().items() if name == group]
        for one in ids:
            path = f"rest/api/group/{quote(one, safe='')}/membersByGroupId"
            yield from self._members_at(path)

    def _learn_groups(self) -> dict[str, str]:
        rows = paging.by_start(self._get, "rest/api/group", {}, PEOPLE_AT_ONCE)
        self._groups = {str(row["id"]): str(row["name"]) for row in rows}
        return self._groups

    def _any_page(self) -> Json:
        answer: Json = self._get("api/v2/spaces", {"limit": 1})
        return answer


def _batches(things: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(things), size):
        yield list(things[start : start + size])


def _is_reading(row: Json) -> bool:
    did = row.get("operation") or {}
    return did.get("key") == "read" and did.get("targetType") == "space"


def _principal(row: Json) -> tuple[str, str]:
    """Return type and id. Where a site has roles, a class may stand as a type of its own."""
    told = row.get("principal") or {}
    return str(told.get("type")).lower(), str(told.get("id"))


def _assigned(row: Json) -> tuple[str, str]:
    told = row.get("principal") or {}
    return str(told.get("principalType")).lower(), str(told.get("principalId"))


def _is_class(name: str) -> bool:
    return name in _ANONYMOUS or name in _LICENSED
