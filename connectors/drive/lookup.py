"""Single files: what an id or an address leads to now, whether it is in scope, and why not.

Knows nothing of listings; what it says of a document is what a listing would show of it now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from connectors.base import ConnectorError, Ref
from connectors.drive import addresses, refs
from connectors.drive.access import Verdict
from connectors.drive.api import DriveUser, GoogleError
from connectors.drive.nodes import Node
from connectors.drive.reach import Reach
from connectors.drive.session import Session
from connectors.drive.speakers import ME, drive_of
from connectors.drive.values import FOLDER, NATIVE, SHORTCUT, File
from connectors.run_ahead import Job, ahead

_AT_ONCE = 8
_UNSEEN = frozenset({404, 410})
_KINDS = {
    "form": "a form",
    "map": "a map",
    "site": "a site",
    "jam": "a whiteboard",
    "drawing": "a drawing",
    "script": "a script",
    "vid": "a film",
}


class Lookup:
    """Looks for single files, by asking for each; only shortcuts to them are remembered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._speakers = session.speakers
        self._places = _AskedPlaces(self)
        self._reach = Reach(self._places, session.scope)
        self._by_id: dict[str, tuple[File, str] | None] = {}

    def file(self, identity: str, key: str | None = None) -> tuple[File, str] | None:
        """Return a file, also one in the bin, and by whose log it was seen; None: by none's."""
        if identity not in self._by_id:
            self._by_id[identity] = self._asked(identity, key)
        return self._by_id[identity]

    def document(self, identity: str, *, strict: bool = False) -> tuple[Node, Verdict] | None:
        """Return a document of this scope, as it is now, and who may read it; None: it is none.

        `strict`: what everybody can open who knows its link counts only if a listing shows it.
        """
        found = self.file(identity)
        if found is None or not refs.is_document(found[0]) or found[0].trashed:
            return None
        file, log = found
        node = self._session.node(file, log)
        if not self._reach.covers(node):
            return None
        if strict and not self._is_shown(file, node):
            return None
        self._learn_members(file)
        return node, self._session.access.ask(file, self._speakers.speaker(node.log))

    def at(self, url: str) -> Ref | None:
        """Return the document at an address that a person copied, or that a shortcut leads to."""
        address = addresses.read(url)
        found = self._leads_to(address) if address else None
        document = self.document(found.id, strict=True) if found else None
        if document is None:
            return None
        node, verdict = document
        return refs.ref(node.file, verdict.readers)

    def gone(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these are documents of this scope no more; several are asked at once."""
        self._speakers.drives  # noqa: B018 - asked for once, before the threads
        jobs = (Job(partial(self._gone, one)) for one in ids)
        return frozenset(ahead(jobs, at_once=_AT_ONCE, most=_AT_ONCE, name="drive-gone"))

    def left_out(self, url: str) -> str | None:
        """Return why an address of Drive leads to no document, one clause; None: not known."""
        address = addresses.read(url)
        if address is None:
            return None
        found = self.file(address.id, address.resource_key)
        if found is None:
            return (
                "it is not there, or not shared with the account; share it, or the folder or drive "
                "that it lies in, with the account"
            )
        reasons = self._why(*found)
        return next(reasons, None)

    def _gone(self, identity: str) -> list[str]:
        found = self.file(identity)
        if found is None or found[0].trashed or not refs.is_document(found[0]):
            return [identity]
        node = self._session.node(*found)
        kept = self._reach.covers(node) and self._is_shown(found[0], node)
        return [] if kept else [identity]

    def _why(self, file: File, log: str) -> Iterator[str]:
        if file.trashed:
            yield "it is in the bin"
        if file.media_type == FOLDER:
            yield "it is a folder; what is in it has addresses of its own"
            return
        if file.media_type == SHORTCUT:
            yield from self._why_no_target(file)
            return
        if not refs.is_document(file):
            kind = file.media_type.removeprefix(NATIVE)
            told = _KINDS.get(kind, "a Google file of another kind")
            yield f"it is {told}, which has no text that can be exported"
        node = self._session.node(file, log)
        if self._reach.excludes(file.id, file.parents):
            yield "it lies in a folder of `exclude_folders`, or below one"
        if not self._reach.covers(node):
            yield self._why_not_covered(file)
        elif not self._is_shown(file, node):
            yield (
                "the account may open it by its link alone, so that no listing shows it; share it "
                "with the account"
            )
        verdict = self._session.access.ask(file, self._speakers.speaker(node.log))
        if isinstance(verdict.readers, str):
            yield verdict.readers

    def _why_no_target(self, shortcut: File) -> Iterator[str]:
        target = self.file(shortcut.target, shortcut.target_key) if shortcut.target else None
        if target is None:
            yield "it is a shortcut to what is not there, or is not shared with the account"
        else:
            yield from self._why(*target)

    def _why_not_covered(self, file: File) -> str:
        scope = self._session.scope
        if scope.folders or scope.drives:
            return "it lies in none of the `folders` and `drives` of the source"
        if file.drive in self._speakers.drives:
            return "its shared drive does not count for the source"
        if not scope.my_drive:
            return "it lies on no shared drive, and `my_drive` is off"
        return "none of `users` owns it"

    def _leads_to(self, address: addresses.Address) -> File | None:
        found = self.file(address.id, address.resource_key)
        if found is not None and found[0].target and found[0].media_type == SHORTCUT:
            found = self.file(found[0].target, found[0].target_key)
        return found[0] if found else None

    def _is_shown(self, file: File, node: Node) -> bool:
        """Tell whether a listing shows a file that the account can open."""
        if drive_of(node.log) is not None or not node.listed or self._speakers.users:
            return True
        held = self._session.tree.get(file.id) if self._session.began else None
        if held is not None and held.listed:
            return True
        own = self._speakers.own
        if any(
            one.role == "owner" and one.email and one.email.lower() in own
            for one in file.permissions or ()
        ):
            return True
        return self._session.shows(file, node.log)

    def _learn_members(self, file: File) -> None:
        """Ask for the members of a drive where its files do not tell who may read them."""
        if file.drive in self._speakers.drives and not file.can_share and file.permission_ids:
            log = self._session.node(file, ME).log
            try:
                permissions = self._speakers.speaker(log).permissions(file.drive or "")
            except GoogleError as error:
                if error.ends_run or error.passing:
                    raise
            else:
                self._session.access.learn_drive(file.drive or "", permissions)

    def _asked(self, identity: str, key: str | None) -> tuple[File, str] | None:
        key = key or self._key(identity)
        for log, user in self._candidates(identity):
            try:
                return user.file(identity, resource_key=key), log
            except GoogleError as error:
                if error.status not in _UNSEEN or error.ends_run:
                    raise
        return None

    def _key(self, identity: str) -> str | None:
        """Return the resource key of a file, which is a part of its address."""
        tree = self._session.tree
        held = tree.get(identity)
        if held is not None and held.file.resource_key:
            return held.file.resource_key
        roots = (one.resource_key for one in self._session.scope.roots if one.id == identity)
        keys = (one.file.target_key for one in tree.shortcuts_to(identity))
        return next((one for one in (*roots, *keys) if one), None)

    def _candidates(self, identity: str) -> list[tuple[str, DriveUser]]:
        """Return whom to ask for a file: first who saw it."""
        everybody = self._speakers.everybody
        held = self._session.tree.get(identity)
        log = held.log if held else self._session.tree.former(identity)
        drive = drive_of(log or "")
        if drive is not None:
            log = self._speakers.drives[drive][1] if drive in self._speakers.drives else None
        first = [log] if log in everybody and log is not None else []
        return [(one, everybody[one]) for one in dict.fromkeys([*first, *everybody])]


class _AskedPlaces:
    """What lies where, asked for one by one."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def get(self, identity: str) -> Node | None:
        found = self._lookup.file(identity)
        if found is None or found[0].trashed:
            return None
        return self._lookup._session.node(*found)  # noqa: SLF001 - a part of it

    def shortcuts_to(self, target: str) -> list[Node]:
        held = self._lookup._session.tree.shortcuts_to(target)  # noqa: SLF001 - a part of it
        asked = [self.get(node.file.id) for node in held]
        return [node for node in asked if node is not None and node.file.target == target]


def none_there() -> ConnectorError:
    """Return what to raise where a document is none any more."""
    return ConnectorError("it is no longer there, or no longer in the scope of the source")
