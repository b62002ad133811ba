"""What people start in Slack: the command, buttons, forms, the home tab."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import HELPDESK, RANDOM, SATO, SOUMU, SUZUKI, Served, Serving, own, said

from bot.slack import actions

Json = dict[str, Any]


@pytest.fixture
def serve(slack_process: SlackRig, tmp_path: Path) -> Iterator[Serving]:
    with Serving(slack_process, tmp_path / "kurage.db") as serving:
        yield serving


def answered(serve: Serving, bot: Served, text: str = "有給は？") -> tuple[str, str]:
    """Return a question of Sato's in #soumu, and the answer to it."""
    before = len([turn for turn in bot.turns() if turn.finished])
    ts = serve.rig.mention("soumu", "sato", text)
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished(before + 1)
    return ts, str(answer["ts"])


def whispered(rig: SlackRig, channel: str, user: str, words: str) -> Json:
    """Return what one person alone is told."""
    seen = said(rig, channel, user, words)
    assert seen["ephemeral"]
    return seen


# The command


def test_a_command_is_answered_to_who_typed_it(serve: Serving) -> None:
    """At once with what is being done, then with the answer, which may be shared."""
    bot = serve()
    pressed = serve.rig.slash("sato", "soumu", "/kurage", "有給は？")
    assert pressed["acked"]
    assert pressed["ack"]["text"] == "資料を探しています…"
    answer = whispered(serve.rig, SOUMU, "sato", "有給は？への答え")
    assert "共有する" in str(answer["buttons"])
    assert own(serve.rig, SOUMU, user="suzuki") == []
    [call] = serve.rig.journal("call", method="response_url")
    assert call["args"]["replace_original"]
    assert bot.finished()[0].reach.get("response_url") is None


def test_a_command_works_where_the_bot_is_no_member(serve: Serving) -> None:
    """The answer is the asker's alone: nobody had to invite the bot."""
    serve()
    serve.rig.slash("sato", "random", "/kurage", "有給は？")
    whispered(serve.rig, RANDOM, "sato", "有給は？への答え")


@pytest.mark.parametrize("text", ["", "help", "使い方"])
def test_a_command_without_a_question_tells_how_to_ask(serve: Serving, text: str) -> None:
    """There is nothing to search for, and no status that says so."""
    serve()
    pressed = serve.rig.slash("sato", "soumu", "/kurage", text)
    assert not pressed["ack"]
    whispered(serve.rig, SOUMU, "sato", "handbook")


def test_a_command_that_is_delivered_twice_is_answered_once(serve: Serving) -> None:
    """It has no message; its trigger is what it is known by."""
    bot = serve()
    serve.rig.duplicate(3)
    serve.rig.slash("sato", "soumu", "/kurage", "有給は？")
    whispered(serve.rig, SOUMU, "sato", "有給は？への答え")
    bot.finished()
    serve.rig.quiet(0.3)
    assert bot.reader.asked == ["有給は？"]


def test_guests_get_no_answer_to_a_command(serve: Serving) -> None:
    """What is refused to them in channels is not to be had in private."""
    bot = serve()
    serve.rig.slash("tanaka", "soumu", "/kurage", "有給は？")
    whispered(serve.rig, SOUMU, "tanaka", "ゲストの方")
    assert bot.reader.asked == []


def test_a_response_url_that_is_refused_has_an_answer_all_the_same(serve: Serving) -> None:
    """By a message for the asker's eyes only."""
    serve()
    serve.rig.fail("response_url", status=404)
    serve.rig.slash("sato", "soumu", "/kurage", "有給は？")
    whispered(serve.rig, SOUMU, "sato", "有給は？への答え")
    assert serve.rig.journal("call", method="chat.postEphemeral")


def test_an_answer_that_can_not_be_shown_in_the_channel_comes_directly(serve: Serving) -> None:
    """With a line that says why it stands there."""
    serve()
    serve.rig.fail("response_url", status=404)
    serve.rig.slash("sato", "random", "/kurage", "有給は？")
    answer = said(serve.rig, serve.rig.direct_channel("sato"), "sato", "有給は？への答え")
    assert "チャンネルに投稿できなかった" in answer["text"]


# 詳しく


def test_more_is_a_longer_answer_below(serve: Serving) -> None:
    """Marked as such; whoever presses again is told that it is there."""
    bot = serve()
    ts, answer = answered(serve, bot)
    assert serve.rig.press(SOUMU, answer, "詳しく", "sato")["acked"]
    said(serve.rig, SOUMU, "sato", "上長の承認")
    bot.finished(2)
    serve.rig.press(SOUMU, answer, "詳しく", "suzuki")
    whispered(serve.rig, SOUMU, "suzuki", "すでに依頼されています")
    assert len(own(serve.rig, SOUMU, thread=ts)) == 2


