"""Groups of words that a company uses for one thing: 年休＝有給＝年次有給休暇.

Works on keys in a row, and knows nothing of text. One word of a group is renamed to the group's
name. A member of several words keeps them, since 年次有給休暇 must still be found by 休暇, and the
group's name is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingest.japanese.rewrites import Name
from ingest.japanese.words import key_of

Member = tuple[Name, ...]
"""The words of one way to say it."""


class Match(NamedTuple):
    """A member of a group, found in a row of keys."""

    begin: int
    end: int
    name: Name
    """The group's."""


class Synonyms:
    """Finds members of groups."""

    def __init__(self, groups: Iterable[Sequence[Member]]) -> None:
        """Take the members of each group; groups that share one become one."""
        self._by_first: dict[int, list[tuple[list[int], Name]]] = {}
        for members in _merged(groups):
            name = _joined(members[0])
            for member in members:
                keys = [word.key for word in member]
                self._by_first.setdefault(keys[0], []).append((keys, name))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda candidate: len(candidate[0]), reverse=True)

    def expand(self, keys: Sequence[int]) -> list[int]:
        """Return the keys with those of groups."""
        expanded = list(keys)
        for match in self.matches(keys):
            if match.end - match.begin == 1:
                expanded[match.begin] = match.name.key
            else:
                expanded.insert(match.end, match.name.key)
        return expanded

    def matches(self, keys: Sequence[int]) -> list[Match]:
        """Return the members that occur, the longest at each place and once a group, last first.

        年次有給休暇 is a member and holds another, 有給: only the outer one stands for the group.
        The last comes first so that a caller may insert behind each without moving the others.
        """
        found: list[Match] = []
        for begin, first in enumerate(keys):
            for member, name in self._by_first.get(first, ()):
                end = begin + len(member)
                inside = any(m.begin <= begin and end <= m.end and m.name == name for m in found)
                if not inside and list(keys[begin:end]) == member:
                    found.append(Match(begin, end, name))
                    break
        return sorted(found, key=lambda match: match.end, reverse=True)


def _joined(member: Member) -> Name:
    if len(member) == 1:
        return member[0]
    term = "".join(word.term for word in member)
    return Name(term, key_of(term))


def _merged(groups: Iterable[Sequence[Member]]) -> list[list[Member]]:
    merged: list[list[Member]] = []
    for group in groups:
        touching = [other for other in merged if not set(other).isdisjoint(group)]
        members = [member for other in [*touching, group] for member in other]
        merged = [other for other in merged if other not in touching]
        merged.append(list(dict.fromkeys(members)))
    return merged
