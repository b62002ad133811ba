"""The groups of a directory as principals. Knows nothing of files.

Where the directory may not be read, there are no groups: what only a group may read stays closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.base import Group, Remark
from connectors.drive.api import Directory, GoogleError
from connectors.drive.api.errors import DAILY, TIRED, TOO_MANY
from connectors.drive.values import Member

PREFIX = "group:google:"
"""How the principals of groups begin; the group's e-mail address follows."""
_REFUSED = frozenset({400, 401, 403, 404})
_LATER = TOO_MANY | DAILY | {TIRED}


@dataclass(frozen=True, slots=True)
class Groups:
    """What a directory told."""

    groups: tuple[Group, ...]
    remark: Remark | None = None
    """What could not be read, and what to change; None: nothing."""


def principal(group: str) -> str:
    """Return the principal of a group's e-mail address."""
    return f"{PREFIX}{group.strip().lower()}"


def read(directory: Directory, wanted: Iterable[str] | None = None) -> Groups:
    """Return groups and their direct members; groups in groups are groups of their own.

    `wanted`: e-mail addresses, these and what is nested in them; None: all of the directory. Groups
    that the directory does not tell of, such as those of other organisations, are left out. Raises
    GoogleError where a later run may be told more: what is known of the groups holds until then.
    """
    domain = directory.admin.partition("@")[2]
    found: dict[str, Group] = {}
    unread = 0
    try:
        start = directory.groups() if wanted is None else wanted
        waiting = [group.strip().lower() for group in start]
        # Each is asked for once: groups may hold each other in circles.
        seen: set[str] = set()
        while waiting:
            group = waiting.pop()
            if group in seen:
                continue
            seen.add(group)
            members = _members(directory, group, first=not found and not unread)
            if members is None:
                unread += 1
                continue
            waiting += [one.email for one in members if one.type == "GROUP" and one.email]
            found[group] = Group(principal(group), _principals(members, domain))
    except GoogleError as error:
        if not _is_refusal(error):
            raise
        line = " ".join(str(error).split())
        words = f"Groups can not be read, so what only a group may read is for nobody: {line}"
        return Groups((), Remark("warning", words))
    return Groups(tuple(found[group] for group in sorted(found)), _left_out(unread))


def _members(directory: Directory, group: str, *, first: bool) -> tuple[Member, ...] | None:
    """Return the direct members of a group; None where the directory does not tell of it.

    Raises GoogleError where it tells of no group at all, which only the first failure asks for.
    """
    try:
        return directory.members(group)
    except GoogleError as error:
        if not _is_refusal(error) or error.status not in {403, 404}:
            raise
        # The same refusal stands for a stranger's group and for a directory that is closed.
        if first:
            next(iter(directory.groups()), None)
        return None


def _principals(members: Iterable[Member], domain: str) -> frozenset[str]:
    found = set()
    for one in members:
        match one.type:
            case "CUSTOMER":
                found.add(f"domain:{domain}")
            case "GROUP" if one.email:
                found.add(principal(one.email))
            case "USER" | "EXTERNAL" if one.email:
                found.add(f"user:{one.email}")
    return frozenset(found)


def _is_refusal(error: GoogleError) -> bool:
    """Tell whether the answer will be the same until somebody changes a setting."""
    return not error.passing and error.status in _REFUSED and error.reason not in _LATER


def _left_out(unread: int) -> Remark | None:
    if not unread:
        return None
    return Remark(
        "warning",
        f"The members of {unread} groups can not be read (are they of another organisation?), so"
        " what only they may read is for nobody.",
    )
