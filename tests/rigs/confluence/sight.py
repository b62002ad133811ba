"""What is true of a content when it is looked at: where it stands and who may view it.

Knows nothing of requests.
"""

from __future__ import annotations

from rigs.confluence.records import Content, Space
from rigs.confluence.world import World


class Sight:
    """The site through the eyes of the account by which it is read."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[str, bool] = {}
        self._as_of = -1

    def ancestors(self, content: Content) -> list[Content]:
        """Return what a content stands under, outermost first; of a comment, what it answers.

        A page in the trash, or one that is gone, does not hold anything.
        """
        found: list[Content] = []
        above = content.parent
        while above and (parent := self._world.contents.get(above)):
            found.append(parent)
            above = parent.parent
        return found[::-1]

    def viewable(self, content: Content) -> bool:
        """Tell whether the account may view a content, by its space and every restriction."""
        if self._as_of != self._world.structure:
            self._seen.clear()
            self._as_of = self._world.structure
        known = self._seen.get(content.id)
        if known is None:
            known = self._seen[content.id] = self._look(content)
        return known

    def space_viewable(self, space: Space) -> bool:
        """Tell whether the account may view a space."""
        world = self._world
        return (
            space.anonymous
            or space.licensed
            or world.account in space.users
            or any(self._in_group(name) for name in space.groups)
        )

    def deleted(self, content: Content) -> bool:
        """Tell whether a content, or the page that it is on, is in the trash."""
        if content.status == "trashed":
            return True
        holder = self._world.contents.get(content.container or "")
        return content.container is not None and (holder is None or holder.status == "trashed")

    def _look(self, content: Content) -> bool:
        space = self._world.spaces.get(content.space)
        if space is None or not self.space_viewable(space):
            return False
        if content.container:
            holder = self._world.contents.get(content.container)
            return holder is not None and self.viewable(holder)
        if not self._admitted(content):
            return False
        parent = self._world.contents.get(content.parent or "")
        return parent is None or self.viewable(parent)

    def _admitted(self, content: Content) -> bool:
        if not content.restricted:
            return True
        return self._world.account in content.users or any(
            self._in_group(name) for name in content.groups
        )

    def _in_group(self, name: str) -> bool:
        group = self._world.groups.get(name)
        return group is not None and self._world.account in group.members
