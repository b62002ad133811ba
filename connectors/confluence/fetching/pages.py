"""Pages and blog posts as documents: their storage format, with all that it only names."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.base import Document, Readers, Ref, Unread
from connectors.confluence import macros, refs
from connectors.confluence.fetching import reasons
from connectors.confluence.includes import Expanded
from connectors.confluence.page import Page
from connectors.confluence.session import Session
from connectors.confluence.storage import MEDIA_TYPE, Storage
from connectors.confluence.values import Content


@dataclass(frozen=True, slots=True)
class Ready:
    """A page whose body is there, and that may be shown to these readers."""

    ref: Ref
    page: Content
    readers: Readers

    @property
    def includes(self) -> bool:
        """Whether other pages' bodies are needed as well."""
        return bool(macros.included(self.page.storage or ""))


@dataclass(slots=True)
class Looked:
    """What became of some refs."""

    ready: list[Ready] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    others: dict[str, list[Ref]] = field(default_factory=dict)
    """By kind, what turned out to be no pages."""


class Pages:
    """Fetches pages and blog posts."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._max_bytes = max_bytes

    def look(self, some: list[Ref]) -> Looked:
        """Return these pages with their bodies, or why they can not be fetched."""
        session = self._session
        found = {
            ref.id: content
            for ref in some
            if (content := session.includes.kept(ref.id, ref.version))
        }
        session.access.learn(found.values())
        missing = [ref.id for ref in some if ref.id not in found]
        asked = session.by_ids(missing, body=True, restrictions=True)
        found |= {content.id: content for content in asked}
        session.includes.keep(one for one in found.values() if one.storage is not None)
        # What nobody listed in this run may have left the scope since it was listed last.
        strange = [content for one, content in found.items() if one not in session.known]
        pages = {one: content for one, content in found.items() if one in session.known}
        pages |= session.selection.select(strange)
        session.access.prepare(list(pages.values()))
        looked = Looked()
        for ref in some:
            content = found.get(ref.id)
            if content is not None and content.kind in {"comment", "attachment"}:
                looked.others.setdefault(content.kind, []).append(ref)
                continue
            reason, readers = self._look_at(pages.get(ref.id))
            if reason:
                looked.unread.append(Unread(ref, reason))
            else:
                looked.ready.append(Ready(ref, pages[ref.id], readers))
        return looked

    def documents(self, some: list[Ready]) -> list[Document | Unread]:
        """Return the documents, with the pages that they include and the people they mention."""
        session = self._session
        expanded = session.includes.expand([(one.page, one.readers) for one in some])
        people = {one.ref.id: _mentioned(one.page, expanded[one.page.id]) for one in some}
        session.people.names(set().union(*people.values()))
        return [self._document(one, expanded[one.page.id], people[one.ref.id]) for one in some]

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

    def _document(self, ready: Ready, expanded: Expanded, people: set[str]) -> Document | Unread:
        session, page = self._session, ready.page
        body = Storage(
            edition=session.site.edition,
            title=refs.shortened(page.title),
            storage=page.storage or "",
            users=session.people.names(people),
            included=expanded.included,
        ).to_bytes()
        if len(body) > self._max_bytes:
            return Unread(ready.ref, reasons.too_large(len(body), self._max_bytes))
        return Document(
            ref=session.page_ref(Page.of(page, {})),
            title=refs.titled(page.title),
            url=page.url,
            body=body,
            media_type=MEDIA_TYPE,
            readers=ready.readers,
            updated=page.updated,
        )


def _mentioned(page: Content, expanded: Expanded) -> set[str]:
    bodies = [page.storage or "", *filter(None, expanded.included.values())]
    return set().union(*map(macros.people, bodies))
