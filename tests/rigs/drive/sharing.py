"""Who may do what with an item, as the service computes it: sharing comes down from above.

A grant on a folder or shared drive holds for everything below, unless access was limited on the way
(`inheritedPermissionsDisabled`): then only owners, organizers and who was added there come through.
https://developers.google.com/workspace/drive/api/guides/limited-expansive-access
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rigs.drive.people import People
from rigs.drive.records import FOLDER, RANK, Grant, Item, Person, SharedDrive

_ABOVE_LIMITS = {"owner", "organizer"}


@dataclass(frozen=True, slots=True)
class Layer:
    """A grant and where it stands: None is the item itself, else the id of what is above."""

    grant: Grant
    source: str | None
    member: bool = False
    """It comes from the membership of a shared drive."""


@dataclass(frozen=True, slots=True)
class Effective:
    """Everybody who has an item, by key of the grant; the best role first."""

    layers: dict[tuple[str, str], tuple[Layer, ...]]
    only_metadata: dict[tuple[str, str], tuple[Layer, ...]]
    """Who sees no more than that a limited folder is there."""

    def role(self, key: tuple[str, str]) -> str:
        """Return the role that counts."""
        return self.layers[key][0].grant.role


class Sharing:
    """Computes sharing, and remembers it until something changes."""

    def __init__(self, world: People, drives: dict[str, SharedDrive]) -> None:
        self._world, self._drives = world, drives
        self._known: dict[str, Effective] = {}
        self._given: dict[str, dict[tuple[str, str], tuple[Layer, ...]]] = {}
        self._trashed: dict[str, bool] = {}
        self._as_of = -1
        self._cut = False

    def effective(self, item: Item) -> Effective:
        """Return who has an item."""
        self._renew()
        found = self._known.get(item.id)
        if found is None:
            self._cut = False
            found = self._computed(item, frozenset())
        return found

    def trashed(self, item: Item) -> bool:
        """Tell whether an item, or something that it lies in, is in the trash."""
        self._renew()
        found = self._trashed.get(item.id)
        if found is None:
            found = self._trashed[item.id] = self._in_trash(item)
        return found

    def role(
        self, account: str, item: Item, *, by_link: bool = True, metadata: bool = True
    ) -> str | None:
        """Return the best role of an account, None: it can not see the item.

        `by_link`: what only those with its link may see counts. `metadata`: that a limited folder
        is there counts as `reader`.
        """
        principals = self._world.principals(account)
        effective, best = self.effective(item), ""
        now = self._world.clock.now()
        for key, layers in effective.layers.items():
            if key not in principals:
                continue
            for layer in layers:
                grant = layer.grant
                if grant.expires is not None and grant.expires <= now:
                    continue
                if not by_link and grant.type in {"domain", "anyone"} and not grant.discoverable:
                    continue
                if RANK[grant.role] > RANK.get(best, 0):
                    best = grant.role
        if not best and metadata and any(key in principals for key in effective.only_metadata):
            return "reader"
        return best or None

    def named(self, account: str, item: Item) -> bool:
        """Tell whether a grant names the account, or a group of it: then its lists show the item.

        What a whole domain or anyone may see is listed to those who opened it once.
        """
        principals = self._world.principals(account)
        effective = self.effective(item)
        now = self._world.clock.now()
        for found in (effective.layers, effective.only_metadata):
            for key, layers in found.items():
                if key[0] not in {"user", "group"} or key not in principals:
                    continue
                if any(one.grant.expires is None or one.grant.expires > now for one in layers):
                    return True
        return False

    def needs_key(self, account: str, item: Item) -> bool:
        """Tell whether the account only comes in by the link, and the link has a key."""
        if item.resource_key is None or self.named(account, item):
            return False
        person = self._world.people.get(account)
        return person is None or item.id not in person.viewed

    def is_member(self, account: str, drive: SharedDrive) -> bool:
        """Tell whether the account is a member of a shared drive."""
        return not self._world.principals(account).isdisjoint(drive.members)

    def drive_role(self, account: str, drive: SharedDrive) -> str | None:
        """Return the best role as a member."""
        principals = self._world.principals(account)
        roles = [grant.role for key, grant in drive.members.items() if key in principals]
        return max(roles, key=RANK.__getitem__) if roles else None

    def can_share(self, account: str, item: Item) -> bool:
        """Tell whether the account may change, and so may list, the sharing of an item.

        Shared drives: content managers and organizers; writers for files. My Drive: the owner, and
        writers unless the owner took that from them.
        """
        role = self.role(account, item, metadata=False)
        if role is None:
            return False
        rank = RANK[role]
        if item.drive is None:
            return role == "owner" or (rank >= RANK["writer"] and item.writers_can_share)
        return rank >= RANK["fileOrganizer" if item.media_type == FOLDER else "writer"]

    def can_download(self, account: str, item: Item) -> bool:
        """Tell whether the account may have the content, and not only look at it."""
        if item.media_type == FOLDER:
            return False
        role = self.role(account, item, metadata=False)
        drive = self._drives.get(item.drive or "")
        restricted = item.copy_restricted or (drive is not None and drive.copy_restricted)
        return role is not None and (not restricted or RANK[role] >= RANK["writer"])

    def person(self, account: str) -> Person:
        """Return an account."""
        return self._world.people[account]

    # How it is computed

    def _renew(self) -> None:
        if self._as_of != self._world.structure:
            self._known, self._given, self._trashed = {}, {}, {}
            self._as_of = self._world.structure

    def _computed(self, item: Item, below: frozenset[str]) -> Effective:
        above: dict[tuple[str, str], list[Layer]] = {}
        hidden: dict[tuple[str, str], list[Layer]] = {}
        for key, grant in self._members(item):
            above.setdefault(key, []).append(Layer(grant, item.drive, member=True))
        for parent_id in item.parents:
            parent = self._world.items.get(parent_id)
            if parent is None or (parent.root and parent.drive is None):
                continue  # nothing comes down from the top of a My Drive
            if parent_id in below or parent_id == item.id:
                self._cut = True
                continue
            for key, layers in self._below(parent, below | {item.id}).items():
                held = above.get(key)
                if held is None:
                    above[key] = list(layers)
                else:
                    held += [one for one in layers if all(one.source != o.source for o in held)]
        if item.limited:
            hidden = _limited(above, folder=item.media_type == FOLDER)
        for key, grant in item.grants.items():
            above.setdefault(key, []).insert(0, Layer(grant, None))
            hidden.pop(key, None)
        effective = Effective(_ranked(above), _ranked(hidden))
        if not below or not self._cut:  # within a cycle only the whole way round is right
            self._known[item.id] = effective
        return effective

    def _below(
        self, parent: Item, below: frozenset[str]
    ) -> dict[tuple[str, str], tuple[Layer, ...]]:
        """Return what a folder gives to everything that lies in it."""
        given = self._given.get(parent.id)
        if given is None:
            known = self._known.get(parent.id)
            if known is None:
                known = self._computed(parent, below)
            given = {
                key: tuple(_from_above(layer, layer.source or parent.id) for layer in layers)
                for key, layers in known.layers.items()
            }
            if parent.id in self._known:
                self._given[parent.id] = given
        return given

    def _members(self, item: Item) -> list[tuple[tuple[str, str], Grant]]:
        drive = self._drives.get(item.drive or "")
        # The members stand at the root of the drive; everything else takes them from above.
        return list(drive.members.items()) if drive and item.id == drive.id else []

    def _in_trash(self, item: Item) -> bool:
        seen: set[str] = set()
        ways = [item]
        while ways:
            one = ways.pop()
            if one.trashed:
                return True
            seen.add(one.id)
            ways += [
                parent
                for parent_id in one.parents
                if parent_id not in seen and (parent := self._world.items.get(parent_id))
            ]
        return False


def _limited(
    above: dict[tuple[str, str], list[Layer]], *, folder: bool
) -> dict[tuple[str, str], list[Layer]]:
    """Take away what does not come through; return who sees of a folder that it is there."""
    hidden = {}
    for key, layers in list(above.items()):
        kept = [one for one in layers if one.grant.role in _ABOVE_LIMITS]
        if kept:
            above[key] = kept
        else:
            del above[key]
            if folder:
                hidden[key] = layers
    return hidden


def _from_above(layer: Layer, source: str) -> Layer:
    grant = layer.grant
    if grant.role == "owner":  # who owns a folder may edit what others put into it
        grant = replace(grant, role="writer")
    return Layer(grant, source, layer.member)


def _ranked(found: dict[tuple[str, str], list[Layer]]) -> dict[tuple[str, str], tuple[Layer, ...]]:
    return {
        key: tuple(
            layers if len(layers) == 1 else sorted(layers, key=lambda one: -RANK[one.grant.role])
        )
        for key, layers in found.items()
    }
