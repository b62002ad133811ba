"""What changed since a run: by the change logs, and where those are silent, by looking.

A log tells of a folder that was moved, shared with others or put into the bin, not of what is below
it; of a shared drive's members it tells nothing. What a log tells of files that another log tells
of too is left to that one. Each ref is what a full listing would show of the document; whether it
is news, the caller compares.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial

from connectors.base import Gone, Ref
from connectors.drive.api import GoogleError
from connectors.drive.cursors import Standing
from connectors.drive.listing import Listing
from connectors.drive.nodes import Node, stamp_of
from connectors.drive.session import Session
from connectors.drive.speakers import ME, drive_of, log_of_drive
from connectors.drive.values import FOLDER, File

_REFUSED = frozenset({400, 404, 410})
"""Statuses of a page token that is not accepted: its log is listed anew."""
_FEW = 20
"""So many files are asked for one by one; where there are more, a listing takes fewer requests."""


class Changes:
    """What changed since a standing, over the tree that belongs to it."""

    def __init__(self, session: Session, before: Standing, standing: Standing) -> None:
        """`standing` is filled in: where the logs stand now."""
        session.full = False
        self._session = session
        self._before = before
        self._standing = standing
        self._listing = Listing(session, standing)
        self._walker = self._listing.walker
        self._files: dict[str, tuple[File, str]] = {}
        """What the logs say of files that are there, by id, with the log that says so."""
        self._removed: dict[str, str] = {}
        """Ids of files that a log no longer shows, with that log."""
        self._anew: set[str] = set()
        """Logs that have to be listed in full."""

    @property
    def problems(self) -> list[str]:
        """What could not be listed."""
        return self._listing.problems

    def all(self) -> Iterator[Ref | Gone]:
        """Yield what changed, and at last what is gone."""
        session, listing = self._session, self._listing
        self._drives()
        for log, token in self._before.tokens.items():
            if log in self._followed():
                listing.attempt(log, partial(self._read, log, token))
        yield from self._list_anew()
        yield from listing.trying(ME, self._settle())
        yield from listing.trying(ME, self._walker.follow())
        self._leave_scope({})
        yield from map(Gone, session.gone())

    def _followed(self) -> set[str]:
        """Return the logs that were followed and still are to be."""
        drives = set(map(log_of_drive, self._session.speakers.drives))
        return {*self._session.speakers.everybody, *drives} - self._anew

    # Which logs there are

    def _drives(self) -> None:
        """Take note of drives and users that are new or away, and of drives with other members."""
        session, listing = self._session, self._listing
        missing = session.scope.drive_ids - session.speakers.drives.keys()
        if missing:
            listing.logs({})  # tells of them
        for log in self._before.tokens:
            drive = drive_of(log)
            seen = session.speakers.drives if drive else session.speakers.everybody
            if (drive or log) not in seen and drive not in missing:
                self._away(log)
        for log in session.speakers.everybody:
            if log not in self._before.tokens:
                self._anew.add(log)
        told = session.tree.logs()
        for drive in sorted(session.speakers.drives):
            log = log_of_drive(drive)
            if log not in self._before.tokens:
                self._anew.add(log)
            elif drive in self._before.members or log in told:
                listing.attempt(log, partial(self._members, drive))

    def _members(self, drive: str) -> None:
        before = self._before.members.get(drive)
        members = self._listing.members(drive, before)
        self._standing.members[drive] = members
        if members != before:
            self._anew.add(log_of_drive(drive))

    def _away(self, log: str) -> None:
        """Forget what a log told of: the drive is not seen any more, or the user does not count."""
        session = self._session
        ids = session.tree.of_log(log)
        roots = ids & {root.id for root in session.scope.roots}
        if roots:
            # It may still be shared with the account by itself; else it is told as not seen.
            for file, by in self._listing.roots().values():
                if file.id in roots:
                    self._anew.add(session.speakers.place(file, by)[0])
            if self.problems:
                return
        session.drop(ids)
        # What is shared with an account by itself shows there, now that the drive is away.
        if session.scope.counts_my_drive and not session.speakers.users:
            self._anew.add(ME)

    def _list_anew(self) -> Iterator[Ref]:
        for log in sorted(self._anew - self._walker.renewed):
            yield from self._listing.trying(log, self._listing.one(log))
        # What the log said before is older than the listing.
        for identity, (_, log) in list(self._files.items()):
            if log in self._anew:
                del self._files[identity]

    # What the logs say

    def _read(self, log: str, token: str) -> None:
        """Read a log to its end, and keep what it says."""
        session = self._session
        files: dict[str, File] = {}
        removed: dict[str, None] = {}
        try:
            for change in session.speakers.speaker(log).changes(token, drive=drive_of(log)):
                if isinstance(change, str):
                    self._standing.tokens[log] = change
                elif change.is_drive:
                    continue  # drives.list tells
                elif change.file is not None and not change.removed:
                    files[change.id] = change.file
                    removed.pop(change.id, None)
                else:
                    removed[change.id] = None
                    files.pop(change.id, None)
                    if not change.removed and (file := self._get(change.id, log)):
                        files[change.id] = file
        except GoogleError as error:
            if error.status not in _REFUSED or error.ends_run or error.passing:
                raise
            self._anew.add(log)
            return
        for identity, file in files.items():
            if session.speakers.place(file, log)[0] == log:
                self._files[identity] = (file, log)
            else:
                removed[identity] = None  # if this log told of it, it does no more
        self._removed.update(dict.fromkeys(removed, log))

    def _settle(self) -> Iterator[Ref]:
        session = self._session
        self._due()
        self._note_removed()
        yield from self._list_anew()
        before = session.tree.among(self._files)
        moved = [
            node.file.id
            for file, log in self._files.values()
            if file.media_type == FOLDER
            and (node := self._moved(file, log, before.get(file.id))) is not None
        ]
        trashed = [file for file, _ in self._files.values() if file.trashed]
        by_log: dict[tuple[str, bool], list[File]] = {}
        # Folders first: whether a file counts hangs on what it lies in.
        for file, log in sorted(
            self._files.values(), key=lambda told: told[0].media_type != FOLDER
        ):
            if not file.trashed:
                by_log.setdefault((log, self._is_listed(file, log)), []).append(file)
        for (log, listed), files in by_log.items():
            inner = [file for file in files if file.media_type == FOLDER]
            for _ in session.take(inner, log, listed=listed):
                pass
        for (log, listed), files in by_log.items():
            others = [file for file in files if file.media_type != FOLDER]
            yield from session.take(others, log, listed=listed)
        yield from self._below(moved)
        yield from self._below_trashed([file for file in trashed if file.id in before])
        self._leave_scope(before)

    def _moved(self, file: File, log: str, before: Node | None) -> Node | None:
        """Return a folder if what is below it may be elsewhere, or for others, than before."""
        node = self._session.node(file, log)
        if file.trashed:
            return None
        if before is None or before.log != node.log or before.listed != node.listed:
            return node
        stamp = stamp_of(file)
        # Beside the same grantees, a domain may be granted another thing on a shared drive.
        sure = file.permissions is not None or self._session.access.of(file) is not None
        return None if stamp and stamp == before.stamp and sure else node

    def _is_listed(self, file: File, log: str) -> bool:
        """Tell whether a listing shows a file that a log tells of.

        Who may only view it may have come by its link: then a log tells of it, and no listing does.
        """
        session = self._session
        if file.can_share or not session.speakers.place(file, log)[1]:
            return True
        return session.shows(file, log)

    def _due(self) -> None:
        """Look again at what could not be read, and at what somebody might read for a time."""
        session = self._session
        due = session.tree.due(time.time()) - self._files.keys() - self._removed.keys()
        due -= session.tree.seen(due)
        for node in session.tree.among(due).values():
            self._removed.setdefault(node.file.id, node.log)

    def _note_removed(self) -> None:
        """Ask for what a log no longer shows: it may be seen by another way."""
        session = self._session
        held = session.tree.among(self._removed.keys() - self._files.keys())
        mine: dict[str, list[Node]] = {}
        for node in held.values():
            mine.setdefault(node.log, []).append(node)
        roots = {root.id for root in session.scope.roots}
        for log, nodes in mine.items():
            if len(nodes) > _FEW or any(node.is_folder for node in nodes):
                self._anew.add(log)
            if roots & {node.file.id for node in nodes}:
                self._listing.roots()  # tells of those that are not seen
            if log in self._anew:
                continue
            for node in nodes:
                file = self._get(node.file.id, node.log, node.file.resource_key)
                if file is None:
                    session.drop([node.file.id])
                else:
                    self._files[file.id] = (file, session.speakers.place(file, log)[0])

    def _get(self, identity: str, log: str, key: str | None = None) -> File | None:
        """Return a file as it is; None: it is not seen any more."""
        try:
            return self._session.speakers.speaker(log).file(identity, resource_key=key)
        except GoogleError as error:
            if error.status in {404, 410}:
                return None
            raise

    # What hangs on it

    def _below(self, moved: Iterable[str]) -> Iterator[Ref]:
        """Yield the documents below folders that were moved or shared with others."""
        session = self._session
        nodes = session.tree.among(moved)
        inside = [node for node in nodes.values() if session.reach.covers(node)]
        known = session.tree.below(node.file.id for node in inside)
        yield from self._walker.below(inside)
        missing = known - session.tree.seen(known)
        yield from self._missing(missing)

    def _below_trashed(self, trashed: list[File]) -> Iterator[Ref]:
        """Forget what lies below folders in the bin, but what is not in it."""
        session = self._session
        ids = {file.id for file in trashed}
        if ids & {root.id for root in session.scope.roots}:
            self._listing.roots()  # tells of it
            return
        known = session.tree.below(ids)
        folders = session.tree.folders(ids | known)
        # What lies in a folder in the bin is listed only if it is not in it itself.
        yield from self._walker.below(session.tree.among(folders).values())
        session.drop(ids | (known - session.tree.seen(known)))

    def _missing(self, missing: set[str]) -> Iterator[Ref]:
        """Settle what lay below a folder and was not found there."""
        session = self._session
        if len(missing) > _FEW:
            session.drop(missing)
            return
        for node in session.tree.among(missing).values():
            file = self._get(node.file.id, node.log, node.file.resource_key)
            # It is where it was, and not listed there: it can only be opened by its link.
            if file is None or file.parents == node.file.parents:
                session.drop([node.file.id])
            else:
                yield from session.take([file], node.log, listed=node.listed)

    def _leave_scope(self, before: dict[str, Node]) -> None:
        """Forget what was in scope by way of a folder or shortcut that leads there no more."""
        session = self._session
        session.drop_uncovered(session.tree.below(before))
        while session.loose:
            loose = set(session.loose)
            session.loose.clear()
            session.drop_uncovered(session.tree.below(loose) | loose)
