"""What people do: write, mention, press, submit, open threads.

Each function is called by name from a test (`operate.py`); names stand for ids wherever both fit.
"""

from __future__ import annotations

import time
from typing import Any

from rigs.discord_server import (
    gateway,
    interactions,
    posts,
    routes_messages,
    shapes,
    text,
    threads,
)
from rigs.discord_server.company import Company, Ref
from rigs.discord_server.components import walk
from rigs.discord_server.core import Core
from rigs.discord_server.posts import Origin
from rigs.discord_server.world import DM, Channel, Message, User

Json = dict[str, Any]

_LONGEST_OPTION, _LONGEST_INPUT = 6000, 4000


class People(Company):
    """The people of one company."""

    # Writing

    def say(
        self,
        channel: Ref,
        user: Ref,
        text: str,
        *,
        reply_to: Ref | None = None,
        files: list[str] | None = None,
        quiet_reply: bool = False,
    ) -> Json:
        """Write in a channel or thread; `quiet_reply` is a reply with its ping switched off."""
        place = self._world.channel(channel)
        body: Json = {"content": text}
        if reply_to is not None:
            body["message_reference"] = {"message_id": str(reply_to)}
            if quiet_reply:
                body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"]}
        return self._write(place, self._world.user(user), body, files)

    def mention(
        self,
        channel: Ref,
        user: Ref,
        text: str,
        *,
        reply_to: Ref | None = None,
        files: list[str] | None = None,
    ) -> Json:
        """Write to the bot by name."""
        words = f"<@{self._world.bot.id}> {text}" if text else f"<@{self._world.bot.id}>"
        return self.say(channel, user, words, reply_to=reply_to, files=files)

    def direct(
        self, user: Ref, text: str, *, reply_to: Ref | None = None, files: list[str] | None = None
    ) -> Json:
        """Write to the bot in a conversation of two."""
        person = self._world.user(user)
        return self.say(self._world.dm(person).id, user, text, reply_to=reply_to, files=files)

    def burst(self, messages: list[Json]) -> list[Json]:
        """Mention the bot many times at once; each of `messages` is what `mention` takes."""
        return [self.mention(**one) for one in messages]

    def _write(
        self, place: Channel, person: User, body: Json, files: list[str] | None = None
    ) -> Json:
        described = [{"filename": name, "size": 1024} for name in files or []]
        origin = Origin(author=person.id, at=self._core.clock.now())
        message = posts.create(self._core, place, body, origin, described)
        return described_message(self._core, message)

    def webhook(self, channel: Ref, name: str, text: str) -> Json:
        """Let another application post in a channel under any name."""
        place = self._world.channel(channel)
        known = (one for one in self._world.users.values() if one.name == name)
        hook = next(known, None) or self._world.add_user(name, name, bot=True)
        origin = Origin(author=hook.id, at=self._core.clock.now(), webhook_id=hook.id)
        message = posts.create(self._core, place, {"content": text}, origin)
        return described_message(self._core, message)

    def edit(self, message: Ref, text: str) -> Json:
        """Change what one wrote; a mention of the bot in it stays where it was."""
        found = self._world.message(message)
        bot = f"<@{self._world.bot.id}>"
        if found.content.startswith(bot) and bot not in text:
            text = f"{bot} {text}"
        posts.edit(self._core, found, {"content": text}, self._core.clock.now())
        return described_message(self._core, found)

    def unfurl(self, message: Ref, url: str, title: str) -> None:
        """Let Discord add the preview of a link: an update without an edit."""
        found = self._world.message(message)
        found.embeds = [*found.embeds, {"type": "link", "url": url, "title": title}]
        place = self._world.channels[found.channel_id]
        posts.announce(self._core, place, found, "MESSAGE_UPDATE")

    def delete(self, message: Ref) -> None:
        """Take back what one wrote."""
        posts.delete(self._core, self._world.message(message))

    def delete_many(self, channel: Ref, messages: list[Ref]) -> None:
        """Clear messages at once, as moderators do."""
        found = [self._world.message(one) for one in messages]
        posts.delete_many(self._core, self._world.channel(channel), found)

    def react(self, message: Ref, user: Ref, emoji: str) -> None:
        """React to a message."""
        found, person = self._world.message(message), self._world.user(user)
        routes_messages.reacted(self._core, found, emoji, person.id)

    def type(self, channel: Ref, user: Ref) -> None:
        """Begin to type."""
        place = self._world.channel(channel)
        started = {
            "channel_id": str(place.id),
            "user_id": str(self._world.user(user).id),
            "timestamp": int(time.time()),
        }
        intents = gateway.GUILD_TYPING if place.guild_id else gateway.DIRECT_TYPING
        if place.guild_id:
            started["guild_id"] = str(place.guild_id)
        self._core.gateway.dispatch(
            "TYPING_START", started, guild_id=place.guild_id, intents=intents
        )

    # Threads

    def create_thread(
        self,
        channel: Ref,
        user: Ref,
        name: str,
        message: Ref | None = None,
        private: bool = False,
    ) -> str:
        """Open a thread, on a message or without one; returns its id."""
        on = self._world.message(message) if message is not None else None
        parent, by = self._world.channel(channel), self._world.user(user).id
        made = threads.start(self._core, parent, name, by=by, on=on, private=private)
        if on is not None:
            # The message now has a thread: an update that is no edit.
            posts.announce(self._core, parent, on, "MESSAGE_UPDATE")
        return str(made.id)

    def forum_post(self, channel: Ref, user: Ref, title: str, text: str) -> Json:
        """Open a post in a forum; returns its first message, whose id is also the thread's."""
        parent, person = self._world.channel(channel), self._world.user(user)
        number = self._world.ids.new()
        made = threads.start(self._core, parent, title, by=person.id, identity=number)
        origin = Origin(author=person.id, at=self._core.clock.now(), identity=number)
        message = posts.create(self._core, made, {"content": text}, origin)
        return described_message(self._core, message)

    def archive(self, thread: Ref, archived: bool = True, locked: bool | None = None) -> None:
        """Put a thread into the archive, or take it out."""
        threads.change(self._core, self._world.channel(thread), archived=archived, locked=locked)

    # Commands, buttons, modals

    def slash(self, user: Ref, channel: Ref | None, name: str, options: Json | None = None) -> Json:
        """Use a slash command, in a channel or (None) in the conversation with the bot."""
        place = self._place(user, channel)
        data = self._command(place, name, 1)
        required = {
            one["name"] for one in data["_described"].get("options") or [] if one.get("required")
        }
        if missing := required - set(options or {}):
            raise KeyError(f"/{name} cannot be sent without {missing}")
        if options:
            data["options"] = self._options(data, options)
        data.pop("_described")
        return self._start(interactions.COMMAND, user, place, data)

    def autocomplete(
        self, user: Ref, channel: Ref | None, name: str, option: str, typed: str
    ) -> Json:
        """Type into an option that offers choices."""
        place = self._place(user, channel)
        data = self._command(place, name, 1)
        data["options"] = self._options(data, {option: typed})
        data["options"][0]["focused"] = True
        data.pop("_described")
        return self._start(interactions.AUTOCOMPLETE, user, place, data)

    def message_command(self, user: Ref, message: Ref, name: str) -> Json:
        """Use a command from a message's menu."""
        found = self._world.message(message)
        place = self._world.channels[found.channel_id]
        data = self._command(place, name, 3)
        data.pop("_described")
        target = shapes.message(self._world, found)
        data |= {"target_id": str(found.id), "resolved": {"messages": {str(found.id): target}}}
        return self._start(interactions.COMMAND, user, place, data)

    def press(
        self, message: Ref, custom_id: str, user: Ref, values: list[str] | None = None
    ) -> Json:
        """Press a button, found by its id or its label, or choose `values` of a select."""
        found = self._world.message(message)
        one = _control(found, custom_id)
        data = {
            "custom_id": one["custom_id"],
            "component_type": one["type"],
            "id": one.get("id", 1),
        }
        if one["type"] != 2:
            data["values"] = values or []
        place = self._world.channels[found.channel_id]
        return self._start(interactions.COMPONENT, user, place, data, found)

    def submit(self, interaction: Ref, values: Json) -> Json:
        """Fill in and send the modal that an interaction opened; `values` by custom_id."""
        opened = self._core.interactions[int(interaction)]
        if opened.modal is None:
            raise KeyError(f"interaction {interaction} opened no modal")
        filled = _filled(opened.modal["components"], values)
        data = {"custom_id": opened.modal["custom_id"], "components": filled, "resolved": {}}
        place = self._world.channels[opened.channel_id]
        pressed = self._world.message(opened.message_id) if opened.message_id else None
        return self._start(interactions.MODAL, opened.user_id, place, data, pressed)

    def _place(self, user: Ref, channel: Ref | None) -> Channel:
        if channel is None:
            return self._world.dm(self._world.user(user))
        return self._world.channel(channel)

    def _start(
        self, kind: int, user: Ref, place: Channel, data: Json, message: Message | None = None
    ) -> Json:
        person = self._world.user(user)
        made = interactions.send(self._core, kind, person.id, place, data, message=message)
        return interactions.as_seen(self._core, made)

    def _command(self, place: Channel, name: str, kind: int) -> Json:
        registered = [
            one
            for scope in (place.guild_id, None)
            for one in self._core.commands.get(scope, {}).values()
        ]
        for one in registered:
            if one["name"] == name and one["type"] == kind and _offered(one, place):
                data = {"id": one["id"], "name": name, "type": kind, "_described": one}
                return data | ({"guild_id": one["guild_id"]} if "guild_id" in one else {})
        raise KeyError(f"no command {name!r}; there are {[one['name'] for one in registered]}")

    def _options(self, data: Json, given: Json) -> list[Json]:
        described = {one["name"]: one for one in data["_described"].get("options") or []}
        if missing := set(given) - set(described):
            raise KeyError(f"/{data['name']} has no options {missing}; it has {set(described)}")
        for name, value in given.items():
            # As Discord's own clients do, which send nothing else.
            _refuse_longer(name, value, described[name].get("max_length", _LONGEST_OPTION))
        return [
            {"name": name, "type": described[name]["type"], "value": value}
            for name, value in given.items()
        ]


