"""What every script here shares: a figure, how it is printed, and how a process tree is measured.

Knows nothing of what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
KURAGE = (sys.executable, "-m", "bot.cli")


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    name: str
    reference: str
    """What others, or a plain baseline, reach."""
    reach: str
    """The target, as the issue words it."""
    measured: str
    reached: bool | None
    """None where there is nothing to compare."""


def at_least(name: str, value: float, target: float, reference: str, form: str = ".3f") -> Figure:
    """Return the row of a figure that should be high."""
    return Figure(name, reference, f"≥ {target:{form}}", f"{value:{form}}", value >= target)


def at_most(
    name: str, value: float, target: float, reference: str, unit: str, form: str = ".2f"
) -> Figure:
    """Return the row of a figure that should be low."""
    return Figure(
        name, reference, f"≤ {target:g} {unit}", f"{value:{form}} {unit}", value <= target
    )


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a Markdown table."""
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [
        "| figure | reference | reach | measured | reached |",
        "|---|---|---|---|---|",
        *(
            f"| {f.name} | {f.reference} | {f.reach} | {f.measured} | {marks[f.reached]} |"
            for f in figures
        ),
    ]
    return "\n".join(rows)


def shared(name: str) -> Path:
    """Return a file of the shared data sets, or end: without them there is nothing to measure."""
    path = SHARED / name
    if not path.exists():
        sys.exit(f"{path} is not there; the data sets stand beside the checkout")
    return path


def documents(folder: Path) -> Path:
    """Unpack the real documentation pages and Office files; return the folder that holds them."""
    with tarfile.open(shared("docs.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return folder


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    peak_mb: float
    """Highest PSS over the process tree, sampled; 0 where it was not."""
    output: str


def run(
    command: Iterable[str], environ: Mapping[str, str], *, sample_every: float | None = None
) -> Run:
    """Run a command from start to end; `sample_every` seconds its tree's memory is read.

    Raises CalledProcessError with what it printed where it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        tuple(command),
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = 0.0
    while sample_every and process.poll() is None:
        peak = max(peak, tree_pss_mb(process.pid))
        time.sleep(sample_every)
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, output)
    return Run(seconds, peak, output)


def tree_pss_mb(root: int) -> float:
    """Return the proportional set size of a process and all below it, in MB (10^6 bytes)."""
    return sum(_pss(pid) for pid in _tree(root)) / 1000


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0


def _tree(root: int) -> list[int]:
    found, frontier = [root], [root]
    while frontier:
        pid = frontier.pop()
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                children = [int(child) for child in path.read_text().split()]
            except OSError:
                continue
            found += children
            frontier += children
    return found
