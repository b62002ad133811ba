"""Which items a list is of: what was asked for, and what an account may find.

https://developers.google.com/workspace/drive/api/guides/about-files#file-organization
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rigs.drive.core import Call, Core, RefusedError
from rigs.drive.query import Query, parsed
from rigs.drive.records import FOLDER, Item

_SORTS: dict[str, Callable[[Item], Any]] = {
    "name": lambda item: item.name,
    "name_natural": lambda item: item.name,
    "modifiedTime": lambda item: item.modified,
    "createdTime": lambda item: item.created,
    "folder": lambda item: item.media_type != FOLDER,
}


def found(core: Core, call: Call) -> list[str]:
    """Return the ids of what `files.list` is asked for, the newest first."""
    _hold_together(call)
    query = parsed(core, call, call.get("q"))
    _known(core, call, query)
    sees = _sight(core, call, query)
    items = [one for one in _pool(core, query) if not one.root and query.test(one) and sees(one)]
    items.reverse()
    for sort in reversed([one for one in call.get("orderBy").split(",") if one]):
        name, _, way = sort.strip().partition(" ")
        if name not in _SORTS:
            raise RefusedError(400, "invalid", "Invalid Value", "orderBy")
        items.sort(key=_SORTS[name], reverse=way == "desc")
    return [one.id for one in items]


def _hold_together(call: Call) -> None:
    drive_id, corpora = call.get("driveId"), call.get("corpora", "user")
    everywhere = call.flag("includeItemsFromAllDrives")
    if corpora not in {"user", "domain", "drive", "allDrives"}:
        raise RefusedError(400, "invalid", "Invalid Value", "corpora")
    if bool(drive_id) != (corpora == "drive"):
        words = "The driveId parameter must be specified if and only if corpora is set to drive."
        raise RefusedError(400, "invalid", words, "driveId")
    if corpora in {"drive", "allDrives"} and not everywhere:
        words = (
            "The includeItemsFromAllDrives parameter must be set to true when driveId is specified "
            "or corpora contains drive or allDrives."
        )
        raise RefusedError(400, "invalid", words, "includeItemsFromAllDrives")
    if everywhere and not call.flag("supportsAllDrives"):
        words = (
            "The supportsAllDrives parameter must be set to true when includeItemsFromAllDrives is "
            "set to true."
        )
        raise RefusedError(400, "invalid", words, "supportsAllDrives")


def _known(core: Core, call: Call, query: Query) -> None:
    """Refuse a list in a drive or folder that the account does not see."""
    world, account = core.world, call.account
    for name in query.names:
        folder = world.items.get(name)
        seen = folder and world.sharing.role(account, folder) is not None
        if not folder or not seen or (folder.drive and not call.flag("supportsAllDrives")):
            raise RefusedError(404, "notFound", "File not found: .", "fileId")
    if drive_id := call.get("driveId"):
        drive = world.drives.get(drive_id)
        if drive is None or not world.sharing.is_member(account, drive):
            words = f"Shared drive not found: {drive_id}"
            raise RefusedError(404, "notFound", words, "driveId")


def _pool(core: Core, query: Query) -> Iterable[Item]:
    world = core.world
    if query.parents is None:
        return world.items.values()
    lying = {
        one: world.items[one]
        for parent in sorted(query.parents)
        for one in world.children.get(parent, ())
    }
    return lying.values()


def _sight(core: Core, call: Call, query: Query) -> Callable[[Item], bool]:
    """Return what tells whether a list shows an item."""
    corpora, drive_id = call.get("corpora", "user"), call.get("driveId")
    world, sharing, account = core.world, core.world.sharing, call.account
    everywhere, viewed = call.flag("includeItemsFromAllDrives"), world.people[account].viewed

    def member(item: Item) -> bool:
        drive = world.drives.get(item.drive or "")
        return drive is not None and sharing.is_member(account, drive)

    def of_drive(item: Item) -> bool:
        return item.drive == drive_id and sharing.role(account, item, by_link=False) is not None

    def of_all_drives(item: Item) -> bool:
        seen = sharing.role(account, item, by_link=False) is not None
        return seen and (member(item) or sharing.named(account, item))

    def of_domain(item: Item) -> bool:
        return any(
            key[0] == "domain"
            and key in world.principals(account)
            and any(one.grant.discoverable for one in layers)
            for key, layers in sharing.effective(item).layers.items()
        )

    def of_user(item: Item) -> bool:
        if item.drive and not everywhere:
            return False
        if item.id in viewed and sharing.role(account, item) is not None:
            return True
        if query.parents is not None:  # looking into a folder is not bound to what was opened
            return sharing.role(account, item, by_link=False) is not None
        # What lies in one's shared drives is listed by `drive`.
        return not member(item) and sharing.named(account, item)

    ways = {"drive": of_drive, "allDrives": of_all_drives, "domain": of_domain}
    return ways.get(corpora, of_user)
