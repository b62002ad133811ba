"""Commands, buttons and modals over the Discord rig, with the real discord.py."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from rigs.discord_bots import Call, Commands, Echo, Feedback, More, Running, met
from rigs.discord_rig import DiscordRig


@pytest.fixture
def echo(discord_rig: DiscordRig) -> Iterator[Running]:
    with Running(discord_rig, Echo) as bot:
        discord_rig.wait_for_sockets()
        yield bot


@pytest.fixture
def commands(discord_rig: DiscordRig) -> Iterator[Running]:
    with Running(discord_rig, Commands) as bot:
        discord_rig.wait_for_sockets()
        yield bot


class TestInteractions:
    def test_a_command_thinks_then_answers_and_follows_up(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        used = discord_rig.slash("tanaka", "general", "ask", {"question": "日当は？"})
        discord_rig.wait_for_reply(used, containing="more")
        first, second = discord_rig.answers(used)
        assert first.text.splitlines() == ["answer: 日当は？", "[👍] [👎] [later] [詳しく]"]
        assert second.text == "more"
        assert discord_rig.interaction(used).state == "answered"
        assert discord_rig.violations() == []

    def test_only_the_asker_sees_a_private_answer_and_what_follows_it(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        options = {"question": "日当は？", "private": True}
        used = discord_rig.slash("tanaka", "general", "ask", options)
        # Visible by its own flags, yet the first message after a thinking one inherits.
        answer = discord_rig.wait_for_reply(used, containing="answer")
        assert answer.seen_by == "tanaka"
        discord_rig.wait_for_reply(used, containing="more")
        assert len(discord_rig.view("general", "tanaka")) == 2
        assert discord_rig.view("general", "suzuki") == []
        path = f"/channels/{answer.channel}/messages"
        assert Call(discord_rig)("GET", path)[1] == []

    def test_an_answer_after_three_seconds_is_unknown_and_the_person_sees_a_failure(
        self, discord_rig: DiscordRig
    ) -> None:
        discord_rig.reset(speed=30)
        discord_rig.unlimited()
        with Running(discord_rig, Commands) as bot:
            bot.client.wait = 0.15  # type: ignore[attr-defined]
            discord_rig.wait_for_sockets()
            used = discord_rig.slash("tanaka", "general", "now")
            assert discord_rig.wait_for_state(used, "failed").messages == []
            discord_rig.wait_for_entry("call", status=404)
            (error,) = met(bot)
            assert error.code == 10062  # type: ignore[attr-defined]

    def test_a_second_answer_is_refused_and_an_answer_pings_no_one_but_users(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        used = discord_rig.slash("tanaka", "general", "now", {"twice": True})
        assert discord_rig.wait_for_reply(used).pinged == []
        refusal = discord_rig.wait_for_entry("call", status=400)
        assert '"code": 40060' in refusal["answer"]

    def test_fifteen_minutes_later_the_token_is_no_good(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        used = discord_rig.slash("tanaka", "general", "now")
        answer = discord_rig.wait_for_reply(used)
        callback = discord_rig.calls("POST", "/interactions/*")[0]["path"]
        token, me = callback.split("/")[3], discord_rig.company()["bot"]
        path = f"/webhooks/{me}/{token}/messages/{answer.id}"
        assert Call(discord_rig)("PATCH", path, {"content": "later"})[0] == 200
        discord_rig.hurry(90_000)
        time.sleep(0.02)
        status, body = Call(discord_rig)("PATCH", path, {"content": "too late"})
        assert (status, body["code"]) == (401, 50027)
        assert discord_rig.message(answer).text == "later"

    def test_a_message_command_brings_the_message_without_the_intent(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        said = discord_rig.say("general", "suzuki", "日当は三千円です。")
        used = discord_rig.message_command("tanaka", said, "Kurageに聞く")
        answer = discord_rig.wait_for_reply(used)
        assert (answer.text, answer.seen_by) == ("about: 日当は三千円です。", "tanaka")

    def test_an_endpoint_in_the_portal_takes_all_interactions_from_the_gateway(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        discord_rig.send_interactions_to("https://example.com")
        discord_rig.slash("tanaka", "general", "now")
        said = [one["event"] for one in discord_rig.journal("event")]
        assert "INTERACTION_CREATE" not in said
        application = Call(discord_rig)("GET", "/oauth2/applications/@me")[1]
        assert application["interactions_endpoint_url"] == "https://example.com"

    def test_people_can_send_only_what_their_client_lets_them(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        with pytest.raises(KeyError, match="no command 'nothing'"):
            discord_rig.slash("tanaka", "general", "nothing")
        with pytest.raises(KeyError, match=r"without \{'question'\}"):
            discord_rig.slash("tanaka", "general", "ask")
        with pytest.raises(KeyError, match="6000 characters"):
            discord_rig.slash("tanaka", "general", "ask", {"question": "あ" * 6001})
        with pytest.raises(RuntimeError, match="50035"):
            discord_rig.say("general", "tanaka", "あ" * 4001)
        assert discord_rig.say("general", "tanaka", "あ" * 4000)

    def test_choices_are_offered_while_typing(
        self, discord_rig: DiscordRig, commands: Running
    ) -> None:
        typed = discord_rig.autocomplete("tanaka", "general", "ask", "question", "日当")
        done = discord_rig.wait_for_state(typed, "answered")
        assert done.choices == [{"name": "日当は？", "value": "日当"}]

    def test_buttons_work_after_a_restart(self, discord_rig: DiscordRig) -> None:
        with Running(discord_rig, Commands):
            discord_rig.wait_for_sockets()
            used = discord_rig.slash("tanaka", None, "ask", {"question": "日当は？"})
            answer = discord_rig.wait_for_reply(used)
        with Running(discord_rig, Commands):
            discord_rig.wait_for_sockets()
            more = discord_rig.press(answer, "詳しく", "tanaka")
            assert discord_rig.wait_for_reply(more).text == "turn 42"
            why = discord_rig.wait_for_state(discord_rig.press(answer, "down", "tanaka"), "modal")
            sent = discord_rig.submit(why, {"why": "古い"})
            thanks = discord_rig.wait_for_reply(sent)
            assert (thanks.text, thanks.seen_by) == ("thanks: 古い", "tanaka")
            discord_rig.wait_for_state(discord_rig.press(answer, "later", "tanaka"), "answered")
            discord_rig.wait_for_entry("edit", id=answer.id)
            discord_rig.press(answer, "up", "tanaka")
            discord_rig.quiet(0.1)
            shown = discord_rig.message(answer)
            assert (shown.text, shown.components) == ("thanks", [])
            with pytest.raises(KeyError, match="no control 'up'"):
                discord_rig.press(answer, "up", "tanaka")
            assert discord_rig.violations() == []

    def test_a_layout_of_components_is_read_as_a_person_reads_it(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        view = discord.ui.LayoutView()
        box: discord.ui.Container[Any] = discord.ui.Container()
        box.add_item(discord.ui.TextDisplay("**日当**は[規程](https://example.com/a_b)"))
        link: discord.ui.Button[Any] = discord.ui.Button(label="開く", url="https://example.com")
        box.add_item(discord.ui.Section("出典 1", accessory=link))
        view.add_item(box)
        view.add_item(discord.ui.ActionRow(discord.ui.Button(label="👍", custom_id="up")))
        channel = int(discord_rig.company()["channels"]["general"])
        sent = echo.do(echo.client.get_partial_messageable(channel).send(view=view))
        assert discord_rig.message(sent.id).text.splitlines() == [
            "日当は規程 (https://example.com/a_b)",
            "出典 1",
            "[開く](https://example.com)",
            "[👍]",
        ]
        path = f"/channels/{channel}/messages/{sent.id}"
        status, body = Call(discord_rig)("PATCH", path, {"flags": 0, "content": "x"})
        assert (status, body["code"]) == (400, 50035)
        assert discord_rig.violations() == []

    def test_a_view_is_the_same_on_the_wire_and_back(
        self, discord_rig: DiscordRig, echo: Running
    ) -> None:
        channel = int(discord_rig.company()["channels"]["general"])

        async def send() -> discord.Message:
            view = Feedback()
            view.add_item(More("7"))
            embed = discord.Embed(title="規程", url="https://example.com", description="本文")
            place = echo.client.get_partial_messageable(channel)
            return await place.send("x", view=view, embed=embed.add_field(name="a", value="b"))

        sent = echo.do(send())
        assert [one.custom_id for one in sent.components[0].children] == [
            "up",
            "down",
            "later",
            "more:7",
        ]
        assert sent.embeds[0].fields[0].value == "b"
        assert discord_rig.message(sent.id).text == (
            "x\n規程 (https://example.com)\n本文\na\nb\n[👍] [👎] [later] [詳しく]"
        )
