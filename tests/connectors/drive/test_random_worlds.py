"""Whatever people do, run after run of the change logs tells what a full listing shows.

A mirror is kept as a sync keeps it; a connector that remembers nothing lists everything beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drive_site import DriveSite
from drive_world import OUTSIDE, PEOPLE, RandomWorld, may_read, truly_may
from rigs.drive import DriveRig

from connectors.base import ConnectorError, Cursor, Gone, Readers, Ref
from connectors.drive import DriveConnector, Scope

ROUNDS = 4
STEPS = 6


class Mirror:
    """What a sync would hold."""

    def __init__(self) -> None:
        self.refs: dict[str, Ref] = {}
        self.readers: dict[str, Readers] = {}
        self.cursor: Cursor | None = None

    def sync(self, connector: DriveConnector, *, saved: bool = True) -> None:
        """Read what changed; a run that is lost leaves the mirror as it was."""
        refs, readers, cursor = dict(self.refs), dict(self.readers), None
        listed = self.cursor is None
        told: dict[str, Ref] = {}
        gone: set[str] = set()
        for one in connector.changes(self.cursor):
            match one:
                case Ref():
                    told[one.id] = one
                    gone.discard(one.id)
                case Gone():
                    told.pop(one.id, None)
                    gone.add(one.id)
                case Cursor():
                    cursor = one
        asked = connector.requests
        for ref in told.values():
            known = refs.get(ref.id)
            if known is None or known.readers_version != ref.readers_version:
                try:
                    readers[ref.id] = connector.readers(ref)
                except ConnectorError:
                    readers[ref.id] = ()
        assert connector.requests == asked, "readers cost nothing after a listing"
        refs = told if listed else {**refs, **told}
        for one_gone in gone:
            refs.pop(one_gone, None)
        if saved:
            self.refs, self.readers, self.cursor = refs, readers, cursor


def everything(connector: DriveConnector) -> dict[str, Ref]:
    return {one.id: one for one in connector.changes(None) if isinstance(one, Ref)}


SCOPES: dict[str, Callable[[RandomWorld], Scope]] = {
    "all": lambda _: Scope(),
    "folder": lambda world: Scope(folders=(world.root,)),
    "drive": lambda world: Scope(drives=(world.drives[0],)),
    "folder and drive": lambda world: Scope(folders=(world.root,), drives=(world.drives[1],)),
    "excluded": lambda world: Scope(exclude_folders=(world.closed,)),
    "no My Drive": lambda world: Scope(my_drive=False),
}


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("seed", range(2))
def test_what_the_logs_tell_is_what_a_full_listing_shows(
    rig: DriveRig, tmp_path: Path, name: str, seed: int
) -> None:
    drive = DriveSite(rig, tmp_path)
    try:
        world = RandomWorld(drive, seed * 100 + len(name))
        hold(drive, world, SCOPES[name](world), by_managers=world.draw.random() < 0.5)
    finally:
        drive.close()


@pytest.mark.parametrize("seed", range(2))
def test_the_same_holds_for_users_who_are_spoken_for(
    rig: DriveRig, tmp_path: Path, seed: int
) -> None:
    """Their My Drives, by domain-wide delegation; files change owners by moving to a drive."""
    drive = DriveSite(rig, tmp_path, "delegated")
    try:
        world = RandomWorld(drive, 7000 + seed)
        for shared in world.drives:
            drive.site.share(shared, PEOPLE[0], "fileOrganizer")
        scope = Scope(users=(*PEOPLE[:3], drive.site.owner))
        hold(drive, world, scope, by_managers=True)
    finally:
        drive.close()


def hold(drive: DriveSite, world: RandomWorld, scope: Scope, *, by_managers: bool) -> None:
    """Let things happen, and hold the mirror against a listing and against the Workspace."""
    if by_managers and drive.kind == "service_account":
        for shared in world.drives:
            drive.site.share(shared, drive.rig.email, "fileOrganizer")
    mirror = Mirror()
    mirror.sync(drive.connector(scope))
    for number in range(ROUNDS):
        done = [world.step() for _ in range(world.draw.randint(1, STEPS))]
        if world.draw.random() < 0.25:
            mirror.sync(drive.connector(scope), saved=False)
            done.append("(a run is lost)")
            done += [world.step() for _ in range(2)]
        mirror.sync(drive.connector(scope))
        fresh = drive.connector(scope, memory=None)
        shown = everything(fresh)
        assert mirror.refs == shown, f"round {number} after {', '.join(done)}"
        for one, ref in shown.items():
            try:
                readers = fresh.readers(ref)
            except ConnectorError:
                readers = ()
            assert mirror.readers[one] == readers, f"round {number} after {', '.join(done)}"
            for person in (*PEOPLE, OUTSIDE) if readers else ():
                assert may_read(drive, person, readers) == truly_may(drive, person, one)
