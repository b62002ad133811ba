"""What a listing said of its documents that is asked for again: their kind, page and readers.

Some hundred bytes a document, and as many sets of readers as there are different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.base import ConnectorError, Readers

Kind = Literal["page", "thread", "attachment"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document."""

    kind: Kind
    page: str | None
    """Id of the page of a thread or attachment."""
    readers: Readers | str
    """A string says why they can not be known."""


class Known:
    """The documents that were listed, by their ids."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._shared: dict[Entry, Entry] = {}

    def note(self, document: str, kind: Kind, page: str | None, readers: Readers | str) -> None:
        """Keep what is known of a document."""
        entry = Entry(kind, page, readers)
        # Most pages are open to the same readers: they share one entry.
        self._entries[document] = self._shared.setdefault(entry, entry) if page is None else entry

    def get(self, document: str) -> Entry | None:
        """Return what was listed; None: it was not."""
        return self._entries.get(document)

    def __contains__(self, document: str) -> bool:
        return document in self._entries

    def readers(self, document: str) -> Readers | None:
        """Return who may read a document; None: it was not listed.

        Raises `ConnectorError` where that could not be found out.
        """
        entry = self._entries.get(document)
        if entry is not None and isinstance(entry.readers, str):
            raise ConnectorError(entry.readers)
        return entry.readers if entry else None  # type: ignore[return-value]
