"""The workspace as Slack keeps it: people, channels, groups, messages and the app installed in it.

Knows nothing of HTTP; `shapes.py` words these as the API does.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from typing import Any, TypeVar

Json = dict[str, Any]

TEAM = "T0KURAGE01"
PARTNER = "T0PARTNER1"
_LETTERS = string.ascii_uppercase + string.digits


@dataclass
class User:
    id: str
    name: str
    real_name: str
    locale: str = "ja-JP"
    email: str | None = None
    team: str = TEAM
    guest: bool = False
    """A multi-channel guest (`is_restricted`)."""
    single_channel: bool = False
    """A single-channel guest (`is_ultra_restricted`)."""
    deactivated: bool = False
    bot_id: str | None = None
    app_id: str | None = None

    @property
    def is_bot(self) -> bool:
        return self.bot_id is not None


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    metadata: Json | None = None
    edited: Json | None = None
    files: list[Json] | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    client_msg_id: str | None = None
    streaming: str | None = None
    """`in_progress`, `completed` or `errored`, where the message is a stream."""
    started: float = 0.0
    """When the stream began, on the rig's clock."""
    shown_to: str | None = None
    """Whom an ephemeral message is for."""
    deleted: bool = False

    @property
    def thread(self) -> str:
        return self.thread_ts or self.ts


@dataclass
class Channel:
    id: str
    name: str
    kind: str = "channel"
    """`channel` (public), `group` (private), `im`, `mpim`."""
    members: list[str] = field(default_factory=list)
    archived: bool = False
    shared_with: list[str] = field(default_factory=list)
    """Teams outside that a Slack Connect channel is shared with."""
    user: str | None = None
    """The person of a direct message."""
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: dict[str, Message] = field(default_factory=dict)

    def replies(self, thread: str) -> list[Message]:
        return [
            message
            for message in self.messages.values()
            if message.thread_ts == thread and message.ts != thread
        ]


@dataclass
class Usergroup:
    id: str
    handle: str
    name: str
    users: list[str]
    disabled: bool = False


@dataclass
class App:
    """The app under test, as it was installed."""

    id: str = "A0KURAGE01"
    user: str = "U0KURAGE01"
    bot_id: str = "B0KURAGE01"
    name: str = "kurage"
    bot_token: str = "xoxb-rig-bot"
    app_token: str = "xapp-1-A0KURAGE01-rig"
    scopes: list[str] = field(default_factory=list)
    app_scopes: list[str] = field(default_factory=lambda: ["connections:write"])
    events: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=lambda: ["/kurage"])
    agent: bool = True
    """An agent or assistant view is switched on in the app's settings."""
    home_tab: bool = True
    messages_tab: bool = True
    state: str = "installed"
    """`installed`, `revoked` (its tokens), `inactive` (uninstalled or disabled)."""
    app_token_state: str = "installed"


_Named = TypeVar("_Named", User, Channel)


class Workspace:
    """One team and the app in it. Ids are drawn from the seed, so runs are alike."""

    def __init__(self, app: App, seed: int = 0) -> None:
        self.app = app
        self.team = TEAM
        self.domain = "kurage"
        self.team_name = "くらげ商事"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self._drawn = random.Random(seed)

    def draw_id(self, prefix: str) -> str:
        return f"{prefix}0" + "".join(self._drawn.choices(_LETTERS, k=9))

    def draw_token(self, length: int = 24) -> str:
        return "".join(self._drawn.choices(string.ascii_letters + string.digits, k=length))

    def user(self, wanted: str) -> User:
        """Return a user by id or name; raises LookupError."""
        return _found(self.users, wanted)

    def channel(self, wanted: str) -> Channel:
        """Return a channel by id or name, with or without `#`; raises LookupError."""
        return _found(self.channels, wanted.removeprefix("#"))

    def direct(self, user: str) -> Channel:
        """Return the direct message channel of the app and a person, opened where it was not."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user:
                return channel
        opened = Channel(self.draw_id("D"), "", "im", [self.app.user, user], user=user)
        self.channels[opened.id] = opened
        return opened

    def names(self) -> dict[str, str]:
        """Return what people read instead of each id."""
        return {
            **{user.id: user.real_name for user in self.users.values()},
            **{channel.id: channel.name for channel in self.channels.values()},
            **{group.id: group.handle for group in self.usergroups.values()},
        }

    def is_member(self, channel: Channel) -> bool:
        return self.app.user in channel.members


def _found(things: dict[str, _Named], wanted: str) -> _Named:
    if wanted in things:
        return things[wanted]
    for thing in things.values():
        if thing.name == wanted:
            return thing
    raise LookupError(f"nobody and nothing here is called {wanted!r}")
