"""What one run knows of a site: who is who, who may read what, what was listed.

Makes refs of contents; a listing of everything and a window of changes show the same of each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from connectors.base import ConnectorError, Readers, Ref
from connectors.confluence import cql, layers, refs
from connectors.confluence.access import Access
from connectors.confluence.includes import Includes
from connectors.confluence.known import Known
from connectors.confluence.memory import Memory
from connectors.confluence.page import Page
from connectors.confluence.people import People
from connectors.confluence.scope import BATCH, Scope, Selection, batches
from connectors.confluence.threads import Thread
from connectors.confluence.trouble import ends_everything
from connectors.confluence.values import Content, Site


class Session:
    """One run over a site; threads may share it, once the listing is through."""

    def __init__(
        self,
        site: Site,
        scope: Scope,
        memory: Memory,
        *,
        readers: Collection[str],
        licensed_groups: Collection[str],
        everyone_licensed: bool = False,
        fresh: bool = False,
    ) -> None:
        """`fresh`: also what people are called is asked for now."""
        self.site = site
        self.scope = scope
        self.memory = memory
        self.selection = Selection(site, scope)
        self.people = People(site, None if fresh else memory)
        self.known = Known()
        self.listed = False
        """Whether everything was listed, so that every group that matters was named."""
        self.fallback = frozenset(readers)
        self._licensed_groups = licensed_groups
        self._everyone_licensed = everyone_licensed

    @cached_property
    def access(self) -> Access:
        """Who may read what."""
        return Access(
            self.site,
            self.people,
            self.selection.seen,
            fallback=self.fallback,
            licensed_groups=self._licensed_groups,
            everyone_licensed=self._everyone_licensed,
        )

    @cached_property
    def includes(self) -> Includes:
        """The pages within pages."""
        return Includes(self.site, self.access, self.selection, self.known, self.memory)

    def by_ids(
        self, ids: Iterable[str], *, body: bool = False, restrictions: bool = False
    ) -> Iterator[Content]:
        """Yield those of these contents that are current, of whatever kind."""
        for some in batches(ids, BATCH):
            query = cql.among("id", some)
            for content in self.site.search(query, body=body, restrictions=restrictions):
                if restrictions:
                    self.access.learn([content])
                yield content

    def on_pages(self, kind: str, pages: Iterable[str], *, body: bool = False) -> Iterator[Content]:
        """Yield the comments or attachments of these pages."""
        for some in batches(pages, BATCH):
            query = cql.both(f"type = {kind}", cql.among("container", some))
            yield from self.site.search(query, body=body)

    def readers(self, page: Page | Content) -> Readers | str:
        """Return who may read a page, or why that can not be known.

        Raises only where nothing can be asked for any more.
        """
        try:
            return self.access.readers(page)
        except ConnectorError as error:
            if ends_everything(error):
                raise
            return str(error)

    # Refs

    def page_ref(self, page: Page) -> Ref:
        """Return the ref of a page, and keep what is known of it."""
        readers = self.readers(page)
        self.known.note(page.id, "page", None, readers)
        names = self.includes.names(page.id)
        mark = self.includes.mark(names, None if isinstance(readers, str) else readers)
        return Ref(
            page.id, page.version + mark, readers_version(readers), refs.printable(page.title)
        )

    def thread_ref(self, thread: Thread, page: Page | Content) -> Ref:
        """Return the ref of a thread of comments on a page."""
        readers = self.readers(page)
        self.known.note(thread.id, "thread", page.id, readers)
        return Ref(
            thread.id,
            thread.version(page.title, page.space),
            readers_version(readers),
            refs.below(page.title, "comment"),
        )

    def attachment_ref(self, file: Content, page: Page | Content) -> Ref:
        """Return the ref of an attachment of a page."""
        readers = self.readers(page)
        self.known.note(file.id, "attachment", page.id, readers)
        return Ref(
            file.id,
            refs.version(file),
            readers_version(readers),
            refs.below(page.title, file.title),
            file.media_type,
            file.size,
        )

    def wants(self, file: Content) -> bool:
        """Tell whether an attachment is a document."""
        return self.scope.attachments and not refs.is_picture(file)


def readers_version(readers: Readers | str) -> str:
    """Return the version of readers, or of their being unknown."""
    return layers.UNREADABLE if isinstance(readers, str) else layers.version(readers)
