"""Which path leads to which route; which API and scopes it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rigs.drive import routes_directory, routes_drives, routes_editors, routes_files
from rigs.drive.core import SCOPES, Answer, Call, Core

Api = Literal["drive", "sheets", "slides", "admin"]
Handler = Callable[[Core, Call], Answer]

_METADATA = frozenset(SCOPES[one] for one in ("drive", "drive.readonly", "drive.metadata.readonly"))
_CONTENT = frozenset(SCOPES[one] for one in ("drive", "drive.readonly"))


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one API."""

    name: str
    """As the discovery document calls it."""
    api: Api
    handler: Handler
    scopes: frozenset[str]
    """Any one of these will do."""


_EXPORT_LINK = Route("export link", "drive", routes_files.by_link, _CONTENT)
_TABLE: dict[str, Route] = {
    "/drive/v3/about": Route("about.get", "drive", routes_drives.about, _METADATA),
    "/drive/v3/files": Route("files.list", "drive", routes_files.listed, _METADATA),
    "/drive/v3/files/{}": Route("files.get", "drive", routes_files.one, _METADATA),
    "/drive/v3/files/{}/export": Route("files.export", "drive", routes_files.exported, _CONTENT),
    "/drive/v3/files/{}/permissions": Route(
        "permissions.list", "drive", routes_files.permissions, _METADATA
    ),
    "/drive/v3/drives": Route("drives.list", "drive", routes_drives.drives, _CONTENT),
    "/drive/v3/drives/{}": Route("drives.get", "drive", routes_drives.drive, _CONTENT),
    "/drive/v3/changes": Route("changes.list", "drive", routes_drives.changes, _METADATA),
    "/drive/v3/changes/startPageToken": Route(
        "changes.getStartPageToken", "drive", routes_drives.start_token, _METADATA
    ),
    "/v4/spreadsheets/{}": Route(
        "spreadsheets.get",
        "sheets",
        routes_editors.spreadsheet,
        _CONTENT | {SCOPES["sheets"]},
    ),
    "/v1/presentations/{}": Route(
        "presentations.get",
        "slides",
        routes_editors.presentation,
        _CONTENT | {SCOPES["slides"]},
    ),
    "/admin/directory/v1/groups": Route(
        "groups.list", "admin", routes_directory.groups, frozenset({SCOPES["group"]})
    ),
    "/admin/directory/v1/groups/{}/members": Route(
        "members.list",
        "admin",
        routes_directory.members,
        frozenset({SCOPES["group"], SCOPES["member"]}),
    ),
    "/admin/directory/v1/users": Route(
        "users.list", "admin", routes_directory.users, frozenset({SCOPES["user"]})
    ),
    "/feeds/download/documents/export/Export": _EXPORT_LINK,
    "/feeds/download/presentations/Export": _EXPORT_LINK,
    "/spreadsheets/export": _EXPORT_LINK,
}
_EXACT = {path: route for path, route in _TABLE.items() if "{" not in path}
_PATTERNS = [
    (re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), route)
    for path, route in _TABLE.items()
    if "{" in path
]


def find(path: str) -> tuple[Route, tuple[str, ...]] | None:
    """Return the route of a path and what stands for its parameters, None where none is."""
    if route := _EXACT.get(path):
        return route, ()
    for pattern, route in _PATTERNS:
        if found := pattern.fullmatch(path):
            return route, found.groups()
    return None
