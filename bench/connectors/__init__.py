"""What mirrors cost: Confluence, Google Drive and web pages, by `kurage ingest` as a whole process.

    python -m bench.connectors [SOURCE …] [--only PART …] [--size N] [--large] [--quick]

Each source is the tests' loopback rig, a process of its own without its checks; what it takes of
the two cores is part of every time, the peers' too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.figures import ROOT, Figure, table

sys.path.insert(0, str(ROOT / "tests"))

from bench.connectors import confluence, drive, web

SOURCES = {"confluence": confluence, "drive": drive, "web": web}
_QUICK = 300


def figures() -> list[Figure]:
    """Return the rows of all sources at their full sizes."""
    return [row for source in SOURCES.values() for row in source.figures()]


def main() -> None:
    """Print what is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.connectors", description=__doc__)
    parser.add_argument("sources", metavar="SOURCE", nargs="*", help=", ".join(SOURCES))
    parser.add_argument("--only", metavar="PART", nargs="+", default=[])
    parser.add_argument("--size", type=int, help="documents of the site")
    parser.add_argument("--large", action="store_true", help="then a larger site of Confluence")
    parser.add_argument("--quick", action="store_true", help="a small site, to see that it runs")
    chosen = parser.parse_args()
    size = _QUICK if chosen.quick else chosen.size
    print(table(_chosen(chosen.sources or list(SOURCES), chosen.only, size, large=chosen.large)))


def _chosen(
    sources: Sequence[str], parts: Sequence[str], size: int | None, *, large: bool
) -> list[Figure]:
    rows = []
    for name in sources:
        source = SOURCES[name]
        of_source = [part for part in parts if part in source.PARTS]
        if not parts or of_source:
            rows += source.figures(of_source, **({"pages": size} if size else {}), large=large)
    return rows
