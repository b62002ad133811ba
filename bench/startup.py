"""`kurage ask` from a cold start, and `kurage chat` while it waits, over the sample handbook.

python bench/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time

from figures import KURAGE, ROOT, Figure, at_most, run, table, tree_pss_mb

_RUNS = 9
_QUESTION = "有給休暇は何日前までに申請すればいい？"


def figures() -> list[Figure]:
    """Return the rows of start-up and of an idle conversation."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"KURAGE_HOME": home}
        run([*KURAGE, "ingest", "folder", "examples/handbook"], environ)
        cold = [run([*KURAGE, "ask", _QUESTION], environ).seconds for _ in range(_RUNS)]
        idle = idle_chat_mb(environ)
    return [
        at_most("`kurage ask` cold, whole process", statistics.median(cold), 0.8, "", "s"),
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
