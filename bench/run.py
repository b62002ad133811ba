"""All figures in one table: what `make bench` prints, and the check of extraction below it.

python -m bench.run
"""

from __future__ import annotations

from bench import (
    chat,
    checks,
    connectors,
    extraction,
    generate,
    ingest,
    latency,
    memory,
    quality,
    server,
    startup,
)
from bench.figures import table

if __name__ == "__main__":
    # Whole processes first: once this one has the dictionary in memory too, its pages are shared,
    # and theirs would seem to hold half of it.
    processes = [
        *ingest.figures(),
        *memory.figures(),
        *startup.figures(),
        *connectors.figures(),
        *chat.figures(),
    ]
    rest = [*quality.figures(), *latency.figures(), *server.figures(), *checks.figures()]
    print(table([*rest, *processes]), flush=True)
    extraction.main()
    # Last, as it wants an environment of its own and says so where that is not there.
    print(table(generate.figures()))
