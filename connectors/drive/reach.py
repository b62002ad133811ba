"""Whether a file is in scope: by what it lies in, and by the shortcuts that lead there.

Folders may contain each other and shortcuts lead back: each is looked at once. Knows nothing of
Google; what lies where, a tree or whoever asks tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from connectors.drive.nodes import Node
from connectors.drive.scope import Scope


class Places(Protocol):
    """What lies where."""

    def get(self, identity: str) -> Node | None:
        """Return a folder; None: it is not known."""
        ...

    def shortcuts_to(self, target: str) -> list[Node]:
        """Return the shortcuts that lead to a file."""
        ...


class Reach:
    """What a scope covers."""

    def __init__(self, places: Places, scope: Scope) -> None:
        self._places = places
        self._scope = scope
        self._roots = frozenset(root.id for root in scope.roots)
        self._excludes: dict[str, bool] = {}
        self._rooted: dict[str, bool] = {}

    def forget(self) -> None:
        """Take no folder to be where it was: one moved."""
        self._excludes.clear()
        self._rooted.clear()

    def covers(self, node: Node) -> bool:
        """Tell whether a file, folder or shortcut is in scope."""
        identity, parents = node.file.id, node.file.parents
        if self.excludes(identity, parents):
            return False
        if node.listed or identity in self._roots or any(map(self._folder_leads, parents)):
            return True
        return any(map(self._counts, self._places.shortcuts_to(identity)))

    def excludes(self, identity: str, parents: Iterable[str]) -> bool:
        """Tell whether a file lies in a folder that does not count, or is one."""
        if not self._scope.excluded:
            return False
        return identity in self._scope.excluded or any(map(self._folder_excludes, parents))

    def _folder_excludes(self, folder: str) -> bool:
        """Tell whether a folder, or any that it lies in, does not count."""
        if folder not in self._excludes:
            seen, waiting = {folder}, [folder]
            while waiting:
                one = waiting.pop()
                if one in self._scope.excluded:
                    break
                node = self._places.get(one)
                new = set(node.file.parents if node else ()) - seen
                seen |= new
                waiting += new
            else:
                self._excludes[folder] = False
                return False
            self._excludes[folder] = True
        return self._excludes[folder]

    def _folder_leads(self, folder: str) -> bool:
        """Tell whether one comes from a root to a folder, through folders and shortcuts."""
        if folder not in self._rooted:
            self._rooted[folder] = self._is_reached(folder)
        return self._rooted[folder]

    def _is_reached(self, folder: str) -> bool:
        seen, waiting = {folder}, [folder]
        while waiting:
            one = waiting.pop()
            if one in self._roots:
                return True
            node = self._places.get(one)
            above = set(node.file.parents if node else ())
            for shortcut in self._places.shortcuts_to(one):
                if self.excludes(shortcut.file.id, shortcut.file.parents):
                    continue
                if shortcut.listed:
                    return True
                above |= set(shortcut.file.parents)
            waiting += above - seen
            seen |= above
        return False

    def _counts(self, shortcut: Node) -> bool:
        file = shortcut.file
        if self.excludes(file.id, file.parents):
            return False
        return shortcut.listed or any(map(self._folder_leads, file.parents))
