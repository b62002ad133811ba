"""A Japanese company's web site of 5,000 pages, mirrored: scope, traps, speed, politeness, text.

Parts: first, again, polite, text, ssrf, peers. The site is generated from a seed: six sections in
three designs, site maps, files, redirects, print views, old charsets, and eight traps without end.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rigs.website import journal
from rigs.website.process import WebsiteProcess
from rigs.website.traps import TRAPS

from bench.connectors.home import Held, Mirror, Sync
from bench.connectors.text import Truth, judged
from bench.connectors.web import peers, ssrf
from bench.figures import Figure, at_least

_SEED = 5
PAGES = 5_000
_POLITE_PAGES = 60
_POLITE_DELAY_S = 0.2
_CLOCK_S = 0.02
"""What the rig's clock and threads may take from a gap that the client kept."""


class Site:
    """The rig, as a mirror counts it."""

    def __init__(self, rig: WebsiteProcess) -> None:
        self.rig = rig
        self.documents = rig.company.documents

    @property
    def requests(self) -> int:
        """How many requests came in."""
        return self.rig.requests

    @property
    def contents_served(self) -> int:
        """How often something was sent in full."""
        return sum(one.status == 200 for one in self.rig.journal)

    @property
    def options(self) -> str:
        """Lines of a source that reads it as fast as it can."""
        host = urlsplit(self.rig.url).hostname
        return (
            f'kind = "web"\nurls = ["{self.rig.url}/"]\nprivate_hosts = ["{host}"]\n'
            "delay = 0\nrequests_at_once = 8"
        )


class Bench:
    """The site, and a home that mirrors it."""

    def __init__(self, folder: Path, rig: WebsiteProcess, pages: int) -> None:
        self._folder = folder
        self._numbers = count()
        self.rig = rig
        self.site = Site(rig)
        self.name = f"web, {pages:,} pages"

    def folder(self, name: str) -> Path:
        """Return a folder that is not there yet."""
        return self._folder / f"{name}-{next(self._numbers)}"

    @cached_property
    def home(self) -> Mirror:
        """The home that follows the site through all parts."""
        return Mirror(self.folder("home"), self.site, self.site.options, {})

    @cached_property
    def first(self) -> tuple[Sync, list[Any]]:
        """Its first sync, and what the site was asked for."""
        self.rig.forget()
        done = self.home.sync(measured=True)
        if not done.report["written"]:
            raise RuntimeError(f"nothing was written: {done.report}")
        return done, self.rig.journal

    @cached_property
    def held(self) -> Held:
        """What its first sync brought."""
        self.first  # noqa: B018 - runs it
        return self.home.held()


def first(bench: Bench) -> Iterator[Figure]:
    """Return what the first sync asks for, and how long it takes."""
    done, asked = bench.first
    documents = bench.site.documents
    # The first page of a trap is a page like others.
    held = set(bench.held.documents) - bench.rig.company.entrances
    origin = bench.rig.url
    times = Counter(origin + one.target for one in asked if one.status == 200)
    twice = sum(times[one] > 1 for one in documents)
    yield Figure(
        f"{bench.name} ({len(documents):,} documents in scope), first sync: documents",
        "trafilatura's spider 220 documents of traps",
        "every page in scope once",
        f"{len(documents & held):,} there, {len(documents - held)} missing, "
        f"{len(held - documents)} that are none, {twice} asked for twice",
        documents == held and not twice,
    )
    trapped = Counter(bench.rig.company.trapped())
    deserved = {trap.name: trap.deserves for trap in TRAPS}
    greedy = {name: spent for name, spent in trapped.items() if spent > deserved[name]}
    forbidden = bench.rig.company.forbidden
    refused = sum((origin + one.target).startswith(forbidden) for one in asked)
    yield Figure(
        f"{bench.name}, first sync: requests",
        "LangChain 4,756 of 4,792 in traps",
        f"traps bounded (≤ {max(deserved.values())} each), none that robots.txt forbids",
        f"{len(asked):,}, of them {trapped.total():,} in {len(trapped)} traps "
        f"({', '.join(f'{name} {spent}' for name, spent in sorted(trapped.items()))}), "
        f"{refused} forbidden",
        not greedy and not refused,
    )
    yield at_least(
        f"{bench.name}, first sync: pages/s, from start to searchable",
        len(documents & held) / done.seconds,
        50,
        "peers below",
        ".0f",
    )
    yield Figure(
        f"{bench.name}, first sync: private memory, its index included",
        "",
        "",
        f"{done.peak_mb:.0f} MB",
        None,
    )


