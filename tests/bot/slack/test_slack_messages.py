"""What is written in Slack, and which of it is answered: once each, where it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import (
    GENERAL,
    HR,
    PARTNERS,
    SATO,
    SOUMU,
    SUZUKI,
    Serving,
    own,
    said,
    slow,
)

from bot.inbox import Limits

BOT = "U0KURAGE01"


@pytest.fixture
def serve(slack_process: SlackRig, tmp_path: Path) -> Iterator[Serving]:
    with Serving(slack_process, tmp_path / "kurage.db") as serving:
        yield serving


def test_a_mention_is_answered_once_in_its_thread(serve: Serving) -> None:
    """It comes as a mention and as a message of the channel: two events, one answer."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給はいつまで？")
    [answer] = serve.rig.wait_for_reply(ts)
    assert "有給はいつまで？への答え" in answer["text"]
    serve.rig.quiet()
    assert len(serve.rig.answers(ts)) == 1
    assert serve.rig.violations() == []
    assert serve.rig.refused() == []
    [turn] = bot.finished()
    assert (turn.question, turn.asker, turn.thread.root) == ("有給はいつまで？", SATO, ts)


def test_an_event_is_acknowledged_only_once_its_turn_is_stored(serve: Serving) -> None:
    """Whoever dies before has not acknowledged, and Slack delivers it again."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [event] = [each for each in serve.rig.journal("event", name="app_mention") if each["payload"]]
    serve.rig.wait_for_reply(ts)
    delivery = serve.rig.wait_for("delivery", event_id=event["event_id"])
    ack = serve.rig.wait_for("ack", envelope_id=delivery["envelope_id"])
    [turn] = bot.finished()
    assert turn.message == ts
    assert delivery["attempt"] == 0
    assert ack["payload"] is None


def test_a_direct_message_is_answered_below_it(serve: Serving) -> None:
    """As Slack shows an agent's conversation, and where it lets an answer be streamed."""
    bot = serve()
    ts = serve.rig.direct("sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    assert answer["thread"] == ts
    [turn] = bot.finished()
    assert turn.thread.root == ""


def test_a_conversation_of_two_is_one_whatever_its_threads(serve: Serving) -> None:
    """A follow-up has its meaning from the question before, beside it or below it."""
    bot = serve()
    first = serve.rig.direct("sato", "有給は？")
    serve.rig.wait_for_reply(first)
    serve.rig.direct("sato", "いつまで？", first)
    below = said(serve.rig, serve.rig.direct_channel("sato"), "sato", "いつまで？への答え")
    assert below["thread"] == first
    beside = serve.rig.direct("sato", "英語版は？")
    serve.rig.wait_for_reply(beside)
    assert {turn.thread.root for turn in bot.finished(3)} == {""}


def test_where_slack_offers_no_agents_a_direct_message_is_answered_beside_it(
    serve: Serving,
) -> None:
    """A plan without them shows a plain conversation."""
    serve.rig.set_app(agent=False)
    bot = serve(slow())
    first = serve.rig.direct("sato", "有給は？")
    bot.until(serve.rig.refused)
    bot.reader.gate.set()
    serve.rig.wait_for_reply(first)
    serve.rig.direct("sato", "締め日は？")
    answer = said(serve.rig, serve.rig.direct_channel("sato"), "sato", "締め日は？への答え")
    assert answer["thread"] is None


def test_a_private_channel_is_answered_too(serve: Serving) -> None:
    """Its messages are events of another kind."""
    serve()
    ts = serve.rig.mention("hr", "sato", "評価はいつ？")
    [answer] = serve.rig.wait_for_reply(ts)
    assert answer["channel"] == HR


def test_a_group_conversation_is_answered_where_the_bot_is_named(serve: Serving) -> None:
    """Several people talk in it: what names nobody is for them."""
    bot = serve()
    channel = serve.rig.add_channel("mpdm-sato-suzuki", kind="mpim")
    serve.rig.say(channel, "sato", "お昼はどうしますか？")
    ts = serve.rig.mention(channel, "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    assert [turn.question for turn in bot.finished()] == ["有給は？"]


def test_who_asked_goes_on_asking_without_a_new_mention(serve: Serving) -> None:
    """In a thread that the bot answers in, a question is for the bot."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    serve.rig.say("soumu", "sato", "それはいつからですか？", ts)
    said(serve.rig, SOUMU, "sato", "それはいつからですか？への答え")
    assert [turn.thread.root for turn in bot.finished(2)] == [ts, ts]


def test_people_who_talk_among_themselves_are_left_alone(serve: Serving) -> None:
    """No answer to what is addressed to somebody else, or said beside any thread of the bot's."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    serve.rig.say("soumu", "suzuki", f"<@{SATO}> それはいつからですか？", ts, raw=True)
    serve.rig.say("soumu", "suzuki", "ところでお昼はどうしますか？")
    serve.rig.say("soumu", "suzuki", "なるほど", ts)
    last = serve.rig.mention("soumu", "suzuki", "締め日は？")
    serve.rig.wait_for_reply(last)
    assert [turn.question for turn in bot.finished(2)] == ["有給は？", "締め日は？"]


def test_a_channel_can_be_set_to_answer_questions(serve: Serving) -> None:
    """Then a question needs no mention; what is none is left alone."""
    bot = serve(channels={SOUMU: {"respond": "questions"}})
    serve.rig.say("soumu", "suzuki", "おはようございます。")
    ts = serve.rig.say("soumu", "suzuki", "締め日はいつですか？")
    serve.rig.wait_for_reply(ts)
    assert [turn.question for turn in bot.finished()] == ["締め日はいつですか？"]


def test_what_is_written_becomes_plain_text(serve: Serving) -> None:
    """The bot's name goes wherever it stands; people are called by their names."""
    bot = serve()
    raw = (
        f"これ <@{BOT}> <@{SUZUKI}> の件、<https://example.com/a|規程> と"
        f" <#{GENERAL}|general> を見ても R&amp;D の経費がわかりません。どこですか？ <@{BOT}>"
    )
    ts = serve.rig.say("soumu", "sato", raw, raw=True)
    serve.rig.wait_for_reply(ts)
    [turn] = bot.finished()
    assert turn.question == (
        "これ @suzuki の件、規程 と #general を見ても R&D の経費がわかりません。どこですか？"
    )


def test_a_mention_in_code_is_no_mention(serve: Serving) -> None:
    """Who shows how the bot is asked does not ask it."""
    bot = serve()
    serve.rig.say("soumu", "sato", f"こう書きます: ```<@{BOT}> 有給は？```", raw=True)
    serve.rig.say("soumu", "sato", f"こうです: `<@{BOT}> 有給は？`", raw=True)
    ts = serve.rig.mention("soumu", "suzuki", "締め日は？")
    serve.rig.wait_for_reply(ts)
    assert [turn.question for turn in bot.finished()] == ["締め日は？"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "使い方"),
        ("使い方", "handbook"),
        ("help", "handbook"),
        ("あ" * 2001, "2,000文字まで"),
        ("は" * 40_000, "2,000文字まで"),
        ("🎉", "文章で質問"),
        ("ありがとう", "どういたしまして"),
    ],
)
def test_who_addresses_the_bot_always_gets_a_line(serve: Serving, text: str, words: str) -> None:
    """No silence: an empty mention, help, too much, only an emoji, thanks."""
    serve()
    ts = serve.rig.mention("soumu", "sato", text)
    [answer] = serve.rig.wait_for_reply(ts)
    assert words in answer["text"]


