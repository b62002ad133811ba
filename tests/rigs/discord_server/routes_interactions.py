"""REST: commands, answers to interactions, and what follows them."""

from __future__ import annotations

import re
from typing import Any

from rigs.discord_server import interactions, posts, shapes
from rigs.discord_server.core import Core
from rigs.discord_server.errors import Form, invalid, refused
from rigs.discord_server.interactions import Interaction
from rigs.discord_server.routes_messages import Answer, Call, Handler

Json = dict[str, Any]

CHAT, USER, MESSAGE = 1, 2, 3
_MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
_A_DAY = 200
_NAME = re.compile(r"[-_'\w]{1,32}")


def _scope(call: Call) -> int | None:
    return call.number("guild") if "guild" in call.path else None


async def commands(core: Core, call: Call) -> Answer:
    return 200, list(core.commands.get(_scope(call), {}).values())


async def replace_commands(core: Core, call: Call) -> Answer:
    if call.number("application") != core.world.bot.id:
        raise refused(50001)
    scope = _scope(call)
    if scope is not None and scope not in core.world.guilds:
        raise refused(50001)
    form = Form()
    counts: dict[int, int] = {}
    for place, one in enumerate(form.most("commands", call.body, 130)):
        kind = one.get("type", CHAT)
        counts[kind] = counts.get(kind, 0) + 1
        _check_command(form, str(place), one)
        if counts[kind] > _MOST.get(kind, 0):
            many = "Maximum number of application commands reached"
            form.wrong(str(place), "APPLICATION_COMMAND_TOO_MANY", many)
    names = [(one.get("type", CHAT), one.get("name")) for one in call.body]
    if len(set(names)) < len(names):
        twice = "Application command names must be unique"
        form.wrong("0", "APPLICATION_COMMANDS_DUPLICATE_NAME", twice)
    form.refuse()
    old = core.commands.get(scope, {})
    _count_new(core, set(names) - {(one["type"], one["name"]) for one in old.values()})
    core.commands[scope] = {}
    for one in call.body:
        command = _registered(core, one, scope, old)
        core.commands[scope][int(command["id"])] = command
    core.journal.note("commands", guild=scope, names=[one["name"] for one in call.body])
    return 200, list(core.commands[scope].values())


def _count_new(core: Core, new: set[Any]) -> None:
    now = core.clock.now()
    day = now - core.clock.span(86_400)
    core.commands_made = [at for at in core.commands_made if at > day]
    if len(core.commands_made) + len(new) > _A_DAY:
        refusal = refused(30034)
        refusal.body |= {"retry_after": core.commands_made[0] - day, "global": False}
        raise refusal
    core.commands_made += [now] * len(new)


def _check_command(form: Form, path: str, one: Json) -> None:
    kind, name = one.get("type", CHAT), one.get("name") or ""
    form.longest(f"{path}.name", name, 32, least=1)
    if kind == CHAT:
        form.longest(f"{path}.description", one.get("description") or "", 100, least=1)
        _check_chat_name(form, path, name)
        for place, option in enumerate(form.most(f"{path}.options", one.get("options"), 25)):
            below = f"{path}.options.{place}"
            _check_chat_name(form, below, option.get("name") or "")
            form.longest(f"{below}.description", option.get("description") or "", 100, least=1)
            form.most(f"{below}.choices", option.get("choices"), 25)
    elif one.get("description"):
        none = "Context menu commands cannot have description"
        form.wrong(f"{path}.description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", none)


def _check_chat_name(form: Form, path: str, name: str) -> None:
    if not _NAME.fullmatch(name) or name != name.lower():
        invalid_name = "Command name is invalid"
        form.wrong(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", invalid_name)


def _registered(core: Core, one: Json, scope: int | None, old: dict[int, Json]) -> Json:
    kind = one.get("type", CHAT)
    same = (each for each in old.values() if (each["type"], each["name"]) == (kind, one["name"]))
    known = next(same, None)
    command: Json = {
        "id": known["id"] if known else str(core.world.ids.new()),
        "application_id": str(core.world.bot.id),
        "version": str(core.world.ids.new()),
        "default_member_permissions": None,
        "type": kind,
        "name": one["name"],
        "name_localizations": one.get("name_localizations"),
        "description": one.get("description") or "",
        "description_localizations": one.get("description_localizations"),
        "dm_permission": one.get("dm_permission", True),
        "contexts": one.get("contexts"),
        "integration_types": one.get("integration_types") or [0],
        "nsfw": bool(one.get("nsfw")),
    }
    if one.get("default_member_permissions") is not None:
        command["default_member_permissions"] = str(one["default_member_permissions"])
    if one.get("options"):
        command["options"] = [
            {"required": False, **option} if option["type"] > 2 else option
            for option in one["options"]
        ]
    if scope is not None:
        command["guild_id"] = str(scope)
    return command


async def callback(core: Core, call: Call) -> Answer:
    one = core.interactions.get(call.number("interaction"))
    if one is None or one.token != call.path["token"]:
        raise refused(10062)
    if not isinstance(call.body, dict):
        raise refused(50109)
    answer = interactions.callback(core, one, call.body, call.files, call.at)
    if call.query.get("with_response") in {"1", "true", "True"}:
        return 200, answer
    return 204, None


def _living(core: Core, call: Call) -> Interaction:
    if call.number("application") != core.world.bot.id:
        raise refused(10015)
    return interactions.living(core, call.path["token"])


async def follow_up(core: Core, call: Call) -> Answer:
    one = _living(core, call)
    if not isinstance(call.body, dict):
        raise refused(50109)
    message = interactions.follow_up(core, one, call.body, call.files, call.at)
    return 200, shapes.message(core.world, message)


async def fetch(core: Core, call: Call) -> Answer:
    message = interactions.message_of(core, _living(core, call), call.path["message"])
    return 200, shapes.message(core.world, message)


async def change(core: Core, call: Call) -> Answer:
    one = _living(core, call)
    message = interactions.message_of(core, one, call.path["message"])
    if call.body is None:
        raise invalid("content", "BASE_TYPE_REQUIRED", "This field is required")
    return 200, shapes.message(core.world, posts.edit(core, message, call.body, call.at))


async def remove(core: Core, call: Call) -> Answer:
    message = interactions.message_of(core, _living(core, call), call.path["message"])
    posts.delete(core, message)
    return 204, None


_COMMANDS = "/applications/{application}/commands"
_GUILD_COMMANDS = "/applications/{application}/guilds/{guild}/commands"
_WEBHOOK = "/webhooks/{application}/{token}"
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", _COMMANDS, commands),
    ("PUT", _COMMANDS, replace_commands),
    ("GET", _GUILD_COMMANDS, commands),
    ("PUT", _GUILD_COMMANDS, replace_commands),
    ("POST", "/interactions/{interaction}/{token}/callback", callback),
    ("POST", _WEBHOOK, follow_up),
    ("GET", f"{_WEBHOOK}/messages/{{message}}", fetch),
    ("PATCH", f"{_WEBHOOK}/messages/{{message}}", change),
    ("DELETE", f"{_WEBHOOK}/messages/{{message}}", remove),
]
