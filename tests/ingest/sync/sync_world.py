"""A source, its index and what SQL remembers of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory_index import MemoryIndex
from pipelines import MemorySource, vector, words

from connectors.base import Readers
from ingest.encode import EncodedQuery
from ingest.prepare import InProcess, Pipeline
from ingest.state import Base, State, open_engine
from ingest.sync import Progress, Report, sync

BOARD: Readers = (frozenset({"group:board"}),)


def new_state() -> State:
    engine = open_engine("sqlite://")
    Base.metadata.create_all(engine)
    return State(engine)


@dataclass
class World:
    """A source, an index of it and what SQL remembers."""

    source: MemorySource = field(default_factory=MemorySource)
    index: MemoryIndex = field(default_factory=MemoryIndex)
    state: State = field(default_factory=new_state)
    pipeline: Pipeline = words
    fingerprint: str = "1"
    spool: Path | None = None

    def sync(self, **options: Any) -> Report:
        prepare = InProcess(self.pipeline, self.fingerprint)
        options.setdefault("spool", self.spool)
        return sync(self.source, self.index, self.state, prepare, source="wiki", **options)

    def die_after(self, documents: int, *, saved: bool = False) -> None:
        """Sync, and be ended when so many documents have been written."""

        def die(progress: Progress) -> None:
            if progress.stage == "read" and progress.done == documents:
                raise KeyboardInterrupt

        with suppress(KeyboardInterrupt):
            self.sync(on_progress=die)
        self.index.crash(saved=saved)

    def let_pauses_pass(self) -> None:
        """Be a day later, as far as the attempts at what failed are concerned."""
        over = datetime.now(UTC) - timedelta(seconds=1)
        failures = self.state.failures("wiki").values()
        self.state.record_failures("wiki", [replace(f, next_attempt=over) for f in failures])

    def texts(self) -> dict[str, str]:
        """Return what a search can find, by document id."""
        return {
            document_id: "\n".join(chunk.text for chunk in stored.chunks)
            for (_, document_id), stored in self.index.published.items()
        }

    def shown(self) -> dict[str, str]:
        """Return what the source shows, by document id."""
        return {identity: page.text for identity, page in self.source.pages.items()}

    def found(self, word: str, *principals: str) -> set[str]:
        """Return the ids of the documents in which somebody finds a word."""
        hits = self.index.search(
            EncodedQuery({"words": vector(word)}),
            readers=self.state.reader_set_ids(principals),
            limit=100,
        )
        return {hit.document.id for hit in hits}
