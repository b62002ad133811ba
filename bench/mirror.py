"""Ingest of real pages and Office files, from files to searchable, and its memory.

    python bench/mirror.py

Whole processes: start-up, worker processes and the switch to the new index included.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from figures import KURAGE, Figure, at_most, documents, run, table

_RUNS = 3


def figures() -> list[Figure]:
    """Return the rows of ingest: medians of three fresh runs, the highest peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        docs = documents(Path(folder) / "docs")
        first, again, peaks = [], [], []
        for number in range(_RUNS):
            environ = {"KURAGE_HOME": f"{folder}/home{number}"}
            command = [*KURAGE, "ingest", "folder", str(docs), "--json"]
            first.append(run(command, environ).seconds)
            again.append(run(command, environ).seconds)
        environ = {"KURAGE_HOME": f"{folder}/sampled"}
        sampled = run(command, environ, sample_every=0.05)
        peaks.append(sampled.peak_mb)
        report = json.loads(sampled.output)
    return [
        at_most(
            f"ingest {report['written']} documents ({report['bytes'] / 1e6:.1f} MB, "
            f"{report['chunks']} chunks, {len(report['failed'])} failed)",
            statistics.median(first),
            12,
            "LlamaIndex's splitter alone 7.0 s, MarkItDown on the Office files alone 17.5 s",
            "s",
        ),
        at_most("the same again, nothing changed", statistics.median(again), 1, "", "s"),
        at_most("memory while ingesting (PSS of the tree)", max(peaks), 600, "", "MB", ".0f"),
    ]


if __name__ == "__main__":
    print(table(figures()))
