"""The company as Discord's JSON: users, members, roles, servers, channels, messages."""

from __future__ import annotations

import time
from typing import Any

from rigs.discord_server import permissions
from rigs.discord_server.clock import iso
from rigs.discord_server.components import completed
from rigs.discord_server.world import (
    DM,
    FORUM,
    VOICE,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    User,
    World,
)

Json = dict[str, Any]

# APPLICATION_FLAGS for the privileged intents of a bot in fewer than 100 servers.
_LIMITED_FLAGS = {1 << 1: 1 << 15, 1 << 8: 1 << 13, 1 << 15: 1 << 19}


def user(one: User) -> Json:
    """Return a user."""
    shape = {
        "id": str(one.id),
        "username": one.name,
        "global_name": None if one.bot else one.shown,
        "discriminator": "0042" if one.bot else "0",
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    return {**shape, "bot": True} if one.bot else shape


def me(world: World) -> Json:
    """Return the bot as it sees itself."""
    return {**user(world.bot), "mfa_enabled": False, "locale": "en-US", "verified": True}


def application(world: World) -> Json:
    """Return the bot's application as its owner sees it."""
    owner = next(one for one in world.users.values() if not one.bot)
    flags = 0
    for intent, flag in _LIMITED_FLAGS.items():
        flags |= flag if world.intents_granted & intent else 0
    return {
        "id": str(world.bot.id),
        "name": world.bot.shown,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": world.verify_key,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": world.endpoint,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }


def member(world: World, one: Member, *, with_user: bool = True) -> Json:
    """Return a member of a server."""
    shape: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": iso(one.joined),
        "nick": one.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role) for role in one.roles],
        "mute": False,
        "deaf": False,
    }
    if with_user:
        shape["user"] = user(world.users[one.user_id])
    return shape


