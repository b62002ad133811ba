"""What is indexed now, a line a source: for 使い方, the home tab and `kurage chat`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.runs import latest_runs

if TYPE_CHECKING:
    from ingest.index import Index
    from ingest.state import State


@dataclass(frozen=True, slots=True)
class IndexedSource:
    """A source as people see it."""

    name: str
    documents: int
    synced: datetime | None
    """When the last sync began; None: never."""


ListIndexed = Callable[[], Sequence[IndexedSource]]
"""Blocks for a few milliseconds: call it in a thread."""


def indexed(state: State, index: Index) -> list[IndexedSource]:
    """Return what each source holds. Raises `SearchIndexError` and `StateError`."""
    found = []
    for source in state.sources():
        documents, _ = index.count(source.name)
        runs = latest_runs(state, source.name)
        found.append(IndexedSource(source.name, documents, runs[0].started if runs else None))
    return found
