"""Requests and answers held against Cloud's OpenAPI descriptions, where a test has them at hand.

Version 1 and 2 are two descriptions. Data Center has none. Where the service is known to say more
than its description, NEWER has the reason.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml  # type: ignore[import-untyped]
from rigs.confluence.core import Answer

Json = Any

# The descriptions stand beside the checkout; the environment can name another place.
_SPECIFICATIONS = Path(__file__).parents[4] / "shared" / "specs"
_ERRORS = 300

NEWER = {
    "principal.type": "access classes are told where a site has them (space roles)",
    "next": "part of the links that the service itself makes",
    "start": "part of the links that the service itself makes",
}
_OF_LINKS = {"next", "prev", "start"}


def specifications() -> tuple[Path, Path] | None:
    """Return the descriptions of version 1 and 2, None where they are not at hand."""
    folder = Path(os.environ.get("CONFLUENCE_OPENAPI", _SPECIFICATIONS))
    paths = folder / "confluence-cloud-v1.openapi.yaml", folder / "confluence-cloud-v2.openapi.json"
    return paths if all(path.exists() for path in paths) else None


@lru_cache(maxsize=1)
def contract(paths: tuple[Path, Path]) -> Contract:
    """Return the contract of both descriptions; read once a process."""
    return Contract(*paths)


class Contract:
    """The paths of both descriptions."""

    def __init__(self, first: Path, second: Path) -> None:
        one = yaml.load(
            first.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
        two = json.loads(second.read_text("utf-8"))
        # The description knows users, groups and roles only.
        assignment = two["components"]["schemas"]["SpacePermissionAssignment"]
        assignment["properties"]["principal"]["properties"]["type"]["enum"].append("access_class")
        self._descriptions = {"/rest/": _Description("urn:one", one, "")}
        self._descriptions["/api/v2/"] = _Description("urn:two", two, "/api/v2")

    def request(self, path: str, query: Iterable[tuple[str, str]]) -> list[str]:
        """Return what is wrong with a request."""
        description = self._of(path)
        return description.request(path, list(query)) if description else []

    def answer(self, path: str, answer: Answer) -> list[str]:
        """Return what is wrong with an answer."""
        description = self._of(path)
        return description.answer(path, answer) if description else []

    def _of(self, path: str) -> _Description | None:
        for prefix, description in self._descriptions.items():
            if path.startswith(prefix):
                return description
        return None


class _Description:
    def __init__(self, name: str, document: Json, base: str) -> None:
        self._name = name
        components = {"components": _as_json_schema(document["components"], name)}
        self._registry = jsonschema_rs.Registry(
            [(name, components)], draft=jsonschema_rs.Draft202012
        )
        self._parameters = document["components"].get("parameters", {})
        # Of two paths that fit, the one with fewer parameters is meant.
        paths = sorted(document["paths"].items(), key=lambda one: one[0].count("{"))
        self._paths = [
            (_pattern(base + path), path, operations["get"])
            for path, operations in paths
            if "get" in operations
        ]
        self._validators: dict[str, Any] = {}

    def request(self, path: str, query: list[tuple[str, str]]) -> list[str]:
        found = self._operation(path)
        if found is None:
            return [f"GET {path} is not in the description"]
        known = {
            one["name"]: one
            for one in map(self._parameter, found[1].get("parameters", ()))
            if one["in"] == "query"
        }
        given = {name for name, _ in query}
        wrong = [
            f"GET {path}: {name} is missing"
            for name, one in known.items()
            if one.get("required") and name not in given
        ]
        for name, value in query:
            if name in known:
                wrong += self._value(path, known[name], value)
            elif not (name in _OF_LINKS and "cursor" in given):
                wrong.append(f"GET {path}: {name} is not in the description")
        return wrong

    def answer(self, path: str, answer: Answer) -> list[str]:
        found = self._operation(path)
        if found is None:
            return []
        described = found[1]["responses"].get(str(answer.status))
        if described is None:
            return [f"GET {path}: {answer.status} is not in the description"]
        media = (described.get("content") or {}).get("application/json")
        if media is None or answer.content_type != "application/json":
            return []
        validator = self._validators.get(found[0])
        if validator is None:
            schema = _as_json_schema(media["schema"], self._name)
            validator = jsonschema_rs.Draft202012Validator(schema, registry=self._registry)
            self._validators[found[0]] = validator
        return [
            f"answer of GET {path}: {'.'.join(map(str, error.instance_path))}: "
            f"{error.message[:_ERRORS]}"
            for error in validator.iter_errors(json.loads(answer.body))
        ]

    def _operation(self, path: str) -> tuple[str, Json] | None:
        for pattern, name, operation in self._paths:
            if pattern.fullmatch(path):
                return name, operation
        return None

    def _parameter(self, one: Json) -> Json:
        if reference := one.get("$ref"):
            return self._parameters[reference.rpartition("/")[2]]
        return one

    def _value(self, path: str, parameter: Json, value: str) -> list[str]:
        name, schema = parameter["name"], parameter["schema"]
        values = [value]
        if schema.get("type") == "array":
            values, schema = value.split(","), schema["items"]
        validator = jsonschema_rs.Draft202012Validator(
            _as_json_schema(schema, self._name), registry=self._registry
        )
        return [
            f"GET {path}: {name}: {error.message[:_ERRORS]}"
            for one in values
            for error in validator.iter_errors(_typed(one, schema.get("type")))
        ]


def _typed(value: str, kind: str | None) -> Json:
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(path)))


def _as_json_schema(node: Any, name: str) -> Any:
    """Return OpenAPI 3.0's dialect as JSON Schema: references made absolute, `nullable` spelt."""
    if isinstance(node, list):
        return [_as_json_schema(one, name) for one in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _as_json_schema(value, name) for key, value in node.items()}
    if isinstance(reference := schema.get("$ref"), str):
        schema["$ref"] = reference.replace("#/", f"{name}#/", 1)
    if schema.pop("nullable", None) is not True:
        return schema
    if not schema:
        return {"type": "null"}
    return {"anyOf": [schema, {"type": "null"}]}