def test_only_an_image_is_asked_for_words(serve: Serving) -> None:
    """A picture can not be answered."""
    serve()
    ts = serve.rig.mention("soumu", "sato", "", files=[{"name": "screenshot.png"}])
    [answer] = serve.rig.wait_for_reply(ts)
    assert "文章で質問" in answer["text"]


def test_english_readers_read_english(serve: Serving) -> None:
    """By the locale of who asks, also after it has changed."""
    bot = serve()
    first = serve.rig.mention("soumu", "smith", "")
    assert "How to use" in serve.rig.wait_for_reply(first)[0]["text"]
    serve.rig.change_user("smith", locale="ja-JP")
    bot.until(lambda: serve.rig.journal("event", name="user_change"))
    serve.rig.quiet(0.3)
    second = serve.rig.mention("soumu", "smith", "")
    assert "使い方" in serve.rig.wait_for_reply(second)[0]["text"]


def test_guests_outsiders_and_bots_are_refused_with_a_line(serve: Serving) -> None:
    """They read no company documents; a bot is told so once a thread."""
    bot = serve()
    guest = serve.rig.mention("soumu", "tanaka", "有給は？")
    shared = serve.rig.mention("partners", "sato", "有給は？")
    stranger = serve.rig.mention("partners", "partner", "有給は？")
    robot = serve.rig.mention("soumu", "weather", "有給は？")
    for ts, words in [
        (guest, "ゲストの方"),
        (shared, "社外の方がいる"),
        (stranger, "社外の方がいる"),
        (robot, "ほかのボット"),
    ]:
        assert words in serve.rig.wait_for_reply(ts)[0]["text"]
    serve.rig.mention("soumu", "weather", "有給は？", robot)
    serve.rig.quiet(0.3)
    assert len(serve.rig.answers(robot)) == 1
    assert bot.reader.asked == []


def test_what_is_refused_by_default_can_be_allowed(serve: Serving) -> None:
    """Per channel: a channel shared with a partner, and guests."""
    serve(channels={PARTNERS: {"external": True}, SOUMU: {"guests": True}})
    shared = serve.rig.mention("partners", "sato", "有給は？")
    guest = serve.rig.mention("soumu", "tanaka", "有給は？")
    assert "への答え" in serve.rig.wait_for_reply(shared)[0]["text"]
    assert "への答え" in serve.rig.wait_for_reply(guest)[0]["text"]


def test_a_disabled_channel_says_so(serve: Serving) -> None:
    """And where to ask instead."""
    serve(channels={SOUMU: {"enabled": False}})
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    assert "お答えしない設定" in serve.rig.wait_for_reply(ts)[0]["text"]


