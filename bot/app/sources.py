"""Sources of the settings: each becomes a connector, and is mirrored under its name.

Knows nothing of what a source is: that is the registry's and the connector's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Unpack
from urllib.parse import urlsplit

from bot.app.registry import CONNECTORS
from bot.settings import (
    ConfluenceSource,
    DriveSource,
    FolderSource,
    SettingsError,
    Source,
    WebSource,
    seconds,
)

if TYPE_CHECKING:
    from bot.app.mirror import Options
    from bot.app.program import App
    from connectors.base import Connector
    from ingest.state import Source as StoredSource
    from ingest.sync import Report


@contextmanager
def connected(kurage: App, source: Source) -> Iterator[Connector]:
    """Yield the connector of a source, which has asked nothing yet; let go of it afterwards.

    Raises `SettingsError` where what it needs is not set, `ConnectorError` where it can not be made
    of its options.
    """
    connector = CONNECTORS[source.kind](source, kurage)
    try:
        yield connector
    finally:
        connector.close()


def sync_source(kurage: App, name: str, source: Source, **options: Unpack[Options]) -> Report:
    """Mirror a source into the index as its settings say, and return what was done."""
    from bot.app.mirror import mirror

    said: Options = {
        "list_every": timedelta(seconds=seconds(source.list_every)),
        "keep_deleted": timedelta(seconds=seconds(source.keep_deleted)),
        "owner": source.owner,
    }
    said.update(options)
    with connected(kurage, source) as connector:
        return mirror(
            kurage,
            name,
            connector,
            kind=source.kind,
            location=kurage.settings.location(source),
            **said,
        )


def ad_hoc_name(kurage: App, source: Source, name: str | None) -> str:
    """Return the name of a source that `kurage.toml` does not name. Raises `SettingsError`.

    A name means one place: another one under it would delete the first one's documents.
    """
    chosen = name or _suggested(source)
    if chosen in kurage.settings.config.sources:
        raise SettingsError(
            f"kurage.toml has a source {chosen!r}; run `kurage ingest {chosen}`, "
            "or give this one another name with --name"
        )
    known = next((stored for stored in kurage.state.sources() if stored.name == chosen), None)
    if known is None or known.location == source.location:
        return chosen
    # A folder that is no longer there has moved; a site that is away comes back.
    if known.kind == "folder" and source.kind == "folder" and not Path(known.location).is_dir():
        return chosen
    raise SettingsError(
        f"{chosen!r} is the name of {known.location}; give this one another name with --name"
    )


def _suggested(source: Source) -> str:
    if isinstance(source, FolderSource):
        return source.path.name or source.kind
    if isinstance(source, WebSource):
        return urlsplit(source.urls[0]).hostname or source.kind
    if isinstance(source, ConfluenceSource):
        return "-".join([source.kind, *source.spaces])
    return source.kind


def remembered(stored: StoredSource) -> Source | None:
    """Return a source that was ingested by hand as it was; None where its kind is none of ours."""
    if stored.kind == "folder":
        return FolderSource(kind="folder", path=Path(stored.location))
    first, *scope = stored.location.split()
    try:
        match stored.kind:
            case "confluence":
                pages = tuple(part for part in scope if part.isdecimal() or "://" in part)
                spaces = tuple(part for part in scope if part not in pages)
                return ConfluenceSource(url=first, spaces=spaces, pages=pages)
            case "drive":
                return DriveSource(folders=tuple(scope))
            case "web":
                return WebSource(urls=(first, *scope))
    except ValueError:
        return None
    return None
