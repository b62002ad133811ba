"""Filters and ids of Qdrant's REST API as those of the engine.

A filter that the server would not take raises `RefusedError`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import qdrant_edge as engine
from rigs.qdrant.refused import UnsupportedError, bad_json

Json = Any


def point_id(value: Json) -> int | str:
    """Return an id as the engine takes it."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return value
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise bad_json(
            f"value {value} is not a valid point ID, "
            "valid values are either an unsigned integer or a UUID"
        ) from None


def filter_(body: Mapping[str, Json] | None) -> engine.Filter | None:
    """Return a filter; None and an empty one find everything."""
    if not body:
        return None
    unknown = set(body) - {"must", "should", "must_not", "min_should"}
    if unknown:
        raise bad_json(
            f"unknown field `{unknown.pop()}`, expected one of `should`, `min_should`, `must`, "
            "`must_not`"
        )
    least = body.get("min_should")
    return engine.Filter(
        must=_conditions(body.get("must")),
        should=_conditions(body.get("should")),
        must_not=_conditions(body.get("must_not")),
        min_should=least
        and engine.MinShould(_conditions(least["conditions"]) or [], least["min_count"]),
    )


def _conditions(body: Json) -> list[Any] | None:
    if body is None:
        return None
    return [_condition(one) for one in (body if isinstance(body, list) else [body])]


def _condition(body: Mapping[str, Json]) -> Any:
    for name, made in _CONDITIONS.items():
        # A condition on a field has `is_empty` and `is_null` too, as truth values.
        if name in body and not isinstance(body[name], bool):
            return made(body)
    raise bad_json("data did not match any variant of untagged enum Condition")


def _nested(body: Mapping[str, Json]) -> engine.NestedCondition:
    nested = body["nested"]
    return engine.NestedCondition(nested["key"], filter_(nested["filter"]) or engine.Filter())


def _field(body: Mapping[str, Json]) -> engine.FieldCondition:
    if body.keys() & {"geo_bounding_box", "geo_radius", "geo_polygon"}:
        raise UnsupportedError("filters by place")
    match, range_, count = body.get("match"), body.get("range"), body.get("values_count")
    empty, null = body.get("is_empty"), body.get("is_null")
    if match is None and range_ is None and count is None and empty is None and null is None:
        raise bad_json("data did not match any variant of untagged enum Condition")
    return engine.FieldCondition(
        body["key"],
        match=_match(match) if match is not None else None,
        range=_range(range_) if range_ is not None else None,
        values_count=engine.ValuesCount(**count) if count is not None else None,
        is_empty=empty,
        is_null=null,
    )


def _match(body: Mapping[str, Json]) -> Any:
    kinds = {
        "value": engine.MatchValue,
        "any": engine.MatchAny,
        "except": engine.MatchExcept,
        "text": engine.MatchText,
        "text_any": engine.MatchTextAny,
        "phrase": engine.MatchPhrase,
        "prefix": engine.MatchPrefix,
    }
    for name, kind in kinds.items():
        if name in body:
            try:
                return kind(body[name])
            except (TypeError, ValueError):
                break
    raise bad_json("data did not match any variant of untagged enum Match")


def _range(body: Mapping[str, Json]) -> Any:
    given = {name: value for name, value in body.items() if value is not None}
    if any(isinstance(value, str) for value in given.values()):
        return engine.RangeDateTime(**given)
    return engine.RangeFloat(**given)


_CONDITIONS = {
    "has_id": lambda body: engine.HasIdCondition({point_id(one) for one in body["has_id"]}),
    "has_vector": lambda body: engine.HasVectorCondition(body["has_vector"]),
    "nested": _nested,
    "key": _field,
    "is_empty": lambda body: engine.IsEmptyCondition(body["is_empty"]["key"]),
    "is_null": lambda body: engine.IsNullCondition(body["is_null"]["key"]),
    **dict.fromkeys(("must", "should", "must_not", "min_should"), filter_),
}
