"""Routes of people and groups: by ids in Cloud, by keys and names in Data Center."""

from __future__ import annotations

from urllib.parse import unquote

from rigs.confluence import paging
from rigs.confluence.core import Answer, Call, Core, RefusedError, said
from rigs.confluence.cql import CqlError, Term, parse
from rigs.confluence.records import Group, Person

_PAGE = 200
_BULK = 100


def _person(core: Core, key: str) -> Person:
    person = core.world.people.get(key)
    if person is None:
        raise RefusedError(404, f"No user found with key : {key}")
    return person


def current(core: Core, call: Call) -> Answer:
    """`GET rest/api/user/current`: the account of the token."""
    person = core.world.people[core.world.account]
    shown = core.shapes.user(person)
    if core.settings.edition == "cloud":
        shown = {**shown, "timeZone": core.settings.zone.key}
    return said(shown)


# Cloud


def user(core: Core, call: Call) -> Answer:
    """`GET rest/api/user?accountId=`: one person."""
    return said(core.shapes.user(_person(core, call.get("accountId"))))


def bulk(core: Core, call: Call) -> Answer:
    """`GET rest/api/user/bulk?accountId=&accountId=`: the first hundred of them."""
    asked = [value for key, value in call.query if key == "accountId"][:_BULK]
    found = [core.world.people[one] for one in asked if one in core.world.people]
    about = {
        "start": 0,
        "limit": _BULK,
        "size": len(found),
        "_links": paging.linked(core, call, None),
    }
    return said({"results": [core.shapes.user(one) for one in found], **about})


def member_of(core: Core, call: Call) -> Answer:
    """`GET rest/api/user/memberof?accountId=`: the groups of a person."""
    key = _person(core, call.get("accountId")).key
    groups = [one for one in _groups(core) if key in one.members]
    return paging.offset_page(core, call, groups, core.shapes.group, _PAGE)


def members_by_id(core: Core, call: Call) -> Answer:
    """`GET rest/api/group/{groupId}/membersByGroupId`: the people of a group."""
    group = next((one for one in core.world.groups.values() if one.id == call.match[0]), None)
    if group is None:
        raise RefusedError(404, f"Group not found: {call.match[0]}")
    return _members(core, call, group)


def group_by_id(core: Core, call: Call) -> Answer:
    """`GET rest/api/group/by-id?id=`: one group."""
    group = next((one for one in core.world.groups.values() if one.id == call.get("id")), None)
    if group is None:
        raise RefusedError(404, f"Group not found: {call.get('id')}")
    return said(core.shapes.group(group))


def search_users(core: Core, call: Call) -> Answer:
    """`GET rest/api/search/user`: people by `type=user`, `user=` or `user in ()`."""
    query = call.get("cql")
    people = list(core.world.people.values())
    if query.replace(" ", "").lower() != "type=user":
        # The grammar is the contents' one; a person is asked for as a creator would be.
        as_content = query.replace("user.accountid", "creator", 1).replace("user", "creator", 1)
        try:
            where = parse(as_content, zone=core.settings.zone, now=0).where
        except CqlError as error:
            raise RefusedError(400, f"Could not parse cql : {query}") from error
        if not isinstance(where, Term) or where.field != "creator":
            raise RefusedError(400, f"Could not parse cql : {query}")
        people = [one for one in people if one.key in where.values]
    rows, about = paging.by_start(core, call, people, _PAGE)
    results = [
        {
            "user": core.shapes.user(one),
            "title": one.name,
            "excerpt": "",
            "url": f"/people/{one.key}",
            "breadcrumbs": [],
            "entityType": "user",
            "iconCssClass": "",
            "lastModified": "1970-01-01T00:00:00.000Z",
            "score": 0.0,
        }
        for one in rows
    ]
    links = paging.linked(core, call, about.pop("next", None))
    total = {"totalSize": len(people), "cqlQuery": query, "searchDuration": 1}
    return said({"results": results, **about, **total, "_links": links})


# Both


def groups(core: Core, call: Call) -> Answer:
    """`GET rest/api/group`: all groups, by name."""
    return paging.offset_page(core, call, _groups(core), core.shapes.group, _PAGE)


# Data Center


def user_by_key(core: Core, call: Call) -> Answer:
    """`GET rest/api/user?key=` or `?username=`: one person, without an e-mail address."""
    name = call.get("username")
    if not name:
        return said(core.shapes.user(_person(core, call.get("key"))))
    for person in core.world.people.values():
        if person.username == name:
            return said(core.shapes.user(person))
    raise RefusedError(404, f"No user found with username : {name}")


def members_by_name(core: Core, call: Call) -> Answer:
    """`GET rest/api/group/{name}/member`: the people of a group."""
    group = core.world.groups.get(unquote(call.match[0]))
    if group is None:
        raise RefusedError(404, f"No group with name {call.match[0]}")
    return _members(core, call, group)


def profile(core: Core, call: Call) -> Answer:
    """`GET rest/mobile/1.0/profile/{username}`: the one place where it tells e-mail addresses.

    Undocumented, in every version since 5: what other mirrors of Data Center read them by.
    """
    for person in core.world.people.values():
        if person.username == unquote(call.match[0]):
            email = {} if person.hidden else {"email": person.email}
            return said({"userName": person.username, "fullName": person.name, **email})
    raise RefusedError(404, "No such user")


def _members(core: Core, call: Call, group: Group) -> Answer:
    people = [core.world.people[one] for one in group.members]
    return paging.offset_page(core, call, people, core.shapes.user, _PAGE)


def _groups(core: Core) -> list[Group]:
    return sorted(core.world.groups.values(), key=lambda one: one.name)
