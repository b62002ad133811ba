"""Threads open, are joined, go to the archive and come back; channels come into sight."""

from __future__ import annotations

import time
from typing import Any

from rigs.discord_server import gateway, permissions, shapes
from rigs.discord_server.core import Core
from rigs.discord_server.errors import refused
from rigs.discord_server.permissions import Bits
from rigs.discord_server.world import (
    ANNOUNCEMENT,
    HAS_THREAD,
    NEWS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Message,
)

Json = dict[str, Any]

_STARTER = 21


def start(
    core: Core,
    parent: Channel,
    name: str,
    *,
    by: int,
    on: Message | None = None,
    private: bool = False,
    auto_archive: int = 1440,
    identity: int | None = None,
) -> Channel:
    """Open a thread, on a message or without one, and tell the gateway."""
    if on is not None and on.thread_id is not None:
        raise refused(160004)
    kind = PRIVATE_THREAD if private else PUBLIC_THREAD
    if parent.type == ANNOUNCEMENT:
        kind = NEWS_THREAD
    # A thread on a message has the message's id, as in Discord.
    thread = Channel(
        on.id if on else identity or core.world.ids.new(),
        kind,
        name,
        parent.guild_id,
        parent.id,
        owner_id=by,
        auto_archive=auto_archive,
    )
    thread.members[by] = time.time()
    if on is not None:
        on.thread_id = thread.id
        on.flags |= HAS_THREAD
        _put_starter(core, thread, on)
    core.world.channels[thread.id] = thread
    core.journal.note("thread", id=str(thread.id), parent=str(parent.id), by=str(by))
    if permissions.sees(core.world, core.world.bot.id, thread):
        made = {**shapes.thread(core.world, thread), "newly_created": True}
        _dispatch(core, thread, "THREAD_CREATE", made)
    return thread


def _put_starter(core: Core, thread: Channel, on: Message) -> None:
    # The thread's history begins with a message without words that points at the one above.
    reference = {"message_id": str(on.id), "channel_id": str(on.channel_id)}
    reference["guild_id"] = str(thread.guild_id)
    starter = Message(
        core.world.ids.new(), thread.id, on.author_id, type=_STARTER, guild_id=thread.guild_id
    )
    starter.reference = reference
    starter.at = core.clock.now()
    thread.messages[starter.id] = starter


def join(core: Core, thread: Channel, user_id: int) -> None:
    """Add someone to a thread; the bot hears when that is itself."""
    if user_id in thread.members:
        return
    bot = core.world.bot.id
    seen = permissions.sees(core.world, bot, thread)
    thread.members[user_id] = time.time()
    if user_id != bot:
        return
    if not seen:
        _dispatch(core, thread, "THREAD_CREATE", shapes.thread(core.world, thread))
    added = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": len(thread.members),
        "added_members": [shapes.thread_member(thread, user_id)],
    }
    _dispatch(core, thread, "THREAD_MEMBERS_UPDATE", added)


def leave(core: Core, thread: Channel, user_id: int) -> None:
    """Take someone out of a thread."""
    if thread.members.pop(user_id, None) is None or user_id != core.world.bot.id:
        return
    removed = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": len(thread.members),
        "removed_member_ids": [str(user_id)],
    }
    _dispatch(core, thread, "THREAD_MEMBERS_UPDATE", removed)


def spoken_in(core: Core, channel: Channel, author: int, mentioned: list[int]) -> None:
    """Do what a new message does to a thread: it comes back, and who speaks or is named joins."""
    if not channel.is_thread:
        return
    if channel.archived:
        if channel.locked:
            bits = permissions.of(core.world, author, channel)
            if not bits & Bits.MANAGE_THREADS:
                raise refused(50083)
        change(core, channel, archived=False)
    for one in (author, *mentioned):
        parent = core.world.channels[channel.parent_id or 0]
        if permissions.sees(core.world, one, parent):
            join(core, channel, one)


def change(
    core: Core,
    thread: Channel,
    *,
    archived: bool | None = None,
    locked: bool | None = None,
    name: str | None = None,
) -> None:
    """Archive, lock or rename a thread, and tell the gateway."""
    thread.archived = thread.archived if archived is None else archived
    thread.locked = thread.locked if locked is None else locked
    thread.name = name or thread.name
    thread.changed = time.time()
    if permissions.sees(core.world, core.world.bot.id, thread):
        _dispatch(core, thread, "THREAD_UPDATE", shapes.thread(core.world, thread))


def remove(core: Core, channel: Channel) -> None:
    """Delete a channel or a thread for good."""
    seen = permissions.sees(core.world, core.world.bot.id, channel)
    below = [one for one in core.world.channels.values() if one.parent_id == channel.id]
    for one in [*below, channel]:
        core.world.channels.pop(one.id, None)
    if not seen:
        return
    if channel.is_thread:
        gone = {
            "id": str(channel.id),
            "guild_id": str(channel.guild_id),
            "parent_id": str(channel.parent_id),
            "type": channel.type,
        }
        _dispatch(core, channel, "THREAD_DELETE", gone)
    else:
        _dispatch(core, channel, "CHANNEL_DELETE", shapes.channel(core.world, channel))


def listed_again(core: Core, channel: Channel) -> None:
    """Send the threads of a channel that the bot can see from now on."""
    found = [
        one
        for one in core.world.threads(channel.guild_id or 0)
        if one.parent_id == channel.id and permissions.sees(core.world, core.world.bot.id, one)
    ]
    bot = core.world.bot.id
    listed = {
        "guild_id": str(channel.guild_id),
        "channel_ids": [str(channel.id)],
        "threads": [shapes.thread(core.world, one) for one in found],
        "members": [shapes.thread_member(one, bot) for one in found if bot in one.members],
    }
    _dispatch(core, channel, "THREAD_LIST_SYNC", listed)


def _dispatch(core: Core, channel: Channel, event: str, data: Json) -> None:
    core.gateway.dispatch(event, data, guild_id=channel.guild_id, intents=gateway.GUILDS)
