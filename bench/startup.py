"""`kurage ask` from a cold start, over the sample handbook.

python -m bench.startup
"""

from __future__ import annotations

import statistics
import sys
import tempfile

from bench.figures import KURAGE, Figure, at_most, run, table

_RUNS = 9
_IMPORTS = "import asyncio, typer, rich.console, pydantic, sqlalchemy.orm, sudachipy, qdrant_edge"
_QUESTION = "有給休暇は何日前までに申請すればいい？"


def figures() -> list[Figure]:
    """Return the row of start-up."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"KURAGE_HOME": home}
        run([*KURAGE, "ingest", "folder", "examples/handbook"], environ)
        cold, imports = [], []
        for _ in range(_RUNS):  # in turn, so that both meet the same machine
            cold.append(run([*KURAGE, "ask", _QUESTION], environ).seconds)
            imports.append(run([sys.executable, "-c", _IMPORTS], environ).seconds)
    return [
        at_most(
            "`kurage ask` cold, whole process",
            statistics.median(cold),
            0.8,
            f"importing its libraries alone {statistics.median(imports):.2f} s (same run)",
            "s",
        ),
    ]


if __name__ == "__main__":
    print(table(figures()))
