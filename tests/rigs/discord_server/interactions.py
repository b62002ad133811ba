"""Interactions: what a person starts, the three seconds to answer, and the fifteen minutes after.

The rules are those of Discord's page "Receiving and Responding". Commands, components, modals and
autocomplete differ in which answers they take.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from rigs.discord_server import components, permissions, posts, shapes
from rigs.discord_server.core import Core
from rigs.discord_server.errors import Form, invalid, refused
from rigs.discord_server.posts import Origin
from rigs.discord_server.world import DM, EPHEMERAL, LOADING, Channel, Message

Json = dict[str, Any]

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE, _CHOICES, _SHOW_MODAL = 4, 5, 6, 7, 8, 9
_ANSWERS = {
    COMMAND: {_MESSAGE, _DEFER, _SHOW_MODAL},
    COMPONENT: {_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE, _SHOW_MODAL},
    AUTOCOMPLETE: {_CHOICES},
    MODAL: {_MESSAGE, _DEFER, _DEFER_UPDATE, _UPDATE},
}
_ANSWER_S, _TOKEN_S = 3.0, 900.0


@dataclass
class Interaction:
    id: int
    type: int
    user_id: int
    channel_id: int
    data: Json
    guild_id: int | None = None
    message_id: int | None = None
    """The message whose button was pressed."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(120))
    sent_at: float = 0.0
    answered: int | None = None
    """The type of the answer."""
    answered_at: float | None = None
    original: int | None = None
    """The message that `@original` is."""
    messages: list[int] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None


def send(
    core: Core,
    kind: int,
    user_id: int,
    channel: Channel,
    data: Json,
    *,
    message: Message | None = None,
) -> Interaction:
    """Let a person start an interaction, and tell the gateway."""
    made = Interaction(
        core.world.ids.new(),
        kind,
        user_id,
        channel.id,
        data,
        channel.guild_id,
        message.id if message else None,
        sent_at=core.clock.now(),
    )
    core.interactions[made.id] = made
    core.journal.note("interaction", id=str(made.id), type=kind, channel=str(channel.id))
    if core.world.endpoint is not None:
        return made  # posted there, where nobody is
    core.gateway.dispatch(
        "INTERACTION_CREATE", payload(core, made, message), guild_id=made.guild_id
    )
    return made