def test_a_private_channel_setting_shows_the_answer_to_its_asker_alone(serve: Serving) -> None:
    """Nobody else reads it, and it stands in the thread."""
    serve(channels={SOUMU: {"private": True}})
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    assert answer["ephemeral"]
    assert own(serve.rig, SOUMU, user="suzuki") == []
    [seen] = own(serve.rig, SOUMU, user="sato")
    assert "共有する" in str(seen["buttons"])
    serve.rig.quiet(0.3)
    assert serve.rig.status(SOUMU, ts) == ""


def test_an_edited_question_is_answered_anew_in_place(serve: Serving) -> None:
    """The same message, with what is asked now."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [before] = serve.rig.wait_for_reply(ts)
    serve.rig.edit("soumu", ts, f"<@{BOT}> 慶弔休暇は？", raw=True)
    after = said(serve.rig, SOUMU, "sato", "慶弔休暇は？への答え")
    assert after["ts"] == before["ts"]
    bot.finished(2)
    assert len(serve.rig.answers(ts)) == 1
    serve.rig.quiet(0.3)
    assert serve.rig.status(SOUMU, ts) == ""
    assert bot.reader.asked == ["有給は？", "慶弔休暇は？"]


def test_a_question_edited_while_it_is_answered_shows_one_answer(serve: Serving) -> None:
    """To what is asked now."""
    bot = serve()
    bot.reader.gate.clear()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: bot.reader.asked)
    serve.rig.edit("soumu", ts, f"<@{BOT}> 慶弔休暇は？", raw=True)
    bot.until(lambda: len(bot.turns()) == 2)
    bot.reader.gate.set()
    said(serve.rig, SOUMU, "sato", "慶弔休暇は？への答え")
    bot.finished(2)
    serve.rig.quiet(0.3)
    [answer] = serve.rig.answers(ts)
    assert "慶弔休暇は？" in answer["text"]


def test_the_preview_of_a_link_is_no_edit(serve: Serving) -> None:
    """Slack changes the message, and nobody has asked anything new."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "https://example.com はどこ？")
    serve.rig.wait_for_reply(ts)
    serve.rig.unfurl("soumu", ts, "https://example.com")
    serve.rig.quiet(0.3)
    assert len(bot.turns()) == 1


def test_an_edit_can_make_a_message_a_question(serve: Serving) -> None:
    """Who forgot the bot's name adds it."""
    serve()
    ts = serve.rig.say("soumu", "sato", "有給は？")
    serve.rig.edit("soumu", ts, f"<@{BOT}> 有給は？", raw=True)
    [answer] = serve.rig.wait_for_reply(ts)
    assert "有給は？への答え" in answer["text"]


def test_the_answer_to_a_deleted_question_is_removed(serve: Serving) -> None:
    """Who takes a question back wants no answer to stand there."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    bot.finished()
    serve.rig.delete("soumu", ts)
    bot.until(lambda: own(serve.rig, SOUMU) == [])


def test_a_question_deleted_while_it_is_answered_leaves_nothing(serve: Serving) -> None:
    """A reply to a thread that is gone would stand in the channel, before everybody."""
    bot = serve()
    bot.reader.gate.clear()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: bot.reader.asked)
    serve.rig.delete("soumu", ts)
    bot.until(lambda: own(serve.rig, SOUMU))  # it was being streamed already
    bot.finished()
    bot.reader.gate.set()
    bot.until(lambda: bot.inbox.open_turns == 0)
    assert own(serve.rig, SOUMU) == []


def test_an_invited_bot_introduces_itself_once(serve: Serving) -> None:
    """In the channel, to everybody; a second delivery of the event is the same one."""
    bot = serve()
    serve.rig.duplicate(2)
    serve.rig.invite("random")
    said(serve.rig, "random", "sato", "出典のリンクつきで")
    bot.finished()
    serve.rig.quiet(0.3)
    assert len(own(serve.rig, "random")) == 1
    assert {ping["target"] for ping in serve.rig.pinged()} == {BOT}


def test_the_bot_does_not_greet_whoever_joins(serve: Serving) -> None:
    """Only its own coming is its business."""
    bot = serve()
    serve.rig.join("soumu", "yamada")
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    assert [turn.task for turn in bot.finished()] == ["answer"]


def test_too_many_questions_of_one_person_are_asked_to_wait(serve: Serving) -> None:
    """A line, and no answer."""
    serve(limits=Limits(per_minute=1))
    first = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(first)
    second = serve.rig.mention("soumu", "sato", "締め日は？")
    assert "1分ほどおいて" in serve.rig.wait_for_reply(second)[0]["text"]


def test_five_copies_of_everything_are_one_answer(serve: Serving) -> None:
    """Slack delivers at least once; each delivery has an envelope of its own."""
    bot = serve()
    serve.rig.duplicate(5)
    many = serve.rig.mention_many(
        [{"channel": "soumu", "user": "sato", "text": f"質問{n}は？"} for n in range(10)]
    )
    serve.rig.wait_for_replies(many)
    bot.finished(10)
    serve.rig.quiet(0.3)
    assert [len(serve.rig.answers(ts)) for ts in many] == [1] * 10
