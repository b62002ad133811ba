"""Pages of results: by cursor in Cloud, by start and limit in Data Center, with their caps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from rigs.confluence import search
from rigs.confluence.core import Answer, Call, Core, RefusedError

# Cloud: 25 by its description for rendered bodies; 100 and 250 as seen in production.
CLOUD_RENDERED, CLOUD_BODY, CLOUD_PLAIN = 25, 100, 250
# Data Center: "fixed system limits" of its REST documentation.
DC_BODY, DC_EXPANDED, DC_PLAIN = 50, 200, 1000


def cap(edition: str, expand: frozenset[str]) -> int:
    """Return how many results one page holds at most."""
    if edition == "cloud":
        if {"body.export_view", "body.styled_view"} & expand:
            return CLOUD_RENDERED
        return CLOUD_BODY if "body" in expand else CLOUD_PLAIN
    if "body" in expand:
        return DC_BODY
    return DC_EXPANDED if expand else DC_PLAIN


def by_cursor(core: Core, call: Call, found: list[str], limit: int) -> tuple[list[str], str | None]:
    """Return a page of results and the cursor of the next one, None where there is none."""
    pointer = call.get("cursor")
    try:
        start = search.position(found, pointer) if pointer else 0
    except ValueError as error:
        raise RefusedError(400, str(error)) from error
    rows = found[start : start + limit]
    following = start + len(rows)
    more = following < len(found)
    if core.is_odd("endless", call.path):
        more = True
    if core.is_odd("short", call.path):
        more = False
    if more and core.is_odd("lose", call.path):
        following += limit
    if core.is_odd("repeat", call.path):
        following, more = start, True
    if rows and core.is_odd("duplicate", call.path):
        rows = [rows[0], *rows]
    return rows, search.cursor(found, following) if more else None


def by_start(
    core: Core, call: Call, found: Sequence[Any], most: int
) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return a page of results and what is said of it: start, limit, size, next.

    Page sizes are capped without a word; with `undercounts` the next link then starts too early.
    """
    start, asked = call.number("start", 0), call.number("limit", 25)
    limit = min(asked, most)
    rows = found[start : start + limit]
    following = start + len(rows)
    more = following < len(found)
    if core.settings.undercounts and asked > limit:
        following = start + max(len(rows) // 2, 1)
    if core.is_odd("endless", call.path):
        more = True
    if core.is_odd("short", call.path):
        more = False
    if more and core.is_odd("lose", call.path):
        following += limit
    if core.is_odd("repeat", call.path):
        following, more = start, True
    about: dict[str, Any] = {"start": start, "limit": limit, "size": len(rows)}
    if more:
        rest = [(key, value) for key, value in call.query if key not in {"start", "limit"}]
        rest += [("limit", str(limit)), ("start", str(following))]
        about["next"] = f"{_relative(core, call.path)}?{urlencode(rest)}"
    return rows, about


def doubled(core: Core, call: Call, found: list[str]) -> list[str]:
    """Return what the index holds, some of it twice: so counts whoever pages by start and limit."""
    start = call.number("start", 0)
    if start < len(found) and core.is_odd("duplicate", call.path):
        core.doubled.add(found[start])
    if not core.doubled:
        return found
    return [one for one in found for _ in range(2 if one in core.doubled else 1)]


def linked(core: Core, call: Call, following: str | None) -> dict[str, str]:
    """Return the links of a page of results of version 1; `following` is relative to the base."""
    links = {
        "base": core.shapes.base,
        "context": "/wiki" if core.settings.edition == "cloud" else "",
        "self": core.shapes.base + _relative(core, call.path),
    }
    return {**links, "next": following} if following else links


def joined(
    results: Iterable[str], about: dict[str, Any], served: Iterable[tuple[str, int]]
) -> Answer:
    """Return results that are JSON text already, with what is said of them."""
    rest = json.dumps(about, ensure_ascii=False)[1:]
    text = f'{{"results":[{",".join(results)}],{rest}'
    return Answer(body=text.encode("utf-8", "replace"), served=tuple(served))


def offset_page(
    core: Core, call: Call, things: Sequence[Any], shape: Callable[[Any], Any], most: int
) -> Answer:
    """Return a page of a list that is paged by start and limit in both editions."""
    rows, about = by_start(core, call, things, most)
    links = linked(core, call, about.pop("next", None))
    text = [json.dumps(shape(one), ensure_ascii=False) for one in rows]
    return joined(text, {**about, "_links": links}, ())


def _relative(core: Core, path: str) -> str:
    marker = path.find("/rest/")
    return path[marker:] if marker >= 0 else path
