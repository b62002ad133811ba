"""Who may read a content, by names and by people; and whether all readers of one may read another.

Knows nothing of requests. The account that reads the site is no reader: it is everywhere.
"""

from __future__ import annotations

from rigs.confluence.records import Content
from rigs.confluence.sight import Sight
from rigs.confluence.world import World


class Readers:
    """The readers of one site's contents."""

    def __init__(self, world: World, sight: Sight) -> None:
        self._world, self._sight = world, sight

    def covers(self, shown: Content, host: Content) -> bool:
        """Tell whether by names alone all readers of `host` may read `shown`.

        For each layer of `shown` there is one of `host` that lies within it.
        """
        around = self._layers(host)
        return all(
            "anonymous" in layer or any(narrow <= layer for narrow in around)
            for layer in self._layers(shown)
        )

    def leaks(self, shown: Content, host: Content) -> bool:
        """Tell whether somebody reads `host` who may not read `shown`."""
        return bool(self._people(host) - self._people(shown))

    def _layers(self, content: Content) -> list[frozenset[str]]:
        space = self._world.spaces[content.space]
        names = {f"group {one}" for one in space.groups} | {f"user {one}" for one in space.users}
        names |= {"licensed"} if space.licensed else set()
        names |= {"anonymous"} if space.anonymous else set()
        layers = [frozenset(names)]
        for one in [*self._sight.ancestors(content), content]:
            if one.restricted:
                named = {f"user {user}" for user in one.users} | {f"group {n}" for n in one.groups}
                # Alone it stays, so that the layer is not the empty one, which lies in every other.
                layers.append(frozenset(named - {f"user {self._world.account}"} or named))
        return layers

    def _people(self, content: Content) -> set[str]:
        everybody = set(self._world.people) - {self._world.account}
        for layer in self._layers(content):
            if layer & {"licensed", "anonymous"}:
                continue
            allowed = {one.removeprefix("user ") for one in layer if one.startswith("user ")}
            for group in self._world.groups.values():
                if f"group {group.name}" in layer:
                    allowed |= set(group.members)
            everybody &= allowed
        return everybody
