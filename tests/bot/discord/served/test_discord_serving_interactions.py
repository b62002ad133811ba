"""Commands, buttons and forms, as who uses them sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discord_serving import LONG, UNKNOWN, Serve, Serving, until
from rigs.discord_rig import DiscordRig
from rigs.discord_server.seen import Posted, Started

from bot.conversations import Conversations, Turn
from bot.discord import commands
from bot.settings import Discord


def answered(rig: DiscordRig, started: Started, containing: str = "答え") -> Any:
    """Wait for what a command answers, and see that it came once."""
    reply = rig.wait_for_reply(started, 15, containing=containing)
    rig.quiet(0.15)
    assert rig.doubled() == []
    return reply


def noted(rig: DiscordRig, started: Started, containing: str) -> Any:
    """Wait for a line that only its person sees."""
    reply = answered(rig, started, containing)
    assert reply.seen_by is not None
    return reply


def finished(serving: Serving, task: str) -> Turn:
    """Wait until a turn of a task is closed, and return it."""
    until(lambda: any(one.task == task and one.finished for one in serving.turns()))
    return next(one for one in serving.turns() if one.task == task)


class TestAsk:
    def test_ask_answers_in_the_channel_and_is_acknowledged_at_once(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.delay = 0.5
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        discord_rig.wait_for_state(started, "thinking")
        reply = answered(discord_rig, started)
        assert (reply.seen_by, reply.pinged) == (None, [])
        seen = discord_rig.interaction(started)
        assert seen.state == "answered"
        assert (seen.answered_after or 9) < 3
        assert len(seen.messages) == 1
        [turn] = serving.settled(1)
        assert (turn.question, [one.id for one in turn.shown]) == ("有給は？", [reply.id])
        assert "token" not in turn.reach
        assert discord_rig.violations() == []

    def test_ask_in_private_shows_it_to_its_asker_alone(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        options = {"question": f"{LONG}は？", "private": True}
        started = discord_rig.slash("tanaka", "general", "ask", options)
        answered(discord_rig, started)
        serving.settled(1)
        messages = [discord_rig.message(one) for one in discord_rig.interaction(started).messages]
        assert len(messages) > 1
        assert len({one.seen_by for one in messages}) == 1
        assert messages[0].seen_by is not None

    def test_a_private_channel_answers_commands_in_private(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        serve(config=Discord(private=True))
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        assert answered(discord_rig, started).seen_by is not None

    def test_ask_works_in_a_conversation_of_two(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        started = discord_rig.slash("tanaka", None, "ask", {"question": "有給は？"})
        answered(discord_rig, started)
        assert serving.settled(1)[0].thread.root == ""

    def test_a_reply_to_what_a_command_answered_goes_on_from_it(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        reply = answered(discord_rig, started)
        asked = discord_rig.mention("general", "tanaka", "いつから？", reply_to=reply.id)
        discord_rig.wait_for_reply(asked, containing="答え")
        first, second = serving.settled(2)
        assert first.thread == second.thread

    def test_a_disabled_channel_says_so(self, discord_rig: DiscordRig, serve: Serve) -> None:
        serve(config=Discord(enabled=False))
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        answered(discord_rig, started, containing="お答えしない設定")

    def test_kurage_shows_how_it_is_used_to_who_asks(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        started = discord_rig.slash("smith", "general", "kurage")
        assert "handbook" in noted(discord_rig, started, "How to use").text
        # The locale that a command brings is remembered for what its person writes.
        asked = discord_rig.mention("general", "smith", "help")
        discord_rig.wait_for_reply(asked, containing="How to use")

    def test_who_lost_the_channel_meanwhile_is_answered_all_the_same(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.permit("general", bot_denied=["view_channel"])
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        answered(discord_rig, started)

    def test_an_acknowledgement_that_fails_becomes_a_message(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.fail("POST", "*/callback", status=404, times=None)
        discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        discord_rig.wait_for_message("general", 15, containing="答え: 有給は？")
        serving.settled(1)

    def test_a_token_whose_time_is_over_gives_way_to_a_message(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.delay = 6.0
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        discord_rig.wait_for_state(started, "thinking")
        discord_rig.hurry(1_000_000)
        answer = discord_rig.wait_for_message("general", 30, containing="答え: 有給は？")
        assert answer.id not in discord_rig.interaction(started).messages

    def test_a_callback_whose_answer_is_lost_is_no_second_one(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.fail("POST", "*/callback", cut="after")
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        answered(discord_rig, started)
        assert len(discord_rig.interaction(started).messages) == 1


class TestMessageCommand:
    def test_a_message_can_be_asked_about_in_private(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        said = discord_rig.say("general", "suzuki", "有給はいつまで？")
        started = discord_rig.message_command("tanaka", said, commands.ASK_ABOUT)
        noted(discord_rig, started, "答え: 有給はいつまで？")
        [turn] = serving.settled(1)
        assert turn.asker == discord_rig.company()["users"]["tanaka"]

    def test_ids_in_its_text_are_no_words(self, discord_rig: DiscordRig, serving: Serving) -> None:
        bot = discord_rig.company()["bot"]
        said = discord_rig.say("general", "suzuki", f"<@{bot}> 有給は？")
        started = discord_rig.message_command("tanaka", said, commands.ASK_ABOUT)
        noted(discord_rig, started, "答え: 有給は？")

    def test_a_picture_can_not(self, discord_rig: DiscordRig, serving: Serving) -> None:
        said = discord_rig.say("general", "suzuki", "", files=["photo.png"])
        started = discord_rig.message_command("tanaka", said, commands.ASK_ABOUT)
        noted(discord_rig, started, "文章で質問してください")


@pytest.fixture
def answer(discord_rig: DiscordRig, serving: Serving) -> Any:
    """Return a public answer with its buttons."""
    asked = discord_rig.mention("general", "tanaka", "有給は？")
    reply = discord_rig.wait_for_reply(asked, containing="答え")
    serving.settled(1)
    return reply


class TestButtons:
    def test_more_gives_a_longer_answer_below_and_only_one(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any
    ) -> None:
        serving.bot.reader.delay = 0.3
        presses = [discord_rig.press(answer, "詳しく", who) for who in ("tanaka", "suzuki")]

        def public() -> list[Posted]:
            seen = discord_rig.view("general", "tanaka")
            return [one for one in seen if "詳しい回答" in one.text and one.seen_by is None]

        until(lambda: bool(public()))
        [longer] = public()
        assert longer.reply_to == answer.id
        again = discord_rig.press(answer, "詳しく", "smith")
        noted(discord_rig, again, "asked for already")
        discord_rig.quiet(0.2)
        assert [one.id for one in public()] == [longer.id]
        assert all(discord_rig.interaction(one).state != "failed" for one in presses)
        turn = serving.settled(2)[1]
        assert (turn.style, turn.about) == ("long", serving.turns()[0].id)

    def test_more_of_a_private_answer_stays_private(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        options = {"question": "有給は？", "private": True}
        reply = answered(discord_rig, discord_rig.slash("tanaka", "general", "ask", options))
        pressed = discord_rig.press(reply, "詳しく", "tanaka")
        assert answered(discord_rig, pressed, "詳しい回答").seen_by is not None
        serving.settled(2)

    def test_a_vote_is_kept_and_thanked_for(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any
    ) -> None:
        noted(discord_rig, discord_rig.press(answer, "👍", "tanaka"), "ありがとうございます")
        noted(discord_rig, discord_rig.press(answer, "👍", "tanaka"), "ありがとうございます")
        [turn] = serving.turns()
        tanaka = discord_rig.company()["users"]["tanaka"]
        assert [(one.user, one.vote) for one in turn.feedback] == [(tanaka, "up")]

    def test_a_bad_vote_may_have_a_reason(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any
    ) -> None:
        pressed = discord_rig.press(answer, "👎", "tanaka")
        form = discord_rig.wait_for_state(pressed, "modal")
        until(lambda: [one.vote for one in serving.turns()[0].feedback] == ["down"])
        sent = discord_rig.submit(form, {"reason": "古い資料です"})
        noted(discord_rig, sent, "ありがとうございます")
        [turn] = serving.turns()
        assert [(one.vote, one.comment) for one in turn.feedback] == [("down", "古い資料です")]
        assert discord_rig.violations() == []

    def test_without_a_reason_it_counts_too(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any
    ) -> None:
        pressed = discord_rig.press(answer, "👎", "tanaka")
        sent = discord_rig.submit(discord_rig.wait_for_state(pressed, "modal"), {})
        noted(discord_rig, sent, "ありがとうございます")
        assert [one.vote for one in serving.turns()[0].feedback] == ["down"]

    def test_rephrasing_is_a_hint(self, discord_rig: DiscordRig, serving: Serving) -> None:
        asked = discord_rig.mention("general", "tanaka", f"{UNKNOWN}は？")
        reply = discord_rig.wait_for_reply(asked, containing="見つかりませんでした")
        noted(discord_rig, discord_rig.press(reply, "質問を言い換える", "tanaka"), "言葉を変えるか")

    def test_a_private_answer_can_be_shared_once(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        options = {"question": "有給は？", "private": True}
        reply = answered(discord_rig, discord_rig.slash("tanaka", "general", "ask", options))
        discord_rig.press(reply, "共有する", "tanaka")
        shared = discord_rig.wait_for_message("general", 15, containing="共有しました")
        assert (shared.seen_by, shared.pinged) == (None, [])
        finished(serving, "share")
        again = discord_rig.press(reply, "共有する", "tanaka")
        noted(discord_rig, again, "すでに共有されています")

    @pytest.mark.parametrize("label", ["詳しく", "👍", "担当者に聞く", "👎"])
    def test_a_button_of_a_purged_turn_says_so(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any, label: str
    ) -> None:
        Conversations(serving.engine).purge(datetime.now(UTC) + timedelta(days=1))
        noted(discord_rig, discord_rig.press(answer, label, "tanaka"), "記録はもう残っていません")

    def test_buttons_work_after_a_restart(self, discord_rig: DiscordRig, serve: Serve) -> None:
        first = serve()
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        reply = discord_rig.wait_for_reply(asked, containing="答え")
        first.settled(1)
        first.__exit__(None, None, None)
        serving = serve()
        noted(discord_rig, discord_rig.press(reply, "👍", "tanaka"), "ありがとうございます")
        assert [one.vote for one in serving.turns()[0].feedback] == ["up"]


class TestHandOver:
    def test_the_channels_people_are_named_and_notified_and_nobody_else(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        company = discord_rig.company()
        role, smith = company["roles"]["総務部"], company["users"]["smith"]
        serving = serve(config=Discord(handover=(f"role:{role}", f"user:{smith}")))
        asked = discord_rig.mention("general", "tanaka", "有給は？ @everyone")
        reply = discord_rig.wait_for_reply(asked, containing="答え")
        discord_rig.press(reply, "担当者に聞く", "tanaka")
        told = discord_rig.wait_for_message("general", 15, containing="質問です")
        assert told.reply_to == reply.id
        assert set(told.pinged) == {"suzuki", "smith"}
        finished(serving, "hand_over")
        again = discord_rig.press(reply, "担当者に聞く", "tanaka")
        noted(discord_rig, again, "引き継いでいます")
        done = discord_rig.press(told, "解決済みにする", "suzuki")
        until(lambda: "解決済みにしました" in discord_rig.message(told).text)
        discord_rig.wait_for_state(done, "answered")
        assert discord_rig.message(told).components == []
        assert set(discord_rig.message(told).pinged) == {"suzuki", "smith"}

    def test_the_sources_people_take_over_where_the_channel_names_none(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        suzuki = discord_rig.company()["users"]["suzuki"]
        serve(handover=(f"user:{suzuki}",))
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        reply = discord_rig.wait_for_reply(asked, containing="答え")
        discord_rig.press(reply, "担当者に聞く", "tanaka")
        told = discord_rig.wait_for_message("general", 15, containing="質問です")
        assert told.pinged == ["suzuki"]

    def test_where_nobody_is_set_it_says_so(
        self, discord_rig: DiscordRig, serving: Serving, answer: Any
    ) -> None:
        pressed = discord_rig.press(answer, "担当者に聞く", "tanaka")
        noted(discord_rig, pressed, "担当者が設定されていません")
        assert len(serving.turns()) == 1

    def test_in_a_conversation_of_two_the_people_are_written_to(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        company = discord_rig.company()
        people = (f"user:{company['users']['suzuki']}", f"user:{company['users']['sato']}")
        serving = serve(config=Discord(handover=people))
        reply = discord_rig.wait_for_reply(discord_rig.direct("tanaka", "有給は？"))
        discord_rig.press(reply, "担当者に聞く", "tanaka")
        turn = finished(serving, "hand_over")
        [told] = discord_rig.view(None, "suzuki")
        assert "田中 一郎" in told.text
        assert told.pinged == ["suzuki"]
        assert "引き継いでいます" in discord_rig.view(None, "tanaka")[-1].text
        assert len(turn.shown) == 2

    def test_what_was_asked_in_private_is_handed_over_in_private(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        """The channel learns neither the question nor who asked it."""
        suzuki = discord_rig.company()["users"]["suzuki"]
        serving = serve(config=Discord(handover=(f"user:{suzuki}",)))
        asked = discord_rig.slash(
            "tanaka", "general", "ask", {"question": "病欠は？", "private": True}
        )
        reply = discord_rig.wait_for_reply(asked, containing="答え")
        discord_rig.press(reply, "担当者に聞く", "tanaka")
        finished(serving, "hand_over")
        [told] = discord_rig.view(None, "suzuki")
        assert "病欠は？" in told.text
        assert all("病欠は？" not in one.text for one in discord_rig.view("general", "suzuki"))
