"""A home that mirrors a loopback source by the real `kurage ingest`, and what its index holds.

Knows nothing of figures.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.figures import KURAGE, ROOT, run, tree_private_mb
from bot import settings
from bot.app import App, open_app
from connectors.base import Readers
from ingest.encode import SparseVector
from ingest.index import StoredPoint
from ingest.state import ADMINISTRATOR

SOURCE = "site"
_SAMPLE_S = 0.25


@dataclass(frozen=True)
class Sync:
    """One `kurage ingest`, as a whole process, and what the site had to do for it."""

    seconds: float
    peak_mb: float
    """Private memory of all its processes at their highest; 0 where it was not measured."""
    report: Mapping[str, Any]
    requests: int
    bodies: int
    """How often the content of a document was served."""

    @property
    def touched(self) -> int:
        """How many documents it wrote, gave other readers, or deleted."""
        told = self.report
        return int(told["written"]) + int(told["readers_updated"]) + int(told["deleted"])


@dataclass
class Held:
    """What an index holds: one digest a point, and the text of each document."""

    points: dict[str, str] = field(default_factory=dict)
    """By the point's id; of its payload and vectors, to the last bit."""
    documents: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """The same by document id."""
    texts: defaultdict[str, list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Headings and texts of the chunks by document id, with their places."""
    urls: dict[str, str] = field(default_factory=dict)

    def differing(self, other: Held) -> set[str]:
        """Return the ids of documents that the two do not hold alike."""
        everybody = self.documents.keys() | other.documents.keys()
        return {
            one for one in everybody if self.documents.get(one, {}) != other.documents.get(one, {})
        }

    def text(self, document: str) -> str:
        """Return title, headings and text of a document as they are searched; "" without one."""
        return "\n".join(text for _, text in sorted(self.texts.get(document, ())))


class Rig(Protocol):
    """What is asked of a loopback service about what it served."""

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        ...

    @property
    def contents_served(self) -> int:
        """How often the content of a document was served."""
        ...


class Mirror:
    """One home, whose only source is the rig."""

    def __init__(
        self,
        folder: Path,
        rig: Rig,
        options: str,
        environ: Mapping[str, str],
        *,
        qdrant: str | None = None,
    ) -> None:
        """Make a home in `folder`.

        `options` are the lines of its source in `kurage.toml`, `environ` the variables that it
        needs, `qdrant` is the address of a server that holds the index.
        """
        folder.mkdir(parents=True)
        self._rig = rig
        self._options = options
        self._config = folder / "kurage.toml"
        self.environ = {
            "KURAGE_HOME": str(folder / "home"),
            "KURAGE_CONFIG": str(self._config),
            **environ,
            **({"QDRANT_URL": qdrant} if qdrant else {}),
        }
        self.list_in_full()

    def list_in_full(self, *, always: bool = True) -> None:
        """Let every sync list everything and compare; else only what changed is asked for."""
        every = "1s" if always else "30d"
        table = f'[sources.{SOURCE}]\nlist_every = "{every}"\n{self._options}\n'
        self._config.write_text(table, "utf-8")

    def sync(self, *, measured: bool = False) -> Sync:
        """Run `kurage ingest` to its end. Raises CalledProcessError with what it said."""
        requests, bodies = self._rig.requests, self._rig.contents_served
        done = run(
            self._command,
            self.environ,
            sample_every=_SAMPLE_S if measured else None,
            measure=tree_private_mb,
        )
        report = json.loads(done.output[done.output.index("{") :])
        return Sync(
            done.seconds,
            done.peak_mb,
            report,
            self._rig.requests - requests,
            self._rig.contents_served - bodies,
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start `kurage ingest` and return at once: it is to be killed."""
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def idle_mb(self) -> float:
        """Return the private memory of a process that has opened the index to write, no more."""
        with subprocess.Popen(
            [sys.executable, "-m", "bench.connectors.home"],
            cwd=ROOT,
            env={**os.environ, **self.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            process.stdout.readline()
            return tree_private_mb(process.pid)  # leaving closes its input, which ends it

    @property
    def _command(self) -> tuple[str, ...]:
        return (*KURAGE, "ingest", SOURCE, "--json")

    @contextmanager
    def opened(self) -> Iterator[App]:
        """Yield the program over this home, in this process."""
        with open_app(settings.load(self.environ)) as app:
            yield app

    def held(self) -> Held:
        """Return what is served now."""
        found = Held()
        with self.opened() as app:
            for point in app.index.points():
                document = str(point.payload["document_id"])
                digest = _digest(point)
                found.points[point.id] = digest
                found.documents[document][point.id] = digest
                found.urls[document] = str(point.payload["url"])
                found.texts[document].append((int(point.payload["ordinal"]), _shown(point.payload)))
        return found

    def readers(self) -> dict[str, Readers]:
        """Return who may read each document that is served now, by id."""
        with self.opened() as app:
            sets = app.state.reader_sets()
            return {
                document: sets.get(stored.readers, ())
                for document, stored in app.index.versions(SOURCE).items()
            }

    @contextmanager
    def searching(self) -> Iterator[Callable[[str], set[str]]]:
        """Yield what returns the ids of the documents that a search for some words finds first.

        Some more than one, as pages that include another one say its words, too.
        """
        everybody = frozenset({ADMINISTRATOR})
        with self.opened() as app:
            yield lambda words: {
                hit.document.id for hit in app.retriever.search(words, everybody, limit=20)
            }


def kill(process: subprocess.Popen[bytes]) -> bool:
    """End a process by SIGKILL, its children by themselves; tell whether it still ran."""
    running = process.poll() is None
    if running:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return running


def _shown(payload: Mapping[str, Any]) -> str:
    return "\n".join([payload["title"], *payload["headings"], payload["text"]])


def _digest(point: StoredPoint) -> str:
    vectors = {
        name: [vector.indices, vector.values] if isinstance(vector, SparseVector) else list(vector)
        for name, vector in point.vectors.items()
    }
    told = json.dumps([point.payload, vectors], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _hold() -> None:
    with open_app(settings.load()) as app, app.index_writer():
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _hold()
