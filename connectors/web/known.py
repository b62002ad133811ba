"""What is remembered of one address between crawls, and when nothing was.

Knows nothing of where it is kept.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from typing import Any, Literal

from connectors.web.values import Page, Validators

Kind = Literal["content", "noindex", "other", ""]
"""What its last good answer was: text that may be a document, a page that wants to be in no index,
something without text (a picture, an archive); empty: there was no good answer ever."""

Outcome = Literal["ok", "redirect", "missing", "trouble", "wall", "excluded"]
"""What became of asking for it the last time. `missing`: 404 or 410. `excluded`: robots.txt."""


@dataclass(frozen=True, slots=True)
class Known:
    """One address: what it said when it last said something, and what became of asking since."""

    url: str
    outcome: Outcome = "ok"
    why: str = ""
    """Of the outcome, for people; empty where all is well."""
    target: str | None = None
    """Where a redirect or a refresh leads."""
    permanent: bool = False
    """Of that redirect."""
    kind: Kind = ""
    document: bool = False
    """Whether it was a document at the end of the last crawl that ended."""
    fingerprint: str = ""
    shape: str = ""
    title: str | None = None
    canonical: str | None = None
    packed: bytes = b""
    """Its links; see `links`."""
    media_type: str | None = None
    size: int = 0
    etag: str | None = None
    last_modified: str | None = None
    updated: str | None = None
    """ISO 8601, where the server's date is to be believed."""
    rendered: bool = False
    """Whether a browser drew it: then validators would speak of the empty shell."""
    depth: int = 0
    misses: int = 0
    """In how many crawls in a row it was missing, or led elsewhere."""
    withheld: str = ""
    """Why it is no document although it could be one: a trap, or another address stands for it."""
    crawl: int = 0
    """Number of the crawl that asked for it last."""
    first: int = 0
    """Number of the crawl that asked for it first."""

    @property
    def links(self) -> tuple[str, ...]:
        """Where its links lead."""
        return unpacked(self.packed)

    @property
    def validators(self) -> Validators | None:
        """What spares its body the next time; None where there is nothing of that kind."""
        if self.kind and not self.rendered and (self.etag or self.last_modified):
            return Validators(self.etag, self.last_modified)
        return None

    @property
    def page(self) -> Page:
        """The page as it was, without its links: what traps are told by."""
        return Page(
            title=self.title,
            canonical=self.canonical,
            noindex=self.kind == "noindex",
            fingerprint=self.fingerprint,
            shape=self.shape,
        )


COLUMNS = tuple(field.name for field in fields(Known))


def packed(links: tuple[str, ...]) -> bytes:
    """Return links as they are stored: a page of 200 links takes 2 kB."""
    return zlib.compress("\n".join(links).encode(), 1) if links else b""


def unpacked(links: bytes) -> tuple[str, ...]:
    """Return what `packed` was given."""
    return tuple(zlib.decompress(links).decode().split("\n")) if links else ()


def of_row(row: tuple[Any, ...]) -> Known:
    """Return what a row of the columns in `COLUMNS` says."""
    told = dict(zip(COLUMNS, row, strict=True))
    for flag in ("permanent", "document", "rendered"):
        told[flag] = bool(told[flag])
    return Known(**told)


def row_of(known: Known) -> tuple[Any, ...]:
    """Return the values of `COLUMNS`."""
    return tuple(getattr(known, name) for name in COLUMNS)
