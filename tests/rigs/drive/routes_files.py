"""Files: lists, one of them, its content, its exports, its permissions."""

from __future__ import annotations

import re
from typing import Any

from rigs.drive.core import Answer, Call, Core, Json, RefusedError, said
from rigs.drive.fields import Mask, below, mask, wanted
from rigs.drive.query import Query, parsed
from rigs.drive.records import NATIVE, Item
from rigs.drive.shapes import EXPORTS, Shapes

_SORTS: dict[str, Any] = {
    "name": lambda item: item.name,
    "name_natural": lambda item: item.name,
    "modifiedTime": lambda item: item.modified,
    "createdTime": lambda item: item.created,
    "folder": lambda item: item.media_type != f"{NATIVE}folder",
}


def listed(core: Core, call: Call) -> Answer:
    """Answer `files.list`."""
    given = _mask(call)
    what = ("files", call.account, tuple(sorted(_same(call).items())))
    size = call.number("pageSize", 100, 1000)
    inner = below(given, "files")
    if inner is not None and "permissions" in inner:
        size = min(size, core.settings.inline_page)
    everything = None if call.get("pageToken") else _found(core, call)
    ids, token = core.paged(call, what, everything, size)
    shapes = Shapes(core, call.account)
    items = [core.world.items[one] for one in ids if one in core.world.items]
    body: dict[str, Json] = {
        "kind": "drive#fileList",
        "incompleteSearch": core.is_odd("incomplete", call.path),
        "files": [shapes.file(one, inner) for one in items] if wanted(given, "files") else [],
    }
    if token:
        body["nextPageToken"] = token
    return said({name: one for name, one in body.items() if wanted(given, name)})


def _mask(call: Call) -> Mask | None:
    text = call.get("fields")
    return mask(text) if text else None


def _same(call: Call) -> dict[str, str]:
    """Return what a page token is of: it can not be used with another query."""
    left_out = {"pageToken", "pageSize", "fields", "alt", "prettyPrint", "key", "quotaUser"}
    return {name: one for name, one in call.query.items() if name not in left_out}


def _found(core: Core, call: Call) -> list[str]:
    query = parsed(core, call, call.get("q"))
    items = [one for one in _candidates(core, call, query) if query.test(one) and not one.root]
    items.reverse()  # what is newest comes first
    for sort in reversed([one for one in call.get("orderBy").split(",") if one]):
        name, _, way = sort.strip().partition(" ")
        if name not in _SORTS:
            raise RefusedError(400, "invalid", "Invalid Value", "orderBy")
        items.sort(key=_SORTS[name], reverse=way == "desc")
    return [one.id for one in items]


def _candidates(core: Core, call: Call, query: Query) -> list[Item]:
    world, account = core.world, call.account
    drive_id, corpora = call.get("driveId"), call.get("corpora", "user")
    everywhere, supported = call.flag("includeItemsFromAllDrives"), call.flag("supportsAllDrives")
    _hold_together(drive_id, corpora, everywhere=everywhere, supported=supported)
    for name in query.names:
        folder = world.items.get(name)
        known = folder and world.sharing.role(account, folder) is not None
        if not folder or not known or (folder.drive and not supported):
            raise RefusedError(404, "notFound", "File not found: .", "fileId")
    if drive_id:
        drive = world.drives.get(drive_id)
        if drive is None or not world.sharing.is_member(account, drive):
            raise RefusedError(404, "notFound", f"Shared drive not found: {drive_id}", "driveId")
    pool = world.items.values() if query.parents is None else _children(core, query.parents)
    return [one for one in pool if _listed_to(core, account, one, corpora, drive_id, query,
                                              everywhere=everywhere)]  # fmt: skip


def _children(core: Core, parents: frozenset[str]) -> list[Item]:
    world = core.world
    found = {
        one: world.items[one]
        for parent in sorted(parents)
        for one in world.children.get(parent, ())
    }
    return list(found.values())


def _hold_together(drive_id: str, corpora: str, *, everywhere: bool, supported: bool) -> None:
    if corpora not in {"user", "domain", "drive", "allDrives"}:
        raise RefusedError(400, "invalid", "Invalid Value", "corpora")
    if bool(drive_id) != (corpora == "drive"):
        words = "The driveId parameter must be specified if and only if corpora is set to drive."
        raise RefusedError(400, "invalid", words, "driveId")
    if corpora in {"drive", "allDrives"} and not everywhere:
        words = "The includeItemsFromAllDrives parameter must be set to true when driveId is specified or corpora contains drive or allDrives."  # noqa: E501
        raise RefusedError(400, "invalid", words, "includeItemsFromAllDrives")
    if everywhere and not supported:
        words = "The supportsAllDrives parameter must be set to true when includeItemsFromAllDrives is set to true."  # noqa: E501
        raise RefusedError(400, "invalid", words, "supportsAllDrives")


