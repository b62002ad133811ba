"""Searches: a query over the index, in order, as the account may see it; and cursors into it.

Knows nothing of HTTP. What was found is kept for as long as nothing changed, so that a page of
results costs its own length and not the site's.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from typing import Any
from zoneinfo import ZoneInfo

from rigs.confluence import cql
from rigs.confluence.index import Entry
from rigs.confluence.sight import Sight
from rigs.confluence.world import World

_KEPT = 32


class Search:
    """The search of one site."""

    def __init__(self, world: World, sight: Sight, zone: ZoneInfo) -> None:
        self._world, self._sight, self._zone = world, sight, zone
        self._found: OrderedDict[Any, list[str]] = OrderedDict()

    def find(self, query: str) -> list[str]:
        """Return the ids of what fits, in the order that the query asks for. Raises CqlError."""
        world = self._world
        world.index.catch_up()
        now = world.clock.now()
        parsed = cql.parse(query, zone=self._zone, now=now)
        minute = now // 60 if parsed.moving else 0
        key = (query, world.index.revision, world.structure, minute)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._run(parsed)
            if len(self._found) > _KEPT:
                self._found.popitem(last=False)
        else:
            self._found.move_to_end(key)
        return found

    def _run(self, query: cql.Query) -> list[str]:
        entries, contents = self._world.index.entries, self._world.contents
        fits = cql.matcher(query.where, self._above)
        among = self._candidates(query.where)
        fitting = [
            entry
            for entry in (
                entries.values() if among is None else (entries[i] for i in among if i in entries)
            )
            if fits(entry)
        ]
        # What was deleted for good is in the index no longer than until somebody looks it up.
        seen = [
            entry
            for entry in fitting
            if (content := contents.get(entry.id))
            and self._searched(entry)
            and self._sight.viewable(content)
        ]
        seen.sort(key=lambda entry: _key(entry, query.order), reverse=query.descending)
        return [entry.id for entry in seen]

    def _searched(self, entry: Entry) -> bool:
        # Archived spaces are left out of searches that do not ask for them.
        space = self._world.spaces.get(entry.space)
        return space is not None and not space.archived

    def _candidates(self, node: cql.Node) -> set[str] | None:
        """Return a set that holds all that fits, where an index knows one; None: everything."""
        if isinstance(node, cql.Both):
            sets = [self._candidates(one) for one in node.parts]
            known = [one for one in sets if one is not None]
            if node.word == "and":
                return min(known, key=len, default=None)
            return set().union(*known) if len(known) == len(sets) else None
        if isinstance(node, cql.Term) and node.operator in {"=", "in"}:
            return self._indexed(node)
        return None

    def _indexed(self, term: cql.Term) -> set[str] | None:
        if term.field == "id":
            bare = {one.removeprefix("att") for one in term.values}
            return bare | {f"att{one}" for one in bare}
        index = self._world.index
        if term.field == "title":
            return set().union(*(index.by_title.get(one.lower(), ()) for one in term.values))
        by = {"space": index.by_space, "container": index.by_container}.get(term.field)
        return None if by is None else set().union(*(by.get(one, ()) for one in term.values))

    def _above(self, content_id: str) -> tuple[str, ...]:
        content = self._world.contents.get(content_id)
        if content is None or content.kind == "comment":
            return ()
        return tuple(one.id for one in self._sight.ancestors(content))


def _key(entry: Entry, order: str | None) -> tuple[Any, int]:
    if order in {"lastmodified", "created"}:
        return (entry.updated if order == "lastmodified" else entry.created, entry.number)
    return (entry.title if order == "title" else 0, entry.number)


# Cursors


def cursor(found: list[str], start: int) -> str:
    """Return an opaque pointer to where a list goes on; it survives changes before it."""
    said = [start, found[start - 1] if 0 < start <= len(found) else ""]
    return "_f_" + base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def position(found: list[str], pointer: str) -> int:
    """Return where a list goes on. Raises ValueError for what is no cursor."""
    try:
        start, last = json.loads(base64.urlsafe_b64decode(pointer.removeprefix("_f_")))
    except ValueError as error:
        raise ValueError(f"Invalid cursor: {pointer}") from error
    if last and not (0 < start <= len(found) and found[start - 1] == last) and last in found:
        return found.index(last) + 1
    return int(start)
