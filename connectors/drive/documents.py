"""Files as documents: with their readers, and with the version of what was fetched.

Knows nothing of how bytes come.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors.base import Document, Ref, Unread
from connectors.drive import refs
from connectors.drive.api import DriveUser
from connectors.drive.fetching import Fetched, Fetcher
from connectors.drive.lookup import Lookup, none_there
from connectors.drive.nodes import Node
from connectors.drive.session import Session, batches
from connectors.drive.values import File

_TRIES = 3
"""Times that a file is read which changes while it is read."""
_BATCH = 500


class Documents:
    """Fetches the documents of one run."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._fetcher = Fetcher(self._user_of, max_bytes)
        self._nodes: dict[str, Node] = {}
        """The files that are being fetched, by id."""

    def all(self, wanted: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield each document once, as it was listed, or why it could not be fetched.

        What was not listed in this process is asked for.
        """
        for some in batches(wanted, _BATCH):
            self._nodes = (
                self._session.tree.among(ref.id for ref in some) if (self._session.began) else {}
            )
            by_id = {ref.id: ref for ref in some}
            yield from self._look_up([ref for ref in some if not self._is_known(ref)])
            ready = [self._nodes[one] for one in by_id if one in self._nodes]
            yield from self._fetch(ready, by_id, _TRIES)

    def fresh(self, wanted: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield each document once as it is now, whatever was listed."""
        self._nodes = {}
        yield from self._look_up(wanted)
        ready = [self._nodes[ref.id] for ref in wanted if ref.id in self._nodes]
        yield from self._fetch(ready, {ref.id: ref for ref in wanted}, _TRIES)

    def _is_known(self, ref: Ref) -> bool:
        node = self._nodes.get(ref.id)
        return node is not None and node.readers is not None and not isinstance(node.readers, str)

    def _look_up(self, wanted: Sequence[Ref]) -> Iterator[Unread]:
        lookup = Lookup(self._session)
        for ref in wanted:
            node = self._nodes.pop(ref.id, None)
            if node and isinstance(node.readers, str) and self._session.tree.seen([ref.id]):
                yield Unread(ref, node.readers)
                continue
            found = lookup.document(ref.id)
            if found is None:
                yield Unread(ref, str(none_there()))
            elif isinstance(found[1].readers, str):
                yield Unread(refs.ref(found[0].file, found[1].readers), found[1].readers)
            else:
                self._nodes[ref.id] = replace(found[0], readers=found[1].readers)

    def _fetch(
        self, nodes: Sequence[Node], wanted: dict[str, Ref], tries: int
    ) -> Iterator[Document | Unread]:
        changed: list[Ref] = []
        for got in self._fetcher.all([node.file for node in nodes]):
            if not isinstance(got, Fetched):
                yield Unread(wanted[got.file.id], got.reason)
            elif tries > 1 and _is_newer(got):
                changed.append(wanted[got.file.id])
            else:
                yield self._document(got)
        if changed:
            yield from self._look_up(changed)
            ready = [self._nodes[ref.id] for ref in changed if ref.id in self._nodes]
            yield from self._fetch(ready, wanted, tries - 1)

    def _document(self, got: Fetched) -> Document:
        file = got.file
        readers = self._nodes[file.id].readers
        assert isinstance(readers, tuple), "it would not have been fetched"  # noqa: S101
        return Document(
            ref=refs.ref(file, readers),
            title=file.name or None,
            url=file.url,
            body=got.body,
            media_type=got.media_type,
            readers=readers,
            updated=file.modified,
            owner=file.owner,
        )

    def _user_of(self, file: File) -> DriveUser:
        return self._session.speaker(self._nodes[file.id])


def _is_newer(got: Fetched) -> bool:
    """Tell whether the bytes are others than those that were listed."""
    if got.file.md5 is None:
        return False
    return hashlib.md5(got.body, usedforsecurity=False).hexdigest() != got.file.md5
