"""Other processes for the tests in edge/: `python edge_process.py COMMAND FOLDER ...`.

A document's chunks all carry one word, so that a torn set of results shows.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from index_contract import EVERYONE, VECTORS, ask, document, put

from ingest.edge import EdgeIndex, EdgeWriter

DOCUMENTS = 40
CHUNKS = 5


def tell(what: object) -> None:
    """Tell the test on standard output."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def write(writer: EdgeWriter, version: int) -> None:
    """Give every document this version: chunks that say so."""
    for number in range(DOCUMENTS):
        put(writer, document(str(number), version=str(version)), *[f"全{version}"] * CHUNKS)


def consistent(index: EdgeIndex) -> int:
    """Return the one version that a search of everything shows."""
    hits = index.search(ask("全"), readers=[EVERYONE], limit=2 * DOCUMENTS * CHUNKS)
    assert len(hits) == DOCUMENTS * CHUNKS, len(hits)
    [(version, text)] = {(hit.document.version, hit.chunk.text) for hit in hits}
    assert text == f"全{version}"
    return int(version)


def die_while_writing(folder: Path, after: int) -> None:
    """Write documents `d0`, `d1`, … and be killed after so many; what was saved is told."""
    with EdgeWriter(folder, "p", VECTORS, save_every=0.0) as writer:
        for number in range(after):
            put(writer, document(f"d{number}"), *"甲乙丙")
            if number % 10 == 9:
                writer.versions("handbook")
                tell(number + 1)
        os.kill(os.getpid(), signal.SIGKILL)


def hold(folder: Path) -> None:
    """Be the writer until standard input ends."""
    with EdgeWriter(folder, "p", VECTORS):
        tell("held")
        sys.stdin.read()


def publish(folder: Path, first: int, last: int) -> None:
    """Publish these versions, one after the other."""
    for version in range(first, last + 1):
        with EdgeWriter(folder, "p", VECTORS) as writer:
            write(writer, version)
            writer.publish()


def read(folder: Path, last: int) -> None:
    """Search until the last version is served; each answer must be of one version."""
    index = EdgeIndex(folder)
    seen = [consistent(index)]
    tell("reading")
    deadline = time.monotonic() + 60
    while seen[-1] != last and time.monotonic() < deadline:
        seen.append(consistent(index))
    assert seen == sorted(seen), "went back to a former revision"
    assert seen[-1] == last, "never saw the last revision"
    index.close()


def open_often(folder: Path, times: int) -> None:
    """Open, search and close."""
    for _ in range(times):
        index = EdgeIndex(folder)
        consistent(index)
        index.close()


if __name__ == "__main__":
    command, place, *rest = sys.argv[1:]
    commands: dict[str, Callable[..., None]] = {
        "die": die_while_writing,
        "hold": hold,
        "publish": publish,
        "read": read,
        "open": open_often,
    }
    commands[command](Path(place), *map(int, rest))
