"""Groups of words that a company uses for one thing: 年休＝有給＝年次有給休暇.

Works on terms in a row, and knows nothing of text. One word of a group is replaced by the group's
term. A member of several terms keeps them, since 年次有給休暇 must still be found by 休暇, and the
group's term is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Member = tuple[str, ...]
"""The terms of one way to say it."""


class Match(NamedTuple):
    """A member of a group, found in a row of terms."""

    begin: int
    end: int
    term: str
    """The group's."""


class Synonyms:
    """Finds members of groups."""

    def __init__(self, groups: Iterable[Sequence[Member]]) -> None:
        """Take the members of each group; groups that share one become one."""
        self._by_first: dict[str, list[tuple[Member, str]]] = {}
        for members in _merged(groups):
            name = "".join(members[0])
            for member in members:
                self._by_first.setdefault(member[0], []).append((member, name))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda candidate: len(candidate[0]), reverse=True)

    def expand(self, terms: Sequence[str]) -> list[str]:
        """Return the terms as they are searched for."""
        expanded = list(terms)
        for match in self.matches(terms):
            if match.end - match.begin == 1:
                expanded[match.begin] = match.term
            else:
                expanded.insert(match.end, match.term)
        return expanded

    def matches(self, terms: Sequence[str]) -> list[Match]:
        """Return the members that occur, the longest at each place and once a group, last first.

        The last comes first so that a caller may insert behind each without moving the others.

        年次有給休暇 is a member and holds another, 有給: only the outer one stands for the group.
        """
        found: list[Match] = []
        for begin, first in enumerate(terms):
            for member, name in self._by_first.get(first, ()):
                end = begin + len(member)
                inside = any(m.begin <= begin and end <= m.end and m.term == name for m in found)
                if not inside and tuple(terms[begin:end]) == member:
                    found.append(Match(begin, end, name))
                    break
        return sorted(found, key=lambda match: match.end, reverse=True)


def _merged(groups: Iterable[Sequence[Member]]) -> list[list[Member]]:
    merged: list[list[Member]] = []
    for group in groups:
        touching = [other for other in merged if not set(other).isdisjoint(group)]
        members = [member for other in [*touching, group] for member in other]
        merged = [other for other in merged if other not in touching]
        merged.append(list(dict.fromkeys(members)))
    return merged
