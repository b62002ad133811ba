"""The connector: what the port asks for, put together. Knows nothing of requests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path

from connectors.base import (
    ANYONE,
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
from connectors.web.asking import Asker
from connectors.web.crawl import Crawl, Options, Result
from connectors.web.examine import examine
from connectors.web.fetching import Fetcher, document_or_error
from connectors.web.lookup import Lookup
from connectors.web.memory import Memory
from connectors.web.net import Web
from connectors.web.refs import Teller
from connectors.web.scope import Scope

MAX_BYTES = 50_000_000
"""The default limit of a page, and of a file."""


class WebConnector:
    """A `Connector` over the pages that a scope covers.

    A full listing is a crawl, and there is no other one: the web has no change feed. Each page is
    asked for once: its body waits in the memory until it is fetched. The second crawl asks only
    whether pages changed, where their servers can tell.
    """

    def __init__(
        self,
        web: Web,
        scope: Scope,
        *,
        sitemaps: Sequence[str] = (),
        follow: bool = True,
        readers: Collection[str] = (ANYONE,),
        gone_after: int = 3,
        max_bytes: int = MAX_BYTES,
        memory: Path | None = None,
    ) -> None:
        """Ask nothing yet.

        `sitemaps` are addresses of site maps, beside those of robots.txt; without `follow`, no page
        counts but those that they and the seeds name. `readers` are who may read all of it: pages
        do not say. A page is gone after `gone_after` crawls in a row that got 404 or 410 for it. A
        page above `max_bytes` is reported, not read. `memory` is a database of web connectors' own
        (`connectors.web.memory`); None: every crawl begins from nothing.
        """
        self._web = web
        self._scope = scope
        self._options = Options(tuple(sitemaps), follow, gone_after, max_bytes)
        self._teller = Teller.of(readers)
        seeds = "\n".join(sorted(scope.seeds))
        self._memory = Memory(memory, hashlib.sha256(seeds.encode()).hexdigest()[:16])
        self._asker = Asker(web, max_bytes=max_bytes, ignore=scope.ignore_parameters)
        self._lookup = Lookup(self._asker, scope, self._memory, self._teller)
        self._result = Result()

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._web.requests

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:
        """Yield every document: pages as they are, those in trouble as they were.

        No cursor comes of it, so that each one is a full listing. A new page that can not be read
        is among them: fetching it tells why. `Gone` takes back a page that looked like a document
        until the rest of the site was seen.
        """
        del cursor
        self._result = Result()
        with self._memory.crawling() as store:
            crawl = Crawl(self._web, self._scope, store, self._options)
            for found in crawl.documents():
                yield self._teller.ref(found)
            yield from map(Gone, crawl.taken_back)
            self._result = crawl.result

    def noticed(self) -> Iterable[tuple[str, str]]:
        """Return where, and what, people should know of the listing that was read to its end."""
        return [(where, what) for _, where, what in self._result.remarks]

    def fetch(self, ref: Ref) -> Document:
        """Return the document: as the crawl saw it, or as it is now."""
        return document_or_error(self.fetch_all([ref]))

    def fetch_all(self, refs: Sequence[Ref]) -> Generator[Document | Unread]:
        """Yield each of the documents, or why it could not be fetched."""
        fetcher = Fetcher(
            self._asker,
            self._memory,
            self._teller,
            crawl=self._result.crawl,
            seeds_answer=self._lookup.seeds_answer,
        )
        yield from fetcher.all(refs)

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the source: pages do not say."""
        del ref
        return self._teller.readers

    def groups(self) -> Iterable[Group]:
        """Return none: the web has no groups."""
        return ()

    def check(self, ref: Ref) -> Presence:
        """Return what the server says now: one request."""
        return self._lookup.check(ref.id)

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        """Return those that the last crawl, or their servers now, say to be gone.

        Not at once where it is 404 or 410: that has to be so in several crawls in a row.
        """
        return self._lookup.gone(
            document_ids,
            self._result.gone,
            crawl=self._result.crawl,
            gone_after=self._options.gone_after,
        )

    def find(self, url: str) -> Ref | None:
        """Return the document at an address that a person copied."""
        return self._lookup.find(url)

    def left_out(self, url: str) -> str | None:
        """Return why there is no document at an address; None: it is none of this source's."""
        return self._lookup.left_out(url)

    def examine(self) -> Iterator[Remark]:
        """Yield whether the seeds answer, what robots.txt says, and what the last crawl met."""
        return examine(self._web, self._asker, self._scope, self._memory, self._options)

    def close(self) -> None:
        """Release connections and the memory."""
        self._web.close()
        self._memory.close()
