"""From the JSON of both editions to our values. Knows nothing of requests.

What is missing where it must not be raises ConnectorError: half an answer must not pass for a
whole one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import quote

from connectors.base import ConnectorError
from connectors.confluence.storage import Edition
from connectors.confluence.values import Content, Kind, Restriction, Space, User

Json = dict[str, Any]

EXPAND = (
    "space", "version", "ancestors", "container",
    "extensions.inlineProperties", "extensions.resolution",
)  # fmt: skip
"""What `content` reads, beside body and restrictions."""
EXPAND_RESTRICTION = (
    "restrictions.read.restrictions.user",
    "restrictions.read.restrictions.group",
)
_KINDS = frozenset(get_args(Kind))
_BLOG_POST = re.compile(r"/spaces/[^/]+/blog/\d{4}/\d{2}/\d{2}/\d+")
_NO_RESTRICTION = Restriction()
_NOBODY_KNOWN = "unknown"
"""Stands for somebody without an id, so that a restriction does not seem to be none."""


def content(row: Json, base: str, edition: Edition) -> Content | None:
    """Return one result of a search; None for what is not current, such as a draft.

    `base` is the address of the site that people use.
    """
    if row.get("status", "current") != "current":
        return None
    try:
        content_id, kind = str(row["id"]), row["type"]
        version = row["version"]
        space = space_key(row)
        extensions, holder = row.get("extensions") or {}, row.get("container") or {}
        inside = kind in {"comment", "attachment"}
        container = str(holder["id"]) if inside and "id" in holder else None
        page = _page_url(holder if container else row, space, base, edition)
        file: Json = {}
        if kind == "comment":
            page += f"{'&' if '?' in page else '?'}focusedCommentId={content_id}"
        elif kind == "attachment":
            file = _file(row, extensions, container, edition)
            page = _file_url(row, container, base, edition)
        return Content(
            id=content_id,
            kind=kind if kind in _KINDS else "other",
            title=str(row.get("title") or ""),
            space=space,
            version=int(version["number"]),
            updated=time(version.get("when")),
            author=(version.get("by") or {}).get("displayName") or "",
            ancestors=tuple(str(above["id"]) for above in row.get("ancestors") or ()),
            container=container,
            restriction=_own(row),
            storage=_storage(row),
            resolved=(extensions.get("resolution") or {}).get("status") in {"resolved", "dangling"},
            quoted=(extensions.get("inlineProperties") or {}).get("originalSelection") or "",
            url=page,
            **file,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConnectorError(
            f"the site shows a result in a form that is not known: {error!r}"
        ) from None


def space_key(row: Json) -> str:
    """Return the key of the space that a content is in; raises KeyError where it is not told."""
    holder = row.get("container") or {}
    for space in (row.get("space"), holder.get("space"), holder):
        if space and "key" in space:
            return str(space["key"])
    # Where it could be expanded, its path is told: /rest/api/space/KEY.
    paths = [(of.get("_expandable") or {}).get("space") for of in (row, holder)]
    key = next((path.rpartition("/")[2] for path in paths if path), "")
    if not key:
        raise KeyError("space")
    return str(key)


def restriction(read: Json | None) -> Restriction | None:
    """Return who may view a content by its own restriction (`…/byOperation/read`).

    None where there is more of it than the answer holds.
    """
    held = (read or {}).get("restrictions") or {}
    users, groups = held.get("user"), held.get("group")
    if users is None or groups is None or not (_whole(users) and _whole(groups)):
        return None
    return of_people(users["results"], groups["results"])


def of_people(users: Iterable[Json], groups: Iterable[Json]) -> Restriction:
    """Return the restriction to these users and groups."""
    people = frozenset(_person_id(user) for user in users)
    names = frozenset(str(group.get("name") or group.get("id")) for group in groups)
    return Restriction(people, names) if people or names else _NO_RESTRICTION


def user(row: Json) -> User:
    """Return a person."""
    return User(
        id=_person_id(row),
        name=row.get("displayName") or row.get("publicName") or row.get("username") or "",
        email=row.get("email") or None,
        username=row.get("username") or None,
    )


def space(row: Json) -> Space:
    """Return a space. Raises ConnectorError where it is told in a form that is not known."""
    try:
        key = str(row["key"])
        return Space(
            key=key,
            id=str(row["id"]),
            name=row.get("name") or key,
            personal=row.get("type") == "personal" or key.startswith("~"),
            archived=str(row.get("status")).lower() == "archived",
        )
    except KeyError as error:
        raise ConnectorError(f"the site shows a space without {error}") from None


def time(text: str | None) -> datetime | None:
    """Return a time, timezone-aware; None where there is none that can be read."""
    with suppress(TypeError, ValueError):
        when = datetime.fromisoformat(text or "")
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


def _own(row: Json) -> Restriction | None:
    return restriction((row.get("restrictions") or {}).get("read"))


def _whole(listed: Json) -> bool:
    """Return whether a list inside of an answer can not have been cut: it is not full."""
    limit = listed.get("limit")
    cut = bool((listed.get("_links") or {}).get("next"))
    return not cut and (limit is None or len(listed["results"]) < limit)


def _person_id(row: Json) -> str:
    return str(row.get("accountId") or row.get("userKey") or row.get("username") or _NOBODY_KNOWN)


def _storage(row: Json) -> str | None:
    held = (row.get("body") or {}).get("storage") or {}
    value = held.get("value")
    return value if isinstance(value, str) else None


def _page_url(page: Json, key: str, base: str, edition: Edition) -> str:
    """Return the address of a page by its id: titles change, and so would the address."""
    if edition == "cloud":
        if page.get("type") == "page":
            return f"{base}/spaces/{quote(key, safe='~')}/pages/{page['id']}"
        webui = (page.get("_links") or {}).get("webui") or ""
        if dated := _BLOG_POST.match(webui):
            return f"{base}{dated[0]}"
        if page.get("type") == "folder":
            return f"{base}/spaces/{quote(key, safe='~')}/folder/{page['id']}"
    return f"{base}/pages/viewpage.action?pageId={page['id']}"


def _file_url(row: Json, container: str | None, base: str, edition: Edition) -> str:
    """Return where a file is shown over its page: the web looks it up by the two ids."""
    number = str(row["id"]).removeprefix("att")
    shown = quote(f"/{container}/{number}/{row.get('title') or ''}", safe="")
    view = "viewpageattachments" if edition == "cloud" else "viewpage"
    return f"{base}/pages/{view}.action?pageId={container}&preview={shown}"


def _file(row: Json, extensions: Json, container: str | None, edition: Edition) -> Json:
    if edition == "cloud":
        # The documented path. `_links.download` is the web's, where scoped tokens are refused.
        path = f"rest/api/content/{container}/child/attachment/{row['id']}/download"
        download = path if container else ""
    else:
        download = (row.get("_links") or {}).get("download") or ""
    kind = extensions.get("mediaType") or (row.get("metadata") or {}).get("mediaType")
    return {"media_type": kind, "size": extensions.get("fileSize"), "download": download}
