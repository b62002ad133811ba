"""Bodies held against Qdrant's own OpenAPI description, where a test has it at hand.

Knows nothing of what the bodies mean. Validators are compiled once each, when first needed: the
unions of the description are large.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

# Rules about a value that is of the right kind; the server reports these as 422, others as 400.
_VALUE_RULES = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_VALUE_RULES |= {"minLength", "maxLength", "minItems", "maxItems"}


@dataclass(frozen=True)
class Breach:
    """One way in which a body is not what the description asks for."""

    message: str
    about_value: bool
    """The kind of the value is right, and the value is not."""


class Contract:
    """The paths of an OpenAPI 3.0 description."""

    def __init__(self, description: Path) -> None:
        document = json.loads(description.read_text("utf-8"))
        components = {"components": _as_json_schema(document["components"])}
        self._registry = jsonschema_rs.Registry(
            [("urn:api", components)], draft=jsonschema_rs.Draft202012
        )
        self._paths = [
            (_pattern(path), operations) for path, operations in document["paths"].items()
        ]
        # Of two paths that fit, the one with fewer parameters is meant.
        self._paths.sort(key=lambda entry: entry[0].groups)
        self._validators: dict[int, Any] = {}

    def request(self, method: str, path: str, body: Any) -> Breach | None:
        """Return what is wrong with a request, None where nothing is."""
        operation = self._operation(method, path)
        if operation is None:
            return Breach(f"{method} {path} is not in the description", about_value=False)
        described = operation.get("requestBody")
        if described is None:
            return None
        return self._check(described["content"].get("application/json"), body)

    def response(self, method: str, path: str, status: int, body: Any) -> Breach | None:
        """Return what is wrong with an answer, None where nothing is."""
        operation = self._operation(method, path)
        if operation is None:
            return None  # the request was a breach already
        responses = operation["responses"]
        described = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        described = described or responses.get("default")
        if described is None:
            return Breach(f"{status} is not in the description", about_value=False)
        return self._check((described.get("content") or {}).get("application/json"), body)

    def _operation(self, method: str, path: str) -> Any:
        for pattern, operations in self._paths:
            if method.lower() in operations and pattern.fullmatch(path):
                return operations[method.lower()]
        return None

    def _check(self, media: Any, body: Any) -> Breach | None:
        if media is None:
            return None
        validator = self._validators.get(id(media))
        if validator is None:
            validator = jsonschema_rs.Draft202012Validator(
                _as_json_schema(media["schema"]), registry=self._registry
            )
            self._validators[id(media)] = validator
        for error in validator.iter_errors(body):
            place = ".".join(str(step) for step in error.instance_path)
            found = _deepest(error)
            message = f"{place or 'body'}: {found.message}"
            return Breach(message[:1000], _keyword(found) in _VALUE_RULES)
        return None


def _deepest(error: Any) -> Any:
    """Return what is wrong inside a union, where only one branch is near enough to say."""
    context = getattr(error.kind, "context", None)
    if context:
        near = [branch[0] for branch in context if len(branch) == 1]
        values = [one for one in near if _keyword(one) in _VALUE_RULES]
        if values:
            return _deepest(values[0])
    return error


def _keyword(error: Any) -> str:
    steps = [step for step in error.schema_path if isinstance(step, str)]
    return steps[-1] if steps else ""


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path)))


def _as_json_schema(node: Any) -> Any:
    """Return OpenAPI 3.0's dialect as JSON Schema: references made absolute, `nullable` spelt."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _as_json_schema(value) for name, value in node.items()}
    if isinstance(reference := schema.get("$ref"), str):
        schema["$ref"] = reference.replace("#/", "urn:api#/", 1)
    if schema.pop("nullable", None) is not True:
        return schema
    if not schema:
        return {"type": "null"}
    return {"anyOf": [schema, {"type": "null"}]}
