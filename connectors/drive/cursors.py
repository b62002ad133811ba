"""Where the change logs were read up to: a page token each, for which scope and which memory.

Knows nothing of what they tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from connectors.base import Cursor


@dataclass(slots=True)
class Standing:
    """Where a run stood at its end."""

    tokens: dict[str, str] = field(default_factory=dict)
    """Page tokens by change log."""
    members: dict[str, str] = field(default_factory=dict)
    """By shared drive, what changes with its members."""
    memory: str = ""
    """Stamp of the tree that belongs to it."""


def written(standing: Standing, scope: str) -> Cursor:
    """Return the cursor of a run; `scope` names what it was a run over."""
    told = {
        "tokens": standing.tokens,
        "members": standing.members,
        "memory": standing.memory,
        "scope": scope,
    }
    return Cursor(json.dumps(told, sort_keys=True))


def read(cursor: Cursor | None, scope: str) -> Standing | None:
    """Return where a run stood; None: there was none, or one over another scope."""
    if cursor is None:
        return None
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        told = json.loads(cursor.value)
        if told["scope"] == scope:
            memory = told["memory"]
            found = Standing(_texts(told["tokens"]), _texts(told["members"]), memory)
            return found if isinstance(memory, str) and memory and found.tokens else None
    return None


def _texts(told: Mapping[str, str]) -> dict[str, str]:
    if not all(isinstance(one, str) for one in told.values()):
        raise TypeError
    return dict(told)
