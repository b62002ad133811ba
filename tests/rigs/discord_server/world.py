"""The company that talks: servers, roles, people, channels, threads and messages, in memory.

Knows nothing of the wire. `World(seed)` is the same company in every run of one seed.
"""

from __future__ import annotations

import random
import string
import time
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rigs.discord_server.clock import Snowflakes
from rigs.discord_server.permissions import Bits

Json = dict[str, Any]

TEXT, DM, VOICE, ANNOUNCEMENT, FORUM = 0, 1, 2, 5, 15
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
THREADS = {NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD}
KINDS = {"text": TEXT, "voice": VOICE, "announcement": ANNOUNCEMENT, "forum": FORUM}

EPHEMERAL, LOADING, HAS_THREAD, V2 = 1 << 6, 1 << 7, 1 << 5, 1 << 15
SUPPRESS_EMBEDS = 1 << 2


@dataclass
class User:
    id: int
    name: str
    shown: str
    locale: str = "ja"
    bot: bool = False
    dms_open: bool = True
    """Whether others may start a conversation; Discord answers 50007 where they may not."""


@dataclass
class Role:
    id: int
    name: str
    permissions: int = 0
    mentionable: bool = False
    managed: bool = False
    position: int = 1


@dataclass
class Member:
    user_id: int
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    joined: float = 1_743_465_600.0


@dataclass
class Overwrite:
    id: int
    """Of a role or of a member."""
    member: bool
    allow: int = 0
    deny: int = 0


@dataclass
class Channel:
    id: int
    type: int
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    overwrites: list[Overwrite] = field(default_factory=list)
    recipients: list[int] = field(default_factory=list)
    owner_id: int | None = None
    members: dict[int, float] = field(default_factory=dict)
    """Who joined a thread, and when."""
    archived: bool = False
    locked: bool = False
    changed: float = field(default_factory=time.time)
    auto_archive: int = 1440
    topic: str | None = None
    position: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    sent: int = 0

    @property
    def is_thread(self) -> bool:
        """Whether it hangs below another channel."""
        return self.type in THREADS


@dataclass
class Guild:
    id: int
    name: str
    owner_id: int
    locale: str = "ja"
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    unavailable: bool = False
    system_channel_id: int | None = None
    """Where newcomers are announced."""


_Thing = TypeVar("_Thing", User, Channel, Guild)


@dataclass
class Message:
    id: int
    channel_id: int
    author_id: int
    content: str = ""
    type: int = 0
    guild_id: int | None = None
    flags: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    reference: Json | None = None
    nonce: str | int | None = None
    created: float = field(default_factory=time.time)
    edited: float | None = None
    mentions: list[int] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    pinged: list[int] = field(default_factory=list)
    """Who got a notification, the author of what is replied to among them."""
    allowed: Json | None = None
    """What the sender allowed to ping; an edit without it keeps to this."""
    application_id: int | None = None
    """Set on answers to an interaction."""
    webhook_id: int | None = None
    """Set on what another application posts without being a member."""
    interaction: Json | None = None
    seen_by: int | None = None
    """The one person who sees it; None: everyone in the channel."""
    reactions: dict[str, list[int]] = field(default_factory=dict)
    thread_id: int | None = None
    at: float = 0.0
    """When the request for it arrived, or when a person sent it (the rig's clock)."""
    changed_at: float = 0.0
    deleted: bool = False
    revisions: list[Json] = field(default_factory=list)
    """What it said before: `at`, `content`."""


