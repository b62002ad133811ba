"""A crawl: from the seeds, site maps and known pages along links, each address asked for once.

Level by level, so that the depth of a page is the least number of links to it; in several threads,
each host at its own pace. What it saw is on disk before the next address is asked for, so that a
crawl that was killed goes on. Knows nothing of documents' readers, nor of who takes them.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue

from connectors.base import ConnectorError
from connectors.web import kinds
from connectors.web.asking import Asked, Asker
from connectors.web.discovery import Discovery, is_sitemap
from connectors.web.ending import Ending
from connectors.web.known import Known
from connectors.web.leading import HOPS
from connectors.web.memory import Memory, Waiting
from connectors.web.net import Web
from connectors.web.noting import noted
from connectors.web.outages import Outages
from connectors.web.scope import Scope
from connectors.web.traps import Traps
from connectors.web.turns import Turns

AT_ONCE = 32
"""Requests under way at most, to all hosts."""
_HEARTBEAT = 60.0
"""Seconds after which what was told last is told again: who listens holds a lease."""


_Answered = tuple[Waiting, Known | None, Asked | BaseException]


@dataclass(slots=True)
class Result:
    """What a crawl that saw everything found, beside documents."""

    crawl: int = 0
    gone: dict[str, bool] = field(default_factory=dict)
    """Of each address that was asked for and is no document: whether it leaves the index."""
    remarks: list[tuple[str, str, str]] = field(default_factory=list)
    """Level, where, and what people should know."""


@dataclass(frozen=True, slots=True)
class Options:
    """What decides how a crawl goes, beside its scope."""

    sitemaps: tuple[str, ...] = ()
    follow: bool = True
    gone_after: int = 3
    max_bytes: int = 50_000_000


class Crawl:
    """One crawl of one source; begin another one with another object."""

    def __init__(self, web: Web, scope: Scope, store: Memory, options: Options) -> None:
        self._web = web
        self._scope = scope
        self._store = store
        self._options = options
        self._asker = Asker(web, max_bytes=options.max_bytes, ignore=scope.ignore_parameters)
        self._traps = Traps()
        self._former_traps = Traps()
        self._seen: set[int] = set()
        """Hashes of all addresses that were ever put on the frontier: a tenth of their size."""
        self._queued = 0
        self._outages = Outages(scope.seeds, lambda seed: self._asker.ask(seed, store.known(seed)))
        self._same_level: list[Waiting] = []
        self._seeds_asked: set[str] = set()
        self._left = 0
        """New addresses that may still be asked for."""
        self._known_left = 0
        self.unasked = 0
        """New addresses above the maximum."""
        self._told: set[str] = set()
        self._last: Known | None = None
        self.taken_back: list[str] = []
        """Addresses that were told before it was seen that they are traps, or errors."""
        self._number = 0
        self.result = Result()

    def documents(self) -> Iterator[Known]:
        """Yield every document once (some are repeated), and new pages that can not be read.

        Raises `ConnectorError` when a seed can not be read, or everything can not be seen: what was
        yielded before is true.
        """
        self._number, resumed = self._store.begin(self._named())
        self._begin(resumed=resumed)
        yield from self._certain(self._ask_seeds())
        discovery = Discovery(
            self._web,
            self._scope,
            self._store,
            sitemaps=self._options.sitemaps,
            crawl=self._number,
        )
        self._queue_in_parts(discovery.pages())
        with closing(self._levels()) as levels:
            yield from self._certain(levels)
        ending = Ending(
            self._store,
            self._scope,
            crawl=self._number,
            gone_after=self._options.gone_after,
            trapped=bool(self._traps.remarks() or self._traps.documents_withheld()),
        )
        ending.decide()
        remarks = ending.remarks(discovery, self._outages.away, self.unasked)
        self._store.end(
            self._number, [(level, f"{where}: {what}") for level, where, what in remarks]
        )
        self.result = Result(self._number, ending.gone, remarks)
        documents = {known.url for known in ending.documents}
        self.taken_back = [url for url in self._told if url not in documents]
        for known in ending.documents:
            if known.url not in self._told:
                yield known

    def _certain(self, pages: Iterable[Known | None]) -> Iterator[Known]:
        """Yield the pages that will be documents whatever else is seen, as good as certainly.

        For None, the last of them is told again: who listens holds a lease meanwhile.
        """
        for known in pages:
            if known is None:
                if self._last is not None:
                    yield self._last
            elif known.url not in self._told and self._is_certain(known):
                self._told.add(known.url)
                self._last = known
                yield known

    def _named(self) -> str:
        options = self._options
        return repr(
            (self._scope.fingerprint, options.sitemaps, options.follow, self._web.javascript)
        )

    # Where to begin

    def _begin(self, *, resumed: bool) -> None:
        store, number = self._store, self._number
        trapped = any(level == "trap" for level, _ in store.remarks())
        for url in store.urls_in_order() if trapped or resumed else ():
            known = store.known(url)
            if known is None or is_sitemap(known):
                continue
            if known.crawl == number:
                self._seen.add(hash(url))
                _saw(self._traps, known)
            if trapped:
                _saw(self._former_traps, known)
        if resumed:
            waiting = store.waiting()
            self._seen.update(map(hash, waiting))
            self._queued = len(waiting)
        known_before = f"first < {number}"
        new = store.count(f"first = {number} AND crawl = {number}")
        asked = store.count(f"crawl = {number}")
        self._left = self._scope.max_pages - store.count(known_before) - new
        self._known_left = self._scope.max_pages - asked

    def _ask_seeds(self) -> Iterator[Known]:
        """Ask for the seeds, one after another, where redirects lead, too.

        Without them there is no source: a login that ended, a host that is away, an address that is
        mistyped would look like a site whose pages are all gone.
        """
        found = []
        for seed in self._scope.seeds:
            one, passed = Waiting(seed, 0), [seed]
            while (known := self._ask_seed(one)).outcome == "redirect":
                target = self._scope.normalised(known.target or "")
                if target is None or target in passed or len(passed) > HOPS:
                    raise ConnectorError(f"{seed}: its redirects lead in a circle or nowhere")
                if not self._scope.covers(target) and target not in self._scope.seeds:
                    raise ConnectorError(
                        f"{seed} leads to {_without_query(target)}, which is out of the scope; put "
                        "that address into `urls`, or its host into `hosts`"
                    )
                passed.append(target)
                one = Waiting(target, 0, len(passed) - 1)
            if known.outcome != "ok":
                raise ConnectorError(f"{seed}: {known.why}")
            found.append(known)
        self._same_level.clear()
        return iter(found)  # all are asked before any is told

    def _ask_seed(self, one: Waiting) -> Known:
        known = self._store.known(one.url)
        if known and one.url in self._seeds_asked:
            return known
        # Also where a crawl goes on: a login may have ended since it began.
        self._seeds_asked.add(one.url)
        self._seen.add(hash(one.url))
        self._known_left -= known is None or known.crawl != self._number
        self._left -= known is None
        asked = self._asker.ask(one.url, known)
        if asked.outcome not in {"ok", "redirect"}:
            # It is not noted, so that the next run asks for it again.
            raise ConnectorError(f"{one.url}: {asked.why}")
        return self._note(one, known, asked)

    # Level by level

    def _levels(self) -> Generator[Known | None]:
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="crawl")
        try:
            known_queued = False
            while True:
                level = self._store.next_level()
                if not known_queued and (not level or level[0].later):
                    known_queued = True
                    self._queue_known()
                elif level:
                    yield from self._level(level, pool)
                else:
                    return
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _level(self, level: Sequence[Waiting], pool: ThreadPoolExecutor) -> Iterator[Known | None]:
        """Yield the pages of a level as they are answered; None where that takes long."""
        turns = Turns(level, of_a_host=max(1, self._web.workers()))
        answers: SimpleQueue[_Answered] = SimpleQueue()
        under_way, beat = 0, time.monotonic()

        def ask(one: Waiting, known: Known | None) -> None:
            try:
                answers.put((one, known, self._asker.ask(one.url, known)))
            except BaseException as error:  # noqa: BLE001 - raised again in the other thread
                answers.put((one, known, error))

        while True:
            for one, known in self._to_ask(turns, AT_ONCE - under_way):
                pool.submit(ask, one, known)
                under_way += 1
            if not under_way:
                return
            try:
                one, known, asked = answers.get(timeout=_HEARTBEAT)
            except Empty:
                yield None
                continue
            under_way -= 1
            turns.done(one)
            if isinstance(asked, BaseException):
                raise asked
            self._outages.watch(asked)
            yield self._note(one, known, asked)
            for other in self._same_level:
                turns.add(other)
            self._same_level.clear()
            if time.monotonic() - beat > _HEARTBEAT:
                beat = time.monotonic()
                yield None

    def _to_ask(self, turns: Turns, room: int) -> list[tuple[Waiting, Known | None]]:
        """Return what to ask for now, with what is known of each."""
        found: list[tuple[Waiting, Known | None]] = []
        while len(found) < room and (one := turns.next()):
            known = self._store.known(one.url)
            if self._is_asked(one, known):
                found.append((one, known))
            else:
                self._store.done(one.url)
                turns.done(one)
        return found

    def _is_asked(self, one: Waiting, known: Known | None) -> bool:
        if known and known.crawl == self._number:
            return False
        if away := self._outages.of(one.url):
            self._note(one, known, Asked(one.url, "trouble", away))
            return False
        if not (known and known.document) and self._traps.closed(one.url):
            return False
        if known:
            self._known_left -= 1
            return self._known_left >= 0
        if self._left <= 0 or self._known_left <= 0:
            self.unasked += 1
            return False
        self._left -= 1
        self._known_left -= 1
        return True

    def _is_certain(self, known: Known) -> bool:
        """Tell whether a page is told at once, as a document.

        It may still turn out to be one of many that say the same: then it is taken back. An address
        with numbers waits, since it may be of a pattern that has no end.
        """
        if known.outcome != "ok" or known.kind != "content" or not self._scope.covers(known.url):
            return False
        path = known.url.split("/", 3)[-1]
        plain = "?" not in path and not any(char.isdigit() for char in path)
        return plain and known.canonical in {None, known.url}

    # What an answer means for what is known, and where it leads

    def _note(self, one: Waiting, before: Known | None, asked: Asked) -> Known:
        """Remember what was answered, and put on the frontier where it leads; return it."""
        known = replace(noted(one.url, before, asked), crawl=self._number, depth=one.depth)
        if before is None:
            known = replace(known, first=self._number)
        # Where nothing was answered now, what was read before still leads on.
        links = known.links if asked.outcome != "ok" or asked.unchanged else asked.page.links
        if asked.target:
            target = self._scope.normalised(asked.target, base=one.url)
            known = replace(known, target=target or asked.target)
        if known.canonical:
            canonical = self._scope.normalised(known.canonical, base=one.url)
            known = replace(known, canonical=canonical)
        if known.outcome == "ok" and known.kind in {"content", "noindex"} and known.shape:
            self._traps.saw(one.url, replace(known.page, links=links))
        with self._store.writing():
            self._store.keep(known)
            if asked.body and (before is None or before.fingerprint != known.fingerprint):
                self._store.keep_body(known, asked.body)
            self._store.done(one.url)
            if known.outcome == "redirect" and known.target and one.hops < HOPS:
                hop = Waiting(known.target, one.depth, one.hops + 1, one.later)
                self._same_level += self._queue([hop])
            if known.canonical and known.outcome == "ok" and known.canonical != one.url:
                named = Waiting(known.canonical, one.depth, one.hops, one.later)
                self._same_level += self._queue([named])
            if self._options.follow and one.depth < self._scope.depth:
                self._queue([Waiting(link, one.depth + 1) for link in links])
        return known

    def _queue(self, addresses: Iterable[Waiting]) -> list[Waiting]:
        """Put on the frontier what is new and counts; return it."""
        fresh = [one for one in map(self._if_new, addresses) if one]
        self._store.wait(fresh, self._queued)
        self._queued += len(fresh)
        return [one for one in fresh if not one.later]

    def _if_new(self, one: Waiting) -> Waiting | None:
        """Return an address that was not seen in this crawl, and when its turn comes."""
        url, key = one.url, hash(one.url)
        if key in self._seen:
            return None
        self._seen.add(key)
        if not kinds.is_asked_for(url) or not self._scope.covers(url):
            return None
        if self._traps.refuses(url) or self._traps.closed(url):
            return None
        if self._former_traps.closed(url) and self._store.known(url) is None:
            return replace(one, later=2)  # when all else was asked for, if it is open then
        return one

    def _queue_in_parts(self, urls: Iterable[str]) -> None:
        part: list[Waiting] = []
        for url in urls:
            part.append(Waiting(url, 0))
            if len(part) == 1_000:
                with self._store.writing():
                    self._queue(part)
                part.clear()
        with self._store.writing():
            self._queue(part)

    def _queue_known(self) -> None:
        """Put on the frontier the documents that no link led to: they may still be there."""
        with self._store.writing():
            for known in list(self._store.all(f"document = 1 AND crawl < {self._number}")):
                if self._scope.covers(known.url):
                    self._seen.add(hash(known.url))
                    self._store.wait([Waiting(known.url, known.depth, later=1)], self._queued)
                    self._queued += 1


def _saw(traps: Traps, known: Known) -> None:
    if known.outcome == "ok" and known.kind in {"content", "noindex"} and known.shape:
        traps.saw(known.url, replace(known.page, links=known.links))


def _without_query(url: str) -> str:
    return url.partition("?")[0]
