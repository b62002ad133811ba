"""Sizes of an index at 10⁴, 10⁵ … chunks, to hold the arithmetic of docs/scale.md against.

    python -m bench.scale [--chunks N …] [--dense none|float32|int8|binary]

Real chunks of the documentation pages are written again and again under new ids; dense vectors are
random, of bge-m3's 1,024 dimensions. Each size is measured in processes of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qdrant_edge as engine

from bench.figures import documents, shared
from bot import settings
from bot.app import open_app
from bot.experiment import SOURCE, PassageConnector
from connectors.folder import FolderConnector
from ingest.encode import SparseVector
from ingest.index import StoredPoint

_BATCH = 1000
_DIMENSIONS = 1024
_QUERIES = 200
_FIELDS = {
    "source": engine.PayloadSchemaType.Keyword,
    "document_id": engine.PayloadSchemaType.Keyword,
    "readers": engine.PayloadSchemaType.Integer,
    "ordinal": engine.PayloadSchemaType.Integer,
}
_QUANTIZED = {
    "int8": lambda: engine.ScalarQuantizationConfig(engine.ScalarType.Int8, always_ram=True),
    "binary": lambda: engine.BinaryQuantizationConfig(always_ram=True),
}


@dataclass(frozen=True)
class Sample:
    """The chunks of one collection."""

    name: str
    points: Sequence[StoredPoint]

    def row(self) -> str:
        """Return what a chunk holds: means, as a row of the table."""
        texts = [point.payload["text"] for point in self.points]
        payloads = [
            len(json.dumps(point.payload, ensure_ascii=False).encode()) for point in self.points
        ]
        terms = [len(_sparse(point).indices) for point in self.points]
        bytes_ = [len(text.encode()) for text in texts]
        cells = [
            f"{len(self.points):,}",
            f"{statistics.mean(map(len, texts)):.0f}",
            f"{statistics.mean(bytes_):.0f}",
            f"{statistics.mean(payloads):.0f}",
            f"{statistics.mean(terms):.0f}",
            f"{statistics.quantiles(terms, n=20)[-1]:.0f}",
        ]
        return f"| {self.name} | " + " | ".join(cells) + " |"


def _sparse(point: StoredPoint) -> SparseVector:
    vector = point.vectors.get("lexical")
    return vector if isinstance(vector, SparseVector) else SparseVector([], [])


def samples(folder: Path) -> list[Sample]:
    """Return the chunks of the documentation pages and of the encyclopaedia's passages."""
    docs = documents(folder / "docs")
    passages = shared("jsquad") / "passages.jsonl.gz"
    found = []
    for name, connector in [
        ("docs (pages and Office files)", FolderConnector(docs)),
        ("jsquad (paragraphs of Wikipedia)", PassageConnector(passages)),
    ]:
        home = folder / f"home{len(found)}"
        with open_app(settings.load({"KURAGE_HOME": str(home)})) as app:
            app.mirror(SOURCE, connector, kind="folder", location="")
            found.append(Sample(name, [point for point in app.index.points() if point.vectors]))
    return found


@dataclass(frozen=True)
class Measured:
    """One index of one size."""

    chunks: int
    writing_s: float
    optimising_s: float
    disk: dict[str, int]
    """Bytes by component."""
    opening_s: float
    anonymous: int
    """Bytes of memory that can not be dropped, after the queries, over an empty process."""
    mapped: int
    """Bytes of mapped files in memory, which the system drops under pressure."""
    p50_ms: float


