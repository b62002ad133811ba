"""What people write to the bot in channels, threads and direct messages, and what comes back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from discord_answers import one_answer
from discord_serving import LONG, SLOW, UNKNOWN, Serving, until
from rigs.discord_rig import DiscordRig


class TestAddressed:
    def test_a_mention_gets_one_answer_as_a_reply(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給はいつまで？")
        reply = one_answer(discord_rig, asked)
        assert "答え: 有給はいつまで？" in reply.text
        assert reply.reply_to == asked.id
        assert reply.pinged == []
        [turn] = serving.settled(1)
        assert (turn.state, turn.question) == ("answered", "有給はいつまで？")
        assert [one.id for one in turn.shown] == [reply.id]
        assert discord_rig.violations() == []
        assert discord_rig.refused() == []

    def test_a_direct_message_needs_no_mention(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.direct("tanaka", "経費は？")
        assert "経費は？" in one_answer(discord_rig, asked).text
        [turn] = serving.settled(1)
        assert (turn.thread.channel, turn.thread.root) == (asked.channel, "")

    def test_what_is_written_in_a_thread_or_a_forum_is_one_conversation(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        thread = discord_rig.create_thread("general", "tanaka", "休暇")
        one_answer(discord_rig, discord_rig.mention(thread, "tanaka", "有給は？"))
        one_answer(discord_rig, discord_rig.mention(thread, "suzuki", "病欠は？"))
        bot = discord_rig.company()["bot"]
        post = discord_rig.forum_post("質問", "tanaka", "経費", f"<@{bot}> 締め日は？")
        one_answer(discord_rig, post)
        turns = serving.settled(3)
        roots = [(turn.thread.channel, turn.thread.root) for turn in turns]
        assert roots == [(thread, ""), (thread, ""), (post.channel, "")]

    def test_a_thread_that_is_opened_on_an_answer_goes_on_from_it(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        answer = one_answer(discord_rig, asked)
        thread = discord_rig.create_thread("general", "tanaka", "休暇", message=answer)
        again = discord_rig.mention(thread, "tanaka", "いつから？")
        reply = one_answer(discord_rig, again)
        assert reply.channel == thread
        first, second = serving.settled(2)
        assert second.thread == first.thread
        discord_rig.edit(again, "いつまで？")
        assert one_answer(discord_rig, again, "いつまで？").id == reply.id
        discord_rig.press(reply, "詳しく", "tanaka")
        discord_rig.wait_for_message(thread, containing="詳しい回答")
        discord_rig.delete(again)
        until(lambda: discord_rig.answers(again) == [])

    def test_replies_to_an_answer_belong_to_its_conversation(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        answer = one_answer(discord_rig, asked)
        again = discord_rig.say("general", "tanaka", "いつから？", reply_to=answer.id)
        # Without the privileged intent only what names the bot is readable: the reply's ping does.
        further = one_answer(discord_rig, again)
        last = discord_rig.mention("general", "tanaka", "英語版は？", reply_to=further.id)
        one_answer(discord_rig, last)
        turns = serving.settled(3)
        assert {turn.thread.root for turn in turns} == {asked.id}
        assert [turn.question for turn in turns] == ["有給は？", "いつから？", "英語版は？"]

    def test_a_reply_to_a_colleague_begins_a_conversation(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        said = discord_rig.say("general", "suzuki", "有給を取りたい")
        asked = discord_rig.mention("general", "tanaka", "いつまで？", reply_to=said.id)
        one_answer(discord_rig, asked)
        assert serving.settled(1)[0].thread.root == asked.id

    def test_the_role_of_the_bot_is_its_name_too(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        role = discord_rig.company()["roles"]["Kurage"]
        asked = discord_rig.say("general", "sato", f"<@&{role}> 有給は？")
        # Discord keeps the words back here: who mentions the role is told how it is done.
        reply = one_answer(discord_rig, asked, containing="使い方")
        assert "Kurage" in reply.text

    def test_names_stand_in_a_question_instead_of_ids(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        company = discord_rig.company()
        suzuki, channel = company["users"]["suzuki"], company["channels"]["総務"]
        words = f"<@{suzuki}> は <#{channel}> の誰？ <:kurage:123456789012345678>"
        one_answer(discord_rig, discord_rig.mention("general", "tanaka", words))
        [turn] = serving.settled(1)
        assert turn.question == "@鈴木 花子 は #総務 の誰？"

    def test_a_message_that_several_copies_arrive_of_is_answered_once(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.copies("MESSAGE_CREATE", 5, times=3)
        for number in range(3):
            one_answer(discord_rig, discord_rig.mention("general", "tanaka", f"{number}番は？"))

    def test_long_answers_come_in_several_messages_in_order(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", f"{LONG}は？")
        until(lambda: len(serving.settled(1)[0].shown) > 1)
        answers = discord_rig.answers(asked)
        assert len(answers) > 1
        [turn] = serving.turns()
        assert [one.id for one in turn.shown] == [one.id for one in answers]
        assert all(len(one.content) <= 2000 for one in answers)
        whole = "".join(one.text for one in answers)
        assert [whole.count(f"第{n:03}文") for n in range(160)] == [1] * 160
        assert [bool(one.components) for one in answers[:-1]] == [False] * (len(answers) - 1)
        assert answers[-1].components


class TestWaiting:
    def test_the_bot_types_until_the_answer_is_there(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.delay = 1.0
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        until(lambda: discord_rig.typing("general"))
        one_answer(discord_rig, asked)
        assert not discord_rig.typing("general")

    def test_an_answer_that_is_there_at_once_is_the_only_sign(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        for _ in range(5):
            one_answer(discord_rig, discord_rig.mention("general", "tanaka", "有給は？"))
        assert len(discord_rig.calls("POST", "*/typing")) < 5

    def test_an_answer_that_takes_its_time_is_seen_growing_in_one_message(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        serving.bot.reader.pace = 0.7
        asked = discord_rig.mention("general", "tanaka", f"{SLOW}で")
        first = discord_rig.wait_for_reply(asked, 15)
        assert "書きかけ" in first.text
        done = discord_rig.wait_for_reply(asked, 15, containing="答え")
        assert done.id == first.id
        assert len(done.revisions) >= 2
        at = [one["at"] for one in done.revisions] + [done.changed_at]
        # The last edit comes when the answer is complete; the others keep Discord's pace.
        assert all(later - sooner >= 1.1 for sooner, later in pairwise(at[:-1]))
        [turn] = serving.settled(1)
        assert [(one.id, one.kind) for one in turn.shown] == [(first.id, "answer")]
        assert len(discord_rig.answers(asked)) == 1


class TestLines:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("", "使い方"),
            ("使い方", "使い方"),
            ("ありがとう", "どういたしまして"),
            ("🎉🎉", "文章で質問してください"),
            ("<:kurage:123456789012345678>", "文章で質問してください"),
            ("あ" * 1990 + "いうえおかきくけこさ", "2,000文字まで"),
        ],
    )
    def test_what_is_no_question_gets_a_kind_line(
        self, discord_rig: DiscordRig, serving: Serving, text: str, line: str
    ) -> None:
        asked = (
            discord_rig.direct("tanaka", text)
            if text
            else discord_rig.mention("general", "tanaka", "")
        )
        if len(text) == 2000:
            text += "！"
            asked = discord_rig.direct("tanaka", text)
        one_answer(discord_rig, asked, containing=line)
        assert serving.bot.reader.asked in ([], [text[:2000]])

    def test_a_picture_without_words_is_declined(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "", files=["photo.png"])
        one_answer(discord_rig, asked, containing="文章で質問してください")

    def test_usage_tells_what_is_indexed(self, discord_rig: DiscordRig, serving: Serving) -> None:
        asked = discord_rig.mention("general", "tanaka", "使い方")
        assert "handbook" in one_answer(discord_rig, asked, containing="使い方").text

    def test_no_answer_names_the_nearest_documents(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", f"{UNKNOWN}のことは？")
        one_answer(discord_rig, asked, containing="見つかりませんでした")
        assert serving.settled(1)[0].state == "abstained"

    def test_another_bot_is_refused_once_and_never_again(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "otherbot", "有給は？")
        one_answer(discord_rig, asked, containing="ほかのボット")
        again = discord_rig.mention("general", "otherbot", "本当に？")
        bot = discord_rig.company()["bot"]
        hook = discord_rig.webhook("総務", "監視", f"<@{bot}> 障害です")
        one_answer(discord_rig, hook, containing="ほかのボット")
        assert discord_rig.answers(again) == []

    def test_english_is_spoken_to_who_reads_english(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.add_to_guild("branch", locale="en-US")
        asked = discord_rig.mention("branch-general", "smith", "help")
        one_answer(discord_rig, asked, containing="How to use")
        # A server's locale is English unless somebody makes it a Community.
        asked = discord_rig.mention("branch-general", "tanaka", "使い方")
        one_answer(discord_rig, asked, containing="ダイレクトメッセージ")

    def test_a_new_server_is_greeted_once_where_it_announces_newcomers(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        client = serving.bot.platform._client
        assert client is not None
        # Servers that are listed while a session begins are no new ones.
        until(client.is_ready)
        discord_rig.add_to_guild("silent")
        discord_rig.add_to_guild("branch", announcing=True)
        said = discord_rig.wait_for_message("branch-general", containing="メンション")
        assert said.pinged == []
        assert serving.settled(1)[0].task == "invited"
        discord_rig.quiet(0.2)
        assert len(discord_rig.view("branch-general", "tanaka")) == 1
        assert discord_rig.view("silent-general", "tanaka") == []
