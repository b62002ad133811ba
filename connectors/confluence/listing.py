"""Everything that a scope selects: pages and blog posts, threads of comments, attachments.

Space by space, each in two passes: a page may be listed before what it stands under, whose
restrictions are its own. A space that fails does not keep the others from being listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.base import ConnectorError, Ref
from connectors.confluence import cql
from connectors.confluence.page import Page
from connectors.confluence.session import Session
from connectors.confluence.threads import Threads
from connectors.confluence.trouble import one_line, site_is_away
from connectors.confluence.values import Content, Space

_IN_ORDER = " order by created asc"
"""What is written while it is listed comes at the end, and moves nothing to another page of
results."""


class FullListing:
    """One listing of everything."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._site = session.site
        self._selection = session.selection
        self._hosts: list[Page] = []
        """Pages that include others: their versions hang on pages that may be listed later."""

    def refs(self) -> Iterator[Ref]:
        """Yield every document once.

        Raises `ConnectorError` at the end where something could not be listed, or at once where
        nothing more can be.
        """
        session = self._session
        problems = list(self._selection.problems)
        session.includes.recall()
        for space in self._selection.spaces.values():
            try:
                yield from self._space(space)
            except ConnectorError as error:
                if site_is_away(self._site, error):
                    raise
                problems.append(f"The space {space.key} can not be listed: {one_line(error)}.")
        names = [name for host in self._hosts for name in session.includes.names(host.id)]
        session.includes.resolve(names)
        for host in self._hosts:
            yield session.page_ref(host)
        if problems:
            raise ConnectorError(" ".join(problems))
        session.includes.forget()
        session.listed = True

    def _space(self, space: Space) -> Iterator[Ref]:
        session, access = self._session, self._session.access
        pages: dict[str, Page] = {}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        here = f"space = {cql.text(space.key)}"
        query = cql.both(here, self._selection.types, self._selection.narrowing) + _IN_ORDER
        for content in self._site.search(query, restrictions=True):
            # What was moved here while it was listed there counts where it was.
            if not self._selection.excluded(content) and content.id not in session.known:
                access.learn([content])
                pages[content.id] = Page.of(content, shared)
        access.prepare(pages.values())
        for page in pages.values():
            session.includes.offer(page)
            session.known.note(page.id, "page", None, session.readers(page))
            if session.includes.names(page.id):
                self._hosts.append(page)
            else:
                yield session.page_ref(page)
        if not self._selection.narrowing:
            session.includes.offered_all(space.key)
        if session.scope.comments and pages:
            yield from self._threads(here, pages)
        if session.scope.attachments and pages:
            for file in self._contained("attachment", here, pages):
                if session.wants(file) and file.id not in session.known:
                    yield session.attachment_ref(file, pages[file.container or ""])

    def _threads(self, here: str, pages: Mapping[str, Page]) -> Iterator[Ref]:
        for thread in Threads(self._contained("comment", here, pages)):
            if not thread.resolved and thread.id not in self._session.known:
                yield self._session.thread_ref(thread, pages[thread.page])

    def _contained(self, kind: str, here: str, pages: Mapping[str, Page]) -> Iterator[Content]:
        """Yield the comments or attachments of these pages."""
        if self._selection.narrowing:  # they may be few of many
            found = self._session.on_pages(kind, pages)
        else:
            found = self._site.search(cql.both(here, f"type = {kind}") + _IN_ORDER)
        return (content for content in found if content.container in pages)
