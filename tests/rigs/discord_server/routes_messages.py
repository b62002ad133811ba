"""REST: messages, typing, reactions, and a conversation's beginning."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from rigs.discord_server import gateway, permissions, posts, shapes
from rigs.discord_server.core import Core
from rigs.discord_server.errors import invalid, refused
from rigs.discord_server.gateway import MESSAGE_CONTENT
from rigs.discord_server.permissions import Bits
from rigs.discord_server.posts import Origin
from rigs.discord_server.world import DM, FORUM, Channel, Message

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A request: what its path and query name, its body, and when it arrived."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: list[Json]
    at: float

    def number(self, name: str) -> int:
        """Return an id of the path; raises ApiError where it is none."""
        value = self.path[name]
        if not value.isdecimal():
            words = f'Value "{value}" is not snowflake.'
            raise invalid(f"{name}_id", "NUMBER_TYPE_COERCE", words)
        return int(value)


Answer = tuple[int, Any]
Handler = Callable[[Core, Call], Awaitable[Answer]]


def channel_of(core: Core, call: Call, *wanted: Bits) -> Channel:
    """Return the channel of a path that the bot sees and may use so; raises ApiError."""
    channel = core.world.channels.get(call.number("channel"))
    if channel is None:
        raise refused(10003)
    permissions.require(core.world, channel, *wanted)
    return channel


def shown(core: Core, message: Message, *, new: bool = False) -> Json:
    """Return a message with what the bot may read of it."""
    shape = shapes.message(core.world, message, new=new)
    granted = bool(core.world.intents_granted & MESSAGE_CONTENT)
    return shapes.for_bot(core.world, shape, content=granted)


async def create(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call)
    if channel.type == FORUM:
        raise refused(50008)
    permissions.require(core.world, channel, permissions.sending(channel))
    if channel.type == DM:
        other = core.world.users[channel.recipients[0]]
        if not other.dms_open or other.bot:
            raise refused(50007)
    if not isinstance(call.body, dict):
        raise refused(50109)
    if call.body.get("message_reference"):
        permissions.require(core.world, channel, Bits.READ_MESSAGE_HISTORY)
    if known := posts.known_nonce(core, channel, call.body):
        return 200, shown(core, known, new=True)
    body = call.body
    if not permissions.of(core.world, core.world.bot.id, channel) & Bits.EMBED_LINKS:
        # Without the permission embeds are left out without a word.
        body = {**body, "embeds": []}
    origin = Origin(author=core.world.bot.id, at=call.at)
    message = posts.create(core, channel, body, origin, call.files)
    return 200, shown(core, message, new=True)


async def history(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call)
    limit = _number(call.query.get("limit"), 50)
    if not 1 <= limit <= 100:
        between = "int value should be between 1 and 100"
        raise invalid("limit", "NUMBER_TYPE_MAX", between)
    if not permissions.of(core.world, core.world.bot.id, channel) & Bits.READ_MESSAGE_HISTORY:
        return 200, []
    found = [one for one in channel.messages.values() if not one.deleted and one.seen_by is None]
    if "around" in call.query:
        middle = int(call.query["around"])
        before = [one for one in found if one.id < middle][-(limit // 2) :]
        after = [one for one in found if one.id >= middle][: limit - limit // 2]
        found = before + after
    elif "after" in call.query:
        found = [one for one in found if one.id > int(call.query["after"])][:limit]
    elif "before" in call.query:
        found = [one for one in found if one.id < int(call.query["before"])][-limit:]
    else:
        found = found[-limit:]
    return 200, [shown(core, one) for one in reversed(found)]


async def fetch(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call, Bits.READ_MESSAGE_HISTORY)
    return 200, shown(core, posts.find(core, channel, call.number("message")))


async def change(core: Core, call: Call) -> Answer:
    message = posts.find(core, channel_of(core, call), call.number("message"))
    if message.author_id != core.world.bot.id:
        raise refused(50005)
    return 200, shown(core, posts.edit(core, message, call.body, call.at))


async def remove(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call)
    message = posts.find(core, channel, call.number("message"))
    if message.author_id != core.world.bot.id:
        if channel.type == DM:
            raise refused(50013)
        permissions.require(core.world, channel, Bits.MANAGE_MESSAGES)
    posts.delete(core, message)
    return 204, None


async def remove_many(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call, Bits.MANAGE_MESSAGES)
    ids = call.body.get("messages") or []
    if not 2 <= len(ids) <= 100:
        between = "Must be between 2 and 100 in length."
        raise invalid("messages", "BASE_TYPE_BAD_LENGTH", between)
    found = [channel.messages[int(one)] for one in ids if int(one) in channel.messages]
    posts.delete_many(core, channel, found)
    return 204, None


async def typing(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call)
    permissions.require(core.world, channel, permissions.sending(channel))
    core.typing[channel.id] = core.clock.now() + core.clock.span(10)
    core.journal.note("typing", channel=str(channel.id), requested=call.at)
    started = {
        "channel_id": str(channel.id),
        "user_id": str(core.world.bot.id),
        "timestamp": int(time.time()),
    }
    intents = gateway.DIRECT_TYPING if channel.type == DM else gateway.GUILD_TYPING
    if channel.guild_id:
        started["guild_id"] = str(channel.guild_id)
    core.gateway.dispatch("TYPING_START", started, guild_id=channel.guild_id, intents=intents)
    return 204, None


async def react(core: Core, call: Call) -> Answer:
    channel = channel_of(core, call, Bits.READ_MESSAGE_HISTORY)
    message = posts.find(core, channel, call.number("message"))
    emoji = unquote(call.path["emoji"])
    if emoji not in message.reactions:
        permissions.require(core.world, channel, Bits.ADD_REACTIONS)
    reacted(core, message, emoji, core.world.bot.id)
    return 204, None


async def unreact(core: Core, call: Call) -> Answer:
    message = posts.find(core, channel_of(core, call), call.number("message"))
    people = message.reactions.get(unquote(call.path["emoji"]), [])
    if core.world.bot.id in people:
        people.remove(core.world.bot.id)
    return 204, None


async def reactions(core: Core, call: Call) -> Answer:
    message = posts.find(core, channel_of(core, call), call.number("message"))
    people = message.reactions.get(unquote(call.path["emoji"]), [])
    return 200, [shapes.user(core.world.users[one]) for one in people]


def reacted(core: Core, message: Message, emoji: str, user_id: int) -> None:
    """Let someone react to a message, and tell the gateway."""
    people = message.reactions.setdefault(emoji, [])
    if user_id in people:
        return
    people.append(user_id)
    channel = core.world.channels[message.channel_id]
    added: Json = {
        "user_id": str(user_id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    if channel.guild_id:
        guild = core.world.guilds[channel.guild_id]
        added["guild_id"] = str(guild.id)
        added["member"] = shapes.member(core.world, guild.members[user_id])
    direct = channel.type == DM
    intents = gateway.DIRECT_REACTIONS if direct else gateway.GUILD_REACTIONS
    core.gateway.dispatch("MESSAGE_REACTION_ADD", added, guild_id=channel.guild_id, intents=intents)


async def converse(core: Core, call: Call) -> Answer:
    user = core.world.users.get(int(call.body.get("recipient_id") or 0))
    if user is None:
        raise refused(10013)
    if user is core.world.bot:
        raise refused(50007)
    return 200, shapes.channel(core.world, core.world.dm(user))


def _number(value: str | None, default: int) -> int:
    if value is None:
        return default
    if not value.lstrip("-").isdecimal():
        raise invalid("limit", "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
    return int(value)


_M = "/channels/{channel}/messages"
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", _M, create),
    ("GET", _M, history),
    ("POST", f"{_M}/bulk-delete", remove_many),
    ("GET", f"{_M}/{{message}}", fetch),
    ("PATCH", f"{_M}/{{message}}", change),
    ("DELETE", f"{_M}/{{message}}", remove),
    ("PUT", f"{_M}/{{message}}/reactions/{{emoji}}/@me", react),
    ("DELETE", f"{_M}/{{message}}/reactions/{{emoji}}/@me", unreact),
    ("GET", f"{_M}/{{message}}/reactions/{{emoji}}", reactions),
    ("POST", "/channels/{channel}/typing", typing),
    ("POST", "/users/@me/channels", converse),
]
