"""The end of a crawl: what each address is from now on, and what people should know.

Knows nothing of requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from connectors.web.discovery import Discovery, is_sitemap
from connectors.web.fate import Fates
from connectors.web.known import Known
from connectors.web.leading import nowhere
from connectors.web.memory import Memory
from connectors.web.scope import Scope
from connectors.web.traps import Traps
from connectors.web.walls import is_login_address

_COUNTED_FOR = 10
"""Crawls for which it is remembered how often a page was missing that nothing leads to."""

_TOLD = 10
"""Addresses of a kind that are told each by itself."""

Line = tuple[str, str, str]
"""Level (`trap`, `warning`), where, and what."""


class Ending:
    """Decides over all addresses of a crawl that saw everything."""

    def __init__(
        self, store: Memory, scope: Scope, *, crawl: int, gone_after: int, trapped: bool
    ) -> None:
        """`trapped`: whether there was any trap on the way."""
        self._trapped = trapped
        self._store = store
        self._scope = scope
        self._crawl = crawl
        self._gone_after = gone_after
        self._traps = Traps()
        self.documents: list[Known] = []
        """Documents, and new pages that could not be read; without their links."""
        self.gone: dict[str, bool] = {}
        """See `crawl.Result`."""
        self.nowhere: dict[str, str] = {}
        """Why the redirects of an address end nowhere."""

    def decide(self) -> None:
        """Decide, and remember it."""
        store = self._store
        # Anew, in an order that stays the same from crawl to crawl: who was there first is the
        # page, and who came later the copy.
        for url in store.urls_in_order() if self._trapped else ():
            known = store.known(url)
            if known and known.outcome == "ok" and known.shape and known.crawl == self._crawl:
                self._traps.saw(url, replace(known.page, links=known.links))
        everything = self._everything()
        fates = Fates(
            everything,
            crawl=self._crawl,
            covers=self._scope.covers,
            withheld=self._traps.documents_withheld(),
            gone_after=self._gone_after,
        )
        with store.writing():
            store.forget_sitemaps(before=self._crawl)
            forgotten = []
            for known in everything:
                decision = fates.decided(known)
                store.decide(
                    known.url,
                    document=decision.document,
                    misses=decision.misses,
                    withheld=decision.withheld,
                )
                if decision.document and decision.told and known.kind:
                    self.documents.append(replace(known, document=True, misses=decision.misses))
                    continue
                store.drop_body(known.url)
                if not decision.document and known.crawl != self._crawl:
                    # One that is gone may still be in an index that was not allowed to delete it:
                    # then it is looked at once more, and what was counted holds.
                    if not known.misses or known.crawl < self._crawl - _COUNTED_FOR:
                        forgotten.append(known.url)
                    continue
                self.gone[known.url] = decision.gone
                if is_unread(known) and self._scope.covers(known.url):
                    self.documents.append(known)
            store.forget(forgotten)

    def _everything(self) -> list[Known]:
        """Return all addresses; those whose redirects end nowhere are in trouble."""
        everything = [known for known in self._store.all() if not is_sitemap(known)]
        self.nowhere = nowhere(everything, crawl=self._crawl, covers=self._scope.covers)
        with self._store.writing():
            for url, why in self.nowhere.items():
                self._store.set_trouble(url, why)
        return [
            replace(known, outcome="trouble", why=self.nowhere[known.url], target=None)
            if known.url in self.nowhere
            else known
            for known in everything
        ]

    def remarks(self, discovery: Discovery, away: Mapping[str, str], unasked: int) -> list[Line]:
        """Return what people should know: a few lines, however many pages there are."""
        lines: list[Line] = [("trap", where, what) for where, what in self._traps.remarks()]
        # Each new page that can not be read is told by itself, unless it is one of many at a wall.
        troubled = Counter(
            known.why
            for known in self.documents
            if known.outcome == "wall"
            or (known.document and known.outcome == "trouble" and known.url not in self.nowhere)
        )
        for why, pages in troubled.most_common(_TOLD):
            where = "1 page" if pages == 1 else f"{pages} pages"
            lines.append(("warning", where, f"{why}. What was read before stays as it was"))
        lines += [
            ("warning", host, f"{why} Its pages stay as they were.") for host, why in away.items()
        ]
        lines += [("warning", url, why) for url, why in sorted(discovery.troubles.items())[:_TOLD]]
        lines += [("warning", url, why) for url, why in sorted(self.nowhere.items())[:_TOLD]]
        if unasked:
            reached = (
                f"max_pages = {self._scope.max_pages} is reached: {unasked} further addresses were "
                "found and not asked for; raise it, or narrow the scope by `exclude`"
            )
            lines.append(("warning", "max_pages", reached))
        return lines


def is_unread(known: Known) -> bool:
    """Tell whether there is a page of which nothing could ever be read; a login is none."""
    if known.outcome == "wall" and is_login_address(known.url):
        return False
    return known.outcome in {"trouble", "wall"} and not known.kind
