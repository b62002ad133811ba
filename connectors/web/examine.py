"""What `kurage doctor` tells of a site: seeds, robots.txt, site maps, walls, the last crawl.

Reads only; each question is asked apart, so that one refusal does not hide the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from connectors.base import ConnectorError, Remark
from connectors.web.addresses import host_of
from connectors.web.asking import Asker
from connectors.web.discovery import Discovery
from connectors.web.fetching import why_not
from connectors.web.memory import Memory
from connectors.web.net import Web
from connectors.web.scope import Scope

if TYPE_CHECKING:
    from connectors.web.crawl import Options

_LONG = 6 * 3600
"""Seconds of a sync that are worth a remark."""
_ENTRIES = 50_000
"""Addresses of site maps that are counted."""


def examine(
    web: Web, asker: Asker, scope: Scope, memory: Memory, options: Options
) -> Iterator[Remark]:
    """Yield the remarks. Never raises for what is wrong at the site."""
    answering = 0
    for seed in scope.seeds:
        try:
            remark = _seed(asker, scope, seed)
        except ConnectorError as error:
            remark = Remark("problem", f"{seed}: {_one_line(error)}")
        answering += remark.level != "problem"
        yield remark
    if not answering:
        return
    if web.javascript:
        try:
            yield Remark("ok", f"Pages are drawn by {web.browser()} where they need it.")
        except ConnectorError as error:
            yield Remark("problem", _one_line(error))
    try:
        yield from _site_maps(web, scope, options)
        yield from _last_crawl(memory)
        yield from _pace(web, scope, memory)
    except ConnectorError as error:
        yield Remark("problem", _one_line(error))


def _seed(asker: Asker, scope: Scope, seed: str) -> Remark:
    url = seed
    for _ in range(10):
        asked = asker.ask(url)
        target = scope.normalised(asked.target or "", base=url) if asked.target else None
        if asked.outcome != "redirect" or target is None:
            break
        if not scope.covers(target) and target not in scope.seeds:
            return Remark(
                "problem",
                f"{seed} leads to {target.partition('?')[0]}, which is out of the scope. Put that "
                "address into `urls`, or its host into `hosts`.",
            )
        url = target
    if asked.outcome == "excluded":
        return Remark(
            "problem",
            f"{seed}: robots.txt does not allow it. Ask who runs the site to allow kurage-bot; "
            "`robots = false` is for a site of your own.",
        )
    if asked.outcome != "ok":
        return Remark("problem", f"{seed}: {why_not(asked)}.")
    leads = len(asked.page.links)
    what = "an answer without text" if asked.kind == "other" else f"it answers, with {leads} links"
    if asked.rendered:
        what += ", drawn by a browser"
    level = "ok" if leads or asked.kind == "other" or not scope.depth else "warning"
    hint = "" if level == "ok" else ". Without links, only site maps lead further"
    return Remark("ok" if level == "ok" else "warning", f"{seed}: {what}{hint}.")


def _site_maps(web: Web, scope: Scope, options: Options) -> Iterator[Remark]:
    store = Memory(None, "examined")
    discovery = Discovery(web, scope, store, sitemaps=options.sitemaps, crawl=1)
    try:
        named = list(islice(discovery.pages(), _ENTRIES))
    finally:
        store.close()
    for url, why in list(discovery.troubles.items())[:10]:
        yield Remark("warning", f"{url}: {why}.")
    if discovery.read:
        covered = len({url for url in named if scope.covers(url)})
        yield Remark(
            "ok", f"{discovery.read} site maps name {covered} pages that are within the scope."
        )
    elif not options.follow:
        yield Remark(
            "problem",
            "There is no site map, and links are not followed: nothing counts but `urls`. Set "
            "`follow = true`, or name site maps in `sitemaps`.",
        )
    else:
        yield Remark("ok", "There is no site map: pages are found by links.")


def _last_crawl(memory: Memory) -> Iterator[Remark]:
    number, ended = memory.last_crawl()
    if not number:
        yield Remark("ok", "It was not crawled yet.")
    elif ended is None:
        yield Remark(
            "warning", "The last crawl did not end; the next one goes on where it was for a day."
        )
    else:
        when = datetime.fromtimestamp(ended, UTC).astimezone().isoformat(" ", "minutes")
        documents = memory.count("document = 1 AND kind != ''")
        yield Remark("ok", f"{documents} documents at the last crawl ({when}).")
    for _, message in memory.remarks():
        yield Remark("warning", f"{message.rstrip('.')}.")
    if not memory.lasts:
        yield Remark(
            "warning",
            "What is remembered of the pages (web.db) can not be written: every sync asks for all "
            "of them, and nothing is ever found to be gone. Is the folder writable?",
        )


def _pace(web: Web, scope: Scope, memory: Memory) -> Iterator[Remark]:
    pages = memory.count("kind != '' AND url NOT LIKE 'sitemap %'")
    for seed in {host_of(seed): seed for seed in scope.seeds}.values():
        delay = web.pace(seed)
        if not delay:
            yield Remark("ok", f"{host_of(seed)}: it is asked without a pause.")
            continue
        seconds = delay * (pages or scope.max_pages)
        so_many = f"{pages} pages" if pages else f"at most {scope.max_pages} pages"
        told = f"{host_of(seed)}: a page each {delay:g} s, so that {so_many} take {_long(seconds)}"
        if seconds > _LONG:
            yield Remark("warning", f"{told}. A lower `max_pages` or a narrower scope is quicker.")
        else:
            yield Remark("ok", f"{told}.")


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
