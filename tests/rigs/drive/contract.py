"""Requests and answers held against the discovery documents that the client ships with.

An answer's schema says which fields there are and of what type: nothing is required of an answer,
for masks leave out what they like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
from rigs.drive.core import Answer
from rigs.drive.discovery import APIS, document, methods

Json = Any

_ERRORS = 300


@lru_cache(maxsize=1)
def contract() -> Contract:
    """Return the contract of all four APIs; read once a process."""
    return Contract()


class Contract:
    """What methods there are, what they take and what they say."""

    def __init__(self) -> None:
        self._methods: dict[str, tuple[str, Json]] = {}
        self._schemas: dict[str, Any] = {}
        self._validators: dict[tuple[str, str], Any] = {}
        for api in APIS:
            found = document(api)
            self._methods |= methods(api)
            definitions = {
                name: _as_json_schema(schema) for name, schema in found["schemas"].items()
            }
            self._schemas[api] = definitions

    def request(self, route: str, method: str, query: Mapping[str, str]) -> list[str]:
        """Return what is wrong with a request."""
        if route not in self._methods:
            return []
        api, described = self._methods[route]
        wrong = []
        if described["httpMethod"] != method:
            wrong.append(f"{route}: {method} is not in the description")
        known = {**document(api)["parameters"], **described["parameters"]}
        for name, one in described["parameters"].items():
            if one.get("required") and one["location"] == "query" and name not in query:
                wrong.append(f"{route}: {name} is missing")
        for name, value in query.items():
            if name not in known or known[name].get("location") == "path":
                wrong.append(f"{route}: {name} is not in the description")
            elif said := _misfit(known[name], value):
                wrong.append(f"{route}: {name}: {said}")
        return wrong

    def answer(self, route: str, answer: Answer) -> list[str]:
        """Return what is wrong with a good answer of JSON."""
        if route not in self._methods or not answer.content_type.startswith("application/json"):
            return []
        api, described = self._methods[route]
        name = described["response"]["$ref"]
        validator = self._validators.get((api, name))
        if validator is None:
            schema = {"$ref": f"#/$defs/{name}", "$defs": self._schemas[api]}
            validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            self._validators[api, name] = validator
        return [
            f"answer of {route}: {'.'.join(map(str, error.instance_path))}: "
            f"{error.message[:_ERRORS]}"
            for error in validator.iter_errors(json.loads(answer.body))
        ]


def _misfit(parameter: Json, value: str) -> str | None:
    kind = parameter.get("type")
    if kind == "boolean" and value not in {"true", "false"}:
        return f"{value} is no boolean"
    if kind == "integer":
        if not re.fullmatch(r"-?\d+", value):
            return f"{value} is no number"
        low, high = parameter.get("minimum"), parameter.get("maximum")
        if low is not None and int(value) < int(low):
            return f"{value} is below {low}"
        if high is not None and int(value) > int(high):
            return f"{value} is above {high}"
    if "enum" in parameter and value not in parameter["enum"]:
        return f"{value} is none of {parameter['enum']}"
    return None


def _as_json_schema(node: Json) -> Json:
    """Return a schema of discovery's dialect as JSON Schema."""
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    kind = node.get("type")
    if kind == "any" or kind is None:
        return {}
    if kind == "array":
        return {"type": "array", "items": _as_json_schema(node["items"])}
    if kind == "object":
        return _as_object(node)
    schema: dict[str, Json] = {"type": kind}
    if kind == "string" and node.get("format") in {"int64", "uint64"}:
        schema["pattern"] = r"^-?\d+$"
    if kind == "string" and node.get("format") == "date-time":
        schema["format"] = "date-time"
    if "enum" in node:
        schema["enum"] = node["enum"]
    return schema


def _as_object(node: Json) -> Json:
    further = node.get("additionalProperties")
    return {
        "type": "object",
        "properties": {
            name: _as_json_schema(one) for name, one in node.get("properties", {}).items()
        },
        # What is not described is a departure.
        "additionalProperties": _as_json_schema(further) if further else False,
    }
