"""The Discord rig behaves as Discord does, with the real discord.py: start, messages, threads.

`test_discord_gateway.py` has sockets and routes, `test_discord_interactions.py` commands and
buttons, `test_discord_rules.py` what is refused and limited, `test_discord_faults.py` what goes
wrong.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from rigs.discord_bots import Call, Commands, Echo, Running, intents
from rigs.discord_rig import DEFAULT_INTENTS, GUILD_MEMBERS, MESSAGE_CONTENT, DiscordRig

ALL = DEFAULT_INTENTS | 1 << 10 | 1 << 13


@pytest.fixture
def echo(discord_rig: DiscordRig) -> Iterator[Running]:
    with Running(discord_rig, lambda: Echo(intents=intents(ALL))) as bot:
        discord_rig.wait_for_sockets()
        yield bot


@pytest.fixture
def commands(discord_rig: DiscordRig) -> Iterator[Running]:
    with Running(discord_rig, Commands) as bot:
        discord_rig.wait_for_sockets()
        yield bot


def heard(bot: Running, kind: str, count: int = 1) -> list[Any]:
    """Wait until the bot's library has told it so often of something."""
    deadline = time.monotonic() + 5
    while len(found := bot.client.of(kind)) < count:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, f"{kind} was not heard {count} times"
        time.sleep(0.005)
    return list(found)


