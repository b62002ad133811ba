"""Redirects that end nowhere: in a circle, after too many of them, at an address inside.

Whoever follows one sees an error. Knows nothing of requests, nor of what becomes of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from connectors.web.known import Known
from connectors.web.net.guard import spelled_reach

HOPS: Final = 10
"""Redirects after one another that are followed."""
CIRCLE: Final = "its redirects lead in a circle"
TOO_MANY: Final = f"it redirects more than {HOPS} times"


def nowhere(
    addresses: Iterable[Known], *, crawl: int, covers: Callable[[str], bool]
) -> dict[str, str]:
    """Return why, by the address at which a reader sets out: one for each end."""
    known = {one.url: one for one in addresses if _leads(one, crawl)}
    targets = {one.target for one in known.values()}
    found: dict[str, str] = {}
    begun: set[str] = set()
    # Where none leads in from outside, the shortest address of a circle is where it begins.
    order = sorted(known, key=lambda url: (url in targets, len(url), url))
    for url in order:
        if url in targets and url in begun:
            continue
        passed = _passed(url, known)
        begun.update(passed)
        if why := _why(passed, known, covers):
            found[url] = why
    return found


def to_inside(url: str, target: str) -> str | None:
    """Return why a redirect further inside than where it comes from is not followed."""
    host = urlsplit(target).hostname or ""
    if spelled_reach(host) <= spelled_reach(urlsplit(url).hostname or ""):
        return None  # an intranet leads to an intranet
    return f"it redirects to {host}, which is inside of a network: that is not followed"


def _leads(one: Known, crawl: int) -> bool:
    return one.outcome == "redirect" and one.crawl == crawl and bool(one.target)


def _passed(url: str, known: Mapping[str, Known]) -> list[str]:
    """Return the redirects from an address on, in their order; the first once more in a circle."""
    passed = [url]
    seen = {url}
    while (one := known.get(known[passed[-1]].target or "")) and one.url not in seen:
        passed.append(one.url)
        seen.add(one.url)
    if one:
        passed.append(one.url)
    return passed


def _why(
    passed: list[str], known: Mapping[str, Known], covers: Callable[[str], bool]
) -> str | None:
    if passed[-1] in passed[:-1]:
        return CIRCLE
    if len(passed) > HOPS:
        return TOO_MANY
    target = known[passed[-1]].target or ""
    return None if covers(target) else to_inside(passed[-1], target)
