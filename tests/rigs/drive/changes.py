"""The change logs: one of each account, one of each shared drive.

What they do not tell is as real: nothing of what lies below a folder that was moved, shared anew,
trashed or deleted, and nothing of who is a member of a shared drive, unless it is the account
itself. Of several changes of one item the latest counts.
https://developers.google.com/workspace/drive/api/guides/about-changes
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Entry:
    """Something that changed."""

    number: int
    at: float
    id: str
    drive: str | None
    """The shared drive that it lies in, or lay in."""
    is_drive: bool = False
    accounts: frozenset[str] | None = None
    """Whose log has it; None: of everybody who sees the item."""
    lost: frozenset[str] = frozenset()
    """Accounts that saw it before and do not see it since."""


@dataclass(slots=True)
class Log:
    """Everything that changed, in order."""

    entries: list[Entry] = field(default_factory=list)
    watching: set[str] = field(default_factory=set)
    """Accounts that asked for a token: only for them is it worked out what they lost."""
    oldest: int = 0
    """Tokens of before are refused."""
    number: int = 0

    def add(
        self,
        at: float,
        item_id: str,
        drive: str | None,
        *,
        is_drive: bool = False,
        accounts: frozenset[str] | None = None,
        lost: frozenset[str] = frozenset(),
    ) -> None:
        """Note a change."""
        self.number += 1
        self.entries.append(Entry(self.number, at, item_id, drive, is_drive, accounts, lost))

    def token(self, name: str) -> str:
        """Return the token of now, of the log of an account or of a shared drive."""
        return str(_base(name) + self.number)

    def since(self, name: str, token: str) -> int | None:
        """Return the number that a token stands for, None where it is refused."""
        if not token.isdigit():
            return None
        number = int(token) - _base(name)
        return number if self.oldest <= number <= self.number else None

    def told(self, name: str, number: int) -> str:
        """Return the token of a number."""
        return str(_base(name) + number)

    def after(self, number: int, mine: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Yield what changed after a number in a log; what changed again later is told there."""
        # Numbers have no gaps: the entry with number n stands at n - 1.
        entries = [one for one in self.entries[number:] if mine(one)]
        latest = {(one.is_drive, one.id): one for one in entries}
        lost: dict[tuple[bool, str], frozenset[str]] = {}
        for one in entries:
            key = one.is_drive, one.id
            lost[key] = lost.get(key, frozenset()) | one.lost
        for key, one in sorted(latest.items(), key=lambda found: found[1].number):
            yield replace(one, lost=lost[key])


def _base(name: str) -> int:
    # Each log counts from somewhere of its own: a token of another log is refused.
    return 10_000_000 * (1 + zlib.crc32(name.encode()) % 90_000)
