"""Qdrant's REST bodies as requests of the engine, and what the engine found as REST bodies.

Knows nothing of HTTP, collections or files. A body that the server would not take raises
`RefusedError`; what only this rig lacks raises `UnsupportedError`, so that no test takes the one
for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import qdrant_edge as engine
from rigs.qdrant.filters import filter_, point_id
from rigs.qdrant.refused import (
    RefusedError,
    UnsupportedError,
    bad_input,
    bad_json,
    bad_request,
    invalid,
)

Json = Any

_DISTANCE = {
    "Cosine": engine.Distance.Cosine,
    "Euclid": engine.Distance.Euclid,
    "Dot": engine.Distance.Dot,
    "Manhattan": engine.Distance.Manhattan,
}
_DATATYPE = {
    "float32": engine.VectorStorageDatatype.Float32,
    "float16": engine.VectorStorageDatatype.Float16,
    "uint8": engine.VectorStorageDatatype.Uint8,
}
_SCHEMA = {
    "keyword": engine.PayloadSchemaType.Keyword,
    "integer": engine.PayloadSchemaType.Integer,
    "float": engine.PayloadSchemaType.Float,
    "geo": engine.PayloadSchemaType.Geo,
    "text": engine.PayloadSchemaType.Text,
    "bool": engine.PayloadSchemaType.Bool,
    "datetime": engine.PayloadSchemaType.Datetime,
    "uuid": engine.PayloadSchemaType.Uuid,
}
_UPDATE_MODE = {
    "upsert": engine.UpdateMode.Upsert,
    "insert_only": engine.UpdateMode.InsertOnly,
    "update_only": engine.UpdateMode.UpdateOnly,
}
# `DEFAULT_RRF_K` of the server.
_RRF_K = 2
_LIMIT = 10


# Collections


def edge_config(create: Mapping[str, Json]) -> engine.EdgeConfig:
    """Return how the engine lays out a collection that `create` describes.

    What changes speed or memory and no result (HNSW, quantisation, memory placement) is left to the
    engine's defaults: at the size of a test it searches exactly.
    """
    vectors = create.get("vectors") or {}
    if "size" in vectors:
        vectors = {"": vectors}
    if not vectors and not create.get("sparse_vectors"):
        raise UnsupportedError("collections without vectors")
    return engine.EdgeConfig(
        vectors={name: _dense(params) for name, params in vectors.items()},
        sparse_vectors={
            name: _sparse(params) for name, params in (create.get("sparse_vectors") or {}).items()
        },
    )


def _dense(params: Mapping[str, Json]) -> engine.EdgeVectorParams:
    if params["distance"] not in _DISTANCE:
        raise bad_json(f"unknown variant `{params['distance']}`, expected one of {_DISTANCE}")
    multi = engine.MultiVectorConfig(engine.MultiVectorComparator.MaxSim)
    return engine.EdgeVectorParams(
        size=params["size"],
        distance=_DISTANCE[params["distance"]],
        multivector_config=multi if params.get("multivector_config") else None,
        datatype=_DATATYPE.get(params.get("datatype") or ""),
    )


def _sparse(params: Mapping[str, Json]) -> engine.EdgeSparseVectorParams:
    modifier = engine.Modifier.Idf if params.get("modifier") == "idf" else None
    datatype = (params.get("index") or {}).get("datatype")
    return engine.EdgeSparseVectorParams(modifier=modifier, datatype=_DATATYPE.get(datatype or ""))


def field_index(body: Mapping[str, Json]) -> engine.UpdateOperation:
    """Return the making of a payload index; its parameters change no result and are left out."""
    schema = body.get("field_schema")
    kind = schema["type"] if isinstance(schema, Mapping) else schema
    if kind is None:
        raise UnsupportedError("a payload index without its schema")
    if kind not in _SCHEMA:
        raise bad_json("data did not match any variant of untagged enum PayloadFieldSchema")
    return engine.UpdateOperation.create_field_index(body["field_name"], _SCHEMA[kind])


def added_vector(name: str, config: Mapping[str, Json]) -> engine.UpdateOperation:
    """Return the making of a vector that comes to a collection later."""
    if "sparse" in config:
        modifier = engine.Modifier.Idf if config["sparse"].get("modifier") == "idf" else None
        return engine.UpdateOperation.create_sparse_vector(name, modifier)
    dense = _dense(config["dense"])
    return engine.UpdateOperation.create_dense_vector(name, dense.size, dense.distance)


# Points in


def upsert(body: Mapping[str, Json]) -> engine.UpdateOperation:
    """Return the upsert of points, given as a list or as a batch of columns."""
    rows = list(_rows(body["batch"])) if "batch" in body else body.get("points")
    if rows is None:
        raise bad_json("data did not match any variant of untagged enum PointInsertOperations")
    if not rows:
        raise bad_request("Empty update request")
    mode = body.get("update_mode")
    return engine.UpdateOperation.upsert_points(
        [_point(row) for row in rows],
        filter_(body.get("update_filter")),
        _UPDATE_MODE[mode] if mode else None,
    )


def _rows(batch: Mapping[str, Json]) -> Iterable[Mapping[str, Json]]:
    ids, vectors = batch["ids"], batch["vectors"]
    payloads = batch.get("payloads") or [None] * len(ids)
    columns = vectors if isinstance(vectors, Mapping) else {"": vectors}
    for name, column in [("payloads", payloads), *columns.items()]:
        if len(column) != len(ids):
            raise invalid(f"number of ids and {name or 'vectors'} must match")
    for row, point in enumerate(ids):
        named = {name: column[row] for name, column in columns.items()}
        vector = named if isinstance(vectors, Mapping) else named[""]
        yield {"id": point, "vector": vector, "payload": payloads[row]}


def _point(row: Mapping[str, Json]) -> engine.Point:
    return engine.Point(point_id(row["id"]), stored(row["vector"]), row.get("payload"))


def stored(vector: Json) -> Json:
    """Return one point's vector or vectors by name."""
    if isinstance(vector, Mapping):
        return {name: _vector(value) for name, value in vector.items()}
    return _vector(vector)