def test_pressed_many_times_at_once_it_is_one_answer(serve: Serving) -> None:
    """Also where the second press comes before the first is answered."""
    bot = serve()
    ts, answer = answered(serve, bot)
    serve.rig.duplicate(4)
    serve.rig.press(SOUMU, answer, "詳しく", "sato")
    said(serve.rig, SOUMU, "sato", "上長の承認")
    bot.finished(2)
    serve.rig.quiet(0.3)
    assert len(own(serve.rig, SOUMU, thread=ts)) == 2


def test_more_of_a_private_answer_stays_private(serve: Serving) -> None:
    """It is from the same passages, for the same person."""
    serve()
    serve.rig.slash("sato", "soumu", "/kurage", "有給は？")
    answer = whispered(serve.rig, SOUMU, "sato", "有給は？への答え")
    serve.rig.press(SOUMU, answer["ts"], "詳しく", "sato")
    whispered(serve.rig, SOUMU, "sato", "上長の承認")
    assert own(serve.rig, SOUMU, user="suzuki") == []


# Votes


def test_thumbs_up_are_kept_and_thanked_for(serve: Serving) -> None:
    """To who pressed, and to nobody else."""
    bot = serve()
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "👍", "suzuki")
    whispered(serve.rig, SOUMU, "suzuki", "ご意見をありがとう")
    [vote] = bot.turns()[0].feedback
    assert (vote.user, vote.vote) == (SUZUKI, "up")


def test_thumbs_down_are_kept_at_once_and_asked_for_a_reason(serve: Serving) -> None:
    """The reason is optional, and so is sending it."""
    bot = serve()
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "👎", "sato")
    modal = bot.until(lambda: serve.rig.modal("sato"))
    bot.until(lambda: bot.turns()[0].feedback)
    assert serve.rig.submit(modal["id"], {actions.REASON_INPUT: "古い資料です"})["acked"]
    whispered(serve.rig, SOUMU, "sato", "ご意見をありがとう")
    [vote] = bot.turns()[0].feedback
    assert (vote.user, vote.vote, vote.comment) == (SATO, "down", "古い資料です")


def test_a_vote_whose_form_comes_too_late_is_kept(serve: Serving) -> None:
    """A trigger is good for three seconds; the vote is not lost for that."""
    bot = serve()
    _, answer = answered(serve, bot)
    serve.rig.fail("views.open", message="expired_trigger_id")
    serve.rig.press(SOUMU, answer, "👎", "sato")
    whispered(serve.rig, SOUMU, "sato", "有効期限が切れました")
    [vote] = bot.turns()[0].feedback
    assert vote.vote == "down"


@pytest.mark.parametrize("button", ["詳しく", "👍", "👎", "担当者に聞く"])
def test_the_buttons_of_a_purged_turn_say_so(serve: Serving, button: str) -> None:
    """Nothing is left to go on from."""
    bot = serve()
    _, answer = answered(serve, bot)
    bot.log.purge(datetime.now(UTC) + timedelta(days=1))
    serve.rig.press(SOUMU, answer, button, "sato")
    whispered(serve.rig, SOUMU, "sato", "もう残っていません")


# 担当者に聞く, 共有する, 質問を言い換える


def test_a_question_is_handed_over_to_the_channels_people(serve: Serving) -> None:
    """They and the asker are named, and pinged, and nobody else."""
    bot = serve(channels={SOUMU: {"handover": [HELPDESK]}})
    ts, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "担当者に聞く", "suzuki")
    passed_on = said(serve.rig, SOUMU, "sato", "からの質問です")
    assert passed_on["thread"] == ts
    assert {ping["target"] for ping in passed_on["pings"]} == {HELPDESK, SATO}
    bot.finished(2)
    serve.rig.press(SOUMU, answer, "担当者に聞く", "sato")
    whispered(serve.rig, SOUMU, "sato", "引き継いでいます")
    serve.rig.press(SOUMU, passed_on["ts"], "解決済みにする", "suzuki")
    done = said(serve.rig, SOUMU, "sato", "解決済みにしました")
    assert done["ts"] == passed_on["ts"]
    assert "解決済みにする" not in str(done["buttons"])


def test_without_the_channels_people_those_of_the_source_are_asked(serve: Serving) -> None:
    """Whoever owns the document knows."""
    bot = serve(of_sources={"handbook": (SUZUKI,)})
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "担当者に聞く", "sato")
    passed_on = said(serve.rig, SOUMU, "sato", "からの質問です")
    assert SUZUKI in {ping["target"] for ping in passed_on["pings"]}


def test_without_anybody_to_ask_that_is_said(serve: Serving) -> None:
    """To who pressed."""
    bot = serve()
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "担当者に聞く", "sato")
    whispered(serve.rig, SOUMU, "sato", "担当者が設定されていません")


