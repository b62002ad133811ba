"""The connector: what the port asks for, put together. Knows nothing of requests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from connectors.base import (
    ConnectorError,
    Cursor,
    Document,
    Gone,
    Group,
    Presence,
    Readers,
    Ref,
    Remark,
    Unread,
)
from connectors.drive import cursors, groups, refs
from connectors.drive.access import Rules, readers_of
from connectors.drive.api import Google
from connectors.drive.changes import Changes
from connectors.drive.database import Memory
from connectors.drive.documents import Documents
from connectors.drive.examine import examine
from connectors.drive.listing import Listing, raise_problems
from connectors.drive.lookup import Lookup, none_there
from connectors.drive.memory import Tree
from connectors.drive.scope import Scope
from connectors.drive.session import Session
from connectors.drive.speakers import Speakers

MAX_BYTES = 50_000_000
"""The default limit of a document."""


class DriveConnector:
    """A `Connector` over what a Google account sees, or the part of it that a scope selects."""

    def __init__(
        self,
        google: Google,
        scope: Scope | None = None,
        *,
        admin: str | None = None,
        link_shared: bool = False,
        readers: Collection[str] = (),
        max_bytes: int = MAX_BYTES,
        memory: Path | None = None,
    ) -> None:
        """Ask nothing yet.

        `admin`: as whom the directory is asked for groups and users. `link_shared`: whether who
        would need a link counts as a reader. `readers`: who may read what does not let the account
        see who may; empty: nobody. A document above `max_bytes` is reported, not read. `memory` is
        a database of Drive connectors' own (see `connectors.drive.memory`); None: whoever has a
        cursor of another process gets everything told.
        """
        self._google = google
        self._scope = scope or Scope()
        self._admin = admin
        self._link_shared = link_shared
        self._fallback = frozenset(readers)
        self._max_bytes = max_bytes
        self._memory = Memory(memory)
        self._session = self._new_session()

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._google.requests

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        """Yield what changed since `cursor`, or everything; the new cursor comes last.

        A log of changes tells all that a full listing would show, but that a permission was taken
        back which Google tells nobody of. A cursor that does not belong to what is remembered, or
        to these options, is answered with everything, and with what is known to be gone.
        """
        self._session = session = self._new_session()
        before, standing = cursors.read(cursor, self._named), cursors.Standing()
        known = session.tree.begin(before.memory if before else None)
        session.began = True
        if before is not None and known:
            changes = Changes(session, before, standing)
            yield from changes.all()
            raise_problems(changes.problems)
        else:
            listing = Listing(session, standing)
            yield from listing.everything()
            raise_problems(listing.problems)
            if cursor is not None:
                yield from map(Gone, session.gone())
        standing.memory = session.tree.end()
        yield cursors.written(standing, self._named)

    def fetch(self, ref: Ref) -> Document:
        """Return the document as it is now."""
        documents = Documents(self._new_session(), self._max_bytes)
        for got in documents.fresh([ref]):
            if isinstance(got, Document):
                return got
            raise ConnectorError(got.reason)
        raise none_there()

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield each of the documents, or why it could not be fetched."""
        yield from Documents(self._session, self._max_bytes).all(refs)

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the document, as its listing in this process told, or as it is."""
        if self._session.began:
            node = self._session.tree.get(ref.id)
            if node is not None and node.readers is not None:
                if not isinstance(node.readers, str):
                    return node.readers
                if self._session.tree.seen([ref.id]):
                    raise ConnectorError(node.readers)
        found = Lookup(self._new_session()).document(ref.id)
        if found is None:
            raise none_there()
        return readers_of(found[1])

    def groups(self) -> Iterable[Group]:
        """Return the groups of the directory; none where there is no administrator to ask as."""
        if self._admin is None:
            return ()
        directory = self._google.directory(self._admin)
        wanted = self._session.tree.groups() if self._session.began else None
        return groups.read(directory, wanted).groups

    def check(self, ref: Ref) -> Presence:
        """Return what Drive says now; nothing that was remembered counts."""
        found = Lookup(self._new_session()).document(ref.id)
        if found is None:
            return Presence(exists=False, version=None, readers=())
        node, verdict = found
        version, readers = refs.version(node.file), readers_of(verdict)
        return Presence(exists=True, version=version, readers=readers)

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        """Return those that the account does not see any more, or that do not count."""
        return Lookup(self._session).gone(document_ids)

    def find(self, url: str) -> Ref | None:
        """Return the document at an address or an id that a person copied."""
        return Lookup(self._new_session()).at(url)

    def left_out(self, url: str) -> str | None:
        """Return why there is no document at an address of Drive; None: nothing is known."""
        return Lookup(self._new_session()).left_out(url)

    def noticed(self) -> Iterator[tuple[str, str]]:
        """Yield what the last full listing left out, and why: a line a kind."""
        session = self._session
        for kind, count in sorted(session.without_text.items()):
            yield f"google-apps.{kind}", f"{count} files of this kind have no text to export"
        if session.dead_ends:
            yield (
                "shortcuts",
                f"{session.dead_ends} lead to what is not there, or not shared with the account",
            )

    def examine(self) -> Iterator[Remark]:
        """Yield what is wrong with credentials, delegation, scope and clock, and what is well."""
        return examine(self._new_session(), self._google, self._admin)

    def close(self) -> None:
        """Release connections and the memory."""
        self._google.close()
        self._memory.close()

    @property
    def _named(self) -> str:
        """What a cursor belongs to: the part that is selected, and what decides who may read."""
        told = repr((self._scope.fingerprint, self._link_shared, sorted(self._fallback)))
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()

    def _new_session(self) -> Session:
        speakers = Speakers(self._google, self._scope, self._admin)
        tree = Tree(
            self._memory,
            f"{self._google.account}/{self._scope.fingerprint}",
        )
        rules = Rules(speakers.own, self._link_shared, self._fallback)
        return Session(speakers, self._scope, tree, rules)
