"""Finds the parts of a site that never end and say nothing new, so that a crawl leaves them.

Endless calendars, filters in every combination, sessions in paths, relative links that nest, pages
after the last one: whatever their addresses, their text has been read before. What is closed is a
group of addresses of one make in which page after page brought nothing. A list of articles, an
archive by months or two thousand questions of one template bring something each, and stay open.

Knows addresses and the hashes of text that `page` takes; deterministic in the order of the pages.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from connectors.web.addresses import site_of
from connectors.web.page import hashes_of, is_number
from connectors.web.values import Page

LONGEST: Final = 2_000
"""Characters of an address; browsers and servers take few that are longer."""
PARAMETERS: Final = 8
_SEGMENTS: Final = 24
_SAME_SEGMENT: Final = 3  # `/a/a/a/`: a relative link that should have been none
_SAME_NUMBER: Final = 5  # `/2011/11/11/11/` is a day's hour

_DIGITS = re.compile(r"\d+")
_KEY = re.compile(r"(?=.*\d)(?:[0-9a-f-]{8,}|[\w~.-]{20,})|[0-9a-f]{12,}", re.IGNORECASE)

_NEW_NUMBERS: Final = 4  # so many on a page are a table; a counter or a price alone is one
_ALIVE: Final = (1 << 20) - 1  # of a group's last pages, those by which it is said to be alive
_COPIES: Final = 5
"""Addresses of a site with one and the same page; so many are no coincidence."""
# A title that says nothing but that there is no such page; "How to fix 404 Not Found" says more.
_NOT_FOUND = re.compile(
    r"\s*(?:(?:error\s*)?404(?:\s*[-:|]?\s*(?:page\s+)?not\s+found|\s*error|\s*エラー)?|(?:page\s+)?not\s+found|"
    r"(?:お探しの|ご?指定の|ご?指定された|該当する|申し訳.{1,12})?(?:ページ|URL|コンテンツ|記事)[はが]"
    r"(?:見つかりません|存在しません|ありません|ございません)(?:でした)?[。.]?)\s*(?:[|｜–—:：【(/-].*)?",
    re.IGNORECASE,
)
_SHORT: Final = 120  # pieces of text of a page that says so and is no article

_ENDLESS: Final = (
    "endless: {} pages were read, the last of them brought nothing new; the rest is not asked for "
    "(`exclude` spares these as well)"
)
_PROBES: Final = 26  # bits of an index into the filter: 8 MiB
_FULL: Final = 10_000_000  # entries; with more, too much that is new would seem known


@dataclass(slots=True)
class _Group:
    """Addresses of one make, and what their last pages brought."""

    pattern: str
    window: int
    """Pages in a row that close it, all but one of which brought nothing."""
    wide: bool = False
    """Whether much else may belong to it: then most of all its pages must have brought nothing."""
    read: int = 0
    barren: int = 0
    """Pages of all read that brought nothing."""
    stale: int = 0
    """A bit for each of the last 64 pages: it brought nothing."""
    silent: int = 0
    """The same, but what its links lead to does not count."""
    closed: bool = False

    def count(self, *, stale: bool, silent: bool) -> None:
        self.read += 1
        self.barren += stale
        self.stale = (self.stale << 1 | stale) & _BITS
        self.silent = (self.silent << 1 | silent) & _BITS
        recent = self.stale & ((1 << self.window) - 1)
        if self.read < self.window or recent.bit_count() < self.window - 1 or not stale:
            return
        self.closed = self.closed or not self.wide or 4 * self.barren >= 3 * self.read

    @property
    def alive(self) -> bool:
        """Whether any of its last pages had a text of its own."""
        return min(self.read, 20) > (self.silent & _ALIVE).bit_count()


_BITS: Final = (1 << 64) - 1


@dataclass(slots=True)
class _Filter:
    """A Bloom filter: what was seen, in bounded memory; now and then what is new seems known."""

    bits: bytearray = field(default_factory=lambda: bytearray(1 << (_PROBES - 3)))
    entries: int = 0

    def add(self, piece: int) -> bool:
        """Add a hash of 32 bits; return whether it was not there."""
        mixed = piece * 0x9E3779B97F4A7C15 & _BITS
        new = False
        for index in (mixed >> (64 - _PROBES), mixed >> 8 & ((1 << _PROBES) - 1)):
            bit = 1 << (index & 7)
            if not self.bits[index >> 3] & bit:
                self.bits[index >> 3] |= bit
                new = True
        self.entries += new
        return new

    @property
    def full(self) -> bool:
        return self.entries > _FULL


class Traps:
    """What one crawl has learnt of the endless parts of its sites.

    Tell it each page by `saw` in the order in which they were read; ask `refuses` before an address
    is queued, `closed` before it is asked for, `documents_withheld` when the crawl has ended.
    """

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._texts = _Filter()
        self._links = _Filter()
        self._stale: list[tuple[str, tuple[str, ...]]] = []
        self._same: dict[tuple[str, str], set[str]] = {}
        self._nested: dict[str, tuple[str, str]] = {}
        self._shapes: Counter[tuple[str, str]] = Counter()
        self._not_found: set[str] = set()

    def refuses(self, url: str) -> str | None:
        """Return why an address is not worth asking for, by its make alone; None: it may be."""
        if len(url) > LONGEST:
            return f"its address is longer than {LONGEST:,} characters"
        path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
        if query.count("&") >= PARAMETERS:
            return f"its address has more than {PARAMETERS} parameters"
        segments = Counter(path.lower().removesuffix("/").split("/"))
        if segments.total() > _SEGMENTS:
            return f"its address has more than {_SEGMENTS} segments"
        for segment, times in segments.items():
            if times >= (_SAME_NUMBER if segment.isdigit() else _SAME_SEGMENT):
                return f"a segment stands in its address {times} times, as links do that nest"
        if path.startswith("cdn-cgi/"):
            return "it belongs to the network in front of the site"
        return None

    def saw(self, url: str, page: Page) -> None:
        """Take notice of a page that was read, or that is known and has not changed."""
        keys = tuple(self._grouped(url))
        pieces = hashes_of(page.shape)
        numbers = texts = 0
        for piece in pieces:
            if self._texts.add(piece):
                numbers += is_number(piece)
                texts += not is_number(piece)
        own = _make_of(url).partition("?")[0]
        leads = False
        for link in page.links:
            # Each link is taken into the filter, so that the next page's is compared with all.
            if self._links.add(_hash(link)) and not leads:
                leads = self._leads_on(link, own)
        # A heading that names a choice of filters is no news.
        silent = texts <= ("&" in url.partition("?")[2]) and numbers < _NEW_NUMBERS
        silent = silent and not self._texts.full
        stale = silent and not leads
        for key in keys:
            self._groups[key].count(stale=stale, silent=silent)
        if stale:
            # One filter of many is not closed with their combinations, but is no document either.
            filters = f"{_make_of(url).partition('?')[0]}?*" if "?" in url else ""
            self._stale.append((url, (*keys, filters)))
        if pieces:
            self._same.setdefault((site_of(url), page.fingerprint), set()).add(url)
            self._shapes[site_of(url), page.shape] += 1
        if _repeated(own):
            self._nested[url] = (site_of(url), page.shape)
        if len(pieces) <= _SHORT and _NOT_FOUND.fullmatch(page.title or ""):
            self._not_found.add(url)

    def closed(self, url: str) -> str | None:
        """Return why an address is not asked for any more; None: it is."""
        for key, _ in _makes_of(url):
            group = self._groups.get(key)
            if group is not None and group.closed:
                return f"page after page of {group.pattern} brought nothing new"
        return None

    def documents_withheld(self) -> frozenset[str]:
        """Return the addresses seen that are no documents, as far as is known by now.

        Pages of closed groups that brought nothing, copies of one page at many addresses or at one
        that repeats a part of itself, and pages that say of themselves that they do not exist.
        """
        shut = {key for key, group in self._groups.items() if group.closed}
        withheld = {url for url, keys in self._stale if not shut.isdisjoint(keys)}
        withheld |= self._not_found
        withheld.update(url for url, shape in self._nested.items() if self._shapes[shape] > 1)
        for urls in self._same.values():
            # The shortest stays, whatever the order of the crawl was.
            withheld.update(
                sorted(urls, key=lambda url: (len(url), url))[1:] if len(urls) >= _COPIES else ()
            )
        return frozenset(withheld)

    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Return the patterns that were closed, and a line for people on each."""
        shut = [group for group in self._groups.values() if group.closed]
        folders = [group.pattern[:-2] for group in shut if group.pattern.endswith("/**")]
        return tuple(
            (group.pattern, _ENDLESS.format(group.read))
            for group in shut
            if not any(
                group.pattern.startswith(folder) and group.pattern != f"{folder}**"
                for folder in folders
            )
        )

    def _grouped(self, url: str) -> Iterator[str]:
        for key, group in _makes_of(url):
            # Views of a page that a parameter makes say nothing of the folder that it lies in.
            if "?" in key or "?" not in url or "*/" in key.removesuffix("/**"):
                self._groups.setdefault(key, group)
                yield key

    def _leads_on(self, link: str, own: str) -> bool:
        """Whether a link leads to pages of another make, of which some were worth reading."""
        make = _make_of(link)
        if make.partition("?")[0] == own or "*" in make:  # each link through a session is new
            return False
        group = self._groups.get(make)
        return group is not None and not group.closed and group.alive


