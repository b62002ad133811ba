"""What a source says of a document right now. That it can not be asked is an answer, too.

Knows nothing of the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from bot.app import App, connected
from bot.explain import folders
from bot.explain.known import Known
from bot.settings import FolderSource, SettingsError
from connectors.base import Connector, ConnectorError, Presence, Ref


@runtime_checkable
class SaysWhy(Protocol):
    """A connector that can tell by which of its options an address is no document of it."""

    def left_out(self, url: str) -> str | None:
        """Return the reason, None where the address is none of the source's."""
        ...


@dataclass(frozen=True, slots=True)
class Sight:
    """How a source sees what somebody named."""

    id: str | None
    """Under which id it has, had or would have it; None: nothing of it is known there."""
    presence: Presence | None = None
    """None: it was not asked, or could not be."""
    error: str | None = None
    """Why it could not be asked."""
    left_out: str | None = None
    """Why it shows no such document although the address is one of its own."""


def look(kurage: App, known: Known, what: str) -> Sight:
    """Return how a source sees an id, a path or an address."""
    identity = _remembered(what, known)
    if identity is None and "://" not in what:
        return Sight(None)
    if known.settings is None:
        return Sight(identity, error="nothing says how it is read: kurage.toml does not name it")
    try:
        with connected(kurage, known.settings) as connector:
            return _asked(connector, what, identity)
    except (ConnectorError, SettingsError) as error:
        return Sight(identity, error=str(error))


def _asked(connector: Connector, what: str, identity: str | None) -> Sight:
    left_out = None
    if "://" in what and (found := connector.find(what)):
        identity = found.id
    elif "://" in what and isinstance(connector, SaysWhy):
        left_out = connector.left_out(what)
    if identity is None:
        return Sight(None, left_out=left_out)
    # `check` looks at the id alone: version and readers are what is asked for.
    presence = connector.check(Ref(identity, "", "", identity))
    return Sight(identity, presence, left_out=None if presence.exists else left_out)


def _remembered(what: str, known: Known) -> str | None:
    """Return the id by which something is known here, without asking the source."""
    if what in known.ids:
        return what
    if isinstance(known.settings, FolderSource):
        return _in_folder(what, known, known.settings)
    return _in_address(what, known) if "://" in what else None


def _in_folder(what: str, known: Known, folder: FolderSource) -> str | None:
    found = folders.identity(what, folder)
    if found is not None:
        return found
    called = [identity for identity in known.ids if PurePosixPath(identity).name == what]
    return called[0] if len(called) == 1 else None


def _in_address(what: str, known: Known) -> str | None:
    """Return which of the known ids an address of a service holds.

    What is shown within a page stands behind it.
    """
    bare = what.partition("#")[0]
    buried = (identity for identity, stone in known.gone.items() if stone.url in {what, bare})
    if found := next(buried, None):
        return found
    if known.settings is None or not _same_host(what, known.location):
        return None
    ids = known.ids
    return next((part for part in reversed(re.split(r"[/?&=]", bare)) if part in ids), None)


def _same_host(address: str, location: str) -> bool:
    host = re.compile(r"https?://([^/?#\s]+)", re.IGNORECASE)
    one, other = host.match(address), host.match(location)
    return other is None or (one is not None and one[1].lower() == other[1].lower())
