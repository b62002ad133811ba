"""Single documents: what an id or an address leads to, and why something is none.

Knows nothing of listings; what it says of a document is what a listing would show of it now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from connectors.base import Ref
from connectors.confluence import addresses, cql
from connectors.confluence.page import Page
from connectors.confluence.scope import batches, find_by_title
from connectors.confluence.session import Session
from connectors.confluence.threads import Threads, root
from connectors.confluence.values import Content

_EXISTS = 100
"""Ids a question whether they exist."""


class Lookup:
    """Looks for single documents in the scope of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._selection = session.selection

    def at(self, url: str) -> Content | None:
        """Return the content at an address that a person copied: a page or a part of it.

        An address of another site, or of none, leads to none.
        """
        session = self._session
        address = addresses.read(url, session.site.host)
        if address is None:
            return None
        if address.comment:
            return self.by_id(address.comment)
        if address.attachment:
            prefix = "att" if session.site.edition == "cloud" else ""
            return self.by_id(prefix + address.attachment)
        page = address.page or find_by_title(session.site, address)
        if page and address.file:
            files = session.on_pages("attachment", [page])
            return next((file for file in files if file.title == address.file), None)
        return self.by_id(page) if page else None

    def by_id(self, content_id: str) -> Content | None:
        """Return a content that is current, with its own restriction."""
        return next(self._session.by_ids([content_id], restrictions=True), None)

    def ref(self, content: Content) -> Ref | None:
        """Return the ref of the document that a content is, or is a part of; None: it is none."""
        session = self._session
        page = self._page(content)
        if page is None or page.id not in self._selection.select([page]):
            return None
        session.access.learn([page])
        session.access.prepare([page])
        if content.kind == "comment":
            thread = Threads(session.on_pages("comment", [page.id])).get(root(content))
            shown = session.scope.comments and thread is not None and not thread.resolved
            return session.thread_ref(thread, page) if thread and shown else None
        if content.kind == "attachment":
            return session.attachment_ref(content, page) if session.wants(content) else None
        return session.page_ref(Page.of(content, {}))

    def gone(self, ids: Collection[str]) -> frozenset[str]:
        """Return which of these are documents of this scope no more.

        The site's database says which exist. Those that do are gone only if the search shows them
        and says why they are none: what it does not show, it may not have heard of yet.
        """
        gone: set[str] = set()
        for some in batches(ids, _EXISTS):
            spaces = self._session.site.exists(some)
            gone.update(one for one in some if one not in spaces)
            there = [one for one in some if one in spaces]
            gone.update(self._no_documents(list(self._session.by_ids(there))))
        return frozenset(gone)

    def left_out(self, url: str) -> str | None:
        """Return why an address of this site is no document, one clause; None: nothing is known."""
        if addresses.read(url, self._session.site.host) is None:
            return None
        content = self.at(url)
        page = self._page(content) if content else None
        if content is None or page is None:
            return "nothing is there that the account may see: a draft, in the trash, or restricted"
        reasons = [*self._why_no_page(page), *self._why_no_part(content)]
        return reasons[0] if reasons else None

    def _why_no_part(self, content: Content) -> Iterator[str]:
        scope = self._session.scope
        if content.kind == "comment":
            if not scope.comments:
                yield "`comments` is off"
            elif self.ref(content) is None:
                yield "its thread is resolved"
        if content.kind == "attachment":
            if not scope.attachments:
                yield "`attachments` is off"
            elif not self._session.wants(content):
                yield "it is a picture, a film or a sound"

    def _why_no_page(self, page: Content) -> Iterator[str]:
        selection = self._selection
        space = selection.seen.get(page.space.upper())
        if space is None:
            yield f"its space {page.space} is not seen"
        elif reason := selection.space_left_out(space):
            yield reason
        if page.kind == "blogpost" and not self._session.scope.blogposts:
            yield "`blogposts` is off"
        elif page.kind not in {"page", "blogpost"}:
            yield f"it is a {page.kind}"
        if selection.excluded(page):
            yield "it is in `exclude_pages`, or below a page that is"
        for option, narrowing in selection.parts.items():
            query = cql.both(cql.among("id", [page.id]), narrowing)
            if not list(self._session.site.search(query)):
                yield f"`{option}` does not select it"

    def _page(self, content: Content) -> Content | None:
        """Return the page that a content is or stands on."""
        if content.kind not in {"comment", "attachment"}:
            return content
        return self.by_id(content.container) if content.container else None

    def _no_documents(self, contents: list[Content]) -> set[str]:
        """Return those of these contents that are seen, and are no documents."""
        session = self._session
        on = {one.container for one in contents if one.container}
        pages = {page.id: page for page in contents if page.kind in {"page", "blogpost"}}
        pages |= {page.id: page for page in session.by_ids(on - pages.keys())}
        chosen = self._selection.select(pages.values())
        firsts = {
            one.id: one.container
            for one in contents
            if one.kind == "comment" and one.container in chosen
        }
        threads = Threads(session.on_pages("comment", list(dict.fromkeys(firsts.values()))))
        return {
            one.id
            for one in contents
            if not (one.container and one.container not in pages)  # its page is not shown yet
            and (
                (one.container or one.id) not in chosen
                or (one.kind == "attachment" and not session.wants(one))
                or (one.kind == "comment" and not self._is_thread(one, threads))
            )
        }

    def _is_thread(self, comment: Content, threads: Threads) -> bool:
        if not self._session.scope.comments or root(comment) != comment.id:
            return False
        thread = threads.get(comment.id)
        return thread is None or not thread.resolved  # not shown yet, or open
