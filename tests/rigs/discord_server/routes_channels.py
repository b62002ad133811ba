"""REST: who the bot is, servers, members, roles, channels and threads."""

from __future__ import annotations

from typing import Any

from rigs.discord_server import permissions, posts, shapes, threads
from rigs.discord_server.core import Core
from rigs.discord_server.errors import Form, refused
from rigs.discord_server.gateway import GUILD_MEMBERS
from rigs.discord_server.permissions import Bits
from rigs.discord_server.posts import Origin
from rigs.discord_server.routes_messages import Answer, Call, Handler, channel_of
from rigs.discord_server.world import ANNOUNCEMENT, DM, FORUM, PRIVATE_THREAD, TEXT, Channel, Guild

Json = dict[str, Any]


async def me(core: Core, _: Call) -> Answer:
    return 200, shapes.me(core.world)


async def application(core: Core, _: Call) -> Answer:
    return 200, shapes.application(core.world)


async def gateway(core: Core, _: Call) -> Answer:
    return 200, {"url": core.gateway.address}


async def gateway_bot(core: Core, _: Call) -> Answer:
    left = core.limits.on.identifies_a_day - len(core.gateway.identified)
    limit = {
        "total": core.limits.on.identifies_a_day,
        "remaining": max(0, left),
        "reset_after": int(core.clock.span(86_400) * 1000),
        "max_concurrency": 1,
    }
    return 200, {"url": core.gateway.address, "shards": 1, "session_start_limit": limit}


async def my_guilds(core: Core, _: Call) -> Answer:
    found = [one for one in core.world.guilds.values() if core.world.bot.id in one.members]
    return 200, [
        {
            "id": str(one.id),
            "name": one.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(int(Bits.EVERYONE)),
            "features": ["COMMUNITY", "NEWS"],
        }
        for one in found
    ]


async def user(core: Core, call: Call) -> Answer:
    found = core.world.users.get(call.number("user"))
    if found is None:
        raise refused(10013)
    return 200, shapes.user(found)


def _guild(core: Core, call: Call) -> Guild:
    found = core.world.guilds.get(call.number("guild"))
    if found is None or core.world.bot.id not in found.members:
        raise refused(10004)
    return found


async def guild(core: Core, call: Call) -> Answer:
    return 200, shapes.guild(_guild(core, call))


async def guild_channels(core: Core, call: Call) -> Answer:
    found = _guild(core, call)
    return 200, [
        shapes.channel(core.world, one)
        for one in core.world.channels.values()
        if one.guild_id == found.id and not one.is_thread
    ]


async def active_threads(core: Core, call: Call) -> Answer:
    found = core.world.threads(_guild(core, call).id)
    return 200, _listed(core, found)


async def member(core: Core, call: Call) -> Answer:
    found = _guild(core, call).members.get(call.number("user"))
    if found is None:
        raise refused(10007)
    return 200, shapes.member(core.world, found)


async def members(core: Core, call: Call) -> Answer:
    found = _guild(core, call)
    if not core.world.intents_granted & GUILD_MEMBERS:
        raise refused(50001)
    after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    listed = [one for one in sorted(found.members) if one > after][:limit]
    return 200, [shapes.member(core.world, found.members[one]) for one in listed]


async def roles(core: Core, call: Call) -> Answer:
    return 200, [shapes.role(one) for one in _guild(core, call).roles.values()]


async def channel(core: Core, call: Call) -> Answer:
    return 200, shapes.channel(core.world, channel_of(core, call))


async def change_channel(core: Core, call: Call) -> Answer:
    found = channel_of(core, call)
    if not found.is_thread:
        raise refused(50013)
    own = found.owner_id == core.world.bot.id
    if not own:
        permissions.require(core.world, found, Bits.MANAGE_THREADS)
    if found.archived and call.body.get("archived") is not False:
        raise refused(50083)
    form = Form()
    form.longest("name", call.body.get("name"), 100, least=1)
    form.refuse()
    wanted = {name: call.body[name] for name in ("archived", "locked", "name") if name in call.body}
    threads.change(core, found, **wanted)
    return 200, shapes.channel(core.world, found)


async def remove_channel(core: Core, call: Call) -> Answer:
    found = channel_of(core, call)
    if found.type != DM:
        permissions.require(core.world, found, Bits.MANAGE_THREADS)
        threads.remove(core, found)
    return 200, shapes.channel(core.world, found)


async def thread_on_message(core: Core, call: Call) -> Answer:
    parent = channel_of(core, call, Bits.CREATE_PUBLIC_THREADS)
    if parent.type not in {TEXT, ANNOUNCEMENT}:
        raise refused(50024)
    message = posts.find(core, parent, call.number("message"))
    made = threads.start(
        core,
        parent,
        _name(call.body),
        by=core.world.bot.id,
        on=message,
        auto_archive=call.body.get("auto_archive_duration") or 1440,
    )
    posts.announce(core, parent, message, "MESSAGE_UPDATE")
    return 201, shapes.channel(core.world, made)