def _listed_to(
    core: Core,
    account: str,
    item: Item,
    corpora: str,
    drive_id: str,
    query: Query,
    *,
    everywhere: bool,
) -> bool:
    world, sharing = core.world, core.world.sharing
    if corpora == "drive":
        return item.drive == drive_id and sharing.role(account, item, by_link=False) is not None
    if item.drive and not everywhere:
        return False
    drive = world.drives.get(item.drive or "")
    if corpora == "allDrives":
        return (drive is not None and sharing.is_member(account, drive)) or sharing.named(
            account, item
        )
    if corpora == "domain":
        return any(
            key[0] == "domain"
            and key in world.principals(account)
            and any(one.grant.discoverable for one in layers)
            for key, layers in sharing.effective(item).layers.items()
        )
    if item.id in world.people[account].viewed and sharing.role(account, item) is not None:
        return True
    if query.parents is not None:  # looking into a folder is not bound to what was opened before
        return sharing.role(account, item, by_link=False) is not None
    if drive is not None and sharing.is_member(account, drive):
        return False
    return sharing.named(account, item)


def one(core: Core, call: Call) -> Answer:
    """Answer `files.get`, of the description or of the content."""
    if call.get("alt") == "media":
        return _content(core, call)
    item = core.item(call, call.match[0])
    return said(Shapes(core, call.account).file(item, _mask(call)))


def _content(core: Core, call: Call) -> Answer:
    item = core.item(call, call.match[0], metadata=False)
    if item.native:
        words = (
            "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        )
        raise RefusedError(403, "fileNotDownloadable", words, "alt")
    _downloadable(core, call, item)
    body = item.body.stored() if item.body else b""
    headers, status = {"Accept-Ranges": "bytes"}, 200
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", call.headers.get("Range", ""))
    if found and int(found[1]) < len(body):
        first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        body, status = body[first : last + 1], 206
    return Answer(status, body, item.media_type, headers, served=item.id)


def _downloadable(core: Core, call: Call, item: Item) -> None:
    if not core.world.sharing.can_download(call.account, item):
        words = "This file cannot be downloaded by the user."
        raise RefusedError(403, "cannotDownloadFile", words, "alt")


def exported(core: Core, call: Call) -> Answer:
    """Answer `files.export`: no more than 10 MB."""
    item = core.item(call, call.match[0], metadata=False)
    return _made(core, call, item, call.get("mimeType"), limited=True)


def by_link(core: Core, call: Call) -> Answer:
    """Answer an export link, whatever the size; the content is at another address."""
    formats = {"html": "text/html", "txt": "text/plain"}
    item = core.item(_for_everywhere(call), call.get("id"), metadata=False)
    kind = formats.get(call.get("exportFormat"))
    if kind is None:
        kind = next(one for one in EXPORTS[item.media_type] if one not in formats.values())
    return _made(core, call, item, kind, limited=False)


def _for_everywhere(call: Call) -> Call:
    return Call(
        call.path,
        call.match,
        {**call.query, "supportsAllDrives": "true"},
        call.account,
        call.scopes,
        call.headers,
    )


def _made(core: Core, call: Call, item: Item, media_type: str, *, limited: bool) -> Answer:
    if not item.native:
        words = "Export only supports Docs Editors files."
        raise RefusedError(403, "fileNotExportable", words)
    _downloadable(core, call, item)
    moment = int(core.world.clock.now() * 1_000_000)
    body = None
    if item.body and media_type in EXPORTS.get(item.media_type, ()):
        body = item.body.exported(media_type, moment)
    if body is None:
        raise RefusedError(400, "badRequest", "The requested conversion is not supported.",
                           "convertTo")  # fmt: skip
    if limited and len(body) > core.settings.export_limit:
        words = "This file is too large to be exported."
        raise RefusedError(403, "exportSizeLimitExceeded", words)
    return Answer(200, body, media_type, served=item.id)


def permissions(core: Core, call: Call) -> Answer:
    """Answer `permissions.list`, of a file or of a shared drive."""
    given = _mask(call)
    item_id, world = call.match[0], core.world
    as_admin = call.flag("useDomainAdminAccess")
    if as_admin:
        if item_id not in world.drives or not world.people[call.account].admin:
            raise _no_permission()
        item = world.items[item_id]
    else:
        item = core.item(call, item_id)
        drive = world.drives.get(item.drive or "")
        member = drive is not None and world.sharing.is_member(call.account, drive)
        seen = core.settings.readers_see_permissions and member
        if not seen and not world.sharing.can_share(call.account, item):
            raise _no_permission()
    inner = below(given, "permissions")
    everything = Shapes(core, call.account).permissions(item, inner)
    size = call.number("pageSize", 100 if item.drive else 100_000, 100_000)
    what = ("permissions", call.account, item_id, call.get("fields"))
    page, token = core.paged(
        call, what, None if call.get("pageToken") else everything, min(size, 100) if item.drive or
        call.get("pageSize") else size
    )  # fmt: skip
    body: dict[str, Json] = {"kind": "drive#permissionList", "permissions": page}
    if token:
        body["nextPageToken"] = token
    return said({name: one for name, one in body.items() if wanted(given, name)})


def _no_permission() -> RefusedError:
    words = "The user does not have sufficient permissions for this file."
    return RefusedError(403, "insufficientFilePermissions", words)
