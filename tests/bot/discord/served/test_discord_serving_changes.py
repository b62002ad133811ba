"""Messages that are edited or deleted change their answers."""

from __future__ import annotations

import pytest
from discord_answers import one_answer
from discord_serving import LONG, SLOW, Serving, until
from rigs.discord_rig import DiscordRig


class TestChanges:
    def test_an_edited_question_is_answered_anew_in_place(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        first = one_answer(discord_rig, asked)
        discord_rig.edit(asked, "病欠は？")
        second = one_answer(discord_rig, asked, containing="答え: 病欠は？")
        assert second.id == first.id
        turns = serving.settled(2)
        assert turns[1].shown[0].id == first.id

    def test_a_question_that_is_edited_while_it_is_answered_has_one_answer(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.delay = 0.5
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        until(lambda: bool(serving.bot.reader.asked))
        discord_rig.edit(asked, "病欠は？")
        one_answer(discord_rig, asked, containing="答え: 病欠は？")
        serving.settled(2)
        assert len(discord_rig.answers(asked)) == 1

    def test_an_answer_to_an_edit_grows_where_the_former_one_stands(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        first = one_answer(discord_rig, asked)
        place = discord_rig.mark()
        discord_rig.edit(asked, f"{SLOW}で")
        discord_rig.wait_for_reply(asked, 15, containing="書きかけ")
        assert one_answer(discord_rig, asked, containing=SLOW).id == first.id
        bot = discord_rig.company()["bot"]
        assert [
            one for one in discord_rig.journal("post", after=place) if one["author"] == bot
        ] == []

    def test_a_long_answer_that_becomes_short_leaves_nothing_behind(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", f"{LONG}は？")
        serving.settled(1)
        assert len(discord_rig.answers(asked)) > 1
        discord_rig.edit(asked, "病欠は？")
        one_answer(discord_rig, asked, containing="答え: 病欠は？")

    def test_a_preview_is_no_edit(self, discord_rig: DiscordRig, serving: Serving) -> None:
        asked = discord_rig.mention("general", "tanaka", "https://example.com は？")
        reply = one_answer(discord_rig, asked)
        discord_rig.unfurl(asked, "https://example.com", "Example")
        one_answer(discord_rig, discord_rig.mention("総務", "tanaka", "経費は？"))
        assert not discord_rig.message(reply).edited
        assert len(serving.settled(2)) == 2

    def test_a_mention_that_is_added_by_an_edit_is_answered(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.say("general", "tanaka", "有給は？")
        bot = discord_rig.company()["bot"]
        discord_rig.edit(asked, f"<@{bot}> 有給は？")
        one_answer(discord_rig, asked)

    def test_a_question_that_is_deleted_takes_its_answer_along(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = [discord_rig.mention("general", "tanaka", f"{n}は？") for n in range(3)]
        for one in asked:
            discord_rig.wait_for_reply(one, containing="答え")
        discord_rig.delete(asked[0])
        until(lambda: discord_rig.answers(asked[0]) == [])
        discord_rig.delete(asked[1], asked[2])
        until(lambda: not any(discord_rig.answers(one) for one in asked))

    @pytest.mark.parametrize("words", ["有給は？", f"{SLOW}で"])
    def test_a_question_that_is_deleted_while_it_is_answered_gets_none(
        self, discord_rig: DiscordRig, serving: Serving, words: str
    ) -> None:
        serving.bot.reader.delay = 0.5
        asked = discord_rig.mention("general", "tanaka", words)
        until(lambda: bool(serving.bot.reader.asked))
        discord_rig.delete(asked)
        until(lambda: serving.bot.inbox.open_turns == 0)
        discord_rig.quiet(0.5)
        assert discord_rig.answers(asked) == []
        assert [one.text for one in discord_rig.view("general", "tanaka")] == []
