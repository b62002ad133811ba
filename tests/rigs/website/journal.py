"""What a site saw of its visitors: counts, times between requests, how many at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from math import inf

from rigs.website.values import Asked

_OWN = ("/robots.txt", "/sitemap", "/favicon.ico")


def counts(asked: Iterable[Asked]) -> Counter[tuple[str, str]]:
    """Return how often each path (with its query) of each host was asked for."""
    return Counter((one.host, one.target) for one in asked)


def of_host(asked: Iterable[Asked], host: str) -> list[Asked]:
    """Return the requests to one host, in order."""
    return [one for one in asked if one.host == host]


def pages(asked: Iterable[Asked]) -> list[Asked]:
    """Return the requests that were not for robots.txt, site maps or icons."""
    return [one for one in asked if not one.target.startswith(_OWN)]


def unconditional(asked: Iterable[Asked]) -> list[Asked]:
    """Return the requests without If-None-Match and If-Modified-Since."""
    return [one for one in asked if not one.conditional]


def gaps(asked: Iterable[Asked], host: str) -> list[float]:
    """Return the seconds between the beginnings of each two requests to a host, in order."""
    began = sorted(one.began for one in asked if one.host == host)
    return [later - sooner for sooner, later in itertools.pairwise(began)]


def at_once(asked: Iterable[Asked], host: str | None = None) -> int:
    """Return how many requests to a host (or to all) were under way at one moment, at most."""
    moments: list[tuple[float, int]] = []
    for one in asked:
        if host is None or one.host == host:
            moments.append((one.began, 1))
            moments.append((inf if one.ended is None else one.ended, -1))
    most = now = 0
    # An end and a beginning at one moment are no overlap: -1 sorts before 1.
    for _, step in sorted(moments):
        now += step
        most = max(most, now)
    return most


def spent(asked: Iterable[Asked], prefix: str, host: str | None = None) -> int:
    """Return how many requests went to paths that begin with `prefix`: what a trap took."""
    return sum(
        one.target.startswith(prefix) and (host is None or one.host == host) for one in asked
    )
