"""What a Confluence site tells, in our words: the same for Cloud and Data Center.

Knows nothing of requests, and nothing of documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from connectors.confluence.storage import Edition

Kind = Literal["page", "blogpost", "comment", "attachment", "folder", "other"]


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who may view one content by its own restriction; with nobody in it, it has none: inherits."""

    users: frozenset[str] = frozenset()
    """Account ids (Cloud) or user keys (Data Center)."""
    groups: frozenset[str] = frozenset()
    """Names."""

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)


@dataclass(frozen=True, slots=True)
class Content:
    """One page, blog post, comment or attachment, as far as it was asked for."""

    id: str
    kind: Kind
    title: str
    space: str
    """Its key."""
    version: int
    updated: datetime | None = None
    """Of this version; timezone-aware."""
    author: str = ""
    """Display name of who wrote this version."""
    ancestors: tuple[str, ...] = ()
    """Ids of what it stands under, outermost first; of a comment, what it replies to."""
    container: str | None = None
    """Id of the page or blog post that a comment or attachment belongs to."""
    restriction: Restriction | None = None
    """Its own; None: it was not asked for, or there is more of it than the answer could hold."""
    storage: str | None = None
    """Its body; None: not asked for."""
    resolved: bool = False
    """Of an inline comment: its thread is resolved."""
    quoted: str = ""
    """Of an inline comment: the words beside which it stands."""
    media_type: str | None = None
    """Of an attachment."""
    size: int | None = None
    """Of an attachment, bytes."""
    url: str = ""
    """Where a click leads: absolute, by id and not by title, without a fragment. For a comment, the
    page with the comment in view."""
    download: str = ""
    """Of an attachment: where its bytes are."""


@dataclass(frozen=True, slots=True)
class Space:
    """A space that the account sees."""

    key: str
    id: str
    name: str
    personal: bool
    archived: bool = False


@dataclass(frozen=True, slots=True)
class SpaceReaders:
    """Who may view a space."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """Names."""
    licensed: bool = False
    """Everybody who may use Confluence."""
    anonymous: bool = False
    """Everybody, also who is not logged in."""


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the account of a program."""

    id: str
    """Account id (Cloud) or user key (Data Center)."""
    name: str
    email: str | None = None
    """None where the profile hides it."""
    username: str | None = None
    """Data Center: what `ri:username` names."""


class Site(Protocol):
    """A Confluence site; threads may share it. Every method raises `ConnectorError`.

    Of that, `connectors.http.HttpError` carries the status of what was refused.
    """

    @property
    def edition(self) -> Edition:
        """Return which of the two it is."""
        ...

    @property
    def host(self) -> str:
        """Return the host that people use, such as example.atlassian.net: principals name it."""
        ...

    @property
    def requests(self) -> int:
        """Return how many requests were made."""
        ...

    def search(
        self, cql: str, *, body: bool = False, restrictions: bool = False
    ) -> Iterator[Content]:
        """Yield what matches, each once, in the order that the query asks for.

        Pages of results are as large as the service allows, and halved where it can not make them.
        Raises where a page of results is cut short, comes again, or can not be had: what was
        yielded is true, but not all there is.
        """
        ...

    def restriction(self, content_id: str) -> Restriction:
        """Return the own restriction of one content; none where the site knows no such content."""
        ...

    def exists(self, content_ids: list[str]) -> dict[str, str]:
        """Return the key of the space of those that exist and are current, by id.

        Asked of the database, not of the search index, which lags behind it.
        """
        ...

    def spaces(self) -> list[Space]:
        """Return every space that the account sees."""
        ...

    def space_readers(self, space: Space) -> SpaceReaders:
        """Return who may view a space. Raises where the account may not know."""
        ...

    def group_names(self) -> list[str]:
        """Return the names of all groups."""
        ...

    def members(self, group: str) -> Iterator[User]:
        """Yield the people of a group; none where there is no such group.

        In Data Center without their e-mail addresses: those cost a request each, see `users`.
        """
        ...

    def users(self, ids: list[str]) -> dict[str, User]:
        """Return those of these people whom the site knows, by the id that was asked for.

        In Data Center an id may be a user key or a user name.
        """
        ...

    def download(self, content: Content, *, max_bytes: int) -> bytes:
        """Return the bytes of an attachment. Raises where there are more."""
        ...

    def myself(self) -> User:
        """Return the account by which the site is read."""
        ...

    def clock(self) -> datetime:
        """Return what time it is at the site."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
