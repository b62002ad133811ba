"""What a site allows robots to ask for (RFC 9309), read once per site and run.

The rules are protego's; here is only when they hold: a robots.txt that is not there (4xx) allows
everything, one that can not be had (5xx, no answer) nothing, since nobody knows what it says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import httpx2
from protego import Protego

from connectors.http.errors import HttpError

MAX_BYTES = 512_000
"""As much of a robots.txt counts (RFC 9309, 2.5: at least 500 KiB)."""
REDIRECTS = 5
"""So many are followed; after more of them, there is no robots.txt (RFC 9309, 2.3.1.2)."""
_VALID = 24 * 3600.0
"""Seconds (RFC 9309, 2.4)."""
_VALID_FAILURE = 300.0
"""Seconds until a site whose robots.txt could not be had is asked for it again."""


class RobotsError(HttpError):
    """The robots.txt of a site can not be had: it is left alone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says."""

    parser: Protego | None = None
    """None: everything is allowed."""
    delay: float | None = None
    """Seconds between two requests (Crawl-delay)."""
    sitemaps: tuple[str, ...] = ()
    """Absolute addresses, each once."""


@dataclass(slots=True)
class _Site:
    lock: Lock
    until: float = 0.0
    rules: Rules | RobotsError = Rules()


class Robots:
    """The robots.txt files of one run.

    `ask` returns the body of the robots.txt at an address; None: there is none. It raises HttpError
    where nobody knows.
    """

    def __init__(self, ask: Callable[[str], bytes | None], agent: str) -> None:
        self._ask, self._agent = ask, agent
        self._lock = Lock()
        self._sites: dict[str, _Site] = {}

    def of(self, url: httpx2.URL) -> Rules:
        """Return what holds for an address's site. Raises RobotsError where it can not be had."""
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        with self._lock:
            site = self._sites.setdefault(origin, _Site(Lock()))
        with site.lock:
            if time.monotonic() >= site.until:
                site.rules = self._read(f"{origin}/robots.txt")
                valid = _VALID_FAILURE if isinstance(site.rules, RobotsError) else _VALID
                site.until = time.monotonic() + valid
            if isinstance(site.rules, RobotsError):
                said = site.rules
                raise RobotsError(str(said), status=said.status, passing=said.passing)
            return site.rules

    def allows(self, url: httpx2.URL) -> bool:
        """Return whether an address may be asked for. Raises RobotsError."""
        rules = self.of(url)
        return rules.parser is None or rules.parser.can_fetch(str(url), self._agent)

    def _read(self, address: str) -> Rules | RobotsError:
        try:
            body = self._ask(address)
        except HttpError as error:
            where, _, words = str(error).partition(": ")
            said = f"{where}: its robots.txt can not be had, so that it is left alone: {words}"
            return RobotsError(said, status=error.status, passing=error.passing)
        return Rules() if body is None else _rules(body, address, self._agent)


def _rules(body: bytes, address: str, agent: str) -> Rules:
    parser = Protego.parse(body.decode("utf-8-sig", "replace"))
    return Rules(parser, parser.crawl_delay(agent), _sitemaps(parser, httpx2.URL(address)))


def _sitemaps(parser: Protego, base: httpx2.URL) -> tuple[str, ...]:
    found = []
    for written in parser.sitemaps:
        try:
            url = base.join(written)
        except httpx2.InvalidURL:
            continue
        if url.scheme in {"http", "https"} and url.raw_host:
            found.append(str(url.copy_with(userinfo=b"", fragment=None)))
    return tuple(dict.fromkeys(found))
