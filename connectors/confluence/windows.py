"""What changed within the last minutes: pages, comments and attachments, each asked for apart.

A comment does not change its page's date, nor does an attachment; so that each has a window of its
own. Costs grow with the changes, not with the site. Deletions, restrictions and labels change no
date: they are left to the full listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from connectors.base import ConnectorError, Gone, Ref
from connectors.confluence import cql
from connectors.confluence.page import Page
from connectors.confluence.scope import BATCH, batches
from connectors.confluence.session import Session
from connectors.confluence.threads import Threads
from connectors.confluence.trouble import one_line, site_is_away
from connectors.confluence.values import Content

_SPACES = 20
"""Spaces a query; where it fails, each is asked for alone."""
_IN_ORDER = " order by lastmodified asc"
"""What changes while it is listed comes again at the end, and hides nothing."""

_Phase = Callable[[str], Iterator[Ref | Gone]]


class Window:
    """What changed within a time. Each ref is what a full listing would show of the document."""

    def __init__(self, session: Session, minutes: int) -> None:
        self._session = session
        self._selection = session.selection
        self._since = cql.changed_within(minutes)
        self._pages: dict[str, Page | None] = {}
        """Those that were looked at, by id; None: not in scope."""
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._changed: list[Page] = []
        self._told: set[str] = set()

    def refs(self) -> Iterator[Ref | Gone]:
        """Yield what changed, and what is no document any more as far as that shows.

        Raises `ConnectorError` at the end where something could not be asked for, or at once where
        nothing more can be.
        """
        scope = self._session.scope
        problems = list(self._selection.problems)
        phases: list[_Phase] = [self._changed_pages]
        phases += [self._changed_comments] if scope.comments else []
        phases += [self._changed_attachments] if scope.attachments else []
        for phase in phases:
            for spaces in batches(self._selection.spaces, _SPACES):
                yield from self._each(phase, spaces, problems)
        yield from self._including()
        if problems:
            raise ConnectorError(" ".join(problems))

    def _each(self, phase: _Phase, spaces: list[str], problems: list[str]) -> Iterator[Ref | Gone]:
        try:
            yield from phase(cql.among("space", spaces))
        except ConnectorError as error:
            if site_is_away(self._session.site, error):
                raise
            if len(spaces) > 1:
                for space in spaces:
                    yield from self._each(phase, [space], problems)
            else:
                problems.append(
                    f"The changes in the space {spaces[0]} can not be listed: {one_line(error)}."
                )

    def _changed_pages(self, here: str) -> Iterator[Ref | Gone]:
        query = cql.both(here, self._selection.types, self._since) + _IN_ORDER
        found = self._session.site.search(query, restrictions=True)
        for some in batches(found, BATCH):
            pages = self._look_at(some)
            self._changed += pages
            # It was edited, so that it is seen; and it is in scope no more.
            yield from (Gone(page.id) for page in some if self._pages[page.id] is None)
            yield from self._page_refs(pages)
            # A thread has its page's title, an attachment its page's address.
            yield from self._threads(page.id for page in pages)
            if self._session.scope.attachments:
                on_them = self._session.on_pages("attachment", [page.id for page in pages])
                yield from self._attachments(on_them)

    def _changed_comments(self, here: str) -> Iterator[Ref | Gone]:
        query = cql.both(here, "type = comment", self._since) + _IN_ORDER
        for some in batches(self._session.site.search(query), BATCH):
            pages = {comment.container: None for comment in some if comment.container}
            changed = {page.id for page in self._changed}
            yield from self._threads(page for page in pages if page not in changed)

    def _changed_attachments(self, here: str) -> Iterator[Ref | Gone]:
        query = cql.both(here, "type = attachment", self._since) + _IN_ORDER
        for some in batches(self._session.site.search(query), BATCH):
            yield from self._attachments(some)

    def _including(self) -> Iterator[Ref]:
        """Yield the pages that include one that changed."""
        hosts = self._session.includes.hosts(self._changed) - self._told
        self._look_up(hosts)
        yield from self._page_refs([page for one in sorted(hosts) if (page := self._pages[one])])

    def _page_refs(self, pages: list[Page]) -> Iterator[Ref]:
        includes = self._session.includes
        includes.resolve([name for page in pages for name in includes.names(page.id)])
        for page in pages:
            self._told.add(page.id)
            yield self._session.page_ref(page)

    def _threads(self, pages: Iterable[str]) -> Iterator[Ref | Gone]:
        if not self._session.scope.comments:
            return
        wanted = list(pages)
        self._look_up(wanted)
        mine = [page for page in wanted if self._pages[page]]
        for thread in Threads(self._session.on_pages("comment", mine)):
            page = self._pages.get(thread.page)
            if thread.resolved:
                yield Gone(thread.id)
            elif page is not None:
                yield self._session.thread_ref(thread, page)

    def _attachments(self, files: Iterable[Content]) -> Iterator[Ref | Gone]:
        wanted = [file for file in files if self._session.wants(file) and file.container]
        self._look_up(file.container or "" for file in wanted)
        for file in wanted:
            if page := self._pages[file.container or ""]:
                yield self._session.attachment_ref(file, page)

    def _look_up(self, ids: Iterable[str]) -> None:
        missing = [one for one in dict.fromkeys(ids) if one not in self._pages]
        self._look_at(self._session.by_ids(missing, restrictions=True))
        for one in missing:
            self._pages.setdefault(one, None)

    def _look_at(self, contents: Iterable[Content]) -> list[Page]:
        """Take note of pages, and return those in scope."""
        seen = list(contents)
        access = self._session.access
        chosen = self._selection.select(seen)
        access.learn(chosen.values())
        access.prepare(list(chosen.values()))
        pages = [Page.of(content, self._shared) for content in chosen.values()]
        self._pages.update(dict.fromkeys((content.id for content in seen), None))
        self._pages.update({page.id: page for page in pages})
        return pages
