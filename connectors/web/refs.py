"""What is told of a page: as a listing shows it, and as a document. Knows nothing of requests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from connectors.base import Document, Readers, Ref
from connectors.web.known import Known

UNREAD = "unread"
"""The version of a page of which nothing could ever be read; fetching it tells why."""
_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of pages for these readers: a site has none of its own."""

    readers: Readers
    readers_version: str

    @classmethod
    def of(cls, principals: Collection[str]) -> Teller:
        """Return it for principals; one layer, or nobody where there are none."""
        layer = frozenset(principals)
        digest = hashlib.sha256("\n".join(sorted(layer)).encode()).hexdigest()
        return cls((layer,) if layer else (), digest[:16])

    def ref(self, known: Known) -> Ref:
        """Return a page as a listing shows it."""
        return Ref(
            id=known.url,
            version=known.fingerprint or UNREAD,
            readers_version=self.readers_version,
            name=name_of(known),
            media_type=known.media_type,
            size=known.size if known.fingerprint else None,
        )

    def document(self, known: Known, body: bytes) -> Document:
        """Return a page with its body. The extractor finds the title, in the right encoding."""
        return Document(
            ref=self.ref(known),
            title=None,
            url=known.url,
            body=body,
            media_type=known.media_type,
            readers=self.readers,
            updated=datetime.fromisoformat(known.updated) if known.updated else None,
        )


def name_of(known: Known) -> str:
    """Return what people know a page by: its title, or the end of its address."""
    title = " ".join((known.title or "").split())
    if not title:
        parts = urlsplit(known.url)
        title = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
    plain = "".join(char if char.isprintable() else " " for char in title).strip()
    return plain[:_NAME] or known.url
