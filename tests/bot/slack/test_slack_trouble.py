"""What goes wrong between us and Slack: every mention still has exactly one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import SATO, SOUMU, Reader, Served, Serving, own, said

MANY = 12
Hurt = Callable[[SlackRig], None]

SOCKETS: dict[str, Hurt] = {
    "one socket ends (FIN)": lambda rig: rig.drop(rig.sockets()[:1]),
    "one socket ends (RST)": lambda rig: rig.drop(rig.sockets()[:1], reset=True),
    "all sockets end (FIN)": lambda rig: rig.drop(),
    "all sockets end (RST)": lambda rig: rig.drop(reset=True),
    "one socket is half-open": lambda rig: rig.half_open(rig.sockets()[:1]),
    "a CLOSE frame": lambda rig: rig.close_sockets(),
    "asked to refresh": lambda rig: rig.disconnect("refresh_requested"),
    "a warning": lambda rig: rig.disconnect("warning"),
    "ends, and the upgrade is refused": lambda rig: (rig.refuse_upgrades(3), rig.drop())[1],
    "cut before a delivery": lambda rig: rig.fail(
        "events_api/*", verb="ENVELOPE", cut="before", times=2
    ),
    "cut before an acknowledgement": lambda rig: rig.fail(
        "events_api/*", verb="ENVELOPE", cut="after", times=2
    ),
}
CALLS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "retry_after": 1},
    "500": {"status": 500},
    "502": {"status": 502},
    "503": {"status": 503},
    "half of the JSON": {"status": 200},
    "cut before the work (FIN)": {"cut": "before"},
    "cut before the work (RST)": {"cut": "before", "reset": True},
    "answer lost after the work (FIN)": {"cut": "after"},
    "answer lost after the work (RST)": {"cut": "after", "reset": True},
    "answer lost amid it": {"cut": "body"},
    "500 after the work": {"status": 500, "cut": "after"},
    "slow": {"delay": 0.7},
    "an error of Slack's own": {"message": "internal_error"},
}


@pytest.fixture
def serve(slack_process: SlackRig, tmp_path: Path) -> Iterator[Serving]:
    with Serving(slack_process, tmp_path / "kurage.db") as serving:
        # Redelivery after fractions of a second instead of minutes.
        serving.rig.configure(redelivery=[0.2, 1.0, 2.0], ack_deadline=1.5)
        yield serving
        serving.rig.configure(redelivery=[0.0, 60.0, 300.0], ack_deadline=3.0)


def mentions(rig: SlackRig, first: int, count: int) -> list[str]:
    """Mention the bot often at once; the questions differ, so that none counts as doubled."""
    return rig.mention_many(
        [
            {"channel": ("soumu", "general")[n % 2], "user": "sato", "text": f"質問{n}は？"}
            for n in range(first, first + count)
        ]
    )


def one_answer_each(bot: Served, many: list[str], timeout: float = 30) -> None:
    """Hold that each mention has its answer, and only one."""
    bot.rig.wait_for_replies(many, timeout=timeout)
    bot.finished(len(many))
    bot.rig.quiet(0.3)
    assert [len(bot.rig.answers(ts)) for ts in many] == [1] * len(many)
    assert bot.rig.doubled() == []


@pytest.mark.parametrize("hurt", list(SOCKETS.values()), ids=list(SOCKETS))
def test_no_trouble_with_sockets_loses_or_doubles_an_answer(serve: Serving, hurt: Hurt) -> None:
    """Events that one socket has swallowed come again by another."""
    bot = serve()
    bot.until(lambda: len(serve.rig.sockets()) == 2)
    before = mentions(serve.rig, 0, MANY // 2)
    hurt(serve.rig)
    after = mentions(serve.rig, MANY, MANY // 2)
    one_answer_each(bot, before + after)
    bot.until(lambda: bot.platform.healthy)


@pytest.mark.parametrize("method", ["chat.postMessage", "users.info"])
@pytest.mark.parametrize("how", list(CALLS.values()), ids=list(CALLS))
def test_no_trouble_with_calls_loses_or_doubles_an_answer(
    serve: Serving, how: dict[str, Any], method: str
) -> None:
    """Where nobody knows whether a message was posted, it is looked for before it is again."""
    bot = serve()
    serve.rig.fail(method, times=3, **how)
    one_answer_each(bot, mentions(serve.rig, 0, MANY // 2))


@pytest.mark.parametrize("how", ["429", "500", "answer lost after the work (RST)"])
def test_no_trouble_with_all_calls_at_once_loses_or_doubles_an_answer(
    serve: Serving, how: str
) -> None:
    """Status, lookups, posts: a third of them fail, whichever."""
    bot = serve()
    serve.rig.fail("*", times=20, probability=0.33, **CALLS[how])
    one_answer_each(bot, mentions(serve.rig, 0, MANY))


def test_a_slow_status_does_not_hold_up_the_answer(serve: Serving) -> None:
    """It is a courtesy; nor does it stay below an answer that has overtaken it."""
    reader = Reader()
    reader.pause = 0.1
    bot = serve(reader)
    serve.rig.fail("assistant.threads.setStatus", delay=3.0, times=1)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    assert serve.rig.journal("status") == []
    bot.finished()
    bot.until(lambda: serve.rig.journal("status"))
    serve.rig.quiet(0.3)
    assert serve.rig.status(SOUMU, ts) == ""


def test_posts_wait_for_their_channel_in_order(serve: Serving) -> None:
    """One limit is no reason to ask Slack again and again: the others queue behind it."""
    bot = serve()
    serve.rig.configure(limits={"enabled": True, "posts_per_second": 1.0, "speed": 10.0})
    many = serve.rig.mention_many(
        [{"channel": "soumu", "user": "sato", "text": f"質問{n}は？"} for n in range(9)]
    )
    one_answer_each(bot, many)
    counts = serve.rig.counts()
    assert counts["calls"]["chat.postMessage"] < 3 * len(many)


def test_a_process_that_dies_leaves_its_questions_to_the_next(serve: Serving) -> None:
    """What was asked is stored; what was posted is found, and not posted again."""
    reader = Reader()
    reader.gate.clear()
    bot = serve(reader)
    many = mentions(serve.rig, 0, 6)
    bot.until(lambda: len(bot.turns()) == 6)
    bot.crash()
    one_answer_each(serve(), many)


def test_an_answer_that_was_posted_is_recognised_after_a_crash(serve: Serving) -> None:
    """Its metadata names the turn: nobody could note that it stands."""
    serve.rig.fail("chat.postMessage", cut="after", times=None)
    serve.rig.fail("conversations.replies", status=503, times=None)
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: own(serve.rig, SOUMU))
    bot.crash()
    serve.rig.recover()
    one_answer_each(serve(), [ts])


def test_a_stream_that_nobody_could_note_is_taken_over(serve: Serving) -> None:
    """It carries no metadata: in the thread of its question it can be nobody else's."""
    reader = Reader()
    reader.gate.clear()
    serve.rig.fail("chat.startStream", cut="after", times=None)
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: own(serve.rig, SOUMU))
    bot.crash()
    serve.rig.recover()
    one_answer_each(serve(), [ts])
    assert "有給は？への答え" in own(serve.rig, SOUMU)[0]["text"]


