"""Routes of spaces in Data Center, and of permissions in them since 9.1."""

from __future__ import annotations

from typing import Any

from rigs.confluence import paging
from rigs.confluence.core import Answer, Call, Core, RefusedError, said
from rigs.confluence.records import Space

_MOST = 1000


def spaces(core: Core, call: Call) -> Answer:
    """`GET rest/api/space`: those that the account may view, by key."""
    kind, status, keys = call.get("type"), call.get("status"), set(call.every("spaceKey"))
    found = [
        one
        for one in sorted(core.world.spaces.values(), key=lambda one: one.key)
        if core.sight.space_viewable(one)
        and (not keys or one.key in keys)
        and (not status or (status == "archived") == one.archived)
        and (not kind or (kind == "personal") == one.personal)
    ]
    return paging.offset_page(core, call, found, core.shapes.space, _MOST)


def space(core: Core, call: Call) -> Answer:
    """`GET rest/api/space/{key}`: one space."""
    return said(core.shapes.space(_the_space(core, call.match[0])))


def permissions(core: Core, call: Call) -> Answer:
    """`GET rest/api/space/{key}/permissions`: who may do what; users by their key alone.

    The shape is the one in CONFSERVER-100505; the refusal that of CONFSERVER-99908.
    """
    one = _asked(core, call)
    subjects: list[dict[str, str]] = [{"type": "user", "userKey": key} for key in sorted(one.users)]
    subjects += [{"type": "group", "name": name} for name in sorted(one.groups)]
    return said([_permission(one, subject, *did) for subject in subjects for did in _ALLOWED])


def anonymous(core: Core, call: Call) -> Answer:
    """`GET rest/api/space/{key}/permissions/anonymous`: what everybody may do."""
    one = _asked(core, call)
    subject = {"type": "anonymous"}
    return said([_permission(one, subject, *_ALLOWED[0])] if one.anonymous else [])


_ALLOWED = (("read", "space"), ("create", "page"), ("create", "comment"))


def _permission(one: Space, subject: dict[str, str], key: str, target: str) -> dict[str, Any]:
    return {
        "operation": {"targetType": target, "operationKey": key},
        "subject": subject,
        "spaceKey": one.key,
        "spaceId": one.id,
    }


def _asked(core: Core, call: Call) -> Space:
    if not core.settings.permissions_api:
        raise RefusedError(404, "null for uri: " + call.path)
    if not core.settings.admin:
        raise RefusedError(500, "")
    return _the_space(core, call.match[0])


def _the_space(core: Core, key: str) -> Space:
    one = core.world.spaces.get(key)
    if one is None or not core.sight.space_viewable(one):
        raise RefusedError(404, f"No space with key : {key}")
    return one
