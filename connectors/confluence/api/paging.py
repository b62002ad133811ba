"""Lists that come in pages: by cursor (Cloud) and by start and limit (Data Center, people, groups).

A list that is cut short must never pass for a whole one: whoever mirrors a site deletes what a
listing lacks. Knows nothing of what is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.base import ConnectorError

Json = dict[str, Any]

REPEATS = "the listing repeats itself: the site sends the same page of results again; run again"


def rows(answer: Any) -> list[Json]:
    """Return the results of one page. Raises ConnectorError where they are not whole."""
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ConnectorError("a page of results is none: the answer has no `results`")
    if answer.get("size", len(found)) != len(found):
        raise ConnectorError(
            "a page of results is cut short: fewer results than it says; run again"
        )
    return found


def following(answer: Json) -> str | None:
    """Return the link to the next page; None: this is the last one."""
    link = (answer.get("_links") or {}).get("next")
    return link if isinstance(link, str) and link else None


def cursor(answer: Json) -> str | None:
    """Return the cursor of the next page; None: this is the last one.

    The link itself is not followed: version 1's is relative to the site's base, version 2's to its
    host, and by the gateway both are the site's.
    """
    link = following(answer)
    if link is None:
        return None
    found = parse_qs(urlsplit(link).query).get("cursor")
    if not found:
        raise ConnectorError("a page of results leads on without a cursor")
    return found[0]


class Once:
    """Notices what came before: results, cursors, whole pages."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._cursors: set[str] = set()
        self._stale = 0

    def cursor(self, pointer: str) -> str:
        """Return a cursor. Raises ConnectorError where it was used before."""
        if pointer in self._cursors:
            raise ConnectorError(REPEATS)
        self._cursors.add(pointer)
        return pointer

    def new(self, found: list[Json]) -> list[Json]:
        """Return the results that were not there before, each once.

        Raises ConnectorError where pages hold nothing new: one of several results, or three pages
        on end. (A single result may come again where others were added before it.)
        """
        fresh = [row for row in found if not self._known(str(row.get("id")))]
        self._stale = 0 if fresh else self._stale + 1
        if found and not fresh and (len(found) > 1 or self._stale > 2):
            raise ConnectorError(REPEATS)
        return fresh

    def _known(self, identity: str) -> bool:
        known = identity in self._ids
        self._ids.add(identity)
        return known


def by_cursor(get: Callable[..., Any], path: str, params: Json, limit: int) -> Iterator[Json]:
    """Yield every result of a list of Cloud's version 2; the last page has no cursor."""
    once, pointer = Once(), None
    while True:
        asked = {**params, "limit": limit}
        answer = get(path, {**asked, "cursor": pointer} if pointer else asked)
        found = rows(answer)
        yield from found
        pointer = cursor(answer)
        # A next link behind nothing leads nowhere.
        if not found or pointer is None:
            return
        once.cursor(pointer)


def by_start(get: Callable[..., Any], path: str, params: Json, limit: int) -> Iterator[Json]:
    """Yield every result of a list by start and limit.

    The next start is counted from what came: page sizes are capped without a word, and the next
    link of Data Center then starts too early.
    """
    start, before = 0, None
    while True:
        answer = get(path, {**params, "start": start, "limit": limit})
        found = rows(answer)
        if found and found == before:
            raise ConnectorError(REPEATS)
        yield from found
        start, before = start + len(found), found
        full = len(found) >= min(limit, answer.get("limit") or limit)
        if not found or not (following(answer) or full):
            return
