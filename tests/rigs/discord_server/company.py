"""What befalls the company and the bot in it: people join, channels open, servers come and go."""

from __future__ import annotations

import time

from rigs.discord_server import gateway, permissions, routes_channels, shapes, threads
from rigs.discord_server.core import Core
from rigs.discord_server.permissions import Bits
from rigs.discord_server.world import KINDS, Channel, Member, Overwrite

Ref = int | str
"""An id, or a name."""


class Company:
    """The company of one rig."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._world = core.world

    def add_user(self, name: str, shown: str, locale: str = "ja", dms_open: bool = True) -> str:
        """Let a person join every server; returns the id."""
        user = self._world.add_user(name, shown, locale=locale)
        user.dms_open = dms_open
        for guild in self._world.guilds.values():
            guild.members[user.id] = Member(user.id, joined=time.time())
            joined = shapes.member(self._world, guild.members[user.id])
            self._core.gateway.dispatch(
                "GUILD_MEMBER_ADD",
                {**joined, "guild_id": str(guild.id)},
                guild_id=guild.id,
                intents=gateway.GUILD_MEMBERS,
            )
        return str(user.id)

    def remove_user(self, user: Ref, guild: Ref | None = None) -> None:
        """Let a person leave a server."""
        place, person = self._world.guild(guild), self._world.user(user)
        del place.members[person.id]
        gone = {"guild_id": str(place.id), "user": shapes.user(person)}
        self._core.gateway.dispatch(
            "GUILD_MEMBER_REMOVE", gone, guild_id=place.id, intents=gateway.GUILD_MEMBERS
        )

    def rename(self, user: Ref, nick: str, guild: Ref | None = None) -> None:
        """Give a member another name in a server."""
        place, person = self._world.guild(guild), self._world.user(user)
        place.members[person.id].nick = nick
        changed = shapes.member(self._world, place.members[person.id])
        # A bot always hears of itself.
        intents = 0 if person is self._world.bot else gateway.GUILD_MEMBERS
        self._core.gateway.dispatch(
            "GUILD_MEMBER_UPDATE",
            {**changed, "guild_id": str(place.id)},
            guild_id=place.id,
            intents=intents,
        )

    def add_channel(
        self,
        name: str,
        kind: str = "text",
        guild: Ref | None = None,
        bot_denied: list[str] | None = None,
    ) -> str:
        """Make a channel: `text`, `voice`, `announcement`, `forum`; returns its id."""
        place = self._world.guild(guild)
        made = self._world.add_channel(name, place, KINDS[kind], bot_deny=_bits(bot_denied))
        if permissions.sees(self._world, self._world.bot.id, made):
            self._channel_event("CHANNEL_CREATE", made)
        return str(made.id)

    def permit(self, channel: Ref, bot_denied: list[str]) -> None:
        """Set what the bot may not do in a channel."""
        place, bot = self._world.channel(channel), self._world.bot.id
        before = permissions.sees(self._world, bot, place)
        place.overwrites = [one for one in place.overwrites if one.id != bot]
        if bot_denied:
            place.overwrites.append(Overwrite(bot, member=True, deny=_bits(bot_denied)))
        after = permissions.sees(self._world, bot, place)
        self._channel_event("CHANNEL_UPDATE", place)
        if after and not before:
            threads.listed_again(self._core, place)

    def remove_channel(self, channel: Ref) -> None:
        """Delete a channel or thread."""
        threads.remove(self._core, self._world.channel(channel))

    def _channel_event(self, event: str, place: Channel) -> None:
        shape = shapes.channel(self._world, place)
        self._core.gateway.dispatch(event, shape, guild_id=place.guild_id, intents=gateway.GUILDS)

    def add_to_guild(self, name: str, locale: str = "ja", announcing: bool = False) -> str:
        """Invite the bot to another server with a channel `NAME-general`; returns its id.

        `announcing`: the channel is where the server announces newcomers.
        """
        made = self._world.add_guild(name, locale=locale)
        channel = self._world.add_channel(f"{name}-general", made)
        made.system_channel_id = channel.id if announcing else None
        joined = shapes.guild_create(self._world, made, all_members=False)
        # Said of servers that are known from READY only.
        del joined["unavailable"]
        self._core.gateway.dispatch(
            "GUILD_CREATE",
            joined,
            guild_id=made.id,
            intents=gateway.GUILDS,
        )
        return str(made.id)

    def kick(self, guild: Ref | None = None) -> None:
        """Put the bot out of a server."""
        routes_channels.leave_server(self._core, self._world.guild(guild))

    def outage(self, guild: Ref | None = None, over: bool = False) -> None:
        """Let a server be unavailable, as in an outage of Discord's own, or come back."""
        place = self._world.guild(guild)
        place.unavailable = not over
        event, told = "GUILD_DELETE", {"id": str(place.id), "unavailable": True}
        if over:
            event, told = "GUILD_CREATE", shapes.guild_create(self._world, place, all_members=False)
        self._core.gateway.dispatch(event, told, guild_id=place.id, intents=gateway.GUILDS)


def _bits(names: list[str] | None) -> int:
    bits = 0
    for name in names or []:
        bits |= Bits[name.upper()]
    return int(bits)