async def thread(core: Core, call: Call) -> Answer:
    parent = channel_of(core, call)
    body = call.body
    if parent.type == FORUM:
        return await _post_in_forum(core, parent, call)
    if parent.type not in {TEXT, ANNOUNCEMENT}:
        raise refused(50024)
    # Without a type a thread is private, by Discord's own default.
    private = body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD
    wanted = Bits.CREATE_PRIVATE_THREADS if private else Bits.CREATE_PUBLIC_THREADS
    permissions.require(core.world, parent, wanted)
    made = threads.start(
        core,
        parent,
        _name(body),
        by=core.world.bot.id,
        private=private,
        auto_archive=body.get("auto_archive_duration") or 1440,
    )
    return 201, shapes.channel(core.world, made)


async def _post_in_forum(core: Core, parent: Channel, call: Call) -> Answer:
    permissions.require(core.world, parent, Bits.SEND_MESSAGES)
    if not isinstance(call.body.get("message"), dict):
        form = Form()
        form.required("message")
        form.refuse()
    number = core.world.ids.new()
    by = core.world.bot.id
    made = threads.start(core, parent, _name(call.body), by=by, identity=number)
    origin = Origin(author=by, at=call.at, identity=number)
    message = posts.create(core, made, call.body["message"], origin, call.files)
    first = shapes.message(core.world, message)
    return 201, {**shapes.channel(core.world, made), "message": first}


def _name(body: Json) -> str:
    form = Form()
    form.longest("name", body.get("name") or "", 100, least=1)
    if body.get("auto_archive_duration") not in {None, 60, 1440, 4320, 10080}:
        choices = "Value must be one of {60, 1440, 4320, 10080}."
        form.wrong("auto_archive_duration", "BASE_TYPE_CHOICES", choices)
    form.refuse()
    return str(body["name"])


def _thread_of(core: Core, call: Call) -> Channel:
    found = channel_of(core, call)
    if not found.is_thread:
        raise refused(50024)
    return found


async def join(core: Core, call: Call) -> Answer:
    found = _thread_of(core, call)
    if found.archived:
        raise refused(50083)
    who = call.path["user"]
    threads.join(core, found, core.world.bot.id if who == "@me" else int(who))
    return 204, None


async def leave(core: Core, call: Call) -> Answer:
    found = _thread_of(core, call)
    who = call.path["user"]
    threads.leave(core, found, core.world.bot.id if who == "@me" else int(who))
    return 204, None


async def thread_members(core: Core, call: Call) -> Answer:
    found = _thread_of(core, call)
    return 200, [shapes.thread_member(found, one) for one in found.members]


async def archived(core: Core, call: Call) -> Answer:
    parent = channel_of(core, call, Bits.READ_MESSAGE_HISTORY)
    found = [
        one
        for one in core.world.channels.values()
        if one.parent_id == parent.id and one.archived and one.type != PRIVATE_THREAD
    ]
    found.sort(key=lambda one: -one.changed)
    return 200, _listed(core, found)


def _listed(core: Core, found: list[Channel]) -> Json:
    bot = core.world.bot.id
    seen = [one for one in found if permissions.sees(core.world, bot, one)]
    return {
        "threads": [shapes.thread(core.world, one) for one in seen],
        "members": [shapes.thread_member(one, bot) for one in seen if bot in one.members],
        "has_more": False,
    }


async def leave_guild(core: Core, call: Call) -> Answer:
    found = _guild(core, call)
    leave_server(core, found)
    return 204, None


def leave_server(core: Core, found: Guild) -> None:
    """Take the bot out of a server, and tell the gateway."""
    found.members.pop(core.world.bot.id, None)
    core.gateway.dispatch("GUILD_DELETE", {"id": str(found.id)}, guild_id=found.id, intents=1)
    core.journal.note("left", guild=str(found.id))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/users/@me", me),
    ("GET", "/users/@me/guilds", my_guilds),
    ("DELETE", "/users/@me/guilds/{guild}", leave_guild),
    ("GET", "/users/{user}", user),
    ("GET", "/oauth2/applications/@me", application),
    ("GET", "/applications/@me", application),
    ("GET", "/gateway", gateway),
    ("GET", "/gateway/bot", gateway_bot),
    ("GET", "/guilds/{guild}", guild),
    ("GET", "/guilds/{guild}/channels", guild_channels),
    ("GET", "/guilds/{guild}/threads/active", active_threads),
    ("GET", "/guilds/{guild}/members", members),
    ("GET", "/guilds/{guild}/members/{user}", member),
    ("GET", "/guilds/{guild}/roles", roles),
    ("GET", "/channels/{channel}", channel),
    ("PATCH", "/channels/{channel}", change_channel),
    ("DELETE", "/channels/{channel}", remove_channel),
    ("POST", "/channels/{channel}/messages/{message}/threads", thread_on_message),
    ("POST", "/channels/{channel}/threads", thread),
    ("PUT", "/channels/{channel}/thread-members/{user}", join),
    ("DELETE", "/channels/{channel}/thread-members/{user}", leave),
    ("GET", "/channels/{channel}/thread-members", thread_members),
    ("GET", "/channels/{channel}/threads/archived/public", archived),
]
