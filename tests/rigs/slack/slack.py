"""The service itself: what happens in the workspace, and the events that tell the app of it."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

from rigs.faults import Faults
from rigs.slack import reading_blocks, seed, shapes
from rigs.slack.clock import Clock
from rigs.slack.journal import Journal
from rigs.slack.limits import Limits
from rigs.slack.reading import Reading
from rigs.slack.sockets import Sockets
from rigs.slack.triggers import Triggers
from rigs.slack.workspace import Channel, Json, Message, User, Workspace

# Which scope an event needs, beside its subscription.
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
    "channel_left": "channels:read",
    "group_left": "groups:read",
    "assistant_thread_started": "assistant:write",
    "assistant_thread_context_changed": "assistant:write",
    "team_join": "users:read",
    "user_change": "users:read",
}
_PLURALS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
EVENTS_PER_HOUR = 30_000
# Not documented, however much is appended meanwhile (slackapi/python-slack-sdk#1859).
STREAM_S = 300.0


class Slack:
    """One workspace in service."""

    def __init__(self, settings: Json) -> None:
        drawn = int(settings.get("seed", 0))
        self.clock = Clock(float(settings.get("speed", 1.0)))
        self.workspace = Workspace(seed.app(settings.get("app", {})), drawn)
        seed.populate(self.workspace)
        self.journal = Journal()
        self.faults = Faults(drawn)
        self.limits = Limits(**settings.get("limits", {}))
        self.sockets = Sockets(self.workspace.app.id, self.clock, self.journal, self.faults, drawn)
        self.triggers = Triggers(self.clock, self.workspace)
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self.statuses: dict[tuple[str, str], Json] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: dict[str, Json] = {}
        self.event_limit = EVENTS_PER_HOUR
        self.base_url = ""
        self._events = 0

    # What is said

    def post(self, message: Message, *, named: bool = False) -> Message:
        """Put a message into its channel, note whom it pings, and tell the app."""
        channel = self.workspace.channels[message.channel]
        channel.messages[message.ts] = message
        if message.thread_ts and message.user == self.workspace.app.user:
            self.statuses.pop((channel.id, message.thread_ts), None)
        self.note("posted", message, named=named)
        if not message.streaming:
            self.announce(message)
        return message

    def whisper(self, message: Message) -> Message:
        """Show a message to one person only."""
        channel = self.workspace.channels[message.channel]
        channel.ephemerals[message.ts] = message
        self.note("posted", message)
        return message

    def edit(self, message: Message, *, named: bool = False, **changes: Any) -> Message:
        """Change a message, note whom it pings now, and tell the app."""
        before = replace(message)
        for name, value in changes.items():
            setattr(message, name, value)
        self.note("updated", message, named=named)
        if message.shown_to is None:
            self._changed(message, before)
        return message

    def delete(self, message: Message, actor: str) -> None:
        """Remove a message; the first of a thread that has replies leaves a stone behind."""
        channel = self.workspace.channels[message.channel]
        message.deleted = True
        self.journal.write(
            "deleted", channel=channel.id, ts=message.ts, user=actor, shown_to=message.shown_to
        )
        if message.shown_to is not None:
            channel.ephemerals.pop(message.ts, None)
            return
        before = replace(message)
        if channel.replies(message.ts):
            stone = Message(
                channel.id,
                message.ts,
                "USLACKBOT",
                "This message was deleted.",
                subtype="tombstone",
                thread_ts=message.ts,
            )
            channel.messages[message.ts] = stone
            self._changed(stone, before)
            return
        del channel.messages[message.ts]
        self.emit_message(
            channel,
            {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "deleted_ts": message.ts,
                "previous_message": self.shape(before, channel),
                "channel": channel.id,
                "ts": self.clock.ts(),
            },
        )

    def note(self, kind: str, message: Message, *, named: bool = False) -> None:
        """Put a message on record; the app's as people read it."""
        own = message.user == self.workspace.app.user
        read = self.read(message, named=named) if own else Reading(message.text)
        self.journal.write(
            kind,
            channel=message.channel,
            ts=message.ts,
            thread_ts=message.thread_ts,
            user=message.user,
            own=own,
            shown_to=message.shown_to,
            streaming=message.streaming,
            text=read.text,
            metadata=message.metadata,
            pings=[asdict(ping) for ping in read.pings],
            links=[{**asdict(link), "forged": link.forged} for link in read.links],
        )

    def read(self, message: Message, *, named: bool = False) -> Reading:
        names = self.workspace.names()
        return reading_blocks.read(
            message.text, message.blocks, message.attachments, names, named=named
        )

    def shape(self, message: Message, channel: Channel | None = None) -> Json:
        return shapes.message_json(message, self.workspace, channel=channel)

    def streams(self, message: Message) -> bool:
        """Tell whether a message still grows: after five minutes Slack ends it unasked."""
        late = self.clock.now() - message.started > self.clock.lasting(STREAM_S)
        if message.streaming == "in_progress" and late:
            message.streaming = "errored"
        return message.streaming == "in_progress"

    # What the app hears of it

    def announce(self, message: Message) -> None:
        """Tell the app of a new message: as a message, and as a mention where it is one."""
        channel = self.workspace.channels[message.channel]
        event = self.shape(message) | {"channel": channel.id, "event_ts": message.ts}
        event["channel_type"] = shapes.channel_type(channel)
        if message.thread_ts:
            root = channel.messages.get(message.thread_ts)
            event["parent_user_id"] = root.user if root else message.user
        self.emit_message(channel, dict(event))
        if self.mentions_app(message.text) and message.user != self.workspace.app.user:
            self._mention(channel, event)

    def _mention(self, channel: Channel, event: Json) -> None:
        if channel.kind == "im":
            return  # Direct messages come as messages only.
        left_out = {"channel_type", "subtype", "parent_user_id", "hidden"}
        mention = {name: value for name, value in event.items() if name not in left_out}
        self.emit({**mention, "type": "app_mention"}, channel=channel)

    def mentions_app(self, text: str) -> bool:
        return f"<@{self.workspace.app.user}" in _CODE.sub("", text)

    def _changed(self, message: Message, before: Message) -> None:
        channel = self.workspace.channels[message.channel]
        new = self.shape(message, channel)
        now = self.clock.ts()
        self.emit_message(
            channel,
            {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "message": {**new, "source_team": self.workspace.team},
                "previous_message": self.shape(before, channel),
                "channel": channel.id,
                "ts": now,
                "event_ts": now,
            },
        )
        # Slack tells of a mention again whenever its message is edited, under the same ts and with
        # `edited` (slack-go/slack#1256); what merely unfurled is no edit.
        anew = message.edited != before.edited and message.user != self.workspace.app.user
        if anew and self.mentions_app(message.text):
            self._mention(channel, new | {"channel": channel.id, "event_ts": message.ts})

    def emit_message(self, channel: Channel, event: Json) -> None:
        event.setdefault("event_ts", event["ts"])
        event.setdefault("channel_type", shapes.channel_type(channel))
        self.emit(event, name=f"message.{_PLURALS[channel.kind]}", channel=channel)

    def emit(
        self, event: Json, *, name: str | None = None, channel: Channel | None = None
    ) -> str | None:
        """Send an event that the app is subscribed to and may see; return its id."""
        app = self.workspace.app
        name = name or event["type"]
        scope = EVENT_SCOPES.get(name)
        if name not in app.events or app.state == "inactive":
            return None
        if (scope and scope not in app.scopes) or (channel and not self._sees(channel, event)):
            return None
        self._events += 1
        if self._events > self.event_limit:
            if self._events == self.event_limit + 1:
                self.rate_limited()
            return None
        author = self.workspace.users.get(str(event.get("user")))
        payload = self.payload(event, channel, author)
        self.sockets.event(payload, name)
        return str(payload["event_id"])

    def _sees(self, channel: Channel, event: Json) -> bool:
        leaving = event["type"] in {"channel_left", "group_left"}
        return leaving or channel.kind == "im" or self.workspace.is_member(channel)

    def payload(self, event: Json, channel: Channel | None, author: User | None) -> Json:
        """Return the wrapper that every event comes in."""
        app, team = self.workspace.app, self.workspace.team
        foreign = author is not None and author.team != team
        if foreign and author is not None:
            event = {**event, "user_team": author.team, "source_team": author.team}
        return {
            "token": "rig-verification-token",
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self.workspace.draw_id("Ev"),
            "event_time": shapes.now(),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": app.user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": f"4-{self.workspace.draw_token(32)}",
        }

    def rate_limited(self) -> None:
        """Tell the app that it gets no more events for now (30,000 an hour and workspace)."""
        self.journal.write("app_rate_limited")
        payload = {
            "token": "rig-verification-token",
            "type": "app_rate_limited",
            "team_id": self.workspace.team,
            "minute_rate_limited": shapes.now() // 60 * 60,
            "api_app_id": self.workspace.app.id,
            "event_id": self.workspace.draw_id("Ev"),
        }
        self.sockets.event(payload, "app_rate_limited")

    def forget_event_count(self) -> None:
        self._events = 0

    # Interactions

    def stamp(self, user: User) -> Json:
        """Return what every interaction carries: who, where from, and a trigger."""
        team = {"id": self.workspace.team, "domain": self.workspace.domain}
        return {
            "team": team,
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team,
            },
            "api_app_id": self.workspace.app.id,
            "token": "rig-verification-token",
            "trigger_id": self.triggers.draw(user.id),
        }

    def response_url(self, channel: str, user: str, message: Message | None) -> str:
        path = self.triggers.draw_response(channel, user, message)
        return f"{self.base_url}/{path}"
