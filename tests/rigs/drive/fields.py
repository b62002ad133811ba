"""Field masks: `nextPageToken,files(id,owners/emailAddress)`, `*`; parsed and held to a schema.

https://developers.google.com/workspace/drive/api/guides/fields-parameter
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from rigs.drive.core import RefusedError
from rigs.drive.discovery import document

Json = Any
Mask = dict[str, Any]
"""Names to masks of what is below; None: all of it."""

_ALL: Mask = {"*": None}
_TOKEN = re.compile(r"\s*([A-Za-z$_][\w$-]*|[*,/()])")


@lru_cache(maxsize=4096)
def mask(text: str, *, dotted: bool = False) -> Mask:
    """Return the mask; RefusedError where its syntax is wrong. Not to be changed.

    `dotted`: a point leads down as a slash does, as the newer APIs have it.
    """
    text = text.replace(".", "/") if dotted else text
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise _refused(text)
        tokens.append(found.group(1))
        at = found.end()
    tokens.append("")
    made, rest = _list(tokens, 0, text)
    if tokens[rest] != "":
        raise _refused(text)
    return made


def _list(tokens: list[str], at: int, text: str) -> tuple[Mask, int]:
    made: Mask = {}
    while True:
        at = _path(tokens, at, made, text)
        if tokens[at] != ",":
            return made, at
        at += 1


def _path(tokens: list[str], at: int, into: Mask, text: str) -> int:
    name = tokens[at]
    if not name or (name in "*,/()" and name != "*"):
        raise _refused(text)
    at += 1
    if tokens[at] == "/":
        below: Mask = {}
        at = _path(tokens, at + 1, below, text)
    elif tokens[at] == "(":
        below, at = _list(tokens, at + 1, text)
        if tokens[at] != ")":
            raise _refused(text)
        at += 1
    else:
        into[name] = None
        return at
    if name not in into:
        into[name] = below
    elif into[name] is not None:
        into[name] = {**into[name], **below}
    return at


def _refused(text: str) -> RefusedError:
    return RefusedError(400, "invalidParameter", f"Invalid field selection {text}", "fields")


def wanted(given: Mask | None, name: str) -> bool:
    """Tell whether a mask asks for a field."""
    return given is None or name in given or "*" in given


def below(given: Mask | None, name: str) -> Mask | None:
    """Return the mask for what is in a field: of everything where the field was asked for whole."""
    if given is None:
        return None
    found: Mask | None = given.get(name, given.get("*"))
    return _ALL if found is None else found


def applied(value: Json, given: Mask | None) -> Json:
    """Return what a mask leaves of a value."""
    if given is None:
        return value
    if isinstance(value, list):
        return [applied(one, given) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: applied(one, below(given, name)) for name, one in value.items() if wanted(given, name)
    }


@lru_cache(maxsize=4096)
def held(api: str, response: str, text: str) -> None:
    """Raise RefusedError where a mask asks for what an answer has not."""
    schemas = document(api)["schemas"]

    def look(given: Mask | None, schema: Json) -> None:
        while "$ref" in schema or schema.get("type") == "array":
            schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
        if given is None or "additionalProperties" in schema or "properties" not in schema:
            return
        for name, inner in given.items():
            if name == "*":
                continue
            if name not in schema["properties"]:
                raise _refused(name)
            look(inner, schema["properties"][name])

    look(mask(text, dotted=api in {"sheets", "slides"}), schemas[response])