def described_message(core: Core, message: Message) -> Json:
    """Return a message for a test: what is on the wire, and what the rig knows besides."""
    return {
        "id": str(message.id),
        "channel": str(message.channel_id),
        "author": core.world.users[message.author_id].name,
        "content": message.content,
        "text": text.rendered(core.world, message),
        "embeds": message.embeds,
        "components": message.components,
        "flags": message.flags,
        "reply_to": (message.reference or {}).get("message_id"),
        "seen_by": core.world.users[message.seen_by].name if message.seen_by else None,
        "pinged": [core.world.users[one].name for one in message.pinged],
        "forged": [link for each in text.texts(message) for link in text.forged_links(each)],
        "nonce": message.nonce,
        "reactions": message.reactions,
        "thread": str(message.thread_id) if message.thread_id else None,
        "edited": message.edited is not None,
        "deleted": message.deleted,
        "revisions": message.revisions,
        "at": message.at,
        "changed_at": message.changed_at,
    }


def _control(message: Message, wanted: str) -> Json:
    controls = [one for one in walk(message.components) if one.get("custom_id")]
    for one in controls:
        if wanted in {one["custom_id"], one.get("label")}:
            if one.get("disabled"):
                raise KeyError(f"{wanted!r} is disabled")
            return one
    raise KeyError(f"no control {wanted!r}; there are {[one['custom_id'] for one in controls]}")


