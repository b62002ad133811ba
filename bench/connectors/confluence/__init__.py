"""A Confluence of 10,000 pages, mirrored: requests, speed, memory, kills, faults, text; and peers.

Parts: first, memory, again, text, peers, changes, kills, faults. The site is the tests' loopback
rig, a process of its own without its checks; a first sync and all others are `kurage ingest` as a
whole process. What the rig takes of the two cores is part of every time, the peers' too.

Memory is the private memory (`/proc/PID/smaps_rollup`) of `kurage ingest` and its workers, sampled,
in a run of its own whose index is in another process (the tests' loopback Qdrant): what is left are
connector and pipeline, and the index's client library, whose share is measured by opening the index
and doing nothing, and taken off. `first` tells what a run takes with the index in the process.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from rigs.confluence.process import ConfluenceProcess
from rigs.qdrant import QdrantRig

from bench.connectors.confluence import changes, peers, trouble
from bench.connectors.confluence.changes import Day
from bench.connectors.home import Held, Mirror, Sync
from bench.connectors.text import Truth, judged
from bench.figures import Figure, at_least, at_most

_SEED = 6
PAGES = 10_000
LARGE = 30_000


class Bench:
    """The site, and a home that mirrors it."""

    def __init__(self, folder: Path, rig: Any, pages: int, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._numbers = count()
        self.rig = rig
        self.pages = pages
        self.name = f"Confluence, {pages:,} pages"

    def mirror(self, *, qdrant: str | None = None) -> Mirror:
        """Return a new home."""
        return Mirror(
            self._folder / f"home-{next(self._numbers)}",
            self.rig,
            'kind = "confluence"',
            {
                "CONFLUENCE_URL": self.rig.url,
                "CONFLUENCE_EMAIL": self.rig.email or "",
                "CONFLUENCE_TOKEN": self.rig.token,
            },
            qdrant=qdrant,
        )

    @cached_property
    def home(self) -> Mirror:
        """The home that follows the site through all parts."""
        return self.mirror()

    @cached_property
    def first(self) -> Sync:
        """Its first sync."""
        return self.home.sync(measured=True)

    @cached_property
    def found(self) -> Held:
        """What its first sync brought."""
        if not self.first.report["written"]:
            raise RuntimeError(f"nothing was written: {self.first.report}")
        return self.home.held()

    def fresh(self) -> tuple[Mirror, Held]:
        """Return a new home after a first sync of the site as it is now, and its index."""
        mirror = self.mirror()
        mirror.sync()
        return mirror, mirror.held()

    def qdrant(self) -> str:
        """Return the address of an index in another process."""
        folder = self._folder / f"qdrant-{next(self._numbers)}"
        return str(self._stack.enter_context(QdrantRig(folder, validated=False)).url)


def pages_of(held: Held) -> list[str]:
    """Return the ids of pages and posts: neither threads nor files."""
    return sorted(
        one
        for one, url in held.urls.items()
        if "focusedCommentId" not in url and not one.startswith("att")
    )


def first(bench: Bench) -> Iterator[Figure]:
    """Return the cost of the first sync."""
    done = bench.first
    report = done.report
    # Pages and posts, without their threads and files.
    pages = len(pages_of(bench.found))
    yield at_most(
        f"{bench.name}, first sync ({report['written']:,} documents, {report['chunks']:,} chunks, "
        f"{len(report['failed'])} failed): requests a page",
        done.requests / pages,
        0.5,
        "peers below",
        "",
        ".3f",
    )
    yield at_least(
        f"{bench.name}, first sync: pages/s, from start to searchable",
        pages / done.seconds,
        100,
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


def memory(bench: Bench) -> Iterator[Figure]:
    """Return what connector and pipeline hold while the index is elsewhere."""
    apart = bench.mirror(qdrant=bench.qdrant())
    client = apart.idle_mb() - bench.mirror().idle_mb()
    done = apart.sync(measured=True)
    yield at_most(
        f"{bench.name}, first sync: private memory of connector and pipeline",
        done.peak_mb - client,
        250,
        f"with the index's client {done.peak_mb:.0f} MB",
        "MB",
        ".0f",
    )


def again(bench: Bench) -> Iterator[Figure]:
    """Return the cost of looking at everything, and of asking for news, where there are none."""
    bench.first  # noqa: B018 - runs it
    everything = bench.home.sync()
    bench.home.list_in_full(always=False)
    news = bench.home.sync()
    bench.home.list_in_full()
    for shown, done in (("all listed and compared", everything), ("asked for news", news)):
        untouched = done.touched == 0 and not done.report["stopped"]
        yield Figure(
            f"{bench.name}, nothing changed, {shown}",
            "peers below",
            "≤ 120 requests, 0 bodies, ≤ 8 s",
            f"{done.requests} requests, {done.bodies} bodies, {done.seconds:.1f} s",
            untouched and done.requests <= 120 and done.bodies == 0 and done.seconds <= 8,
        )


def texts(bench: Bench) -> Iterator[Figure]:
    """Return what is wrong with the text of every page."""
    held, truths = bench.found, _truths(bench)
    faults = judged(truths, {page: held.text(page) for page in truths})
    yield Figure(
        f"{bench.name}: text of every page, thread and file against the site's truth",
        "peers below",
        "none",
        str(faults),
        not faults,
    )


def _truths(bench: Bench) -> dict[str, Truth]:
    return {
        document: Truth(
            truth.present,
            {"macro parameters": truth.parameters, "text hidden from readers": truth.hidden},
        )
        for document, truth in bench.rig.truths().items()
    }


def beside_peers(bench: Bench) -> Iterator[Figure]:
    """Return what the peers make of the same site, twice."""
    truths = _truths(bench)
    for name in peers.PEERS:
        try:
            yield _peer(bench, name, truths)
        except ImportError as error:
            yield Figure(f"{bench.name}: {name}", "", "", f"not run: {error.name} is missing", None)


def _peer(bench: Bench, name: str, truths: Any) -> Figure:
    runs = []
    for _ in range(2):
        requests = bench.rig.requests
        seconds, texts = peers.read(name, bench.rig)
        asked = bench.rig.requests - requests
        runs.append(f"{len(texts):,} pages read, {asked:,} requests, {len(texts) / seconds:.0f}/s")
    # Pages only: neither reads threads or files.
    faults = judged({page: truths[page] for page in texts}, texts)
    return Figure(f"{bench.name}: {name}", "", "", f"{'; again: '.join(runs)}; {faults}", None)


def after_changes(bench: Bench) -> Iterator[Figure]:
    """Return what a sync does after a day of work on the site."""
    before = bench.found
    day = Day() if bench.pages >= PAGES else Day(20, 5, 3, 2, 10)
    made = changes.make(bench.rig, pages_of(before), day, seed=_SEED)
    done = bench.home.sync()
    after = bench.home.held()
    differ = after.differing(before)
    wrong = changes.unseen(bench.home, after, made)
    _, undisturbed = bench.fresh()
    left = after.differing(undisturbed)
    allowed = 120 + 3 * day.changes
    for line in wrong[:5]:
        print(line, file=sys.stderr)
    yield Figure(
        f"{bench.name}: {day.edited} edited, {day.renamed} renamed, {day.deleted} deleted, "
        f"{day.restricted} restricted, {day.commented} comments added",
        "neither peer notices a deletion",
        f"exactly those are touched, ≤ {allowed} requests, searchable or gone",
        f"{done.touched} documents touched, {len(differ)} differ from before, {len(left)} from a "
        f"first sync of the site as it is; {done.requests} requests, {done.bodies} bodies, "
        f"{done.seconds:.1f} s; {len(wrong)} not searchable or not gone",
        done.touched == len(differ) and not left and not wrong and done.requests <= allowed,
    )


def kills(bench: Bench) -> Iterator[Figure]:
    """Return what a first sync comes to that is killed twenty times."""
    before = bench.rig.served()
    _, undisturbed = bench.fresh()
    usual = trouble.since(before, bench.rig.served())
    mirror = bench.mirror()
    went = trouble.killed(mirror, bench.rig, usual=usual, seed=_SEED)
    left = mirror.held().differing(undisturbed)
    yield Figure(
        f"{bench.name}: `kill -9` at {went.kills} random moments of a first sync",
        "",
        "same index, ≤ 1 % fetched twice",
        f"{len(left)} documents differ, {went.twice} of {went.served:,} contents fetched twice "
        f"({went.share:.2%}; an undisturbed run: {sum(usual.values()) - len(usual):,})",
        not left and went.share <= 0.01,
    )


def faults(bench: Bench) -> Iterator[Figure]:
    """Return what a first sync comes to where one answer in ten is a 429 or a 5xx."""
    _, undisturbed = bench.fresh()
    mirror = bench.mirror()
    went = trouble.hurt(mirror, bench.rig)
    left = mirror.held().differing(undisturbed)
    yield Figure(
        f"{bench.name}: 429 and 5xx on a tenth of the answers to a first sync",
        "",
        "same index; waits as told",
        f"{len(left)} documents differ, {went.failed} not read; {went.refused} answers of "
        f"{went.requests:,} were refusals, {went.hasty} requests came before their time was over",
        not left and not went.failed and not went.hasty,
    )


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "first": first,
    "memory": memory,
    "again": again,
    "text": texts,
    "peers": beside_peers,
    "changes": after_changes,
    "kills": kills,
    "faults": faults,
}
_OF_SIZE = ("first", "memory", "again")
"""What is worth telling of a larger site."""


def figures(parts: Sequence[str] = (), *, pages: int = PAGES, large: bool = False) -> list[Figure]:
    """Return the rows of Confluence, all of them or those of some parts."""
    found = _of_site(parts or tuple(PARTS), pages)
    if large:
        found += _of_site(_OF_SIZE, LARGE)
    return found


def _of_site(parts: Sequence[str], pages: int) -> list[Figure]:
    found = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rig = stack.enter_context(ConfluenceProcess(seed=_SEED, pages=pages, validated=False))
        bench = Bench(folder, rig, pages, stack)
        for name in parts:
            for figure in PARTS[name](bench):
                # The parts take a quarter of an hour: what is known is told at once.
                print(f"{figure.name}: {figure.measured}", file=sys.stderr, flush=True)
                found.append(figure)
    return found
