"""The JSON of files, permissions, drives and changes; only what a mask asks for is worked out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from rigs.drive.core import Core
from rigs.drive.fields import Mask, below, wanted
from rigs.drive.records import (
    DOCUMENT,
    FOLDER,
    HTML,
    PLAIN,
    PPTX,
    PRESENTATION,
    RANK,
    SPREADSHEET,
    XLSX,
    Item,
    Person,
    SharedDrive,
)
from rigs.drive.sharing import Layer

Json = Any

EXPORTS = {DOCUMENT: (HTML, PLAIN), SPREADSHEET: (XLSX,), PRESENTATION: (PPTX,)}
"""What can be made of native files here; the real service can make more."""
_EXPORT_PATH = {
    DOCUMENT: "/feeds/download/documents/export/Export?id={}&exportFormat={}",
    SPREADSHEET: "/spreadsheets/export?id={}&exportFormat={}",
    PRESENTATION: "/feeds/download/presentations/Export?id={}&exportFormat={}",
}
_FORMATS = {HTML: "html", PLAIN: "txt", XLSX: "xlsx", PPTX: "pptx"}
_DEFAULT_FILE: Mask = {"kind": None, "id": None, "name": None, "mimeType": None}
_DEFAULT_FILE |= {"driveId": None, "teamDriveId": None, "resourceKey": None}
_DEFAULT_PERMISSION: Mask = {"kind": None, "id": None, "type": None, "role": None}
_DEFAULT_DRIVE: Mask = {"kind": None, "id": None, "name": None}


def when(moment: float) -> str:
    """Return a moment as the service writes it."""
    said = datetime.fromtimestamp(moment, UTC)
    return said.strftime("%Y-%m-%dT%H:%M:%S.") + f"{said.microsecond // 1000:03d}Z"


class Shapes:
    """Tells one account how things look."""

    def __init__(self, core: Core, account: str) -> None:
        self._core, self._world, self._account = core, core.world, account
        self._sharing = core.world.sharing

    # Files

    def file(self, item: Item, given: Mask | None) -> Json:
        """Return a file; without a mask what the service tells unasked."""
        given = _DEFAULT_FILE if given is None else given
        names = _FILE if "*" in given else [name for name in given if name in _FILE]
        told = {}
        for name in names:
            value = _FILE[name](self, item, below(given, name))
            if value is not None:
                told[name] = value
        return told

    def _parents(self, item: Item) -> Json:
        seen = [
            one
            for one in item.parents
            if (parent := self._world.items.get(one))
            and self._sharing.role(self._account, parent, by_link=False) is not None
        ]
        return seen or None

    def _owner(self, item: Item, given: Mask | None) -> Json:
        if item.owner is None or not (person := self._world.people.get(item.owner)):
            return None
        return [self.user(person, given)]

    def user(self, person: Person, given: Mask | None) -> Json:
        """Return somebody as files name them."""
        said = {
            "kind": "drive#user",
            "displayName": person.name,
            "me": person.email == self._account,
            "permissionId": person.permission_id,
            "emailAddress": person.email,
        }
        return {name: one for name, one in said.items() if wanted(given, name)}

    def _capabilities(self, item: Item, given: Mask | None) -> Json:
        def rank() -> int:
            role = self._sharing.role(self._account, item, metadata=False)
            return RANK[role] if role else 0

        told: dict[str, Callable[[], bool]] = {
            "canShare": lambda: self._sharing.can_share(self._account, item),
            "canDownload": lambda: self._sharing.can_download(self._account, item),
            "canCopy": lambda: self._sharing.can_download(self._account, item),
            "canEdit": lambda: rank() >= RANK["writer"],
            "canListChildren": lambda: item.media_type == FOLDER and rank() > 0,
            "canReadRevisions": lambda: rank() >= RANK["writer"],
        }
        return {name: one() for name, one in told.items() if wanted(given, name)}

    def _links(self, item: Item) -> Json:
        if item.media_type not in EXPORTS or not self._sharing.can_download(self._account, item):
            return None
        path = _EXPORT_PATH[item.media_type]
        return {
            one: self._core.content + path.format(quote(item.id), _FORMATS[one])
            for one in EXPORTS[item.media_type]
        }

    def _url(self, item: Item) -> str:
        key = f"&resourcekey={item.resource_key}" if item.resource_key else ""
        kinds = {DOCUMENT: "document", SPREADSHEET: "spreadsheets", PRESENTATION: "presentation"}
        if kind := kinds.get(item.media_type):
            said = f"https://docs.google.com/{kind}/d/{item.id}/edit?usp=drivesdk{key}"
        elif item.media_type == FOLDER:
            mark = f"?{key[1:]}" if key else ""
            said = f"https://drive.google.com/drive/folders/{item.id}{mark}"
        else:
            said = f"https://drive.google.com/file/d/{item.id}/view?usp=drivesdk{key}"
        return said

    def _size(self, item: Item) -> str | None:
        if item.native:
            return None if item.body is None else str(1024 * (1 + len(item.name)))
        return str(self._world.digest(item)[1])

    def _permission_ids(self, item: Item) -> Json:
        if not self._core.settings.permission_ids:
            return None
        return sorted({self.permission_id(key) for key in self._sharing.effective(item).layers})

    def permission_id(self, key: tuple[str, str]) -> str:
        """Return the id of a grantee, the same on every file."""
        kind, to = key
        if kind == "user":
            return self._world.people[to].permission_id
        if kind == "group":
            return self._world.groups[to].permission_id
        if kind == "domain":
            return f"{int.from_bytes(to.encode()[:8].ljust(8)):020d}k"
        return "anyone"

    def _inline(self, item: Item, given: Mask | None) -> Json:
        if item.drive is not None or not self._sharing.can_share(self._account, item):
            return None
        return self.permissions(item, given)

    # Permissions

    def permissions(self, item: Item, given: Mask | None) -> list[Json]:
        """Return everybody who has an item, and who sees of a limited folder that it is there."""
        given = _DEFAULT_PERMISSION if given is None else given
        effective = self._sharing.effective(item)
        told = [self._permission(item, layers, given, None) for layers in effective.layers.values()]
        return told + [
            self._permission(item, layers, given, "metadata")
            for layers in effective.only_metadata.values()
        ]

    def _permission(
        self, item: Item, layers: tuple[Layer, ...], given: Mask, view: str | None
    ) -> Json:
        grant = layers[0].grant
        who = self._world.grantee(grant)
        said: dict[str, Json] = {
            "kind": "drive#permission",
            "id": self.permission_id(grant.key),
            "type": grant.type,
            "role": "reader" if view else grant.role,
        }
        if who is not None:
            said["emailAddress"] = "" if who.deleted else who.email
            said["displayName"] = who.name
            said["deleted"] = who.deleted
        elif grant.type == "domain":
            said["domain"] = said["displayName"] = grant.to
        if grant.type in {"domain", "anyone"}:
            said["allowFileDiscovery"] = any(one.grant.discoverable for one in layers)
        if grant.type == "user" and item.drive is None:
            said["pendingOwner"] = False
        if grant.expires is not None:
            said["expirationTime"] = when(grant.expires)
        if view:
            said["view"] = view
            said["inheritedPermissionsDisabled"] = True
        said["permissionDetails"] = [self._detail(item, one) for one in layers]
        return {
            name: [
                {key: value for key, value in one.items() if wanted(below(given, name), key)}
                for one in value
            ]
            if name == "permissionDetails"
            else value
            for name, value in said.items()
            if wanted(given, name)
        }

    @staticmethod
    def _detail(item: Item, layer: Layer) -> Json:
        detail: dict[str, Json] = {
            "permissionType": "member" if layer.member else "file",
            "role": layer.grant.role,
            "inherited": layer.source is not None and layer.source != item.id,
        }
        if item.drive is not None and detail["inherited"]:
            detail["inheritedFrom"] = layer.source
        return detail

    # Drives

    def drive(self, drive: SharedDrive, given: Mask | None) -> Json:
        """Return a shared drive."""
        given = _DEFAULT_DRIVE if given is None else given
        role = self._sharing.drive_role(self._account, drive)
        rank = RANK[role] if role else 0
        said = {
            "kind": "drive#drive",
            "id": drive.id,
            "name": drive.name,
            "createdTime": when(drive.created),
            "hidden": drive.hidden,
            "capabilities": {
                "canListChildren": rank > 0,
                "canShare": rank >= RANK["organizer"],
                "canManageMembers": rank >= RANK["organizer"],
                "canEdit": rank >= RANK["writer"],
                "canDownload": rank > 0,
            },
            "restrictions": {
                "adminManagedRestrictions": False,
                "copyRequiresWriterPermission": drive.copy_restricted,
                "domainUsersOnly": False,
                "driveMembersOnly": False,
            },
        }
        return {
            name: {key: one for key, one in value.items() if wanted(below(given, name), key)}
            if isinstance(value, dict)
            else value
            for name, value in said.items()
            if wanted(given, name)
        }


def _shortcut(item: Item, given: Mask | None) -> Json:
    if item.target is None:
        return None
    said = {
        "targetId": item.target,
        "targetMimeType": item.target_type,
        "targetResourceKey": item.target_key,
    }
    return {name: one for name, one in said.items() if one is not None and wanted(given, name)}


def _encryption(item: Item, given: Mask | None) -> Json:
    said = {"encryptionState": "encrypted" if item.encrypted else "unencrypted"}
    return None if item.media_type == FOLDER or item.target else said


def _mine(self: Shapes, item: Item) -> bool | None:
    return None if item.drive else item.owner == self._account


def _extension(item: Item) -> str | None:
    return None if item.native or "." not in item.name else item.name.rpartition(".")[2]


_FILE: dict[str, Callable[[Shapes, Item, Mask | None], Json]] = {
    "kind": lambda s, i, m: "drive#file",
    "id": lambda s, i, m: i.id,
    "name": lambda s, i, m: i.name,
    "mimeType": lambda s, i, m: i.media_type,
    "driveId": lambda s, i, m: i.drive,
    "teamDriveId": lambda s, i, m: i.drive,
    "parents": lambda s, i, m: s._parents(i),
    "createdTime": lambda s, i, m: when(i.created),
    "modifiedTime": lambda s, i, m: when(i.modified),
    "version": lambda s, i, m: str(i.version),
    "trashed": lambda s, i, m: s._sharing.trashed(i),
    "explicitlyTrashed": lambda s, i, m: i.trashed,
    "starred": lambda s, i, m: False,
    "spaces": lambda s, i, m: ["drive"],
    "size": lambda s, i, m: s._size(i) if i.body is not None else None,
    "quotaBytesUsed": lambda s, i, m: s._size(i) or "0",
    "md5Checksum": lambda s, i, m: None if i.native else s._world.digest(i)[0],
    "headRevisionId": lambda s, i, m: None if i.native else f"0B{i.version:06d}",
    "originalFilename": lambda s, i, m: None if i.native else i.name,
    "fileExtension": lambda s, i, m: _extension(i),
    "fullFileExtension": lambda s, i, m: _extension(i),
    "owners": lambda s, i, m: s._owner(i, m),
    "ownedByMe": lambda s, i, m: _mine(s, i),
    "lastModifyingUser": lambda s, i, m: s.user(s._world.people[i.changed_by], m),
    "shared": lambda s, i, m: None if i.drive else len(s._sharing.effective(i).layers) > 1,
    "permissions": lambda s, i, m: s._inline(i, m),
    "permissionIds": lambda s, i, m: s._permission_ids(i),
    "hasAugmentedPermissions": lambda s, i, m: bool(i.grants) if i.drive else None,
    "inheritedPermissionsDisabled": lambda s, i, m: i.limited,
    "writersCanShare": lambda s, i, m: None if i.drive else i.writers_can_share,
    "copyRequiresWriterPermission": lambda s, i, m: i.copy_restricted,
    "viewersCanCopyContent": lambda s, i, m: not i.copy_restricted,
    "capabilities": lambda s, i, m: s._capabilities(i, m),
    "webViewLink": lambda s, i, m: s._url(i),
    "webContentLink": lambda s, i, m: (
        None if i.native else f"https://drive.google.com/uc?id={i.id}&export=download"
    ),
    "exportLinks": lambda s, i, m: s._links(i),
    "resourceKey": lambda s, i, m: i.resource_key,
    "shortcutDetails": lambda s, i, m: _shortcut(i, m),
    "clientEncryptionDetails": lambda s, i, m: _encryption(i, m),
}
