"""The connector: what the port asks for, put together. Knows nothing of requests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
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
from connectors.confluence import cursors
from connectors.confluence.examine import examine
from connectors.confluence.fetching import Fetcher
from connectors.confluence.listing import FullListing
from connectors.confluence.lookup import Lookup
from connectors.confluence.memory import Memory
from connectors.confluence.scope import Scope
from connectors.confluence.session import Session
from connectors.confluence.trouble import token_named
from connectors.confluence.values import Site
from connectors.confluence.windows import Window

MAX_BYTES = 50_000_000
"""The default limit of a document."""


class ConfluenceConnector:
    """A `Connector` over one site, or the part of it that a scope selects."""

    def __init__(
        self,
        site: Site,
        scope: Scope | None = None,
        *,
        readers: Collection[str] = (),
        licensed_groups: Collection[str] = (),
        everyone_licensed: bool = False,
        max_bytes: int = MAX_BYTES,
        memory: Path | None = None,
        token_variable: str = "CONFLUENCE_TOKEN",  # noqa: S107 - where it is, not what it is
    ) -> None:
        """Ask nothing yet.

        `readers`: who may read a space whose permissions the account may not read; empty: nobody.
        `licensed_groups`: whose members may use Confluence; empty: those of the groups whose names
        begin with `confluence-users`. `everyone_licensed`: all whom the bot serves may use
        Confluence, so that what every one of those may view is for anyone. A document above
        `max_bytes` is reported, not read. `memory` is a database of Confluence connectors' own (see
        `connectors.confluence.memory`); None: a page's version does not tell of the pages that it
        includes.
        `token_variable` is where people set the token: it is named when the token is refused.
        Raises `ConnectorError` for a `cql` that can not be part of a query.
        """
        self._site = site
        self._scope = scope or Scope()
        self._readers = frozenset(readers)
        self._licensed_groups = tuple(licensed_groups)
        self._everyone_licensed = everyone_licensed
        self._max_bytes = max_bytes
        self._token_variable = token_variable
        self._memory = Memory(lambda: site.host, memory)
        self._session = self._new_session()

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._site.requests

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        """Yield what changed since `cursor`, or everything; the new cursor comes last.

        Edits are found by a window of time, with an overlap: what did not change may be told again.
        A window tells of no deletion but what it happens to see, and of no changed restriction,
        label or place: the full listing does.
        """
        started = datetime.now(UTC)
        self._session = session = self._new_session()
        back = cursors.minutes(cursor, started, self._scope)
        with token_named(self._token_variable):
            yield from FullListing(session).refs() if back is None else Window(session, back).refs()
        yield cursors.written(started, self._scope)

    def fetch(self, ref: Ref) -> Document:
        """Return the document as it is now."""
        for got in self.fetch_all([ref]):
            if isinstance(got, Document):
                return got
            raise ConnectorError(got.reason)
        raise ConnectorError("it could not be fetched")

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield each of the documents, or why it could not be fetched."""
        with token_named(self._token_variable):
            yield from Fetcher(self._session, self._max_bytes).all(refs)

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the document, as its listing in this process told, or as it is."""
        readers = self._session.known.readers(ref.id)
        return self._now(self._session, ref)[1] if readers is None else readers

    def groups(self) -> Iterable[Group]:
        """Return the groups that any readers named; where nothing was listed, all of the site."""
        with token_named(self._token_variable):
            if not self._session.listed:
                self._session.access.name_all_groups()
            yield from self._session.access.groups()

    def check(self, ref: Ref) -> Presence:
        """Return what the site says now; nothing that was remembered counts."""
        try:
            now, readers = self._now(self._new_session(fresh=True), ref)
        except _GoneError:
            return Presence(exists=False, version=None, readers=())
        return Presence(exists=True, version=now.version, readers=readers)

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        """Return those that are in the site no more, or not in this scope."""
        with token_named(self._token_variable):
            return Lookup(self._new_session()).gone(document_ids)

    def find(self, url: str) -> Ref | None:
        """Return the document at an address or an id that a person copied."""
        lookup = Lookup(self._session)
        with token_named(self._token_variable):
            content = lookup.at(url)
            return lookup.ref(content) if content else None

    def left_out(self, url: str) -> str | None:
        """Return why there is no document at an address of this site; None: nothing is known."""
        with token_named(self._token_variable):
            return Lookup(self._session).left_out(url)

    def examine(self) -> Iterator[Remark]:
        """Yield what is wrong with credentials, permissions, scope and clock, and what is well."""
        return examine(self._new_session(fresh=True), self._token_variable)

    def close(self) -> None:
        """Release connections and the memory."""
        self._site.close()
        self._memory.close()

    def _now(self, session: Session, ref: Ref) -> tuple[Ref, Readers]:
        lookup = Lookup(session)
        with token_named(self._token_variable):
            content = lookup.by_id(ref.id)
            now = lookup.ref(content) if content else None
            readers = session.known.readers(ref.id) if now else None
        if now is None or now.id != ref.id or readers is None:
            raise _GoneError("it is no longer there, or no longer in the scope of the source")
        return now, readers

    def _new_session(self, *, fresh: bool = False) -> Session:
        return Session(
            self._site,
            self._scope,
            self._memory,
            readers=self._readers,
            licensed_groups=self._licensed_groups,
            everyone_licensed=self._everyone_licensed,
            fresh=fresh,
        )


class _GoneError(ConnectorError):
    """A document is none any more."""
