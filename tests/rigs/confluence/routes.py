"""Which path leads to which route, by edition; paths are relative to the base."""

from __future__ import annotations

import re
from collections.abc import Callable

from rigs.confluence import (
    routes_content,
    routes_files,
    routes_people,
    routes_spaces,
    routes_v2,
    routes_web,
)
from rigs.confluence.core import Answer, Call, Core
from rigs.confluence.records import Edition

Route = Callable[[Core, Call], Answer]

_BOTH: dict[str, Route] = {
    "/rest/api/content/search": routes_content.content_search,
    "/rest/api/content/{}/restriction/byOperation/read": routes_content.restriction,
    "/rest/api/user/current": routes_people.current,
    "/rest/api/group": routes_people.groups,
    "/download/attachments/{}/{}": routes_files.by_name,
    "/pages/viewpage.action": routes_web.page,
}
_CLOUD: dict[str, Route] = {
    "/rest/api/content/{}/child/attachment/{}/download": routes_files.redirected,
    "/rest/api/user": routes_people.user,
    "/rest/api/user/bulk": routes_people.bulk,
    "/rest/api/user/memberof": routes_people.member_of,
    "/rest/api/group/by-id": routes_people.group_by_id,
    "/rest/api/group/{}/membersByGroupId": routes_people.members_by_id,
    "/rest/api/search/user": routes_people.search_users,
    "/api/v2/spaces": routes_v2.spaces,
    "/api/v2/spaces/{}": routes_v2.space,
    "/api/v2/spaces/{}/permissions": routes_v2.permissions,
    "/api/v2/spaces/{}/pages": routes_v2.listing("page"),
    "/api/v2/spaces/{}/blogposts": routes_v2.listing("blogpost"),
    "/api/v2/pages": routes_v2.listing("page"),
    "/api/v2/pages/{}": routes_v2.single("page"),
    "/api/v2/blogposts": routes_v2.listing("blogpost"),
    "/api/v2/blogposts/{}": routes_v2.single("blogpost"),
    "/api/v2/attachments": routes_v2.listing("attachment"),
    "/api/v2/attachments/{}": routes_v2.single("attachment"),
    "/api/v2/footer-comments/{}": routes_v2.single("comment"),
    "/api/v2/inline-comments/{}": routes_v2.single("comment"),
    "/api/v2/folders/{}": routes_v2.single("folder"),
    # Web addresses: the title at the end is for people, and may be missing.
    "/spaces/{space}/pages/{}": routes_web.page,
    "/spaces/{space}/pages/{}/{title}": routes_web.page,
    "/spaces/{space}/blog/{y}/{m}/{d}/{}": routes_web.page,
    "/spaces/{space}/blog/{y}/{m}/{d}/{}/{title}": routes_web.page,
}
_DATA_CENTER: dict[str, Route] = {
    "/rest/api/content/{}": routes_content.content_by_id,
    "/rest/api/user": routes_people.user_by_key,
    "/rest/api/group/{}/member": routes_people.members_by_name,
    "/rest/mobile/1.0/profile/{}": routes_people.profile,
    "/rest/api/space": routes_spaces.spaces,
    "/rest/api/space/{}": routes_spaces.space,
    "/rest/api/space/{}/permissions": routes_spaces.permissions,
    "/rest/api/space/{}/permissions/anonymous": routes_spaces.anonymous,
}


class Routes:
    """The routes of one edition."""

    def __init__(self, edition: Edition) -> None:
        table = _BOTH | (_CLOUD if edition == "cloud" else _DATA_CENTER)
        self._exact = {path: route for path, route in table.items() if "{" not in path}
        self._patterns = [(_pattern(path), route) for path, route in table.items() if "{" in path]

    def find(self, path: str) -> tuple[Route, tuple[str, ...]] | None:
        """Return the route of a path and what stands for its parameters, None where none is."""
        if route := self._exact.get(path):
            return route, ()
        for pattern, route in self._patterns:
            if found := pattern.fullmatch(path):
                return route, found.groups()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    steps = re.escape(path).replace(r"\{\}", "([^/]+)")
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", steps))
