"""Posting, changing and removing messages."""

from __future__ import annotations

from typing import Any

from rigs.slack.methods.registry import (
    Args,
    channel_of,
    checked_blocks,
    checked_metadata,
    flag,
    message_of,
    method,
    own_message,
    parsed,
    postable,
    thread_of,
)
from rigs.slack.refused import RefusedError
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, Message

MAX_TEXT = 40_000
MAX_UPDATED_TEXT = 4_000
MAX_MARKDOWN = 12_000
# Beyond it Slack may show the text as several messages.
ADVISED_TEXT = 4_000
MAX_ATTACHMENTS = 100
_CONTENT = "text blocks attachments markdown_text parse link_names metadata"


def content(slack: Slack, args: Args, longest: int = MAX_TEXT) -> Json:
    """Return what a message is made of; raises RefusedError."""
    text = str(args.get("text") or "")
    markdown = args.get("markdown_text")
    if markdown is not None:
        if text or args.get("blocks"):
            raise RefusedError("markdown_text_conflict")
        if len(str(markdown)) > MAX_MARKDOWN:
            raise RefusedError("msg_too_long")
        if not str(markdown):
            raise RefusedError("no_text")
        blocks: Any = [{"type": "markdown", "block_id": "md", "text": str(markdown)}]
        return {"text": str(markdown), "blocks": blocks, "attachments": None}
    attachments = parsed(args, "attachments", "invalid_attachments")
    if attachments and len(attachments) > MAX_ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    blocks = checked_blocks(slack, args)
    if not (text or blocks or attachments):
        raise RefusedError("no_text")
    if len(text) > longest and longest < MAX_TEXT:
        raise RefusedError("msg_too_long")
    return {"text": text[:MAX_TEXT], "blocks": blocks, "attachments": attachments or None}


def _warned(answer: Json, args: Args) -> Json:
    if len(str(args.get("text") or "")) > MAX_TEXT:
        answer["warning"] = "message_truncated"
        answer["response_metadata"] = {"warnings": ["message_truncated"]}
    return answer


def _named(args: Args) -> bool:
    return flag(args, "link_names") or args.get("parse") == "full"


@method(
    "chat.postMessage",
    f"channel! {_CONTENT} thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn icon_emoji"
    " icon_url username as_user client_msg_id",
    posts=True,
    scopes=("chat:write",),
)
def post_message(slack: Slack, args: Args) -> Json:
    channel = postable(slack, args["channel"])
    made = content(slack, args)
    app = slack.workspace.app
    thread = thread_of(slack, channel, args)
    message = Message(
        channel.id,
        slack.clock.ts(),
        app.user,
        made["text"],
        made["blocks"],
        made["attachments"],
        thread_ts=thread,
        bot_id=app.bot_id,
        metadata=checked_metadata(args),
        subtype="thread_broadcast" if thread and flag(args, "reply_broadcast") else None,
    )
    if len(message.text) > ADVISED_TEXT:
        slack.journal.write("advice", channel=channel.id, ts=message.ts, what="text over 4,000")
    slack.post(message, named=_named(args))
    shaped = slack.shape(message)
    return _warned({"channel": channel.id, "ts": message.ts, "message": shaped}, args)


@method(
    "chat.postEphemeral",
    "channel! user! text blocks attachments markdown_text parse link_names thread_ts icon_emoji"
    " icon_url username as_user",
    tier=4,
    scopes=("chat:write",),
)
def post_ephemeral(slack: Slack, args: Args) -> Json:
    channel = postable(slack, args["channel"])
    if args["user"] not in channel.members:
        raise RefusedError("user_not_in_channel")
    made = content(slack, args)
    message = Message(
        channel.id,
        slack.clock.ts(),
        slack.workspace.app.user,
        made["text"],
        made["blocks"],
        made["attachments"],
        thread_ts=thread_of(slack, channel, args),
        bot_id=slack.workspace.app.bot_id,
        shown_to=args["user"],
    )
    slack.whisper(message)
    return _warned({"message_ts": message.ts}, args)


@method(
    "chat.update",
    f"channel! ts! {_CONTENT} reply_broadcast file_ids as_user",
    tier=3,
    scopes=("chat:write",),
)
def update(slack: Slack, args: Args) -> Json:
    channel = channel_of(slack, args["channel"])
    message = own_message(slack, channel, args["ts"], "cant_update_message")
    if channel.archived:
        raise RefusedError("is_inactive")
    if slack.streams(message):
        raise RefusedError("streaming_state_conflict")
    made = content(slack, args, MAX_UPDATED_TEXT)
    # Blocks that are left out go where there is text, and stay where there is none.
    if "blocks" not in args and "markdown_text" not in args:
        made["blocks"] = message.blocks if not args.get("text") else None
    if "metadata" in args:
        made["metadata"] = checked_metadata(args)
    # Nor is a message marked as edited where blocks take the place of blocks.
    marked = made["blocks"] is None or message.edited
    edited = {"user": message.user, "ts": slack.clock.ts()} if marked else None
    slack.edit(message, named=_named(args), edited=edited, **made)
    shaped = slack.shape(message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shaped}


@method("chat.delete", "channel! ts! as_user", tier=3, scopes=("chat:write",))
def delete(slack: Slack, args: Args) -> Json:
    channel = channel_of(slack, args["channel"])
    message = own_message(slack, channel, args["ts"], "cant_delete_message")
    slack.delete(message, slack.workspace.app.user)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink", "channel! message_ts!")
def get_permalink(slack: Slack, args: Args) -> Json:
    channel = channel_of(slack, args["channel"])
    message = message_of(channel, args["message_ts"])
    link = (
        f"https://{slack.workspace.domain}.slack.com/archives/{channel.id}"
        f"/p{message.ts.replace('.', '')}"
    )
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
