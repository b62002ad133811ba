"""Messages come to be, change and go, by whoever's hand, and the gateway hears of it.

Knows nothing of HTTP: routes bring bodies here, and persons their words.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from rigs.discord_server import gateway, permissions, rules, shapes, text, threads
from rigs.discord_server.core import Core
from rigs.discord_server.errors import invalid, refused
from rigs.discord_server.world import (
    DM,
    EPHEMERAL,
    FORUM,
    LOADING,
    SUPPRESS_EMBEDS,
    V2,
    Channel,
    Message,
)

Json = dict[str, Any]

REPLY, CHAT_COMMAND, CONTEXT_COMMAND = 19, 20, 23
SILENT = 1 << 12
_SETTABLE = SUPPRESS_EMBEDS | SILENT | V2
# "A few minutes" in Discord's words; five are modelled.
_NONCE_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a message comes from, beyond its body."""

    author: int
    at: float
    """When the request arrived, by the rig's clock."""
    type: int = 0
    flags: int = 0
    """Flags that the rig gives: ephemeral, loading."""
    application_id: int | None = None
    webhook_id: int | None = None
    interaction: Json | None = None
    seen_by: int | None = None
    interaction_id: int | None = None
    identity: int | None = None
    """The id, where it is given: the first message of a forum post has the post's."""
    users_only: bool = False
    """Whether only users are pinged by default, as in answers to interactions."""


def create(
    core: Core, channel: Channel, body: Json, origin: Origin, files: list[Json] | None = None
) -> Message:
    """Add a message and tell the gateway; raises ApiError where a rule is broken."""
    if channel.type == FORUM:
        raise refused(50008)
    flags = (body.get("flags") or 0) & _SETTABLE | origin.flags
    rules.check_message(body, flags=flags, longest=_longest(core, origin.author))
    attachments = _attachments(core, body, files or [])
    content = body.get("content") or ""
    loading = bool(flags & LOADING)
    if not loading:
        rules.check_not_empty(content, body.get("embeds"), body.get("components"), attachments)
    reference, replied_to = _reference(core, channel, body.get("message_reference"))
    message = Message(
        origin.identity or core.world.ids.new(),
        channel.id,
        origin.author,
        content,
        origin.type or (REPLY if reference else 0),
        channel.guild_id,
        flags,
        list(body.get("embeds") or []),
        list(body.get("components") or []),
        attachments,
        reference,
        body.get("nonce"),
        allowed=body.get("allowed_mentions"),
        application_id=origin.application_id,
        webhook_id=origin.webhook_id,
        interaction=origin.interaction,
        seen_by=origin.seen_by,
        at=origin.at,
        changed_at=origin.at,
    )
    _mention(core, channel, message, replied_to=replied_to, users_only=origin.users_only)
    if not loading:
        message.pinged = message.pinged if not flags & SILENT else []
    threads.spoken_in(core, channel, origin.author, message.mentions)
    channel.messages[message.id] = message
    channel.sent += 1
    if origin.author == core.world.bot.id:
        core.typing.pop(channel.id, None)
    core.journal.note(
        "post",
        id=str(message.id),
        channel=str(channel.id),
        author=str(origin.author),
        requested=origin.at,
        interaction=str(origin.interaction_id) if origin.interaction_id else None,
    )
    announce(core, channel, message, "MESSAGE_CREATE")
    return message


def known_nonce(core: Core, channel: Channel, body: Json) -> Message | None:
    """Return the message that a nonce already made, where its uniqueness is asked for."""
    nonce = body.get("nonce")
    if nonce is None or not body.get("enforce_nonce"):
        return None
    oldest = core.clock.now() - core.clock.span(_NONCE_S)
    for message in reversed(channel.messages.values()):
        if message.at < oldest:
            return None
        if message.author_id == core.world.bot.id and str(message.nonce) == str(nonce):
            return message
    return None


def edit(core: Core, message: Message, body: Json, at: float) -> Message:
    """Change what the body names; raises ApiError where a rule is broken."""
    channel = core.world.channels[message.channel_id]
    wanted = body.get("flags")
    was_loading = bool(message.flags & LOADING)
    flags = message.flags
    if wanted is not None:
        if flags & V2 and not wanted & V2:
            kept = "The IS_COMPONENTS_V2 flag cannot be removed from a message"
            raise invalid("flags", "MESSAGE_FLAG_IS_COMPONENTS_V2_CANNOT_BE_REMOVED", kept)
        flags = flags & ~SUPPRESS_EMBEDS | wanted & (SUPPRESS_EMBEDS | V2)
    rules.check_message(body, flags=flags, longest=_longest(core, message.author_id))
    content: str = body.get("content", message.content) or ""
    embeds: list[Json] = list(body.get("embeds", message.embeds) or [])
    shown: list[Json] = list(body.get("components", message.components) or [])
    if flags & V2 and not message.flags & V2 and (content or embeds):
        legacy = "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
        raise invalid("content", code, legacy)
    kept_files = message.attachments
    if "attachments" in body:
        wanted_ids = {str(one.get("id")) for one in body["attachments"] or []}
        kept_files = [one for one in message.attachments if one["id"] in wanted_ids]
    rules.check_not_empty(content, embeds, shown, kept_files)
    message.revisions.append({"at": message.changed_at, "content": message.content})
    message.content, message.embeds, message.components = content, embeds, shown
    message.attachments = kept_files
    message.flags = flags & ~LOADING
    message.edited = None if was_loading else time.time()
    message.changed_at = at
    if "allowed_mentions" in body:
        message.allowed = body["allowed_mentions"]
    if was_loading or "content" in body or "components" in body:
        pinged = message.pinged
        _mention(core, channel, message, replied_to=None, users_only=bool(message.application_id))
        # An edit notifies nobody; what ends a "thinking" is new to everyone.
        message.pinged = message.pinged if was_loading else pinged
    core.journal.note(
        "edit",
        id=str(message.id),
        channel=str(channel.id),
        author=str(message.author_id),
        requested=at,
    )
    announce(core, channel, message, "MESSAGE_UPDATE")
    return message


