"""What people see while an answer comes about, and what it is in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import SOUMU, Reader, Serving, own, said, slow

from bot.slack.workspace import STREAMS_A_MINUTE


@pytest.fixture
def serve(slack_process: SlackRig, tmp_path: Path) -> Iterator[Serving]:
    with Serving(slack_process, tmp_path / "kurage.db") as serving:
        yield serving


def test_a_status_tells_that_the_bot_is_looking(serve: Serving) -> None:
    """In the thread that the answer will stand in; it goes when the answer comes."""
    reader = slow(pause=1.0)
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "資料を探しています…")
    reader.gate.set()
    serve.rig.wait_for_reply(ts)
    assert serve.rig.status(SOUMU, ts) == ""


def test_the_status_tells_when_the_answer_is_being_written(serve: Serving) -> None:
    """Where it can not be watched growing, that is all there is to see."""
    reader = slow("一つ目です。", pause=0.4)
    bot = serve(reader, channels={SOUMU: {"private": True}})
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "資料を探しています…")
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "回答を書いています…")
    reader.gate.set()
    serve.rig.wait_for_reply(ts)
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "")


def test_english_askers_read_an_english_status(serve: Serving) -> None:
    reader = slow(pause=1.0)
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "smith", "When is payday?")
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "Looking through the documents…")
    reader.gate.set()


def test_a_direct_message_is_streamed_too(serve: Serving) -> None:
    """Below it, with a status before."""
    reader = slow("一つ目です。", pause=0.4)
    bot = serve(reader)
    ts = serve.rig.direct("sato", "有給は？")
    channel = serve.rig.direct_channel("sato")
    bot.until(lambda: serve.rig.status(channel, ts))
    [growing] = bot.until(lambda: own(serve.rig, channel))
    assert growing["streaming"]
    reader.gate.set()
    serve.rig.wait_for_reply(ts)
    assert serve.rig.status(channel, ts) == ""


def test_no_status_is_shown_for_an_answer_that_is_there_at_once(serve: Serving) -> None:
    """Nor is it left behind where it was just being sent."""
    bot = serve()
    many = [serve.rig.mention("soumu", "sato", f"質問{n}は？") for n in range(5)]
    serve.rig.wait_for_replies(many)
    bot.finished(5)
    serve.rig.quiet(0.3)
    assert [serve.rig.status(SOUMU, ts) for ts in many] == [""] * 5


def test_without_agent_features_there_is_an_answer_all_the_same(serve: Serving) -> None:
    """On a plan without them Slack refuses the status; it is not asked again."""
    serve.rig.set_app(agent=False)
    reader = slow()
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(serve.rig.refused)
    reader.gate.set()
    serve.rig.wait_for_reply(ts)
    reader.pause = 0.2
    serve.rig.wait_for_reply(serve.rig.mention("soumu", "sato", "締め日は？"))
    [refused] = serve.rig.refused()
    assert refused["error"] == "not_agent_app"


def test_a_slow_answer_grows_before_its_readers_eyes(serve: Serving) -> None:
    """Then it becomes the whole answer with sources and buttons: one message."""
    reader = slow("一つ目です。", "二つ目です。", "三つ目です。", pause=0.4)
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [growing] = bot.until(lambda: own(serve.rig, SOUMU))
    assert growing["streaming"]
    said(serve.rig, SOUMU, "sato", "三つ目です。")
    reader.gate.set()
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished()
    [whole] = own(serve.rig, SOUMU)
    assert whole["ts"] == growing["ts"] == answer["ts"]
    assert not whole["streaming"]
    assert "出典" in whole["text"]
    assert "詳しく" in str(whole["buttons"])
    assert whole["metadata"]["event_payload"]["turn"] == bot.turns()[0].id
    bot.until(lambda: serve.rig.status(SOUMU, ts) == "")
    assert serve.rig.violations() == []


def test_a_stream_is_noted_before_anything_is_appended(serve: Serving) -> None:
    """Whatever people have read is known to the next process."""
    reader = slow("一つ目です。", "二つ目です。", pause=0.4)
    bot = serve(reader)
    serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for("call", method="chat.appendStream")
    [shown] = bot.turns()[0].shown
    assert shown.kind == "stream"
    reader.gate.set()
    [turn] = bot.finished()
    assert [one.kind for one in turn.shown] == ["answer"]


def test_a_stream_whose_text_was_lost_on_the_way_is_whole_in_the_end(serve: Serving) -> None:
    """Nobody knows whether it was appended: it is not said twice."""
    reader = slow("一つ目です。", "二つ目です。", "三つ目です。", pause=0.4)
    bot = serve(reader)
    serve.rig.fail("chat.appendStream", cut="after", skip=1)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for("call", method="chat.appendStream", cut="after")
    reader.gate.set()
    serve.rig.wait_for_reply(ts)
    bot.finished()
    [whole] = own(serve.rig, SOUMU)
    assert whole["text"].count("一つ目です。") == whole["text"].count("三つ目です。") == 1


def test_an_append_that_comes_too_early_loses_no_text(serve: Serving) -> None:
    """A 429 keeps what was to be said."""
    reader = slow("一つ目です。", "二つ目です。", pause=0.2)
    serve.rig.fail("chat.appendStream", status=429, retry_after=1)
    serve(reader)
    serve.rig.mention("soumu", "sato", "有給は？")
    growing = said(serve.rig, SOUMU, "sato", "二つ目です。")
    assert growing["streaming"]
    assert growing["text"].count("一つ目です。") == 1
    reader.gate.set()


def test_a_stream_that_slack_has_ended_still_becomes_the_answer(serve: Serving) -> None:
    """About five minutes after its start, however much is appended."""
    reader = slow("一つ目です。", pause=0.1)
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: own(serve.rig, SOUMU))
    serve.rig.configure(speed=100_000.0)
    bot.until(lambda: not own(serve.rig, SOUMU)[0]["streaming"])
    reader.gate.set()
    bot.finished()
    [whole] = own(serve.rig, SOUMU, thread=ts)
    assert "出典" in whole["text"]


def test_a_stream_whose_start_was_lost_leaves_no_second_message(serve: Serving) -> None:
    """It may stand there, and nobody was told its ts."""
    reader = slow("一つ目です。", pause=0.1)
    bot = serve(reader)
    serve.rig.fail("chat.startStream", cut="after")
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.until(lambda: own(serve.rig, SOUMU))
    reader.gate.set()
    bot.finished()
    [whole] = own(serve.rig, SOUMU, thread=ts)
    assert "出典" in whole["text"]
    assert not whole["streaming"]


def test_a_stream_that_begins_too_late_is_removed(serve: Serving) -> None:
    """The answer did not wait for it, and stands once."""
    reader = slow("一つ目です。", pause=0.1)
    bot = serve(reader)
    serve.rig.fail("chat.startStream", delay=6.0)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for("call", method="chat.startStream")
    reader.gate.set()
    [answer] = serve.rig.wait_for_reply(ts, timeout=15)
    serve.rig.wait_for("deleted", timeout=20)
    [whole] = own(serve.rig, SOUMU, thread=ts)
    assert whole["ts"] == answer["ts"]
    assert bot.finished()[0].state == "answered"


def test_beyond_its_limit_slack_is_asked_for_no_more_streams(serve: Serving) -> None:
    """20 a minute: the others get their answers in one piece, as fast."""
    reader = slow("一つ目です。")
    bot = serve(reader)
    count = STREAMS_A_MINUTE + 4
    for n in range(count):
        serve.rig.add_channel(f"c{n}", members=["sato", "suzuki", "smith"])
    people = ["sato", "suzuki", "smith"]
    many = serve.rig.mention_many(
        [{"channel": f"c{n}", "user": people[n % 3], "text": f"質問{n}は？"} for n in range(count)]
    )
    # 16 are worked on at once; the next ones begin as these end.
    bot.until(lambda: serve.rig.counts()["calls"].get("chat.startStream", 0) >= 16)
    reader.gate.set()
    serve.rig.wait_for_replies(many, timeout=60)
    bot.finished(count)
    assert serve.rig.counts()["calls"]["chat.startStream"] <= STREAMS_A_MINUTE
    assert [len(serve.rig.answers(ts)) for ts in many] == [1] * count


def test_a_long_answer_is_several_messages_in_order(serve: Serving) -> None:
    """Each part knows its place; an edited question with a short answer removes the rest."""
    reader = Reader()
    reader.pieces = ["とても長い説明の文です。" * 30] * 40
    bot = serve(reader)
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    bot.finished()
    serve.rig.quiet(0.3)
    parts = own(serve.rig, SOUMU, thread=ts)
    assert len(parts) > 1
    places = [each["metadata"]["event_payload"]["part"] for each in parts]
    assert places == list(range(1, len(parts) + 1))
    reader.pieces = ["短い答えです。"]
    serve.rig.edit("soumu", ts, "<@U0KURAGE01> 慶弔休暇は？", raw=True)
    bot.finished(2)
    serve.rig.quiet(0.3)
    [short] = own(serve.rig, SOUMU, thread=ts)
    assert short["ts"] == parts[0]["ts"]
    assert serve.rig.refused() == []


def test_links_are_not_unfurled(serve: Serving) -> None:
    """The preview of each source would bury the answer."""
    serve()
    serve.rig.wait_for_reply(serve.rig.mention("soumu", "sato", "有給は？"))
    [call] = serve.rig.journal("call", method="chat.postMessage")
    assert call["args"]["unfurl_links"] == call["args"]["unfurl_media"] == "false"


def test_an_answer_that_somebody_removed_is_posted_anew(serve: Serving) -> None:
    """An edit has nothing to change any more."""
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    [answer] = serve.rig.wait_for_reply(ts)
    bot.finished()
    serve.rig.delete("soumu", answer["ts"])
    serve.rig.edit("soumu", ts, "<@U0KURAGE01> 慶弔休暇は？", raw=True)
    assert said(serve.rig, SOUMU, "sato", "慶弔休暇は？への答え")["thread"] == ts


def test_what_is_queued_is_told_how_many_are_before(serve: Serving) -> None:
    """Who waits knows for how long."""
    reader = slow()
    bot = serve(reader)
    first = serve.rig.mention("soumu", "sato", "質問0は？")
    bot.until(lambda: reader.asked)
    for n in range(1, 20):
        serve.rig.mention("soumu", ("sato", "suzuki")[n % 2], f"質問{n}は？")
    told = bot.until(
        lambda: [each for each in serve.rig.journal("status") if "順番に" in each["text"]]
    )
    assert "件" in told[0]["text"]
    reader.gate.set()
    serve.rig.wait_for_reply(first)
