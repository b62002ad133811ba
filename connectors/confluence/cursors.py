"""Where the changes of a site were read up to: our own clock's time, and for which scope.

Only how long ago that was goes to the site, so that its clock and time zone do not matter.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, datetime

from connectors.base import Cursor
from connectors.confluence import refs
from connectors.confluence.scope import Scope

OVERLAP = 10
"""Minutes that are looked at twice: the search index lags behind, and counts in minutes."""
_LONGEST = 60 * 24 * 30
"""Minutes; who was away for longer lists everything."""


def written(started: datetime, scope: Scope) -> Cursor:
    """Return the cursor of a run that began then."""
    value = {"since": started.astimezone(UTC).isoformat(), "scope": _named(scope)}
    return Cursor(json.dumps(value))


def minutes(cursor: Cursor | None, now: datetime, scope: Scope) -> int | None:
    """Return how far back changes have to be looked for; None: everything must be listed.

    So it is without a cursor, with one of another scope, and where our clock was set back.
    """
    if cursor is None:
        return None
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        value = json.loads(cursor.value)
        passed = (now - datetime.fromisoformat(value["since"])).total_seconds()
        span = math.ceil(passed / 60) + OVERLAP
        if value["scope"] == _named(scope) and passed >= 0 and span <= _LONGEST:
            return span
    return None


def _named(scope: Scope) -> str:
    return refs.stamp(repr(scope))
