"""A page as a listing keeps it: little, for there may be a million. Knows nothing of requests."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.confluence import refs
from connectors.confluence.values import Content


@dataclass(frozen=True, slots=True)
class Page:
    """A page or blog post."""

    id: str
    space: str
    title: str
    version: str
    """Without the pages that it includes."""
    ancestors: tuple[str, ...]

    @classmethod
    def of(cls, content: Content, shared: dict[tuple[str, ...], tuple[str, ...]]) -> Page:
        """Return what is kept of a content; `shared` has pages beside each other share a tuple."""
        ancestors = shared.setdefault(content.ancestors, content.ancestors)
        return cls(content.id, content.space, content.title, refs.version(content), ancestors)
