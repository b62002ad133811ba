"""Fetches documents: pages and threads in batches, attachments one by one, a few at once.

A batch that fails is halved until the one document is found that it fails by. What the documents
are made of, `pages`, `threads` and `files` know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import TypeVar

from connectors.base import ConnectorError, Document, Ref, Unread
from connectors.confluence.fetching.files import Files
from connectors.confluence.fetching.pages import Pages, Ready
from connectors.confluence.fetching.threads import ThreadDocuments
from connectors.confluence.session import Session
from connectors.confluence.trouble import one_line, site_is_away
from connectors.run_ahead import Job, ahead

BATCH = 25
"""Documents a request with bodies: a page of results holds 25 to 100 on every edition."""
FILES = 100
"""Attachments that are looked up together, before each is downloaded."""
AT_ONCE = 4
"""Batches and attachments that are fetched or wait to be taken."""
_WEIGHT = 64_000_000
"""Bytes of attachments that are fetched at once, unless one alone has more."""

Got = Document | Unread
T = TypeVar("T")


class Fetcher:
    """Fetches some documents of a session, once."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._pages = Pages(session, max_bytes)
        self._threads = ThreadDocuments(session, max_bytes)
        self._files = Files(session, max_bytes)
        self._lock = Lock()
        self._hosts: list[Ready] = []
        """Pages that include others: they wait for each other, so that the bodies that they need
        are asked for together."""

    def all(self, wanted: Sequence[Ref]) -> Iterator[Got]:
        """Yield each document, or why it could not be fetched.

        Raises `ConnectorError` where nothing more can be fetched.
        """
        yield from ahead(self._jobs(wanted), at_once=AT_ONCE, most=_WEIGHT)
        if self._hosts:
            yield from self._documents(self._hosts)

    def _jobs(self, wanted: Sequence[Ref]) -> Iterator[Job[Got]]:
        """Yield the jobs in the order of the documents, as far as batches allow."""
        pages: list[Ref] = []
        threads: list[Ref] = []
        files: list[Ref] = []
        for ref in wanted:
            match self._kind(ref):
                case "attachment":
                    files.append(ref)
                case "thread":
                    threads.append(ref)
                case _:
                    pages.append(ref)
            if len(pages) == BATCH:
                yield self._batch(self._some_pages, pages)
                pages = []
            if len(threads) == BATCH:
                yield self._batch(self._threads.documents, threads)
                threads = []
            if len(files) == FILES:
                yield from self._file_jobs(files)
                files = []
        if pages:
            yield self._batch(self._some_pages, pages)
        if threads:
            yield self._batch(self._threads.documents, threads)
        if files:
            yield from self._file_jobs(files)

    def _kind(self, ref: Ref) -> str:
        """Return the kind of a document; one that nobody listed in this run is taken for a page."""
        entry = self._session.known.get(ref.id)
        return entry.kind if entry else "attachment" if ref.id.startswith("att") else "page"

    def _some_pages(self, some: list[Ref]) -> list[Got]:
        """Return pages; what turns out to be a comment or a file is fetched as such."""
        looked = self._pages.look(some)
        got: list[Got] = [*looked.unread]
        for kind, strange in looked.others.items():
            if kind == "comment":
                got += self._halved(self._threads.documents, strange, lambda ref: ref)
            else:
                for job in self._file_jobs(strange):
                    got += job.work()
        got += self._documents([one for one in looked.ready if not one.includes])
        return got + self._documents(self._enough_hosts(looked.ready))

    def _enough_hosts(self, ready: list[Ready]) -> list[Ready]:
        """Let pages that include others wait; return them when there are enough."""
        with self._lock:
            self._hosts += [one for one in ready if one.includes]
            if len(self._hosts) < BATCH:
                return []
            hosts, self._hosts = self._hosts, []
        return hosts

    def _documents(self, some: list[Ready]) -> list[Got]:
        return self._halved(self._pages.documents, some, lambda one: one.ref) if some else []

    def _halved(
        self, work: Callable[[list[T]], list[Got]], some: list[T], ref: Callable[[T], Ref]
    ) -> list[Got]:
        """Return the documents, those apart that bring down whatever they are fetched with."""
        try:
            return work(some)
        except ConnectorError as error:
            if site_is_away(self._session.site, error):
                raise
            if len(some) == 1:
                return [Unread(ref(some[0]), one_line(error))]
        middle = len(some) // 2
        return [
            *self._halved(work, some[:middle], ref),
            *self._halved(work, some[middle:], ref),
        ]

    def _batch(self, work: Callable[[list[Ref]], list[Got]], some: list[Ref]) -> Job[Got]:
        return Job(partial(self._halved, work, some, lambda ref: ref))

    def _file_jobs(self, some: list[Ref]) -> Iterator[Job[Got]]:
        """Yield a job for each attachment, now that they are looked up together."""
        try:
            looked_up = self._files.look_up(some)
        except ConnectorError as error:
            if site_is_away(self._session.site, error):
                raise
            if len(some) == 1:
                unread: list[Got] = [Unread(some[0], one_line(error))]
                yield Job(lambda: unread)
                return
            middle = len(some) // 2
            yield from self._file_jobs(some[:middle])
            yield from self._file_jobs(some[middle:])
            return
        for ref, file, page in looked_up:
            size = file.size if file and file.size else 0
            yield Job(partial(self._files.documents, ref, file, page), size)
