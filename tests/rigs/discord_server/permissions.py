"""Who may do what where: Discord's permission bits and how roles and overwrites add up.

The order is the one of Discord's page "Permissions": @everyone, roles, then the channel's
overwrites for @everyone, for roles, for the member. A thread has its parent's.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from rigs.discord_server.errors import refused

if TYPE_CHECKING:
    from rigs.discord_server.world import Channel, World

_DM, _PRIVATE_THREAD, _THREADS = 1, 12, {10, 11, 12}


class Bits(IntFlag):
    """The permissions that matter to a bot that answers."""

    ADMINISTRATOR = 1 << 3
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    ALL = (1 << 53) - 1
    EVERYONE = (
        ADD_REACTIONS
        | VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | USE_APPLICATION_COMMANDS
        | CREATE_PUBLIC_THREADS
        | CREATE_PRIVATE_THREADS
        | SEND_MESSAGES_IN_THREADS
    )


def of(world: World, user_id: int, channel: Channel) -> int:
    """Return the bits that a person or bot has in a channel."""
    if channel.type == _DM:
        member = user_id == world.bot.id or user_id in channel.recipients
        return int(Bits.EVERYONE) if member else 0
    guild = world.guilds.get(channel.guild_id or 0)
    if guild is None or user_id not in guild.members:
        return 0
    roles = world.role_of(guild, user_id)
    bits = 0
    for role in roles:
        bits |= guild.roles[role].permissions
    if user_id == guild.owner_id or bits & Bits.ADMINISTRATOR:
        return int(Bits.ALL)
    source = world.channels[channel.parent_id or 0] if channel.type in _THREADS else channel
    steps = (
        [one for one in source.overwrites if one.id == guild.id],
        [one for one in source.overwrites if not one.member and one.id in roles[1:]],
        [one for one in source.overwrites if one.member and one.id == user_id],
    )
    for step in steps:
        denied = allowed = 0
        for one in step:
            denied |= one.deny
            allowed |= one.allow
        bits = bits & ~denied | allowed
    return bits


def sees(world: World, user_id: int, channel: Channel) -> bool:
    """Tell whether a channel is there for someone; a private thread is for those who joined."""
    bits = of(world, user_id, channel)
    if not bits & Bits.VIEW_CHANNEL:
        return False
    if channel.type != _PRIVATE_THREAD:
        return True
    return user_id in channel.members or bool(bits & Bits.MANAGE_THREADS)


def require(world: World, channel: Channel, *wanted: Bits) -> None:
    """Raise ApiError where the bot lacks a permission: 50001 without sight, else 50013."""
    if not sees(world, world.bot.id, channel):
        raise refused(50001)
    bits = of(world, world.bot.id, channel)
    if any(not bits & one for one in wanted):
        raise refused(50013)


def sending(channel: Channel) -> Bits:
    """Return what speaking in this channel takes."""
    if channel.type in _THREADS:
        return Bits.SEND_MESSAGES_IN_THREADS
    return Bits.SEND_MESSAGES