class TestStart:
    def test_the_bot_asks_who_it_is_registers_and_sees_its_company(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        asked = [(call["method"], call["path"]) for call in discord_rig.calls()]
        me = discord_rig.company()["bot"]
        assert asked[:3] == [
            ("GET", "/users/@me"),
            ("GET", "/oauth2/applications/@me"),
            ("PUT", f"/applications/{me}/commands"),
        ]
        names = {one["name"] for one in discord_rig.commands()}
        assert names == {"ask", "now", "Kurageに聞く"}
        discord_rig.wait_for_reply(discord_rig.mention("general", "tanaka", "ready?"))
        guild = commands.client.guilds[0]
        assert guild.name == "Kurage商事"
        assert {type(channel).__name__ for channel in guild.channels} == {
            "TextChannel",
            "ForumChannel",
            "VoiceChannel",
        }
        assert not guild.me.guild_permissions.mention_everyone

    def test_the_same_seed_is_the_same_company(self, discord_rig: DiscordRig) -> None:
        first = discord_rig.company()
        discord_rig.reset(seed=1)
        second = discord_rig.company()
        discord_rig.reset(seed=0)
        assert discord_rig.company() == first
        assert second["bot"] != first["bot"]

    def test_a_sharded_client_asks_for_its_gateway(self, discord_rig: DiscordRig) -> None:
        silent = intents(DEFAULT_INTENTS)
        with Running(discord_rig, lambda: discord.AutoShardedClient(intents=silent)):
            discord_rig.wait_for_sockets()
            assert len(discord_rig.calls("GET", "/gateway/bot")) == 1

    def test_a_wrong_token_is_refused(self, discord_rig: DiscordRig) -> None:
        discord_rig.token, right = "wrong", discord_rig.token
        with Running(discord_rig, Echo) as bot:
            assert isinstance(bot.ended(), discord.LoginFailure)
        discord_rig.token = right

    @pytest.mark.parametrize("intent", [GUILD_MEMBERS, MESSAGE_CONTENT])
    def test_an_intent_that_the_portal_does_not_grant_ends_the_bot(
        self, discord_rig: DiscordRig, intent: int
    ) -> None:
        wanted = intents(DEFAULT_INTENTS | intent)
        with Running(discord_rig, lambda: Echo(intents=wanted)) as bot:
            assert isinstance(bot.ended(), discord.PrivilegedIntentsRequired)


class TestMessages:
    def test_a_mention_is_answered_in_its_channel(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "日当は？")
        answer = discord_rig.wait_for_reply(asked)
        assert (answer.text, answer.reply_to, answer.pinged) == ("日当は？", asked.id, [])
        waited = discord_rig.timeline(asked)
        assert waited.complete == waited.first_sign
        assert waited.complete is not None
        print(f"mention -> reply's request: {waited.complete * 1000:.2f} ms")  # noqa: T201
        assert discord_rig.violations() == []

    def test_two_hundred_mentions_at_once_are_all_answered_once(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        channels = [discord_rig.add_channel(f"c{number}") for number in range(50)]
        began = time.monotonic()
        asked = discord_rig.burst([(channels[n % 50], "tanaka", f"q{n}") for n in range(200)])
        for one in asked:
            discord_rig.wait_for_reply(one, 20)
        print(f"200 at once: {time.monotonic() - began:.2f} s")  # noqa: T201
        assert [one.text for each in asked for one in discord_rig.answers(each)] == [
            f"q{number}" for number in range(200)
        ]
        assert discord_rig.doubled() == []

    def test_a_direct_message_is_answered_where_it_was_written(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = discord_rig.direct("smith", "hello")
        assert discord_rig.wait_for_reply(asked).text == "hello"
        assert [one.text for one in discord_rig.view(None, "smith")] == ["hello", "hello"]
        assert discord_rig.view(asked.channel, "tanaka") == []

    @pytest.mark.parametrize("place", ["on_message", "alone", "private", "forum", "voice"])
    def test_threads_forum_posts_and_voice_channels_are_channels_too(
        self, discord_rig: DiscordRig, echo: Running, place: str
    ) -> None:
        if place == "on_message":
            said = discord_rig.say("general", "tanaka", "旅費の件")
            where = discord_rig.create_thread("general", "tanaka", "旅費", message=said)
        elif place == "forum":
            where = discord_rig.forum_post("質問", "tanaka", "旅費", "日当について").id
        elif place == "voice":
            where = "会議室"
        else:
            private = place == "private"
            where = discord_rig.create_thread("general", "tanaka", "旅費", private=private)
        answer = discord_rig.wait_for_reply(discord_rig.mention(where, "tanaka", "日当は？"))
        assert answer.text == "日当は？"
        assert discord_rig.view(where, "tanaka")[-1].text == "日当は？"

    def test_an_archived_thread_comes_back_with_a_message_unless_it_is_locked(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        thread = discord_rig.create_thread("general", "tanaka", "旧")
        discord_rig.archive(thread)
        call = Call(discord_rig)
        assert call("POST", f"/channels/{thread}/messages", {"content": "x"})[0] == 200
        assert call("GET", f"/channels/{thread}")[1]["thread_metadata"]["archived"] is False
        discord_rig.archive(thread, locked=True)
        status, body = call("POST", f"/channels/{thread}/messages", {"content": "x"})
        assert (status, body["code"]) == (400, 50083)

    def test_edits_deletions_and_reactions_are_told(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        first, *others = (discord_rig.say("general", "tanaka", str(n)) for n in range(4))
        asked = discord_rig.mention("general", "tanaka", "日当は？")
        discord_rig.edit(asked, "宿泊費は？")
        discord_rig.react(asked, "suzuki", "👍")
        discord_rig.delete(first)
        discord_rig.delete(*others)
        assert heard(echo, "edit")[0].content.endswith("宿泊費は？")
        assert heard(echo, "reaction") == ["👍"]
        assert heard(echo, "delete") == [int(first.id)]
        assert heard(echo, "bulk") == [[int(one.id) for one in others]]

    def test_previews_and_threads_update_a_message_that_nobody_edited(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "https://example.com は？")
        discord_rig.unfurl(asked, "https://example.com", "Example")
        discord_rig.create_thread("general", "tanaka", "例", message=asked)
        first, second = heard(echo, "edit", 2)
        assert first.embeds[0].title == "Example"
        assert second.flags.has_thread
        assert {first.edited_at, second.edited_at} == {None}
        assert first.content == second.content

    def test_files_come_with_their_names(self, discord_rig: DiscordRig, echo: Running) -> None:
        asked = discord_rig.mention("general", "tanaka", "", files=["画面.png"])
        assert heard(echo, "message")[0].attachments[0].filename == "画面.png"

        async def send() -> discord.Message:
            place = echo.client.get_partial_messageable(int(asked.channel))
            file = discord.File(io.BytesIO(b"x" * 10), "規程.txt")
            return await place.send("添付", file=file)

        sent = echo.do(send())
        assert (sent.attachments[0].filename, sent.attachments[0].size) == ("規程.txt", 10)
        assert discord_rig.message(sent.id).text == "添付\n📎 規程.txt"
        assert discord_rig.violations() == []

    def test_a_nonce_is_not_found_in_the_history(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        answer = discord_rig.wait_for_reply(discord_rig.mention("general", "tanaka", "x"))
        assert answer.nonce
        (made,) = discord_rig.calls("POST", "*/messages")
        assert json.loads(made["answer"])["nonce"] == answer.nonce
        history = Call(discord_rig)("GET", f"/channels/{answer.channel}/messages")[1]
        assert "nonce" not in history[0]

    def test_a_reply_brings_what_it_replies_to_and_history_its_surroundings(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "日当は？")
        answer = discord_rig.wait_for_reply(asked)
        discord_rig.mention("general", "suzuki", "いつから？", answer.id)
        second = heard(echo, "message", 2)[1]
        assert second.reference.resolved.content == "日当は？"
        assert second.reference.resolved.reference.message_id == int(asked.id)
        said = [discord_rig.say("general", "tanaka", str(n)) for n in range(5)]
        channel = second.channel

        async def read(**where: Any) -> list[int]:
            return [one.id async for one in channel.history(limit=3, **where)]

        ids = [int(one.id) for one in said]
        assert echo.do(read()) == ids[:1:-1]
        assert echo.do(read(after=discord.Object(ids[0]))) == ids[1:4]
        assert echo.do(read(before=discord.Object(ids[4]))) == ids[3:0:-1]
        assert echo.do(read(around=discord.Object(ids[2]))) == ids[3:0:-1]

    def test_other_bots_and_webhooks_speak_as_such(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        me = discord_rig.company()["bot"]
        said = discord_rig.webhook("general", "監視", f"<@{me}> 障害です")
        discord_rig.mention("general", "otherbot", "hello")
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_reply(asked)
        path = f"/channels/{said.channel}/messages/{said.id}"
        assert Call(discord_rig)("GET", path)[1]["webhook_id"]
        assert len(heard(echo, "message")) == 1

    def test_typing_is_seen_for_ten_seconds_or_until_the_answer(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        place = discord_rig.company()["channels"]["general"]
        channel = echo.client.get_partial_messageable(int(place))

        async def answer() -> None:
            async with channel.typing():
                assert await asyncio.to_thread(discord_rig.typing, "general")
                await channel.send("done")

        asked = discord_rig.say("general", "tanaka", "…")
        echo.do(answer())
        assert not discord_rig.typing("general")
        waited = discord_rig.timeline(asked)
        assert waited.first_sign is not None
        assert waited.complete is not None
        assert waited.first_sign < waited.complete

    def test_servers_come_and_go(self, discord_rig: DiscordRig, echo: Running) -> None:
        echo.do(echo.client.wait_until_ready())
        guild = discord_rig.add_to_guild("支社")
        assert heard(echo, "joined") == ["支社"]
        asked = discord_rig.mention("支社-general", "tanaka", "日当は？")
        assert discord_rig.wait_for_reply(asked).text == "日当は？"
        discord_rig.kick(guild)
        assert heard(echo, "left") == ["支社"]
        status, body = Call(discord_rig)("GET", f"/channels/{asked.channel}")
        assert (status, body["code"]) == (403, 50001)

    def test_an_outage_takes_a_server_away_and_brings_it_back(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "x")
        discord_rig.wait_for_reply(asked)
        (guild,) = echo.client.guilds
        for over in (False, True):
            discord_rig.outage(over=over)
            # What comes after on the same socket says that the outage was heard of.
            discord_rig.wait_for_reply(discord_rig.direct("tanaka", "x"))
            assert guild.unavailable is not over

    def test_content_is_empty_without_its_intent_unless_the_bot_is_spoken_to(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        overheard = discord_rig.say("general", "tanaka", "日当は三千円です。")
        discord_rig.mention("general", "tanaka", "聞いて")
        discord_rig.direct("tanaka", "内緒")
        contents = [message.content for message in heard(echo, "message", 3)]
        assert contents[0] == ""
        assert contents[1].endswith("聞いて")
        assert contents[2] == "内緒"
        path = f"/channels/{overheard.channel}/messages/{overheard.id}"
        assert Call(discord_rig)("GET", path)[1]["content"] == ""
        discord_rig.grant(MESSAGE_CONTENT)
        assert Call(discord_rig)("GET", path)[1]["content"] == "日当は三千円です。"

    def test_a_channel_that_the_bot_may_see_again_brings_its_threads(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        thread = discord_rig.create_thread("人事", "tanaka", "評価")
        discord_rig.say(thread, "tanaka", "x")
        discord_rig.permit("人事")
        asked = discord_rig.mention(thread, "tanaka", "見える？")
        assert discord_rig.wait_for_reply(asked).text == "見える？"
        assert [one["event"] for one in discord_rig.journal("event")].count("THREAD_LIST_SYNC") == 1
        assert len(heard(echo, "message")) == 1
