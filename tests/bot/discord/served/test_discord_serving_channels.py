"""Which messages of a channel are for the bot, and what a channel's settings change."""

from __future__ import annotations

from discord_answers import one_answer
from discord_serving import Serve, Serving, until
from rigs.discord_rig import MESSAGE_CONTENT, DiscordRig

from bot.settings import Discord


class TestUnaddressed:
    def test_what_names_nobody_is_left_alone(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.say("general", "tanaka", "有給はいつまで？")
        bot = discord_rig.company()["bot"]
        code = discord_rig.say("general", "tanaka", f"`<@{bot}> 有給は？`")
        everyone = discord_rig.say("general", "tanaka", "@everyone 有給は？")
        one_answer(discord_rig, discord_rig.mention("general", "tanaka", "経費は？"))
        assert [discord_rig.answers(one) for one in (asked, code, everyone)] == [[], [], []]

    def test_questions_are_answered_where_that_is_set_and_granted(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        discord_rig.grant(MESSAGE_CONTENT)
        general = discord_rig.company()["channels"]["general"]
        channels = {general: {"respond": "questions"}}
        config = Discord.model_validate({"message_content": True, "channels": channels})
        serve(config=config)
        one_answer(discord_rig, discord_rig.say("general", "tanaka", "有給はいつまでですか？"))
        suzuki = discord_rig.company()["users"]["suzuki"]
        silent = [
            discord_rig.say("general", "tanaka", "今日は寒い"),
            discord_rig.say("general", "tanaka", f"<@{suzuki}> 有給はいつまでですか？"),
            discord_rig.say("総務", "tanaka", "有給はいつまでですか？"),
        ]
        one_answer(discord_rig, discord_rig.mention("general", "tanaka", "経費は？"))
        assert [discord_rig.answers(one) for one in silent] == [[], [], []]

    def test_a_thread_goes_on_without_a_mention_where_content_is_granted(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        discord_rig.grant(MESSAGE_CONTENT)
        serving = serve(config=Discord(message_content=True))
        thread = discord_rig.create_thread("general", "tanaka", "休暇")
        one_answer(discord_rig, discord_rig.mention(thread, "tanaka", "有給は？"))
        one_answer(discord_rig, discord_rig.say(thread, "tanaka", "それはいつまでですか？"))
        answer = one_answer(discord_rig, discord_rig.mention("総務", "tanaka", "経費は？"))
        asked = discord_rig.say(
            "総務", "tanaka", "締め日はいつですか？", reply_to=answer.id, quiet_reply=True
        )
        one_answer(discord_rig, asked)
        assert len(serving.settled(4)) == 4


class TestChannels:
    def test_a_thread_follows_the_rules_of_its_channel(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        general = discord_rig.company()["channels"]["general"]
        serve(config=Discord.model_validate({"channels": {general: {"enabled": False}}}))
        thread = discord_rig.create_thread("general", "tanaka", "休暇")
        for place in ("general", thread):
            asked = discord_rig.mention(place, "tanaka", "有給は？")
            one_answer(discord_rig, asked, containing="お答えしない設定")
        one_answer(discord_rig, discord_rig.mention("総務", "tanaka", "有給は？"))

    def test_sources_of_a_channel_are_the_only_ones_used(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        serving = serve(config=Discord(sources=("handbook",)))
        one_answer(discord_rig, discord_rig.mention("general", "tanaka", "有給は？"))
        assert serving.settled(1)[0].sources == {"handbook"}

    def test_private_answers_to_a_mention_go_to_the_asker_alone(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        serving = serve(config=Discord(private=True))
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        serving.settled(1)
        assert discord_rig.answers(asked) == []
        [answer] = discord_rig.view(None, "tanaka")
        assert "答え: 有給は？" in answer.text
        discord_rig.press(answer, "共有する", "tanaka")
        shared = discord_rig.wait_for_message("general", containing="答え")
        assert "共有しました" in shared.text

    def test_an_answer_that_the_channel_does_not_take_goes_to_the_asker(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.mention("お知らせ", "tanaka", "有給は？")
        until(lambda: bool(discord_rig.view(None, "tanaka")))
        [answer] = discord_rig.view(None, "tanaka")
        assert answer.text.startswith("チャンネルに投稿できなかったため")
        assert "答え: 有給は？" in answer.text
        [turn] = serving.settled(1)
        assert [one.channel for one in turn.shown] == [answer.channel]

    def test_where_nobody_can_be_told_the_turn_says_why(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.mention("お知らせ", "sato", "有給は？")
        [turn] = serving.settled(1)
        assert turn.state == "failed"
        assert "50007" in (turn.error or "")

    def test_a_channel_that_goes_while_it_is_answered_changes_the_way(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.delay = 1.0
        made = discord_rig.add_channel("一時")
        discord_rig.mention(made, "tanaka", "有給は？")
        until(lambda: serving.bot.reader.asked == ["有給は？"])
        discord_rig.remove_channel(made)
        serving.settled(1)
        [answer] = discord_rig.view(None, "tanaka")
        assert "答え: 有給は？" in answer.text

    def test_who_may_not_read_the_history_answers_without_a_reply(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.permit("general", bot_denied=["read_message_history"])
        discord_rig.mention("general", "tanaka", "有給は？")
        answer = discord_rig.wait_for_message("general", containing="答え")
        assert answer.reply_to is None
        serving.settled(1)
        assert discord_rig.view(None, "tanaka") == []
