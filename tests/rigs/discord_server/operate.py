"""What a test asks of the rig's process: let people act, wait, look, and make things go wrong."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from rigs import faults
from rigs.discord_server import gateway, interactions, permissions
from rigs.discord_server.company import Ref
from rigs.discord_server.contract import described
from rigs.discord_server.core import furnished
from rigs.discord_server.errors import ApiError
from rigs.discord_server.people import People, described_message
from rigs.discord_server.server import Server
from rigs.discord_server.world import Channel, Message

Json = dict[str, Any]


class Operator(People):
    """All that a test can ask for, by the name of the method."""

    # Waiting; seconds are this machine's

    async def wait_for_reply(
        self, to: Ref, seconds: float, containing: str = "", count: int = 1
    ) -> list[Json]:
        """Wait until so many answers to a message or interaction are there; returns them."""

        def found() -> list[Message] | None:
            answers = [
                one
                for one in self._answers(to)
                if containing in described_message(self._core, one)["text"] and not one.flags & 128
            ]
            return answers if len(answers) >= count else None

        answers = await self._core.journal.until(found, seconds)
        return [described_message(self._core, one) for one in answers]

    async def wait_for_message(
        self, channel: Ref, seconds: float, containing: str = "", after: Ref = 0
    ) -> Json:
        """Wait for something the bot says in a channel."""
        place = self._world.channel(channel)

        def found() -> Message | None:
            for one in place.messages.values():
                if one.author_id != self._world.bot.id or one.id <= int(after) or one.deleted:
                    continue
                if containing in described_message(self._core, one)["text"]:
                    return one
            return None

        return described_message(self._core, await self._core.journal.until(found, seconds))

    async def wait_for_state(self, interaction: Ref, states: list[str], seconds: float) -> Json:
        """Wait until a person sees an interaction in one of these states."""
        one = self._core.interactions[int(interaction)]
        try:
            async with asyncio.timeout(seconds):
                # Failing is what time alone does, so the journal is no help.
                while interactions.seen(self._core, one) not in states:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        except TimeoutError:
            state = interactions.seen(self._core, one)
            raise TimeoutError(f"still {state!r} after {seconds} s") from None
        return interactions.as_seen(self._core, one)

    async def wait_for_sockets(self, count: int, seconds: float) -> None:
        """Wait until so many sockets have identified or resumed."""

        def found() -> bool:
            held = [one for one in self._core.gateway.sockets if one.session and not one.half_open]
            return len(held) >= count

        await self._core.journal.until(found, seconds)

    async def wait_for_entry(self, kind: str, having: Json, seconds: float, after: int = 0) -> Json:
        """Wait for an entry of the journal with these values, from a place on."""

        def found() -> Json | None:
            for entry in self._core.journal.entries[after:]:
                if entry["kind"] == kind and all(entry.get(k) == v for k, v in having.items()):
                    return entry
            return None

        return _plain(await self._core.journal.until(found, seconds))

    async def quiet(self, seconds: float, most: float) -> None:
        """Wait until the bot has called nothing for so long; TimeoutError after `most`."""
        async with asyncio.timeout(most):
            while True:
                calls = self._core.journal.of("call")
                since = self._core.clock.now() - (calls[-1]["at"] if calls else 0.0)
                if since >= seconds:
                    return
                await asyncio.sleep(seconds - since)

    # Looking

    def answers(self, to: Ref) -> list[Json]:
        """Return the bot's messages that answer a message or an interaction, deleted ones not."""
        return [described_message(self._core, one) for one in self._answers(to)]

    def _answers(self, to: Ref) -> list[Message]:
        number = int(to)
        if started := self._core.interactions.get(number):
            found = [self._world.message(one) for one in started.messages]
            return [one for one in found if not one.deleted]
        asked = self._world.message(number)
        place = self._world.channels[asked.channel_id]
        mine = [
            one
            for channel in (place, self._world.channels.get(asked.thread_id or 0))
            if channel
            for one in channel.messages.values()
            if one.author_id == self._world.bot.id and not one.deleted and one.id > asked.id
        ]
        return [one for one in mine if self._meant(one, asked)]

    def _meant(self, one: Message, asked: Message) -> bool:
        if one.interaction:
            return False
        if one.reference and one.type == 19:
            return bool(one.reference["message_id"] == str(asked.id))
        # Without a reply's mark: in a thread on the question, or as what follows it directly.
        if one.channel_id == asked.thread_id:
            return True
        place = self._world.channels[one.channel_id]
        between = [m for m in place.messages.values() if asked.id < m.id < one.id]
        return all(m.author_id == self._world.bot.id for m in between)

    def message(self, message: Ref) -> Json:
        """Return a message."""
        return described_message(self._core, self._world.message(message))

    def view(self, channel: Ref | None, user: Ref) -> list[Json]:
        """Return what a person sees in a channel, or (None) in the conversation with the bot."""
        person = self._world.user(user)
        place = self._world.dm(person) if channel is None else self._world.channel(channel)
        if not permissions.sees(self._world, person.id, place):
            return []
        return [
            described_message(self._core, one)
            for one in place.messages.values()
            if not one.deleted and one.seen_by in {None, person.id}
        ]

    def typing(self, channel: Ref) -> bool:
        """Tell whether the bot is seen typing."""
        place: Channel = self._world.channel(channel)
        return self._core.typing.get(place.id, 0.0) > self._core.clock.now()

    def interaction(self, interaction: Ref) -> Json:
        """Return what a person sees of what was started."""
        one = self._core.interactions[int(interaction)]
        return interactions.as_seen(self._core, one)

    def timeline(self, to: Ref) -> Json:
        """Return seconds from a question to the first sign of life and to the last word.

        Times are those at which the bot's requests arrived.
        """
        started = self._core.interactions.get(int(to))
        asked = started.sent_at if started else self._world.message(to).at
        channel = str(started.channel_id if started else self._world.message(to).channel_id)
        answers = self._answers(to)
        signs = [one.at for one in answers]
        signs += [
            entry["requested"]
            for entry in self._core.journal.of("typing")
            if entry["channel"] == channel and entry["requested"] >= asked
        ]
        if started and started.answered_at:
            signs.append(started.answered_at)
        done = [one.changed_at for one in answers if not one.flags & 128]
        return {
            "first_sign": min(signs) - asked if signs else None,
            "complete": max(done) - asked if done else None,
        }

    def doubled(self) -> list[Json]:
        """Return the bot's messages that say again what another one says to the same question."""
        said: dict[tuple[Any, ...], list[Message]] = defaultdict(list)
        for channel in self._world.channels.values():
            for one in channel.messages.values():
                if one.author_id == self._world.bot.id and not one.deleted:
                    asked = (one.reference or {}).get("message_id")
                    started = (one.interaction or {}).get("id")
                    shown = described_message(self._core, one)["text"]
                    said[(one.channel_id, asked, started, shown)].append(one)
        return [described_message(self._core, one) for same in said.values() for one in same[1:]]

    def journal(self, kind: str | None = None, after: int = 0) -> list[Json]:
        """Return what happened, from a place on."""
        entries = self._core.journal.entries[after:]
        return [_plain(entry) for entry in entries if kind in {None, entry["kind"]}]

    def mark(self) -> int:
        """Return the place in the journal that is now."""
        return len(self._core.journal.entries)

    def commands(self) -> list[Json]:
        """Return the registered commands."""
        return [one for scope in self._core.commands.values() for one in scope.values()]

    def company(self) -> Json:
        """Return ids: the bot, people, channels, servers, roles."""
        world = self._world
        roles = [one for guild in world.guilds.values() for one in guild.roles.values()]
        return {
            "bot": str(world.bot.id),
            "token": world.token,
            "users": {one.name: str(one.id) for one in world.users.values()},
            "channels": {one.name: str(one.id) for one in world.channels.values() if one.name},
            "guilds": {one.name: str(one.id) for one in world.guilds.values()},
            "roles": {one.name: str(one.id) for one in roles},
        }

    def violations(self, description: str | None) -> list[str]:
        """Return what broke Discord's description or was not known to the rig."""
        found = [entry["what"] for entry in self._core.journal.of("unknown")]
        if description is not None:
            contract = described(Path(description))
            for call in self._core.journal.of("call"):
                found += contract.breaches(call)
        return list(dict.fromkeys(found))

    def limit_hits(self) -> Json:
        """Return how often which limit was hit, and the most invalid requests in ten minutes."""
        limits = self._core.limits
        return {"hits": limits.hits, "most_invalid": limits.most_invalid}

    # Going wrong

    def fail(self, fault: Json) -> None:
        """Let requests that fit fail."""
        self._core.faults.add(faults.from_json(fault))

    async def disturb(
        self, what: str, code: int = 4000, which: int | None = None, after: int = 0
    ) -> int:
        """Do something to sockets, now or after so many events: see `Gateway.disturb`."""
        if after:
            self._core.gateway.mischief.planned.append([after, what, code, which])
            return 0
        return await self._core.gateway.disturb(what, code, which)

    def hurry(self, speed: float) -> None:
        """Let Discord's seconds pass so much faster from now on."""
        self._core.clock.speed = speed

    def copies(self, event: str, copies: int, times: int) -> None:
        """Send each of the next events of a name so often."""
        mischief = self._core.gateway.mischief
        mischief.copies = {**(mischief.copies or {}), event: [copies, times]}

    def rewind(self, events: int) -> None:
        """Let the next resume replay so many events too many."""
        self._core.gateway.mischief.rewind = events

    async def revoke_token(self, revoked: bool = True) -> None:
        """Let the bot's token be reset in the portal while it runs."""
        self._core.revoked = revoked
        if revoked:
            await self._core.gateway.disturb("close", 4004)

    def recover(self) -> None:
        """End all faults."""
        self._core.faults.clear()
        self._core.revoked = False
        self._core.gateway.mischief = gateway.Mischief()

    def limit(self, switches: Json) -> None:
        """Switch limits and set their sizes: the fields of `Switches`."""
        limits = self._core.limits
        if sizes := switches.get("sizes"):
            switches = {**switches, "sizes": {name: tuple(one) for name, one in sizes.items()}}
        limits.on = replace(limits.on, **switches)

    def limits(self) -> Json:
        """Return the limits in force."""
        return asdict(self._core.limits.on)

    def send_interactions_to(self, endpoint: str | None) -> None:
        """Set the portal's interactions endpoint: the gateway gets none from then on."""
        self._world.endpoint = endpoint

    def grant(self, intents: int) -> None:
        """Set which privileged intents the portal grants."""
        self._world.intents_granted = intents


