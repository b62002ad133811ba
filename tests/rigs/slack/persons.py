"""The persons in the workspace: what they write, press and see."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from rigs.slack import rich, shapes
from rigs.slack.reading import escaped
from rigs.slack.slack import Slack
from rigs.slack.workspace import Channel, Json, Message, User


class Persons:
    """Every public method can be called by a test, by its name."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._space = slack.workspace

    # Writing

    def say(
        self,
        channel: str,
        user: str,
        text: str,
        thread: str | None = None,
        *,
        raw: bool = False,
        files: list[Json] | None = None,
        ago: float = 0.0,
    ) -> str:
        """Write a message as it is typed, or as Slack stores it (`raw`); return its ts."""
        place, person = self._space.channel(channel), self._space.user(user)
        stored = text if raw else escaped(text)
        message = Message(
            place.id,
            self._slack.clock.ts(ago),
            person.id,
            stored,
            rich.blocks(stored, self._space.draw_token(5)) if stored else None,
            thread_ts=thread,
            bot_id=person.bot_id,
            subtype="bot_message" if person.is_bot else "file_share" if files else None,
            files=[self._file(place, person, file) for file in files or []] or None,
            client_msg_id=None if person.is_bot else self._space.draw_token(20),
        )
        if person.is_bot:
            message.subtype = None  # Apps of today post with a user, and no subtype.
        self._slack.post(message)
        return message.ts

    def _file(self, channel: Channel, person: User, file: Json) -> Json:
        drawn = self._space.draw_id("F")
        return {
            "id": drawn,
            "created": shapes.now(),
            "timestamp": shapes.now(),
            "title": file["name"],
            "mimetype": "application/octet-stream",
            "filetype": file["name"].rsplit(".", 1)[-1],
            "user": person.id,
            "mode": "hosted",
            "size": 1,
            "channels": [channel.id],
            "url_private": f"{self._slack.base_url}/files/{drawn}",
            **file,
        }

    def mention(
        self, channel: str, user: str, text: str, thread: str | None = None, **how: Any
    ) -> str:
        """Write a message that begins with the app's name; return its ts."""
        typed = text if how.pop("raw", False) else escaped(text)
        said = f"<@{self._space.app.user}> {typed}".rstrip()
        return self.say(channel, user, said, thread, raw=True, **how)

    def mention_many(self, mentions: list[Json]) -> list[str]:
        """Write many mentions in one moment; return their ts."""
        return [self.mention(**each) for each in mentions]

    def direct(self, user: str, text: str, thread: str | None = None, **how: Any) -> str:
        """Write to the app directly; return the message's ts."""
        return self.say(self.direct_channel(user), user, text, thread, **how)

    def direct_channel(self, user: str) -> str:
        return self._space.direct(self._space.user(user).id).id

    def edit(self, channel: str, ts: str, text: str, *, raw: bool = False) -> None:
        message = self._message(channel, ts)
        stored = text if raw else escaped(text)
        self._slack.edit(
            message,
            text=stored,
            blocks=rich.blocks(stored, self._space.draw_token(5)),
            edited={"user": message.user, "ts": self._slack.clock.ts()},
        )

    def unfurl(self, channel: str, ts: str, url: str) -> None:
        """Let Slack add the preview of a link to a message: a change that nobody made."""
        preview = {"from_url": url, "original_url": url, "fallback": url, "id": 1}
        self._slack.edit(self._message(channel, ts), attachments=[preview])

    def delete(self, channel: str, ts: str) -> None:
        message = self._message(channel, ts)
        self._slack.delete(message, message.user)

    def _message(self, channel: str, ts: str) -> Message:
        place = self._space.channel(channel)
        found = place.messages.get(ts) or place.ephemerals.get(ts)
        if found is None:
            raise LookupError(f"no message {ts} in {channel}")
        return found

    # Coming and going

    def invite(self, channel: str, by: str = "sato") -> None:
        """Add the app to a channel."""
        place = self._space.channel(channel)
        if not self._space.is_member(place):
            place.members.append(self._space.app.user)
        self._joined(place, self._space.app.user, self._space.user(by).id)

    def join(self, channel: str, user: str) -> None:
        """Let a person join a channel."""
        place, person = self._space.channel(channel), self._space.user(user)
        if person.id not in place.members:
            place.members.append(person.id)
        self._joined(place, person.id, None)

    def leave(self, channel: str, user: str) -> None:
        self._space.channel(channel).members.remove(self._space.user(user).id)

    def _joined(self, channel: Channel, user: str, inviter: str | None) -> None:
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": self._space.team,
            "event_ts": self._slack.clock.ts(),
        }
        self._slack.emit(event | ({"inviter": inviter} if inviter else {}), channel=channel)
        ts = self._slack.clock.ts()
        said = f"<@{user}> has joined the channel"
        message = Message(channel.id, ts, user, said, subtype="channel_join")
        channel.messages[ts] = message
        shaped = self._slack.shape(message) | {"channel": channel.id}
        self._slack.emit_message(channel, shaped | ({"inviter": inviter} if inviter else {}))

    def kick(self, channel: str, by: str = "sato") -> None:
        """Remove the app from a channel."""
        place = self._space.channel(channel)
        place.members.remove(self._space.app.user)
        kind = "channel_left" if place.kind == "channel" else "group_left"
        self._slack.emit(
            {
                "type": kind,
                "channel": place.id,
                "actor_id": self._space.user(by).id,
                "event_ts": self._slack.clock.ts(),
            },
            channel=place,
        )

    def archive(self, channel: str) -> None:
        self._space.channel(channel).archived = True

    # The app's own surfaces

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app's home (`home`) or its conversation (`messages`)."""
        person = self._space.user(user)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": self._space.direct(person.id).id,
            "tab": tab,
            "event_ts": self._slack.clock.ts(),
        }
        if tab == "home" and person.id in self._slack.homes:
            home = self._slack.homes[person.id]
            event["view"] = {name: value for name, value in home.items() if name != "user"}
        self._slack.emit(event)

    def open_assistant(self, user: str, context: str | None = None) -> str:
        """Start a thread in the assistant's (older) view; return the thread's ts."""
        person = self._space.user(user)
        channel = self._space.direct(person.id)
        root = Message(
            channel.id, self._slack.clock.ts(), self._space.app.user, "New Assistant Thread"
        )
        root.thread_ts, root.bot_id = root.ts, self._space.app.bot_id
        root.subtype = "assistant_app_thread"
        channel.messages[root.ts] = root
        self._assistant("assistant_thread_started", channel, person, root.ts, context)
        return root.ts

    def change_context(self, user: str, thread: str, context: str) -> None:
        """Let a person look at another channel beside the assistant."""
        person = self._space.user(user)
        channel = self._space.direct(person.id)
        self._assistant("assistant_thread_context_changed", channel, person, thread, context)

    def _assistant(
        self, kind: str, channel: Channel, person: User, thread: str, context: str | None
    ) -> None:
        seen = {"channel_id": self._space.channel(context).id} if context else {}
        self._slack.emit(
            {
                "type": kind,
                "assistant_thread": {
                    "user_id": person.id,
                    "context": {**seen, "team_id": self._space.team, "enterprise_id": None},
                    "channel_id": channel.id,
                    "thread_ts": thread,
                },
                "event_ts": self._slack.clock.ts(),
            }
        )

    # The team and the app

    def add_user(self, name: str, **facts: Any) -> str:
        """Let somebody join the team; return the id."""
        user = User(self._space.draw_id("U"), name, facts.pop("real_name", name), **facts)
        self._space.users[user.id] = user
        self._about_user("team_join", user)
        return user.id

    def change_user(self, user: str, **facts: Any) -> None:
        """Change a person: `locale`, `deactivated`, `guest`, `email` and so on."""
        person = self._space.user(user)
        for name, value in facts.items():
            if not hasattr(person, name):
                raise TypeError(f"a user has no {name!r}")
            setattr(person, name, value)
        self._about_user("user_change", person)

    def _about_user(self, kind: str, user: User) -> None:
        shaped = shapes.user_json(user, self._space, email=True, locale=True)
        now = shapes.now()
        ts = self._slack.clock.ts()
        self._slack.emit({"type": kind, "user": shaped, "cache_ts": now, "event_ts": ts})

    def add_channel(
        self,
        name: str,
        kind: str = "channel",
        members: list[str] | None = None,
        *,
        app: bool = True,
        shared_with: list[str] | None = None,
    ) -> str:
        """Make a channel with these people, and with the app unless said; return its id."""
        people = [self._space.user(each).id for each in members or ["sato", "suzuki"]]
        channel = Channel(self._space.draw_id("C"), name, kind, people)
        channel.shared_with = shared_with or []
        if app:
            channel.members.append(self._space.app.user)
        self._space.channels[channel.id] = channel
        return channel.id

    def revoke(self, *, app_token: bool = False) -> None:
        """Revoke the app's bot token, or the one of its sockets."""
        if app_token:
            self._space.app.app_token_state = "revoked"
            return
        tokens = {"oauth": [], "bot": [self._space.app.user]}
        event = {"type": "tokens_revoked", "tokens": tokens, "event_ts": self._slack.clock.ts()}
        self._slack.emit(event)
        self._space.app.state = "revoked"

    async def uninstall(self) -> None:
        """Remove the app: an event, and then its sockets close."""
        self._slack.emit({"type": "app_uninstalled", "event_ts": self._slack.clock.ts()})
        self._space.app.state = self._space.app.app_token_state = "inactive"
        await asyncio.sleep(0.05)
        await self._slack.sockets.disconnect("link_disabled")

    def set_app(self, **facts: Any) -> None:
        """Change the app's settings: `scopes`, `events`, `agent`, `state` and so on."""
        for name, value in facts.items():
            if not hasattr(self._space.app, name):
                raise TypeError(f"an app has no setting {name!r}")
            setattr(self._space.app, name, value)

    # Seeing

    def screen(
        self, channel: str, user: str | None = None, thread: str | None = None
    ) -> list[Json]:
        """Return what a person sees in a channel or thread now; None: what everyone sees."""
        place = self._space.channel(channel)
        person = self._space.user(user).id if user else None
        seen = [*place.messages.values()]
        seen += [each for each in place.ephemerals.values() if each.shown_to == person]
        seen = [each for each in seen if thread in {None, each.thread}]
        return [self._seen(each) for each in sorted(seen, key=lambda each: each.ts)]

    def _seen(self, message: Message) -> Json:
        read = self._slack.read(message)
        author = self._space.users.get(message.user)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "thread": message.thread_ts,
            "user": author.name if author else message.user,
            "own": message.user == self._space.app.user,
            "text": read.text,
            "buttons": read.buttons,
            "links": [{**asdict(link), "forged": link.forged} for link in read.links],
            "pings": [asdict(ping) for ping in read.pings],
            "ephemeral": message.shown_to is not None,
            "edited": message.edited is not None,
            "streaming": self._slack.streams(message),
            "subtype": message.subtype,
            "reactions": sorted(message.reactions),
            "metadata": message.metadata,
        }

    def status(self, channel: str, thread: str) -> str:
        """Return the status line below a thread, empty where none is shown."""
        shown = self._slack.statuses.get((self._space.channel(channel).id, thread))
        if not shown or shown["until"] < self._slack.clock.now():
            return ""
        return str(shown["status"])

    def prompts(self, user: str) -> Json | None:
        """Return the prompts that the app suggests to a person."""
        return self._slack.prompts.get(self.direct_channel(user))
