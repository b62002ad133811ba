"""What goes wrong with Slack, on demand: seen with the real slack-bolt, its traps included.

The bot of these tests has no guards of its own. Where an answer is lost or doubled here, that is
what slack-bolt and slack-sdk do if left alone.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from rigs.slack_bot import SOON, SOUMU, Bot
from rigs.slack_rig import SlackRig
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient


@pytest.fixture
def slack_rig(slack_process: SlackRig) -> SlackRig:
    """Return a workspace as it was seeded, and redelivery that does not keep a test waiting."""
    slack_process.reset(limits={"enabled": False})
    slack_process.configure(redelivery=[0.05, 0.5, 3.0], ack_deadline=0.25)
    return slack_process


@pytest.fixture
def slack(slack_rig: SlackRig) -> WebClient:
    return WebClient(slack_rig.bot_token, base_url=slack_rig.api_url, retry_handlers=[])


class TestSockets:
    @pytest.mark.parametrize(
        "hurt",
        [
            pytest.param(lambda slack_rig: slack_rig.close_sockets(), id="close-frame"),
            pytest.param(lambda slack_rig: slack_rig.disconnect("warning"), id="warning"),
            pytest.param(lambda slack_rig: slack_rig.disconnect("refresh_requested"), id="refresh"),
            pytest.param(lambda slack_rig: slack_rig.drop(), id="fin"),
            pytest.param(lambda slack_rig: slack_rig.drop(reset=True), id="rst"),
            pytest.param(lambda slack_rig: slack_rig.half_open(), id="half-open"),
        ],
    )
    def test_a_lost_socket_is_opened_anew_and_no_mention_is_lost(
        self, slack_rig: SlackRig, hurt: Callable[[SlackRig], None]
    ) -> None:
        # The rig, too, has to notice that a half-open socket is none.
        slack_rig.configure(ping_interval=0.3)
        with Bot(slack_rig, ping_interval=0.2):
            slack_rig.wait_for_reply(slack_rig.mention("soumu", "sato", "前"))
            hurt(slack_rig)
            asked = [slack_rig.mention("soumu", "sato", f"質問{number}") for number in range(5)]
            slack_rig.wait_for_replies(asked, timeout=10)
            slack_rig.quiet(0.05)
            assert [len(slack_rig.answers(ts)) for ts in asked] == [1] * 5
            assert slack_rig.sockets()

    def test_a_refused_upgrade_keeps_bolt_out_until_its_ticket_is_taken_away(
        self, slack_rig: SlackRig
    ) -> None:
        with Bot(slack_rig, ping_interval=0.1) as bot:
            opened = len(slack_rig.journal("call", method="apps.connections.open"))
            slack_rig.refuse_upgrades()
            slack_rig.drop()
            slack_rig.wait_for("upgrade_refused", reason="fault")
            for _ in range(2):
                # The ticket is spent, and the client tries it again and again.
                slack_rig.wait_for("upgrade_refused", reason="ticket", since=_now())
            assert len(slack_rig.journal("call", method="apps.connections.open")) == opened + 1
            bot.run(_take_ticket(bot))
            slack_rig.wait_for("socket_opened", since=_now())
            slack_rig.wait_for_reply(slack_rig.mention("soumu", "sato", "戻った？"))

    def test_sockets_can_be_hurt_one_by_one(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig), Bot(slack_rig):
            first, second = slack_rig.sockets()
            slack_rig.drop([first])
            assert slack_rig.sockets() == [second]
            slack_rig.wait_for_reply(slack_rig.mention("soumu", "sato", "?"))

    @pytest.mark.parametrize("reset", [False, True])
    def test_an_event_whose_socket_went_before_it_comes_again(
        self, slack_rig: SlackRig, reset: bool
    ) -> None:
        slack_rig.set_app(events=["app_mention"])
        with Bot(slack_rig, ping_interval=0.1):
            slack_rig.fail("events_api/app_mention", verb="ENVELOPE", cut="before", reset=reset)
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.wait_for_reply(ts)
            slack_rig.quiet(0.1)
            assert len(slack_rig.answers(ts)) == 1
        assert slack_rig.journal("socket_cut", reset=reset)
        assert [each["attempt"] > 0 for each in slack_rig.journal("delivery")] == [True]

    def test_an_event_whose_acknowledgement_was_lost_is_answered_twice_by_bare_bolt(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.set_app(events=["app_mention"])
        with Bot(slack_rig, ping_interval=0.1):
            slack_rig.fail("events_api/app_mention", verb="ENVELOPE", cut="after")
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.wait_for("ack")
            slack_rig.quiet(0.1)
            deliveries = slack_rig.journal("delivery")
            assert [each["attempt"] for each in deliveries] == list(range(len(deliveries)))
            assert len(deliveries) >= 2
            assert len(slack_rig.answers(ts)) == 2

    def test_copies_of_an_event_are_each_answered_by_bare_bolt(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig):
            slack_rig.duplicate(5)
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.quiet(0.2)
            assert len(slack_rig.answers(ts)) == 5
            [doubled] = slack_rig.doubled()
            assert doubled["count"] == 5
            slack_rig.recover()
            ts = slack_rig.mention("soumu", "sato", "?")
            slack_rig.quiet(0.1)
            assert len(slack_rig.answers(ts)) == 1

    def test_held_events_come_when_they_are_released(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(ack_deadline=5.0)
        with Bot(slack_rig):
            slack_rig.hold_events()
            ts = slack_rig.mention("soumu", "sato", "?")
            assert slack_rig.quiet(0.1)
            slack_rig.release_events()
            slack_rig.wait_for_reply(ts)

    def test_the_rig_outlives_a_bot_that_is_killed_and_knows_what_it_left_open(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.set_app(events=["app_mention"])
        for delay in ("60", "0"):
            began = _now()
            with _program(slack_rig, delay) as bot:
                slack_rig.wait_for("socket_opened", timeout=30, since=began)
                ts = slack_rig.mention("soumu", "sato", "?")
                ack = slack_rig.wait_for("ack", since=began)
                if delay == "0":
                    slack_rig.wait_for_reply(ts)
                else:
                    bot.kill()
                    slack_rig.wait_for("socket_closed", since=ack["at"])
                    left = ts
        # Acknowledged and never answered: Slack does not bring it again.
        assert slack_rig.answers(left) == []
        assert len(slack_rig.journal("delivery")) == 2

    def test_an_uninstalled_app_is_sent_away(self, slack_rig: SlackRig, slack: WebClient) -> None:
        with Bot(slack_rig):
            slack_rig.uninstall()
            slack_rig.wait_for("disconnect", reason="link_disabled")
            with pytest.raises(SlackApiError, match="account_inactive"):
                slack.auth_test()


class TestCalls:
    def post(self, slack: WebClient) -> Any:
        return slack.chat_postMessage(channel=SOUMU, text="答え")

    @pytest.mark.parametrize(
        ("fault", "posts"),
        [
            pytest.param({"status": 429, "retry_after": 1}, 0, id="429"),
            pytest.param({"status": 500}, 0, id="500"),
            pytest.param({"status": 502}, 0, id="502"),
            pytest.param({"status": 503}, 0, id="503"),
            pytest.param({"message": "fatal_error"}, 0, id="fatal-error"),
            pytest.param({"cut": "before"}, 0, id="fin-before"),
            pytest.param({"cut": "before", "reset": True}, 0, id="rst-before"),
            pytest.param({"cut": "after"}, 1, id="fin-after-the-work"),
            pytest.param({"cut": "after", "reset": True}, 1, id="rst-after-the-work"),
            pytest.param({"cut": "body"}, 1, id="amid-the-answer"),
            pytest.param({"status": 200}, 1, id="truncated-json"),
        ],
    )
    def test_a_call_fails_once_before_or_after_its_work(
        self, slack_rig: SlackRig, slack: WebClient, fault: dict[str, Any], posts: int
    ) -> None:
        slack_rig.fail("chat.postMessage", **fault)
        with pytest.raises((SlackApiError, OSError, ValueError, HTTPException)):
            self.post(slack)
        assert len(slack_rig.screen("soumu")) == posts
        self.post(slack)
        assert len(slack_rig.screen("soumu")) == posts + 1

    def test_a_429_says_how_long_to_wait(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.fail("chat.*", status=429, retry_after=30)
        with pytest.raises(SlackApiError) as caught:
            self.post(slack)
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        assert caught.value.response.headers["Retry-After"] == "30"

    def test_a_slow_answer_comes_late(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.fail("chat.postMessage", delay=0.2)
        began = time.monotonic()
        self.post(slack)
        assert time.monotonic() - began >= 0.2

    def test_faults_are_counted_skipped_and_drawn_from_the_seed(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        slack_rig.fail("auth.test", message="internal_error", skip=1, times=2)
        assert [_works(slack.auth_test) for _ in range(4)] == [True, False, False, True]
        drawn = []
        for _ in range(2):
            slack_rig.reset(seed=7, limits={"enabled": False})
            slack_rig.fail("auth.test", message="internal_error", times=None, probability=0.5)
            drawn.append([_works(slack.auth_test) for _ in range(20)])
        assert drawn[0] == drawn[1]
        assert 2 <= sum(drawn[0]) <= 18

    def test_a_retry_after_a_lost_answer_posts_twice(self, slack_rig: SlackRig) -> None:
        with Bot(
            slack_rig, retry_handlers=[AsyncConnectionErrorRetryHandler(interval_calculator=SOON)]
        ):
            slack_rig.fail("chat.postMessage", cut="after", reset=True)
            ts = slack_rig.mention("soumu", "sato", "?")
            first = slack_rig.wait_for("posted", own=True, thread_ts=ts)
            slack_rig.wait_for("posted", own=True, thread_ts=ts, since=first["at"] + 1e-6)
        assert len(slack_rig.answers(ts)) == 2

    @pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 1}, {"status": 503}])
    def test_the_handlers_for_429_and_503_bring_the_answer_through(
        self, slack_rig: SlackRig, fault: dict[str, Any]
    ) -> None:
        handlers = [
            AsyncRateLimitErrorRetryHandler(),
            AsyncServerErrorRetryHandler(interval_calculator=SOON),
        ]
        with Bot(slack_rig, retry_handlers=handlers):
            slack_rig.fail("chat.postMessage", **fault)
            [answer] = slack_rig.wait_for_reply(slack_rig.mention("soumu", "sato", "?"), timeout=10)
        assert answer["text"] == "答え: ?"

    def test_a_response_url_can_fail_too(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(ack_deadline=0.01)
        hook = WebhookClient(slack_rig.slash("sato", "soumu", "/kurage", "?")["response_url"])
        slack_rig.fail("response_url", status=500)
        assert hook.send(text="a").status_code == 500
        assert hook.send(text="a").status_code == 200

    def test_a_token_revoked_while_running_ends_the_calls(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        self.post(slack)
        slack_rig.revoke()
        with pytest.raises(SlackApiError, match="token_revoked"):
            self.post(slack)
        assert slack_rig.journal("event", name="tokens_revoked")


def _now() -> float:
    return time.monotonic()


@contextmanager
def _program(rig: SlackRig, delay: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot as a process of its own."""
    tests = str(Path(__file__).parents[1])
    told = {"SLACK_API_URL": rig.api_url, "ECHO_DELAY": delay, "PYTHONPATH": tests}
    with subprocess.Popen(
        [sys.executable, "-m", "rigs.slack_bot"], env={**os.environ, **told}
    ) as bot:
        try:
            yield bot
        finally:
            bot.kill()


async def _take_ticket(bot: Bot) -> None:
    """Do what a watchdog has to: the client asks for a new ticket only without the old one."""
    bot.handler.client.wss_uri = None
    await asyncio.sleep(0)


def _works(call: Callable[[], Any]) -> bool:
    try:
        call()
    except SlackApiError:
        return False
    return True
