"""Threads of comments as documents: the first comment and its replies, under their page's title."""

from __future__ import annotations

from connectors.base import Document, Ref, Unread
from connectors.confluence import macros, refs
from connectors.confluence.fetching import reasons
from connectors.confluence.session import Session
from connectors.confluence.storage import MEDIA_TYPE, Comment, Storage
from connectors.confluence.threads import Threads, root
from connectors.confluence.values import Content


class ThreadDocuments:
    """Fetches threads: all comments of their pages at once, for a site has no question for one."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._max_bytes = max_bytes

    def documents(self, some: list[Ref]) -> list[Document | Unread]:
        """Return the threads, or why they can not be fetched."""
        session = self._session
        on = self._pages_of(some)
        pages = session.selection.select(
            list(session.by_ids(dict.fromkeys(on.values()), restrictions=True))
        )
        session.access.prepare(list(pages.values()))
        wanted = {ref.id for ref in some}
        comments: dict[str, list[Content]] = {first: [] for first in wanted}
        for comment in session.on_pages("comment", pages, body=True):
            if root(comment) in wanted:
                comments[root(comment)].append(comment)
        everybody = [one for members in comments.values() for one in members]
        session.people.names(_mentioned(everybody))
        return [
            self._document(ref, pages.get(on.get(ref.id, "")), comments[ref.id]) for ref in some
        ]

    def _pages_of(self, some: list[Ref]) -> dict[str, str]:
        """Return the id of each thread's page."""
        found = {
            ref.id: entry.page
            for ref in some
            if (entry := self._session.known.get(ref.id)) and entry.page
        }
        unlisted = [ref.id for ref in some if ref.id not in found]
        for first in self._session.by_ids(unlisted):
            if first.container:
                found[first.id] = first.container
        return found

    def _document(
        self, ref: Ref, page: Content | None, comments: list[Content]
    ) -> Document | Unread:
        session = self._session
        thread = Threads(comments).get(ref.id)
        if page is None or thread is None:
            return Unread(ref, reasons.NO_MORE)
        if thread.resolved:
            return Unread(ref, reasons.RESOLVED)
        readers = session.readers(page)
        if isinstance(readers, str):
            return Unread(ref, readers)
        # Ids are given in order of time; a reply that was edited stays where it was.
        comments.sort(key=lambda one: (one.id != ref.id, len(one.id), one.id))
        body = Storage(
            edition=session.site.edition,
            title=refs.shortened(page.title),
            users=session.people.names(_mentioned(comments)),
            comments=tuple(map(_comment, comments)),
        ).to_bytes()
        if len(body) > self._max_bytes:
            return Unread(ref, reasons.too_large(len(body), self._max_bytes))
        return Document(
            ref=session.thread_ref(thread, page),
            title=refs.titled(page.title),
            url=thread.url,
            body=body,
            media_type=MEDIA_TYPE,
            readers=readers,
            updated=max((one.updated for one in comments if one.updated), default=None),
        )


def _mentioned(comments: list[Content]) -> set[str]:
    return set().union(*(macros.people(one.storage or "") for one in comments))


def _comment(comment: Content) -> Comment:
    when = comment.updated.isoformat() if comment.updated else ""
    return Comment(comment.author, when, comment.storage or "", comment.quoted)