def again(bench: Bench) -> Iterator[Figure]:
    """Return what a sync asks for where nothing changed."""
    bench.first  # noqa: B018 - runs it
    bench.rig.forget()
    done = bench.home.sync()
    asked = bench.rig.journal
    unversioned = bench.rig.company.unversioned
    origin = bench.rig.url
    documents = bench.site.documents - unversioned
    touched = sum(change["id"] in documents for change in done.report["changes"])
    plain = [one for one in journal.unconditional(asked) if origin + one.target in documents]
    full = [one for one in asked if origin + one.target in documents and one.status == 200]
    yield Figure(
        f"{bench.name}, nothing changed",
        "none sends conditional requests",
        "only conditional requests",
        f"{len(asked):,} requests; of those for documents that have a validator {len(plain)} "
        f"unconditional, {len(full)} answered in full; {touched} documents touched, "
        f"{done.seconds:.1f} s",
        not plain and not full and not touched,
    )


def polite(bench: Bench) -> Iterator[Figure]:
    """Return the pace of a sync that is told one, by its options and by robots.txt."""
    with WebsiteProcess(pages=_POLITE_PAGES, seed=_SEED, with_traps=False) as rig:
        site = Site(rig)
        host = str(urlsplit(rig.url).hostname)
        options = site.options.replace("delay = 0", f"delay = {_POLITE_DELAY_S}")
        mirror = Mirror(bench.folder("polite"), site, options, {})
        shown = []
        for _ in range(2):
            rig.forget()
            done = mirror.sync()
            gaps = journal.gaps(rig.journal, host)
            shown.append((min(gaps), len(gaps) + 1, done.seconds))
    yield Figure(
        f"web, {_POLITE_PAGES} pages, delay {_POLITE_DELAY_S} s, first sync and again: shortest "
        "time between two requests to the host",
        "",
        f"≥ {_POLITE_DELAY_S} s",
        "; ".join(f"{gap:.3f} s ({asked} requests, {took:.0f} s)" for gap, asked, took in shown),
        all(gap >= _POLITE_DELAY_S - _CLOCK_S for gap, _, _ in shown),
    )


def texts(bench: Bench) -> Iterator[Figure]:
    """Return what is wrong with the text of every page."""
    truths = {
        url: Truth(truth.present, {"boilerplate or hidden text": truth.absent})
        for url, truth in bench.rig.company.truths().items()
    }
    faults = judged(truths, {url: bench.held.text(url) for url in truths})
    yield Figure(
        f"{bench.name}: text of every page and file against the site's truth",
        "peers below",
        "none",
        str(faults),
        not faults,
    )


def led_inside(bench: Bench) -> Iterator[Figure]:
    """Return how often a crawl is led to addresses inside, where all of them answer."""
    del bench  # it has a site of its own
    yield ssrf.figure()


def beside_peers(bench: Bench) -> Iterator[Figure]:
    """Return what the peers make of the same site."""
    truths = {
        url: Truth(truth.present, {"boilerplate or hidden text": truth.absent})
        for url, truth in bench.rig.company.truths().items()
    }
    for name in peers.PEERS:
        bench.rig.forget()
        try:
            seconds, texts = peers.read(name, f"{bench.rig.url}/")
        except ImportError as error:
            yield Figure(f"{bench.name}: {name}", "", "", f"not run: {error.name} is missing", None)
            continue
        asked = bench.rig.journal
        known = {url: texts[url] for url in texts if url in truths}
        traps = sum(bench.rig.company.trapped().values())
        faults = judged({url: truths[url] for url in known}, known)
        yield Figure(
            f"{bench.name}: {name}, ended after {seconds:.0f} s",
            "",
            "",
            f"{len(asked):,} requests ({len(asked) / seconds:.0f}/s), {traps:,} in traps; "
            f"{len(known):,} pages in scope, {len(texts) - len(known):,} other documents; {faults}",
            None,
        )


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "first": first,
    "again": again,
    "text": texts,
    "polite": polite,
    "ssrf": led_inside,
    "peers": beside_peers,
}


def figures(parts: Sequence[str] = (), *, pages: int = PAGES, large: bool = False) -> list[Figure]:
    """Return the rows of the web, all of them or those of some parts."""
    del large  # one size is told
    found = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rig = stack.enter_context(WebsiteProcess(seed=_SEED, pages=pages))
        rig.company.warm()  # what it costs to write the pages is no crawler's
        bench = Bench(folder, rig, pages)
        rows = itertools.chain.from_iterable(PARTS[name](bench) for name in parts or tuple(PARTS))
        for figure in rows:
            print(f"{figure.name}: {figure.measured}", file=sys.stderr, flush=True)
            found.append(figure)
    return found