class World:
    """Everything there is, by id; names are looked up by `user`, `channel` and `guild`."""

    def __init__(self, seed: int = 0) -> None:
        self.ids = Snowflakes(seed)
        drawn = random.Random(seed)
        letters = string.ascii_letters + string.digits
        self.token = ".".join("".join(drawn.choices(letters, k=n)) for n in (24, 6, 38))
        self.verify_key = "".join(drawn.choices("0123456789abcdef", k=64))
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.intents_granted = 0
        """Which privileged intents the portal grants, as bits of the gateway's intents."""
        self.endpoint: str | None = None
        """Where interactions are posted to instead of the gateway, as set in the portal."""
        self.bot = self.add_user("kurage", "Kurage", bot=True)
        self._furnish()

    def _furnish(self) -> None:
        for name, shown, locale in [
            ("tanaka", "田中 一郎", "ja"),
            ("suzuki", "鈴木 花子", "ja"),
            ("smith", "John Smith", "en-US"),
        ]:
            self.add_user(name, shown, locale=locale)
        self.add_user("sato", "佐藤（DM拒否）").dms_open = False
        self.add_user("otherbot", "Other Bot", bot=True)
        company = self.add_guild("Kurage商事")
        self.add_role(company, "総務部", mentionable=True, members=["suzuki"])
        self.add_role(company, "管理者", permissions=Bits.ADMINISTRATOR, members=["sato"])
        self.add_channel("general", company)
        self.add_channel("総務", company)
        self.add_channel("お知らせ", company, ANNOUNCEMENT, bot_deny=Bits.SEND_MESSAGES)
        self.add_channel("人事", company, bot_deny=Bits.VIEW_CHANNEL)
        self.add_channel("質問", company, FORUM)
        self.add_channel("会議室", company, VOICE)

    # Making

    def add_user(self, name: str, shown: str, *, locale: str = "ja", bot: bool = False) -> User:
        """Add a person, or another bot."""
        user = User(self.ids.old(), name, shown, locale, bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, locale: str = "ja", with_bot: bool = True) -> Guild:
        """Add a server of which everyone is a member."""
        people = [user for user in self.users.values() if with_bot or user is not self.bot]
        owner = next(user for user in people if not user.bot)
        guild = Guild(self.ids.old(), name, owner.id, locale)
        guild.roles[guild.id] = Role(guild.id, "@everyone", int(Bits.EVERYONE), position=0)
        guild.members = {user.id: Member(user.id) for user in people}
        self.guilds[guild.id] = guild
        if with_bot:
            self.add_role(guild, self.bot.shown, members=[self.bot.name], managed=True)
        return guild

    def add_role(
        self,
        guild: Guild,
        name: str,
        *,
        permissions: int = 0,
        members: list[str] | None = None,
        mentionable: bool = False,
        managed: bool = False,
    ) -> Role:
        """Add a role and give it to members by name."""
        role = Role(self.ids.old(), name, int(permissions), mentionable, managed, len(guild.roles))
        guild.roles[role.id] = role
        for one in members or []:
            guild.members[self.user(one).id].roles.append(role.id)
        return role

    def add_channel(
        self, name: str, guild: Guild, kind: int = TEXT, *, bot_deny: int = 0
    ) -> Channel:
        """Add a channel; `bot_deny` are permissions that the bot does not have in it."""
        channel = Channel(
            self.ids.old(), kind, name, guild.id, position=len(self.channels), owner_id=None
        )
        if bot_deny:
            channel.overwrites.append(Overwrite(self.bot.id, member=True, deny=int(bot_deny)))
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: User) -> Channel:
        """Return the conversation of a person and the bot; it is made where there is none."""
        for channel in self.channels.values():
            if channel.type == DM and user.id in channel.recipients:
                return channel
        channel = Channel(self.ids.new(), DM, "", recipients=[user.id])
        self.channels[channel.id] = channel
        return channel

    # Finding, by id or by name; KeyError says what there is

    def user(self, ref: int | str) -> User:
        """Return a person by id or name."""
        return _find(self.users, ref, "user")

    def guild(self, ref: int | str | None) -> Guild:
        """Return a server by id or name; None: the first."""
        if ref is None:
            return next(iter(self.guilds.values()))
        return _find(self.guilds, ref, "guild")

    def channel(self, ref: int | str) -> Channel:
        """Return a channel or thread by id or name."""
        return _find(self.channels, ref, "channel")

    def message(self, ref: int | str) -> Message:
        """Return a message by id, deleted ones too."""
        for channel in self.channels.values():
            if found := channel.messages.get(int(ref)):
                return found
        raise KeyError(f"no message {ref}")

    def role_of(self, guild: Guild, user_id: int) -> list[int]:
        """Return the roles of a member, @everyone among them."""
        member = guild.members.get(user_id)
        return [guild.id, *member.roles] if member else []

    def threads(self, guild_id: int) -> list[Channel]:
        """Return the threads of a server that are not archived."""
        return [
            channel
            for channel in self.channels.values()
            if channel.is_thread and channel.guild_id == guild_id and not channel.archived
        ]


def _find(things: dict[int, _Thing], ref: int | str, what: str) -> _Thing:
    text = str(ref)
    if text.isdecimal() and int(text) in things:
        return things[int(text)]
    for thing in things.values():
        if thing.name == text:
            return thing
    raise KeyError(f"no {what} {ref!r}; there are {[thing.name for thing in things.values()]}")
