"""Routes of contents that Cloud's version 1 and Data Center share: search and restrictions."""

from __future__ import annotations

from urllib.parse import urlencode

from rigs.confluence import paging
from rigs.confluence.core import Answer, Call, Core, RefusedError, said
from rigs.confluence.cql import CqlError
from rigs.confluence.records import Content
from rigs.confluence.shapes import UnexpandableError, expansions


def content_search(core: Core, call: Call) -> Answer:
    """`GET rest/api/content/search`: contents by CQL."""
    query = call.get("cql")
    try:
        found = core.search.find(query)
    except CqlError as error:
        # The words are the service's own, reason included, of which it never says which part.
        raise RefusedError(400, f"Could not parse cql : {query}") from error
    expand = expansions(call.get("expand"))
    most = paging.cap(core.settings.edition, expand)
    if core.settings.edition == "cloud":
        asked = min(call.number("limit", 25), most)
        ids, pointer = paging.by_cursor(core, call, found, asked)
        start = call.number("start", 0)
        about = {"start": start, "limit": asked, "size": len(ids)}
        following = None
        if pointer:
            # As the service's links: what was asked, a cursor, and two parameters of its own.
            rest = [("next", "true"), ("cursor", pointer), ("limit", str(asked))]
            rest += [("start", str(start + len(ids)))]
            names = {"next", "cursor", "limit", "start"}
            rest += [(key, value) for key, value in call.query if key not in names]
            following = f"/rest/api/content/search?{urlencode(rest)}"
    else:
        _stumble(core, call, query)
        rows, counts = paging.by_start(core, call, paging.doubled(core, call, found), most)
        ids, following = list(rows), counts.pop("next", None)
        about = counts
    contents = [core.world.contents[one] for one in ids]
    _no_draft_above(core, contents, expand)
    results = [_text(core, one, expand) for one in contents]
    served = [(one.id, one.version) for one in contents] if "body.storage" in expand else []
    return paging.joined(results, {**about, "_links": paging.linked(core, call, following)}, served)


def _stumble(core: Core, call: Call, query: str) -> None:
    if core.settings.attachments_fail and "attachment" in query and call.number("start", 0):
        core.settings.attachments_fail -= 1
        raise RefusedError(400, "java.lang.IllegalArgumentException")


def _no_draft_above(core: Core, contents: list[Content], expand: frozenset[str]) -> None:
    # CONFCLOUD-77618, CONFCLOUD-76424: one draft spoils the batch.
    if "ancestors.restrictions" not in expand:
        return
    for content in contents:
        for one in core.sight.ancestors(content):
            if one.status == "draft":
                raise RefusedError(404, f"No content found with id : ContentId{{id={one.id}}}")


def _text(core: Core, content: Content, expand: frozenset[str]) -> str:
    try:
        return core.shapes.text(content, expand)
    except UnexpandableError as error:
        raise RefusedError(500, "java.lang.NullPointerException") from error


def content_by_id(core: Core, call: Call) -> Answer:
    """`GET rest/api/content/{id}` (Data Center): one content, whatever the search index knows."""
    content = core.current(call.match[0])
    if content is None:
        raise _unknown(call.match[0])
    expand = expansions(call.get("expand", "history,space,version"))
    _no_draft_above(core, [content], expand)
    served = ((content.id, content.version),) if "body.storage" in expand else ()
    body = _text(core, content, expand).encode("utf-8", "replace")
    return Answer(body=body, served=served)


def restriction(core: Core, call: Call) -> Answer:
    """`GET rest/api/content/{id}/restriction/byOperation/read`: whom it names."""
    content = core.current(call.match[0])
    if content is None:
        raise _unknown(call.match[0])
    most = core.settings.restrictions_at_once
    start, limit = call.number("start", 0), min(call.number("limit", 100), most)
    asked = call.every("expand")
    names = [one.removeprefix("restrictions.") for one in asked if one.startswith("restrictions.")]
    # Both are expanded where nothing is asked for.
    return said(core.shapes.restriction(content, names or ["user", "group"], start, limit))


def _unknown(content_id: str) -> RefusedError:
    return RefusedError(
        404,
        f"com.atlassian.confluence.api.service.exceptions.NotFoundException: "
        f"No content found with id : ContentId{{id={content_id}}}",
    )
