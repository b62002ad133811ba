"""The loopback Slack against the real slack-sdk and slack-bolt: what it answers, refuses, sends."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema_rs
import pytest
from rigs.slack_bot import Bot
from rigs.slack_rig import SlackRig, from_manifest, specification
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.webhook import WebhookClient

KAPPA = "C0SOUMU001"
SATO = "U0SATO0001"
TEAM = "T0KURAGE01"
Json = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")


@pytest.fixture(scope="module")
def process() -> Iterator[SlackRig]:
    with SlackRig() as running:
        yield running


@pytest.fixture
def rig(process: SlackRig) -> SlackRig:
    """Return a workspace as it was seeded, whatever the test before did to it."""
    process.reset(limits={"enabled": False})
    return process


@pytest.fixture
def slack(rig: SlackRig) -> WebClient:
    return WebClient(rig.bot_token, base_url=rig.api_url)


def refusal(error: str) -> Any:
    """Return a context in which the client has to report this error."""
    return pytest.raises(SlackApiError, match=f"'error': '{error}'")


def section(text: str, kind: str = "mrkdwn") -> Json:
    return {"type": "section", "text": {"type": kind, "text": text}}


def button(label: str, action: str, **more: Any) -> Json:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": action, **more}


@asynccontextmanager
async def socket(rig: SlackRig, **how: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a socket by hand, past its greeting."""
    url = WebClient(rig.app_token, base_url=rig.api_url).apps_connections_open(
        app_token=rig.app_token
    )["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(url, **how) as opened:
        opened.hello = await opened.receive_json(timeout=5)  # type: ignore[attr-defined]
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
    async def test_a_ticket_opens_one_socket_and_no_second(self, rig: SlackRig) -> None:
        client = WebClient(rig.app_token, base_url=rig.api_url)
        url = client.apps_connections_open(app_token=rig.app_token)["url"]
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url) as opened:
                assert (await opened.receive_json())["type"] == "hello"
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(url)

    async def test_the_greeting_tells_how_many_sockets_there_are_and_the_eleventh_is_sent_away(
        self, rig: SlackRig
    ) -> None:
        client = WebClient(rig.app_token, base_url=rig.api_url)
        said, held = [], []
        async with aiohttp.ClientSession() as session:
            for _ in range(11):
                url = client.apps_connections_open(app_token=rig.app_token)["url"]
                opened = await session.ws_connect(url)
                said.append(await opened.receive_json())
                held.append(opened)
        assert [each.get("num_connections") for each in said[:10]] == list(range(1, 11))
        assert said[10]["reason"] == "too_many_websockets"

    async def test_envelopes_take_turns_and_go_to_one_socket_each(self, rig: SlackRig) -> None:
        rig.set_app(events=["app_mention"])
        async with socket(rig) as one, socket(rig) as other:
            for number in range(4):
                rig.mention("soumu", "sato", f"質問{number}")
            texts = [
                [each["payload"]["event"]["text"][-1] for each in await events(opened, 2)]
                for opened in (one, other)
            ]
        assert sorted(text for each in texts for text in each) == ["0", "1", "2", "3"]

    async def test_an_event_comes_again_on_schedule_until_it_is_acknowledged(
        self, rig: SlackRig
    ) -> None:
        rig.reset(speed=100.0, app={"events": ["app_mention"]})
        async with socket(rig) as opened:
            rig.mention("soumu", "sato", "質問")
            first = await opened.receive_json(timeout=5)
            second = await opened.receive_json(timeout=5)
            began = time.monotonic()
            [third] = await events(opened)
            waited = time.monotonic() - began
        assert [each["retry_attempt"] for each in (first, second, third)] == [0, 1, 2]
        assert [each["retry_reason"] for each in (first, second, third)] == ["", *["timeout"] * 2]
        assert len({each["payload"]["event_id"] for each in (first, second, third)}) == 1
        # 3 s for the acknowledgement and 60 s of the schedule, at a hundredfold speed.
        assert waited >= 0.6
        rig.wait_for("ack")
        assert rig.journal("event_lost") == []

    async def test_an_event_that_is_never_acknowledged_is_lost_after_four_deliveries(
        self, rig: SlackRig
    ) -> None:
        rig.reset(speed=1000.0, app={"events": ["app_mention"]})
        async with socket(rig) as opened:
            rig.mention("soumu", "sato", "質問")
            attempts = [(await opened.receive_json(timeout=5))["retry_attempt"] for _ in range(4)]
            rig.wait_for("event_lost")
        assert attempts == [0, 1, 2, 3]

    async def test_an_event_waits_a_little_for_a_socket(self, rig: SlackRig) -> None:
        rig.reset(app={"events": ["app_mention"]})
        rig.mention("soumu", "sato", "質問")
        async with socket(rig) as opened:
            [envelope] = await events(opened)
        assert envelope["retry_attempt"] == 0

    async def test_both_sides_ping(self, rig: SlackRig) -> None:
        rig.configure(ping_interval=0.05)
        async with socket(rig, autoping=False) as opened:
            message = await opened.receive(timeout=5)
            assert message.type == aiohttp.WSMsgType.PING
            await opened.ping(b"sdk-ping-pong:1")
            while message.type != aiohttp.WSMsgType.PONG:
                message = await opened.receive(timeout=5)
            assert message.data == b"sdk-ping-pong:1"

    async def test_who_answers_no_ping_is_cut_off(self, rig: SlackRig) -> None:
        rig.configure(ping_interval=0.05)
        async with socket(rig, autoping=False) as opened:
            while not opened.closed:
                await opened.receive(timeout=5)
        assert rig.journal("socket_closed")

    async def test_nonsense_instead_of_an_acknowledgement_is_on_record(self, rig: SlackRig) -> None:
        async with socket(rig) as opened:
            await opened.send_str("ok")
            await opened.send_json({"envelope_id": "nobody's"})
            rig.wait_for("violation", what="unknown envelope nobody's")
        assert len(rig.violations()) == 2


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
        self, rig: SlackRig, token: str, error: str
    ) -> None:
        with refusal(error):
            WebClient(token, base_url=rig.api_url).auth_test()

    def test_the_bots_token_opens_no_socket(self, rig: SlackRig) -> None:
        with refusal("not_allowed_token_type"):
            WebClient(base_url=rig.api_url).apps_connections_open(app_token=rig.bot_token)

    def test_a_missing_scope_is_named_beside_those_that_are_there(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        rig.set_app(scopes=["users:read"])
        with refusal("missing_scope") as caught:
            slack.chat_postMessage(channel=KAPPA, text="?")
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
        self, rig: SlackRig, slack: WebClient, state: str, error: str
    ) -> None:
        assert slack.auth_test()["bot_id"] == "B0KURAGE01"
        rig.set_app(state=state)
        with refusal(error):
            slack.auth_test()

    def test_a_manifest_says_what_an_app_may_and_hears(self, rig: SlackRig) -> None:
        manifest = {
            "oauth_config": {"scopes": {"bot": ["chat:write"]}},
            "features": {"agent_view": {}, "slash_commands": [{"command": "/k"}]},
            "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
        }
        rig.reset(app=from_manifest(manifest))
        rig.mention("soumu", "sato", "スコープがない")
        client = WebClient(rig.bot_token, base_url=rig.api_url)
        assert client.chat_postMessage(channel=KAPPA, text="?").headers["X-OAuth-Scopes"] == (
            "chat:write"
        )
        assert rig.journal("event") == []


