"""Starting, and what the developer portal may have set otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from discord.http import Route
from discord_serving import Serve, Serving, until
from rigs.discord_rig import DEFAULT_INTENTS, MESSAGE_CONTENT, DiscordRig

from bot.discord import commands
from bot.discord.bookmarks import Bookmarks
from bot.discord.forms import written
from bot.discord.heard import Languages
from bot.discord.login import application_id, intents, point_at, proxy_for
from bot.discord.outlet import Trace
from bot.inbox import RefusedError
from bot.settings import Discord

ROOT = Path(__file__).parents[4]


def refused(rig: DiscordRig, database: str, token: str = "", **options: object) -> str:
    """Start a bot that gives up, and return why."""
    with Serving(rig.url, token or rig.token, database, **options) as serving:
        error = serving.ended()
    assert isinstance(error, RefusedError)
    return str(error)


class TestPortal:
    def test_a_wrong_token_is_refused_with_what_to_do(
        self, discord_rig: DiscordRig, sqlite_url: str
    ) -> None:
        assert "DISCORD_BOT_TOKEN" in refused(discord_rig, sqlite_url, "a.wrong.token")

    def test_an_intent_that_is_not_granted_is_named(
        self, discord_rig: DiscordRig, sqlite_url: str
    ) -> None:
        said = refused(discord_rig, sqlite_url, config=Discord(message_content=True))
        assert "Message Content Intent" in said
        assert discord_rig.journal("gateway") == []

    def test_an_endpoint_for_interactions_would_take_them_away(
        self, discord_rig: DiscordRig, sqlite_url: str
    ) -> None:
        discord_rig.send_interactions_to("https://example.com/interactions")
        assert "Interactions Endpoint URL" in refused(discord_rig, sqlite_url)

    def test_a_token_that_is_revoked_ends_the_bot_with_a_line(
        self, discord_rig: DiscordRig, sqlite_url: str
    ) -> None:
        with Serving(discord_rig.url, discord_rig.token, sqlite_url) as serving:
            discord_rig.wait_for_sockets()
            until(lambda: serving.bot.platform.healthy)
            discord_rig.revoke_token()
            assert "DISCORD_BOT_TOKEN" in str(serving.ended())
            assert not serving.bot.platform.healthy

    def test_a_discord_that_is_away_is_waited_for(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        discord_rig.fail("GET", "/users/@me", status=503, times=2)
        discord_rig.fail("GET", "/users/@me", cut="before", times=1)
        serve()

    @pytest.mark.parametrize("content", [False, True])
    def test_only_intents_that_are_needed_are_asked_for(
        self, discord_rig: DiscordRig, serve: Serve, content: bool
    ) -> None:
        discord_rig.grant(MESSAGE_CONTENT)
        serve(config=Discord(message_content=content))
        [one] = [one for one in discord_rig.journal("gateway") if one["what"] == "identify"]
        assert one["intents"] == DEFAULT_INTENTS | (MESSAGE_CONTENT if content else 0)
        assert intents(Discord(message_content=content)).value == one["intents"]

    def test_stopping_says_goodbye(self, discord_rig: DiscordRig, serve: Serve) -> None:
        serving = serve()
        until(lambda: serving.bot.platform.healthy)
        serving.__exit__(None, None, None)
        discord_rig.wait_for_entry("gateway", what="gone", code=1000)


class TestCommands:
    def test_commands_are_registered_once(self, discord_rig: DiscordRig, serve: Serve) -> None:
        serve().__exit__(None, None, None)
        names = {one["name"] for one in discord_rig.commands()}
        assert names == {"ask", "kurage", commands.ASK_ABOUT}
        serve()
        assert len(discord_rig.calls("PUT", "/applications/*/commands")) == 1
        assert discord_rig.violations() == []

    def test_a_list_that_can_not_be_had_keeps_no_one_from_asking(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        discord_rig.fail("GET", "/applications/*/commands", status=403, times=None)
        serve()
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        discord_rig.wait_for_reply(asked, containing="答え")

    def test_names_and_descriptions_keep_discords_limits(self) -> None:
        for command in commands.commands():
            for one in (command, *command.get("options", ())):
                assert 1 <= len(one["name"]) <= 32
                described = [one.get("description", ""), *_localised(one)]
                assert all(len(text) <= 100 for text in described)


def _localised(one: dict[str, dict[str, str]]) -> list[str]:
    return list(one.get("description_localizations", {}).values())


class TestInvitation:
    def test_the_link_asks_for_what_is_used_and_nothing_more(self) -> None:
        asked = parse_qs(urlsplit(commands.invitation(42)).query)
        assert asked["client_id"] == ["42"]
        assert asked["scope"] == ["bot applications.commands"]
        granted = {
            name for name, value in discord.Permissions(int(asked["permissions"][0])) if value
        }
        assert granted == {
            "read_messages",
            "send_messages",
            "send_messages_in_threads",
            "read_message_history",
        }

    async def test_the_token_tells_the_application(self, discord_rig: DiscordRig) -> None:
        found = await application_id(discord_rig.token, discord_rig.url)
        assert str(found) == discord_rig.company()["bot"]

    def test_the_command_prints_the_link(self, discord_rig: DiscordRig, tmp_path: Path) -> None:
        said = _kurage(
            tmp_path, DISCORD_API_URL=discord_rig.url, DISCORD_BOT_TOKEN=discord_rig.token
        )
        assert said.stdout.strip() == commands.invitation(discord_rig.company()["bot"])
        named = _kurage(tmp_path, "--app", "1234567890")
        assert named.stdout.strip() == commands.invitation("1234567890")

    @pytest.mark.parametrize("token", ["", "MTIz.a.b"])
    def test_without_a_token_that_works_it_ends_in_one_line(
        self, discord_rig: DiscordRig, tmp_path: Path, token: str
    ) -> None:
        said = _kurage(tmp_path, DISCORD_API_URL=discord_rig.url, DISCORD_BOT_TOKEN=token)
        assert (said.returncode, said.stdout) == (1, "")
        assert len(said.stderr.splitlines()) == 1
        assert "DISCORD_BOT_TOKEN" in said.stderr


def _kurage(folder: Path, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli", "discord", "invite", *more]
    held = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environ}
    return subprocess.run(
        command, cwd=folder, env=held, capture_output=True, text=True, check=False, timeout=60
    )


class TestProxy:
    API = "http://discord.kurage.test/api/v10"
    """A host that no resolver knows: only a proxy can reach it."""

    def test_the_api_and_the_gateway_are_reached_through_it(
        self, discord_rig: DiscordRig, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rig stands in for a proxy, too: it takes requests by whole addresses."""
        # The library has one address for the whole process; it is put back.
        monkeypatch.setattr(Route, "BASE", self.API)
        monkeypatch.setenv("http_proxy", discord_rig.url.removesuffix("/api/v10"))
        with Serving(self.API, discord_rig.token, sqlite_url):
            discord_rig.wait_for_sockets(1)
            asked = discord_rig.mention("総務", "sato", "有給は？")
            discord_rig.wait_for_reply(asked)

    def test_hosts_that_are_exempt_are_called_directly(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", "http://proxy.kurage.test:8080")
        assert proxy_for(None) == "http://proxy.kurage.test:8080"
        assert proxy_for("http://127.0.0.1:4/api/v10") is None
        monkeypatch.setenv("no_proxy", "discord.com")
        assert proxy_for(None) is None


class TestLanguages:
    @pytest.mark.parametrize(
        ("text", "locale", "language"),
        [
            ("有給は？", "en-US", "ja"),
            ("ｶﾅ", "en-US", "ja"),
            ("paid leave?", "en-US", "en"),
            ("paid leave?", "ja", "ja"),
            ("paid leave?", None, "ja"),
            ("", "en-GB", "en"),
        ],
    )
    def test_words_tell_more_than_a_servers_locale(
        self, text: str, locale: str | None, language: str
    ) -> None:
        assert Languages().of(1, text, locale) == language

    def test_what_a_command_has_told_is_remembered(self) -> None:
        languages = Languages()
        assert languages.learn(1, "en-US") == "en"
        assert languages.of(1, "有給は？", "ja") == "en"
        assert languages.of(2, "有給は？", "ja") == "ja"

    def test_a_language_that_is_set_holds_for_everyone(self) -> None:
        languages = Languages("en")
        assert languages.learn(1, "ja") == "en"
        assert languages.of(1, "有給は？", "ja") == "en"


class TestForms:
    @pytest.mark.parametrize(
        "data",
        [
            {
                "components": [
                    {"type": 1, "components": [{"custom_id": "reason", "value": " 古い "}]}
                ]
            },
            {"components": [{"type": 18, "component": {"custom_id": "reason", "value": "古い"}}]},
        ],
    )
    def test_a_reason_is_read_in_both_shapes_that_discord_has(
        self, data: dict[str, object]
    ) -> None:
        assert written(data) == "古い"

    @pytest.mark.parametrize("data", [{}, {"components": [{"type": 1, "components": []}]}])
    def test_none_is_empty(self, data: dict[str, object]) -> None:
        assert written(data) == ""


class TestTrace:
    """Whose a message of the bot is that nobody noted before a crash."""

    ROW = ({"components": [{"custom_id": "kurage:up:K7F3Q2"}]},)

    @pytest.mark.parametrize(
        ("message", "fits"),
        [
            ({"message_reference": {"message_id": "1"}}, True),
            ({"message_reference": {"message_id": "1"}, "components": ROW}, True),
            ({"message_reference": {"message_id": "2"}, "components": ROW}, False),
            ({"components": ROW}, False),
            ({}, False),
            (
                {"message_reference": {"message_id": "1"}, "interaction_metadata": {"id": "9"}},
                False,
            ),
        ],
    )
    def test_a_reply_is_known_by_what_it_replies_to(
        self, message: dict[str, object], fits: bool
    ) -> None:
        assert Trace(frozenset({"K7F3Q2"}), reply_to="1").fits(message) is fits

    def test_another_turns_buttons_are_another_turns(self) -> None:
        message = {"message_reference": {"message_id": "1"}, "components": self.ROW}
        assert not Trace(frozenset({"AAAAAA"}), reply_to="1").fits(message)

    @pytest.mark.parametrize(
        ("message", "fits"),
        [
            ({"interaction_metadata": {"id": "9"}}, True),
            ({"interaction_metadata": {"id": "8"}}, False),
            ({"components": ROW}, True),
            ({}, False),
        ],
    )
    def test_what_answers_a_command_is_known_by_it_or_by_its_buttons(
        self, message: dict[str, object], fits: bool
    ) -> None:
        assert Trace(frozenset({"K7F3Q2"}), interaction="9").fits(message) is fits


@pytest.fixture
async def nowhere(discord_rig: DiscordRig) -> AsyncIterator[discord.Client]:
    """Return a client that has logged in and knows no channel."""
    point_at(discord_rig.url)
    async with discord.Client(intents=intents(Discord())) as client:
        await client.login(discord_rig.token)
        yield client


class TestBookmarks:
    async def test_a_bookmark_never_passes_a_message_that_is_open(
        self, nowhere: discord.Client
    ) -> None:
        notes: dict[str, str] = {}

        async def note(channel: str, message: str) -> None:
            notes[channel] = message

        marks = Bookmarks(note, {"1": "10"})
        await marks.catch_up(nowhere, _unwanted)
        for message in (11, 12, 13):
            marks.begin("1", message)
        await marks.end("1", 13)
        assert notes["1"] == "10"
        await marks.end("1", 11)
        assert notes["1"] == "11"
        await marks.end("1", 12)
        assert notes["1"] == "13"

    async def test_nothing_is_noted_while_something_may_be_missing(
        self, nowhere: discord.Client
    ) -> None:
        notes: list[str] = []

        async def note(channel: str, message: str) -> None:
            notes.append(message)

        marks = Bookmarks(note, {"1": "10", "0": "5"})
        await marks.open()
        marks.begin("1", 20)
        await marks.end("1", 20)
        assert notes == []
        marks.lose()
        await marks.catch_up(nowhere, _unwanted)
        assert notes == ["20"]


async def _unwanted(message: discord.Message) -> None:
    raise AssertionError(message)
