"""Confluence Data Center: what differs from Cloud.

Paths and answers: developer.atlassian.com/server/confluence/rest. Its quirks are named by the
numbers of Atlassian's tracker.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from connectors.base import ConnectorError
from connectors.confluence.api import paging, parse
from connectors.confluence.api.connection import Connection
from connectors.confluence.api.paging import Json
from connectors.confluence.api.site import CONTENT_ID, NOT_FOUND, PEOPLE_AT_ONCE, RestSite
from connectors.confluence.storage import Edition
from connectors.confluence.values import Space, SpaceReaders, User
from connectors.http import HttpError

_SPACES_AT_ONCE = 500
_FORBIDDEN = frozenset({403, 500})
"""To an account that may not see permissions, 500 is what it answers (CONFSERVER-99908)."""


class DataCenterSite(RestSite):
    """A site of Confluence Data Center."""

    edition: Edition = "data-center"
    most_with_bodies = 50
    most_plain = 200
    by_cursor = False

    def __init__(self, connection: Connection, at_once: int) -> None:
        super().__init__(connection, at_once)
        self._forbidden = False
        """Whether the permissions of a space were refused."""

    def exists(self, content_ids: list[str]) -> dict[str, str]:
        ids = [one for one in dict.fromkeys(content_ids) if CONTENT_ID.fullmatch(one)]
        keys = self._each(self._space_of, ids)
        return {one: key for one, key in zip(ids, keys, strict=True) if key}

    def _space_of(self, content_id: str) -> str | None:
        row = self._get_or_none(f"rest/api/content/{content_id}", {"expand": "space,container"})
        if row is None or row.get("status", "current") != "current":
            return None
        try:
            return parse.space_key(row)
        except KeyError:
            raise ConnectorError("the site does not tell the space of a content") from None

    # Spaces

    def spaces(self) -> list[Space]:
        rows = paging.by_start(self._get, "rest/api/space", {}, _SPACES_AT_ONCE)
        return [parse.space(row) for row in rows]

    def space_readers(self, space: Space) -> SpaceReaders:
        path = f"rest/api/space/{quote(space.key, safe='~')}/permissions"
        given = [one for one in self._permissions(path, space) if _is_reading(one)]
        unknown = [one for one in self._permissions(f"{path}/anonymous", space) if _is_reading(one)]
        subjects = [one.get("subject") or {} for one in given]
        kinds = {str(one.get("type")).lower() for one in subjects}
        return SpaceReaders(
            users=frozenset(str(one["userKey"]) for one in subjects if one.get("userKey")),
            groups=frozenset(str(one["name"]) for one in subjects if one.get("type") == "group"),
            anonymous=bool(unknown) or "anonymous" in kinds,
        )

    def _permissions(self, path: str, space: Space) -> list[Json]:
        try:
            # Once it was refused for good, a 500 elsewhere is no fault that passes, most likely.
            answer = self._get(path, attempts=2 if self._forbidden else None)
        except HttpError as error:
            self._forbidden |= error.status in _FORBIDDEN
            hint = ""
            if error.status == NOT_FOUND:
                hint = "Data Center tells them since version 9.1"
            elif error.status in _FORBIDDEN:
                hint = "the account must be an administrator of Confluence or of the space"
            if not hint:
                raise
            raise HttpError(
                f"the permissions of the space {space.key} can not be read: {hint}; or name the"
                f" `readers` of the source ({error})",
                status=error.status,
            ) from None
        found = answer if isinstance(answer, list) else paging.rows(answer)
        return [one for one in found if isinstance(one, dict)]

    # People

    def _asked_users(self, ids: list[str]) -> dict[str, User]:
        found = self._each(self._user, ids)
        return {one: user for one, user in zip(ids, found, strict=True) if user}

    def _user(self, key: str) -> User | None:
        """Return who has this key, or else this user name."""
        for name in ("key", "username"):
            row = self._get_or_none("rest/api/user", {name: key})
            if row is not None:
                return self._with_email(parse.user(row))
        return None

    def _with_email(self, user: User) -> User:
        """Return a person with their address, which only the path of the mobile app tells."""
        if user.email or not user.username:
            return user
        path = f"rest/mobile/1.0/profile/{quote(user.username, safe='')}"
        try:
            row = self._get(path)
        except HttpError as error:
            # Without the app's path, or a right to it, people are known by their keys. A fault that
            # passes must not make them somebody else.
            if error.passing or error.status is None:
                raise
            return user
        email = row.get("email") if isinstance(row, dict) else None
        return User(user.id, user.name, email or None, user.username)

    def group_names(self) -> list[str]:
        rows = paging.by_start(self._get, "rest/api/group", {}, PEOPLE_AT_ONCE)
        return sorted(str(row["name"]) for row in rows)

    def members(self, group: str) -> Iterator[User]:
        # Without addresses, which cost a request each: who needs them asks `users`, and remembers.
        return self._members_at(f"rest/api/group/{quote(group, safe='')}/member")

    def _any_page(self) -> Json:
        answer: Json = self._get("rest/api/space", {"limit": 1})
        return answer


def _is_reading(row: Json) -> bool:
    did = row.get("operation") or {}
    return did.get("operationKey") == "read" and did.get("targetType") == "space"
