"""Requests of Qdrant's API: filters, queries, points and updates.

What we make ourselves is known to be right, so models are made without validating them: a hybrid
query with 2,000 reader sets costs 0.1 ms to build that way. Knows nothing of connections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from qdrant_client import models

from ingest.encode import Encoding, SparseVector, VectorSpec
from ingest.index import CANDIDATES, EMPTY, INDEXED, RRF_K, StoredPoint

FIRST = [EMPTY, 0]
"""Ordinals of the point that says whether a document is held, and at which version."""
WRITING = -2
"""Ordinal of a point that names documents which are being written."""

# Bytes of a number in JSON: of an index, of a weight, of a dimension.
_INDEX, _NUMBER = 11, 20
# A character of Japanese text in UTF-8.
_CHARACTER = 3
# Ids, keys and punctuation of one point.
_POINT = 500


def matching(*conditions: models.FieldCondition) -> models.Filter:
    """Return what meets every condition."""
    return models.Filter.model_construct(must=list(conditions))


def equal(field: str, value: str | int) -> models.FieldCondition:
    """Return the condition that a field has this value."""
    match = models.MatchValue.model_construct(value=value)
    return models.FieldCondition.model_construct(key=field, match=match)


def among(field: str, values: Collection[Any]) -> models.FieldCondition:
    """Return the condition that a field has one of these values."""
    # Qdrant's description wants each value once.
    match = models.MatchAny.model_construct(any=list(dict.fromkeys(values)))
    return models.FieldCondition.model_construct(key=field, match=match)


def other_than(
    conditions: Collection[models.FieldCondition], field: str, values: Collection[Any]
) -> models.Filter:
    """Return what meets every condition, and has none of these values."""
    return models.Filter.model_construct(must=list(conditions), must_not=[among(field, values)])


def at_least(field: str, value: int) -> models.FieldCondition:
    """Return the condition that a field is no smaller."""
    bounds = models.Range.model_construct(gte=float(value))
    return models.FieldCondition.model_construct(key=field, range=bounds)


def nearest(vectors: Encoding, access: models.Filter, limit: int) -> models.QueryRequest | None:
    """Return the query for the nearest points by all vectors; None where each of them is empty.

    Of several vectors the ranks are fused; each branch is filtered by itself, so that what the
    asker may not read takes no place among the candidates.
    """
    branches = [
        models.Prefetch.model_construct(
            query=_nearest(vector), using=name, filter=access, limit=max(limit, CANDIDATES)
        )
        for name, vector in vectors.items()
        if not isinstance(vector, SparseVector) or vector.indices
    ]
    if not branches:
        return None
    if len(branches) == 1:
        [branch] = branches
        return models.QueryRequest.model_construct(
            query=branch.query, using=branch.using, filter=access, limit=limit, with_payload=True
        )
    return models.QueryRequest.model_construct(
        prefetch=branches,
        query=models.RrfQuery.model_construct(rrf=models.Rrf.model_construct(k=RRF_K)),
        filter=access,
        limit=limit,
        with_payload=True,
    )


def one_term(name: str, index: int) -> models.QueryRequest:
    """Return the query for any point that holds a term, with its vector."""
    query = _nearest(SparseVector([index], [1.0]))
    return models.QueryRequest.model_construct(
        query=query, using=name, limit=1, with_vector=[name], with_payload=False
    )


def weight(vectors: Any, name: str, index: int) -> float:
    """Return the weight of a term in a point's sparse vector."""
    vector = vectors[name]
    return float(vector.values[list(vector.indices).index(index)])


def point(stored: StoredPoint) -> models.PointStruct:
    """Return the point as the server takes it."""
    return models.PointStruct.model_construct(
        id=stored.id,
        vector={name: _vector(vector) for name, vector in stored.vectors.items()},
        payload=dict(stored.payload),
    )


def stored_point(record: models.Record) -> StoredPoint:
    """Return the point as a backup holds it."""
    return StoredPoint(str(record.id), dict(_encoding(record.vector)), record.payload or {})


def size_of(stored: StoredPoint) -> int:
    """Return about how many bytes a point takes in a request; rather too many."""
    text = sum(len(value) for value in stored.payload.values() if isinstance(value, str))
    vectors = sum(
        len(vector.indices) * (_INDEX + _NUMBER)
        if isinstance(vector, SparseVector)
        else len(vector) * _NUMBER
        for vector in stored.vectors.values()
    )
    return _POINT + text * _CHARACTER + vectors


def upsert(points: Sequence[models.PointStruct]) -> models.UpsertOperation:
    """Return the update that holds these points."""
    listed = models.PointsList.model_construct(points=list(points))
    return models.UpsertOperation.model_construct(upsert=listed)


