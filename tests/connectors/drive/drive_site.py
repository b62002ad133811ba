"""A Workspace on loopback under the hands of a test, read over HTTP by the connector itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rigs.drive import DriveRig

from connectors.base import Cursor, Gone, Ref
from connectors.drive import DriveConnector, Scope
from connectors.drive.api import Google

HR = "hr@example.co.jp"


class DriveSite:
    """The rig, with connectors on it that share a memory, as one run after another does."""

    def __init__(self, rig: DriveRig, folder: Path, kind: str = "service_account") -> None:
        self.rig = rig
        self.site = rig.site
        self.folder = folder
        self.kind = kind
        self.memory: Path | None = folder / "drive.db"
        self.ids: dict[str, str] = {}
        self.parent: str | None = None
        """Where the contract's documents lie; None: in the owner's My Drive."""
        self.mended = False
        self._open: list[DriveConnector] = []
        rig.site.add_group(HR)

    def google(self) -> Google:
        return Google(
            self.rig.credentials(self.kind, self.folder),  # type: ignore[arg-type]
            api_url=self.rig.url,
            attempts=2,
            backoff=0.001,
        )

    def connector(self, scope: Scope | None = None, **options: Any) -> DriveConnector:
        options.setdefault("memory", self.memory)
        made = DriveConnector(self.google(), scope, **options)
        self._open.append(made)
        return made

    def close(self) -> None:
        for connector in self._open:
            connector.close()

    # As the contract wants it

    def write(self, name: str, text: str) -> None:
        if name in self.ids:
            self.site.edit(self.ids[name], text)
            return
        self.ids[name] = self.site.add_file(name, text, self.parent)
        if self.parent is None:
            self.site.share(self.ids[name], "example.co.jp", discoverable=True)

    def remove(self, name: str) -> None:
        self.site.delete(self.ids[name])

    def restrict(self, name: str, principal: str | None) -> None:
        if principal is None:
            self.site.unshare(self.ids[name], HR)
        else:
            self.site.share(self.ids[name], HR)

    def hide_readers(self) -> None:
        """Make the account a viewer: of each file, or of the drive."""
        if self.parent is not None:
            self.site.share(self.parent, self.rig.email, "reader")
            return
        for item in self.ids.values():
            self.site.share(item, self.rig.email, "reader")

    def break_listing(self) -> None:
        self.rig.odd("incomplete", "/drive/v3/files", times=None)

    def go_away(self) -> None:
        self.rig.stop()


def listing(connector: DriveConnector) -> dict[str, Ref]:
    """Return a full listing, by name."""
    return {one.name: one for one in connector.changes(None) if isinstance(one, Ref)}


def told(
    connector: DriveConnector, cursor: Cursor | None
) -> tuple[dict[str, Ref], set[str], Cursor]:
    """Return what changed: refs by name, ids that are gone, the new cursor."""
    refs: dict[str, Ref] = {}
    gone: set[str] = set()
    last: Cursor | None = None
    for one in connector.changes(cursor):
        match one:
            case Ref():
                refs[one.id] = one
                gone.discard(one.id)
            case Gone():
                refs.pop(one.id, None)
                gone.add(one.id)
            case Cursor():
                last = one
    assert last is not None, "a run that ends well ends with a cursor"
    return {ref.name: ref for ref in refs.values()}, gone, last
