"""What every method declares, and what all of them ask of their arguments and of the workspace."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rigs.slack import blocks as block_kit
from rigs.slack.limits import SPECIAL, TIERS
from rigs.slack.refused import RefusedError, invalid_arguments
from rigs.slack.slack import Slack
from rigs.slack.workspace import Channel, Json, Message

Args = dict[str, Any]
Handler = Callable[[Slack, Args], Json]

_TS = re.compile(r"\d{10}\.\d{6}")
_ID = re.compile(r"[CGDUW][A-Z0-9]{5,}")


@dataclass(frozen=True)
class Method:
    name: str
    handler: Handler
    per_minute: int | None
    """None: limited by the channel it posts to."""
    scopes: tuple[str, ...]
    """Any one of them will do; none asked for where it is empty."""
    app_token: bool
    required: tuple[str, ...]
    arguments: frozenset[str]

    @property
    def posts(self) -> bool:
        return self.per_minute is None


METHODS: dict[str, Method] = {}


def method(
    name: str,
    arguments: str = "",
    *,
    tier: int | None = None,
    posts: bool = False,
    scopes: tuple[str, ...] = (),
    app_token: bool = False,
) -> Callable[[Handler], Handler]:
    """Register a method; in `arguments`, a `!` marks those that must be there.

    Without a tier a method is one of the special ones, of hundreds of calls a minute.
    """
    names = arguments.split()

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(
            name,
            handler,
            None if posts else TIERS.get(tier or 0, SPECIAL),
            scopes,
            app_token,
            tuple(each[:-1] for each in names if each.endswith("!")),
            frozenset(each.rstrip("!") for each in names),
        )
        return handler

    return register


# Arguments


def parsed(args: Args, name: str, error: str) -> Any:
    """Return an argument that is JSON, which comes as text in a form and as it is in JSON."""
    value = args.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise RefusedError(error) from None


def flag(args: Args, name: str, *, default: bool = False) -> bool:
    value = args.get(name)
    if value is None:
        return default
    return value in {True, "true", "True", "1"}


def number(args: Args, name: str, default: int, most: int) -> int:
    value = args.get(name)
    if value in {None, ""}:
        return default
    try:
        return max(1, min(int(str(value)), most))
    except ValueError:
        raise RefusedError("invalid_limit") from None


# The workspace


def need(slack: Slack, scope: str) -> None:
    """Raise RefusedError where the token lacks a scope."""
    provided = slack.workspace.app.scopes
    if scope not in provided:
        raise RefusedError("missing_scope", needed=scope, provided=",".join(provided))


def channel_of(slack: Slack, wanted: Any) -> Channel:
    """Return a channel that the app can see; raises RefusedError."""
    channel = slack.workspace.channels.get(str(wanted))
    if channel is None or (channel.kind != "channel" and not slack.workspace.is_member(channel)):
        raise RefusedError("channel_not_found")
    return channel


def postable(slack: Slack, wanted: Any) -> Channel:
    """Return a channel that the app can write to; a person's id means their direct messages."""
    wanted = str(wanted)
    if wanted in slack.workspace.users:
        user = slack.workspace.users[wanted]
        if user.deactivated or user.is_bot:
            raise RefusedError("user_disabled" if user.deactivated else "cannot_dm_bot")
        return slack.workspace.direct(wanted)
    if not _ID.fullmatch(wanted):
        named = [
            each for each in slack.workspace.channels.values() if each.name == wanted.lstrip("#")
        ]
        wanted = named[0].id if named else wanted
    channel = channel_of(slack, wanted)
    if channel.archived:
        raise RefusedError("is_archived")
    if channel.kind == "im" and not slack.workspace.app.messages_tab:
        raise RefusedError("messages_tab_disabled")
    if not slack.workspace.is_member(channel) and (
        "chat:write.public" not in slack.workspace.app.scopes
    ):
        raise RefusedError("not_in_channel")
    return channel


def thread_of(slack: Slack, channel: Channel, args: Args) -> str | None:
    """Return the thread that is meant.

    Slack does not refuse a thread whose first message is gone: the reply becomes a message of the
    channel, and only the answer without `thread_ts` tells (slack-go/slack#1571).
    """
    wanted = args.get("thread_ts")
    if wanted in {None, ""}:
        return None
    if not _TS.fullmatch(str(wanted)):
        raise RefusedError("invalid_thread_ts")
    root = channel.messages.get(str(wanted))
    if root is None:
        slack.journal.write("unthreaded", channel=channel.id, thread_ts=wanted)
        return None
    return root.thread


def message_of(channel: Channel, ts: Any, error: str = "message_not_found") -> Message:
    message = channel.messages.get(str(ts))
    if message is None:
        raise RefusedError(error)
    return message


def own_message(slack: Slack, channel: Channel, ts: Any, error: str) -> Message:
    message = message_of(channel, ts)
    if message.user != slack.workspace.app.user:
        raise RefusedError(error)
    return message


def checked_blocks(slack: Slack, args: Args) -> list[Json] | None:
    """Return the blocks of a message, with ids; raises RefusedError as Slack words it."""
    found = parsed(args, "blocks", "invalid_blocks_format")
    if found is None:
        return None
    if not isinstance(found, list):
        raise RefusedError("invalid_blocks_format")
    if problems := block_kit.check(found):
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise RefusedError(
            "invalid_blocks", errors=problems, response_metadata={"messages": messages}
        )
    return with_ids(slack, found)


def with_ids(slack: Slack, blocks: list[Json]) -> list[Json]:
    """Return blocks as Slack keeps them: each with an id, each element with an action id."""
    kept = []
    for block in blocks:
        block = {"block_id": slack.workspace.draw_token(5), **block}  # noqa: PLW2901
        for name in ("elements", "accessory", "element"):
            if (
                block["type"] in {"actions", "context_actions", "section", "input"}
                and name in block
            ):
                block[name] = _with_action_ids(slack, block[name])
        kept.append(block)
    return kept


def _with_action_ids(slack: Slack, elements: Any) -> Any:
    if isinstance(elements, list):
        return [_with_action_ids(slack, element) for element in elements]
    if elements.get("type") == "image":
        return elements
    return {"action_id": slack.workspace.draw_token(5), **elements}


def checked_metadata(args: Args) -> Json | None:
    metadata = parsed(args, "metadata", "invalid_metadata_format")
    if not metadata:
        return None
    well = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not well or not isinstance(metadata.get("event_payload"), dict):
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > 16_000:
        raise RefusedError("metadata_too_large")
    return dict(metadata)


def demand(args: Args, *names: str) -> None:
    """Raise RefusedError where an argument is missing."""
    if missing := [name for name in names if args.get(name) is None or args[name] == ""]:
        raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