def delete(ids: Collection[str]) -> models.DeleteOperation:
    """Return the update that removes these points."""
    listed = models.PointIdsList.model_construct(points=list(ids))
    return models.DeleteOperation.model_construct(delete=listed)


def delete_matching(condition: models.Filter) -> models.DeleteOperation:
    """Return the update that removes what meets a condition."""
    selected = models.FilterSelector.model_construct(filter=condition)
    return models.DeleteOperation.model_construct(delete=selected)


def change_matching(
    condition: models.Filter, payload: Mapping[str, Any]
) -> models.SetPayloadOperation:
    """Return the update that sets these fields of what meets a condition."""
    change = models.SetPayload.model_construct(payload=dict(payload), filter=condition)
    return models.SetPayloadOperation.model_construct(set_payload=change)


def change(ids: Collection[str], payload: Mapping[str, Any]) -> models.SetPayloadOperation:
    """Return the update that sets these fields of these points."""
    listed = models.SetPayload.model_construct(payload=dict(payload), points=list(ids))
    return models.SetPayloadOperation.model_construct(set_payload=listed)


def halves(
    updates: Sequence[models.UpdateOperation],
) -> list[Sequence[models.UpdateOperation]]:
    """Return the same updates in two requests, in order; none where one point is all there is."""
    if len(updates) > 1:
        middle = len(updates) // 2
        return [updates[:middle], updates[middle:]]
    [update] = updates
    if isinstance(update, models.UpsertOperation) and isinstance(update.upsert, models.PointsList):
        points = update.upsert.points
        middle = len(points) // 2
        if middle:
            return [[upsert(points[:middle])], [upsert(points[middle:])]]
    return []


def dense_vectors(
    vectors: Mapping[str, VectorSpec], *, on_disk: bool
) -> dict[str, models.VectorParams]:
    """Return how the server is to keep dense vectors."""
    return {
        name: models.VectorParams(
            size=spec.size or 0, distance=models.Distance.COSINE, on_disk=on_disk or None
        )
        for name, spec in vectors.items()
        if spec.kind == "dense"
    }


def sparse_vectors(
    vectors: Mapping[str, VectorSpec], *, on_disk: bool
) -> dict[str, models.SparseVectorParams]:
    """Return how the server is to keep sparse vectors."""
    return {
        name: models.SparseVectorParams(
            modifier=models.Modifier.IDF if spec.idf else None,
            index=models.SparseIndexParams(on_disk=True) if on_disk else None,
        )
        for name, spec in vectors.items()
        if spec.kind == "sparse"
    }


def added_vector(
    spec: VectorSpec,
) -> models.DenseVectorNameConfig | models.SparseVectorNameConfig:
    """Return how the server is to keep a vector that comes to a collection later."""
    if spec.kind == "sparse":
        modifier = models.Modifier.IDF if spec.idf else None
        return models.SparseVectorNameConfig(sparse=models.SparseVectorConfig(modifier=modifier))
    return models.DenseVectorNameConfig(
        dense=models.DenseVectorConfig(size=spec.size or 0, distance=models.Distance.COSINE)
    )


def payload_indexes() -> dict[str, models.KeywordIndexParams | models.IntegerIndexParams]:
    """Return the index of each field that is filtered by.

    None is a tenant or a principal of the collection: a question is asked of all sources at once,
    and by many reader sets. What only a sync filters by is kept on disk: at 10^8 chunks the ids of
    documents alone would take gigabytes of memory.
    """
    indexes: dict[str, models.KeywordIndexParams | models.IntegerIndexParams] = {}
    for field, kind in INDEXED.items():
        on_disk = True if field in {"document_id", "ordinal"} else None
        if kind == "keyword":
            indexes[field] = models.KeywordIndexParams(
                type=models.KeywordIndexType.KEYWORD, on_disk=on_disk
            )
        else:
            indexes[field] = models.IntegerIndexParams(
                type=models.IntegerIndexType.INTEGER,
                lookup=True,
                range=field == "ordinal",
                on_disk=on_disk,
            )
    return indexes


def _nearest(vector: SparseVector | list[float]) -> models.NearestQuery:
    return models.NearestQuery.model_construct(nearest=_vector(vector))


def _vector(vector: SparseVector | list[float]) -> models.SparseVector | list[float]:
    if isinstance(vector, SparseVector):
        return models.SparseVector.model_construct(indices=vector.indices, values=vector.values)
    return vector


def _encoding(vectors: Any) -> Iterator[tuple[str, SparseVector | list[float]]]:
    """Yield vectors of the server as ours; points without any have None or nothing."""
    if isinstance(vectors, dict):
        for name, vector in vectors.items():
            if isinstance(vector, models.SparseVector):
                yield name, SparseVector(list(vector.indices), list(vector.values))
            else:
                yield name, list(vector)
