"""What Google says of files, drives and people, as far as a mirror needs it. Asks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
DOCUMENT = "application/vnd.google-apps.document"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PRESENTATION = "application/vnd.google-apps.presentation"
NATIVE = "application/vnd.google-apps."
"""How the media types begin of what has no bytes of its own."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One grantee of a file or drive."""

    id: str
    """Of the grantee, the same on every file."""
    type: str
    """`user`, `group`, `domain` or `anyone`."""
    role: str
    email: str | None = None
    """Lower case; of a user or group."""
    domain: str | None = None
    """Lower case."""
    discoverable: bool = False
    """Of a domain or anyone: whether they find it by searching; else they need its link."""
    deleted: bool = False
    view: str | None = None
    """`metadata`: sees that a folder is there, not what is in it; `published`: a published copy."""
    expires: datetime | None = None
    inherited_from: tuple[str, ...] = ()
    """Ids of the folders or the drive that it comes from; empty: it stands on the file itself."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, folder or shortcut."""

    id: str
    name: str
    media_type: str
    parents: tuple[str, ...] = ()
    drive: str | None = None
    """Id of its shared drive; None: it lies in somebody's My Drive."""
    owner: str | None = None
    """As people know them: the owner; on a shared drive, who changed it last."""
    modified: datetime | None = None
    md5: str | None = None
    """Of the bytes; None: it has none, or the service does not say."""
    size: int | None = None
    url: str = ""
    """Where a click leads, without a fragment."""
    trashed: bool = False
    permissions: tuple[Permission, ...] | None = None
    """None: the account may not see them here, or it lies on a shared drive."""
    permission_ids: frozenset[str] | None = None
    """Of all grantees, also on shared drives; None: the service does not say."""
    limited: bool = False
    """Whether what is granted above it does not count (`inheritedPermissionsDisabled`)."""
    can_share: bool = False
    """Whether the account may ask for its permissions."""
    can_download: bool = True
    resource_key: str | None = None
    target: str | None = None
    """Of a shortcut: the id of what it leads to."""
    target_type: str | None = None
    target_key: str | None = None
    """Of a shortcut: the resource key of what it leads to."""
    export_links: tuple[tuple[str, str], ...] = ()
    """Media type and address, of what can be exported whatever its size."""
    encrypted: bool = False
    """Client-side: nobody but the browser of a reader can read it."""


@dataclass(frozen=True, slots=True)
class SharedDrive:
    """A shared drive."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a change log."""

    id: str
    """Of the file or of the drive."""
    removed: bool
    file: File | None = None
    """None: it was removed, or the entry is about a drive."""
    is_drive: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a spreadsheet."""

    gid: int
    title: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide of a presentation."""

    id: str
    """As `#slide=id.…` has it."""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A direct member of a group."""

    type: str
    """`USER`, `GROUP`, or `CUSTOMER`: everybody of the organisation."""
    email: str | None = None
    """Lower case; None for a customer."""