def admin(server: Server, options: Json) -> web.Application:
    """Return the application that tests steer the rig by; it listens on a port of its own.

    `options` are what `furnished` takes; `reset` may ask for others.
    """
    operator = Operator(server.core)

    async def reset(request: web.Request) -> web.Response:
        nonlocal operator
        core = furnished(**{**options, **await request.json()})
        core.base, core.gateway.address = server.core.base, server.core.gateway.address
        for socket in list(server.core.gateway.sockets):
            socket.cut(reset=True)
        server.core, operator = core, Operator(core)
        return web.json_response(core.world.token)

    async def handle(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        method = getattr(operator, name, None)
        if name.startswith("_") or method is None:
            return _refusal(KeyError(f"no {name}"))
        try:
            result = method(**await request.json())
            if inspect.isawaitable(result):
                result = await result
        except (TimeoutError, KeyError, TypeError, ValueError, ApiError) as error:
            return _refusal(error)
        return web.json_response(result, dumps=lambda one: json.dumps(one, default=str))

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/reset", reset)
    app.router.add_post("/{name}", handle)
    return app


def _refusal(error: Exception) -> web.Response:
    # A KeyError would print as the repr of what it says.
    said = str(error.args[0]) if isinstance(error, KeyError) else str(error)
    return web.json_response({"error": type(error).__name__, "message": said}, status=400)


def _plain(entry: Json) -> Json:
    return {
        name: value.decode(errors="replace") if isinstance(value, bytes) else value
        for name, value in entry.items()
    }