def test_what_was_asked_directly_is_handed_over_directly(serve: Serving) -> None:
    """The people in charge would never see a message in somebody else's conversation."""
    bot = serve(handover=[HELPDESK])
    ts = serve.rig.direct("smith", "When is payday?")
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished()
    mine = serve.rig.direct_channel("smith")
    serve.rig.press(mine, answer["ts"], "Ask a person", "smith")
    whispered(serve.rig, mine, "smith", "passed on")
    for user in ("sato", "suzuki"):
        said(serve.rig, serve.rig.direct_channel(user), user, "When is payday?")
    bot.finished(2)
    theirs = serve.rig.direct_channel("sato")
    [passed_on] = own(serve.rig, theirs)
    serve.rig.press(theirs, passed_on["ts"], "Mark as resolved", "sato")
    for user in ("sato", "suzuki"):
        said(serve.rig, serve.rig.direct_channel(user), user, "Resolved by")


def test_a_hand_over_can_be_resolved_although_its_turn_is_purged(serve: Serving) -> None:
    """The log forgets after a year; people's open matters do not."""
    bot = serve(channels={SOUMU: {"handover": [HELPDESK]}})
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "担当者に聞く", "sato")
    passed_on = said(serve.rig, SOUMU, "sato", "からの質問です")
    bot.finished(2)
    bot.log.purge(datetime.now(UTC) + timedelta(days=1))
    serve.rig.press(SOUMU, passed_on["ts"], "解決済みにする", "suzuki")
    said(serve.rig, SOUMU, "sato", "解決済みにしました")


def test_a_group_that_is_gone_leaves_its_question_with_the_others(serve: Serving) -> None:
    """Settings outlive people and groups."""
    bot = serve(handover=["S0GONE0001", "U0ITO00001", SUZUKI])
    ts = serve.rig.direct("sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished()
    serve.rig.press(serve.rig.direct_channel("sato"), answer["ts"], "担当者に聞く", "sato")
    said(serve.rig, serve.rig.direct_channel("suzuki"), "suzuki", "有給は？")
    assert bot.finished(2)[1].state == "answered"


def test_a_private_answer_can_be_shared(serve: Serving) -> None:
    """Then everybody reads it, and who shared it; once."""
    bot = serve()
    serve.rig.slash("sato", "soumu", "/kurage", "有給は？")
    answer = whispered(serve.rig, SOUMU, "sato", "有給は？への答え")
    bot.finished()
    serve.rig.press(SOUMU, answer["ts"], "共有する", "sato")
    shared = said(serve.rig, SOUMU, "suzuki", "共有しました")
    assert "有給は？への答え" in shared["text"]
    bot.finished(2)
    serve.rig.press(SOUMU, answer["ts"], "共有する", "sato")
    whispered(serve.rig, SOUMU, "sato", "すでに共有されています")
    assert len(own(serve.rig, SOUMU)) == 1


def test_nothing_is_shared_where_outsiders_read(serve: Serving) -> None:
    """What an employee may read in private is not for a partner's eyes."""
    serve()
    serve.rig.slash("sato", "partners", "/kurage", "有給は？")
    answer = whispered(serve.rig, "partners", "sato", "有給は？への答え")
    serve.rig.press("partners", answer["ts"], "共有する", "sato")
    whispered(serve.rig, "partners", "sato", "社外の方がいる")
    assert own(serve.rig, "partners") == []


def test_who_found_no_answer_is_told_how_to_ask_better(serve: Serving) -> None:
    """An abstention names the way on."""
    bot = serve()
    _, answer = answered(serve, bot, "無いことは？")
    serve.rig.press(SOUMU, answer, "質問を言い換える", "sato")
    whispered(serve.rig, SOUMU, "sato", "言葉を変えるか")


def test_guests_press_in_vain(serve: Serving) -> None:
    """A button is a question too."""
    bot = serve()
    _, answer = answered(serve, bot)
    serve.rig.press(SOUMU, answer, "詳しく", "tanaka")
    whispered(serve.rig, SOUMU, "tanaka", "ゲストの方")
    assert len(bot.turns()) == 1


# The app's own places


def test_the_home_tab_tells_what_is_indexed(serve: Serving) -> None:
    """And how to ask."""
    bot = serve()
    serve.rig.open_home("sato")
    home = bot.until(lambda: serve.rig.home("sato"))
    assert "handbook" in home["text"]
    assert "使い方" in home["text"]


def test_the_home_tab_tells_guests_no_names_of_sources(serve: Serving) -> None:
    """What there is to know is for those who may ask."""
    bot = serve()
    serve.rig.open_home("tanaka")
    home = bot.until(lambda: serve.rig.home("tanaka"))
    assert "handbook" not in home["text"]


def test_the_conversation_begins_with_suggestions(serve: Serving) -> None:
    """In the language of who opens it; without a thread, as agents have none."""
    bot = serve()
    serve.rig.open_home("smith", tab="messages")
    prompts = bot.until(lambda: serve.rig.prompts("smith"))
    assert 1 <= len(prompts["prompts"]) <= 4
    assert "leave" in prompts["prompts"][0]["message"]
    [call] = serve.rig.journal("call", method="assistant.threads.setSuggestedPrompts")
    assert "thread_ts" not in call["args"]
