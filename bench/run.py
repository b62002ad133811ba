"""All figures in one table: what `make bench` prints.

python bench/run.py
"""

from __future__ import annotations

import latency
import mirror
import quality
import startup
from figures import table

if __name__ == "__main__":
    print(
        table(
            [
                *quality.figures(),
                *latency.figures(),
                *mirror.figures(),
                *startup.figures(),
            ]
        )
    )
