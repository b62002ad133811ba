"""Serves the generation on a Qdrant server that was published last.

Knows nothing of writing. Any number of processes and threads read at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from ingest.encode import EncodedQuery
from ingest.index import Hit, Origin, SearchIndexError, StoredPoint, StoredVersion
from ingest.server.connection import Address, Connection
from ingest.server.failures import MissingError
from ingest.server.generations import Generation, Generations
from ingest.server.reading import RECOUNT, Reading

_log = logging.getLogger(__name__)
T = TypeVar("T")
# Seconds in which a question survives a hiccup of the server; who asks is waiting.
PATIENCE = 3.0
# Seconds after which the alias is looked at again.
_FRESH = 2.0


class ServerIndex:
    """The Index port for reading. Follows the alias: whatever is published is served next.

    Before anything is published every question raises `SearchIndexError`; the first one after the
    first publication is answered. Asks nothing of the server before the first question.
    """

    def __init__(
        self,
        address: Address,
        prefix: str,
        *,
        encoder: str | None = None,
        patience: float = PATIENCE,
        recount: float = RECOUNT,
    ) -> None:
        """Read what the alias `prefix` names; an index that another encoder filled is refused.

        The first question that is added to an index counts after `recount` seconds at the latest.
        """
        self._recount = recount
        self._encoder = encoder
        self._connection = Connection(address, patience=patience)
        self._generations = Generations(self._connection, prefix)
        self._served: _Served | None = None
        """Replaced as a whole: threads that look at once do the same work twice, and no harm."""
        self._refused: str | None = None

    @property
    def origin(self) -> Origin | None:
        """Which pipeline filled what is served; None before anything is published."""
        if self._served is None and self._generations.served() is None:
            return None
        return self._follow().generation.origin

    def versions(self, source: str) -> dict[str, StoredVersion]:
        return self._ask(lambda points: points.versions(source))

    def chunks(self, source: str, document_id: str) -> list[Hit]:
        return self._ask(lambda points: points.chunks(source, document_id))

    def search(
        self,
        query: EncodedQuery,
        *,
        readers: Collection[int],
        limit: int,
        sources: Collection[str] | None = None,
    ) -> list[Hit]:
        return self._ask(lambda points: points.search(query, readers, limit, sources))

    def inverse_document_frequencies(self, query: EncodedQuery) -> dict[str, float]:
        return self._ask(lambda points: points.inverse_document_frequencies(query))

    def count(self, source: str | None = None) -> tuple[int, int]:
        return self._ask(lambda points: points.count(source))

    def questions(self, source: str) -> dict[str, bool]:
        return self._ask(lambda points: points.questions(source))

    def points(self) -> Iterator[StoredPoint]:
        yield from self._follow().points()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise SearchIndexError("the index is open for reading; only `kurage ingest` writes it")

    replace = delete = set_readers = put = put_questions = delete_questions = _refuse

    def close(self) -> None:
        self._connection.close()

    def _ask(self, request: Callable[[Reading], T]) -> T:
        points = self._follow()
        try:
            return request(points)
        except MissingError:  # the generation was superseded twice since we looked
            self._served = None
            return request(self._follow())

    def _follow(self) -> Reading:
        served = self._served
        if served and time.monotonic() - served.looked < _FRESH:
            return served.points
        name = self._generations.served()
        if served and name in {served.points.generation.name, self._refused}:
            points = served.points
        else:
            points = self._open(name, served)
        self._served = _Served(points, time.monotonic())
        return points

    def _open(self, name: str | None, former: _Served | None) -> Reading:
        try:
            return Reading(self._connection, self._checked(name), recount=self._recount)
        except SearchIndexError:
            if former is None:
                raise
            _log.exception("The new generation can not be used; the former one is served still")
            self._refused = name
            return former.points

    def _checked(self, name: str | None) -> Generation:
        generation = self._generations.find(name) if name else None
        if generation is None:
            raise SearchIndexError(
                f"nothing is indexed in {self._generations.place} yet; run `kurage ingest` first"
            )
        if self._encoder not in {None, generation.encoder}:
            raise SearchIndexError(
                f"the index {generation.name} was made by another encoder ({generation.encoder}, "
                f"not {self._encoder}); run `kurage ingest` again for each source, or "
                "`kurage ingest --all`"
            )
        return generation


@dataclass(frozen=True, slots=True)
class _Served:
    """A generation that is served, and when the alias was last seen to name it."""

    points: Reading
    looked: float
    """By the monotonic clock."""
