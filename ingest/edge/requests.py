"""Requests of the embedded engine: its settings, filters, queries and points.

Knows nothing of shards. Its counterpart of a server is `ingest.server.requests`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import qdrant_edge as engine

from ingest.chunk import Chunk
from ingest.encode import Encoding, SparseVector, VectorSpec
from ingest.index import (
    CANDIDATES,
    RRF_K,
    IndexedDocument,
    StoredPoint,
    payload,
    placeholder,
    point_id,
)

# Kilobytes of vectors (some 17,000 lexical chunks) above which `optimize` makes them immutable.
# At 17,000 chunks it opens in 0.12 s of processor time instead of 0.41, needs 84 MB instead of 141,
# and answers in 0.24 ms instead of 0.32; building takes 1.9 s, once, until much has changed.
_INDEXED_FROM = 10_000


def config(vectors: Mapping[str, VectorSpec]) -> engine.EdgeConfig:
    """Return how the engine lays out a shard with these vectors."""
    dense = {name: spec for name, spec in vectors.items() if spec.kind == "dense"}
    sparse = {name: spec for name, spec in vectors.items() if spec.kind == "sparse"}
    return engine.EdgeConfig(
        vectors={
            name: engine.EdgeVectorParams(size=spec.size or 0, distance=engine.Distance.Cosine)
            for name, spec in dense.items()
        },
        sparse_vectors={
            name: engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf if spec.idf else None)
            for name, spec in sparse.items()
        },
        optimizers=engine.EdgeOptimizersConfig(
            indexing_threshold=_INDEXED_FROM, default_segment_number=1
        ),
        wal_enabled=False,
    )


def matching(*conditions: Any) -> engine.Filter:
    """Return what meets every condition."""
    return engine.Filter(must=list(conditions))


def equal(field: str, value: str | int) -> engine.FieldCondition:
    """Return the condition that a field has this value."""
    return engine.FieldCondition(key=field, match=engine.MatchValue(value))


def among(field: str, values: list[Any]) -> engine.FieldCondition:
    """Return the condition that a field has one of these values."""
    return engine.FieldCondition(key=field, match=engine.MatchAny(values))


def nearest(vectors: Encoding) -> Iterator[engine.Query]:
    """Yield a query for each vector that is not empty."""
    for name, vector in vectors.items():
        if not isinstance(vector, SparseVector) or vector.indices:
            yield engine.Query.Nearest(_vector(vector), using=name)


def ranked(queries: list[engine.Query], access: engine.Filter, limit: int) -> engine.QueryRequest:
    """Return one request; of several queries the ranks are fused, each filtered by itself."""
    if len(queries) == 1:
        return engine.QueryRequest(query=queries[0], filter=access, limit=limit, with_payload=True)
    branches = [
        engine.Prefetch(query=query, filter=access, limit=max(limit, CANDIDATES))
        for query in queries
    ]
    return engine.QueryRequest(
        prefetches=branches,
        query=cast("engine.Fusion", engine.Fusion.Rrf(k=RRF_K)),  # the stubs do not show it is one
        filter=access,
        limit=limit,
        with_payload=True,
    )


def one_term(name: str, index: int) -> engine.QueryRequest:
    """Return the query for any point that holds a term, with its vector."""
    term = engine.Query.Nearest(engine.SparseVector(indices=[index], values=[1.0]), using=name)
    return engine.QueryRequest(query=term, limit=1, with_vector=[name])


def weight(vectors: Any, name: str, index: int) -> float:
    """Return the weight of a term in a point's sparse vector."""
    vector = vectors[name]
    return float(vector.values[list(vector.indices).index(index)])


def _vector(vector: SparseVector | list[float]) -> Any:
    if isinstance(vector, SparseVector):
        return engine.SparseVector(indices=vector.indices, values=vector.values)
    return vector


def point(document: IndexedDocument, chunk: Chunk, encoding: Encoding) -> engine.Point:
    """Return a chunk with its vectors as the engine takes it."""
    vectors = {name: _vector(vector) for name, vector in encoding.items()}
    place = point_id(document.source, document.id, chunk.ordinal)
    return engine.Point(id=place, vector=vectors, payload=payload(document, chunk))


def stored_point(point: StoredPoint) -> engine.Point:
    """Return a point of another index as the engine takes it."""
    vectors = {name: _vector(vector) for name, vector in point.vectors.items()}
    return engine.Point(id=point.id, vector=vectors, payload=dict(point.payload))


def stored_encoding(vectors: Any) -> Encoding:
    """Return vectors of the engine as ours."""
    return {
        name: SparseVector(list(vector.indices), list(vector.values))
        if isinstance(vector, engine.SparseVector)
        else list(vector)
        for name, vector in (vectors or {}).items()
    }


def first_point(
    document: IndexedDocument, chunks: Sequence[Chunk], encodings: Sequence[Encoding]
) -> engine.Point:
    """Return a document's first chunk, or what stands for it where there is none."""
    if chunks:
        return point(document, chunks[0], encodings[0])
    return point(document, placeholder(document), {})
