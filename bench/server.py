"""What a search costs more on a Qdrant server than in the process: same chunks, same questions.

    python -m bench.server [QDRANT_URL]

Without an address the loopback rig of the tests serves (Qdrant's engine behind its REST API, in a
process of its own, without checking bodies against the API's description). Both indexes answer the
same question in turn, so that a machine that is busy is so for both.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.figures import ROOT, Figure, at_most, shared, table
from bot import settings
from bot.app import open_app
from bot.cli.console import settle
from bot.evaluate import read_lines, read_questions
from bot.experiment import SOURCE, PassageConnector
from ingest.state import ADMINISTRATOR

_PASSAGES = 2000
_WARM_UP = 300
_QUESTIONS = 500


@contextmanager
def server(folder: Path, url: str | None) -> Iterator[str]:
    """Yield the address of the server that is measured."""
    if url:
        yield url
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from rigs.qdrant import QdrantRig  # type: ignore[import-not-found]

    with QdrantRig(folder / "rig", validated=False) as rig:
        yield rig.url


@contextmanager
def searching(home: Path, passages: Path, **environ: str) -> Iterator[Any]:
    """Yield the search of an index that was filled with the passages."""
    configured = settings.load({"KURAGE_HOME": str(home), **environ})
    with open_app(configured) as app:
        app.mirror(SOURCE, PassageConnector(passages), kind="passages", location=str(passages))
    with open_app(configured) as app:
        principals = frozenset({ADMINISTRATOR, "anyone"})
        yield lambda question: app.retriever.search(question, principals, limit=10)


def medians(searches: Sequence[Any], questions: Sequence[str]) -> list[float]:
    """Return the median time of each search in milliseconds, over questions taken in turn."""
    for question in questions[:_WARM_UP]:
        for search in searches:
            search(question)
    settle()
    times: list[list[float]] = [[] for _ in searches]
    for question in questions[_WARM_UP : _WARM_UP + _QUESTIONS]:
        for search, taken in zip(searches, times, strict=True):
            started = time.perf_counter()
            search(question)
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) * 1000 for taken in times]


def figures(url: str | None = None) -> list[Figure]:
    """Return the row of the overhead."""
    source = shared("jsquad")
    questions = [q.question for q in read_questions(source / "questions.jsonl.gz")]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        passages = folder / "passages.jsonl.gz"
        with gzip.open(passages, "wt", encoding="utf-8") as file:
            for row in list(read_lines(source / "passages.jsonl.gz"))[:_PASSAGES]:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        address = stack.enter_context(server(folder, url))
        edge = stack.enter_context(searching(folder / "edge", passages))
        remote = stack.enter_context(searching(folder / "server", passages, QDRANT_URL=address))
        in_process, over_http = medians([edge, remote], questions)
    where = "Qdrant server" if url else "server adapter over the rig"
    return [
        at_most(
            f"{where}, overhead of a search at {_PASSAGES:,} passages (p50)",
            over_http - in_process,
            5.0,
            f"edge in process {in_process:.2f} ms, {where} {over_http:.2f} ms (same run)",
            "ms",
        )
    ]


if __name__ == "__main__":
    print(table(figures(*sys.argv[1:2])))
