"""The pages that site maps name: of robots.txt, at the usual place, and of the options.

A site map is remembered with its validators, so that one that did not change is not sent again.
Knows nothing of pages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from connectors.base import ConnectorError
from connectors.web.addresses import host_of, normalised
from connectors.web.known import Known, packed
from connectors.web.memory import Memory
from connectors.web.net import Web
from connectors.web.scope import Scope
from connectors.web.sitemaps import entries

MAX_BYTES = 50 * 2**20
"""Of a site map, as it is sent: sitemaps.org allows as much, uncompressed."""
_MOST = 1_000
"""Site maps that are read of one source; an index may name others, without an end."""
_INDEX = "index "
_PREFIX = "sitemap "
"""Under what a site map is remembered: its address may be that of a page, too."""


class Discovery:
    """The site maps of a source."""

    def __init__(
        self, web: Web, scope: Scope, store: Memory, *, sitemaps: Sequence[str], crawl: int
    ) -> None:
        self._web = web
        self._scope = scope
        self._store = store
        self._named = [one for url in sitemaps if (one := normalised(url))]
        self._crawl = crawl
        self.read = 0
        """How many could be read."""
        self.troubles: dict[str, str] = {}
        """By the address of a site map that some option or robots.txt names, or another one: why it
        could not be read, or not to its end."""

    def pages(self) -> Iterator[str]:
        """Yield the addresses that site maps name, normalised, some more than once."""
        asked: set[str] = set()
        waiting = deque(self._begin())
        while waiting and len(asked) < _MOST:
            url, named = waiting.popleft()
            if url in asked:
                continue
            asked.add(url)
            for entry in self._entries(url, named=named):
                if entry.startswith(_INDEX):
                    waiting.append((entry.removeprefix(_INDEX), True))
                else:
                    yield entry

    def _begin(self) -> list[tuple[str, bool]]:
        """Return where to look, and whether somebody says that there is a site map."""
        found = [(url, True) for url in self._named]
        for seed in {host_of(seed): seed for seed in self._scope.seeds}.values():
            try:
                told = self._web.sitemaps(seed)
            except ConnectorError as error:
                self.troubles[seed] = _one_line(error)
                continue
            found += [(one, True) for url in told if (one := normalised(url, base=seed))]
            found.append((urljoin(seed, "/sitemap.xml"), False))
        return found

    def _entries(self, url: str, *, named: bool) -> Sequence[str]:
        """Return what one site map names: of another one, with `_INDEX` before it."""
        known = self._store.known(_PREFIX + url)
        if known and known.crawl == self._crawl:  # a crawl that was killed, and goes on
            return known.links
        try:
            if not self._web.may_fetch(url):
                if named:
                    self.troubles[url] = "robots.txt does not allow it"
                return ()
            answer = self._web.get(
                url, validators=known.validators if known else None, max_bytes=MAX_BYTES
            )
        except ConnectorError as error:
            if named or known:
                self.troubles[url] = _one_line(error)
            return known.links if known else ()
        if answer.status == 304 and known:
            self.read += 1
            self._remember(url, known.links, known.etag, known.last_modified)
            return known.links
        if answer.status != 200:
            if named or known:
                self.troubles[url] = f"the server answers {answer.status}"
            # What it named is known: of a page that is gone, its own answer tells.
            return ()
        found, whole = self._parsed(answer.body, url, named=named)
        validators = answer.validators if whole else None
        self._remember(
            url,
            found,
            validators.etag if validators else None,
            validators.last_modified if validators else None,
        )
        return found

    def _parsed(self, body: bytes, url: str, *, named: bool) -> tuple[tuple[str, ...], bool]:
        found: list[str] = []
        try:
            found.extend(  # up to where it breaks off
                (_INDEX if entry.is_index else "") + entry.url
                for entry in entries(body, url, ignore=self._scope.ignore_parameters)
            )
        except ConnectorError as error:
            # At the usual place many servers have a page that says that there is nothing.
            if named or found:
                self.troubles[url] = _one_line(error)
            return tuple(found), False
        self.read += 1
        return tuple(found), True

    def _remember(
        self, url: str, found: tuple[str, ...], etag: str | None, last_modified: str | None
    ) -> None:
        self._store.keep(
            Known(
                _PREFIX + url,
                kind="other",
                why="it is a site map",
                packed=packed(found),
                etag=etag,
                last_modified=last_modified,
                crawl=self._crawl,
                first=self._crawl,
            )
        )


def is_sitemap(known: Known) -> bool:
    """Tell whether what is remembered is no page."""
    return known.url.startswith(_PREFIX)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
