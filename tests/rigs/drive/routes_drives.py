"""Shared drives, change logs, and who one is."""

from __future__ import annotations

from rigs.drive.changes import Entry
from rigs.drive.core import Answer, Call, Core, Json, RefusedError, said
from rigs.drive.fields import applied, below, mask, wanted
from rigs.drive.records import FOLDER, SharedDrive
from rigs.drive.shapes import EXPORTS, Shapes, when


def about(core: Core, call: Call) -> Answer:
    """Answer `about.get`."""
    if not call.get("fields"):
        words = "The 'fields' parameter is required for this method."
        raise RefusedError(400, "required", words, "fields")
    body = {
        "kind": "drive#about",
        "user": Shapes(core, call.account).user(core.world.people[call.account], None),
        "storageQuota": {"usage": "0", "usageInDrive": "0", "usageInDriveTrash": "0"},
        "exportFormats": {kind: list(made) for kind, made in EXPORTS.items()},
        "maxUploadSize": "5242880000000",
        "appInstalled": True,
        "canCreateDrives": True,
    }
    return said(applied(body, mask(call.get("fields"))))


def drives(core: Core, call: Call) -> Answer:
    """Answer `drives.list`."""
    world = core.world
    given = mask(call.get("fields")) if call.get("fields") else None
    as_admin = _as_admin(core, call)
    everything = [
        one.id
        for one in world.drives.values()
        if as_admin or world.sharing.is_member(call.account, one)
    ]
    size = call.number("pageSize", 10, 100)
    what = ("drives", call.account, call.get("q"), as_admin)
    page, token = core.paged(call, what, None if call.get("pageToken") else everything, size)
    shapes = Shapes(core, call.account)
    body: dict[str, Json] = {
        "kind": "drive#driveList",
        "drives": [
            shapes.drive(world.drives[one], below(given, "drives"))
            for one in page
            if one in world.drives
        ],
    }
    if token:
        body["nextPageToken"] = token
    return said({name: one for name, one in body.items() if wanted(given, name)})


def drive(core: Core, call: Call) -> Answer:
    """Answer `drives.get`."""
    given = mask(call.get("fields")) if call.get("fields") else None
    found = _drive(core, call, call.match[0], as_admin=_as_admin(core, call))
    return said(Shapes(core, call.account).drive(found, given))


def _as_admin(core: Core, call: Call) -> bool:
    if not call.flag("useDomainAdminAccess"):
        return False
    if not core.world.people[call.account].admin:
        words = "The user is not a domain administrator."
        raise RefusedError(403, "forbidden", words)
    return True


def _drive(core: Core, call: Call, drive_id: str, *, as_admin: bool = False) -> SharedDrive:
    found = core.world.drives.get(drive_id)
    if found is None or not (as_admin or core.world.sharing.is_member(call.account, found)):
        raise RefusedError(404, "notFound", f"Shared drive not found: {drive_id}", "driveId")
    return found


def start_token(core: Core, call: Call) -> Answer:
    """Answer `changes.getStartPageToken`."""
    name = _log(core, call)
    core.world.log.watching.add(call.account)
    body = {"kind": "drive#startPageToken", "startPageToken": core.world.log.token(name)}
    return said(applied(body, mask(call.get("fields")) if call.get("fields") else None))


def _log(core: Core, call: Call) -> str:
    drive_id = call.get("driveId")
    if not drive_id:
        return call.account
    if not call.flag("supportsAllDrives"):
        words = "The supportsAllDrives parameter must be set to true when driveId is specified."
        raise RefusedError(400, "invalid", words, "supportsAllDrives")
    return _drive(core, call, drive_id).id


def changes(core: Core, call: Call) -> Answer:
    """Answer `changes.list`."""
    log, settings = core.world.log, core.settings
    name, drive_id = _log(core, call), call.get("driveId")
    everywhere = call.flag("includeItemsFromAllDrives")
    if everywhere and not call.flag("supportsAllDrives"):
        words = "The supportsAllDrives parameter must be set to true when includeItemsFromAllDrives is set to true."  # noqa: E501
        raise RefusedError(400, "invalid", words, "supportsAllDrives")
    if drive_id and not everywhere:
        words = (
            "The includeItemsFromAllDrives parameter must be set to true when driveId is specified."
        )
        raise RefusedError(400, "invalid", words, "includeItemsFromAllDrives")
    if not call.get("pageToken"):
        raise RefusedError(400, "required", "Required parameter: pageToken", "pageToken")
    number = log.since(name, call.get("pageToken"))
    if number is None:
        reason = {404: "notFound", 410: "gone"}.get(settings.refused_token_status, "invalid")
        raise RefusedError(settings.refused_token_status, reason, "Invalid Value", "pageToken")
    log.watching.add(call.account)
    size = call.number("pageSize", 100, 1000)
    given = mask(call.get("fields")) if call.get("fields") else None
    removed = call.query.get("includeRemoved", "true") == "true"
    told: list[Json] = []
    at = None
    for entry in log.after(number, lambda one: _in_log(core, call, one, everywhere=everywhere)):
        shape = _change(core, call, entry, drive_id, below(given, "changes"))
        if shape is None or (shape["removed"] and not removed):
            continue
        if len(told) == size:
            break
        told.append(shape)
        at = entry.number
    else:
        at = None
    inner = below(given, "changes")
    body: dict[str, Json] = {
        "kind": "drive#changeList",
        "changes": [
            {name: one for name, one in shape.items() if wanted(inner, name)} for shape in told
        ],
    }
    if at is None:
        body["newStartPageToken"] = log.token(name)
    else:
        body["nextPageToken"] = log.told(name, at)
    return said({name: one for name, one in body.items() if wanted(given, name)})


def _in_log(core: Core, call: Call, entry: Entry, *, everywhere: bool) -> bool:
    drive_id = call.get("driveId")
    if drive_id:
        return entry.drive == drive_id and (not entry.is_drive or entry.accounts is None)
    if entry.is_drive:
        return everywhere and entry.accounts is not None and call.account in entry.accounts
    if entry.drive is None:
        return True
    drive = core.world.drives.get(entry.drive)
    # Of a shared drive one's own log only has what one got without being a member.
    return everywhere and (drive is None or not core.world.sharing.is_member(call.account, drive))


def _change(
    core: Core, call: Call, entry: Entry, drive_id: str, given: dict[str, Json] | None
) -> Json:
    world, shapes = core.world, Shapes(core, call.account)
    told: dict[str, Json] = {
        "kind": "drive#change",
        "time": when(entry.at),
        "changeType": "drive" if entry.is_drive else "file",
        "type": "drive" if entry.is_drive else "file",
    }
    if entry.is_drive:
        drive = world.drives.get(entry.id)
        there = drive is not None and world.sharing.is_member(call.account, drive)
        told |= {"driveId": entry.id, "removed": not there}
        if there and drive:
            told["drive"] = shapes.drive(drive, below(given, "drive"))
        return told
    item = world.items.get(entry.id)
    seen = item is not None and world.sharing.role(call.account, item) is not None
    if seen and item and not drive_id:
        seen = world.sharing.named(call.account, item) or (
            item.id in world.people[call.account].viewed
        )
    moved_away = bool(drive_id) and item is not None and item.drive != drive_id
    if not seen and not moved_away and call.account not in entry.lost:
        return None
    if item is not None and item.root and item.media_type == FOLDER:
        return None
    told |= {"fileId": entry.id, "removed": not seen or moved_away}
    if item is not None and not told["removed"]:
        told["file"] = shapes.file(item, below(given, "file"))
    return told
