"""What one run knows of a Drive: who asks, what lies where, who may read; files become refs.

A listing of everything and a log of changes show the same of each file. Knows nothing of cursors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from connectors.base import Ref
from connectors.drive import refs
from connectors.drive.access import Access, Rules, Verdict
from connectors.drive.api import DriveUser
from connectors.drive.memory import Tree
from connectors.drive.nodes import Node, stamp_of
from connectors.drive.reach import Reach
from connectors.drive.scope import Scope
from connectors.drive.speakers import Speakers, drive_of
from connectors.drive.values import FOLDER, NATIVE, File

BATCH = 500
"""Files whose readers are found out together."""

T = TypeVar("T")


class Session:
    """One run over what an account sees."""

    def __init__(self, speakers: Speakers, scope: Scope, tree: Tree, rules: Rules) -> None:
        self.speakers = speakers
        self.scope = scope
        self.tree = tree
        self.rules = rules
        self.access = Access(rules)
        self.reach = Reach(tree, scope)
        self.began = False
        """Whether the tree is of this run."""
        self.full = True
        """Whether only what this run saw counts."""
        self.without_text: Counter[str] = Counter()
        """How many files of which of Google's kinds a full listing left out."""
        self.dead_ends = 0
        """How many targets of shortcuts are not seen, in a full listing."""
        self.loose: set[str] = set()
        """What shortcuts led to that are gone: it may be in scope no more."""
        self.dropped: set[str] = set()
        """Documents that were, and are none any more unless they were seen again."""

    def take(self, files: Iterable[File], log: str, *, listed: bool = True) -> Iterator[Ref]:
        """Yield the documents in scope among files that were seen by a log, and remember them.

        Not `listed`: they were found by way of a folder or shortcut, so that no listing need show
        them.
        """
        for some in batches(files, BATCH):
            yield from self._take(some, log, listed=listed)

    def drop(self, ids: Iterable[str]) -> None:
        """Forget files; those that were documents are gone unless they are seen again."""
        held = self.tree.among(ids)
        self.dropped.update(one for one, node in held.items() if node.readers is not None)
        self.loose.update(node.file.target for node in held.values() if node.file.target)
        self.tree.remove(held)
        if any(node.is_folder or node.is_shortcut for node in held.values()):
            self.reach.forget()

    def drop_uncovered(self, ids: Iterable[str]) -> None:
        """Forget those of these files that are in scope no more.

        Folders that a listing shows stay: what lies in them is known to be excluded by them.
        """
        held = self.tree.among(ids)
        self.drop(
            one
            for one, node in held.items()
            if not self.reach.covers(node) and not (node.is_folder and node.listed)
        )

    def gone(self) -> list[str]:
        """Return the documents that are gone."""
        held = self.tree.among(self.dropped)
        return sorted(one for one in self.dropped if one not in held or held[one].readers is None)

    def node(self, file: File, log: str, *, listed: bool = True) -> Node:
        """Return a file as it is remembered, without its readers."""
        place, shown = self.speakers.place(file, log)
        stamp = stamp_of(file) if file.media_type == FOLDER else ""
        return Node(replace(file, permissions=None), place, listed and shown, stamp=stamp)

    def _take(self, files: Sequence[File], log: str, *, listed: bool) -> Iterator[Ref]:
        alive = {file.id: file for file in files if not file.trashed}
        shown = self._shown(alive) if not listed else set()
        nodes = {
            one: self.node(file, log, listed=listed or one in shown) for one, file in alive.items()
        }
        inner = self._take_inner(
            [node for node in nodes.values() if node.is_folder or node.is_shortcut]
        )
        wanted = [
            node
            for node in nodes.values()
            if refs.is_document(node.file) and self.reach.covers(node)
        ]
        if self.full:
            self.without_text.update(
                node.file.media_type.removeprefix(NATIVE)
                for node in nodes.values()
                if not refs.is_document(node.file) and not (node.is_folder or node.is_shortcut)
            )
        self.access.prepare(
            [alive[node.file.id] for node in wanted],
            lambda file: self.speakers.speaker(nodes[file.id].log),
        )
        told = []
        for node in wanted:
            verdict = self.access.of(alive[node.file.id]) or Verdict("nobody may read it")
            told.append(replace(node, readers=verdict.readers, until=verdict.until))
        self.tree.put(told)
        taken = {node.file.id for node in (*inner, *told)}
        self.drop(one.id for one in files if one.id not in taken)
        for node in told:
            yield refs.ref(node.file, node.readers if node.readers is not None else "")

    def _take_inner(self, nodes: list[Node]) -> list[Node]:
        """Remember folders and shortcuts, but those that nothing in scope leads to."""
        taken: list[Node] = []
        waiting = {node.file.id: node for node in nodes}
        # One may lie in another that comes later.
        while some := [node for node in waiting.values() if node.listed or self.reach.covers(node)]:
            self.tree.put(some)
            self.reach.forget()
            taken += some
            for node in some:
                del waiting[node.file.id]
        return taken

    def _shown(self, ids: Iterable[str]) -> set[str]:
        """Return which of these files a listing showed."""
        held = {one for one, node in self.tree.among(ids).items() if node.listed}
        return held & self.tree.seen(held) if self.full else held

    def shows(self, file: File, log: str) -> bool:
        """Tell whether a listing of a shared drive, or of what is shared with one, shows a file.

        Nothing else tells it: the listing is asked for files of this name.
        """
        name = file.name.replace("\\", "\\\\").replace("'", "\\'")
        query = f"name = '{name}' and trashed = false"
        shown = self.speakers.speaker(log).files(query, drive=drive_of(log))
        return any(one.id == file.id for one in shown)

    def speaker(self, node: Node) -> DriveUser:
        """Return who may read a file."""
        return self.speakers.speaker(node.log)


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most so many."""
    waiting = iter(values)
    while some := list(islice(waiting, size)):
        yield some
