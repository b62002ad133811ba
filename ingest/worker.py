"""The program of one child process: prepares documents until its pipe is closed.

Knows nothing of its siblings; `workers.py` starts it.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from ingest.prepare import attempt
from ingest.workers import OUT_OF_MEMORY, Orders


def main(inbox: int, outbox: int) -> None:
    """Serve on two file descriptors until the parent closes its end, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    _step_back()
    try:
        with suppress(EOFError, BrokenPipeError):
            _serve(Connection(inbox, writable=False), Connection(outbox, readable=False))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _serve(inbox: Connection, outbox: Connection) -> None:
    orders: Orders = inbox.recv()
    pipeline = orders.build_pipeline()
    # Modules and dictionaries are not worth looking through again and again, and a document makes
    # many objects that live as long as it does: rarer collections spare a tenth of Markdown's time.
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    _limit_memory(orders.memory_bytes)
    outbox.send(None)
    while True:
        job = inbox.recv()
        # The kernel ends us when the time is up: that also ends a loop inside a library in C, and
        # needs neither a clock nor a living parent.
        signal.setitimer(signal.ITIMER_REAL, orders.seconds)
        answer = attempt(pipeline, job)
        signal.setitimer(signal.ITIMER_REAL, 0)
        outbox.send(answer)
        del job, answer


def _limit_memory(limit: int) -> None:
    """Limit what we write to in memory.

    RLIMIT_DATA counts private writable pages (since Linux 4.7 also those from mmap), not files that
    are mapped to be read, such as Sudachi's dictionary; RLIMIT_AS would count both, and the address
    space that allocators reserve and never touch. Other systems enforce it less strictly.
    """
    with suppress(ValueError, OSError):  # a smaller limit is already set from outside
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _step_back() -> None:
    """Let questions go first, and be the first to go where memory runs out."""
    os.nice(5)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
