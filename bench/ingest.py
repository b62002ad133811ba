"""Ingest of real pages and Office files, from files to searchable; peers beside us.

    python -m bench.ingest

Whole processes: start-up, worker processes and the switch to the new index included. A peer does a
part of the work, in this process: `SentenceSplitter` only cuts text, MarkItDown only reads Office
files, trafilatura only reads HTML.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import KURAGE, Figure, at_most, documents, run, table

_RUNS = 3


def splitter(docs: Path) -> str:
    """Return how long LlamaIndex's splitter takes over the text of the pages."""
    from llama_index.core import Document
    from llama_index.core.node_parser import SentenceSplitter

    pages = [path for path in docs.rglob("docs/**/*") if path.is_file()]
    read = [Document(text=path.read_text("utf-8", "replace")) for path in pages]
    started = time.perf_counter()
    SentenceSplitter().get_nodes_from_documents(read)
    return f"{time.perf_counter() - started:.2f} s, {len(read)} files"


def markitdown(docs: Path) -> str:
    """Return how long MarkItDown takes over the Office files."""
    from markitdown import MarkItDown

    files = sorted(docs.rglob("docs_office/*.*x"))
    started = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        for path in files:
            MarkItDown().convert(path)
    return f"{time.perf_counter() - started:.2f} s, {len(files)} files"


def trafilatura(docs: Path) -> str:
    """Return how long trafilatura takes over the HTML pages."""
    from trafilatura import extract

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    files = sorted(docs.rglob("*.html*"))  # Apache's are called page.html.ja.utf8
    started = time.perf_counter()
    for path in files:
        extract(path.read_bytes(), include_tables=True)
    return f"{time.perf_counter() - started:.2f} s, {len(files)} files"


PEERS: dict[str, Callable[[Path], str]] = {
    "LlamaIndex SentenceSplitter, splitting only": splitter,
    "MarkItDown, Office files only": markitdown,
    "trafilatura, HTML only": trafilatura,
}


def peer(name: str, docs: Path) -> Figure:
    """Return the row of a peer, in the same run."""
    try:
        measured = PEERS[name](docs)
    except ImportError as error:
        measured = f"not run: {error.name} is missing"
    return Figure(f"ingest: {name}", "", "", measured, None)


def figures() -> list[Figure]:
    """Return the rows of ingest: medians of three fresh runs."""
    with tempfile.TemporaryDirectory() as folder:
        docs = documents(Path(folder) / "docs")
        first, again = [], []
        for number in range(_RUNS):
            environ = {"KURAGE_HOME": f"{folder}/home{number}"}
            command = [*KURAGE, "ingest", "folder", str(docs), "--json"]
            done = run(command, environ)
            first.append(done.seconds)
            again.append(run(command, environ).seconds)
        report = json.loads(done.output)
        beside = [peer(name, docs) for name in PEERS]
    return [
        at_most(
            f"ingest {report['written']} documents ({report['bytes'] / 1e6:.1f} MB, "
            f"{report['chunks']} chunks, {len(report['failed'])} failed)",
            statistics.median(first),
            12,
            "peers below",
            "s",
        ),
        at_most("the same again, nothing changed", statistics.median(again), 1, "", "s"),
        *beside,
    ]


if __name__ == "__main__":
    print(table(figures()))
