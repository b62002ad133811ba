"""What extraction emits: blocks of text that a reader of the document sees, in reading order.

Knows nothing of media types; the modules beside this one do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

Kind = Literal["paragraph", "list", "table", "code"]


class ExtractError(Exception):
    """The bytes of one document can not be read as text; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text under one heading that one link can lead to."""

    text: str
    """Never empty, without trailing blanks. A table has one row a line, cells joined by ` | `."""
    kind: Kind
    headings: tuple[str, ...] = ()
    """The path of headings above it, outermost first; sheet or slide titles count as headings."""
    anchor: str = ""
    """The fragment of a link to it, without `#`: a heading's slug or id, `page=3`, `slide=7`,
    `sheet=旅費&range=A1:C12`; empty for the top of the document."""
    header_rows: int = 0
    """Tables: how many of the first lines are header, repeated when the table is split."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document's text and what it says of itself."""

    blocks: tuple[Block, ...]
    title: str | None = None
    updated: datetime | None = None
    """As the file's own metadata tells (front matter, document properties); timezone-aware."""
    owner: str | None = None
    warnings: tuple[str, ...] = ()
    """What could not be read although the rest could, each a sentence for the report of a sync."""
    metadata: dict[str, str] = field(default_factory=dict)
    """Front matter and properties that have no field of their own; not indexed as text."""
    titled_inside: bool = False
    """Whether the title is text that the document shows and that stands in none of the blocks."""

    def called(self, title: str) -> tuple[Block, ...]:
        """Return the blocks of the document under a title that its source may have chosen.

        A file `規程_v3.docx` shows a title of its own: its words stand above the text then.
        """
        own = self.title
        if not (self.titled_inside and own) or own in title:
            return self.blocks
        return tuple(replace(block, headings=(own, *block.headings)) for block in self.blocks)