def test_a_stream_that_was_noted_is_finished_by_the_next_process(serve: Serving) -> None:
    """The message that people are reading becomes the answer."""
    reader = Reader()
    reader.gate.clear()
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [growing] = bot.until(lambda: own(serve.rig, SOUMU))
    bot.until(lambda: bot.turns()[0].shown)
    bot.crash()
    one_answer_each(serve(), [ts])
    assert [each["ts"] for each in own(serve.rig, SOUMU)] == [growing["ts"]]


def test_several_crashes_in_a_row_lose_and_double_nothing(serve: Serving) -> None:
    """Each process takes up what the ones before it have left."""
    many: list[str] = []
    for round_ in range(3):
        bot = serve()
        some = mentions(serve.rig, 100 * round_, 8)
        many += some
        bot.until(lambda some=some: any(serve.rig.answers(ts) for ts in some))
        bot.crash()
    one_answer_each(serve(), many, timeout=60)


def test_while_the_database_is_away_who_waits_is_told(serve: Serving) -> None:
    """Their answer takes the place of that line; the event is acknowledged once it is stored."""
    bot = serve()
    with serve.without("turns"):
        ts = serve.rig.mention("soumu", "sato", "有給は？")
        told = said(serve.rig, SOUMU, "sato", "記録先に接続できません")
        pressed = serve.rig.slash("suzuki", "soumu", "/kurage", "締め日は？")
        assert "記録先に接続できません" in pressed["ack"]["text"]
    said(serve.rig, SOUMU, "suzuki", "締め日は？への答え")
    one_answer_each(bot, [ts])
    [answer] = own(serve.rig, SOUMU, thread=ts)
    assert answer["ts"] == told["ts"]
    assert "有給は？への答え" in answer["text"]


