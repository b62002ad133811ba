"""What is handed over of a page: its storage format, with all that its markup only names.

The markup of a page names people by account ids and other pages by titles. Whoever takes the text
out of it (`ingest.extract.confluence`) asks no site, so that what the names mean comes along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

MEDIA_TYPE = "application/vnd.kurage.confluence+json"
"""Of `Storage.to_bytes`: ours, no service's."""

Edition = Literal["cloud", "data-center"]


def include_key(space: str, title: str) -> str:
    """Return the key of an included page in `Storage.included`; `space` is "" for the page's own.

    Both as the markup has them.
    """
    return f"{space}:{title}"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment of a thread."""

    author: str
    """As people know them; empty where the site does not say."""
    when: str
    """ISO 8601, with its offset; empty where the site does not say."""
    storage: str
    quoted: str = ""
    """The words of the page beside which an inline comment stands."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A page, a blog post, or a thread of comments."""

    edition: Edition
    """How the site makes anchors of headings."""
    title: str
    """Of the page, also for a thread under it."""
    storage: str = ""
    """Storage format, an XML fragment; empty for a thread."""
    users: Mapping[str, str] = field(default_factory=dict)
    """Display names by account id, user key or user name; one that is missing is left out."""
    included: Mapping[str, str | None] = field(default_factory=dict)
    """Storage format of included pages by `include_key`, included ones of theirs too; None: it
    must not be shown to all readers of this page, or there is no such page."""
    comments: tuple[Comment, ...] = ()
    """Of a thread: the first one, then its replies in order of time."""

    def to_bytes(self) -> bytes:
        """Return it as the body of a document, UTF-8 JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Storage:
        """Return what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            read: dict[str, Any] = json.loads(body)
            comments = tuple(Comment(**comment) for comment in read.pop("comments"))
            return cls(**read, comments=comments)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no page of Confluence: {error}") from error
