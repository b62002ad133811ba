"""What `kurage doctor` tells of an index on a server."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.server.connection import Address, Connection
from ingest.server.generations import Generation, Generations, is_too_old
from ingest.server.reading import Reading


@dataclass(frozen=True, slots=True)
class Health:
    """The server, and the index on it."""

    version: str
    """Of the server."""
    too_old: bool
    generation: Generation | None
    """None: nothing was published yet."""
    former: str | None
    """The collection that is kept for a way back."""
    building: tuple[str, ...]
    """Collections that are neither: new generations that wait for sources."""
    unfinished: int
    """Requests of writers that are under way, or were when they died."""


def health(address: Address, prefix: str) -> Health:
    """Return the state of the server and the index, asked once. Raises `SearchIndexError`."""
    connection = Connection(address, patience=0)
    try:
        generations = Generations(connection, prefix)
        version = generations.version()
        served, former = generations.served(), generations.former()
        generation = generations.find(served) if served else None
        building = [name for name in generations.names() if name not in {served, former}]
        return Health(
            version=version,
            too_old=is_too_old(version),
            generation=generation,
            former=former,
            building=tuple(building),
            unfinished=Reading(connection, generation).unfinished() if generation else 0,
        )
    finally:
        connection.close()
