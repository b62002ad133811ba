"""The search index: what it holds of a content, and when it learns of a change.

The service writes a content into its database at once and into its index a while later, so that a
search shows an older state than a request by id. Knows nothing of queries.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from rigs.confluence.clock import Clock
from rigs.confluence.records import Content, Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One content as the index holds it."""

    id: str
    number: int
    """Of the id."""
    kind: Kind
    space: str
    title: str
    labels: frozenset[str]
    created: float
    updated: float
    author: str
    container: str | None
    text: str
    """Storage format."""


class Index:
    """The entries; changes come in after the lag, in seconds of the service's clock."""

    def __init__(self, clock: Clock, lag: float) -> None:
        self.lag = lag
        self.entries: dict[str, Entry] = {}
        self.by_space: defaultdict[str, set[str]] = defaultdict(set)
        self.by_container: defaultdict[str, set[str]] = defaultdict(set)
        self.by_title: defaultdict[str, set[str]] = defaultdict(set)
        """In small letters."""
        self.revision = 0
        self._clock = clock
        self._waiting: deque[tuple[float, str, Entry | None]] = deque()

    def changed(self, content: Content, *, present: bool) -> None:
        """Take note of a content's new state; without `present` it is found no more."""
        entry = _entry(content) if present else None
        if self.lag > 0:
            self._waiting.append((self._clock.elapsed() + self.lag, content.id, entry))
        else:
            self._put(content.id, entry)

    def catch_up(self) -> None:
        """Take in what is due."""
        now = self._clock.elapsed()
        while self._waiting and (self._waiting[0][0] <= now or self.lag <= 0):
            _, content_id, entry = self._waiting.popleft()
            self._put(content_id, entry)

    def settle(self) -> None:
        """Take in everything at once."""
        while self._waiting:
            _, content_id, entry = self._waiting.popleft()
            self._put(content_id, entry)

    def _put(self, content_id: str, entry: Entry | None) -> None:
        self.revision += 1
        old = self.entries.pop(content_id, None)
        if old:
            self.by_space[old.space].discard(content_id)
            self.by_container[old.container or ""].discard(content_id)
            self.by_title[old.title.lower()].discard(content_id)
        if entry:
            self.entries[content_id] = entry
            self.by_space[entry.space].add(content_id)
            self.by_title[entry.title.lower()].add(content_id)
            if entry.container:
                self.by_container[entry.container].add(content_id)


def _entry(content: Content) -> Entry:
    return Entry(
        content.id,
        int(content.id.removeprefix("att")),
        content.kind,
        content.space,
        content.title,
        frozenset(content.labels),
        content.created,
        content.updated,
        content.author,
        content.container,
        content.body,
    )