def test_a_button_while_the_database_is_away_asks_for_patience(serve: Serving) -> None:
    """Whoever pressed it waits for an answer."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished()
    with serve.without("turns"):
        serve.rig.press(SOUMU, answer["ts"], "詳しく", "sato")
        said(serve.rig, SOUMU, "sato", "1分ほどおいて")


def test_a_channel_that_the_bot_was_removed_from_is_answered_directly(serve: Serving) -> None:
    """With a line that says why."""
    reader = Reader()
    reader.gate.clear()
    bot = serve(reader)
    serve.rig.configure(limits={"enabled": True, "overrides": {"chat.startStream": 0}})
    serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: reader.asked)
    serve.rig.kick("soumu")
    reader.gate.set()
    answer = said(serve.rig, serve.rig.direct_channel("sato"), "sato", "有給は？への答え")
    assert "チャンネルに投稿できなかった" in answer["text"]
    [turn] = bot.finished()
    assert turn.state == "answered"


def test_an_archived_channel_is_answered_directly(serve: Serving) -> None:
    """Nobody can write there any more."""
    reader = Reader()
    reader.gate.clear()
    bot = serve(reader)
    serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: reader.asked)
    serve.rig.archive("soumu")
    reader.gate.set()
    said(serve.rig, serve.rig.direct_channel("sato"), "sato", "有給は？への答え")


def test_a_turn_that_can_be_shown_nowhere_ends(serve: Serving) -> None:
    """The log says why; it is not tried for ever."""
    bot = serve()
    serve.rig.fail("chat.postMessage", message="not_in_channel", times=None)
    serve.rig.fail("conversations.open", message="user_disabled", times=None)
    serve.rig.mention("soumu", "sato", "有給は？")
    [turn] = bot.finished()
    assert turn.state == "failed"
    assert "user_disabled" in str(turn.error)


def test_blocks_that_slack_refuses_are_not_a_silence(serve: Serving) -> None:
    """People read the words without their shape; the fault is ours to mend."""
    bot = serve()
    serve.rig.fail("chat.postMessage", message="invalid_blocks")
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    assert answer["text"]
    assert bot.finished()[0].state == "answered"


def test_a_revoked_token_is_noticed_and_the_process_goes_on(serve: Serving) -> None:
    """The other platform still works; once the token is taken again, so does this one."""
    bot = serve()
    serve.rig.revoke()
    bot.until(lambda: not bot.platform.healthy)
    serve.rig.set_app(state="installed")
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    bot.until(lambda: bot.platform.healthy)
    assert bot.failed is None


def test_a_refused_call_shows_that_the_token_was_revoked(serve: Serving) -> None:
    """Where no event says so."""
    bot = serve()
    serve.rig.fail("*", message="token_revoked", times=None)
    serve.rig.mention("soumu", "suzuki", "有給は？")
    bot.until(lambda: not bot.platform.healthy)
    serve.rig.recover()


def test_who_is_unknown_is_nobody_of_ours(serve: Serving) -> None:
    """Fails closed: whom Slack does not know gets no company documents."""
    bot = serve()
    serve.rig.fail("users.info", message="user_not_found", times=None)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    assert "社外の方" in serve.rig.wait_for_reply(ts)[0]["text"]
    assert bot.reader.asked == []
    assert bot.finished()[0].asker == SATO


def test_a_half_open_socket_does_not_hold_up_the_end(serve: Serving) -> None:
    """Whoever stops the process waits for it."""
    bot = serve()
    bot.until(lambda: len(serve.rig.sockets()) == 2)
    serve.rig.half_open()
    bot.__exit__(None, None, None)
    assert not bot.platform.healthy


def test_being_told_of_too_many_events_is_acknowledged(serve: Serving) -> None:
    """It is no event of anybody's; who answers for the bot reads of it in the log."""
    serve()
    serve.rig.rate_limit_events()
    delivery = serve.rig.wait_for("delivery", name="app_rate_limited")
    serve.rig.wait_for("ack", envelope_id=delivery["envelope_id"])
