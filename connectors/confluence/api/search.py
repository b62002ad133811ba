"""Search by CQL in both editions: pages as large as the service allows, halved where it fails.

A search for bodies by their ids (`id in (…)`) is not halved here: it raises after a few tries, and
the caller asks for fewer ids. Knows nothing of what the results mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

from connectors.base import ConnectorError
from connectors.confluence.api import paging
from connectors.confluence.api.paging import Json
from connectors.http import HttpError, TooLargeError

SMALLEST = 5
"""Results a page; a service that can not make five can make none."""
MAX_PAGE_BYTES = 32_000_000
"""Of a page of several results; what is larger is asked for in smaller pages, for the memory's
sake. A single result may be as large as an answer may."""
_TRIES = 2
"""Of a page of several results: one that fails twice is too large rather than unlucky, and smaller
ones can tell."""
_TRIES_OF_BODIES = 3
"""Of a single body, or bodies by their ids: one that can not be made never can be
(CONFCLOUD-76433), but who gives up on it leaves a document out."""
_NAMED = re.compile(r"\bid in \(([^()]*)\)", re.IGNORECASE)
_GROWS_AFTER = 3
"""Pages that went well before larger ones are tried again."""
_Pages = Generator[tuple[Json, list[Json]], None, bool]
_PATH = "rest/api/content/search"


class Search:
    """One search, by cursor (Cloud) or by start (Data Center)."""

    def __init__(
        self,
        get: Callable[..., Any],
        cql: str,
        expand: str,
        most: int,
        *,
        cursors: bool,
        body: bool,
    ) -> None:
        """`most`: results a page; `body`: bodies are asked for, of which one may spoil a page."""
        self._get = get
        self._asked: Json = {"cql": cql, "expand": expand}
        self._cursors, self._body = cursors, body
        named = _NAMED.search(cql)
        ids = named[1].count(",") + 1 if named else None
        # One more than can be found: a full page might lead on to an empty one.
        self._most = self._limit = min(most, ids + 1) if ids else most
        self._ids = ids if body else None
        self._well = 0
        self._start = 0
        self._pointer: str | None = None
        self._missed: HttpError | None = None
        self._once = paging.Once()

    def pages(self) -> Iterator[tuple[Json, list[Json]]]:
        """Yield each answer with its new results.

        Raises ConnectorError where a page is cut short, comes again or can not be had.
        """
        more = True
        while more:
            try:
                answer = self._page(self._limit)
            except HttpError as error:
                if not self._smaller(error):
                    if self._cursors or self._ids or not self._body or not error.passing:
                        raise
                    more = yield from self._one_by_one()
                continue
            more = yield from self._taken(answer)
            self._larger(answer)
        if self._missed:
            raise ConnectorError(f"some results could not be had: {self._missed}")

    def _page(self, limit: int) -> Any:
        where: Json = {} if self._cursors else {"start": self._start}
        if self._pointer:
            where = {"cursor": self._pointer}
        how: Json = {"max_bytes": MAX_PAGE_BYTES} if limit > 1 else {}
        if self._body and (limit == 1 or self._ids):
            how["attempts"] = _TRIES_OF_BODIES
        elif limit > SMALLEST or self._body:
            how["attempts"] = _TRIES
        return self._get(_PATH, {**self._asked, "limit": limit, **where}, **how)

    def _taken(self, answer: Json) -> _Pages:
        """Yield a page's new results, move on; return whether there is more."""
        found = paging.rows(answer)
        yield answer, self._once.new(found)
        self._start += len(found)
        if not found:
            return False  # also where a next link stands behind nothing
        if not self._cursors:
            return paging.following(answer) is not None
        self._pointer = paging.cursor(answer)
        if self._pointer:
            self._once.cursor(self._pointer)
        return self._pointer is not None

    def _smaller(self, error: HttpError) -> bool:
        """Halve the pages; False where that does not help."""
        too_large = isinstance(error, TooLargeError)
        # Data Center now and then refuses the middle of a list with 400.
        amid = error.status == 400 and self._start > 0 and not self._cursors
        # Whoever names ids halves them better than pages of them can be.
        heavy = error.passing and error.status != 429 and not self._ids
        least = 1 if too_large else SMALLEST
        if not (too_large or amid or heavy) or self._limit <= least:
            return False
        self._limit, self._well = max(least, self._limit // 2), 0
        return True

    def _larger(self, answer: Json) -> None:
        capped = answer.get("limit")
        if isinstance(capped, int) and 0 < capped < self._limit:
            self._most = min(self._most, capped)
        self._well += 1
        if self._well >= _GROWS_AFTER and self._limit < self._most:
            self._limit, self._well = min(self._most, self._limit * 2), 0

    def _one_by_one(self) -> _Pages:
        """Yield what can be had of a page that can not be made; return whether there is more."""
        good = 0
        for _ in range(self._limit):
            try:
                answer = self._page(1)
            except HttpError as error:
                if not error.passing:
                    raise
                self._missed = error
                self._start += 1
                continue
            good += 1
            if not (yield from self._taken(answer)):
                return False
        if not good and self._missed:
            raise self._missed
        return True
