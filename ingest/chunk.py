"""Blocks become chunks: by heading, then by Japanese sentence, under a hard ceiling of tokens.

Knows nothing of documents' formats nor of vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.blocks import Kind


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that is found, shown and cited as one."""

    ordinal: int
    """Position in the document, from 0."""
    title: str
    """The document's title: context, not part of `text`."""
    headings: tuple[str, ...]
    """The path of headings above it: context, not part of `text`."""
    text: str
    kind: Kind
    anchor: str
    """Fragment of a link to it, without `#`; empty for the top of the document."""
