"""The Admin SDK's directory: groups, their members, users; for administrators only."""

from __future__ import annotations

from rigs.drive.core import Answer, Call, Core, Json, RefusedError, said
from rigs.drive.fields import applied, mask
from rigs.drive.people import EVERYBODY
from rigs.drive.records import Person, Team


def groups(core: Core, call: Call) -> Answer:
    """Answer `groups.list`."""
    _allowed(core, call)
    _of_somebody(core, call)
    found = [one for one in core.world.groups.values() if not one.deleted]
    if email := call.get("userKey").lower():
        found = [one for one in found if email in one.members]
    return _page(core, call, "groups", [_group(one) for one in found])


def members(core: Core, call: Call) -> Answer:
    """Answer `members.list`: those that are in the group itself."""
    _allowed(core, call)
    key = call.match[0].lower()
    team = core.world.groups.get(key) or next(
        (one for one in core.world.groups.values() if one.directory_id.lower() == key), None
    )
    if team is None or team.deleted:
        raise RefusedError(404, "notFound", "Resource Not Found: groupKey")
    found = [_member(core, one) for one in team.members]
    return _page(core, call, "members", found)


def users(core: Core, call: Call) -> Answer:
    """Answer `users.list`."""
    _allowed(core, call)
    _of_somebody(core, call)
    found = [
        _user(core, one)
        for one in sorted(core.world.people.values(), key=lambda one: one.email)
        if one.domain == core.world.domain and not one.deleted
    ]
    if call.get("query") == "isSuspended=false":
        found = [one for one in found if not one["suspended"]]
    elif call.get("query"):
        raise RefusedError(400, "invalid", "Invalid Input: query")
    return _page(core, call, "users", found, size=100, most=500)


def _allowed(core: Core, call: Call) -> None:
    if not core.world.people[call.account].admin:
        raise RefusedError(403, "forbidden", "Not Authorized to access this resource/api")


def _of_somebody(core: Core, call: Call) -> None:
    customer, domain = call.get("customer"), call.get("domain")
    if not customer and not domain and not call.get("userKey"):
        raise RefusedError(400, "badRequest", "Bad Request")
    if customer and customer not in {"my_customer", core.world.customer}:
        raise RefusedError(404, "notFound", "Domain not found.")
    if domain and domain != core.world.domain:
        raise RefusedError(404, "notFound", "Domain not found.")


def _page(
    core: Core, call: Call, name: str, found: list[Json], *, size: int = 200, most: int = 200
) -> Answer:
    what = (name, call.path, call.get("query"), call.account)
    wanted = call.number("maxResults", size, most)
    page, token = core.paged(call, what, None if call.get("pageToken") else found, wanted)
    body: dict[str, Json] = {"kind": f"admin#directory#{name}", "etag": '"rig"'}
    if page:  # an empty list is left out
        body[name] = page
    if token:
        body["nextPageToken"] = token
    return said(applied(body, mask(call.get("fields")) if call.get("fields") else None))


def _group(team: Team) -> Json:
    return {
        "kind": "admin#directory#group",
        "id": team.directory_id,
        "etag": '"rig"',
        "email": team.email,
        "name": team.name,
        "directMembersCount": str(len(team.members)),
        "description": "",
        "adminCreated": True,
    }


def _member(core: Core, member: str) -> Json:
    said_: dict[str, Json] = {"kind": "admin#directory#member", "etag": '"rig"', "role": "MEMBER"}
    if member == EVERYBODY:
        return {**said_, "type": "CUSTOMER", "id": core.world.customer}
    if team := core.world.groups.get(member):
        return {**said_, "type": "GROUP", "id": team.directory_id, "email": member,
                "status": "ACTIVE"}  # fmt: skip
    person = core.world.people.get(member)
    said_ |= {"type": "USER", "id": person.directory_id if person else "100", "email": member}
    if person is not None and person.domain == core.world.domain:
        said_["status"] = "SUSPENDED" if person.suspended else "ACTIVE"
    return said_


def _user(core: Core, person: Person) -> Json:
    return {
        "kind": "admin#directory#user",
        "id": person.directory_id,
        "etag": '"rig"',
        "primaryEmail": person.email,
        "name": {
            "fullName": person.name,
            "familyName": person.name[:2],
            "givenName": person.name[2:],
        },
        "isAdmin": person.admin,
        "isDelegatedAdmin": False,
        "suspended": person.suspended,
        "archived": False,
        "customerId": core.world.customer,
        "emails": [{"address": person.email, "primary": True}],
        "orgUnitPath": "/",
    }