def payload(core: Core, one: Interaction, message: Message | None) -> Json:
    """Return INTERACTION_CREATE."""
    world, channel = core.world, core.world.channels[one.channel_id]
    user = world.users[one.user_id]
    direct = channel.type == DM
    shape: Json = {
        "id": str(one.id),
        "application_id": str(world.bot.id),
        "type": one.type,
        "data": one.data,
        "channel": shapes.channel(world, channel),
        "channel_id": str(channel.id),
        "token": one.token,
        "version": 1,
        "locale": user.locale,
        "app_permissions": str(permissions.of(world, world.bot.id, channel)),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": {"0": str(channel.guild_id or 0)},
        "context": 1 if direct else 0,
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if message:
        shape["message"] = shapes.message(world, message)
    if direct:
        return {**shape, "user": shapes.user(user)}
    guild = world.guilds[channel.guild_id or 0]
    held = str(permissions.of(world, user.id, channel))
    shape["channel"]["permissions"] = held
    return {
        **shape,
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": ["COMMUNITY"]},
        "guild_locale": guild.locale,
        "member": {**shapes.member(world, guild.members[user.id]), "permissions": held},
    }


def callback(core: Core, one: Interaction, body: Json, files: list[Json], at: float) -> Json:
    """Take the first answer; returns the body for `with_response`, raises ApiError."""
    if core.clock.now() - one.sent_at > core.clock.span(_ANSWER_S):
        raise refused(10062)
    if one.answered is not None:
        raise refused(40060)
    kind, data = body.get("type"), body.get("data") or {}
    if kind not in _ANSWERS[one.type]:
        allowed = ", ".join(map(str, sorted(_ANSWERS[one.type])))
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {{{allowed}}}.")
    message = _apply(core, one, (kind, data, files), at)
    one.answered, one.answered_at = kind, at
    if message:
        one.original = message.id
        if kind in {_MESSAGE, _DEFER}:
            one.messages.append(message.id)
    core.journal.note("interaction", id=str(one.id), answered=kind, requested=at)
    return _described(core, one, message if kind in {_MESSAGE, _DEFER, _UPDATE} else None)


def _apply(
    core: Core, one: Interaction, answer: tuple[int, Json, list[Json]], at: float
) -> Message | None:
    kind, data, files = answer
    channel = core.world.channels[one.channel_id]
    pressed = core.world.message(one.message_id) if one.message_id else None
    if kind in {_DEFER_UPDATE, _UPDATE} and pressed is None:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of {4, 5}.")
    if kind == _MESSAGE:
        return posts.create(core, channel, data, _origin(core, one, data, at), files)
    if kind == _DEFER:
        origin = _origin(core, one, data, at, flags=LOADING)
        return posts.create(core, channel, {}, origin)
    if kind == _UPDATE and pressed:
        return posts.edit(core, pressed, data, at)
    if kind == _CHOICES:
        one.choices = _choices(data)
    elif kind == _SHOW_MODAL:
        form = Form()
        components.check_modal(form, data)
        form.refuse()
        one.modal = data
    return pressed if kind == _DEFER_UPDATE else None


def _choices(data: Json) -> list[Json]:
    form = Form()
    given = form.most("data.choices", data.get("choices"), 25)
    for place, choice in enumerate(given):
        form.longest(f"data.choices.{place}.name", choice.get("name") or "", 100, least=1)
        if isinstance(choice.get("value"), str):
            form.longest(f"data.choices.{place}.value", choice["value"], 100)
    form.refuse()
    return given


def follow_up(core: Core, one: Interaction, body: Json, files: list[Json], at: float) -> Message:
    """Add a message after the answer; the first after "thinking" takes its place."""
    channel = core.world.channels[one.channel_id]
    original = core.world.message(one.original) if one.original else None
    if original and original.flags & LOADING and not original.deleted:
        return posts.edit(core, original, body, at)
    message = posts.create(core, channel, body, _origin(core, one, body, at, reply=original), files)
    one.messages.append(message.id)
    return message


def living(core: Core, token: str) -> Interaction:
    """Return the answered interaction of a webhook's token; raises ApiError where it is over."""
    for one in reversed(core.interactions.values()):
        if secrets.compare_digest(one.token, token):
            if core.clock.now() - one.sent_at > core.clock.span(_TOKEN_S):
                raise refused(50027)
            if one.answered is None:
                raise refused(10015)
            return one
    raise refused(10015)


def message_of(core: Core, one: Interaction, ref: str) -> Message:
    """Return `@original` or another message of an interaction; raises ApiError 10008."""
    number = one.original if ref == "@original" else int(ref)
    if number is None or (number not in one.messages and number != one.original):
        raise refused(10008)
    message = core.world.message(number)
    if message.deleted:
        raise refused(10008)
    return message


def seen(core: Core, one: Interaction) -> str:
    """Return what the person sees of it: `waiting`, `thinking`, `answered`, `modal`, `failed`."""
    if one.answered is None:
        late = core.clock.now() - one.sent_at > core.clock.span(_ANSWER_S)
        return "failed" if late else "waiting"
    if one.answered == _SHOW_MODAL:
        return "modal"
    original = core.world.message(one.original) if one.original else None
    if original and original.flags & LOADING and not original.deleted:
        # After the token's life "thinking" turns into a failure.
        over = core.clock.now() - one.sent_at > core.clock.span(_TOKEN_S)
        return "failed" if over else "thinking"
    return "answered"


def _origin(
    core: Core,
    one: Interaction,
    body: Json,
    at: float,
    *,
    flags: int = 0,
    reply: Message | None = None,
) -> Origin:
    private = posts.ephemeral(body)
    kind = 0
    if one.type == COMMAND and reply is None:
        chat = one.data.get("type", 1) == 1
        kind = posts.CHAT_COMMAND if chat else posts.CONTEXT_COMMAND
    return Origin(
        author=core.world.bot.id,
        at=at,
        type=kind,
        flags=flags | (EPHEMERAL if private else 0),
        application_id=core.world.bot.id,
        interaction=_metadata(core, one),
        seen_by=one.user_id if private else None,
        interaction_id=one.id,
        users_only=True,
    )


def _metadata(core: Core, one: Interaction) -> Json:
    shape: Json = {
        "id": str(one.id),
        "type": one.type,
        "user": shapes.user(core.world.users[one.user_id]),
        "authorizing_integration_owners": {"0": str(one.guild_id or 0)},
    }
    if one.type == COMPONENT:
        shape["interacted_message_id"] = str(one.message_id)
    elif one.type == MODAL:
        shape["triggering_interaction_metadata"] = {**shape, "type": COMMAND}
    return shape


def _described(core: Core, one: Interaction, message: Message | None) -> Json:
    shape: Json = {
        "id": str(one.id),
        "type": one.type,
        "channel_id": str(one.channel_id),
    }
    if one.guild_id:
        shape["guild_id"] = str(one.guild_id)
    described = {"interaction": shape}
    if message:
        shape["response_message_id"] = str(message.id)
        shape["response_message_loading"] = bool(message.flags & LOADING)
        shape["response_message_ephemeral"] = bool(message.flags & EPHEMERAL)
    # The description knows a resource of a message that is new or changed, not of a deferral.
    if message and one.answered in {_MESSAGE, _UPDATE}:
        seen_as = shapes.message(core.world, message)
        described["resource"] = {"type": one.answered, "message": seen_as}
    return described


def as_seen(core: Core, one: Interaction) -> Json:
    """Return an interaction for a test."""
    return {
        "id": str(one.id),
        "state": seen(core, one),
        "messages": [str(number) for number in one.messages],
        "modal": one.modal,
        "choices": one.choices,
        "answered_after": None if one.answered_at is None else one.answered_at - one.sent_at,
    }
