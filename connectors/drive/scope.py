"""What of an account's Drive is mirrored: options, and what they say of themselves.

Knows nothing of what is there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from connectors.base import ConnectorError
from connectors.drive import addresses

EVERYBODY = "*"
"""In `users`: everybody of the directory."""


@dataclass(frozen=True)
class Scope:
    """A part of what an account sees; without options, all of it.

    Folders and drives are named by id or address. Raises `ConnectorError` for what is neither.
    """

    folders: tuple[str, ...] = ()
    """Only these and what is below them."""
    exclude_folders: tuple[str, ...] = ()
    """Neither these nor what is below them, however one gets there."""
    drives: tuple[str, ...] = ()
    """Shared drives; empty, and no `folders`: every one that is seen."""
    my_drive: bool = True
    """Whether My Drive, and what is shared with the account, counts; where neither `folders` nor
    `drives` says what does."""
    users: tuple[str, ...] = ()
    """Whose My Drive counts in place of the account's; `*`: everybody's."""

    def __post_init__(self) -> None:
        for option in ("folders", "exclude_folders", "drives"):
            object.__setattr__(self, option, tuple(getattr(self, option)))
        object.__setattr__(self, "users", tuple(user.lower() for user in self.users))
        _ = self.roots, self.excluded, self.drive_ids  # refuses what can not be read

    @cached_property
    def roots(self) -> tuple[addresses.Address, ...]:
        """The folders to walk."""
        return tuple(_read("folders", self.folders).values())

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Ids of the folders that do not count."""
        return frozenset(_read("exclude_folders", self.exclude_folders))

    @cached_property
    def drive_ids(self) -> frozenset[str]:
        """Ids of the shared drives that are named."""
        return frozenset(_read("drives", self.drives))

    @property
    def counts_my_drive(self) -> bool:
        """Whether files count that lie in a My Drive, or are shared with the account."""
        return self.my_drive and not self.folders and not self.drives

    def counts_drive(self, drive_id: str) -> bool:
        """Tell whether all of a shared drive that is seen counts."""
        if drive_id in self.excluded:
            return False
        return drive_id in self.drive_ids or not (self.folders or self.drives)

    @property
    def fingerprint(self) -> str:
        """What changes when another part is selected; 16 characters."""
        told = (
            sorted(root.id for root in self.roots),
            sorted(self.excluded),
            sorted(self.drive_ids),
            self.my_drive,
            sorted(self.users),
        )
        return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


def _read(option: str, named: Iterable[str]) -> dict[str, addresses.Address]:
    """Return what is named, by id."""
    found = {}
    for one in named:
        short = re.fullmatch(r"[A-Za-z0-9_-]{6,}", one.strip())
        address = addresses.Address(one.strip()) if short else addresses.read(one)
        if address is None:
            raise ConnectorError(
                f"`{option}` names what is neither an id nor the address of a folder; copy the "
                "address from the browser while the folder is open "
                "(https://drive.google.com/drive/folders/…)"
            )
        found[address.id] = address
    return found