class TestEvents:
    def heard(self, rig: SlackRig, name: str | None = None) -> list[Json]:
        facts = {"name": name} if name else {}
        return [entry["payload"] for entry in rig.journal("event", **facts)]

    def test_a_mention_comes_as_a_mention_and_as_a_message_with_one_ts(self, rig: SlackRig) -> None:
        ts = rig.mention("soumu", "sato", "<有給> & 休暇は？")
        payloads = self.heard(rig)
        assert [each["event"]["type"] for each in payloads] == ["message", "app_mention"]
        assert {each["event"]["ts"] for each in payloads} == {ts}
        assert len({each["event_id"] for each in payloads}) == 2
        assert payloads[1]["event"]["text"] == "<@U0KURAGE01> &lt;有給&gt; &amp; 休暇は？"
        spans = payloads[1]["event"]["blocks"][0]["elements"][0]["elements"]
        assert spans == [
            {"type": "user", "user_id": "U0KURAGE01"},
            {"type": "text", "text": " <有給> & 休暇は？"},
        ]

    def test_a_name_inside_code_mentions_nobody(self, rig: SlackRig) -> None:
        rig.say("soumu", "sato", "`<@U0KURAGE01>` と書く", raw=True)
        assert self.heard(rig, "app_mention") == []

    def test_a_direct_message_is_a_message_only(self, rig: SlackRig) -> None:
        rig.direct("sato", "有給は？")
        [payload] = self.heard(rig)
        assert payload["event"]["channel_type"] == "im"
        assert payload["event"]["channel"].startswith("D")

    def test_an_edit_and_a_deletion_carry_what_was_before(self, rig: SlackRig) -> None:
        ts = rig.mention("soumu", "sato", "有給は？")
        rig.edit("soumu", ts, "<@U0KURAGE01> 忌引は？", raw=True)
        rig.delete("soumu", ts)
        changed, deleted = [each["event"] for each in self.heard(rig)][2:]
        assert changed["subtype"] == "message_changed"
        assert changed["previous_message"]["text"].endswith("有給は？")
        assert changed["message"]["edited"]["user"] == SATO
        assert deleted["subtype"] == "message_deleted"
        assert deleted["deleted_ts"] == ts
        assert rig.screen("soumu") == []

    def test_own_posts_come_back_with_the_bots_id(self, rig: SlackRig, slack: WebClient) -> None:
        slack.chat_postMessage(channel=KAPPA, text="お知らせ")
        [payload] = self.heard(rig)
        assert payload["event"]["bot_id"] == "B0KURAGE01"
        assert payload["event"]["user"] == "U0KURAGE01"

    def test_a_channel_without_the_app_is_silent(self, rig: SlackRig) -> None:
        rig.mention("random", "sato", "聞こえる？")
        assert self.heard(rig) == []

    def test_coming_and_going_is_told(self, rig: SlackRig) -> None:
        rig.invite("random")
        rig.kick("random")
        rig.kick("hr")
        told = [each["event"]["type"] for each in self.heard(rig)]
        assert told == ["member_joined_channel", "message", "channel_left", "group_left"]

    def test_strangers_and_shared_channels_can_be_told(self, rig: SlackRig) -> None:
        rig.mention("partners", "partner", "見せて")
        payload = self.heard(rig, "app_mention")[0]
        assert payload["is_ext_shared_channel"] is True
        assert payload["event"]["user_team"] == "T0PARTNER1"
        assert payload["event"]["team"] == "T0PARTNER1"

    def test_the_apps_own_surfaces_and_the_team_are_told_of(self, rig: SlackRig) -> None:
        rig.open_home("sato")
        rig.open_home("sato", "messages")
        thread = rig.open_assistant(user="sato", context="soumu")
        rig.change_context(user="sato", thread=thread, context="general")
        rig.add_user(name="new", locale="en-US")
        rig.change_user(user="sato", locale="en-US")
        rig.revoke()
        told = [each["event"] for each in self.heard(rig)]
        assert [each["type"] for each in told] == [
            *["app_home_opened"] * 2,
            "assistant_thread_started",
            "assistant_thread_context_changed",
            "team_join",
            "user_change",
            "tokens_revoked",
        ]
        assert told[2]["assistant_thread"]["context"]["channel_id"] == KAPPA

    def test_too_many_events_end_in_a_word_about_it(self, rig: SlackRig) -> None:
        rig.configure(event_limit=2)
        for _ in range(3):
            rig.mention("soumu", "sato", "?")
        assert len(rig.journal("app_rate_limited")) == 1
        assert len(self.heard(rig)) == 3  # two, and the word about it

    def test_events_are_as_slack_describes_them(self, rig: SlackRig) -> None:
        described = specification()
        if described is None:
            pytest.skip("Slack's description of its events is not at hand")
        document = json.loads((described.parent / "slack-events-2021.json").read_text("utf-8"))
        wrapper = document["components"]["schemas"]["GenericEventWrapper"]
        # `authed_users` was replaced by `authorizations` in 2021.
        wrapper["required"].remove("authed_users")
        validator = jsonschema_rs.Draft7Validator(wrapper)
        rig.mention("soumu", "sato", "?")
        rig.direct("sato", "?")
        rig.open_home("sato")
        rig.kick("soumu")
        rig.join(channel="general", user="tanaka")
        names = set()
        for entry in rig.journal("event"):
            validator.validate(entry["payload"])
            names.add(entry["name"].replace("_", "."))
        # `app_home_opened` came after the description.
        assert names - set(document["topics"]) == {"app.home.opened"}
        assert len(names) == 6


