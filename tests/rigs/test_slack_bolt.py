"""What slack-bolt and slack-sdk do on this wire, left alone: the traps a bot is built around.

A library that changes one of these is no fault of the rig; the test then says which guard of the
bot has become superfluous.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rigs.slack_bot import SATO, SOON, SOUMU, TEAM, Bot, Json, echo
from rigs.slack_rig import SlackRig
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler

PIECES = ["あいうえお" * 4] * 250  # 5,000 characters


def streaming(app: AsyncApp) -> None:
    """Answer a mention by a stream of 5,000 characters in pieces of 20."""

    @app.event("app_mention")
    async def mentioned(event: Json, client: Any) -> None:
        stream = await client.chat_stream(
            channel=event["channel"],
            thread_ts=event["ts"],
            recipient_user_id=SATO,
            recipient_team_id=TEAM,
        )
        for piece in PIECES:
            try:
                await stream.append(markdown_text=piece)
            except SlackApiError:
                await asyncio.sleep(0.01)  # What was not taken stays in the stream's buffer.
        await stream.stop()


class TestEvents:
    def test_the_first_delivery_carries_a_retry_number_too(self, slack_rig: SlackRig) -> None:
        seen: list[Any] = []

        def register(app: AsyncApp) -> None:
            @app.event("app_mention")
            async def mentioned(request: Any) -> None:
                seen.append(request.headers.get("x-slack-retry-num"))

        slack_rig.set_app(events=["app_mention"])
        with Bot(slack_rig, register):
            slack_rig.mention("soumu", "sato", "?")
            slack_rig.wait_for("ack")
            slack_rig.quiet(0.05)
        assert seen == [["0"]]

    def test_an_event_is_acknowledged_before_it_is_worked_on(self, slack_rig: SlackRig) -> None:
        slack_rig.set_app(events=["app_mention"])
        with Bot(slack_rig):
            slack_rig.fail("chat.postMessage", delay=0.1)
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.wait_for_reply(ts)
        acked = slack_rig.journal("ack")[-1]["at"]
        assert acked < slack_rig.journal("posted", own=True)[0]["at"]

    def test_a_cold_bot_asks_who_it_is_again_and_again(self, slack_rig: SlackRig) -> None:
        slack_rig.set_app(events=["app_mention"])
        with Bot(slack_rig):
            slack_rig.fail("auth.test", delay=0.05, times=None)
            mentions = [{"channel": "soumu", "user": "sato", "text": str(n)} for n in range(30)]
            slack_rig.wait_for_replies(slack_rig.mention_many(mentions))
        assert slack_rig.counts()["calls"]["auth.test"] > 20

    def test_own_posts_start_no_conversation_with_itself(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig):
            ts = slack_rig.direct("sato", "やあ")
            slack_rig.wait_for_reply(ts)
            slack_rig.quiet(0.1)
            assert len(slack_rig.answers(ts)) == 1
        assert len(slack_rig.journal("event", name="message.im")) == 2


class TestCalls:
    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_an_answer_is_lost_where_nobody_retries(
        self, slack_rig: SlackRig, status: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Bot(slack_rig, echo):
            slack_rig.fail("chat.postMessage", status=status)
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.wait_for("call", method="chat.postMessage", status=status)
            slack_rig.quiet(0.1)
        assert slack_rig.answers(ts) == []
        assert slack_rig.refused()


class TestStreams:
    def read(self, rig: SlackRig, hurt: Callable[[], None] | None = None) -> str:
        with Bot(
            rig,
            streaming,
            retry_handlers=[AsyncConnectionErrorRetryHandler(interval_calculator=SOON)],
        ):
            if hurt:
                hurt()
            ts = rig.mention("soumu", "sato", "?")
            [answer] = rig.wait_for_reply(ts, timeout=10)
        return str(answer["text"])

    def test_5000_characters_are_twenty_calls(self, slack_rig: SlackRig) -> None:
        assert self.read(slack_rig) == "".join(PIECES)
        calls = slack_rig.counts()["calls"]
        streamed = [calls[f"chat.{name}Stream"] for name in ("start", "append", "stop")]
        assert streamed == [1, 18, 1]

    def test_a_refused_piece_is_kept_and_sent_with_the_next(self, slack_rig: SlackRig) -> None:
        read = self.read(
            slack_rig,
            lambda: slack_rig.fail("chat.appendStream", status=429, retry_after=1, times=3),
        )
        assert read == "".join(PIECES)

    def test_a_piece_whose_answer_is_lost_stands_there_twice(self, slack_rig: SlackRig) -> None:
        read = self.read(
            slack_rig, lambda: slack_rig.fail("chat.appendStream", cut="after", reset=True)
        )
        assert len(read) > len("".join(PIECES))

    def test_twenty_streams_a_minute_are_all_there_are(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(limits={"enabled": True})
        with Bot(slack_rig, streaming):
            for number in range(21):
                slack_rig.mention("soumu", "sato", str(number))
            slack_rig.wait_for("call", method="chat.startStream", status=429)
        assert slack_rig.counts()["limited"]["chat.startStream"] >= 1
        assert SOUMU in {each["channel"] for each in slack_rig.journal("posted", own=True)}
