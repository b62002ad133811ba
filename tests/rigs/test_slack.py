"""The Slack rig behaves as Slack does, with slack-sdk and slack-bolt: sockets, tokens, events.

`test_slack_posting.py` has what is posted and read, `test_slack_interactions.py` commands, buttons
and modals, `test_slack_limits.py` rate limits and Slack's own description of its API,
`test_slack_faults.py` what goes wrong.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jsonschema_rs
import pytest
from rigs.slack_bot import SATO, SOUMU, Bot, Json, refusal
from rigs.slack_rig import SlackRig, from_manifest, specification
from slack_sdk import WebClient


@asynccontextmanager
async def socket(slack_rig: SlackRig, **how: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a socket by hand, past its greeting."""
    url = WebClient(slack_rig.app_token, base_url=slack_rig.api_url).apps_connections_open(
        app_token=slack_rig.app_token
    )["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url, **how) as opened:
        assert (await opened.receive_json(timeout=5))["type"] == "hello"
        yield opened


async def events(opened: aiohttp.ClientWebSocketResponse, count: int = 1) -> list[Json]:
    """Receive so many envelopes, and acknowledge them."""
    received = []
    for _ in range(count):
        envelope = await opened.receive_json(timeout=5)
        await opened.send_json({"envelope_id": envelope["envelope_id"]})
        received.append(envelope)
    return received


class TestSockets:
    async def test_a_ticket_opens_one_socket_and_no_second(self, slack_rig: SlackRig) -> None:
        client = WebClient(slack_rig.app_token, base_url=slack_rig.api_url)
        url = client.apps_connections_open(app_token=slack_rig.app_token)["url"]
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url) as opened:
                assert (await opened.receive_json())["type"] == "hello"
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(url)

    async def test_the_greeting_tells_how_many_sockets_there_are_and_the_eleventh_is_sent_away(
        self, slack_rig: SlackRig
    ) -> None:
        client = WebClient(slack_rig.app_token, base_url=slack_rig.api_url)
        said, held = [], []
        async with aiohttp.ClientSession() as session:
            for _ in range(11):
                url = client.apps_connections_open(app_token=slack_rig.app_token)["url"]
                opened = await session.ws_connect(url)
                said.append(await opened.receive_json())
                held.append(opened)
        assert [each.get("num_connections") for each in said[:10]] == list(range(1, 11))
        assert said[10]["reason"] == "too_many_websockets"

    async def test_envelopes_take_turns_and_go_to_one_socket_each(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.set_app(events=["app_mention"])
        async with socket(slack_rig) as one, socket(slack_rig) as other:
            for number in range(4):
                slack_rig.mention("soumu", "sato", f"質問{number}")
            texts = [
                [each["payload"]["event"]["text"][-1] for each in await events(opened, 2)]
                for opened in (one, other)
            ]
        assert sorted(text for each in texts for text in each) == ["0", "1", "2", "3"]

    async def test_an_event_comes_again_on_schedule_until_it_is_acknowledged(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.reset(speed=200.0, app={"events": ["app_mention"]})
        async with socket(slack_rig) as opened:
            slack_rig.mention("soumu", "sato", "質問")
            first = await opened.receive_json(timeout=5)
            second = await opened.receive_json(timeout=5)
            began = time.monotonic()
            [third] = await events(opened)
            waited = time.monotonic() - began
        assert [each["retry_attempt"] for each in (first, second, third)] == [0, 1, 2]
        assert [each["retry_reason"] for each in (first, second, third)] == ["", *["timeout"] * 2]
        assert len({each["payload"]["event_id"] for each in (first, second, third)}) == 1
        # 3 s for the acknowledgement and 60 s of the schedule, 200 times as fast.
        assert waited >= 0.3
        slack_rig.wait_for("ack")
        assert slack_rig.journal("event_lost") == []

    async def test_an_event_that_is_never_acknowledged_is_lost_after_four_deliveries(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.reset(speed=1000.0, app={"events": ["app_mention"]})
        async with socket(slack_rig) as opened:
            slack_rig.mention("soumu", "sato", "質問")
            attempts = [(await opened.receive_json(timeout=5))["retry_attempt"] for _ in range(4)]
            slack_rig.wait_for("event_lost")
        assert attempts == [0, 1, 2, 3]

    async def test_an_event_waits_a_little_for_a_socket(self, slack_rig: SlackRig) -> None:
        slack_rig.reset(app={"events": ["app_mention"]})
        slack_rig.mention("soumu", "sato", "質問")
        async with socket(slack_rig) as opened:
            [envelope] = await events(opened)
        assert envelope["retry_attempt"] == 0

    async def test_both_sides_ping(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(ping_interval=0.05)
        async with socket(slack_rig, autoping=False) as opened:
            message = await opened.receive(timeout=5)
            assert message.type == aiohttp.WSMsgType.PING
            await opened.ping(b"sdk-ping-pong:1")
            heard = [await opened.receive(timeout=5) for _ in range(3)]
            assert (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1") in [each[:2] for each in heard]

    async def test_who_answers_no_ping_is_cut_off(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(ping_interval=0.05)
        async with socket(slack_rig, autoping=False) as opened:
            while not opened.closed:
                await opened.receive(timeout=5)
        assert slack_rig.journal("socket_closed")

    async def test_nonsense_instead_of_an_acknowledgement_is_on_record(
        self, slack_rig: SlackRig
    ) -> None:
        async with socket(slack_rig) as opened:
            await opened.send_str("ok")
            await opened.send_json({"envelope_id": "nobody's"})
            slack_rig.wait_for("violation", what="unknown envelope nobody's")
        assert len(slack_rig.violations()) == 2


class TestTokens:
    @pytest.mark.parametrize(
        ("token", "error"),
        [
            pytest.param("", "not_authed", id="none"),
            pytest.param("xoxb-somebody-else", "invalid_auth", id="unknown"),
            pytest.param("xapp-1-A0KURAGE01-rig", "not_allowed_token_type", id="of-the-app"),
        ],
    )
    def test_a_wrong_token_is_refused_in_slacks_words(
        self, slack_rig: SlackRig, token: str, error: str
    ) -> None:
        with refusal(error):
            WebClient(token, base_url=slack_rig.api_url).auth_test()

    def test_the_bots_token_opens_no_socket(self, slack_rig: SlackRig) -> None:
        with refusal("not_allowed_token_type"):
            WebClient(base_url=slack_rig.api_url).apps_connections_open(
                app_token=slack_rig.bot_token
            )

    def test_a_missing_scope_is_named_beside_those_that_are_there(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        slack_rig.set_app(scopes=["users:read"])
        with refusal("missing_scope") as caught:
            slack.chat_postMessage(channel=SOUMU, text="?")
        assert caught.value.response["needed"] == "chat:write"
        assert caught.value.response["provided"] == "users:read"
        assert "email" not in slack.users_info(user=SATO)["user"]["profile"]
        with refusal("missing_scope") as caught:
            slack.conversations_replies(channel="C0HR000001", ts="1700000000.000000")
        assert caught.value.response["needed"] == "groups:history"

    @pytest.mark.parametrize(
        ("state", "error"), [("revoked", "token_revoked"), ("inactive", "account_inactive")]
    )
    def test_a_token_can_end_while_it_is_in_use(
        self, slack_rig: SlackRig, slack: WebClient, state: str, error: str
    ) -> None:
        assert slack.auth_test()["bot_id"] == "B0KURAGE01"
        slack_rig.set_app(state=state)
        with refusal(error):
            slack.auth_test()

    def test_a_manifest_says_what_an_app_may_and_hears(self, slack_rig: SlackRig) -> None:
        manifest = {
            "oauth_config": {"scopes": {"bot": ["chat:write"]}},
            "features": {"agent_view": {}, "slash_commands": [{"command": "/k"}]},
            "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
        }
        slack_rig.reset(app=from_manifest(manifest))
        slack_rig.mention("soumu", "sato", "スコープがない")
        client = WebClient(slack_rig.bot_token, base_url=slack_rig.api_url)
        assert client.chat_postMessage(channel=SOUMU, text="?").headers["X-OAuth-Scopes"] == (
            "chat:write"
        )
        assert slack_rig.journal("event") == []


class TestEvents:
    def heard(self, slack_rig: SlackRig, name: str | None = None) -> list[Json]:
        facts: Json = {"name": name} if name else {}
        return [entry["payload"] for entry in slack_rig.journal("event", **facts)]

    def test_a_mention_comes_as_a_mention_and_as_a_message_with_one_ts(
        self, slack_rig: SlackRig
    ) -> None:
        ts = slack_rig.mention("soumu", "sato", "<有給> & 休暇は？")
        payloads = self.heard(slack_rig)
        assert [each["event"]["type"] for each in payloads] == ["message", "app_mention"]
        assert {each["event"]["ts"] for each in payloads} == {ts}
        assert len({each["event_id"] for each in payloads}) == 2
        assert payloads[1]["event"]["text"] == "<@U0KURAGE01> &lt;有給&gt; &amp; 休暇は？"
        spans = payloads[1]["event"]["blocks"][0]["elements"][0]["elements"]
        assert spans == [
            {"type": "user", "user_id": "U0KURAGE01"},
            {"type": "text", "text": " <有給> & 休暇は？"},
        ]

    def test_a_name_inside_code_mentions_nobody(self, slack_rig: SlackRig) -> None:
        slack_rig.say("soumu", "sato", "`<@U0KURAGE01>` と書く", raw=True)
        assert self.heard(slack_rig, "app_mention") == []

    def test_a_direct_message_is_a_message_only(self, slack_rig: SlackRig) -> None:
        slack_rig.direct("sato", "有給は？")
        [payload] = self.heard(slack_rig)
        assert payload["event"]["channel_type"] == "im"
        assert payload["event"]["channel"].startswith("D")

    def test_an_edit_and_a_deletion_carry_what_was_before(self, slack_rig: SlackRig) -> None:
        ts = slack_rig.mention("soumu", "sato", "有給は？")
        slack_rig.edit("soumu", ts, "<@U0KURAGE01> 忌引は？", raw=True)
        slack_rig.delete("soumu", ts)
        changed, again, deleted = [each["event"] for each in self.heard(slack_rig)][2:]
        assert again["type"] == "app_mention"
        assert again["ts"] == ts
        assert again["edited"] == changed["message"]["edited"]
        assert changed["subtype"] == "message_changed"
        assert changed["previous_message"]["text"].endswith("有給は？")
        assert changed["message"]["edited"]["user"] == SATO
        assert deleted["subtype"] == "message_deleted"
        assert deleted["deleted_ts"] == ts
        assert slack_rig.screen("soumu") == []

    def test_a_preview_changes_a_message_without_an_edit(self, slack_rig: SlackRig) -> None:
        ts = slack_rig.mention("soumu", "sato", "https://a.example を見て")
        slack_rig.unfurl("soumu", ts, "https://a.example")
        changed = self.heard(slack_rig)[2:]
        assert [each["event"].get("subtype") for each in changed] == ["message_changed"]
        message = changed[0]["event"]["message"]
        assert message["text"] == changed[0]["event"]["previous_message"]["text"]
        assert "edited" not in message

    def test_own_posts_come_back_with_the_bots_id(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        slack.chat_postMessage(channel=SOUMU, text="お知らせ")
        [payload] = self.heard(slack_rig)
        assert payload["event"]["bot_id"] == "B0KURAGE01"
        assert payload["event"]["user"] == "U0KURAGE01"

    def test_a_channel_without_the_app_is_silent(self, slack_rig: SlackRig) -> None:
        slack_rig.mention("random", "sato", "聞こえる？")
        assert self.heard(slack_rig) == []

    def test_coming_and_going_is_told(self, slack_rig: SlackRig) -> None:
        slack_rig.invite("random")
        slack_rig.kick("random")
        slack_rig.kick("hr")
        told = [each["event"]["type"] for each in self.heard(slack_rig)]
        assert told == ["member_joined_channel", "message", "channel_left", "group_left"]

    def test_strangers_and_shared_channels_can_be_told(self, slack_rig: SlackRig) -> None:
        slack_rig.mention("partners", "partner", "見せて")
        payload = self.heard(slack_rig, "app_mention")[0]
        assert payload["is_ext_shared_channel"] is True
        assert payload["event"]["user_team"] == "T0PARTNER1"
        assert payload["event"]["team"] == "T0PARTNER1"

    def test_the_apps_own_surfaces_and_the_team_are_told_of(self, slack_rig: SlackRig) -> None:
        slack_rig.open_home("sato")
        slack_rig.open_home("sato", "messages")
        thread = slack_rig.open_assistant(user="sato", context="soumu")
        slack_rig.change_context(user="sato", thread=thread, context="general")
        slack_rig.add_user(name="new", locale="en-US")
        slack_rig.change_user(user="sato", locale="en-US")
        slack_rig.revoke()
        told = [each["event"] for each in self.heard(slack_rig)]
        assert [each["type"] for each in told] == [
            *["app_home_opened"] * 2,
            "assistant_thread_started",
            "assistant_thread_context_changed",
            "team_join",
            "user_change",
            "tokens_revoked",
        ]
        assert told[2]["assistant_thread"]["context"]["channel_id"] == SOUMU

    def test_too_many_events_end_in_a_word_about_it(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(event_limit=2)
        for _ in range(3):
            slack_rig.mention("soumu", "sato", "?")
        assert len(slack_rig.journal("app_rate_limited")) == 1
        assert len(self.heard(slack_rig)) == 3  # two, and the word about it

    def test_events_are_as_slack_describes_them(self, slack_rig: SlackRig) -> None:
        described = specification()
        if described is None:
            pytest.skip("Slack's description of its events is not at hand")
        document = json.loads((described.parent / "slack-events-2021.json").read_text("utf-8"))
        wrapper = document["components"]["schemas"]["GenericEventWrapper"]
        # `authed_users` was replaced by `authorizations` in 2021.
        wrapper["required"].remove("authed_users")
        validator = jsonschema_rs.Draft7Validator(wrapper)
        slack_rig.mention("soumu", "sato", "?")
        slack_rig.direct("sato", "?")
        slack_rig.open_home("sato")
        slack_rig.kick("soumu")
        slack_rig.join(channel="general", user="tanaka")
        names = set()
        for entry in slack_rig.journal("event"):
            validator.validate(entry["payload"])
            names.add(entry["name"].replace("_", "."))
        # `app_home_opened` came after the description.
        assert names - set(document["topics"]) == {"app.home.opened"}
        assert len(names) == 6


class TestBot:
    def test_a_slack_that_was_away_is_back_under_its_address(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        address = slack_rig.api_url
        slack_rig.stop()
        with pytest.raises(OSError, match="refused"):
            slack.auth_test()
        slack_rig.start()
        assert slack_rig.api_url == address
        assert slack.auth_test()["ok"]

    def test_an_echo_bot_answers_mentions_and_direct_messages(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig):
            ts = slack_rig.mention("soumu", "sato", "有給は？")
            [answer] = slack_rig.wait_for_reply(ts)
            assert answer["text"] == "答え: 有給は？"
            direct = slack_rig.direct("sato", "やあ")
            [answer] = slack_rig.wait_for_reply(direct)
            assert answer["text"] == "答え: やあ"
            assert answer["thread"] is None
            for asked in (ts, direct):
                timing = slack_rig.timing(asked)
                assert 0 < timing["first_sign"] == timing["complete"]
            assert slack_rig.quiet(0.05)
        assert slack_rig.doubled() == []
        assert slack_rig.violations() == []

    def test_two_hundred_mentions_at_once_are_answered_once_each(
        self, slack_rig: SlackRig, capsys: pytest.CaptureFixture[str]
    ) -> None:
        channels = [slack_rig.add_channel(name=f"team{number}") for number in range(50)]
        with Bot(slack_rig):
            alone = []
            for _ in range(20):
                ts = slack_rig.mention("soumu", "sato", "一つ")
                slack_rig.wait_for_reply(ts)
                alone.append(slack_rig.timing(ts)["complete"])
            many = slack_rig.mention_many(
                [
                    {"channel": channels[number % 50], "user": "sato", "text": f"質問{number}"}
                    for number in range(200)
                ]
            )
            slack_rig.wait_for_replies(many, timeout=20)
            assert slack_rig.quiet(0.05)
        took = [each["complete"] for each in slack_rig.timings(many=many)]
        with capsys.disabled():
            print(  # noqa: T201
                f"\necho bot: mention → reply {sorted(alone)[10] * 1000:.1f} ms (median of 20),"
                f" 200 at once within {max(took):.2f} s; load {os.getloadavg()[0]:.1f}"
            )
        assert len(took) == 200
        assert slack_rig.doubled() == []