class TestPosting:
    def test_long_text_is_cut_with_a_warning_and_refused_in_an_update(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=KAPPA, text="あ" * 40_001)
        assert posted["warning"] == "message_truncated"
        assert len(posted["message"]["text"]) == 40_000
        slack.chat_update(channel=KAPPA, ts=posted["ts"], text="あ" * 4000)
        with refusal("msg_too_long"):
            slack.chat_update(channel=KAPPA, ts=posted["ts"], text="あ" * 4001)

    @pytest.mark.parametrize(
        ("blocks", "problem"),
        [
            pytest.param([section("a")] * 51, "no more than 50 items allowed", id="51-blocks"),
            pytest.param([section("a" * 3001)], "must be less than 3001 characters", id="section"),
            pytest.param([section("")], "must be more than 0 characters", id="empty"),
            pytest.param([section("x", "html")], "unsupported type: html", id="text-type"),
            pytest.param([{"type": "marquee"}], "unsupported type: marquee", id="block-type"),
            pytest.param([{"type": "section"}], "missing required field: text", id="no-text"),
            pytest.param(
                [{"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}],
                "must be less than 151 characters",
                id="header",
            ),
            pytest.param(
                [{"type": "markdown", "text": "a" * 7000}] * 2,
                "all markdown must be less than 12001 characters",
                id="markdown-summed",
            ),
            pytest.param(
                [{"type": "actions", "elements": [button("a", f"b{n}") for n in range(26)]}],
                "no more than 25 items allowed",
                id="26-buttons",
            ),
            pytest.param(
                [{"type": "actions", "elements": [button("a" * 76, "b")]}],
                "must be less than 76 characters",
                id="button-text",
            ),
            pytest.param(
                [{"type": "actions", "elements": [button("a", "b", value="v" * 2001)]}],
                "must be less than 2001 characters",
                id="button-value",
            ),
            pytest.param(
                [{"type": "actions", "elements": [button("a", "b"), button("c", "b")]}],
                "already exists",
                id="action-id-twice",
            ),
            pytest.param(
                [{"type": "divider", "block_id": "a"}] * 2, "already exists", id="block-id-twice"
            ),
            pytest.param(
                [{"type": "context", "elements": [{"type": "plain_text", "text": "a"}] * 11}],
                "no more than 10 items allowed",
                id="context",
            ),
            pytest.param(
                [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}],
                "no more than 20 items allowed",
                id="table-width",
            ),
        ],
    )
    def test_bad_blocks_are_refused_with_their_place(
        self, slack: WebClient, blocks: list[Json], problem: str
    ) -> None:
        with refusal("invalid_blocks") as caught:
            slack.chat_postMessage(channel=KAPPA, text="a", blocks=blocks)
        [message] = caught.value.response["response_metadata"]["messages"][:1]
        assert problem in message
        assert "[json-pointer:/blocks" in message

    @pytest.mark.parametrize("long", [False, True])
    @pytest.mark.parametrize(
        ("most", "build"),
        [
            pytest.param(3000, section, id="section"),
            pytest.param(
                150,
                lambda text: {"type": "header", "text": {"type": "plain_text", "text": text}},
                id="header",
            ),
            pytest.param(12_000, lambda text: {"type": "markdown", "text": text}, id="markdown"),
            pytest.param(
                75,
                lambda text: {"type": "actions", "elements": [button(text, "b")]},
                id="button",
            ),
            pytest.param(
                2000,
                lambda text: {"type": "actions", "elements": [button("b", "b", value=text)]},
                id="value",
            ),
            pytest.param(
                25,
                lambda text: {
                    "type": "actions",
                    "elements": [button("a", f"b{number}") for number in range(len(text))],
                },
                id="actions",
            ),
        ],
    )
    def test_limits_are_those_that_slacks_own_models_know(
        self, slack: WebClient, most: int, build: Any, long: bool
    ) -> None:
        block = build("a" * (most + long))
        parsed = Block.parse(block)
        assert parsed is not None
        try:
            parsed.validate_json()
            for element in getattr(parsed, "elements", None) or []:
                element.validate_json()
            refused = False
        except SlackObjectFormationError:
            refused = True
        assert refused is long
        if long:
            with refusal("invalid_blocks"):
                slack.chat_postMessage(channel=KAPPA, text="a", blocks=[block])
        else:
            slack.chat_postMessage(channel=KAPPA, text="a", blocks=[block])

    def test_markdown_goes_alone(self, rig: SlackRig, slack: WebClient) -> None:
        slack.chat_postMessage(channel=KAPPA, markdown_text="**重要**: [規則](https://a.example)")
        [seen] = rig.screen("soumu")
        assert seen["text"] == "重要: 規則"
        with refusal("markdown_text_conflict"):
            slack.chat_postMessage(channel=KAPPA, markdown_text="a", text="a")
        with refusal("msg_too_long"):
            slack.chat_postMessage(channel=KAPPA, markdown_text="a" * 12_001)

    @pytest.mark.parametrize(
        ("channel", "error"),
        [
            ("C0NOWHERE1", "channel_not_found"),
            ("C0SECRET01", "channel_not_found"),
            ("C0RANDOM01", "not_in_channel"),
            ("C0OLD00001", "is_archived"),
        ],
    )
    def test_where_the_app_may_not_write_it_is_told_why(
        self, slack: WebClient, channel: str, error: str
    ) -> None:
        with refusal(error):
            slack.chat_postMessage(channel=channel, text="a")

    def test_a_persons_id_means_their_direct_messages(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=SATO, text="a")
        assert posted["channel"] == rig.direct_channel("sato")
        with refusal("cannot_dm_bot"):
            slack.conversations_open(users="U0WEATHER1")

    def test_metadata_comes_back_where_it_is_asked_for(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        ts = rig.mention("soumu", "sato", "?")
        mark = {"event_type": "kurage_turn", "event_payload": {"turn": "K7F3Q2"}}
        slack.chat_postMessage(channel=KAPPA, text="a", thread_ts=ts, metadata=mark)
        found = slack.conversations_replies(channel=KAPPA, ts=ts, include_all_metadata=True)
        assert found["messages"][1]["metadata"] == mark
        plain = slack.conversations_replies(channel=KAPPA, ts=ts)
        assert "metadata" not in plain["messages"][1]
        assert plain["messages"][0]["reply_count"] == 1

    def test_a_reply_to_what_was_deleted_falls_out_of_its_thread_without_an_error(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        ts = rig.mention("soumu", "sato", "?")
        rig.delete("soumu", ts)
        posted = slack.chat_postMessage(channel=KAPPA, text="a", thread_ts=ts)
        assert "thread_ts" not in posted["message"]
        with refusal("thread_not_found"):
            slack.conversations_replies(channel=KAPPA, ts=ts)

    def test_a_deleted_question_with_an_answer_leaves_a_stone(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        ts = rig.mention("soumu", "sato", "?")
        slack.chat_postMessage(channel=KAPPA, text="a", thread_ts=ts)
        rig.delete("soumu", ts)
        assert [each["subtype"] for each in rig.screen("soumu")] == ["tombstone", None]

    def test_an_ephemeral_message_is_seen_by_one_and_in_no_history(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        slack.chat_postEphemeral(channel=KAPPA, user=SATO, text="あなただけ")
        assert [each["text"] for each in rig.screen("soumu", "sato")] == ["あなただけ"]
        assert rig.screen("soumu", "suzuki") == rig.screen("soumu") == []
        assert slack.conversations_history(channel=KAPPA)["messages"] == []
        with refusal("user_not_in_channel"):
            slack.chat_postEphemeral(channel=KAPPA, user="U0YAMADA01", text="a")

    def test_only_own_messages_can_be_changed(self, rig: SlackRig, slack: WebClient) -> None:
        ts = rig.say("soumu", "sato", "私の")
        with refusal("cant_update_message"):
            slack.chat_update(channel=KAPPA, ts=ts, text="a")
        with refusal("cant_delete_message"):
            slack.chat_delete(channel=KAPPA, ts=ts)
        slack.reactions_add(channel=KAPPA, timestamp=ts, name="eyes")
        with refusal("already_reacted"):
            slack.reactions_add(channel=KAPPA, timestamp=ts, name="eyes")
        assert rig.screen("soumu")[0]["reactions"] == ["eyes"]

    def test_pages_are_turned_by_cursor(self, rig: SlackRig, slack: WebClient) -> None:
        for number in range(5):
            rig.say("soumu", "sato", str(number))
        pages = [
            [each["text"] for each in page["messages"]]
            for page in slack.conversations_history(channel=KAPPA, limit=2)
        ]
        assert pages == [
            ["4", "3"],
            ["2", "1"],
            ["0"],
        ]
        with refusal("invalid_cursor"):
            slack.conversations_members(channel=KAPPA, cursor="nonsense")


class TestStreams:
    def start(self, slack: WebClient, ts: str, **how: Any) -> str:
        who = {"recipient_user_id": SATO, "recipient_team_id": TEAM, **how}
        return str(slack.chat_startStream(channel=KAPPA, thread_ts=ts, **who)["ts"])

    def test_a_stream_grows_and_stops_once(self, rig: SlackRig, slack: WebClient) -> None:
        asked = rig.mention("soumu", "sato", "?")
        ts = self.start(slack, asked, markdown_text="3営業日前")
        assert rig.answers(asked)[0]["streaming"]
        with refusal("streaming_state_conflict"):
            slack.chat_update(channel=KAPPA, ts=ts, text="a")
        slack.chat_appendStream(channel=KAPPA, ts=ts, markdown_text="までに")
        mark = {"event_type": "kurage_turn", "event_payload": {}}
        slack.chat_stopStream(channel=KAPPA, ts=ts, blocks=[section("出典")], metadata=mark)
        [answer] = rig.wait_for_reply(asked)
        assert answer["text"] == "3営業日前までに\n出典"
        with refusal("message_not_in_streaming_state"):
            slack.chat_appendStream(channel=KAPPA, ts=ts, markdown_text="a")

    def test_a_channel_wants_to_know_for_whom(self, rig: SlackRig, slack: WebClient) -> None:
        asked = rig.mention("soumu", "sato", "?")
        for name in ("recipient_user_id", "recipient_team_id"):
            with refusal(f"missing_{name}"):
                self.start(slack, asked, **{name: None})
        direct = rig.direct("sato", "?")
        slack.chat_startStream(channel=rig.direct_channel("sato"), thread_ts=direct)

    def test_tasks_change_in_place(self, rig: SlackRig, slack: WebClient) -> None:
        asked = rig.mention("soumu", "sato", "?")
        ts = self.start(slack, asked)
        for status in ("in_progress", "complete"):
            task = {"type": "task_update", "id": "1", "title": "検索", "status": status}
            slack.chat_appendStream(channel=KAPPA, ts=ts, chunks=[task])
        slack.chat_stopStream(channel=KAPPA, ts=ts, markdown_text="答え")
        assert rig.answers(asked)[0]["text"] == "検索\n答え"

    def test_a_piece_has_a_limit(self, rig: SlackRig, slack: WebClient) -> None:
        ts = self.start(slack, rig.mention("soumu", "sato", "?"))
        with refusal("msg_too_long"):
            slack.chat_appendStream(channel=KAPPA, ts=ts, markdown_text="a" * 12_001)


class TestAgent:
    def test_a_status_shows_until_the_answer(self, rig: SlackRig, slack: WebClient) -> None:
        ts = rig.mention("soumu", "sato", "?")
        slack.assistant_threads_setStatus(channel_id=KAPPA, thread_ts=ts, status="探しています…")
        assert rig.status(channel="soumu", thread=ts) == "探しています…"
        slack.chat_postMessage(channel=KAPPA, text="a", thread_ts=ts)
        assert rig.status(channel="soumu", thread=ts) == ""
        timing = rig.timing(ts)
        assert 0 < timing["first_sign"] < timing["complete"]

    def test_a_status_goes_after_two_minutes(self, rig: SlackRig, slack: WebClient) -> None:
        rig.configure(speed=100_000.0)
        ts = rig.mention("soumu", "sato", "?")
        slack.assistant_threads_setStatus(channel_id=KAPPA, thread_ts=ts, status="a")
        time.sleep(0.01)
        assert rig.status(channel="soumu", thread=ts) == ""

    def test_prompts_need_an_agent(self, rig: SlackRig, slack: WebClient) -> None:
        prompts = [{"title": "有給", "message": "有給の申請は？"}]
        direct = rig.direct_channel("sato")
        slack.assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts)
        assert rig.prompts(user="sato")["prompts"] == prompts
        rig.set_app(agent=False)
        with refusal("not_agent_app"):
            slack.assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts)


class TestReading:
    def seen(self, rig: SlackRig, slack: WebClient, **message: Any) -> Json:
        message.setdefault("text", "")
        slack.chat_postMessage(channel=KAPPA, **message)
        return dict(rig.screen("soumu")[-1])

    @pytest.mark.parametrize(
        ("typed", "read"),
        [
            ("*3営業日前* までに", "3営業日前 までに"),
            ("*3営業日前*までに", "*3営業日前*までに"),
            ("期限は*3日*", "期限は*3日*"),
            ("*有給*、_休暇_", "*有給*、_休暇_"),
            ("*bold*, ~old~ and `code *x*`", "bold, old and code *x*"),
            ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
            ("<https://a.example/x|規則> と <#C0SOUMU001>", "規則 と #soumu"),
        ],
    )
    def test_mrkdwn_reads_as_slack_shows_it(
        self, rig: SlackRig, slack: WebClient, typed: str, read: str
    ) -> None:
        assert self.seen(rig, slack, text=typed)["text"] == read

    @pytest.mark.parametrize(
        ("message", "kinds"),
        [
            pytest.param({"text": "<!channel> <!here> <!everyone>"}, 3, id="broadcasts"),
            pytest.param({"text": "<@U0SATO0001> <!subteam^S0HELPDESK|@x>"}, 2, id="people"),
            pytest.param({"text": "&lt;!channel&gt; @channel"}, 0, id="escaped"),
            pytest.param({"text": "@channel", "link_names": True}, 1, id="link-names"),
            pytest.param({"text": "a", "blocks": [section("<!channel>")]}, 1, id="section"),
            pytest.param(
                {"text": "a", "blocks": [section("<!channel>", "plain_text")]}, 0, id="plain-text"
            ),
            pytest.param({"markdown_text": "見て <!channel>"}, 1, id="markdown"),
            pytest.param(
                {
                    "text": "a",
                    "blocks": [
                        {
                            "type": "rich_text",
                            "elements": [
                                {
                                    "type": "rich_text_section",
                                    "elements": [
                                        {"type": "broadcast", "range": "here"},
                                        {"type": "user", "user_id": SATO},
                                        {"type": "usergroup", "usergroup_id": "S0HELPDESK"},
                                        {"type": "text", "text": "<!channel>"},
                                    ],
                                }
                            ],
                        }
                    ],
                },
                3,
                id="rich-text",
            ),
            pytest.param(
                {"text": "<!channel>", "blocks": [section("無害")]}, 1, id="notification-text"
            ),
        ],
    )
    def test_whoever_is_pinged_is_found(
        self, rig: SlackRig, slack: WebClient, message: Json, kinds: int
    ) -> None:
        if "markdown_text" in message:
            slack.chat_postMessage(channel=KAPPA, **message)
        else:
            self.seen(rig, slack, **message)
        assert len(rig.pinged()) == kinds

    @pytest.mark.parametrize(
        ("message", "forged"),
        [
            ({"text": "<https://evil.example|https://kurage.co.jp/rules>"}, True),
            ({"text": "<https://evil.example|kurage.co.jp>"}, True),
            ({"text": "<https://kurage.co.jp/a|kurage.co.jp/rules>"}, False),
            ({"text": "<https://kurage.co.jp/a|就業規則.pdf>"}, False),
            ({"markdown_text": "[https://kurage.co.jp](https://evil.example)"}, True),
        ],
    )
    def test_a_label_that_names_another_site_is_a_forgery(
        self, rig: SlackRig, slack: WebClient, message: Json, forged: bool
    ) -> None:
        slack.chat_postMessage(channel=KAPPA, **message)
        assert bool(rig.forged()) is forged

    def test_blocks_read_in_order_with_their_buttons(self, rig: SlackRig, slack: WebClient) -> None:
        feedback = {
            "type": "feedback_buttons",
            "action_id": "rate",
            "positive_button": {"text": {"type": "plain_text", "text": "👍"}, "value": "up"},
            "negative_button": {"text": {"type": "plain_text", "text": "👎"}, "value": "down"},
        }
        blocks = [
            {"type": "header", "text": {"type": "plain_text", "text": "出典"}},
            {"type": "markdown", "text": "1. 就業規則\n2. 勤怠"},
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "_人事部_"}]},
            {"type": "actions", "elements": [button("詳しく", "more", value="t1")]},
            {"type": "context_actions", "elements": [feedback]},
        ]
        seen = self.seen(rig, slack, text="答え", blocks=blocks)
        assert seen["text"] == "出典\n1. 就業規則\n2. 勤怠\n───\n人事部"
        assert [each["label"] for each in seen["buttons"]] == ["詳しく", "👍", "👎"]


