"""Attachments as documents: their own bytes, and the readers of the page that they are on."""

from __future__ import annotations

from connectors.base import ConnectorError, Document, Ref, Unread
from connectors.confluence import refs
from connectors.confluence.fetching import reasons
from connectors.confluence.session import Session
from connectors.confluence.trouble import one_line, site_is_away
from connectors.confluence.values import Content


class Files:
    """Fetches attachments."""

    def __init__(self, session: Session, max_bytes: int) -> None:
        self._session = session
        self._max_bytes = max_bytes

    def look_up(self, some: list[Ref]) -> list[tuple[Ref, Content | None, Content | None]]:
        """Return each attachment with its page, as they are now; None: not seen, or left out."""
        session = self._session
        files = {one.id: one for one in session.by_ids([ref.id for ref in some])}
        on = {one.container for one in files.values() if one.container}
        pages = session.selection.select(list(session.by_ids(on, restrictions=True)))
        session.access.prepare(list(pages.values()))
        found = ((ref, files.get(ref.id)) for ref in some)
        return [(ref, file, pages.get((file and file.container) or "")) for ref, file in found]

    def documents(
        self, ref: Ref, file: Content | None, page: Content | None
    ) -> list[Document | Unread]:
        """Return the one document, or why it can not be fetched."""
        session = self._session
        if file is None or page is None:
            return [Unread(ref, reasons.NO_MORE)]
        readers = session.readers(page)
        if isinstance(readers, str):
            return [Unread(ref, readers)]
        if file.size is not None and file.size > self._max_bytes:
            return [Unread(ref, reasons.too_large(file.size, self._max_bytes))]
        try:
            body = session.site.download(file, max_bytes=self._max_bytes)
        except ConnectorError as error:
            if site_is_away(session.site, error):
                raise
            return [Unread(ref, one_line(error))]
        return [
            Document(
                ref=session.attachment_ref(file, page),
                title=refs.titled(file.title),
                url=file.url,
                body=body,
                media_type=file.media_type,
                readers=readers,
                updated=file.updated,
            )
        ]