def role(one: Role) -> Json:
    """Return a role."""
    return {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": one.managed,
        "mentionable": one.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def guild(one: Guild) -> Json:
    """Return a server as REST does."""
    return {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": ["COMMUNITY", "NEWS"],
        "banner": None,
        "owner_id": str(one.owner_id),
        "application_id": None,
        "region": "japan",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": str(one.system_channel_id) if one.system_channel_id else None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(each) for each in one.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": one.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_create(world: World, one: Guild, *, all_members: bool) -> Json:
    """Return GUILD_CREATE: what the bot sees of a server, at identify or when it is added."""
    channels = [each for each in world.channels.values() if each.guild_id == one.id]
    seen = [each for each in channels if permissions.sees(world, world.bot.id, each)]
    # Without the intent for members a server lists the bot alone.
    listed = one.members.values() if all_members else [one.members[world.bot.id]]
    return {
        **guild(one),
        "joined_at": iso(one.members[world.bot.id].joined),
        "large": False,
        "unavailable": False,
        "member_count": len(one.members),
        "voice_states": [],
        "members": [member(world, each) for each in listed],
        # Channels are listed even where they cannot be seen.
        "channels": [channel(world, each) for each in channels if not each.is_thread],
        "threads": [thread(world, each) for each in seen if each.is_thread and not each.archived],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel(world: World, one: Channel) -> Json:
    """Return a channel, thread or conversation."""
    if one.is_thread:
        return thread(world, one)
    last = str(next(reversed(one.messages))) if one.messages else None
    shape: Json = {
        "id": str(one.id),
        "type": one.type,
        "last_message_id": last,
        "flags": 0,
    }
    if one.type == DM:
        shape["recipients"] = [user(world.users[each]) for each in one.recipients]
        return shape
    shape |= {
        "guild_id": str(one.guild_id),
        "name": one.name,
        "parent_id": str(one.parent_id) if one.parent_id else None,
        "position": one.position,
        "permission_overwrites": [
            {
                "id": str(each.id),
                "type": int(each.member),
                "allow": str(each.allow),
                "deny": str(each.deny),
            }
            for each in one.overwrites
        ],
        "nsfw": False,
        "rate_limit_per_user": 0,
    }
    if one.type == VOICE:
        return shape | {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    shape["topic"] = one.topic
    if one.type == FORUM:
        shape |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        shape |= {"default_forum_layout": 0}
    return shape


def thread(world: World, one: Channel) -> Json:
    """Return a thread; `member` is there where the bot joined it."""
    metadata: Json = {
        "archived": one.archived,
        "archive_timestamp": iso(one.changed),
        "auto_archive_duration": one.auto_archive,
        "locked": one.locked,
        "create_timestamp": iso(one.changed),
    }
    if one.type == 12:
        metadata["invitable"] = True
    shape = {
        "id": str(one.id),
        "type": one.type,
        "last_message_id": str(next(reversed(one.messages))) if one.messages else None,
        "flags": 0,
        "guild_id": str(one.guild_id),
        "name": one.name,
        "parent_id": str(one.parent_id),
        "rate_limit_per_user": 0,
        "owner_id": str(one.owner_id),
        "thread_metadata": metadata,
        "message_count": min(len(one.messages), 50),
        "member_count": min(len(one.members), 50),
        "total_message_sent": one.sent,
    }
    if world.bot.id in one.members:
        shape["member"] = thread_member(one, world.bot.id)
    return shape


def thread_member(one: Channel, user_id: int) -> Json:
    """Return that someone joined a thread."""
    return {
        "id": str(one.id),
        "user_id": str(user_id),
        "join_timestamp": iso(one.members.get(user_id, time.time())),
        "flags": 0,
    }


def message(world: World, one: Message, *, bare: bool = False, new: bool = False) -> Json:
    """Return a message; `bare` leaves out what it replies to, as a reply's own reply does.

    The nonce comes with what is `new` only: with the answer to its sender and with MESSAGE_CREATE.
    Messages of the history have none on the wire, so a bot can not find its own by it.
    """
    author = world.users[one.author_id]
    shape: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel_id),
        "type": one.type,
        "author": user(author),
        "content": one.content,
        "timestamp": iso(one.created),
        "edited_timestamp": iso(one.edited) if one.edited else None,
        "tts": False,
        "mention_everyone": one.mention_everyone,
        "mentions": [user(world.users[each]) for each in one.mentions],
        "mention_roles": [str(each) for each in one.mention_roles],
        "attachments": one.attachments,
        "embeds": [_embed(each) for each in one.embeds],
        "components": completed(one.components),
        "pinned": False,
        "flags": one.flags,
    }
    if new and one.nonce is not None:
        shape["nonce"] = one.nonce
    if one.application_id:
        shape["application_id"] = str(one.application_id)
        shape["webhook_id"] = str(one.application_id)
    if one.webhook_id:
        shape["webhook_id"] = str(one.webhook_id)
    if one.interaction:
        shape["interaction_metadata"] = one.interaction
    if one.reactions:
        shape["reactions"] = [_reaction(world, *each) for each in one.reactions.items()]
    if one.thread_id and (started := world.channels.get(one.thread_id)):
        shape["thread"] = thread(world, started)
    if one.reference:
        shape["message_reference"] = {"type": 0, **one.reference}
        if not bare and one.type in {19, 20, 21, 23}:
            source = world.channels.get(int(one.reference["channel_id"]))
            number = int(one.reference["message_id"])
            found = source.messages.get(number) if source else None
            shape["referenced_message"] = None
            if found is not None and not found.deleted:
                shape["referenced_message"] = message(world, found, bare=True)
    return shape


def _embed(given: Json) -> Json:
    shape = {"type": "rich", **{name: value for name, value in given.items() if value is not None}}
    if fields := given.get("fields"):
        shape["fields"] = [{"inline": False, **field} for field in fields]
    return shape


def _reaction(world: World, emoji: str, people: list[int]) -> Json:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "me": world.bot.id in people,
    }


def _without_content(shape: Json) -> Json:
    """Return a message as it comes where the message content intent is missing."""
    return {**shape, "content": "", "embeds": [], "attachments": [], "components": []}


def for_bot(world: World, shape: Json, *, content: bool) -> Json:
    """Return a message with what the bot may read of it, and of what it replies to."""
    channel = world.channels[int(shape["channel_id"])]
    if content or channel.type == DM:
        return shape
    bot = str(world.bot.id)
    own = shape["author"]["id"] == bot or any(one["id"] == bot for one in shape["mentions"])
    seen = shape if own else _without_content(shape)
    replied = seen.get("referenced_message")
    if replied:
        seen = {**seen, "referenced_message": for_bot(world, replied, content=content)}
    return seen