def _make_of(url: str) -> str:
    """The make of an address: its site and path with the numbers and keys out, its parameters."""
    path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
    names = ",".join(sorted({one.partition("=")[0] for one in query.split("&")})) if query else ""
    return f"{site_of(url)}/{'/'.join(map(_blank, path.split('/')))}{'?' if names else ''}{names}"


def _makes_of(url: str) -> Iterator[tuple[str, _Group]]:
    """The groups that an address belongs to, by their keys, as they are before any page."""
    make = _make_of(url)
    path, mark, names = make.partition("?")
    yield make, _Group(make, 20)
    if "," in names:  # filters: which of them are set differs
        yield f"{path}?*", _Group(f"{path}?…&…", 30)
    elif mark:  # one parameter on whatever page: print views
        yield f"{site_of(url)}?{names}", _Group(f"{site_of(url)}/**?{names}", 30, wide=True)
    site, *segments = path.split("/")
    if _repeated(path):  # links that nest, in every order
        names = ",".join(sorted({segment for segment in segments if segment.strip("n*")}))
        yield f"{site} {names}", _Group(f"{site}/{{{names}}}/**", 20)
    for end in range(1, min(len(segments), 7)):
        folder = f"{'/'.join((site, *segments[:end]))}/**"
        # Below a key that stands for a session, each page is there a second time.
        keyed = segments[end - 1] == "*"
        yield folder, _Group(folder, 20 if keyed else 40, wide=not keyed)


def _repeated(make: str) -> bool:
    """Whether a name stands twice in the path of an address, as where links nest."""
    words = Counter(segment for segment in make.split("/")[1:] if segment.strip("n*"))
    return any(times > 1 for times in words.values())


def _blank(segment: str) -> str:
    return "*" if _KEY.fullmatch(segment) else _DIGITS.sub("n", segment)


def _hash(text: str) -> int:
    return zlib.crc32(text.encode())
