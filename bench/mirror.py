"""Ingest of real pages and Office files, from files to searchable, and its memory.

    python bench/mirror.py

Whole processes: start-up, worker processes and the switch to the new index included.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import tempfile
import time
from pathlib import Path

from figures import KURAGE, Figure, at_most, documents, run, table

_RUNS = 3


def splitter(docs: Path) -> str:
    """Return how long LlamaIndex's splitter alone takes over the pages, in this run."""
    try:
        from llama_index.core import Document  # type: ignore[import-not-found]
        from llama_index.core.node_parser import (  # type: ignore[import-not-found]
            SentenceSplitter,
        )
    except ImportError:
        return "LlamaIndex's splitter alone 7.0 s (not run: not installed)"
    pages = [path for path in docs.rglob("docs/**/*") if path.is_file()]
    read = [Document(text=path.read_text("utf-8", "replace")) for path in pages]
    started = time.perf_counter()
    SentenceSplitter().get_nodes_from_documents(read)
    return f"LlamaIndex's splitter alone {time.perf_counter() - started:.1f} s (same run)"


def markitdown(docs: Path) -> str:
    """Return how long MarkItDown takes over the Office files alone, in this run."""
    try:
        from markitdown import MarkItDown  # type: ignore[import-not-found]
    except ImportError:
        return "MarkItDown on the Office files alone 17.5 s (not run: not installed)"
    started = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        for path in sorted(docs.rglob("docs_office/*.*x")):
            MarkItDown().convert(path)
    return f"MarkItDown on the Office files alone {time.perf_counter() - started:.1f} s (same run)"


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
        peers = f"{splitter(docs)}, {markitdown(docs)}"
    return [
        at_most(
            f"ingest {report['written']} documents ({report['bytes'] / 1e6:.1f} MB, "
            f"{report['chunks']} chunks, {len(report['failed'])} failed)",
            statistics.median(first),
            12,
            peers,
            "s",
        ),
        at_most("the same again, nothing changed", statistics.median(again), 1, "", "s"),
        at_most("memory while ingesting (PSS of the tree)", max(peaks), 600, "", "MB", ".0f"),
    ]


if __name__ == "__main__":
    print(table(figures()))