def interactive(app: AsyncApp) -> None:
    """Answer a command, a button, a modal and a shortcut."""

    @app.command("/kurage")
    async def asked(ack: Any, respond: Any, command: Json) -> None:
        if command["text"] == "ack":
            await ack("すぐに")
            return
        await ack()
        await respond(f"答え: {command['text']}", blocks=[
            {"type": "actions", "elements": [button("共有する", "share")]},
            section("答え"),
        ])  # fmt: skip

    @app.action("share")
    async def shared(ack: Any, respond: Any, body: Json, client: Any) -> None:
        await ack()
        await respond("共有しました", replace_original=True)
        view = {
            "type": "modal",
            "callback_id": "why",
            "title": {"type": "plain_text", "text": "理由"},
            "submit": {"type": "plain_text", "text": "送信"},
            "blocks": [
                {
                    "type": "input",
                    "block_id": "reason",
                    "label": {"type": "plain_text", "text": "理由"},
                    "element": {"type": "plain_text_input", "action_id": "text"},
                }
            ],
        }
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("why")
    async def submitted(ack: Any, view: Json) -> None:
        if view["state"]["values"]["reason"]["text"]["value"] == "短い":
            await ack(response_action="errors", errors={"reason": "もう少し詳しく"})
        else:
            await ack()

    @app.shortcut("ask")
    async def shortcut(ack: Any, respond: Any, shortcut: Json) -> None:
        await ack()
        await respond(f"これ: {shortcut['message']['text']}")


