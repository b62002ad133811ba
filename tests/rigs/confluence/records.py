"""What a site holds: people, groups, spaces and contents. Knows nothing of requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Edition = Literal["cloud", "data-center"]
Kind = Literal["page", "blogpost", "comment", "attachment", "folder"]
Status = Literal["current", "draft", "trashed", "archived"]


@dataclass(slots=True)
class Person:
    """Somebody with an account."""

    key: str
    """Account id (Cloud) or user key (Data Center)."""
    name: str
    username: str
    email: str
    hidden: bool = False
    """The profile hides the e-mail address."""


@dataclass(slots=True)
class Group:
    """A group of people; groups hold no groups."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    """Keys of people."""


@dataclass(slots=True)
class Space:
    """A space and who may view it."""

    id: int
    key: str
    name: str
    created: float
    personal: bool = False
    archived: bool = False
    users: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    """Names."""
    licensed: bool = False
    """Everybody with a licence, as an access class."""
    anonymous: bool = False
    homepage: str | None = None


@dataclass(slots=True)
class Content:
    """A page, blog post, comment, attachment or folder."""

    id: str
    kind: Kind
    space: str
    title: str
    body: str
    author: str
    """Of the current version: the key of a person."""
    created: float
    updated: float
    """Seconds of the service's clock, when the current version was written."""
    version: int = 1
    status: Status = "current"
    parent: str | None = None
    """What a page stands under; of a comment, what it answers."""
    container: str | None = None
    """The page or blog post of a comment or attachment."""
    labels: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    """With `users`: who may view it by its own restriction; nobody in both: no restriction."""
    inline: bool = False
    resolution: Literal["open", "resolved", "reopened", "dangling"] = "open"
    quoted: str = ""
    media_type: str = ""
    data: bytes = b""
    broken: bool = False
    """Its storage format can not be expanded (CONFCLOUD-76433)."""
    stamp: int = 0
    """Grows with everything that its own shape shows."""

    @property
    def restricted(self) -> bool:
        """Whether it has a restriction of its own."""
        return bool(self.users or self.groups)
