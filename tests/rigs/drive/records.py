"""What a Workspace holds: people, groups, shared drives, and items with their sharing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PRESENTATION = "application/vnd.google-apps.presentation"
FORM = "application/vnd.google-apps.form"
NATIVE = "application/vnd.google-apps."

HTML = "text/html"
PLAIN = "text/plain"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

Role = Literal["reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"]
RANK: dict[str, int] = {
    "reader": 1,
    "commenter": 2,
    "writer": 3,
    "fileOrganizer": 4,
    "organizer": 5,
    "owner": 6,
}
"""How much each role may; `owner` is of My Drive, the two organizers are of shared drives."""


@dataclass(slots=True)
class Person:
    """Somebody with an account; a service account is one, too, but of no domain that shares."""

    email: str
    name: str
    permission_id: str
    directory_id: str
    root: str
    """Id of the folder that is their My Drive."""
    admin: bool = False
    suspended: bool = False
    deleted: bool = False
    service: bool = False
    viewed: set[str] = field(default_factory=set)
    """Items that they opened by a link: from then on they are listed to them."""

    @property
    def domain(self) -> str | None:
        """The domain whose sharing includes them."""
        return None if self.service else self.email.partition("@")[2]


@dataclass(slots=True)
class Team:
    """A group of the directory."""

    email: str
    name: str
    permission_id: str
    directory_id: str
    members: list[str] = field(default_factory=list)
    """Addresses of people and groups; `*` stands for everybody of the organisation."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One grantee on one item or shared drive."""

    type: Literal["user", "group", "domain", "anyone"]
    to: str
    """The address or the domain; empty for anyone."""
    role: Role
    discoverable: bool = False
    expires: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells grantees apart: there is one grant of a grantee on an item."""
        return (self.type, self.to)


@dataclass(slots=True)
class SharedDrive:
    """A shared drive and its members."""

    id: str
    name: str
    created: float
    members: dict[tuple[str, str], Grant] = field(default_factory=dict)
    hidden: bool = False
    copy_restricted: bool = False


@dataclass(frozen=True, slots=True)
class SheetProperties:
    """What the Sheets API says of one sheet."""

    gid: int
    title: str
    hidden: bool = False
    rows: int = 1000
    columns: int = 26


@dataclass(frozen=True, slots=True)
class SlideProperties:
    """What the Slides API says of one slide."""

    id: str
    skipped: bool = False


class Body(Protocol):
    """What an item holds. Bytes are made when they are asked for."""

    def exported(self, media_type: str, moment: int) -> bytes | None:
        """Return a native item as this type, None where it can not; `moment` varies with time."""
        ...

    def stored(self) -> bytes:
        """Return the bytes of an uploaded item."""
        ...

    def sheets(self) -> tuple[SheetProperties, ...]:
        """Return the sheets of a spreadsheet."""
        ...

    def slides(self) -> tuple[SlideProperties, ...]:
        """Return the slides of a presentation."""
        ...


@dataclass(slots=True)
class Item:
    """A file, folder or shortcut. The root of a My Drive and of a shared drive is a folder."""

    id: str
    name: str
    media_type: str
    parents: list[str]
    drive: str | None
    owner: str | None
    created: float
    modified: float
    changed_by: str
    body: Body | None = None
    version: int = 1
    trashed: bool = False
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)
    limited: bool = False
    """Inherited grants do not count (organizers and owners excepted)."""
    resource_key: str | None = None
    target: str | None = None
    target_type: str | None = None
    target_key: str | None = None
    encrypted: bool = False
    copy_restricted: bool = False
    writers_can_share: bool = True
    root: bool = False
    digest: tuple[str, int] | None = None
    """MD5 and size of the bytes, once somebody asked."""

    @property
    def native(self) -> bool:
        """Whether it has no bytes of its own."""
        return self.media_type.startswith(NATIVE)
