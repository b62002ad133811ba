"""Routes of Cloud's version 2: spaces, their permissions, and contents by id.

It reads the database, not the search index: what version 1's search does not know yet is here.
Links are relative to the host, and in a `Link` header as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from rigs.confluence import addresses, paging
from rigs.confluence.core import Answer, Call, Core, RefusedError, said
from rigs.confluence.records import Content, Kind, Space
from rigs.confluence.shapes import utc

Json = dict[str, Any]

_MOST = 250


# Spaces


def spaces(core: Core, call: Call) -> Answer:
    """`GET api/v2/spaces`: those that the account may view, by id."""
    keys, ids = set(call.every("keys")), set(call.every("ids"))
    status, kind = call.get("status"), call.get("type")
    found = [
        one
        for one in core.world.spaces.values()
        if core.sight.space_viewable(one)
        and (not keys or one.key in keys)
        and (not ids or str(one.id) in ids)
        and (not status or (status == "archived") == one.archived)
        and (not kind or kind == ("personal" if one.personal else "global"))
    ]
    by_id = {str(one.id): one for one in sorted(found, key=lambda one: one.id)}
    return _page(core, call, list(by_id), lambda one: _space(core, by_id[one]))


def space(core: Core, call: Call) -> Answer:
    """`GET api/v2/spaces/{id}`: one space."""
    return said(_space(core, _the_space(core, call.match[0])))


def permissions(core: Core, call: Call) -> Answer:
    """`GET api/v2/spaces/{id}/permissions`: who may do what in a space, reading among it."""
    given = list(_assignments(core, _the_space(core, call.match[0])))
    by_id = {one["id"]: one for one in given}
    return _page(core, call, list(by_id), by_id.__getitem__)


def _the_space(core: Core, space_id: str) -> Space:
    for one in core.world.spaces.values():
        if str(one.id) == space_id and core.sight.space_viewable(one):
            return one
    raise RefusedError(404, "Space not found")


def _space(core: Core, one: Space) -> Json:
    return {
        "id": str(one.id),
        "key": one.key,
        "name": one.name,
        "type": "personal" if one.personal else "global",
        "status": "archived" if one.archived else "current",
        "authorId": core.world.account,
        "createdAt": utc(one.created),
        "_links": {"webui": f"/spaces/{one.key}"},
    }


def _assignments(core: Core, one: Space) -> Iterable[Json]:
    principals = [("user", user) for user in sorted(one.users)]
    groups = [core.world.groups.get(name) for name in sorted(one.groups)]
    principals += [("group", group.id) for group in groups if group]
    # The description lists users, groups and roles; the service also tells access classes so,
    # named as its `space role assignments` name them.
    if one.licensed:
        principals.append(("access_class", "all-licensed-users"))
    if one.anonymous:
        principals.append(("access_class", "anonymous-users"))
    number = 0
    for kind, principal in principals:
        operations = [("read", "space"), ("create", "page"), ("create", "comment")]
        for key, target in operations[: 1 if kind == "access_class" else 3]:
            number += 1
            yield {
                "id": f"{one.id}{number:04}",
                "principal": {"type": kind, "id": principal},
                "operation": {"key": key, "targetType": target},
            }


# Contents


def listing(*kinds: Kind) -> Callable[[Core, Call], Answer]:
    """Return the route that lists contents of a kind, by id."""

    def route(core: Core, call: Call) -> Answer:
        wanted = set(call.every("id"))
        if call.match:  # in one space
            _the_space(core, call.match[0])
        in_spaces = set(call.every("space-id")) | set(call.match)
        title, statuses = call.get("title"), set(call.every("status") or ["current", "archived"])
        among = wanted or core.world.contents.keys()
        ids = [
            one
            for one in among
            if (content := core.world.contents.get(one))
            and content.kind in kinds
            and _status(core, content) in statuses
            and core.sight.viewable(content)
            and (not in_spaces or str(core.world.spaces[content.space].id) in in_spaces)
            and (not title or content.title == title)
        ]
        ids.sort(key=lambda one: int(one.removeprefix("att")))
        body = call.get("body-format") == "storage"
        return _page(
            core,
            call,
            ids,
            lambda one: _content(core, core.world.contents[one], body=body),
            body=body,
        )

    return route


def single(*kinds: Kind) -> Callable[[Core, Call], Answer]:
    """Return the route of one content, by id."""

    def route(core: Core, call: Call) -> Answer:
        content = core.world.contents.get(call.match[0])
        statuses = set(call.every("status") or ["current", "archived"])
        if (
            content is None
            or content.kind not in kinds
            or _status(core, content) not in statuses
            or not core.sight.viewable(content)
        ):
            raise RefusedError(404, "Not Found")
        body = call.get("body-format") == "storage"
        if body and content.broken:
            raise RefusedError(500, "Internal Server Error")
        shape = _content(core, content, body=body)
        shape["_links"]["base"] = core.shapes.base
        return said(shape, served=((content.id, content.version),) if body else ())

    return route


def _status(core: Core, content: Content) -> str:
    return "trashed" if core.sight.deleted(content) else content.status


def _content(core: Core, content: Content, *, body: bool = False) -> Json:
    shape: Json = {
        "id": content.id,
        "status": _status(core, content),
        "title": content.title,
        "createdAt": utc(content.created),
        "version": {
            "number": content.version,
            "createdAt": utc(content.updated),
            "authorId": content.author,
            "message": "",
            "minorEdit": False,
        },
        "_links": {"webui": addresses.webui(core.world, content)},
    }
    holder = core.world.contents.get(content.container or "")
    if holder:
        shape["pageId" if holder.kind == "page" else "blogPostId"] = holder.id
    else:
        shape["spaceId"] = str(core.world.spaces[content.space].id)
        shape["authorId"] = content.author
    if content.kind == "folder":
        shape["type"] = "folder"
    if content.kind in {"page", "folder"} and content.parent in core.world.contents:
        shape["parentId"] = content.parent
        shape["parentType"] = core.world.contents[content.parent].kind
    if content.kind == "comment":
        if content.parent:
            shape["parentCommentId"] = content.parent
        if content.inline:
            shape["resolutionStatus"] = content.resolution
    if content.kind == "attachment":
        _as_file(core, content, shape)
    if body:
        shape["body"] = {"storage": {"representation": "storage", "value": content.body}}
    return shape


def _as_file(core: Core, content: Content, shape: Json) -> None:
    link = addresses.download(core.world, content)
    shape |= {
        "mediaType": content.media_type,
        "mediaTypeDescription": "File",
        "fileId": f"file-{content.id}",
        "fileSize": len(content.data),
        "comment": "",
        "webuiLink": shape["_links"]["webui"],
        "downloadLink": link,
    }
    shape["_links"]["download"] = link


# Pages of results


def _page(
    core: Core, call: Call, ids: list[str], shape: Callable[[str], Json], *, body: bool = False
) -> Answer:
    limit = call.number("limit", 25)
    if not 1 <= limit <= _MOST:
        raise RefusedError(400, f"limit must be between 1 and {_MOST}")
    rows, pointer = paging.by_cursor(core, call, ids, limit)
    contents = [core.world.contents[one] for one in rows] if body else []
    if any(one.broken for one in contents):
        raise RefusedError(500, "Internal Server Error")
    links, headers = {"base": core.shapes.base}, {}
    if pointer:
        rest = [(key, value) for key, value in call.query if key != "cursor"]
        # Relative to the site's host also where the request came by the gateway.
        path = "/wiki/" + call.path.partition("/wiki/")[2]
        links["next"] = f"{path}?{urlencode([*rest, ('cursor', pointer)])}"
        headers["Link"] = f'<{links["next"]}>; rel="next", <{core.shapes.base}>; rel="base"'
    text = [json.dumps(shape(one), ensure_ascii=False) for one in rows]
    answer = paging.joined(text, {"_links": links}, [(one.id, one.version) for one in contents])
    return Answer(body=answer.body, headers=headers, served=answer.served)
