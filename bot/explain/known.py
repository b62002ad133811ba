"""What is known of a source without asking it: settings, index, failures, tombstones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.app import App
from bot.app.sources import remembered
from bot.settings import Source
from ingest.index import SearchIndexError, StoredVersion
from ingest.state import Failure, Tombstone


@dataclass(frozen=True, slots=True)
class Known:
    """A source with everything that is kept of it."""

    name: str
    kind: str
    location: str
    configured: bool
    """Whether `kurage.toml` names it; else it was ingested by hand."""
    settings: Source | None
    """None: it can not be asked, as nothing says how."""
    held: Mapping[str, StoredVersion]
    failures: Mapping[str, Failure]
    gone: Mapping[str, Tombstone]

    @property
    def ids(self) -> set[str]:
        """Every id that was ever seen of it."""
        return {*self.held, *self.failures, *self.gone}


def known_sources(kurage: App) -> Iterator[Known]:
    """Yield the configured sources, then those that were ingested by hand."""
    configured = kurage.settings.config.sources
    stored = {source.name: source for source in kurage.state.sources()}
    for name in dict.fromkeys([*configured, *stored]):
        settings = configured.get(name) or remembered(stored[name])
        try:
            held = kurage.index.versions(name)
        except SearchIndexError:  # nothing is indexed yet
            held = {}
        yield Known(
            name,
            settings.kind if settings else stored[name].kind,
            kurage.settings.location(settings) if settings else stored[name].location,
            name in configured,
            settings,
            held,
            kurage.state.failures(name),
            kurage.state.tombstones(name),
        )
