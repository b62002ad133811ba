"""Channels: what stands in them, who is in them, joining and opening them."""

from __future__ import annotations

from rigs.slack import shapes
from rigs.slack.methods.registry import (
    Args,
    channel_of,
    flag,
    method,
    need,
    number,
)
from rigs.slack.refused import RefusedError, invalid_arguments
from rigs.slack.slack import Slack
from rigs.slack.workspace import Channel, Json, Message

_PREFIX = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def _readable(slack: Slack, args: Args, right: str) -> Channel:
    channel = channel_of(slack, args["channel"])
    need(slack, f"{_PREFIX[channel.kind]}:{right}")
    if right == "history" and not slack.workspace.is_member(channel):
        raise RefusedError("not_in_channel")
    return channel


def _paged(args: Args, messages: list[Message], most: int) -> tuple[list[Message], Json]:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or 0)
    inclusive = flag(args, "inclusive")

    def within(message: Message) -> bool:
        ts = float(message.ts)
        after = ts > oldest or (inclusive and ts == oldest)
        return after and (not latest or ts < latest or (inclusive and ts == latest))

    limit = number(args, "limit", 100, most)
    try:
        found, cursor = shapes.page(
            [message for message in messages if within(message)], args.get("cursor") or "", limit
        )
    except LookupError:
        raise RefusedError("invalid_cursor") from None
    more: Json = {"has_more": bool(cursor)}
    if cursor:
        more["response_metadata"] = {"next_cursor": cursor}
    return found, more


_PAGE = "cursor limit oldest latest inclusive include_all_metadata"


@method("conversations.replies", f"channel! ts! {_PAGE}", tier=3)
def replies(slack: Slack, args: Args) -> Json:
    channel = _readable(slack, args, "history")
    asked = channel.messages.get(str(args["ts"]))
    if asked is None:
        raise RefusedError("thread_not_found")
    # A reply's own ts finds the reply alone.
    is_root = asked.thread == asked.ts
    messages = [asked, *channel.replies(asked.ts)] if is_root else [asked]
    found, more = _paged(args, messages, 1000)
    return {"messages": [_shaped(slack, each, channel, args) for each in found], **more}


@method("conversations.history", f"channel! {_PAGE}", tier=3)
def history(slack: Slack, args: Args) -> Json:
    channel = _readable(slack, args, "history")
    top = [
        message
        for message in channel.messages.values()
        if message.thread == message.ts or message.subtype == "thread_broadcast"
    ]
    found, more = _paged(args, sorted(top, key=lambda each: each.ts, reverse=True), 999)
    shaped = [_shaped(slack, each, channel, args) for each in found]
    return {
        "messages": shaped,
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        **more,
    }


def _shaped(slack: Slack, message: Message, channel: Channel, args: Args) -> Json:
    return shapes.message_json(
        message,
        slack.workspace,
        channel=channel,
        metadata=flag(args, "include_all_metadata"),
    )


@method("conversations.info", "channel! include_locale include_num_members", tier=3)
def info(slack: Slack, args: Args) -> Json:
    channel = _readable(slack, args, "read")
    shaped = shapes.channel_json(channel, slack.workspace)
    if flag(args, "include_num_members") and channel.kind != "im":
        shaped["num_members"] = len(channel.members)
    if flag(args, "include_locale"):
        shaped["locale"] = "ja-JP"
    return {"channel": shaped}


@method("conversations.members", "channel! cursor limit", tier=4)
def members(slack: Slack, args: Args) -> Json:
    channel = _readable(slack, args, "read")
    try:
        found, cursor = shapes.page(
            channel.members, args.get("cursor") or "", number(args, "limit", 100, 1000)
        )
    except LookupError:
        raise RefusedError("invalid_cursor") from None
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


@method("conversations.list", "types exclude_archived cursor limit team_id", tier=2)
def list_(slack: Slack, args: Args) -> Json:
    wanted = str(args.get("types") or "public_channel").split(",")
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    for kind in wanted:
        if kind.strip() not in kinds:
            raise RefusedError("invalid_types")
        need(slack, f"{_PREFIX[kinds[kind.strip()]]}:read")
    chosen = {kinds[kind.strip()] for kind in wanted}
    seen = [
        channel
        for channel in slack.workspace.channels.values()
        if channel.kind in chosen
        and (channel.kind == "channel" or slack.workspace.is_member(channel))
        and not (channel.archived and flag(args, "exclude_archived"))
    ]
    try:
        found, cursor = shapes.page(
            seen, args.get("cursor") or "", number(args, "limit", 100, 1000)
        )
    except LookupError:
        raise RefusedError("invalid_cursor") from None
    return {
        "channels": [shapes.channel_json(channel, slack.workspace) for channel in found],
        "response_metadata": {"next_cursor": cursor},
    }


@method("conversations.open", "users channel return_im prevent_creation", tier=3)
def open_(slack: Slack, args: Args) -> Json:
    need(slack, "im:write")
    if args.get("channel"):
        channel = channel_of(slack, args["channel"])
    else:
        named = args.get("users") or ""
        people = named if isinstance(named, list) else str(named).split(",")
        if len(people) != 1 or not people[0]:
            raise invalid_arguments("one user is what this rig opens a conversation with")
        user = slack.workspace.users.get(people[0])
        if user is None:
            raise RefusedError("user_not_found")
        if user.deactivated:
            raise RefusedError("user_disabled")
        if user.is_bot:
            raise RefusedError("cannot_dm_bot")
        channel = slack.workspace.direct(user.id)
    if flag(args, "return_im"):
        return {"channel": shapes.channel_json(channel, slack.workspace)}
    return {"channel": {"id": channel.id}}


@method("conversations.join", "channel!", tier=3, scopes=("channels:join",))
def join(slack: Slack, args: Args) -> Json:
    channel = channel_of(slack, args["channel"])
    if channel.kind != "channel":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.archived:
        raise RefusedError("is_archived")
    answer: Json = {"channel": shapes.channel_json(channel, slack.workspace) | {"is_member": True}}
    if slack.workspace.is_member(channel):
        answer["warning"] = "already_in_channel"
        answer["response_metadata"] = {"warnings": ["already_in_channel"]}
    else:
        channel.members.append(slack.workspace.app.user)
    return answer