def _vector(value: Json) -> Json:
    if not isinstance(value, Mapping):
        return value
    if set(value) != {"indices", "values"}:
        raise UnsupportedError("inference on the server")
    indices, values = value["indices"], value["values"]
    if len(indices) != len(values):
        raise invalid("values: must be the same length as indices")
    if len(set(indices)) != len(indices):
        raise invalid("indices: must be unique")
    return engine.SparseVector(indices, values)


_Operation = engine.UpdateOperation


def update(kind: str, body: Mapping[str, Json]) -> engine.UpdateOperation:
    """Return one operation of `points/…` or of `points/batch`, by its name there."""
    if kind == "upsert":
        return upsert(body)
    if kind == "update_vectors":
        vectors = [
            engine.PointVectors(point_id(row["id"]), stored(row["vector"]))
            for row in body["points"]
        ]
        return _Operation.update_vectors(vectors, filter_(body.get("update_filter")))
    if kind not in _BY_SELECTOR:
        raise bad_json(f"unknown variant `{kind}`")
    by_ids, by_filter, named = _BY_SELECTOR[kind]
    more = [body[name] for name in named]
    if kind in {"set_payload", "overwrite_payload"}:
        more.append(body.get("key"))
    if (ids := body.get("points")) is not None:
        if not ids:
            raise bad_request("Empty update request")
        return by_ids([point_id(one) for one in ids], *more)
    if body.get("filter") is not None:
        return by_filter(filter_(body["filter"]), *more)
    raise bad_json("either list of point ids or filter must be provided")


_BY_SELECTOR: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "delete": (_Operation.delete_points, _Operation.delete_points_by_filter, ()),
    "set_payload": (_Operation.set_payload, _Operation.set_payload_by_filter, ("payload",)),
    "overwrite_payload": (
        _Operation.overwrite_payload,
        _Operation.overwrite_payload_by_filter,
        ("payload",),
    ),
    "delete_payload": (_Operation.delete_payload, _Operation.delete_payload_by_filter, ("keys",)),
    "clear_payload": (_Operation.clear_payload, _Operation.clear_payload_by_filter, ()),
    "delete_vectors": (_Operation.delete_vectors, _Operation.delete_vectors_by_filter, ("vector",)),
}


# Reading


def query(body: Mapping[str, Json], example: Any) -> engine.QueryRequest:
    """Return a query with its prefetches; `example(id, name)` finds a stored vector."""
    return engine.QueryRequest(
        limit=_limit(body),
        offset=body.get("offset") or 0,
        query=_scoring(body, example),
        prefetches=_prefetches(body, example),
        filter=filter_(body.get("filter")),
        score_threshold=body.get("score_threshold"),
        params=_params(body.get("params")),
        with_payload=with_payload(body.get("with_payload", False)),
        with_vector=with_vector(body.get("with_vector")),
    )


def _prefetches(body: Mapping[str, Json], example: Any) -> list[engine.Prefetch]:
    given = body.get("prefetch") or []
    return [
        engine.Prefetch(
            limit=_limit(one),
            query=_scoring(one, example),
            prefetches=_prefetches(one, example),
            params=_params(one.get("params")),
            filter=filter_(one.get("filter")),
            score_threshold=one.get("score_threshold"),
        )
        for one in (given if isinstance(given, list) else [given])
    ]


def _scoring(body: Mapping[str, Json], example: Any) -> Any:
    asked, using = body.get("query"), body.get("using") or ""
    if asked is None:
        return None
    if not isinstance(asked, Mapping) or "indices" in asked or "nearest" in asked:
        if isinstance(asked, Mapping) and asked.get("mmr"):
            raise UnsupportedError("maximal marginal relevance")
        nearest = asked.get("nearest", asked) if isinstance(asked, Mapping) else asked
        vector = example(nearest, using) if isinstance(nearest, int | str) else _vector(nearest)
        return engine.Query.Nearest(vector, using=using)
    if "fusion" in asked or "rrf" in asked:
        return _fusion(asked)
    if "order_by" in asked:
        return _order_by(asked["order_by"])
    if asked.get("sample") == "random":
        return engine.Sample.Random
    raise UnsupportedError(f"the query {', '.join(asked)}")


