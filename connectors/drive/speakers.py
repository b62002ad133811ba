"""Whom Drive is asked as, and what each of them sees: change logs, shared drives.

Knows nothing of files' contents and readers.
"""

from __future__ import annotations

from functools import cached_property

from connectors.base import ConnectorError
from connectors.drive.api import DriveUser, Google
from connectors.drive.scope import EVERYBODY, Scope
from connectors.drive.values import File, SharedDrive

ME = "me"
"""The change log of the account itself."""
_USER, _DRIVE = "user:", "drive:"


def log_of_drive(drive: str) -> str:
    """Return the name of a shared drive's change log."""
    return _DRIVE + drive


def drive_of(log: str) -> str | None:
    """Return the id of the shared drive whose change log this is; None: it is somebody's."""
    return log.removeprefix(_DRIVE) if log.startswith(_DRIVE) else None


class Speakers:
    """The account, and the users that it speaks for, in one run."""

    def __init__(self, google: Google, scope: Scope, admin: str | None) -> None:
        self._google = google
        self._scope = scope
        self._admin = admin

    @cached_property
    def own(self) -> frozenset[str]:
        """Addresses that are nobody's: of the service account."""
        email = self._google.email if self._google.is_service_account else None
        return frozenset({email.lower()} if email else ())

    @cached_property
    def users(self) -> dict[str, DriveUser]:
        """By their change logs, whose My Drives count in place of the account's."""
        named = dict.fromkeys(user for user in self._scope.users if user != EVERYBODY)
        if EVERYBODY in self._scope.users:
            if self._admin is None:
                raise ConnectorError(
                    '`users = ["*"]` needs `admin`, the address of an administrator who may read '
                    "the directory"
                )
            named |= dict.fromkeys(self._google.directory(self._admin).users())
        return {_USER + email: self._google.acting_as(email) for email in named}

    @cached_property
    def everybody(self) -> dict[str, DriveUser]:
        """By their change logs, all who are asked."""
        return {ME: self._google.me, **self.users}

    @cached_property
    def drives(self) -> dict[str, tuple[SharedDrive, str]]:
        """The shared drives that anybody sees, by id, with the log of the first who does."""
        found: dict[str, tuple[SharedDrive, str]] = {}
        for log, user in self.everybody.items():
            for drive in user.drives():
                found.setdefault(drive.id, (drive, log))
        return found

    def speaker(self, log: str) -> DriveUser:
        """Return who reads a change log, and the files that it tells of."""
        drive = drive_of(log)
        if drive is not None:
            log = self.drives[drive][1] if drive in self.drives else ME
        return self.everybody.get(log) or self._google.me

    def place(self, file: File, log: str) -> tuple[str, bool]:
        """Return which log tells of a file that was seen by one, and whether a listing shows it.

        What a listing does not show counts only where a folder or shortcut in scope leads to it.
        """
        if file.drive and file.drive in self.drives:
            return log_of_drive(file.drive), self._scope.counts_drive(file.drive)
        if drive_of(log) is not None:  # it was seen on a drive, and lies there no more
            log = self.drives[drive_of(log) or ""][1] if drive_of(log) in self.drives else ME
        if not self.users:
            return log, self._scope.counts_my_drive
        owner = owner_of(file)
        if owner and _USER + owner in self.users:
            return _USER + owner, self._scope.counts_my_drive
        return log, False


def owner_of(file: File) -> str | None:
    """Return the address of who owns a file, as far as its permissions are seen."""
    owners = (one.email for one in file.permissions or () if one.role == "owner" and one.email)
    owner = next(owners, None)
    return owner.lower() if owner else None
