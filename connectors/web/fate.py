"""What becomes of each address when a crawl has seen all: a document, another's alias, gone.

A page is gone when it was missing (404, 410) in several crawls in a row, or at once where its site
says so: noindex, robots.txt, a permanent redirect to another document, another canonical address.
Trouble (5xx, time-outs, refusals, walls) changes nothing. Knows nothing of requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.web.addresses import same_site
from connectors.web.known import Known
from connectors.web.leading import HOPS

_VARIANT = re.compile(r"(?:amp|print|mobile|sp|m|pc|index\.\w+|default\.\w+)?", re.IGNORECASE)
"""Segments of a path that tell of another dress of the same page."""


_CLAIMS = 10
"""So many pages of different text may name one page as canonical by their addresses alone."""

_CROWD = 5
"""So many documents may lead to one address before it is doubted that it stands for them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an address is from now on."""

    document: bool
    misses: int = 0
    withheld: str = ""
    """Why it is no document, where that is not what its answer says by itself."""
    gone: bool = False
    """Whether it leaves the index, should that have it."""
    told: bool = True
    """False: what it says now is no version of it; an index keeps what it has."""


class Fates:
    """Decides over all addresses of a source at once: they stand for each other."""

    def __init__(
        self,
        addresses: Iterable[Known],
        *,
        crawl: int,
        covers: Callable[[str], bool],
        withheld: Collection[str] = (),
        gone_after: int = 3,
    ) -> None:
        """`withheld` are addresses that traps made; `crawl` is the number of the one that ends."""
        self._known: Mapping[str, Known] = {one.url: one for one in addresses}
        self._crawl = crawl
        self._covers = covers
        self._withheld = withheld
        self._gone_after = gone_after
        self._decided: dict[str, Decision] = {}
        self._claims: dict[str, int] | None = None
        self._crowds: Counter[str] | None = None

    def decided(self, known: Known) -> Decision:
        """Return what becomes of an address."""
        if known.url not in self._decided:
            self._decided[known.url] = Decision(document=False)  # a circle ends here
            self._decided[known.url] = self._decide(known)
        return self._decided[known.url]

    def _decide(self, known: Known) -> Decision:  # noqa: PLR0911 - a table, case by case
        was = known.document
        if not self._covers(known.url):
            return Decision(document=False, withheld="it is out of the scope", gone=True)
        if known.outcome == "excluded":
            return Decision(document=False, withheld=known.why, gone=True)
        if known.crawl != self._crawl:  # it was not asked for: there is a maximum of pages
            return Decision(document=was, misses=known.misses, withheld=known.withheld)
        if known.outcome == "missing":
            return self._missed(known)
        if known.outcome == "redirect":
            return self._redirected(known)
        if known.outcome != "ok":
            return Decision(document=was, misses=known.misses)
        withheld = self._why_withheld(known)
        if was and known.kind == "content" and known.url in self._withheld:
            # A site in trouble may say "not found" with status 200 for an hour.
            misses = known.misses + 1
            gone = misses >= self._gone_after
            return Decision(not gone, misses, withheld, gone=gone, told=False)
        return Decision(not withheld, withheld=withheld, gone=bool(withheld))

    def _why_withheld(self, known: Known) -> str:
        """Return why a page that answers well is no document; empty: it is one."""
        if known.kind == "noindex":
            return "the page says that it wants to be in no index (noindex)"
        if known.kind != "content":
            return known.why or "it has no text to read"
        if known.url in self._withheld:
            return "it is one of many pages that say the same, as a trap makes them"
        other = self._known.get(known.canonical or "")
        if other and stands_for(known, other, by_address=self._claimed(other.url) <= _CLAIMS):
            return f"the page names {other.url} as its address (canonical)"
        return ""

    def _claimed(self, url: str) -> int:
        """Return how many different texts name an address as canonical."""
        if self._claims is None:
            claims: dict[str, set[str]] = {}
            for one in self._known.values():
                if one.canonical and one.canonical != one.url and one.crawl == self._crawl:
                    claims.setdefault(one.canonical, set()).add(one.shape or one.fingerprint)
            self._claims = {canonical: len(texts) for canonical, texts in claims.items()}
        return self._claims.get(url, 0)

    def _missed(self, known: Known) -> Decision:
        misses = known.misses + 1
        gone = misses >= self._gone_after
        return Decision(known.document and not gone, misses, gone=gone)

    def _redirected(self, known: Known) -> Decision:
        """Decide over a page that leads elsewhere.

        What it leads to is the document, whatever the kind of the redirect: a page has one address.
        Until that one answers, or where it lies out of scope, what was known stays: a login or an
        outage may be behind it. One that is permanent, or goes on and on, is believed; where many
        lead to one address, those that are permanent and go on.
        """
        end = self._end_of(known)
        why = f"it leads to {end.url if end else known.target}"
        arrives = end is not None and end.url != known.url and self._is_there(end)
        # Where many lead to one, that may be a login, or an error in the dress of a page.
        crowd = end is not None and self._leading_to(end.url) > _CROWD
        if arrives and known.permanent and not crowd:
            return Decision(document=False, withheld=why, gone=True)
        out = known.permanent and not self._covers(known.target or "")
        if out or (arrives and (known.permanent or not crowd)):
            misses = known.misses + 1
            gone = misses >= self._gone_after
            stays = known.document and not gone
            return Decision(stays, misses, withheld="" if stays else why, gone=gone)
        stays = known.document
        return Decision(stays, known.misses, withheld="" if stays else why)

    def _leading_to(self, url: str) -> int:
        """Return how many documents lead to an address now."""
        if self._crowds is None:
            ends = (
                self._end_of(one)
                for one in self._known.values()
                if one.document and one.outcome == "redirect" and one.crawl == self._crawl
            )
            self._crowds = Counter(end.url for end in ends if end)
        return self._crowds[url]

    def _is_there(self, known: Known) -> bool:
        """Tell whether a page answers, as a document or as another dress of one."""
        if known.outcome != "ok" or known.crawl != self._crawl:
            return False
        other = self._known.get(known.canonical or "")
        return self.decided(known).document or bool(
            known.kind == "content" and other and stands_for(known, other) and other.document
        )

    def _end_of(self, known: Known) -> Known | None:
        """Return where redirects end; None: nowhere that was asked for."""
        at: Known | None = known
        for _ in range(HOPS):
            if at is None or at.outcome != "redirect" or at.crawl != self._crawl:
                return at
            at = self._known.get(at.target or "")
        return None


def stands_for(known: Known, other: Known | None, *, by_address: bool = True) -> bool:
    """Tell whether the page that names `other` as canonical may be left out for it.

    It must have answered, with text, and call no third address its own; and it must be like, in its
    text or (`by_address`) its address: sites exist where every page names the home page.
    """
    if other is None or other.url == known.url:
        return False
    well = other.outcome == "ok" and other.kind == "content"
    own = other.canonical in {None, other.url}
    alike = by_address and like_address(known.url, other.url)
    return well and own and (alike or _same_text(known, other))


def like_address(one: str, other: str) -> bool:
    """Tell whether two addresses may be of one page: but for query, case, dress and slashes."""
    return same_site(one, other) and _segments(one) == _segments(other)


def _segments(url: str) -> list[str]:
    parts = urlsplit(url).path.lower().split("/")
    return [part.removesuffix(".html") for part in parts if not _VARIANT.fullmatch(part)]


def _same_text(one: Known, other: Known) -> bool:
    return one.fingerprint == other.fingerprint or bool(one.shape and one.shape == other.shape)
