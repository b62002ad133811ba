"""Everything that a scope selects: what lies in My Drives and shared drives, or below folders.

The change logs' tokens are fetched before anything is listed: what changes meanwhile is told by
the next run. Knows nothing of what was there before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

from connectors.base import ConnectorError, Ref
from connectors.drive.addresses import Address
from connectors.drive.api import GoogleError
from connectors.drive.cursors import Standing
from connectors.drive.session import Session
from connectors.drive.speakers import ME, drive_of, log_of_drive
from connectors.drive.values import FOLDER, File, Permission
from connectors.drive.walking import Walker

_NOT_TRASHED = "trashed = false"
_FOLDERS = f"mimeType = '{FOLDER}' and {_NOT_TRASHED}"
_OTHERS = f"mimeType != '{FOLDER}' and {_NOT_TRASHED}"


_BY_FILE = "file:"
"""How the fingerprint of members begins that a file told; its id follows."""
_UNREADABLE = "unreadable"


class Listing:
    """Lists change logs in full, all or one by one."""

    def __init__(self, session: Session, standing: Standing) -> None:
        """`standing` is filled in: the tokens, and who is a member of which drive."""
        self._session = session
        self._standing = standing
        self.walker = Walker(session)
        self._counting: set[str] = set()
        """Shared drives of which some part counts."""
        self.problems: list[str] = []
        """What could not be listed: a run with one deletes nothing and has no cursor."""

    def everything(self) -> Iterator[Ref]:
        """Yield every document once, or more often; then forget what was not seen.

        What could not be listed is told by `problems`; raises where nothing more can be.
        """
        session = self._session
        session.full = True
        roots = self.roots()
        logs = self.logs(roots)
        for log in logs:
            self.attempt(log, partial(self._open, log))
        for log in logs:
            yield from self.trying(log, self._of(log))
        for file, log in roots.values():
            yield from self.trying(log, self._below(file, log))
        yield from self.trying(ME, self.walker.follow())
        for log in session.tree.logs():  # where a shortcut led
            drive = drive_of(log)
            if drive in session.speakers.drives and drive not in self._standing.members:
                self.attempt(log, partial(self._note_members, drive or ""))
        if not self.problems:
            for log in session.tree.logs():
                session.drop(session.tree.unseen(log))

    def one(self, log: str) -> Iterator[Ref]:
        """Yield every document that a log tells of, and forget what was not seen."""
        session = self._session
        self.walker.renewed.add(log)
        roots = self.roots()
        self.logs(roots)
        self._open(log)
        yield from self._of(log)
        for file, by in roots.values():
            if session.speakers.place(file, by)[0] == log:
                yield from self._below(file, by)
        yield from self.walker.follow()
        if not self.problems:
            session.drop(session.tree.unseen(log))

    def roots(self) -> dict[str, tuple[File, str]]:
        """Return the folders that are named, by id, and by whose log they were seen."""
        found = {}
        for root in self._session.scope.roots:
            if root.id in self._session.speakers.drives or root.id in self._session.scope.excluded:
                continue
            told = self._root(root)
            if isinstance(told, str):
                self.problems.append(told)
            else:
                found[root.id] = told
        return found

    def logs(self, roots: dict[str, tuple[File, str]]) -> list[str]:
        """Return the logs that a run over the scope has to follow."""
        session = self._session
        seen = session.speakers.drives
        missing = session.scope.drive_ids - seen.keys()
        self.problems += [_not_seen("drives", one) for one in sorted(missing)]
        self._counting = {one for one in seen if session.scope.counts_drive(one)}
        self._counting |= {file.drive for file, _ in roots.values() if file.drive}
        # Of those that do not count too: a file that moves there is told there alone.
        return [*session.speakers.everybody, *map(log_of_drive, sorted(seen))]

    def members(self, drive: str, before: str | None = None) -> str:
        """Take note of who is a member of a shared drive; return what changes with them.

        Where only managers may see that, a file on the drive tells it: `before` names the last one.
        """
        session = self._session
        user = session.speakers.speaker(log_of_drive(drive))
        if before is None or not before.startswith(_BY_FILE):
            try:
                permissions = user.permissions(drive)
            except GoogleError as error:
                if error.ends_run or error.passing or error.status == 404:
                    raise
            else:
                session.access.learn_drive(drive, permissions)
                return fingerprint(permissions)
        return self._members_by_file(drive, before)

    def _members_by_file(self, drive: str, before: str | None) -> str:
        """Return what a file that may be asked says of who is a member of its drive."""
        session = self._session
        user = session.speakers.speaker(log_of_drive(drive))
        named = (before or "").removeprefix(_BY_FILE).partition(":")[0]
        for node in session.tree.samples(log_of_drive(drive), drive, named):
            try:
                told = user.permissions(node.file.id)
            except GoogleError as error:
                if error.ends_run:
                    raise
                continue  # without a fingerprint, the next run lists the drive anew
            members = tuple(one for one in told if drive in one.inherited_from)
            if not members:  # it is cut off from what the drive grants
                continue
            session.access.learn_drive(drive, members)
            # Where they changed since it was listed, other files may have been listed before.
            same = frozenset(one.id for one in told) == node.file.permission_ids
            return f"{_BY_FILE}{node.file.id}:{fingerprint(members) if same or named else ''}"
        return _UNREADABLE

    def trying(self, log: str, refs: Iterator[Ref]) -> Iterator[Ref]:
        """Yield refs up to an error that is told as a problem of this log; or raise it."""
        try:
            yield from refs
        except GoogleError as error:
            self._note(log, error)

    def attempt(self, log: str, work: Callable[[], None]) -> None:
        """Do what may be told as a problem of this log."""
        try:
            work()
        except GoogleError as error:
            self._note(log, error)

    def _note(self, log: str, error: GoogleError) -> None:
        if error.ends_run or error.status is None:
            raise error
        self.problems.append(f"{_told(log)} can not be listed: {' '.join(str(error).split())}.")

    def _open(self, log: str) -> None:
        """Note where a log stands, and who is a member of a drive."""
        drive = drive_of(log)
        user = self._session.speakers.speaker(log)
        self._standing.tokens[log] = user.start_page_token(drive)
        if drive in self._counting and drive is not None and drive not in self._standing.members:
            self._standing.members[drive] = self.members(drive)

    def _note_members(self, drive: str) -> None:
        self._standing.members[drive] = self.members(drive)

    def _of(self, log: str) -> Iterator[Ref]:
        """Yield the documents that a listing of a My Drive or shared drive shows."""
        session, drive = self._session, drive_of(log)
        if drive is not None:
            counts = session.scope.counts_drive(drive)
        else:
            mine = not session.speakers.users if log == ME else log in session.speakers.users
            counts = session.scope.counts_my_drive and mine
        if not counts:
            return
        mine_alone = "'me' in owners and " if log in session.speakers.users else ""
        # Where folders may not count, they have to be known before what is in them.
        parts = (_FOLDERS, _OTHERS) if session.scope.excluded else (_NOT_TRASHED,)
        for part in parts:
            files = session.speakers.speaker(log).files(mine_alone + part, drive=drive)
            if drive is None:
                files = (one for one in files if session.speakers.place(one, log)[0] == log)
            yield from session.take(files, log)
        if drive is not None and self._standing.members.get(drive) == _UNREADABLE:
            self._standing.members[drive] = self._members_by_file(drive, None)

    def _below(self, file: File, log: str) -> Iterator[Ref]:
        yield from self._session.take([file], log)
        root = self._session.tree.get(file.id)
        if root is not None:
            yield from self.walker.below([root])

    def _root(self, root: Address) -> tuple[File, str] | str:
        """Return a folder that is named, and by whose log it was seen; or what is wrong."""
        refused: GoogleError | None = None
        for log, user in self._session.speakers.everybody.items():
            try:
                file = user.file(root.id, resource_key=root.resource_key)
            except GoogleError as error:
                if error.ends_run or error.passing or error.status is None:
                    raise
                refused = error
                continue
            if file.trashed:
                return (
                    f"The folder {root.id} of `folders` is in the bin; restore it, or name another."
                )
            if file.media_type != FOLDER:
                return f"{root.id} of `folders` is no folder."
            return file, log
        assert refused is not None  # noqa: S101 - somebody was asked
        return _not_seen("folders", root.id)


def fingerprint(permissions: tuple[Permission, ...]) -> str:
    """Return what changes when the members of a drive do."""
    told = sorted(
        repr(
            (
                *(one.id, one.type, one.role, one.email, one.domain),
                *(one.discoverable, one.deleted, one.view, one.expires),
            )
        )
        for one in permissions
    )
    return hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


def raise_problems(problems: list[str]) -> None:
    """Raise `ConnectorError` with what could not be listed, in one line."""
    if problems:
        raise ConnectorError(" ".join(dict.fromkeys(problems)))


def _not_seen(option: str, identity: str) -> str:
    what = "shared drive" if option == "drives" else "folder"
    return (
        f"The {what} {identity} of `{option}` is not seen by the account. Share it with the account"
        f" again, or take it out of `{option}`: nothing is deleted before."
    )


def _told(log: str) -> str:
    drive = drive_of(log)
    if drive is not None:
        return f"The shared drive {drive}"
    return "What the account sees" if log == ME else f"My Drive of {log.removeprefix('user:')}"
