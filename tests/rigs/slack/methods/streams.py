"""Messages that grow while they are read: start, append, stop."""

from __future__ import annotations

from typing import Any

from rigs.slack import blocks as block_kit
from rigs.slack.methods.chat import MAX_MARKDOWN
from rigs.slack.methods.registry import (
    Args,
    channel_of,
    checked_blocks,
    checked_metadata,
    demand,
    method,
    own_message,
    parsed,
    postable,
    thread_of,
    with_ids,
)
from rigs.slack.refused import RefusedError, invalid_arguments
from rigs.slack.slack import Slack
from rigs.slack.workspace import Json, Message

_KINDS = {"markdown_text", "task_update", "plan_update", "blocks"}


def _chunks(args: Args) -> list[Json]:
    """Return what is added, as chunks; raises RefusedError."""
    chunks: Any = parsed(args, "chunks", "invalid_chunks") or []
    if args.get("markdown_text"):
        if chunks:
            raise RefusedError("markdown_text_conflict")
        chunks = [{"type": "markdown_text", "text": str(args["markdown_text"])}]
    for number, chunk in enumerate(chunks):
        place = f"[json-pointer:/chunks/{number}]"
        kind = chunk.get("type")
        if kind not in _KINDS:
            raise invalid_arguments(f"unsupported type: {kind} {place}")
        if kind == "markdown_text" and len(chunk.get("text", "")) > MAX_MARKDOWN:
            raise RefusedError("msg_too_long")
        if kind == "blocks" and (problems := block_kit.check(chunk.get("blocks"))):
            messages = [f"[ERROR] {problem}" for problem in problems]
            raise RefusedError(
                "invalid_blocks", errors=problems, response_metadata={"messages": messages}
            )
        if kind == "task_update" and not (chunk.get("id") and chunk.get("title")):
            raise invalid_arguments(f"missing required field: id {place}")
    return list(chunks)


def _grow(slack: Slack, message: Message, chunks: list[Json]) -> None:
    """Add chunks: text runs on, a task of a known id changes in place."""
    blocks = message.blocks = message.blocks or []
    for chunk in chunks:
        if chunk["type"] == "markdown_text":
            message.text += chunk["text"]
            if blocks and blocks[-1]["type"] == "markdown":
                blocks[-1]["text"] += chunk["text"]
            else:
                blocks += with_ids(slack, [{"type": "markdown", "text": chunk["text"]}])
        elif chunk["type"] == "blocks":
            blocks += with_ids(slack, chunk["blocks"])
        else:
            is_task = chunk["type"] == "task_update"
            key = chunk.get("id", "plan")
            kept = {name: value for name, value in chunk.items() if name not in {"type", "id"}}
            block = {"type": "task_card" if is_task else "plan", "block_id": key, **kept}
            known = [place for place, each in enumerate(blocks) if each.get("block_id") == key]
            if known:
                blocks[known[0]] = {**blocks[known[0]], **block}
            else:
                blocks.append(block)


@method(
    "chat.startStream",
    "channel! thread_ts markdown_text chunks recipient_user_id recipient_team_id"
    " task_display_mode icon_emoji icon_url username",
    tier=2,
    scopes=("chat:write",),
)
def start_stream(slack: Slack, args: Args) -> Json:
    channel = postable(slack, args["channel"])
    if channel.kind == "im":
        demand(args, "thread_ts")
    else:
        for name in ("recipient_user_id", "recipient_team_id"):
            if not args.get(name):
                raise RefusedError(f"missing_{name}")
    if (user := args.get("recipient_user_id")) and user not in slack.workspace.users:
        raise RefusedError("user_not_found")
    if (team := args.get("recipient_team_id")) and team not in {
        each.team for each in slack.workspace.users.values()
    }:
        raise RefusedError("team_not_found")
    app = slack.workspace.app
    message = Message(
        channel.id,
        slack.clock.ts(),
        app.user,
        "",
        thread_ts=thread_of(slack, channel, args),
        bot_id=app.bot_id,
        streaming="in_progress",
        started=slack.clock.now(),
    )
    _grow(slack, message, _chunks(args))
    slack.post(message)
    return {"channel": channel.id, "ts": message.ts}


def _streaming(slack: Slack, args: Args) -> Message:
    channel = channel_of(slack, args["channel"])
    message = own_message(slack, channel, args["ts"], "message_not_owned_by_app")
    if not slack.streams(message):
        raise RefusedError("message_not_in_streaming_state")
    return message


@method("chat.appendStream", "channel! ts! markdown_text chunks", tier=4, scopes=("chat:write",))
def append_stream(slack: Slack, args: Args) -> Json:
    message = _streaming(slack, args)
    chunks = _chunks(args)
    if not chunks:
        raise RefusedError("no_text")
    _grow(slack, message, chunks)
    slack.note("updated", message)
    return {"channel": message.channel, "ts": message.ts}


@method(
    "chat.stopStream",
    "channel! ts! markdown_text chunks blocks metadata session_status",
    tier=2,
    scopes=("chat:write",),
)
def stop_stream(slack: Slack, args: Args) -> Json:
    message = _streaming(slack, args)
    chunks, blocks = _chunks(args), checked_blocks(slack, args)
    metadata = checked_metadata(args)
    _grow(slack, message, chunks)
    message.blocks = [*(message.blocks or []), *(blocks or [])]
    message.metadata = metadata or message.metadata
    message.streaming = "completed"
    slack.note("updated", message)
    slack.announce(message)
    return {"channel": message.channel, "ts": message.ts, "message": slack.shape(message)}
