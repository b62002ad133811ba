"""What version 1 of the API, and Data Center's, shows of contents, people, groups and spaces.

Cloud's shapes are held against its OpenAPI description. Data Center has none: its shapes are
Cloud's older ones as its documentation shows them, with user keys and names in place of account
ids, and local times in place of UTC. Knows nothing of requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rigs.confluence import addresses
from rigs.confluence.bodies import rendered
from rigs.confluence.records import Content, Group, Person, Space
from rigs.confluence.sight import Sight
from rigs.confluence.world import World

Json = dict[str, Any]

RESTRICTED_AT_ONCE = 200
"""How many users, and how many groups, a restriction shows where it is an expansion."""

_EXPANDABLE = ("container", "metadata", "restrictions", "history", "body", "version", "descendants",
               "space", "ancestors", "operations", "children", "childTypes")  # fmt: skip
_BODIES = ("storage", "view", "export_view", "styled_view")
_AVATAR = {"path": "/wiki/aa-avatar/default", "width": 48, "height": 48, "isDefault": False}


_ABOVE = {"ancestors": "\0"}
"""Where the ancestors are put in."""


class UnexpandableError(Exception):
    """A body that the service fails to make (CONFCLOUD-76433)."""


class Shapes:
    """Makes the JSON of one site; keeps what it made for as long as it is true."""

    def __init__(self, world: World, sight: Sight, zone: ZoneInfo) -> None:
        self._world, self._sight, self._zone = world, sight, zone
        self.base = ""
        """The site's address, which links begin with."""
        self._kept: dict[tuple[str, frozenset[str]], tuple[int, int, str]] = {}

    def text(self, content: Content, expand: frozenset[str]) -> str:
        """Return a content with these expansions, as JSON text. Raises UnexpandableError."""
        if any(one.startswith("body.") for one in expand):
            return self._made(content, expand)  # too long to keep
        key = (content.id, expand)
        kept = self._kept.get(key)
        if kept is None or kept[:2] != (content.stamp, self._world.structure):
            text = self._made(content, expand)
            kept = self._kept[key] = (content.stamp, self._world.structure, text)
        return kept[2]

    def _made(self, content: Content, expand: frozenset[str]) -> str:
        text = _dumped(self._content(content, expand))
        if "ancestors" not in expand:
            return text
        # Those of a page are those of its siblings, too: their text is kept, and put in.
        inner = frozenset(one.removeprefix("ancestors.") for one in expand if "ancestors." in one)
        above = ",".join(self.text(one, inner) for one in self._sight.ancestors(content))
        return text.replace(_dumped(_ABOVE)[1:-1], f'"ancestors":[{above}]', 1)

    def _content(self, content: Content, expand: Iterable[str]) -> Json:
        wanted = set(expand)
        said: Json = {
            "id": content.id,
            "type": content.kind,
            "status": "current" if content.status == "trashed" else content.status,
            "title": content.title,
        }
        if "space" in wanted:
            said["space"] = self.space(self._world.spaces[content.space])
        if "history" in wanted:
            said["history"] = self._history(content, wanted)
        if "version" in wanted:
            said["version"] = self._version(content)
        if "ancestors" in wanted:
            said |= _ABOVE
        if "container" in wanted:
            said["container"] = self._container(content)
        if "body" in wanted:
            said["body"] = self._bodies(content, wanted)
        if "restrictions" in wanted:
            said["restrictions"] = self._restrictions(content, wanted)
        said["metadata"] = self._metadata(content, wanted)
        said["extensions"] = self._extensions(content, wanted)
        missing = [one for one in _EXPANDABLE if one not in said]
        said["_expandable"] = dict.fromkeys(missing, f"/rest/api/content/{content.id}")
        said["_links"] = self._links(content)
        return said

    def _history(self, content: Content, wanted: set[str]) -> Json:
        said: Json = {
            "latest": True,
            "createdBy": self.user(self._world.people[content.author]),
            "createdDate": self.time(content.created),
        }
        if "history.lastUpdated" in wanted:
            said["lastUpdated"] = self._version(content)
        return said

    def _version(self, content: Content) -> Json:
        author = self._world.people.get(content.author)
        by = self.user(author) if author else {"type": "unknown", "displayName": "Former user"}
        when = self.time(content.updated)
        return {
            "by": by,
            "when": when,
            "message": "",
            "number": content.version,
            "minorEdit": False,
            "_links": {
                "self": f"{self.base}/rest/api/content/{content.id}/version/{content.version}"
            },
        }

    def _container(self, content: Content) -> Json:
        holder = self._world.contents.get(content.container or "")
        if holder:
            return self._content(holder, ())
        return self.space(self._world.spaces[content.space])

    def _bodies(self, content: Content, wanted: set[str]) -> Json:
        said: Json = {"_expandable": {}}
        for name in _BODIES:
            if f"body.{name}" not in wanted:
                said["_expandable"][name] = ""
                continue
            if content.broken and name == "storage":
                raise UnexpandableError(content.id)
            value = content.body if name == "storage" else rendered(self._world, content)
            said[name] = {"value": value, "representation": name, "_expandable": {}}
        return said

    # Restrictions

    def _restrictions(self, content: Content, wanted: set[str]) -> Json:
        if "restrictions.read" not in wanted:
            return {"_expandable": {"read": "", "update": ""}}
        names = [
            one for one in ("user", "group") if f"restrictions.read.restrictions.{one}" in wanted
        ]
        read = self.restriction(content, names, 0, RESTRICTED_AT_ONCE)
        return {"read": read, "_expandable": {"update": ""}}

    def restriction(self, content: Content, names: Iterable[str], start: int, limit: int) -> Json:
        """Return who may view a content by its own restriction: users, groups or both."""
        wanted = set(names)
        inner: Json = {"_expandable": {}}
        if "user" in wanted:
            people = [self._world.people[one] for one in content.users if one in self._world.people]
            inner["user"] = _listed([self.user(one) for one in people], start, limit)
        if "group" in wanted:
            inner["group"] = _listed(
                [
                    self.group(self._world.groups.get(one) or Group(one, one))
                    for one in content.groups
                ],
                start,
                limit,
            )
        here = f"{self.base}/rest/api/content/{content.id}/restriction/byOperation/read"
        return {
            "operation": "read",
            "restrictions": inner,
            "_expandable": {"content": f"/rest/api/content/{content.id}"},
            "_links": {"self": here},
        }

    # What differs between kinds

    def _metadata(self, content: Content, wanted: set[str]) -> Json:
        said: Json = {"_expandable": {"currentuser": "", "properties": "", "frontend": ""}}
        if content.kind == "attachment":
            said["mediaType"] = content.media_type
        if "metadata.labels" in wanted:
            labels = [
                {"prefix": "global", "name": one, "id": str(number), "label": one}
                for number, one in enumerate(content.labels, 1)
            ]
            said["labels"] = _listed(labels, 0, 200)
        return said

    def _extensions(self, content: Content, wanted: set[str]) -> Json:
        if content.kind == "attachment":
            return {
                "mediaType": content.media_type,
                "fileSize": len(content.data),
                "comment": "",
                "mediaTypeDescription": "File",
                "fileId": f"file-{content.id}",
            }
        if content.kind != "comment":
            return {"position": int(content.id) % 1000}
        said: Json = {"location": "inline" if content.inline else "footer", "_expandable": {}}
        if "extensions.inlineProperties" in wanted and content.inline and not content.parent:
            said["inlineProperties"] = {
                "originalSelection": content.quoted,
                "markerRef": f"marker-{content.id}",
            }
        # Footer comments have a resolution, too: they are open.
        if "extensions.resolution" in wanted:
            first = self._first(content)
            said["resolution"] = {"status": first.resolution}
        return said

    def _first(self, comment: Content) -> Content:
        above = self._sight.ancestors(comment)
        return above[0] if above else comment

    def _links(self, content: Content) -> Json:
        said = {
            "self": f"{self.base}/rest/api/content/{content.id}",
            "webui": addresses.webui(self._world, content),
        }
        if content.kind in {"page", "blogpost"}:
            said["tinyui"] = f"/x/{content.id[::-1]}"
            said["editui"] = f"/pages/resumedraft.action?draftId={content.id}"
        if content.kind == "attachment":
            said["download"] = addresses.download(self._world, content)
        return said

    # People, groups, spaces

    def user(self, person: Person) -> Json:
        """Return a person; Data Center never shows e-mail addresses here."""
        links = {"self": f"{self.base}/rest/api/user?accountId={person.key}"}
        if self._world.edition == "cloud":
            return {
                "type": "known",
                "accountId": person.key,
                "accountType": "atlassian",
                "email": "" if person.hidden else person.email,
                "publicName": person.name,
                "displayName": person.name,
                "profilePicture": _AVATAR,
                "isExternalCollaborator": False,
                "_expandable": {"operations": "", "personalSpace": ""},
                "_links": links,
            }
        return {
            "type": "known",
            "username": person.username,
            "userKey": person.key,
            "profilePicture": _AVATAR,
            "displayName": person.name,
            "_links": {"self": f"{self.base}/rest/api/user?key={person.key}"},
            "_expandable": {"status": ""},
        }

    def group(self, group: Group) -> Json:
        """Return a group; Data Center knows no ids of groups."""
        said = {"type": "group", "name": group.name}
        if self._world.edition == "cloud":
            return {**said, "id": group.id, "_links": {"self": f"{self.base}/rest/api/group"}}
        return {**said, "_links": {"self": f"{self.base}/rest/api/group/{group.name}"}}

    def space(self, space: Space) -> Json:
        """Return a space."""
        return {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "type": "personal" if space.personal else "global",
            "status": "archived" if space.archived else "current",
            "_expandable": {"homepage": "", "description": "", "metadata": ""},
            "_links": {
                "webui": f"/spaces/{space.key}",
                "self": f"{self.base}/rest/api/space/{space.key}",
            },
        }

    def time(self, seconds: float) -> str:
        """Return a time as the edition writes it: UTC in Cloud, local in Data Center."""
        if self._world.edition == "cloud":
            return utc(seconds)
        return datetime.fromtimestamp(seconds, self._zone).isoformat(timespec="milliseconds")


def utc(seconds: float) -> str:
    """Return a time as Cloud writes it."""
    when = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return when.replace("+00:00", "Z")


def _listed(things: list[Json], start: int, limit: int) -> Json:
    part = things[start : start + limit]
    return {"results": part, "start": start, "limit": limit, "size": len(part)}


def _dumped(said: Json) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def expansions(expand: str) -> frozenset[str]:
    """Return what an `expand` asks for: each name, and all that it stands under."""
    names: set[str] = set()
    for one in filter(None, (part.strip() for part in expand.split(","))):
        steps = one.split(".")
        names |= {".".join(steps[: n + 1]) for n in range(len(steps))}
    return frozenset(names)
