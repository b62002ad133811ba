"""Who may read what, worked out anew and apart from `sharing`: by climbing from the file.

Slow and plain on purpose; the rig's answers and a connector's readers are measured by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rigs.drive.people import EVERYBODY
from rigs.drive.records import Grant, Item
from rigs.drive.world import World


def readers(world: World, item_id: str, *, by_link: bool = False) -> frozenset[str]:
    """Return the addresses of everybody with an account who may read an item.

    `by_link`: if they have its link.
    """
    item = world.items.get(item_id)
    found: set[str] = set()
    for grant in {*_grants(world, item, set())} if item else ():
        found |= _people(world, grant, by_link=by_link)
    return frozenset(one for one in found if not world.people[one].deleted)


def may_read(world: World, email: str, item_id: str, *, by_link: bool = False) -> bool:
    """Tell whether somebody may read an item."""
    return email in readers(world, item_id, by_link=by_link)


def _grants(world: World, item: Item, seen: set[str]) -> Iterator[Grant]:
    """Yield what holds for an item; above a limit only organizers come through."""
    if item.id in seen:
        return
    seen = seen | {item.id}
    yield from item.grants.values()
    tops = {person.root for person in world.people.values()}
    above = [
        grant
        for parent in item.parents
        if parent in world.items and parent not in tops
        for grant in _grants(world, world.items[parent], seen)
    ]
    drive = world.drives.get(item.id)
    if drive:
        above += drive.members.values()
    for grant in above:
        if not item.limited or grant.role == "organizer":
            yield grant


def _people(world: World, grant: Grant, *, by_link: bool) -> set[str]:
    if grant.expires is not None and grant.expires <= world.clock.now():
        return set()
    if grant.type == "user":
        return {grant.to}
    if grant.type == "group":
        return _members(world, grant.to, set())
    if not by_link and not grant.discoverable:
        return set()
    return set(world.people) if grant.type == "anyone" else _everybody(world, grant.to)


def _everybody(world: World, domain: str) -> set[str]:
    return {
        email
        for email, person in world.people.items()
        if not person.service and email.endswith(f"@{domain}")
    }


def _members(world: World, group: str, seen: set[str]) -> set[str]:
    team = world.groups.get(group)
    if team is None or team.deleted or group in seen:
        return set()
    found: set[str] = set()
    for member in team.members:
        if member == EVERYBODY:
            found |= _everybody(world, world.domain)
        elif member in world.people:
            found.add(member)
        else:
            found |= _members(world, member, seen | {group})
    return found
