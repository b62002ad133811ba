"""What lies below folders, and what shortcuts lead to. Cycles end.

Knows nothing of readers and change logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.base import Ref
from connectors.drive.api import GoogleError
from connectors.drive.nodes import Node
from connectors.drive.session import Session, batches
from connectors.drive.speakers import drive_of
from connectors.drive.values import FOLDER, File

PARENTS = 40
"""Folders a query."""


class Walker:
    """Walks the folders of one run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._walked: set[str] = set()
        self._unreachable: set[str] = set()
        """What shortcuts lead to in vain."""
        self.renewed: set[str] = set()
        """Logs of which only what this run saw counts; in a full listing, of all."""

    def below(self, folders: Iterable[Node]) -> Iterator[Ref]:
        """Yield the documents below folders, which are in the tree; each folder is walked once."""
        session = self._session
        level = [node for node in folders if node.file.id not in self._walked]
        while level:
            self._walked.update(node.file.id for node in level)
            inner: set[str] = set()
            by_log: dict[tuple[str, bool], list[str]] = {}
            for node in level:
                by_log.setdefault((node.log, node.listed), []).append(node.file.id)
            for (log, listed), ids in by_log.items():
                for some in batches(ids, PARENTS):
                    children = _noting(self._children(some, log), inner)
                    yield from session.take(children, log, listed=listed)
            level = [
                node
                for node in session.tree.among(inner).values()
                if node.file.id not in self._walked
                and not session.reach.excludes(node.file.id, node.file.parents)
            ]

    def follow(self) -> Iterator[Ref]:
        """Yield the documents that shortcuts in scope lead to, and that nothing else shows.

        A shortcut to nothing, or to what the account may not see, leads nowhere.
        """
        session = self._session
        while ends := self._open_ends():
            folders = []
            for target, shortcut in ends.items():
                file, log = self._target(shortcut)
                if file is not None:
                    yield from session.take([file], log, listed=False)
                node = session.tree.get(target) if file is not None else None
                if node is None:  # nothing that is seen, or a kind that is no document
                    self._unreachable.add(target)
                    session.dead_ends += session.full and file is None
                    lost = session.tree.below([target])
                    session.drop([target])
                    session.drop_uncovered(lost)
                elif node.is_folder:
                    folders.append(node)
            yield from self.below(folders)

    def _open_ends(self) -> dict[str, Node]:
        """Return what shortcuts lead to and is not known, with a shortcut to each."""
        session = self._session
        led = {
            shortcut: target
            for shortcut, target in session.tree.shortcuts().items()
            if target not in self._unreachable
        }
        held = session.tree.among(led.values())
        seen = session.tree.seen({*led, *led.values()})
        unknown = [
            shortcut
            for shortcut, target in led.items()
            if target not in seen
            # In a log of changes, what a shortcut led to in vain is left to the next full listing.
            and (self._counts_anew(held[target]) if target in held else shortcut in seen)
        ]
        return {
            node.file.target: node
            for node in session.tree.among(unknown).values()
            if node.file.target
            and (node.file.id in seen or not self._counts_anew(node))
            and session.reach.covers(node)
        }

    def _counts_anew(self, node: Node) -> bool:
        """Tell whether it counts only if this run saw it."""
        return self._session.full or node.log in self.renewed

    def _target(self, shortcut: Node) -> tuple[File | None, str]:
        """Return what a shortcut leads to, and by whose log it was seen.

        None: nothing that the account may see.
        """
        file, speakers = shortcut.file, self._session.speakers
        drive = drive_of(shortcut.log)
        log = speakers.drives[drive][1] if drive in speakers.drives and drive else shortcut.log
        try:
            found = speakers.speaker(log).file(file.target or "", resource_key=file.target_key)
        except GoogleError as error:
            if error.status in {403, 404, 410} and not error.ends_run and not error.passing:
                return None, log
            raise
        return (None if found.trashed else found), log

    def _children(self, folders: list[str], log: str) -> Iterator[File]:
        among = " or ".join(f"'{one}' in parents" for one in folders)
        user = self._session.speakers.speaker(log)
        try:
            yield from user.files(f"({among}) and trashed = false", drive=drive_of(log))
        except GoogleError as error:
            if error.status != 404:
                raise
            # Google refuses a question that names a folder which is gone meanwhile.
            if len(folders) > 1:
                for folder in folders:
                    yield from self._children([folder], log)


def _noting(files: Iterable[File], inner: set[str]) -> Iterator[File]:
    for file in files:
        if file.media_type == FOLDER:
            inner.add(file.id)
        yield file
