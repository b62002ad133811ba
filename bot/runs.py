"""The latest runs of a source as a whole: what tells how old its documents are, and when it is due.

A run about one document (`kurage ingest NAME --only URL`) says nothing of the others: a mistyped
address is no failure of the source, and a page that was read just now puts no sync off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.state import Run, State

_MORE = (0, 20, 500)
"""Runs about one document that are looked past, in steps: mostly there is none."""


def latest_runs(state: State, source: str, *, limit: int = 1) -> list[Run]:
    """Return up to `limit` runs of the whole source, newest first. Raises `StateError`."""
    found: list[Run] = []
    for more in _MORE:
        runs = state.runs(source, limit=limit + more)
        found = [run for run in runs if not (run.report or {}).get("only")][:limit]
        if len(found) == limit or len(runs) < limit + more:
            break
    return found
