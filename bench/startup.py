"""`kurage ask` from a cold start, and `kurage chat` while it waits, over the sample handbook.

python bench/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from figures import KURAGE, ROOT, Figure, at_most, run, table, tree_pss_mb

_RUNS = 9
_IMPORTS = "import asyncio, typer, rich.console, pydantic, sqlalchemy.orm, sudachipy, qdrant_edge"
_QUESTION = "有給休暇は何日前までに申請すればいい？"


def figures() -> list[Figure]:
    """Return the rows of start-up and of an idle conversation."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"KURAGE_HOME": home}
        run([*KURAGE, "ingest", "folder", "examples/handbook"], environ)
        cold, imports = [], []
        for _ in range(_RUNS):  # in turn, so that both meet the same machine
            cold.append(run([*KURAGE, "ask", _QUESTION], environ).seconds)
            imports.append(run([sys.executable, "-c", _IMPORTS], environ).seconds)
        idle = idle_chat_mb(environ)
    return [
        at_most(
            "`kurage ask` cold, whole process",
            statistics.median(cold),
            0.8,
            f"importing its libraries alone {statistics.median(imports):.2f} s (same run)",
            "s",
        ),
        at_most(
            "`kurage chat` idle after an answer (PSS)",
            idle,
            220,
            "a process with Sudachi and edge 144 MB",
            "MB",
            ".0f",
        ),
    ]


def idle_chat_mb(environ: dict[str, str]) -> float:
    """Return what a conversation holds while it waits for the second question."""
    chat = subprocess.Popen(
        [*KURAGE, "chat"],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert chat.stdin
    assert chat.stdout
    chat.stdin.write(f"{_QUESTION}\n")
    chat.stdin.flush()
    while "http" not in (line := chat.stdout.readline()) and "file:" not in line:
        if chat.poll() is not None:
            raise RuntimeError("kurage chat ended early")
    time.sleep(1)
    held = tree_pss_mb(chat.pid)
    chat.communicate("quit\n")
    return held


if __name__ == "__main__":
    print(table(figures()))
