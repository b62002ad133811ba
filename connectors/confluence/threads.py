"""Threads of comments: which comments belong together, and at which version they are.

Knows nothing of requests and readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.confluence import refs
from connectors.confluence.values import Content


def root(comment: Content) -> str:
    """Return the id of the first comment of the thread that a comment is in."""
    return comment.ancestors[0] if comment.ancestors else comment.id


@dataclass(slots=True)
class Thread:
    """The comments under one, as far as they were seen."""

    id: str
    page: str = ""
    url: str = ""
    """Of the first comment; empty as long as it was not seen."""
    resolved: bool = False
    state: int = 0
    """Sum of digests of its comments, in whatever order they come."""

    def version(self, title: str, space: str) -> str:
        """Return its version under a page of this title in this space."""
        return f"{self.state:016x}-{refs.stamp(title, space, self.url)}"


class Threads:
    """The threads that some comments make. One without its first comment is none."""

    def __init__(self, comments: Iterable[Content] = ()) -> None:
        self._threads: dict[str, Thread] = {}
        for comment in comments:
            self.add(comment)

    def add(self, comment: Content) -> None:
        """Take in a comment."""
        first = root(comment)
        thread = self._threads.setdefault(first, Thread(first))
        if comment.id == first:
            thread.page, thread.url = comment.container or "", comment.url
            thread.resolved = comment.resolved
        digest = hashlib.blake2b(f"{comment.id}:{comment.version}".encode(), digest_size=8)
        thread.state = (thread.state + int.from_bytes(digest.digest())) % 2**64

    def __iter__(self) -> Iterator[Thread]:
        return (thread for thread in self._threads.values() if thread.url)

    def get(self, first: str) -> Thread | None:
        """Return the thread that begins with this comment."""
        thread = self._threads.get(first)
        return thread if thread and thread.url else None