def measure(points: Sequence[StoredPoint], chunks: int, dense: str) -> Measured:
    """Return what an index of so many chunks takes."""
    with tempfile.TemporaryDirectory() as place:
        shard = Path(place) / "shard"
        writing, optimising = _alone(_build, shard, points, chunks, dense)
        disk = _by_component(shard)
        questions = [_question(point) for point in points[:: max(1, len(points) // _QUERIES)]]
        opening, anonymous, mapped, p50 = _alone(_serve, shard, questions, dense)
        return Measured(chunks, writing, optimising, disk, opening, anonymous, mapped, p50)


def _alone(work: Any, *arguments: Any) -> Any:
    """Run `work` in a fresh process, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, arguments)


def _config(dense: str) -> engine.EdgeConfig:
    vectors = {}
    if dense != "none":
        quantized = _QUANTIZED[dense]() if dense in _QUANTIZED else None
        vectors["dense"] = engine.EdgeVectorParams(
            size=_DIMENSIONS,
            distance=engine.Distance.Cosine,
            quantization_config=quantized,
        )
    return engine.EdgeConfig(
        vectors=vectors,
        sparse_vectors={"lexical": engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf)},
        optimizers=engine.EdgeOptimizersConfig(indexing_threshold=10_000, default_segment_number=1),
        wal_enabled=False,
    )


def _build(
    path: Path, points: Sequence[StoredPoint], chunks: int, dense: str
) -> tuple[float, float]:
    path.mkdir()
    shard = engine.EdgeShard.create(str(path), _config(dense))
    for field, kind in _FIELDS.items():
        shard.update(engine.UpdateOperation.create_field_index(field, kind))
    writing = 0.0
    for batch in _batches(points, chunks, dense):
        started = time.perf_counter()
        shard.update(engine.UpdateOperation.upsert_points(batch))
        writing += time.perf_counter() - started
    shard.flush()
    started = time.perf_counter()
    shard.optimize()
    optimising = time.perf_counter() - started
    shard.close()
    return writing, optimising


def _batches(
    points: Sequence[StoredPoint], chunks: int, dense: str
) -> Iterator[list[engine.Point]]:
    noise = random.Random(0)
    copies = itertools.islice(enumerate(itertools.cycle(points)), chunks)
    while batch := list(itertools.islice(copies, _BATCH)):
        yield [_copy(number, len(points), point, dense, noise) for number, point in batch]


def _copy(
    number: int, originals: int, point: StoredPoint, dense: str, noise: random.Random
) -> engine.Point:
    sparse = _sparse(point)
    vectors: dict[str, Any] = {"lexical": engine.SparseVector(sparse.indices, sparse.values)}
    if dense != "none":
        vectors["dense"] = [noise.gauss(0.0, 1.0) for _ in range(_DIMENSIONS)]
    generation = number // originals
    document = f"{generation}/{point.payload['document_id']}"
    # 1,000 reader sets, in runs as folders have them.
    payload = {**point.payload, "document_id": document, "readers": number // 100 % 1000}
    return engine.Point(number, vectors, payload)


def _question(point: StoredPoint) -> tuple[list[int], list[float]]:
    """Return a dozen terms of a chunk: as many as a question has."""
    sparse = _sparse(point)
    step = max(1, len(sparse.indices) // 12)
    return sparse.indices[::step][:12], sparse.values[::step][:12]


def _serve(
    path: Path, questions: Sequence[tuple[list[int], list[float]]], dense: str
) -> tuple[float, int, int, float]:
    before, _ = _resident()
    started = time.perf_counter()
    shard = engine.EdgeShard.load(str(path))
    opening = time.perf_counter() - started
    times = []
    readers = engine.FieldCondition("readers", match=engine.MatchAny(list(range(500))))
    noise = random.Random(1)
    for indices, values in questions:
        request = _request(indices, values, engine.Filter(must=[readers]), dense, noise)
        started = time.perf_counter()
        shard.query(request)
        times.append(time.perf_counter() - started)
    anonymous, mapped = _resident()
    return opening, anonymous - before, mapped, statistics.median(times) * 1000


def _request(
    indices: list[int],
    values: list[float],
    access: engine.Filter,
    dense: str,
    noise: random.Random,
) -> engine.QueryRequest:
    lexical = engine.Query.Nearest(engine.SparseVector(indices, values), using="lexical")
    if dense == "none":
        return engine.QueryRequest(limit=10, query=lexical, filter=access, with_payload=True)
    vector = [noise.gauss(0.0, 1.0) for _ in range(_DIMENSIONS)]
    branches = [lexical, engine.Query.Nearest(vector, using="dense")]
    return engine.QueryRequest(
        limit=10,
        prefetches=[engine.Prefetch(limit=100, query=one, filter=access) for one in branches],
        query=engine.Fusion.Rrf(60),  # type: ignore[arg-type]
        with_payload=True,
    )


def _resident() -> tuple[int, int]:
    """Return this process's anonymous and file-backed resident bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return int(values["RssAnon"]) * 1024, int(values["RssFile"]) * 1024


def _by_component(shard: Path) -> dict[str, int]:
    """Return the bytes on disk (blocks, not lengths: the engine leaves holes) by component."""
    total: Counter[str] = Counter()
    for path in shard.rglob("*"):
        if path.is_file():
            steps = path.relative_to(shard).parts
            component = steps[2].split(".")[0] if len(steps) > 2 else "settings"
            total[component] += path.stat().st_blocks * 512
    return dict(total.most_common())


def main() -> None:
    """Print what a chunk holds, then one row a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dense", choices=["none", "float32", *_QUANTIZED], default="none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = samples(Path(folder))
        print("| chunks of | chunks | characters | text, bytes | payload, bytes | terms | p95 |")
        print("|---|---|---|---|---|---|---|")
        for sample in found:
            print(sample.row())
        print()
        for chunks in given.chunks:
            result = measure(found[0].points, chunks, given.dense)
            disk = sum(result.disk.values())
            print(
                f"{chunks:,} chunks, dense {given.dense}: written at "
                f"{chunks / result.writing_s:,.0f}/s, optimised in {result.optimising_s:.1f} s; "
                f"disk {disk / 1e6:,.0f} MB = {disk / chunks:,.0f} B a chunk; opened in "
                f"{result.opening_s:.2f} s; memory {result.anonymous / 1e6:,.0f} MB anonymous = "
                f"{result.anonymous / chunks:,.0f} B a chunk, and {result.mapped / 1e6:,.0f} MB "
                f"mapped; p50 {result.p50_ms:.2f} ms"
            )
            for component, size in result.disk.items():
                print(f"    {component:28} {size / chunks:10,.1f} B a chunk")


if __name__ == "__main__":
    main()
