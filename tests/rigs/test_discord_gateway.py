"""The Discord rig's sockets and routes, over the bare wire, are as Discord describes them."""

from __future__ import annotations

from typing import Any

import pytest
from rigs.discord_bots import Call, Wire
from rigs.discord_rig import DEFAULT_INTENTS, GUILD_MEMBERS, DiscordRig


class TestGateway:
    @pytest.mark.parametrize("compress", ["", "zlib-stream", "zstd-stream"])
    async def test_events_come_compressed_as_was_asked_for(
        self, discord_rig: DiscordRig, compress: str
    ) -> None:
        async with Wire(discord_rig, compress) as wire:
            assert wire.hello["d"]["heartbeat_interval"] == 41_250
            assert (await wire.identify())["d"]["user"]["username"] == "kurage"
            guild = (await wire.receive())["d"]
            assert guild["name"] == "Kurage商事"
            discord_rig.say("general", "tanaka", "日当" * 500)
            assert (await wire.receive())["d"]["author"]["username"] == "tanaka"

    async def test_a_session_is_resumed_with_what_it_missed(self, discord_rig: DiscordRig) -> None:
        async with Wire(discord_rig) as wire:
            await wire.identify()
            await wire.until("GUILD_CREATE")
            session, seq = wire.session, wire.seq
            discord_rig.disturb("reset")
            assert "closed" in await wire.receive()
        missed = [discord_rig.say("general", "tanaka", str(n)).id for n in range(3)]
        async with Wire(discord_rig) as wire:
            await wire.resume(session, seq)
            replayed = [(await wire.receive())["d"]["id"] for _ in missed]
            assert replayed == missed
            assert (await wire.receive())["t"] == "RESUMED"

    async def test_shards_hear_of_their_own_servers(self, discord_rig: DiscordRig) -> None:
        guild = int(discord_rig.company()["guilds"]["Kurage商事"])
        own = (guild >> 22) % 2
        async with Wire(discord_rig) as this, Wire(discord_rig) as other:
            assert (await this.identify(shard=[own, 2]))["d"]["shard"] == [own, 2]
            assert (await other.identify(shard=[1 - own, 2]))["d"]["guilds"] == []
            await this.until("GUILD_CREATE")
            said = discord_rig.say("general", "tanaka", "x")
            assert (await this.receive())["d"]["id"] == said.id
            with pytest.raises(TimeoutError):
                await other.receive(0.05)

    async def test_members_are_told_to_who_asked_for_the_intent(
        self, discord_rig: DiscordRig
    ) -> None:
        discord_rig.grant(GUILD_MEMBERS)
        async with Wire(discord_rig) as wire:
            await wire.identify(DEFAULT_INTENTS | GUILD_MEMBERS)
            guild = (await wire.until("GUILD_CREATE"))["d"]
            assert len(guild["members"]) == guild["member_count"]
            discord_rig.add_user("new", "新人")
            assert (await wire.until("GUILD_MEMBER_ADD"))["d"]["user"]["username"] == "new"
            discord_rig.rename("new", "ニュー")
            discord_rig.remove_user("suzuki")
            assert (await wire.until("GUILD_MEMBER_UPDATE"))["d"]["nick"] == "ニュー"
            gone = (await wire.until("GUILD_MEMBER_REMOVE"))["d"]
            assert gone["user"]["username"] == "suzuki"
            await wire.send(8, {"guild_id": guild["id"], "query": "", "limit": 0, "nonce": "n"})
            chunk = (await wire.until("GUILD_MEMBERS_CHUNK"))["d"]
            # One came, one left.
            assert len(chunk["members"]) == guild["member_count"]
            assert chunk["nonce"] == "n"


SEEN = ("general", "総務", "お知らせ", "質問", "会議室")


