"""Who may read a file: one layer, the union of what its permissions grant.

What can not be found out is a reason, never a guess: nobody may read then. Knows nothing of
listings. Rules: https://developers.google.com/workspace/drive/api/reference/rest/v3/permissions
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from connectors.base import ANYONE, ConnectorError, Readers
from connectors.drive.api import DriveUser, GoogleError
from connectors.drive.values import File, Permission
from connectors.run_ahead import Job, ahead

AT_ONCE = 8
"""Files whose permissions are asked for or wait; how many requests run at once, the API decides."""

_VIEWER = (
    "nobody may read it: who may can not be read, because the account may only view it. Make the "
    "account an editor of it or a manager of its drive, or name `readers` for the source"
)
_NOBODY = "nobody may read it: it is shared with no person, group or domain but the account itself"
_BY_LINK = (
    "nobody may read it: it is shared by link alone. Share it with people, groups or the domain so "
    "that they find it, or set `link_shared = true`"
)
_FAILED = "nobody may read it until its permissions can be read"


class Verdict(NamedTuple):
    """Who may read a file, as far as that is known."""

    readers: Readers | str
    """A string says why nobody may."""
    until: float | None = None
    """Seconds since 1970 when it has to be looked at again although nothing changes."""


class Rules(NamedTuple):
    """What counts."""

    own: frozenset[str] = frozenset()
    """Addresses of service accounts of ours: they are no readers."""
    link_shared: bool = False
    """Whether who would need a link counts as a reader."""
    fallback: frozenset[str] = frozenset()
    """Who may read what does not let us see who may; empty: nobody."""


def verdict(permissions: Iterable[Permission], rules: Rules, now: datetime) -> Verdict:
    """Return who may read, by all permissions of a file."""
    granted: set[str] = set()
    ends: list[datetime] = []
    by_link = False
    for one in permissions:
        if not _counts(one, now):
            continue
        principal = _principal(one, rules.own)
        if principal is None:
            continue
        if one.type in {"domain", "anyone"} and not (one.discoverable or rules.link_shared):
            by_link = True
            continue
        granted.add(principal)
        if one.expires is not None:
            ends.append(one.expires)
    until = min(ends).timestamp() if ends else None
    if not granted:
        return Verdict(_BY_LINK if by_link else _NOBODY)
    if ANYONE in granted:
        # The others add nothing; and their coming and going is no change.
        granted = {ANYONE}
    return Verdict((frozenset(granted),), until)


def _counts(permission: Permission, now: datetime) -> bool:
    """Tell whether a permission lets somebody read the file itself, now."""
    expired = permission.expires is not None and permission.expires <= now
    # `metadata` shows that a folder is there, `published` a copy of the file; what other views
    # there may be some day, nobody knows.
    return not (permission.deleted or expired or permission.view is not None)


def _principal(permission: Permission, own: Collection[str]) -> str | None:
    match permission.type:
        case "user" if permission.email and permission.email.lower() not in own:
            return f"user:{permission.email.lower()}"
        case "group" if permission.email:
            return f"group:google:{permission.email.lower()}"
        case "domain" if permission.domain:
            return f"domain:{permission.domain.lower()}"
        case "anyone":
            return ANYONE
    return None  # a grantee without an address, a kind that is not known


def _plain(permission: Permission) -> bool:
    """Tell whether a permission of this grantee says the same on every file that has it."""
    return (
        permission.type in {"user", "group"}
        and permission.view is None
        and permission.expires is None
    )


_Key = tuple[str | None, frozenset[str]]


class Access:
    """Who may read the files of one run; threads may share it.

    On shared drives Google lists only the ids of the grantees beside a file. A grantee has the same
    id everywhere: permissions are asked for once per distinct set of them, and not at all where
    every one is a member of the drive. Where one is found by searching or by link (a domain,
    anyone), has an end, or where the file is limited, they may say another thing on each file: each
    is asked.
    """

    def __init__(self, rules: Rules, *, now: datetime | None = None) -> None:
        self._rules = rules
        self._now = now or datetime.now(UTC)
        self._lock = threading.Lock()
        self._members: dict[str, dict[str, Permission]] = {}
        """Of each drive: its members with plain permissions, by id."""
        self._sets: dict[_Key, tuple[Permission, ...] | Verdict | None] = {}
        """None: each file of the set is asked by itself."""
        self._asked: dict[str, Verdict] = {}
        """Of files that were asked by themselves, until they are taken."""

    def learn_drive(self, drive: str, permissions: Iterable[Permission]) -> None:
        """Take note of who is a member of a shared drive."""
        self._members[drive] = {one.id: one for one in permissions if _plain(one)}

    def of(self, file: File) -> Verdict | None:
        """Return who may read a file; None: it has to be asked for."""
        with self._lock:
            if file.permissions is not None:
                return verdict(file.permissions, self._rules, self._now)
            if (asked := self._asked.get(file.id)) is not None:
                return asked
            if (known := self._of_set(file)) is not None:
                return known
            return None if file.can_share else self._unreadable(_VIEWER)

    def knows(self, file: File) -> bool:
        """Tell whether who may read a file is known without asking."""
        with self._lock:
            return file.permissions is not None or self._of_set(file) is not None

    def prepare(self, files: Sequence[File], user_of: Callable[[File], DriveUser]) -> None:
        """Ask for all that the readers of these files hang on, several at once.

        Raises only where nothing more can be asked for.
        """
        with self._lock:
            self._asked.clear()
        # The first of each set speaks for it; where that can not be, the others are asked then.
        while waiting := [file for file in files if self.of(file) is None]:
            chosen: dict[object, File] = {}
            for file in waiting:
                chosen.setdefault(self._speaks_for(file), file)
            jobs = (Job(self._job(file, user_of)) for file in chosen.values())
            for _ in ahead(jobs, at_once=AT_ONCE, most=AT_ONCE, name="drive-access"):
                pass

    def ask(self, file: File, user: DriveUser) -> Verdict:
        """Return who may read a file, asked for if need be."""
        self.prepare([file], lambda _: user)
        found = self.of(file)
        return found if found is not None else self._unreadable(_FAILED)

    def _of_set(self, file: File) -> Verdict | None:
        """Return what is known of a set of grantees."""
        if file.permission_ids is None or file.limited:
            return None
        members = self._members.get(file.drive or "", {})
        if file.permission_ids and file.permission_ids <= members.keys():
            permissions = [members[one] for one in file.permission_ids]
            return verdict(permissions, self._rules, self._now)
        known = self._sets.get((file.drive, file.permission_ids))
        if known is None or isinstance(known, Verdict):
            return known
        return verdict(known, self._rules, self._now)

    def _speaks_for(self, file: File) -> object:
        if file.permission_ids is None or file.limited:
            return file.id
        key = (file.drive, file.permission_ids)
        return file.id if key in self._sets else key

    def _job(self, file: File, user_of: Callable[[File], DriveUser]) -> Callable[[], list[None]]:
        def work() -> list[None]:
            self._note(file, user_of(file))
            return []

        return work

    def _note(self, file: File, user: DriveUser) -> None:
        key = (file.drive, file.permission_ids or frozenset())
        shared = file.permission_ids is not None and not file.limited
        try:
            permissions = user.permissions(file.id, resource_key=file.resource_key)
        except GoogleError as error:
            if error.ends_run:
                raise
            failed = self._refused(error)
            with self._lock:
                self._asked[file.id] = failed
                if shared and error.passing:
                    self._sets.setdefault(key, failed)  # not thousands of tries in vain
                elif shared and error.status != 404:
                    self._sets.setdefault(key, None)
            return
        told = frozenset(one.id for one in permissions)
        speaks = all(map(_plain, permissions)) and told == file.permission_ids
        with self._lock:
            self._asked[file.id] = verdict(permissions, self._rules, self._now)
            if shared and key not in self._sets:
                # Else they changed since the file was listed, or differ from file to file.
                self._sets[key] = permissions if speaks else None

    def _refused(self, error: GoogleError) -> Verdict:
        reason = f"{_FAILED}: {' '.join(str(error).split())}"
        if error.passing:
            # Not the fallback: who may read is known to somebody, only not now. So it is asked for
            # again by the next run.
            return Verdict(reason, self._now.timestamp())
        return self._unreadable(reason)

    def _unreadable(self, reason: str) -> Verdict:
        return Verdict((self._rules.fallback,) if self._rules.fallback else reason)


def readers_of(told: Verdict) -> Readers:
    """Return the readers; raises `ConnectorError` where there are none."""
    if isinstance(told.readers, str):
        raise ConnectorError(told.readers)
    return told.readers
