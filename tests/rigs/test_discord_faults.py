"""What goes wrong on demand, and what the real discord.py makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from rigs import discord_bots
from rigs.discord_bots import Call, Commands, Echo, Running, Wire, met
from rigs.discord_rig import GUILD_MEMBERS, DiscordRig

MESSAGES = "/channels/*/messages"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(discord_bots.__file__).parents[1])}


@pytest.fixture
def echo(discord_rig: DiscordRig) -> Iterator[Running]:
    with Running(discord_rig, Echo) as bot:
        discord_rig.wait_for_sockets()
        yield bot


def ask(rig: DiscordRig, count: int) -> list[Any]:
    return [rig.mention("general", "tanaka", str(number)) for number in range(count)]


class TestSockets:
    @pytest.mark.parametrize(
        "fault",
        ["reconnect", "drop", "reset", "invalid_resumable", "close 1000", "close 4000"],
    )
    def test_a_lost_socket_is_resumed_and_nothing_is_lost(
        self, discord_rig: DiscordRig, echo: Running, fault: str
    ) -> None:
        what, _, code = fault.partition(" ")
        asked = ask(discord_rig, 5)
        place = discord_rig.mark()
        assert discord_rig.disturb(what, code=int(code or 4000)) == 1
        asked += ask(discord_rig, 5)
        discord_rig.wait_for_entry("gateway", after=place, what="resume")
        asked += ask(discord_rig, 5)
        for one in asked:
            discord_rig.wait_for_reply(one)
        assert [len(discord_rig.answers(one)) for one in asked] == [1] * 15

    def test_a_session_that_timed_out_is_taken_up_again(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        place = discord_rig.mark()
        discord_rig.disturb("close", code=4009)
        discord_rig.wait_for_entry("gateway", after=place, what="resume")
        discord_rig.wait_for_reply(discord_rig.mention("general", "tanaka", "x"))

    def test_a_socket_is_cut_amid_a_burst_and_only_the_one_that_is_meant(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        place = discord_rig.mark()
        assert discord_rig.disturb("reset", which=1) == 0
        discord_rig.disturb("reset", which=0, after=7)
        asked = discord_rig.burst([("general", "tanaka", str(n)) for n in range(20)])
        discord_rig.wait_for_entry("gateway", after=place, what="resume")
        for one in asked:
            discord_rig.wait_for_reply(one)
        assert [len(discord_rig.answers(one)) for one in asked] == [1] * 20

    def test_events_that_are_replayed_too_far_back_are_answered_again(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = ask(discord_rig, 3)
        for one in asked:
            discord_rig.wait_for_reply(one)
        discord_rig.rewind(10)
        place = discord_rig.mark()
        discord_rig.disturb("reset")
        discord_rig.wait_for_entry("gateway", after=place, what="resume")
        discord_rig.wait_for_entry("post", after=place)
        discord_rig.quiet(0.1)
        # A bare echo does not know what it has answered; the rig sees it.
        assert discord_rig.doubled()

    def test_copies_of_one_event_are_answered_each(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        discord_rig.copies("MESSAGE_CREATE", 5)
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_reply(asked)
        discord_rig.quiet(0.1)
        assert len(discord_rig.answers(asked)) == 5
        assert len(discord_rig.doubled()) == 4

    def test_a_half_open_socket_is_noticed_by_its_silence(self, discord_rig: DiscordRig) -> None:
        discord_rig.reset(heartbeat=0.2)
        discord_rig.unlimited()
        with Running(discord_rig, lambda: Echo(heartbeat_timeout=0.6)):
            discord_rig.wait_for_sockets()
            place = discord_rig.mark()
            began = time.monotonic()
            discord_rig.disturb("half_open")
            asked = discord_rig.mention("general", "tanaka", "x")
            discord_rig.wait_for_entry("gateway", after=place, what="resume")
            assert 0.3 < time.monotonic() - began < 3
            discord_rig.wait_for_reply(asked)

    def test_a_refused_upgrade_is_tried_again(self, discord_rig: DiscordRig, echo: Running) -> None:
        place = discord_rig.mark()
        discord_rig.refuse_upgrades(1)
        discord_rig.disturb("drop")
        discord_rig.wait_for_entry("gateway", after=place, what="refused upgrade")
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_reply(asked, 10)

    def test_a_heartbeat_that_is_asked_for_comes(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        place = discord_rig.mark()
        discord_rig.disturb("heartbeat")
        discord_rig.wait_for_entry("gateway", after=place, what="heartbeat")

    def test_a_revoked_token_ends_the_bot_and_all_its_requests(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        discord_rig.revoke_token()
        ended = echo.ended()
        assert isinstance(ended, discord.ConnectionClosed)
        assert ended.code == 4004
        assert Call(discord_rig)("GET", "/users/@me")[0] == 401
        discord_rig.recover()
        assert Call(discord_rig)("GET", "/users/@me")[0] == 200


class TestClosed:
    """The close codes of the gateway, on a bare socket."""

    @pytest.mark.parametrize(
        ("deed", "code"),
        [
            ("unknown opcode", 4001),
            ("not JSON", 4002),
            ("too long", 4002),
            ("not authenticated", 4003),
            ("wrong token", 4004),
            ("identified twice", 4005),
            ("sequence of the future", 4007),
            ("too much", 4008),
            ("wrong shard", 4010),
            ("unknown intents", 4013),
            ("ungranted intents", 4014),
        ],
    )
    async def test_a_misdeed_closes_with_its_code(
        self, discord_rig: DiscordRig, deed: str, code: int
    ) -> None:
        discord_rig.limit(gateway=True)
        async with Wire(discord_rig) as wire:
            await self._do(wire, deed)
            while "closed" not in (payload := await wire.receive()):
                pass
            assert payload["closed"] == code

    async def _do(self, wire: Wire, deed: str) -> None:
        if deed in {"identified twice", "sequence of the future"}:
            await wire.identify()
        if deed == "too much":
            for _ in range(121):
                await wire.send(1)
        elif deed == "sequence of the future":
            await wire.reconnect()
            await wire.resume(wire.session, 9_999)
        else:
            await {
                "unknown opcode": lambda: wire.send(42),
                "not JSON": lambda: wire.say("{"),
                "too long": lambda: wire.say("x" * 4097),
                "not authenticated": lambda: wire.send(3, {}),
                "wrong token": lambda: wire.identify(token="x"),
                "identified twice": wire.identify,
                "wrong shard": lambda: wire.identify(shard=[2, 2]),
                "unknown intents": lambda: wire.identify(1 << 40),
                "ungranted intents": lambda: wire.identify(GUILD_MEMBERS),
            }[deed]()

    async def test_who_does_not_beat_is_timed_out(self, discord_rig: DiscordRig) -> None:
        discord_rig.reset(heartbeat=0.1)
        async with Wire(discord_rig) as wire:
            await wire.identify()
            while "closed" not in (payload := await wire.receive()):
                pass
            assert payload["closed"] == 4009

    async def test_an_invalid_session_is_lost_and_so_is_what_comes_before_the_next(
        self, discord_rig: DiscordRig
    ) -> None:
        """discord.py sleeps 5 s here (client.py), too long for a test: 20 of 45 mentions lost."""
        async with Wire(discord_rig) as wire:
            await wire.identify()
            await wire.until("GUILD_CREATE")
            gone, seq = wire.session, wire.seq
            discord_rig.disturb("invalid")
            assert (await wire.receive())["d"] is False
            lost = ask(discord_rig, 5)
            await wire.reconnect()
            await wire.resume(gone, seq)
            assert (await wire.receive())["op"] == 9
            assert (await wire.identify())["t"] == "READY"
            await wire.until("GUILD_CREATE")
            asked = discord_rig.mention("general", "tanaka", "x")
            assert (await wire.receive())["d"]["id"] == asked.id
        path = f"/channels/{asked.channel}/messages?after={int(lost[0].id) - 1}"
        history = Call(discord_rig)("GET", path)[1]
        assert [one["id"] for one in reversed(history)] == [one.id for one in (*lost, asked)]

    async def test_a_session_that_is_gone_is_invalid_and_identifying_too_soon_too(
        self, discord_rig: DiscordRig
    ) -> None:
        discord_rig.limit(identify=True)
        async with Wire(discord_rig) as wire:
            await wire.resume("gone", 1)
            assert (await wire.receive())["op"] == 9
            assert (await wire.identify())["t"] == "READY"
        async with Wire(discord_rig) as wire:
            assert (await wire.identify())["op"] == 9


class TestRequests:
    def test_a_429_is_waited_for_only_when_it_came_through_discord(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        discord_rig.fail("POST", MESSAGES, status=429, retry_after=0.2)
        asked = discord_rig.mention("general", "tanaka", "x")
        assert discord_rig.wait_for_reply(asked).text == "x"
        assert (discord_rig.timeline(asked).complete or 0) >= 0.2
        discord_rig.fail("POST", MESSAGES, status=429, retry_after=0.2, via=False)
        asked = discord_rig.mention("general", "tanaka", "x")
        assert [error.status for error in met(echo)] == [429]  # type: ignore[attr-defined]
        assert discord_rig.answers(asked) == []

    def test_a_500_502_or_504_is_tried_again_after_a_second_and_not_doubled(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = []
        for place, status in [("general", 500), ("総務", 502), ("会議室", 504)]:
            path = f"/channels/{discord_rig.company()['channels'][place]}/messages"
            # The work is done, and the answer says it was not: a nonce is all that helps.
            discord_rig.fail("POST", path, status=status, cut="after")
            asked.append(discord_rig.mention(place, "tanaka", "x"))
        mark = discord_rig.mark()
        for _ in asked:
            entry = discord_rig.wait_for_entry("call", after=mark, method="POST", status=200)
            mark = discord_rig.journal().index(entry) + 1
        assert [len(discord_rig.answers(one)) for one in asked] == [1, 1, 1]
        assert len(discord_rig.calls("POST", MESSAGES)) == 6

    @pytest.mark.parametrize(
        ("how", "kind"),
        [
            ({"status": 503}, discord.DiscordServerError),
            ({"status": 403}, discord.Forbidden),
            ({"cut": "before"}, aiohttp.ServerDisconnectedError),
            ({"cut": "before", "reset": True}, OSError),
            ({"cut": "body"}, aiohttp.ClientPayloadError),
        ],
        ids=["503", "403", "FIN", "RST", "half an answer"],
    )
    def test_other_trouble_reaches_the_bot_at_once(
        self, discord_rig: DiscordRig, echo: Running, how: dict[str, Any], kind: type[Exception]
    ) -> None:
        discord_rig.fail("POST", MESSAGES, **how)
        asked = discord_rig.mention("general", "tanaka", "x")
        (error,) = met(echo)
        assert isinstance(error, kind)
        assert len(discord_rig.answers(asked)) == (how.get("cut") == "body")

    @pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
    def test_a_lost_answer_is_not_doubled_by_a_second_try_with_its_nonce(
        self, discord_rig: DiscordRig, echo: Running, reset: bool
    ) -> None:
        discord_rig.fail("POST", MESSAGES, cut="after", reset=reset)
        place = int(discord_rig.company()["channels"]["general"])
        channel = echo.client.get_partial_messageable(place)

        async def send() -> discord.Message:
            with pytest.raises(aiohttp.ClientError):
                await channel.send("x", nonce="7")
            return await channel.send("x", nonce="7")

        sent = echo.do(send())
        assert [one.id for one in discord_rig.view("general", "tanaka")] == [str(sent.id)]

    def test_a_slow_answer_is_waited_for(self, discord_rig: DiscordRig, echo: Running) -> None:
        discord_rig.fail("POST", MESSAGES, delay=0.2)
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_reply(asked)
        (call,) = discord_rig.calls("POST", MESSAGES)
        assert call["at"] - call["requested"] >= 0.2

    def test_faults_strike_as_the_seed_draws_them(self, discord_rig: DiscordRig) -> None:
        def drawn() -> list[int]:
            discord_rig.reset(seed=3)
            discord_rig.unlimited()
            discord_rig.fail("GET", "/users/@me", status=500, probability=0.5, times=None)
            return [Call(discord_rig)("GET", "/users/@me")[0] for _ in range(12)]

        first = drawn()
        assert set(first) == {200, 500}
        assert drawn() == first

    def test_a_deferred_command_is_answered_though_the_first_request_fails_later(
        self, discord_rig: DiscordRig
    ) -> None:
        with Running(discord_rig, Commands):
            discord_rig.wait_for_sockets()
            discord_rig.fail("POST", "/webhooks/*", delay=0.1)
            used = discord_rig.slash("tanaka", "general", "ask", {"question": "日当は？"})
            thinking = discord_rig.wait_for_state(used, "thinking")
            assert thinking.answered_after is not None
            assert [one.text for one in discord_rig.view("general", "suzuki")] == ["(thinking)"]
            discord_rig.wait_for_reply(used, containing="日当は？")


def test_the_rig_lives_on_when_the_bot_is_killed(discord_rig: DiscordRig) -> None:
    """Nothing is sent twice: the next process finds in the history what the last one was sent."""
    discord_rig.fail("POST", MESSAGES, delay=1.0)
    address = [discord_rig.url, discord_rig.gateway, discord_rig.token]
    with subprocess.Popen(
        [sys.executable, discord_bots.__file__, *address], env=ENVIRONMENT
    ) as bot:
        discord_rig.wait_for_sockets()
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_entry("event", event="MESSAGE_CREATE", id=asked.id)
        time.sleep(0.05)
        bot.kill()
    with Running(discord_rig, Echo) as running:
        discord_rig.wait_for_sockets()
        place = int(asked.channel)

        async def missed() -> list[int]:
            channel = running.client.get_partial_messageable(place)
            return [one.id async for one in channel.history(limit=5)]

        assert int(asked.id) in running.do(missed())
        assert running.client.of("message") == []  # type: ignore[attr-defined]


def test_waiting_in_vain_says_so(discord_rig: DiscordRig) -> None:
    asked = discord_rig.mention("general", "tanaka", "x")
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        discord_rig.wait_for_reply(asked, 0.1)
    assert time.monotonic() - began < 2
