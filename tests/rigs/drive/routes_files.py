"""Files: lists, one of them, its content, its exports, its permissions."""

from __future__ import annotations

import re

from rigs.drive.core import Answer, Call, Core, Json, RefusedError, said
from rigs.drive.fields import Mask, below, mask, wanted
from rigs.drive.listing import found
from rigs.drive.records import Item
from rigs.drive.shapes import EXPORTS, Shapes


def listed(core: Core, call: Call) -> Answer:
    """Answer `files.list`."""
    given = _mask(call)
    what = ("files", call.account, tuple(sorted(_same(call).items())))
    size = call.number("pageSize", 100, 1000)
    inner = below(given, "files")
    if inner is not None and "permissions" in inner:
        size = min(size, core.settings.inline_page)
    everything = None if call.get("pageToken") else found(core, call)
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
    ranged = re.fullmatch(r"bytes=(\d+)-(\d*)", call.headers.get("Range", ""))
    if ranged and int(ranged[1]) < len(body):
        first, last = int(ranged[1]), min(int(ranged[2] or len(body)), len(body) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        body, status = body[first : last + 1], 206
    return Answer(status, body, item.media_type, headers, served=item.id)


def _downloadable(core: Core, call: Call, item: Item) -> None:
    if not core.world.sharing.can_download(call.account, item):
        words = "This file cannot be downloaded by the user."
        raise RefusedError(403, "cannotDownloadFile", words, "alt")


def exported(core: Core, call: Call) -> Answer:
    """Answer `files.export`: no more than 10 MB. It has no switch for shared drives."""
    item = core.item(_for_everywhere(call), call.match[0], metadata=False)
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
