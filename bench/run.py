"""All figures in one table: what `make bench` prints.

python bench/run.py
"""

from __future__ import annotations

from figures import table

from bench import ingest, latency, memory, quality, startup

if __name__ == "__main__":
    print(
        table(
            [
                *quality.figures(),
                *latency.figures(),
                *ingest.figures(),
                *memory.figures(),
                *startup.figures(),
            ]
        )
    )