def delete(core: Core, message: Message) -> None:
    """Take a message away."""
    channel = core.world.channels[message.channel_id]
    message.deleted = True
    core.journal.note("delete", id=str(message.id), channel=str(channel.id))
    if message.seen_by is None and permissions.sees(core.world, core.world.bot.id, channel):
        gone = {"id": str(message.id), **_place(channel)}
        _dispatch(core, channel, "MESSAGE_DELETE", gone)


def delete_many(core: Core, channel: Channel, messages: list[Message]) -> None:
    """Take messages away at once."""
    for message in messages:
        message.deleted = True
        core.journal.note("delete", id=str(message.id), channel=str(channel.id))
    gone = {"ids": [str(message.id) for message in messages], **_place(channel)}
    _dispatch(core, channel, "MESSAGE_DELETE_BULK", gone)


def announce(core: Core, channel: Channel, message: Message, event: str) -> None:
    """Tell the gateway of a message that the bot can see."""
    world = core.world
    if message.seen_by is not None or not permissions.sees(world, world.bot.id, channel):
        return
    shape = shapes.message(world, message, new=event == "MESSAGE_CREATE")
    shape["channel_type"] = channel.type
    if channel.guild_id:
        guild = world.guilds[channel.guild_id]
        shape["guild_id"] = str(guild.id)
        if member := guild.members.get(message.author_id):
            shape["member"] = shapes.member(world, member, with_user=False)
        for one in shape["mentions"]:
            if member := guild.members.get(int(one["id"])):
                one["member"] = shapes.member(world, member, with_user=False)
    _dispatch(core, channel, event, shape)


def find(core: Core, channel: Channel, ref: int | str) -> Message:
    """Return a message of a channel that everyone in it sees; raises ApiError 10008."""
    message = channel.messages.get(int(ref))
    if message is None or message.deleted or message.seen_by is not None:
        raise refused(10008)
    return message


def _dispatch(core: Core, channel: Channel, event: str, data: Json) -> None:
    direct = channel.type == DM
    intents = gateway.DIRECT_MESSAGES if direct else gateway.GUILD_MESSAGES
    core.gateway.dispatch(event, data, guild_id=channel.guild_id, intents=intents)


def _longest(core: Core, author: int) -> int:
    return rules.BOT_CONTENT if core.world.users[author].bot else rules.NITRO_CONTENT


def _place(channel: Channel) -> Json:
    place = {"channel_id": str(channel.id)}
    return place | {"guild_id": str(channel.guild_id)} if channel.guild_id else place


def _reference(core: Core, channel: Channel, given: Json | None) -> tuple[Json | None, int | None]:
    if not given:
        return None, None
    found = channel.messages.get(int(given["message_id"]))
    if found is None or found.deleted or found.seen_by is not None:
        if given.get("fail_if_not_exists", True):
            unknown = "Unknown message"
            raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", unknown)
        return None, None
    if found.type not in {0, REPLY, CHAT_COMMAND, CONTEXT_COMMAND}:
        system = "Cannot reply to a system message"
        raise invalid("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", system)
    return {"message_id": str(found.id), **_place(channel)}, found.author_id


def _mention(
    core: Core, channel: Channel, message: Message, *, replied_to: int | None, users_only: bool
) -> None:
    said = text.pings(
        core.world,
        channel,
        message.author_id,
        text.spoken(message),
        message.allowed,
        replied_to=replied_to,
        users_only=users_only,
    )
    message.mentions, message.mention_roles = said.users, said.roles
    message.mention_everyone = said.everyone
    seen_by = message.seen_by
    message.pinged = [one for one in said.notified if seen_by is None or one == seen_by]


def _attachments(core: Core, body: Json, files: list[Json]) -> list[Json]:
    described = {str(one.get("id")): one for one in body.get("attachments") or []}
    made = []
    for place, file in enumerate(files):
        name = (described.get(str(place)) or {}).get("filename") or file["filename"]
        number = core.world.ids.new()
        url = f"{core.base}/attachments/{number}/{name}"
        made.append(
            {
                "id": str(number),
                "filename": name,
                "size": file["size"],
                "url": url,
                "proxy_url": url,
                "content_type": file.get("content_type") or "application/octet-stream",
            }
        )
    return made


def ephemeral(body: Json) -> bool:
    """Tell whether an answer to an interaction is for its asker alone."""
    return bool((body.get("flags") or 0) & EPHEMERAL)
