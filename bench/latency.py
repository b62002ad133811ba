"""Search at 17,000 passages: tokenising, access filter and payload included; peers beside us.

    python -m bench.latency

The peers' times are of the same process, machine and minute. Without `pip install -e '.[bench]'`
their rows say what is missing.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import peers
from bench.figures import Figure, at_most, shared, table
from bot import settings
from bot.app import open_app
from bot.cli.console import settle
from bot.evaluate import read_questions
from bot.experiment import SOURCE, PassageConnector
from ingest.state import ADMINISTRATOR

_QUESTIONS = 1000
_WARM_UP = 3000
"""Other questions that come first: a bot that serves has its dictionary and index in memory."""
_PEER_QUESTIONS = 20


def p50_ms(search: Callable[[str], Any], warm_up: list[str], questions: list[str]) -> float:
    """Return the median time of a search in milliseconds; no question is asked twice."""
    for question in warm_up:
        search(question)
    times = []
    for question in questions:
        started = time.perf_counter()
        search(question)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def ours(passages: Path, warm_up: list[str], questions: list[str]) -> float:
    """Return our median over an index made for this, opened as a bot that serves opens it."""
    with tempfile.TemporaryDirectory() as home:
        configured = settings.load({"KURAGE_HOME": home})
        with open_app(configured) as app:
            app.mirror(SOURCE, PassageConnector(passages), kind="passages", location=str(passages))
        with open_app(configured) as app:
            principals = frozenset({ADMINISTRATOR, "anyone"})
            settle()
            return p50_ms(
                lambda q: app.retriever.search(q, principals, limit=10), warm_up, questions
            )


def peer(name: str, rows: peers.Rows, questions: list[str]) -> Figure:
    """Return the row of a peer, in the same run."""
    try:
        search = peers.RETRIEVERS[name](rows)
    except ImportError as error:
        return Figure(f"search p50: {name}", "", "", f"not run: {error.name} is missing", None)
    measured = p50_ms(search, questions[:2], questions[2:])
    return Figure(f"search p50: {name}", "", "", f"{measured:.2f} ms", None)


def figures() -> list[Figure]:
    """Return the rows of search latency."""
    folder = shared("jsquad")
    passages = folder / "passages.jsonl.gz"
    questions = [q.question for q in read_questions(folder / "questions.jsonl.gz")]
    asked = questions[_WARM_UP : _WARM_UP + _QUESTIONS]
    rows = peers.passages()
    return [
        at_most(
            f"search p50 at {len(rows):,} passages",
            ours(passages, questions[:_WARM_UP], asked),
            1.0,
            "prototype 0.44 ms; peers below",
            "ms",
        ),
        *(peer(name, rows, questions[: _PEER_QUESTIONS + 2]) for name in peers.RETRIEVERS),
    ]


if __name__ == "__main__":
    print(table(figures()))