class TestInteractions:
    def test_a_command_is_answered_privately_by_its_url(self, rig: SlackRig) -> None:
        with Bot(rig, interactive):
            assert rig.slash("sato", "soumu", "/kurage", "有給は？")["acked"]
            rig.wait_for("posted", shown_to=SATO)
            assert rig.slash("suzuki", "soumu", "/kurage", "ack")["ack"]["text"] == "すぐに"
        [seen] = rig.screen("soumu", "sato")
        assert seen["ephemeral"]
        assert [each["label"] for each in seen["buttons"]] == ["共有する"]
        assert [each["text"] for each in rig.screen("soumu", "suzuki")] == ["すぐに"]

    def test_a_button_replaces_and_opens_a_modal_that_can_be_sent_back(self, rig: SlackRig) -> None:
        with Bot(rig, interactive):
            rig.slash("sato", "soumu", "/kurage", "有給は？")
            ts = rig.wait_for("posted", shown_to=SATO)["ts"]
            with pytest.raises(LookupError):
                rig.press("soumu", ts, "共有する", "suzuki")
            assert rig.press("soumu", ts, "共有する", "sato")["acked"]
            view = rig.wait_for("view")["view"]
            assert rig.screen("soumu", "sato")[0]["text"] == "共有しました"
            assert rig.modal(user="sato")["title"] == "理由"
            with pytest.raises(ValueError, match="text must be filled in"):
                rig.submit(view, {})
            back = rig.submit(view, {"text": "短い"})
            assert back["errors"] == {"reason": "もう少し詳しく"}
            assert rig.submit(view, {"text": "詳しい理由"})["acked"]
        assert rig.modal(user="sato") is None

    def test_a_shortcut_carries_its_message(self, rig: SlackRig) -> None:
        with Bot(rig, interactive):
            ts = rig.say("soumu", "suzuki", "有給は？")
            rig.message_shortcut(channel="soumu", ts=ts, callback="ask", user="sato")
            rig.wait_for("posted", shown_to=SATO, text="これ: 有給は？")

    def test_a_command_that_nobody_acknowledges_fails_before_the_persons_eyes(
        self, rig: SlackRig
    ) -> None:
        rig.configure(speed=100.0)
        assert not rig.slash("sato", "soumu", "/kurage", "?")["acked"]
        assert "operation_timeout" in rig.screen("soumu", "sato")[0]["text"]

    def test_a_trigger_works_once_and_not_for_long(self, rig: SlackRig, slack: WebClient) -> None:
        title = {"type": "plain_text", "text": "a"}
        view = {"type": "modal", "title": title, "blocks": [section("a")]}
        rig.configure(ack_deadline=0.01)
        trigger = rig.slash("sato", "soumu", "/kurage", "?")["trigger_id"]
        slack.views_open(trigger_id=trigger, view=view)
        with refusal("exchanged_trigger_id"):
            slack.views_open(trigger_id=trigger, view=view)
        late = rig.slash("sato", "soumu", "/kurage", "?")["trigger_id"]
        rig.configure(speed=100_000.0)
        with refusal("expired_trigger_id"):
            slack.views_open(trigger_id=late, view=view)
        with refusal("invalid_trigger_id"):
            slack.views_open(trigger_id="1.x", view=view)
        with refusal("invalid_arguments"):
            slack.views_open(trigger_id="1.x", view={**view, "title": None})

    def test_a_response_url_answers_five_times(self, rig: SlackRig) -> None:
        rig.configure(ack_deadline=0.01)
        url = rig.slash("sato", "soumu", "/kurage", "?")["response_url"]
        hook = WebhookClient(url)
        statuses = [hook.send(text=str(number)).status_code for number in range(6)]
        assert statuses == [200] * 5 + [404]
        texts = [each["text"] for each in rig.screen("soumu", "sato")]
        assert texts[1:] == ["0", "1", "2", "3", "4"]
        public = WebhookClient(rig.slash("sato", "soumu", "/kurage", "?")["response_url"])
        public.send(text="みんなへ", response_type="in_channel")
        assert rig.screen("soumu")[0]["text"] == "みんなへ"

    def test_the_home_tab_shows_what_was_published(self, rig: SlackRig, slack: WebClient) -> None:
        view = {"type": "home", "blocks": [section("*使い方*")]}
        published = slack.views_publish(user_id=SATO, view=view)["view"]
        assert rig.home(user="sato")["text"] == "使い方"
        slack.views_publish(user_id=SATO, view=view, hash=published["hash"])
        with refusal("hash_conflict"):
            slack.views_publish(user_id=SATO, view=view, hash=published["hash"])


