"""What every script here shares: a figure, how it is printed, and how a process tree is measured.

Knows nothing of what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
_TOLD = 2000
"""Characters of what a command said last that its failure quotes."""
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
    """Highest memory of the process tree, sampled; 0 where it was not."""
    output: str


def run(
    command: Iterable[str],
    environ: Mapping[str, str],
    *,
    sample_every: float | None = None,
    measure: Callable[[int], float] | None = None,
) -> Run:
    """Run a command from start to end; `sample_every` seconds its tree's memory is read.

    `measure` reads it, in MB, of the root's process id; None: PSS. Raises CalledProcessError with
    what it printed where it fails.
    """
    measure = measure or tree_pss_mb
    peak = 0.0
    started = time.perf_counter()
    # A file, as nobody reads while the memory is sampled, and a full pipe would hold it up.
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            tuple(command),
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        while sample_every and process.poll() is None:
            peak = max(peak, measure(process.pid))
            time.sleep(sample_every)
        process.wait()
        seconds = time.perf_counter() - started
        said.seek(0)
        output = said.read()
    if process.returncode:
        error = subprocess.CalledProcessError(process.returncode, process.args, output)
        error.add_note(output[-_TOLD:])
        raise error
    return Run(seconds, peak, output)


def tree_pss_mb(root: int) -> float:
    """Return the proportional set size of a process and all below it, in MB (10^6 bytes)."""
    return _tree_mb(root, "Pss:")


def tree_private_mb(root: int) -> float:
    """Return what a process and all below it hold for themselves alone, in MB (10^6 bytes).

    Pages of mapped files that several of them read, such as Sudachi's dictionary, are not in it.
    """
    return _tree_mb(root, "Private_Clean:", "Private_Dirty:")


def _tree_mb(root: int, *kinds: str) -> float:
    return sum(_held(pid, kinds) for pid in _tree(root)) * 1024 / 1e6


def _held(pid: int, kinds: tuple[str, ...]) -> int:
    """Return the KiB of these kinds in a process; 0 where it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(kinds))


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
