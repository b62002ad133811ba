"""Words what pydantic has to say about settings: which key, what is wrong, what was meant."""

from __future__ import annotations

import difflib
import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.settings.tables import RESERVED_SOURCE_NAMES

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
    # A discriminated union puts the tag ("folder") into the path.
    if len(keys) > 2 and keys[0] == "sources" and keys[2] in RESERVED_SOURCE_NAMES:
        del keys[2]
    return tuple(keys)


def _dotted(location: Location) -> str:
    return ".".join(str(key) for key in _written(location))


def _reason(kind: str, problem: Any, model: type[BaseModel]) -> str:
    if kind != "extra_forbidden":
        return str(problem["msg"]).removeprefix("Value error, ")
    *place, key = _written(problem["loc"])
    known = _keys_at(place, model)
    close = difflib.get_close_matches(str(key), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(known))}"
    return f"unknown key {key!r}; {hint}"


def _keys_at(place: typing.Sequence[int | str], model: type[BaseModel]) -> list[str]:
    """Return the keys that the table at a place below `model` may have."""
    here: Any = model
    for key in place:
        here = _below(here, str(key))
    return list(here.model_fields)


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
        return next(one for one in typing.get_args(annotation) if one is not type(None))
    return annotation