def _offered(command: Json, place: Channel) -> bool:
    direct = place.type == DM
    if direct and not command["dm_permission"]:
        return False
    contexts = command.get("contexts")
    return not contexts or int(direct) in contexts


def _refuse_longer(name: str, value: Any, limit: int) -> None:
    if isinstance(value, str) and len(value) > limit:
        raise KeyError(f"{name!r} takes {limit} characters: longer text cannot be sent")


def _filled(components: list[Json], values: Json) -> list[Json]:
    filled = []
    for one in components:
        if one.get("component"):
            field = one["component"]
            filled.append({"type": 18, "id": 1, "component": _field(field, values)})
        elif one.get("type") == 1:
            field = one["components"][0]
            filled.append({"type": 1, "id": 1, "components": [_field(field, values)]})
    return filled


def _field(field: Json, values: Json) -> Json:
    custom_id = field["custom_id"]
    value = values.get(custom_id, field.get("value") or "")
    if field.get("required", True) and not value:
        raise KeyError(f"{custom_id!r} is required: the modal cannot be sent without it")
    _refuse_longer(custom_id, value, field.get("max_length") or _LONGEST_INPUT)
    kept: Json = {"type": field["type"], "id": 1, "custom_id": custom_id}
    return {**kept, "value": value} if field["type"] == 4 else {**kept, "values": value}
