"""Pages and blog posts as documents: their storage format, with all that it only names."""

from __future__ import annotations

from connectors.base import Document, Readers, Ref, Unread
from connectors.confluence import macros, refs
from connectors.confluence.fetching import reasons
from connectors.confluence.includes import Expanded
from connectors.confluence.page import Page
from connectors.confluence.session import Session
from connectors.confluence.storage import MEDIA_TYPE, Storage
from connectors.confluence.values import Content


class Pages:
    """Fetches pages and blog posts."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._max_bytes = max_bytes

    def documents(self, some: list[Ref]) -> tuple[list[Document | Unread], dict[str, list[Ref]]]:
        """Return the pages, or why they can not be fetched; and by kind what are no pages."""
        session = self._session
        found = {
            content.id: content
            for content in session.by_ids([ref.id for ref in some], body=True, restrictions=True)
        }
        # What nobody listed in this run may have left the scope since it was listed last.
        strange = [content for one, content in found.items() if one not in session.known]
        pages = {one: content for one, content in found.items() if one in session.known}
        pages |= session.selection.select(strange)
        got: list[Document | Unread] = []
        others: dict[str, list[Ref]] = {}
        ready: list[tuple[Ref, Content, Readers]] = []
        session.access.prepare(list(pages.values()))
        for ref in some:
            content = found.get(ref.id)
            if content is not None and content.kind in {"comment", "attachment"}:
                others.setdefault(content.kind, []).append(ref)
                continue
            reason, readers = self._look_at(pages.get(ref.id))
            if reason:
                got.append(Unread(ref, reason))
            else:
                ready.append((ref, pages[ref.id], readers))
        expanded = session.includes.expand([(page, readers) for _, page, readers in ready])
        people = {page.id: _mentioned(page, expanded[page.id]) for _, page, _ in ready}
        session.people.names(set().union(*people.values()))
        for ref, page, readers in ready:
            got.append(self._document(ref, page, readers, expanded[page.id], people[page.id]))
        return got, others

    def _look_at(self, page: Content | None) -> tuple[str, Readers]:
        """Return why a page can not be a document, or who may read it."""
        if page is None:
            return reasons.NO_MORE, ()
        readers = self._session.readers(page)
        if isinstance(readers, str):
            return readers, ()
        if page.storage is None:
            return reasons.NO_BODY, ()
        if len(page.storage) > self._max_bytes:
            return reasons.too_large(len(page.storage), self._max_bytes), ()
        return "", readers

    def _document(
        self, ref: Ref, page: Content, readers: Readers, expanded: Expanded, people: set[str]
    ) -> Document | Unread:
        session = self._session
        body = Storage(
            edition=session.site.edition,
            title=refs.shortened(page.title),
            storage=page.storage or "",
            users=session.people.names(people),
            included=expanded.included,
        ).to_bytes()
        if len(body) > self._max_bytes:
            return Unread(ref, reasons.too_large(len(body), self._max_bytes))
        return Document(
            ref=session.page_ref(Page.of(page, {})),
            title=refs.titled(page.title),
            url=page.url,
            body=body,
            media_type=MEDIA_TYPE,
            readers=readers,
            updated=page.updated,
        )


def _mentioned(page: Content, expanded: Expanded) -> set[str]:
    bodies = [page.storage or "", *filter(None, expanded.included.values())]
    return set().union(*map(macros.people, bodies))