def test_every_route_answers_as_the_official_description_says(discord_rig: DiscordRig) -> None:
    call, named = Call(discord_rig), discord_rig.company()
    channel, guild = named["channels"]["general"], named["guilds"]["Kurage商事"]
    me, person = named["bot"], named["users"]["tanaka"]
    option = {"type": 3, "name": "q", "description": "q", "required": True}
    command = {"name": "ask", "description": "ask", "type": 1, "options": [option]}
    said = discord_rig.say("general", "tanaka", "旅費")
    discord_rig.react(said, "tanaka", "👍")
    started = discord_rig.create_thread("general", "tanaka", "古い")
    discord_rig.archive(started)
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/users/@me", None),
        ("GET", "/users/@me/guilds", None),
        ("GET", f"/users/{person}", None),
        ("GET", "/oauth2/applications/@me", None),
        ("GET", "/gateway", None),
        ("GET", "/gateway/bot", None),
        ("PUT", f"/applications/{me}/commands", [command, {"name": "聞く", "type": 3}]),
        ("GET", f"/applications/{me}/commands", None),
        ("PUT", f"/applications/{me}/guilds/{guild}/commands", [command]),
        ("GET", f"/applications/{me}/guilds/{guild}/commands", None),
        ("GET", f"/guilds/{guild}", None),
        ("GET", f"/guilds/{guild}/channels", None),
        ("GET", f"/guilds/{guild}/threads/active", None),
        ("GET", f"/guilds/{guild}/members/{person}", None),
        ("GET", f"/guilds/{guild}/roles", None),
        *[("GET", f"/channels/{named['channels'][name]}", None) for name in SEEN],
        ("POST", f"/channels/{channel}/messages", {"content": "x", "nonce": "1"}),
        ("GET", f"/channels/{channel}/messages?limit=2", None),
        ("GET", f"/channels/{channel}/messages/{said.id}", None),
        ("POST", f"/channels/{channel}/typing", None),
        ("PUT", f"/channels/{channel}/messages/{said.id}/reactions/%F0%9F%91%80/@me", None),
        ("GET", f"/channels/{channel}/messages/{said.id}/reactions/%F0%9F%91%80", None),
        ("DELETE", f"/channels/{channel}/messages/{said.id}/reactions/%F0%9F%91%80/@me", None),
        ("POST", f"/channels/{channel}/messages/{said.id}/threads", {"name": "旅費"}),
        ("GET", f"/channels/{said.id}", None),
        ("GET", f"/channels/{said.id}/messages", None),
        ("PUT", f"/channels/{said.id}/thread-members/@me", None),
        ("GET", f"/channels/{said.id}/thread-members", None),
        ("PATCH", f"/channels/{said.id}", {"name": "交通費"}),
        ("POST", f"/channels/{channel}/threads", {"name": "雑談", "type": 11}),
        ("GET", f"/channels/{channel}/threads/archived/public", None),
        ("DELETE", f"/channels/{said.id}/thread-members/@me", None),
        ("POST", "/users/@me/channels", {"recipient_id": person}),
    ]
    forum = named["channels"]["質問"]
    post = {"name": "旅費", "message": {"content": "日当は？"}}
    requests.append(("POST", f"/channels/{forum}/threads", post))
    for method, path, body in requests:
        status, said_back = call(method, path, body)
        assert status < 300, (method, path, said_back)
    for method, path, body, code in [
        ("GET", "/channels/1", None, 10003),
        ("GET", f"/guilds/{guild}/members", None, 50001),
        ("GET", f"/guilds/{guild}/members/1", None, 10007),
        ("GET", "/guilds/1", None, 10004),
        ("GET", "/users/1", None, 10013),
        ("GET", f"/channels/{channel}/messages/1", None, 10008),
        ("PATCH", f"/channels/{channel}/messages/{said.id}", {"content": "x"}, 50005),
        ("POST", f"/channels/{forum}/messages", {"content": "x"}, 50008),
        ("POST", f"/channels/{channel}/messages/{said.id}/threads", {"name": "x"}, 160004),
        ("POST", "/interactions/1/x/callback", {"type": 5}, 10062),
        ("POST", f"/webhooks/{me}/x", {"content": "x"}, 10015),
    ]:
        status, said_back = call(method, path, body)
        assert (status >= 400, said_back["code"]) == (True, code), (method, path)
    assert discord_rig.violations() == []
