"""Reads Google's answers into values: what is missing or of another form becomes "not told".

Of what readers hang on, "not told" never means more readers. Fields:
https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from connectors.drive.values import (
    DOCUMENT,
    FOLDER,
    NATIVE,
    PRESENTATION,
    SPREADSHEET,
    Change,
    File,
    Member,
    Permission,
    SharedDrive,
    Sheet,
    Slide,
)

PERMISSION_FIELDS = (
    "id,type,role,emailAddress,domain,allowFileDiscovery,deleted,view,expirationTime,"
    "permissionDetails(inherited,inheritedFrom)"
)
_FIELDS = (
    "id,name,mimeType,parents,driveId,owners(displayName,emailAddress),"
    "lastModifyingUser(displayName,emailAddress),modifiedTime,md5Checksum,size,webViewLink,trashed,"
    "permissionIds,inheritedPermissionsDisabled,"
    "capabilities(canShare,canDownload),resourceKey,shortcutDetails,"
    "clientEncryptionDetails(encryptionState)"
)
FILE_FIELDS = f"{_FIELDS},permissions({PERMISSION_FIELDS})"
DRIVE_FILE_FIELDS = _FIELDS
"""On a shared drive permissions are never told with a file, and who asks for them all the same is
given pages of a hundred in place of a thousand."""
ONE_FILE_FIELDS = f"{FILE_FIELDS},exportLinks"
"""The links of a listing would be half of its bytes, and are needed for few files."""
_ID = re.compile(r"[\w.:~-]+", re.ASCII)
"""What goes into addresses and headers."""
_EXPIRED = datetime.min.replace(tzinfo=UTC)
_PAGES = {
    DOCUMENT: "https://docs.google.com/document/d/{}/edit",
    SPREADSHEET: "https://docs.google.com/spreadsheets/d/{}/edit",
    PRESENTATION: "https://docs.google.com/presentation/d/{}/edit",
    FOLDER: "https://drive.google.com/drive/folders/{}",
}
_PAGE = "https://drive.google.com/file/d/{}/view"

Answer = Mapping[str, Any]


def file(answer: Answer) -> File:
    """Return a file. Raises ValueError for what names none."""
    media_type = _text(answer, "mimeType") or ""
    found = _id(answer, "id")
    shortcut = _dict(answer.get("shortcutDetails"))
    capabilities = _dict(answer.get("capabilities"))
    native = media_type.startswith(NATIVE)
    inline = answer.get("permissions")
    ids = answer.get("permissionIds")
    encryption = _text(_dict(answer.get("clientEncryptionDetails")), "encryptionState")
    return File(
        id=found,
        name=_text(answer, "name") or "",
        media_type=media_type,
        parents=_ids(answer.get("parents")),
        drive=_only_id(answer.get("driveId")),
        owner=_owner(answer),
        modified=time(answer.get("modifiedTime")),
        md5=_text(answer, "md5Checksum"),
        # Of a native file it is what it takes up at Google, not what an export holds.
        size=None if native else _number(answer.get("size")),
        url=_address(_text(answer, "webViewLink"), found, media_type),
        trashed=answer.get("trashed") is True,
        permissions=permissions(inline) if isinstance(inline, list) else None,
        permission_ids=frozenset(_ids(ids)) if isinstance(ids, list) else None,
        limited=answer.get("inheritedPermissionsDisabled") is True,
        can_share=capabilities.get("canShare") is True,
        can_download=capabilities.get("canDownload") is not False,
        resource_key=_only_id(answer.get("resourceKey")),
        target=_only_id(shortcut.get("targetId")),
        target_type=_text(shortcut, "targetMimeType"),
        target_key=_only_id(shortcut.get("targetResourceKey")),
        export_links=tuple(
            (media, link)
            for media, link in _dict(answer.get("exportLinks")).items()
            if isinstance(link, str)
        ),
        encrypted=encryption == "encrypted",
    )


def permissions(answer: object) -> tuple[Permission, ...]:
    """Return the grantees of a list."""
    return tuple(_permission(one) for one in _dicts(answer))


def _permission(answer: Answer) -> Permission:
    expires = answer.get("expirationTime")
    details = list(_dicts(answer.get("permissionDetails")))
    direct = any(detail.get("inherited") is not True for detail in details)
    above = (_text(detail, "inheritedFrom") for detail in details)
    return Permission(
        id=_text(answer, "id") or "",
        type=_text(answer, "type") or "",
        role=_text(answer, "role") or "",
        email=_lower(answer, "emailAddress"),
        domain=_lower(answer, "domain"),
        discoverable=answer.get("allowFileDiscovery") is True,
        deleted=answer.get("deleted", False) is not False,
        view=_text(answer, "view"),
        # A time that can not be read is over.
        expires=None if expires is None else time(expires) or _EXPIRED,
        inherited_from=() if direct else tuple(one for one in above if one),
    )


def drive(answer: Answer) -> SharedDrive:
    """Return a shared drive. Raises ValueError for what names none."""
    return SharedDrive(_id(answer, "id"), _text(answer, "name") or "")


def change(answer: Answer) -> Change | None:
    """Return an entry of a change log; None: it is about neither a file nor a drive.

    Raises ValueError for one that does not say what changed: to pass over it would miss a change.
    """
    kind = _text(answer, "changeType") or "file"
    if kind not in {"file", "drive"}:
        return None
    is_drive = kind == "drive"
    found = _id(answer, "driveId" if is_drive else "fileId")
    removed = answer.get("removed") is True
    told = answer.get("file")
    with_file = not is_drive and not removed and isinstance(told, dict)
    return Change(found, removed, file(_dict(told)) if with_file else None, is_drive)


def sheets(answer: Answer) -> tuple[Sheet, ...]:
    """Return the sheets of a spreadsheet, in their order."""
    every = [_dict(one.get("properties")) for one in _dicts(answer.get("sheets"))]
    return tuple(
        # Google leaves out what is 0, which is the first sheet's id.
        Sheet(
            _number(one.get("sheetId", 0)) or 0,
            _text(one, "title") or "",
            one.get("hidden") is True,
        )
        for one in every
    )


def slides(answer: Answer) -> tuple[Slide, ...]:
    """Return the slides of a presentation, in their order."""
    return tuple(
        Slide(
            _text(one, "objectId") or "", _dict(one.get("slideProperties")).get("isSkipped") is True
        )
        for one in _dicts(answer.get("slides"))
    )


def member(answer: Answer) -> Member:
    """Return a member of a group."""
    return Member((_text(answer, "type") or "").upper(), _lower(answer, "email"))


def email(answer: Answer, name: str) -> str | None:
    """Return an e-mail address in lower case; None where there is none."""
    found = _lower(answer, name)
    return found if found and "@" in found else None


def time(told: object) -> datetime | None:
    """Return a time of RFC 3339, timezone-aware; None where it can not be read."""
    if not isinstance(told, str):
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _owner(answer: Answer) -> str | None:
    people = [*_dicts(answer.get("owners")), _dict(answer.get("lastModifyingUser"))]
    names = (_text(one, "displayName") or _text(one, "emailAddress") for one in people)
    return next((name for name in names if name), None)


def _address(link: str | None, file_id: str, media_type: str) -> str:
    """Return where a click leads, without query and fragment: they name the app that asked."""
    try:
        parts = urlsplit(link or "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in {"http", "https"} and parts.netloc and "@" not in parts.netloc:
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return _PAGES.get(media_type, _PAGE).format(file_id)


def _dict(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: object) -> Iterator[dict[str, Any]]:
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


def _id(answer: Answer, name: str) -> str:
    """Return an id. Raises ValueError for what is none: it goes into addresses and headers."""
    found = _only_id(answer.get(name))
    if found is None:
        raise ValueError("an entry without an id")
    return found


def _only_id(found: object) -> str | None:
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _text(answer: Answer, name: str) -> str | None:
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        return None
    # JSON may hold halves of characters, which no file and no database takes.
    return found.encode("utf-8", "replace").decode()


def _lower(answer: Answer, name: str) -> str | None:
    found = _text(answer, name)
    return found.strip().lower() if found else None


def _ids(found: object) -> tuple[str, ...]:
    """Return ids; what is none of them leads nowhere."""
    every = found if isinstance(found, list) else []
    return tuple(one for one in map(_only_id, every) if one)


def _number(found: object) -> int | None:
    """Return a whole number; Google writes 64-bit ones as text."""
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    text = isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 20
    return int(str(found)) if text else None
