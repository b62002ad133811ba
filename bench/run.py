"""All figures in one table: what `make bench` prints, and the check of extraction below it.

python -m bench.run
"""

from __future__ import annotations

from bench import extraction, ingest, latency, memory, quality, server, startup
from bench.figures import table

if __name__ == "__main__":
    print(
        table(
            [
                *quality.figures(),
                *latency.figures(),
                *server.figures(),
                *ingest.figures(),
                *memory.figures(),
                *startup.figures(),
            ]
        ),
        flush=True,
    )
    extraction.main()
