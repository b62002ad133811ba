"""One address at a time, as it is now: for what a person copied, and for what may be gone.

Knows nothing of listings; what a crawl decided is remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from connectors.base import ConnectorError, Presence, Ref
from connectors.web import kinds
from connectors.web.asking import Asked, Asker
from connectors.web.fate import stands_for
from connectors.web.fetching import why_not
from connectors.web.known import Known
from connectors.web.leading import CIRCLE, HOPS, TOO_MANY, to_inside
from connectors.web.memory import Memory
from connectors.web.noting import noted
from connectors.web.refs import Teller
from connectors.web.scope import Scope
from connectors.web.traps import Traps

_GONE = Presence(exists=False, version=None, readers=())


class Lookup:
    """Asks for single addresses."""

    def __init__(self, asker: Asker, scope: Scope, memory: Memory, teller: Teller) -> None:
        self._asker = asker
        self._scope = scope
        self._memory = memory
        self._teller = teller

    def seeds_answer(self) -> None:
        """Raise `ConnectorError` where a seed does not answer: the source is away."""
        for seed in self._scope.seeds:
            _, asked = self._asked(seed)
            if asked.outcome != "ok":
                raise ConnectorError(f"{seed}: {why_not(asked)}")

    def find(self, url: str) -> Ref | None:  # noqa: PLR0911 - a table, case by case
        """Return the document at an address."""
        address = self._address(url)
        if address is None:
            return None
        known, asked = self._asked(address)
        before = self._memory.known(known.url)
        if asked.outcome in {"trouble", "wall"}:
            if before and before.document:
                return self._teller.ref(before)
            if asked.outcome == "trouble":
                raise ConnectorError(asked.why)
            return None
        if asked.outcome != "ok" or known.kind != "content" or not self._counts(known):
            return None
        other = self._canonical(known)
        if other is not None:
            return self._teller.ref(other)
        if before is None:
            # A crawl that ended has seen every page that any link leads to.
            return self._teller.ref(known) if self._memory.last_crawl()[1] is None else None
        return None if before.withheld and not before.document else self._teller.ref(known)

    def left_out(self, url: str) -> str | None:  # noqa: PLR0911 - likewise
        """Return why there is no document at an address; None: it is none of this source's."""
        address = self._scope.normalised(url)
        if address is None or not self._scope.covers_host(address):
            return None
        by_name = (
            self._scope.why_not(address)
            or Traps().refuses(address)
            or (None if kinds.is_asked_for(address) else "its name says that it has no text")
        )
        if by_name:
            return by_name
        known, asked = self._asked(address)
        if asked.outcome != "ok" or known.kind != "content":
            return why_not(asked)
        if not self._scope.covers(known.url):
            return f"it leads to {known.url}, which is out of the scope"
        if (other := self._canonical(known)) is not None:
            return f"the page names {other.url} as its address (canonical)"
        before = self._memory.known(known.url)
        if before is None:
            return (
                "no link leads to it from the pages that were crawled: it is in no site map, "
                "beyond `depth` or `max_pages`, or new since the last sync"
            )
        return before.withheld or None

    def check(self, document_id: str) -> Presence:
        """Return what the server says of a document now."""
        address = self._address(document_id)
        if address is None or address != document_id:
            return _GONE
        known = self._memory.known(address)
        asked = self._asker.ask(address, known)
        if asked.outcome == "redirect" and not asked.permanent:
            # Its reader arrives somewhere; what it says there is its version.
            known, asked = self._asked(address)
        if asked.outcome in {"trouble", "wall"}:
            raise ConnectorError(asked.why)
        if asked.outcome != "ok" or asked.kind != "content":
            return _GONE
        now = noted(address, known, asked)
        return Presence(exists=True, version=now.fingerprint, readers=self._teller.readers)

    def gone(
        self, ids: Collection[str], decided: Mapping[str, bool], *, crawl: int, gone_after: int
    ) -> frozenset[str]:
        """Return those that are documents no more.

        `decided` are those of which the crawl of this process saw that they are none, or missing:
        they are not asked for again. `crawl` is its number, 0 for none.
        """
        found, asked_for = set(), []
        for one in ids:
            if decided.get(one) or self._address(one) != one:
                found.add(one)
            elif one not in decided and not self._is_counted(one, crawl):
                asked_for.append(one)
        if asked_for:
            self.seeds_answer()
        for one in asked_for:
            if self._is_gone(one, gone_after):
                found.add(one)
        return frozenset(found)

    def _is_counted(self, url: str, crawl: int) -> bool:
        """Tell whether the crawl of this process missed it: a second look would count twice."""
        known = self._memory.known(url)
        return bool(crawl and known and known.crawl == crawl and known.outcome == "missing")

    def _is_gone(self, url: str, gone_after: int) -> bool:
        known = self._memory.known(url)
        asked = self._asker.ask(url, known)
        if asked.away:
            self.seeds_answer()
        if asked.outcome == "missing":
            return self._is_missing(url, known, asked, gone_after)
        if asked.outcome == "redirect" and asked.permanent:
            end, last = self._asked(url)
            return end.url != url and last.outcome == "ok" and end.kind == "content"
        if asked.outcome == "ok" and asked.kind == "content":
            # What its crawl withheld is remembered.
            return bool(known and known.withheld and not known.document)
        return asked.outcome in {"ok", "excluded"}

    def _is_missing(self, url: str, known: Known | None, asked: Asked, gone_after: int) -> bool:
        misses = (known.misses if known else 0) + 1
        if known is None and misses < gone_after:
            # Nothing was known of it: what was remembered is lost. It is counted from now on.
            crawl, _ = self._memory.last_crawl()
            row = replace(noted(url, None, asked), document=True, misses=misses)
            self._memory.keep(replace(row, crawl=crawl, first=crawl))
        return misses >= gone_after

    def _address(self, url: str) -> str | None:
        """Return a document's address; None: there can be no document."""
        address = self._scope.normalised(url)
        if address is None or not self._scope.covers(address):
            return None
        return address if kinds.is_asked_for(address) else None

    def _asked(self, url: str) -> tuple[Known, Asked]:
        """Return what an address is now, and the last answer, after redirects within the scope."""
        passed: set[str] = set()
        while True:
            before = self._memory.known(url)
            asked = self._asker.ask(url, before)
            known = noted(url, before, asked)
            target = self._scope.normalised(asked.target or "", base=url) if asked.target else None
            counts = target and (self._scope.covers(target) or target in self._scope.seeds)
            passed.add(url)
            if asked.outcome != "redirect" or target is None:
                return known, asked
            if why := self._leads_nowhere(url, target, passed, counts=bool(counts)):
                return known, replace(asked, outcome="trouble", why=why)
            if not counts:
                return known, asked
            url = target

    @staticmethod
    def _leads_nowhere(
        url: str, target: str, passed: Collection[str], *, counts: bool
    ) -> str | None:
        if target in passed:
            return CIRCLE
        if len(passed) > HOPS:
            return TOO_MANY
        return None if counts else to_inside(url, target)

    def _counts(self, known: Known) -> bool:
        return self._scope.covers(known.url) and not Traps().refuses(known.url)

    def _canonical(self, known: Known) -> Known | None:
        """Return the page that stands for another one."""
        url = self._scope.normalised(known.canonical or "", base=known.url)
        if not url or url == known.url or not self._scope.covers(url):
            return None
        other = self._memory.known(url)
        return other if other and other.document and stands_for(known, other) else None
