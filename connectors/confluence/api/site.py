"""What Cloud and Data Center answer in the same way: search, restrictions, who we are, the time."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote, urlsplit

from connectors.base import ConnectorError
from connectors.confluence.api import paging, parse
from connectors.confluence.api.connection import Connection
from connectors.confluence.api.paging import Json
from connectors.confluence.api.search import Search
from connectors.confluence.storage import Edition
from connectors.confluence.values import Content, Restriction, Space, SpaceReaders, User
from connectors.http import HttpError

NOT_FOUND = 404
CONTENT_ID = re.compile(r"(att)?[0-9]+")
PEOPLE_AT_ONCE = 200
"""Groups, or members of a group, a request: more is refused."""
_RESTRICTED_AT_ONCE = 100
_KEPT = 600.0
"""Seconds for which people are remembered: long enough for a run, short enough for a service."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_T = TypeVar("_T")
_R = TypeVar("_R")


class RestSite(ABC):
    """A site by its REST API; threads may share it. See `connectors.confluence.values.Site`."""

    edition: Edition
    most_with_bodies: ClassVar[int]
    """Results a page of a search; the services cap what is above without a word."""
    most_plain: ClassVar[int]
    by_cursor: ClassVar[bool]

    def __init__(self, connection: Connection, at_once: int) -> None:
        self._connection = connection
        self._at_once = at_once
        self._lock = Lock()
        self._link_base: str | None = None
        self._people: dict[str, tuple[float, User | None]] = {}

    # The site itself

    @property
    def requests(self) -> int:
        return self._connection.requests

    @cached_property
    def host(self) -> str:
        """Of the address that people use; asked for once, where no answer told it yet."""
        parts = urlsplit(self._base())
        usual = parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme)
        return f"{parts.hostname}" if usual else f"{parts.hostname}:{parts.port}"

    def myself(self) -> User:
        row = self._get("rest/api/user/current")
        if row.get("type") == "anonymous" or not (row.get("accountId") or row.get("userKey")):
            raise HttpError(
                f"{self._connection.address.base} reads us as nobody: the token is not accepted",
                status=401,
            )
        return parse.user(row)

    def clock(self) -> datetime:
        self.myself()
        now = self._connection.date()
        if now is None:
            raise ConnectorError("the site does not tell what time it is")
        return now

    def close(self) -> None:
        self._connection.close()

    # Contents

    def search(
        self, cql: str, *, body: bool = False, restrictions: bool = False
    ) -> Iterator[Content]:
        expand = [*parse.EXPAND, *(["body.storage"] if body else [])]
        expand += parse.EXPAND_RESTRICTION if restrictions else []
        most = self.most_with_bodies if body else self.most_plain
        search = Search(self._get, cql, ",".join(expand), most, cursors=self.by_cursor, body=body)
        for answer, rows in search.pages():
            base = self._base(answer)
            for row in rows:
                if found := parse.content(row, base, self.edition):
                    yield found

    def restriction(self, content_id: str) -> Restriction:
        path = f"rest/api/content/{quote(content_id, safe='')}/restriction/byOperation/read"
        people: dict[str, list[Json]] = {"user": [], "group": []}
        start, more = 0, True
        while more:
            params: Json = {"expand": "restrictions.user,restrictions.group"}
            params |= {"start": start, "limit": _RESTRICTED_AT_ONCE}
            answer = self._get_or_none(path, params)
            if answer is None:
                return Restriction()
            # Users and groups are paged by one start; a page may be shorter than was asked for.
            full: list[int] = []
            for kind in people:
                held = (answer.get("restrictions") or {}).get(kind) or {}
                found = paging.rows(held)
                if found and found == people[kind][-len(found) :]:
                    raise ConnectorError(paging.REPEATS)
                people[kind] += found
                if found and len(found) >= min(held.get("limit") or 1, _RESTRICTED_AT_ONCE):
                    full.append(len(found))
            more = bool(full)
            start += min(full, default=0)
        return parse.of_people(people["user"], people["group"])

    @abstractmethod
    def exists(self, content_ids: list[str]) -> dict[str, str]: ...

    @abstractmethod
    def spaces(self) -> list[Space]: ...

    @abstractmethod
    def space_readers(self, space: Space) -> SpaceReaders: ...

    def download(self, content: Content, *, max_bytes: int) -> bytes:
        if not content.download:
            raise ConnectorError("the site does not tell where the bytes of the attachment are")
        return self._connection.download(content.download, max_bytes=max_bytes)

    # People

    def users(self, ids: list[str]) -> dict[str, User]:
        found = self._recalled(ids)
        missing = sorted(set(ids) - found.keys())
        if missing:
            asked = self._asked_users(missing)
            found |= self._noted({one: asked.get(one) for one in missing})
        return {one: user for one, user in found.items() if user}

    def _recalled(self, ids: list[str]) -> dict[str, User | None]:
        now = time.monotonic()
        with self._lock:
            known = {one: self._people[one] for one in ids if one in self._people}
        return {one: user for one, (until, user) in known.items() if until > now}

    def _noted(self, people: dict[str, User | None]) -> dict[str, User | None]:
        until = time.monotonic() + _KEPT
        with self._lock:
            self._people |= {one: (until, user) for one, user in people.items()}
        return people

    @abstractmethod
    def _asked_users(self, ids: list[str]) -> dict[str, User]: ...

    @abstractmethod
    def group_names(self) -> list[str]: ...

    @abstractmethod
    def members(self, group: str) -> Iterator[User]: ...

    def _members_at(self, path: str) -> Iterator[User]:
        """Yield the people that are listed at a path; none where there is no such path."""
        try:
            yield from map(parse.user, paging.by_start(self._get, path, {}, PEOPLE_AT_ONCE))
        except HttpError as error:
            if error.status != NOT_FOUND:
                raise

    # Requests

    def _get(self, path: str, params: Json | None = None, **how: Any) -> Any:
        return self._connection.get(path, params, **how)

    def _get_or_none(self, path: str, params: Json | None = None) -> Any:
        """Return an answer, None where there is no such thing (404)."""
        try:
            return self._get(path, params)
        except HttpError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def _each(self, ask: Callable[[_T], _R], things: Iterable[_T]) -> list[_R]:
        """Return what is answered for each, a few asked at once."""
        wanted = list(things)
        if len(wanted) < 2:
            return [ask(one) for one in wanted]
        with ThreadPoolExecutor(min(self._at_once, len(wanted))) as pool:
            futures = [pool.submit(ask, one) for one in wanted]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

    def _base(self, answer: Json | None = None) -> str:
        """Return the address of the site that people use, as its answers tell it."""
        if self._link_base is None:
            told = str(((answer or self._any_page()).get("_links") or {}).get("base") or "")
            if not told.startswith(("https://", "http://")):
                told = ""
            if not told and self._connection.address.by_gateway:
                raise ConnectorError("the site does not tell its own address")
            self._link_base = (told or self._connection.address.base).rstrip("/")
        return self._link_base

    @abstractmethod
    def _any_page(self) -> Json:
        """Return a small page of any list: its links tell the site's address."""
