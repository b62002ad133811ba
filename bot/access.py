"""Who is asking, and which reader sets they satisfy.

Knows nothing of questions and answers. What can not be decided is refused: an asker without
principals reads nothing, a reader set that is not known yet is nobody's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Protocol

from connectors.base import ANYONE

# New reader sets come with a sync, at most this much later they can be searched (seconds). The sets
# themselves never change, so a stale cache hides documents and never shows them.
_FRESH = 2.0


class ReaderSets(Protocol):
    """Where the distinct values of `Document.readers` are kept, each under a small integer."""

    def reader_set_ids(self, principals: frozenset[str]) -> frozenset[int]:
        """Return the ids of the sets that have one of the principals in every layer."""
        ...


def person(email: str, groups: Collection[str] = ()) -> frozenset[str]:
    """Return the principals of a member of the organisation, known by e-mail address."""
    address = email.strip().lower()
    domain = address.rpartition("@")[2]
    return frozenset({ANYONE, f"user:{address}", f"domain:{domain}", *groups})


def asker(platform: str, user: str) -> frozenset[str]:  # noqa: ARG001 - nobody is known yet
    """Return the principals of somebody on a chat platform.

    Until people of a platform are linked to those of the organisation, everybody reads what
    everyone may read, and nothing else.
    """
    return frozenset({ANYONE})


class ReaderFilter:
    """Answers which reader sets somebody satisfies, from memory where it was asked just now."""

    def __init__(self, reader_sets: ReaderSets) -> None:
        self._reader_sets = reader_sets
        self._lock = threading.Lock()
        self._known: dict[frozenset[str], frozenset[int]] = {}
        self._since = 0.0

    def allowed(self, principals: frozenset[str]) -> frozenset[int]:
        """Return the ids of the reader sets that these principals satisfy; may be empty."""
        now = time.monotonic()
        with self._lock:
            if now - self._since > _FRESH:
                self._known.clear()
                self._since = now
            found = self._known.get(principals)
        if found is None:
            found = self._reader_sets.reader_set_ids(principals)
            with self._lock:
                self._known[principals] = found
        return found
