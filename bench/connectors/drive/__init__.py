"""A Google Drive of 10,000 files, mirrored: requests, speed, news, a re-shared folder, text; peers.

Parts: first, again, changes, reshare, text, peers. The Workspace is generated from a seed: Docs,
Sheets, Slides, PDF, Office files and text in Japanese encodings, in My Drives and two shared
drives. A service account reads them that the files are shared with.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from rigs.drive.process import DriveProcess

from bench.connectors.drive import peers
from bench.connectors.home import Held, Mirror, Sync
from bench.connectors.text import Truth, judged
from bench.figures import Figure, at_least, at_most

_SEED = 7
PAGES = 10_000
_DESCENDANTS = 2_000
_A_FOLDER = 100
_CHANGES = {"edited": 60, "renamed": 20, "trashed": 10, "shared with somebody": 10}


class Site:
    """The rig, as a mirror counts it."""

    def __init__(self, rig: DriveProcess, folder: Path) -> None:
        self.rig = rig
        self.environ = {
            "GOOGLE_API_URL": rig.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(rig.credentials("service_account", folder)),
        }

    @property
    def requests(self) -> int:
        """How many requests were answered, those for tokens among them."""
        return self.rig.requests

    @property
    def contents_served(self) -> int:
        """How often the content of a file was sent."""
        return sum(self.rig.served.values())


class Bench:
    """The Workspace, and a home that mirrors it."""

    def __init__(self, folder: Path, rig: DriveProcess, files: int) -> None:
        self._folder = folder
        self._numbers = count()
        self.rig = rig
        self.site = Site(rig, folder)
        self.name = f"Drive, {files:,} files"

    def mirror(self) -> Mirror:
        """Return a new home."""
        home = self._folder / f"home-{next(self._numbers)}"
        return Mirror(home, self.site, 'kind = "drive"', self.site.environ)

    @cached_property
    def home(self) -> Mirror:
        """The home that follows the Workspace through all parts."""
        return self.mirror()

    @cached_property
    def first(self) -> tuple[Sync, int]:
        """Its first sync, and how many of its requests were for permissions of shared drives."""
        asked = self.rig.routes.get("permissions.list", 0)
        done = self.home.sync(measured=True)
        if not done.report["written"]:
            raise RuntimeError(f"nothing was written: {done.report}")
        self.home.list_in_full(always=False)
        return done, self.rig.routes["permissions.list"] - asked

    def visible(self) -> dict[str, Any]:
        """Return the truth of every file that the account may read, by id."""
        return {one: truth for one, truth in self.rig.truths().items() if truth.visible}


def first(bench: Bench) -> Iterator[Figure]:
    """Return the cost of the first sync."""
    done, permissions = bench.first
    report = done.report
    files = int(report["written"]) + len(report["failed"])
    yield at_most(
        f"{bench.name}, first sync ({files:,} seen, {report['written']:,} documents, "
        f"{len(report['failed'])} not read): requests a file, beside {permissions} for permissions "
        "of shared drives",
        (done.requests - permissions) / files,
        1.2,
        "LlamaIndex 2.3",
        "",
        ".3f",
    )
    yield at_least(
        f"{bench.name}, first sync: files/s, from start to searchable",
        files / done.seconds,
        40,
        "LlamaIndex 9 (0.11 s a file, no index)",
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
    """Return the cost of asking for news where there are none, and of looking at everything."""
    bench.first  # noqa: B018 - runs it
    news = bench.home.sync()
    yield Figure(
        f"{bench.name}, nothing changed",
        "everything is read again",
        "≤ 5 requests",
        f"{news.requests} requests, {news.bodies} bodies, {news.seconds:.1f} s",
        news.requests <= 5 and news.bodies == 0 and news.touched == 0,
    )
    bench.home.list_in_full()
    everything = bench.home.sync()
    bench.home.list_in_full(always=False)
    yield Figure(
        f"{bench.name}, nothing changed, all listed and compared",
        "",
        "0 bodies",
        f"{everything.requests} requests, {everything.bodies} bodies, {everything.seconds:.1f} s",
        everything.bodies == 0 and everything.touched == 0,
    )


def after_changes(bench: Bench) -> Iterator[Figure]:
    """Return what a sync does after a hundred changes."""
    bench.first  # noqa: B018 - runs it
    before = bench.home.held()
    made = sum(_CHANGES.values())
    _work(bench, before)
    done = bench.home.sync()
    after = bench.home.held()
    undisturbed = bench.mirror()
    undisturbed.sync()
    differ, left = after.differing(before), after.differing(undisturbed.held())
    allowed = 5 + 3 * made
    yield Figure(
        f"{bench.name}: " + ", ".join(f"{number} {what}" for what, number in _CHANGES.items()),
        "none notices what was trashed",
        f"exactly those are touched, ≤ {allowed} requests",
        f"{done.touched} documents touched, {len(differ)} differ from before, {len(left)} from a "
        f"first sync of the Workspace as it is; {done.requests} requests, {done.bodies} bodies, "
        f"{done.seconds:.1f} s",
        done.touched == len(differ) and not left and done.requests <= allowed,
    )


def _work(bench: Bench, held: Held) -> None:
    """Do a hundred things, each to a file of its own."""
    drawn = random.Random(_SEED)
    known = [one for one in bench.visible() if one in held.documents]
    chosen = iter(drawn.sample(sorted(known), sum(_CHANGES.values())))
    for _ in range(_CHANGES["edited"]):
        bench.rig.generator.rewrite(next(chosen))
    for number in range(_CHANGES["renamed"]):
        bench.rig.site.rename(next(chosen), f"名前を変えた資料 {number}")
    for _ in range(_CHANGES["trashed"]):
        bench.rig.site.trash(next(chosen))
    for _ in range(_CHANGES["shared with somebody"]):
        bench.rig.site.share(next(chosen), "newcomer@kurage.example.jp")


def reshare(bench: Bench) -> Iterator[Figure]:
    """Return what a sync does after a folder with 2,000 descendants was shared with one more."""
    bench.first  # noqa: B018 - runs it
    site = bench.rig.site
    top = site.add_folder("引き継ぎ")
    files = []
    for number in range(_DESCENDANTS // _A_FOLDER):
        within = site.add_folder(f"第{number}部", top)
        files += [
            site.add_doc(f"引き継ぎ {number}-{n}", f"# 件名 {n}\n担当は{number}課です。", within)
            for n in range(_A_FOLDER)
        ]
    bench.home.sync()
    who = "kansa@kurage.example.jp"
    site.share(top, who)
    done = bench.home.sync()
    readers = bench.home.readers()
    wrong = [one for one in files if not _may(who, readers.get(one, ()))]
    yield Figure(
        f"{bench.name}: a folder with {len(files):,} files in {_DESCENDANTS // _A_FOLDER} folders "
        "below it is shared with one more person",
        "",
        "readers right at the end of the run, no file fetched again",
        f"{len(wrong)} with wrong readers, {done.bodies} fetched; "
        f"{done.report['readers_updated']:,} updated, {done.requests} requests, "
        f"{done.seconds:.1f} s",
        not wrong and done.bodies == 0 and done.report["readers_updated"] == len(files),
    )


def _may(email: str, layers: Sequence[frozenset[str]]) -> bool:
    return bool(layers) and all(f"user:{email}" in layer for layer in layers)


def texts(bench: Bench) -> Iterator[Figure]:
    """Return what is wrong with the text of every file."""
    bench.first  # noqa: B018 - runs it
    held, visible = bench.home.held(), bench.visible()
    # What the account sees for being public alone, in a folder that is closed to it, is no member's
    # to list: Drive shows it by its address only.
    truths = _truths({one: truth for one, truth in visible.items() if one in held.documents})
    faults = judged(truths, {one: held.text(one) for one in truths})
    yield Figure(
        f"{bench.name}: text of every file against the Workspace's truth ({len(truths):,} of the "
        f"{len(visible):,} with text that are open to the account)",
        "LlamaIndex loses all CP932 text",
        "none",
        str(faults),
        not faults,
    )


def _truths(told: Mapping[str, Any]) -> dict[str, Truth]:
    return {one: Truth(truth.present, {"hidden text": truth.absent}) for one, truth in told.items()}


def beside_peers(bench: Bench) -> Iterator[Figure]:
    """Return what LlamaIndex's reader makes of one folder of the same Workspace."""
    site = bench.rig.site
    folder = site.add_folder("比較")
    words = []
    for number in range(peers.FILES):
        if number % 5:
            site.add_doc(f"資料 {number}", f"# 件名\n本文の{number}番目です。", folder)
        else:
            words.append(f"控えの{number}番目です。")
            site.add_file(f"控え {number}.txt", words[-1].encode("cp932"), folder)
    requests = bench.rig.requests
    try:
        seconds, texts = peers.read(bench.site.environ, folder)
    except ImportError as error:
        yield Figure(f"{bench.name}: LlamaIndex", "", "", f"not run: {error.name} is missing", None)
        return
    asked = bench.rig.requests - requests
    whole = "\n".join(texts.values())  # under which ids it tells them is its own business
    lost = sum(one not in whole for one in words)
    yield Figure(
        f"LlamaIndex GoogleDriveReader, a folder of {peers.FILES} files on the same rig",
        "",
        "",
        f"{asked / peers.FILES:.1f} requests and {seconds / peers.FILES:.3f} s a file (no index, "
        f"no readers); of {len(words)} texts in CP932 {lost} lost",
        None,
    )


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "first": first,
    "again": again,
    "text": texts,
    "changes": after_changes,
    "reshare": reshare,
    "peers": beside_peers,
}


def figures(parts: Sequence[str] = (), *, pages: int = PAGES, large: bool = False) -> list[Figure]:
    """Return the rows of Google Drive, all of them or those of some parts."""
    del large  # one size is told
    found = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rig = stack.enter_context(DriveProcess(seed=_SEED, files=pages, validated=False))
        rig.generator.warm()
        bench = Bench(folder, rig, pages)
        for name in parts or tuple(PARTS):
            for figure in PARTS[name](bench):
                print(f"{figure.name}: {figure.measured}", file=sys.stderr, flush=True)
                found.append(figure)
    return found