def _fusion(asked: Mapping[str, Json]) -> Any:
    if asked.get("fusion") == "dbsf":
        return engine.Fusion.Dbsf()
    if asked.get("fusion") == "rrf":
        return engine.Fusion.Rrf(_RRF_K)
    if "rrf" not in asked:
        raise bad_json(f"unknown variant `{asked['fusion']}`, expected `rrf` or `dbsf`")
    k = asked["rrf"].get("k")
    if k == 0:
        raise invalid("query.rrf.k: value 0 invalid, must be 1 or larger")
    return engine.Fusion.Rrf(k or _RRF_K, asked["rrf"].get("weights"))


def _order_by(asked: Json) -> engine.OrderBy:
    if isinstance(asked, str):
        return engine.OrderBy(asked)
    direction = {"asc": engine.Direction.Asc, "desc": engine.Direction.Desc}
    return engine.OrderBy(
        asked["key"], direction.get(asked.get("direction") or ""), asked.get("start_from")
    )


def _params(body: Mapping[str, Json] | None) -> engine.SearchParams | None:
    if not body:
        return None
    return engine.SearchParams(
        hnsw_ef=body.get("hnsw_ef"),
        exact=bool(body.get("exact")),
        indexed_only=bool(body.get("indexed_only")),
    )


def _limit(body: Mapping[str, Json], default: int = _LIMIT) -> int:
    limit = body.get("limit")
    if limit is None:
        return default
    if limit < 1:
        raise invalid(f"limit: value {limit} invalid, must be 1 or larger")
    return int(limit)


def scroll(body: Mapping[str, Json]) -> engine.ScrollRequest:
    """Return a page of a scroll."""
    offset, order = body.get("offset"), body.get("order_by")
    if order is not None and offset is not None:
        raise bad_request("Cannot use an `offset` when using `order_by`. The alternative for paging"
                          " is to use `order_by.start_from` and a filter to exclude the IDs that "
                          "you've already seen for the `order_by.start_from` value")  # fmt: skip
    return engine.ScrollRequest(
        offset=point_id(offset) if offset is not None else None,
        limit=_limit(body),
        filter=filter_(body.get("filter")),
        with_payload=with_payload(body.get("with_payload", True)),
        with_vector=with_vector(body.get("with_vector")),
        order_by=_order_by(order) if order is not None else None,
    )


def count(body: Mapping[str, Json]) -> engine.CountRequest:
    """Return a count; exact unless it is told otherwise."""
    exact = body.get("exact")
    return engine.CountRequest(exact is None or exact, filter_(body.get("filter")))


def facet(body: Mapping[str, Json]) -> engine.FacetRequest:
    """Return how often each value of a field occurs."""
    return engine.FacetRequest(
        body["key"], _limit(body), bool(body.get("exact")), filter_(body.get("filter"))
    )


def with_payload(body: Json) -> Any:
    """Return which parts of the payload come back."""
    if isinstance(body, Mapping):
        if "include" in body:
            return engine.PayloadSelector.Include(body["include"])
        return engine.PayloadSelector.Exclude(body["exclude"])
    return bool(body) if body is None or isinstance(body, bool) else body


def with_vector(body: Json) -> Any:
    """Return which vectors come back."""
    return bool(body) if body is None or isinstance(body, bool) else body


# What was found


def record(found: Any) -> dict[str, Json]:
    """Return a point of a scroll or a retrieval; what was not asked for is absent."""
    return _present(
        id=_id(found.id),
        payload=found.payload,
        vector=_vectors(found.vector),
        order_value=found.order_value,
    )


def scored(found: Any) -> dict[str, Json]:
    """Return a point of a query."""
    return {"version": found.version, "score": found.score, **record(found)}


def found_id(value: Any) -> Json:
    """Return an id as REST writes it."""
    return None if value is None else _id(value)


def _id(value: Any) -> Json:
    return value if isinstance(value, int) else str(value)


def _vectors(value: Any) -> Json:
    if isinstance(value, Mapping):
        return {name: _vectors(one) for name, one in value.items()}
    if isinstance(value, engine.SparseVector):
        return {"indices": list(value.indices), "values": list(value.values)}
    return value


def _present(**fields: Json) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}


def example_vector(points: list[Any], wanted: Json, using: str) -> Any:
    """Return the vector of the point that a query names; or raise `RefusedError`."""
    if not points:
        raise RefusedError(404, f"Not found: No point with id {wanted} found")
    vectors = points[0].vector
    vector = vectors.get(using) if isinstance(vectors, Mapping) else vectors
    if vector is None:
        raise bad_input(f"Not existing vector name error: {using}")
    return vector