class TestLimits:
    def test_a_channel_takes_five_posts_at_once_and_then_one_a_second(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        rig.configure(limits={"enabled": True})
        for _ in range(5):
            slack.chat_postMessage(channel=KAPPA, text="a")
        with refusal("ratelimited") as caught:
            slack.chat_postMessage(channel=KAPPA, text="a")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"
        slack.chat_postMessage(channel="C0GENERAL1", text="a")
        assert rig.counts()["limited"] == {"chat.postMessage": 1}

    def test_a_tier_is_so_many_calls_a_minute(self, rig: SlackRig, slack: WebClient) -> None:
        rig.configure(limits={"enabled": True})
        for _ in range(20):
            slack.users_list()
        with refusal("ratelimited") as caught:
            slack.users_list()
        assert 50 <= int(caught.value.response.headers["Retry-After"]) <= 60
        rig.configure(limits={"speed": 1_000_000.0})
        slack.users_list()

    def test_a_limit_can_be_set_for_one_method(self, rig: SlackRig, slack: WebClient) -> None:
        rig.configure(limits={"enabled": True, "overrides": {"users.info": 1}})
        slack.users_info(user=SATO)
        with refusal("ratelimited"):
            slack.users_info(user=SATO)


class TestDescription:
    def test_every_answer_is_as_slack_describes_it(self, rig: SlackRig, slack: WebClient) -> None:
        if specification() is None:
            pytest.skip("Slack's description of its Web API is not at hand")
        ts = rig.mention("soumu", "sato", "見て", files=[{"name": "図.png"}])
        mark = {"event_type": "a", "event_payload": {}}
        ours = slack.chat_postMessage(channel=KAPPA, text="a", thread_ts=ts, metadata=mark)["ts"]
        slack.chat_update(channel=KAPPA, ts=ours, text="b", blocks=[section("b")])
        slack.reactions_add(channel=KAPPA, timestamp=ts, name="eyes")
        slack.chat_postEphemeral(channel=KAPPA, user=SATO, text="a")
        slack.chat_getPermalink(channel=KAPPA, message_ts=ours)
        found = slack.conversations_replies(channel=KAPPA, ts=ts, include_all_metadata=True)
        slack.files_info(file=found["messages"][0]["files"][0]["id"])
        lonely = rig.say("soumu", "sato", "だれか？")
        slack.conversations_replies(channel=KAPPA, ts=lonely)
        slack.conversations_history(channel=KAPPA)
        for channel in (KAPPA, "C0HR000001", "C0PARTNER1", rig.direct_channel("sato")):
            slack.conversations_info(channel=channel, include_num_members=True)
        slack.conversations_members(channel=KAPPA)
        slack.conversations_list(types="public_channel,private_channel,im")
        slack.conversations_open(users=SATO, return_im=True)
        slack.conversations_join(channel="C0RANDOM01")
        for user in slack.users_list()["members"]:
            slack.users_info(user=user["id"], include_locale=True)
        slack.users_lookupByEmail(email="sato@example.co.jp")
        slack.usergroups_list(include_users=True, include_count=True)
        slack.usergroups_users_list(usergroup="S0HELPDESK")
        slack.team_info()
        slack.bots_info(bot="B0KURAGE01")
        slack.views_publish(user_id=SATO, view={"type": "home", "blocks": []})
        slack.reactions_remove(channel=KAPPA, timestamp=ts, name="eyes")
        slack.chat_delete(channel=KAPPA, ts=ours)
        slack.auth_test()
        assert rig.violations() == []

    def test_what_came_after_the_description_is_named(self, rig: SlackRig) -> None:
        if specification() is None:
            pytest.skip("Slack's description of its Web API is not at hand")
        assert {name for name, validated in rig.methods().items() if not validated} == {
            "apps.connections.open",
            "assistant.threads.setStatus",
            "assistant.threads.setSuggestedPrompts",
            "assistant.threads.setTitle",
            "chat.appendStream",
            "chat.startStream",
            "chat.stopStream",
        }

    def test_an_answer_that_differs_is_noticed(self) -> None:
        described = specification()
        if described is None:
            pytest.skip("Slack's description of its Web API is not at hand")
        contract = _contract(described)
        answer = {"ok": True, "channel": KAPPA, "ts": "1700000000.000001", "message": {}}
        [missing] = contract.check("chat.postMessage", {}, answer)[:1]
        assert "required" in missing
        assert contract.check("chat.delete", {"chanel": KAPPA}, {**answer, "message": 1})

    def test_unknown_methods_and_arguments_are_on_record(
        self, rig: SlackRig, slack: WebClient
    ) -> None:
        with refusal("unknown_method"):
            slack.api_call("chat.shout")
        slack.api_call("auth.test", json={"colour": "red"})
        assert [each.partition(": ")[0] for each in rig.violations()][:2] == [
            "chat.shout",
            "auth.test",
        ]


def _contract(described: Path) -> Any:
    from rigs.slack.contract import Contract  # noqa: PLC0415 (needs the validator only here)

    return Contract(described)


class TestBot:
    def test_an_echo_bot_answers_mentions_and_direct_messages(self, rig: SlackRig) -> None:
        with Bot(rig):
            ts = rig.mention("soumu", "sato", "有給は？")
            [answer] = rig.wait_for_reply(ts)
            assert answer["text"] == "答え: 有給は？"
            [answer] = rig.wait_for_reply(rig.direct("sato", "やあ"))
            assert answer["text"] == "答え: やあ"
            assert rig.quiet(0.05)
        assert rig.doubled() == []
        assert rig.violations() == []

    def test_two_hundred_mentions_at_once_are_answered_once_each(
        self, rig: SlackRig, capsys: pytest.CaptureFixture[str]
    ) -> None:
        channels = [rig.add_channel(name=f"team{number}") for number in range(50)]
        with Bot(rig):
            alone = []
            for _ in range(20):
                ts = rig.mention("soumu", "sato", "一つ")
                rig.wait_for_reply(ts)
                alone.append(rig.timing(ts)["complete"])
            many = rig.mention_many(
                [
                    {"channel": channels[number % 50], "user": "sato", "text": f"質問{number}"}
                    for number in range(200)
                ]
            )
            rig.wait_for_replies(many, timeout=20)
            assert rig.quiet(0.05)
        took = [each["complete"] for each in rig.timings(many=many)]
        with capsys.disabled():
            print(  # noqa: T201
                f"\necho bot: mention → reply {sorted(alone)[10] * 1000:.1f} ms (median of 20),"
                f" 200 at once within {max(took):.2f} s; load {os.getloadavg()[0]:.1f}"
            )
        assert len(took) == 200
        assert rig.doubled() == []
