"""The directory of an organisation: groups, their members, its people.

https://developers.google.com/workspace/admin/directory/reference/rest
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.drive.api import answers
from connectors.drive.api.asking import Asking
from connectors.drive.api.errors import DIRECTORY, GoogleError
from connectors.drive.api.paging import Pages
from connectors.drive.api.services import Services
from connectors.drive.api.tokens import Token
from connectors.drive.values import Member

GROUP_SCOPES = ("https://www.googleapis.com/auth/admin.directory.group.readonly",)
"""Reads groups and their members."""
USER_SCOPES = ("https://www.googleapis.com/auth/admin.directory.user.readonly",)
_MINE = "my_customer"
_PAGE = 200
_PAGE_OF_USERS = 500
"""The most that Google allows."""


class Directory:
    """The directory as one administrator sees it. Every method raises GoogleError."""

    def __init__(
        self, services: Services, asking: Asking, for_groups: Token, for_users: Token, admin: str
    ) -> None:
        self._services, self._asking = services, asking
        self._for_groups, self._for_users = for_groups, for_users
        self.admin = admin
        """Lower case."""

    def groups(self) -> Iterator[str]:
        """Yield the e-mail addresses of all groups, lower case."""
        pages = Pages()
        while pages.more:
            request = self._services.collection(DIRECTORY, "groups").list(
                customer=_MINE,
                maxResults=_PAGE,
                fields="nextPageToken,groups(email)",
                **pages.parameters,
            )
            answer = self._asking.json(DIRECTORY, self._for_groups, request)
            for one in _entries(answer, "groups"):
                if email := answers.email(one, "email"):
                    yield email
            pages.turn(answer)

    def members(self, group: str) -> tuple[Member, ...]:
        """Return the direct members of a group."""
        found: list[Member] = []
        pages = Pages()
        while pages.more:
            request = self._services.collection(DIRECTORY, "members").list(
                groupKey=group,
                maxResults=_PAGE,
                fields="nextPageToken,members(type,email)",
                **pages.parameters,
            )
            answer = self._asking.json(DIRECTORY, self._for_groups, request)
            found += [answers.member(one) for one in _entries(answer, "members")]
            pages.turn(answer)
        return tuple(found)

    def users(self) -> Iterator[str]:
        """Yield the e-mail addresses of all people who may log in, lower case."""
        pages = Pages()
        while pages.more:
            request = self._services.collection(DIRECTORY, "users").list(
                customer=_MINE,
                maxResults=_PAGE_OF_USERS,
                fields="nextPageToken,users(primaryEmail,suspended,archived)",
                **pages.parameters,
            )
            answer = self._asking.json(DIRECTORY, self._for_users, request)
            for one in _entries(answer, "users"):
                email = answers.email(one, "primaryEmail")
                if email and one.get("suspended") is not True and one.get("archived") is not True:
                    yield email
            pages.turn(answer)


def _entries(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = answer.get(name, [])
    if isinstance(entries, list) and all(isinstance(one, dict) for one in entries):
        return entries
    raise GoogleError(f"{DIRECTORY}: a page of the answer is garbled", passing=True)
