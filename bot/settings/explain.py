"""Words what pydantic has to say about settings: which key, what is wrong, what was meant."""

from __future__ import annotations

import difflib
import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.settings.sources import RESERVED_SOURCE_NAMES

Location = tuple[int | str, ...]


def explain(error: ValidationError, where: str, model: type[BaseModel]) -> str:
    """Return one line a problem: where it stands, what is wrong, what was probably meant."""
    return "; ".join(
        ": ".join(
            # What is wrong with several keys together stands at none of them.
            part
            for part in (
                where,
                _dotted(problem["loc"]),
                _reason(problem["type"], problem, model),
            )
            if part
        )
        for problem in error.errors()
    )


def _written(location: Location) -> Location:
    """Return the keys that somebody has written: pydantic adds marks of its own."""
    keys = [key for key in location if key != "[key]"]
    if _kind(location):
        del keys[2]
    return tuple(keys)


def _kind(location: Location) -> str | None:
    """Return of which kind the source at a place is: a discriminated union puts it into the path.

    None: the place is in no source, or its kind is what is wrong.
    """
    if len(location) > 2 and location[0] == "sources" and location[2] in RESERVED_SOURCE_NAMES:
        return str(location[2])
    return None


def _dotted(location: Location) -> str:
    return ".".join(str(key) for key in _written(location))


def _reason(kind: str, problem: Any, model: type[BaseModel]) -> str:
    match kind:
        case "extra_forbidden":
            return _unknown_key(problem["loc"], model)
        case "union_tag_invalid" | "union_tag_not_found":
            return _unknown_kind(problem["ctx"].get("tag"), _kinds(problem["loc"], model))
        case _:
            return str(problem["msg"]).removeprefix("Value error, ")


def _unknown_key(location: Location, model: type[BaseModel]) -> str:
    *place, key = _written(location)
    of_kind = _kind(location)
    tables = _tables_at(place, model)
    known = list((tables[of_kind] if of_kind else next(iter(tables.values()))).model_fields)
    if close := difflib.get_close_matches(str(key), known, n=1):
        return f"unknown key {key!r}; did you mean {close[0]!r}?"
    others = [kind for kind, table in tables.items() if key in table.model_fields]
    if of_kind and others:
        return f"unknown key {key!r}; it is one of the kind {' or '.join(others)}, not {of_kind}"
    return f"unknown key {key!r}; known keys: {', '.join(sorted(known))}"


def _unknown_kind(named: str | None, kinds: typing.Sequence[str]) -> str:
    known = " or ".join(f'kind = "{kind}"' for kind in kinds)
    if named is None:
        return f"its kind is missing; write {known}"
    close = difflib.get_close_matches(named, kinds, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"write {known}"
    return f"{named!r} is no kind of source; {hint}"


def _kinds(location: Location, model: type[BaseModel]) -> list[str]:
    return list(_tables_at(_written(location), model))


def _tables_at(place: typing.Sequence[int | str], model: type[BaseModel]) -> dict[str, Any]:
    """Return the models that the table at a place below `model` may have, by kind.

    Where it is always the same one, that stands under an empty name.
    """
    here: Any = model
    for key in place:
        here = _below(here, str(key))
    if typing.get_origin(here) in {typing.Union, types.UnionType}:
        return {
            typing.get_args(table.model_fields["kind"].annotation)[0]: table
            for table in typing.get_args(here)
        }
    return {"": here}


def _below(table: Any, key: str) -> Any:
    """Return the model of the table under a key of a model, or of a dict of models."""
    if isinstance(table, type) and issubclass(table, BaseModel):
        return _plain(table.model_fields[key].annotation)
    return _plain(typing.get_args(table)[1])


def _plain(annotation: Any) -> Any:
    """Return an annotation without what is only said about it, and without `None`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        parts = [one for one in typing.get_args(annotation) if one is not type(None)]
        return parts[0] if len(parts) == 1 else annotation
    return annotation
