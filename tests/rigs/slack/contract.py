"""Calls and answers held against Slack's own description of its Web API, where a test has it.

The description is of 2021 and Swagger 2.0. Methods that came later are not in it and go unchecked;
where it is stricter than the service is today, `NEWER` says so with the reason.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs

Json = dict[str, Any]

# What the service accepts or returns today and the description does not know.
NEWER: dict[str, str] = {
    "client_msg_id": "request: a key against doubles that the client draws",
    "include_all_metadata": "message metadata came in 2022",
    "include_num_members": "documented, left out of the description",
    "loading_messages": "came with agents",
    "markdown_text": "came in 2025",
    "metadata": "message metadata came in 2022",
    "team_id": "came with Enterprise Grid, documented for every list",
    "hash": "documented for views.update and views.publish",
    "mrkdwn": "documented",
    "file_ids": "documented for chat.update",
    "users": "a JSON body carries a list",
    "app_id": "messages of apps carry their app",
    "bot_id": "the profile of an app's user names its bot",
    "streaming_state": "streamed messages came in 2025",
    "context_team_id": "came with Slack Connect",
    "updated": "conversations tell of their last change",
    "properties": "conversations carry settings",
    "shared_team_ids": "came with Slack Connect",
    "pending_connected_team_ids": "came with Slack Connect",
    "parent_conversation": "came with Slack Connect",
    "is_user_deleted": "direct messages tell whether the person left",
    "user_id": "bot profiles name their user",
    "is_email_confirmed": "users came to carry it",
    "who_can_share_contact_card": "came with Slack Connect",
    "is_locked": "threads can be locked since 2022",
    "pin_count": "conversations.history carries it",
    "channel_actions_ts": "conversations.history carries it",
    "response_metadata": "paging and warnings, documented for every method",
    "warning": "documented for every method",
    "enterprise_subteam_id": "user groups came to carry it",
    "auto_provision": "user groups came to carry it",
    "edited": "messages of users and apps carry it",
    "parent_user_id": "replies carry it",
    "user": "messages of apps carry their user",
    "attachments": "replies carry every field of a message",
    "blocks": "replies carry every field of a message",
    "bot_profile": "replies carry every field of a message",
    "files": "replies carry every field of a message",
    "reactions": "replies carry every field of a message",
    "subtype": "replies carry every field of a message",
    "url": "team.info carries the team's address",
}


class Contract:
    """The methods that the description knows."""

    def __init__(self, description: Path) -> None:
        document = json.loads(description.read_text("utf-8"))
        self._definitions = {"definitions": _as_json_schema(document["definitions"])}
        self._registry = jsonschema_rs.Registry(
            [("urn:slack", self._definitions)], draft=jsonschema_rs.Draft7
        )
        self._methods = {
            path.removeprefix("/"): next(iter(operations.values()))
            for path, operations in document["paths"].items()
        }
        # It knows threads only, and a message that nobody answered yet is none.
        replies = self._methods["conversations.replies"]["responses"]["200"]["schema"]
        replies["properties"]["messages"]["items"]["items"].append(
            {"$ref": "#/definitions/objs_message"}
        )
        # It takes the blocks of an updated message for an object; they are a list.
        updated = self._methods["chat.update"]["responses"]["200"]["schema"]
        updated["properties"]["message"]["properties"]["blocks"] = {"type": "array"}
        self._validators: dict[str, Any] = {}

    def knows(self, method: str) -> bool:
        return method in self._methods

    def check(self, method: str, args: Json, answer: Json) -> list[str]:
        """Return what is not as described in a call and its answer."""
        described = self._methods.get(method)
        if described is None:
            return []
        # Errors are not held to it: it lists those of 2021, and by far not all.
        if not answer["ok"]:
            return []
        return self._request(described, args) + self._answer(method, described, answer)

    def _request(self, described: Json, args: Json) -> list[str]:
        parameters = {each["name"]: each for each in described["parameters"]}
        unknown = [name for name in args if name not in parameters and name not in NEWER]
        wrong = [
            f"request: {name} is no {kind}"
            for name, each in parameters.items()
            if name in args and not _is(args[name], kind := each.get("type", "string"))
        ]
        missing = [
            f"request: {name} is missing"
            for name, each in parameters.items()
            if each.get("required") and name != "token" and name not in args
        ]
        return [f"request: {name} is not in the description" for name in unknown] + wrong + missing

    def _answer(self, method: str, described: Json, answer: Json) -> list[str]:
        validator = self._validators.get(method)
        if validator is None:
            schema = _as_json_schema(described["responses"]["200"]["schema"])
            validator = jsonschema_rs.Draft7Validator(schema, registry=self._registry)
            self._validators[method] = validator
        return [
            f"answer: {'.'.join(map(str, error.instance_path))}: {error.message[-300:]}"
            for error in validator.iter_errors(answer)
        ]


def _is(value: Any, kind: str) -> bool:
    """Tell whether a value is of a kind, as it may stand in a form, where everything is text."""
    if kind == "boolean":
        return isinstance(value, bool) or str(value).lower() in {"true", "false", "0", "1"}
    if kind in {"integer", "number"}:
        return re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None
    return True  # In a JSON body lists and objects stand where a form has text.


def _as_json_schema(node: Any) -> Any:
    """Return the description's dialect as JSON Schema.

    A list under `items` of something that is no array means alternatives there, and objects that
    are closed are opened for the fields in NEWER.
    """
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    schema = {name: _as_json_schema(value) for name, value in node.items()}
    if isinstance(reference := schema.get("$ref"), str):
        schema["$ref"] = reference.replace("#/", "urn:slack#/", 1)
    if isinstance(schema.get("items"), list) and schema.get("type") != "array":
        schema["anyOf"] = schema.pop("items")
    if schema.get("additionalProperties") is False and isinstance(schema.get("properties"), dict):
        for name in NEWER:
            schema["properties"].setdefault(name, True)
    if schema.get("format") == "uri":
        schema.pop("format")
    return schema
