"""Who may read what, as integers that a search can filter by.

Knows nothing of who asks: it is told principals.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection

from sqlalchemy import Engine, func, select

from connectors.base import Readers
from ingest.state.engine import StateError
from ingest.state.tables import ReaderSetRow
from ingest.state.transactions import insert_new, transaction

ADMINISTRATOR = "administrator"
"""Principal of whoever runs the command line: satisfies every reader set, also nobody's.

No document can name it as a reader: connectors only emit `anyone` and prefixed principals.
"""

NOBODY: Readers = ()
"""Readers of what could not be found out: no principal but the administrator satisfies it."""

_ID_BITS = 53  # the integers that JSON readers and doubles keep exact
_REMEMBERED_ASKERS = 1024  # askers of a day; what is dropped is cheap to find again


def canonical_readers(readers: Readers) -> str:
    """Return the one JSON text of these layers: order and repetition do not count."""
    layers = sorted({tuple(sorted(layer)) for layer in readers})
    return json.dumps(layers, ensure_ascii=False, separators=(",", ":"))


def reader_set_id(readers: Readers) -> int:
    """Return the integer of these layers, the same in every database.

    It is drawn from the layers themselves, not from a counter: an index beside a database that was
    lost or swapped then names sets that the database does not know, and nobody satisfies those. A
    counter would have handed the same small integer to other people.
    """
    digest = hashlib.sha256(canonical_readers(readers).encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _ID_BITS)


def both(held: Readers | None, shown: Readers) -> Readers:
    """Return the layers of those who satisfy both; nobody where either is nobody's or unknown."""
    return (*held, *shown) if held and shown else NOBODY


class ReaderSets:
    """The stored sets; threads may share it. Every method is one transaction, or `StateError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._reader_sets: dict[int, Readers] = {}
        self._satisfied: dict[frozenset[str], frozenset[int]] = {}

    def add_reader_set(self, readers: Readers) -> int:
        """Return the integer under which these layers are stored, storing them if they are new."""
        identity, text = reader_set_id(readers), canonical_readers(readers)
        with transaction(self._engine) as session:
            if not insert_new(session, ReaderSetRow, {"id": identity, "readers": text}):
                stored = session.get_one(ReaderSetRow, identity).readers
                if stored != text:  # two sets in 2^53 under one number: refuse, never mix people
                    raise StateError(f"Reader sets {stored} and {text} share the id {identity}")
        return identity

    def reader_sets(self) -> dict[int, Readers]:
        """Return the layers of every known set, by integer."""
        with self._lock:
            self._refresh_reader_sets()
            return dict(self._reader_sets)

    def reader_set_ids(self, principals: Collection[str]) -> frozenset[int]:
        """Return the integers of the sets whose every layer holds one of `principals`.

        A set without layers is satisfied by nobody; `ADMINISTRATOR` satisfies every set.
        """
        asker = frozenset(principals)
        with self._lock:
            self._refresh_reader_sets()
            if asker not in self._satisfied:
                if len(self._satisfied) >= _REMEMBERED_ASKERS:
                    self._satisfied.clear()
                self._satisfied[asker] = frozenset(
                    identity
                    for identity, readers in self._reader_sets.items()
                    if _satisfies(asker, readers)
                )
            return self._satisfied[asker]

    def _refresh_reader_sets(self) -> None:
        """Read sets that were added since; none ever changes, so the count tells."""
        with transaction(self._engine) as session:
            if session.scalar(select(func.count(ReaderSetRow.id))) == len(self._reader_sets):
                return
            rows = session.execute(select(ReaderSetRow.id, ReaderSetRow.readers))
            self._reader_sets = {
                identity: tuple(frozenset(layer) for layer in json.loads(text))
                for identity, text in rows
            }
        self._satisfied.clear()


def _satisfies(asker: frozenset[str], readers: Readers) -> bool:
    if ADMINISTRATOR in asker:
        return True
    return bool(readers) and all(not asker.isdisjoint(layer) for layer in readers)
