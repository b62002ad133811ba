"""Messages: what Slack takes and refuses, how they grow, and what a person reads of them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rigs.slack.blocks import SURFACES, check
from rigs.slack.reading_blocks import read
from rigs.slack_bot import SATO, SOUMU, TEAM, Json, button, refusal, section
from rigs.slack_rig import SlackRig
from slack_sdk import WebClient
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")

_FIELDS = ["type", "text", "elements", "fields", "accessory", "label", "element", "rows", "title"]
_FIELDS += ["options", "child_blocks", "action_id", "placeholder", "actions", "tasks", "url"]


class TestPosting:
    def test_long_text_is_cut_with_a_warning_and_refused_in_an_update(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=SOUMU, text="あ" * 40_001)
        assert posted["warning"] == "message_truncated"
        assert len(posted["message"]["text"]) == 40_000
        slack.chat_update(channel=SOUMU, ts=posted["ts"], text="あ" * 4000)
        with refusal("msg_too_long"):
            slack.chat_update(channel=SOUMU, ts=posted["ts"], text="あ" * 4001)

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
            slack.chat_postMessage(channel=SOUMU, text="a", blocks=blocks)
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
                slack.chat_postMessage(channel=SOUMU, text="a", blocks=[block])
        else:
            slack.chat_postMessage(channel=SOUMU, text="a", blocks=[block])

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=4)
            ),
            max_leaves=12,
        ),
        st.sampled_from(sorted(SURFACES["message"])),
    )
    def test_whatever_comes_as_blocks_is_judged_and_what_passes_can_be_read(
        self, content: Any, kind: str
    ) -> None:
        fields = content if isinstance(content, dict) else {"elements": content}
        blocks = [{**fields, "type": kind}]
        if not check(blocks):
            read("", blocks, None, {})

    def test_markdown_goes_alone(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack.chat_postMessage(channel=SOUMU, markdown_text="**重要**: [規則](https://a.example)")
        [seen] = slack_rig.screen("soumu")
        assert seen["text"] == "重要: 規則"
        with refusal("markdown_text_conflict"):
            slack.chat_postMessage(channel=SOUMU, markdown_text="a", text="a")
        with refusal("msg_too_long"):
            slack.chat_postMessage(channel=SOUMU, markdown_text="a" * 12_001)

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
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=SATO, text="a")
        assert posted["channel"] == slack_rig.direct_channel("sato")
        with refusal("cannot_dm_bot"):
            slack.conversations_open(users="U0WEATHER1")

    def test_metadata_comes_back_where_it_is_asked_for(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        ts = slack_rig.mention("soumu", "sato", "?")
        mark = {"event_type": "kurage_turn", "event_payload": {"turn": "K7F3Q2"}}
        slack.chat_postMessage(channel=SOUMU, text="a", thread_ts=ts, metadata=mark)
        found = slack.conversations_replies(channel=SOUMU, ts=ts, include_all_metadata=True)
        assert found["messages"][1]["metadata"] == mark
        plain = slack.conversations_replies(channel=SOUMU, ts=ts)
        assert "metadata" not in plain["messages"][1]
        assert plain["messages"][0]["reply_count"] == 1

    def test_a_reply_to_what_was_deleted_falls_out_of_its_thread_without_an_error(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        ts = slack_rig.mention("soumu", "sato", "?")
        slack_rig.delete("soumu", ts)
        posted = slack.chat_postMessage(channel=SOUMU, text="a", thread_ts=ts)
        assert "thread_ts" not in posted["message"]
        with refusal("thread_not_found"):
            slack.conversations_replies(channel=SOUMU, ts=ts)

    def test_a_deleted_question_with_an_answer_leaves_a_stone(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        ts = slack_rig.mention("soumu", "sato", "?")
        slack.chat_postMessage(channel=SOUMU, text="a", thread_ts=ts)
        slack_rig.delete("soumu", ts)
        assert [each["subtype"] for each in slack_rig.screen("soumu")] == ["tombstone", None]

    def test_an_ephemeral_message_is_seen_by_one_and_in_no_history(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        slack.chat_postEphemeral(channel=SOUMU, user=SATO, text="あなただけ")
        assert [each["text"] for each in slack_rig.screen("soumu", "sato")] == ["あなただけ"]
        assert slack_rig.screen("soumu", "suzuki") == slack_rig.screen("soumu") == []
        assert slack.conversations_history(channel=SOUMU)["messages"] == []
        with refusal("user_not_in_channel"):
            slack.chat_postEphemeral(channel=SOUMU, user="U0YAMADA01", text="a")

    def test_only_own_messages_can_be_changed(self, slack_rig: SlackRig, slack: WebClient) -> None:
        ts = slack_rig.say("soumu", "sato", "私の")
        with refusal("cant_update_message"):
            slack.chat_update(channel=SOUMU, ts=ts, text="a")
        with refusal("cant_delete_message"):
            slack.chat_delete(channel=SOUMU, ts=ts)
        slack.reactions_add(channel=SOUMU, timestamp=ts, name="eyes")
        with refusal("already_reacted"):
            slack.reactions_add(channel=SOUMU, timestamp=ts, name="eyes")
        assert slack_rig.screen("soumu")[0]["reactions"] == ["eyes"]

    def test_an_update_without_blocks_removes_them_where_there_is_text(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        ts = slack.chat_postMessage(channel=SOUMU, text="a", blocks=[section("b")])["ts"]
        assert slack_rig.screen("soumu")[0]["text"] == "b"
        slack.chat_update(channel=SOUMU, ts=ts, text="c")
        [seen] = slack_rig.screen("soumu")
        assert seen["text"] == "c"
        assert seen["edited"]

    def test_pages_are_turned_by_cursor(self, slack_rig: SlackRig, slack: WebClient) -> None:
        for number in range(5):
            slack_rig.say("soumu", "sato", str(number))
        pages = [
            [each["text"] for each in page["messages"]]
            for page in slack.conversations_history(channel=SOUMU, limit=2)
        ]
        assert pages == [
            ["4", "3"],
            ["2", "1"],
            ["0"],
        ]
        with refusal("invalid_cursor"):
            slack.conversations_members(channel=SOUMU, cursor="nonsense")


class TestStreams:
    def start(self, slack: WebClient, ts: str, **how: Any) -> str:
        who = {"recipient_user_id": SATO, "recipient_team_id": TEAM, **how}
        return str(slack.chat_startStream(channel=SOUMU, thread_ts=ts, **who)["ts"])

    def test_a_stream_grows_and_stops_once(self, slack_rig: SlackRig, slack: WebClient) -> None:
        asked = slack_rig.mention("soumu", "sato", "?")
        ts = self.start(slack, asked, markdown_text="3営業日前")
        assert slack_rig.answers(asked)[0]["streaming"]
        with refusal("streaming_state_conflict"):
            slack.chat_update(channel=SOUMU, ts=ts, text="a")
        slack.chat_appendStream(channel=SOUMU, ts=ts, markdown_text="までに")
        mark = {"event_type": "kurage_turn", "event_payload": {}}
        slack.chat_stopStream(channel=SOUMU, ts=ts, blocks=[section("出典")], metadata=mark)
        [answer] = slack_rig.wait_for_reply(asked)
        assert answer["text"] == "3営業日前までに\n出典"
        with refusal("message_not_in_streaming_state"):
            slack.chat_appendStream(channel=SOUMU, ts=ts, markdown_text="a")

    def test_after_five_minutes_slack_ends_a_stream_and_only_an_update_helps(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        ts = self.start(slack, slack_rig.mention("soumu", "sato", "?"), markdown_text="途中")
        slack_rig.configure(speed=1_000_000.0)
        for call in (slack.chat_appendStream, slack.chat_stopStream):
            with refusal("message_not_in_streaming_state"):
                call(channel=SOUMU, ts=ts, markdown_text="a")
        slack.chat_update(channel=SOUMU, ts=ts, text="全文")
        assert slack_rig.screen("soumu")[-1]["text"] == "全文"

    def test_a_channel_wants_to_know_for_whom(self, slack_rig: SlackRig, slack: WebClient) -> None:
        asked = slack_rig.mention("soumu", "sato", "?")
        for name in ("recipient_user_id", "recipient_team_id"):
            with refusal(f"missing_{name}"):
                self.start(slack, asked, **{name: None})
        direct = slack_rig.direct("sato", "?")
        slack.chat_startStream(channel=slack_rig.direct_channel("sato"), thread_ts=direct)

    def test_tasks_change_in_place(self, slack_rig: SlackRig, slack: WebClient) -> None:
        asked = slack_rig.mention("soumu", "sato", "?")
        ts = self.start(slack, asked)
        for status in ("in_progress", "complete"):
            task = {"type": "task_update", "id": "1", "title": "検索", "status": status}
            slack.chat_appendStream(channel=SOUMU, ts=ts, chunks=[task])
        slack.chat_stopStream(channel=SOUMU, ts=ts, markdown_text="答え")
        assert slack_rig.answers(asked)[0]["text"] == "検索\n答え"

    def test_a_piece_has_a_limit(self, slack_rig: SlackRig, slack: WebClient) -> None:
        ts = self.start(slack, slack_rig.mention("soumu", "sato", "?"))
        with refusal("msg_too_long"):
            slack.chat_appendStream(channel=SOUMU, ts=ts, markdown_text="a" * 12_001)


class TestAgent:
    def test_a_status_shows_until_the_answer(self, slack_rig: SlackRig, slack: WebClient) -> None:
        ts = slack_rig.mention("soumu", "sato", "?")
        slack.assistant_threads_setStatus(channel_id=SOUMU, thread_ts=ts, status="探しています…")
        assert slack_rig.status(channel="soumu", thread=ts) == "探しています…"
        slack.chat_postMessage(channel=SOUMU, text="a", thread_ts=ts)
        assert slack_rig.status(channel="soumu", thread=ts) == ""
        timing = slack_rig.timing(ts)
        assert 0 < timing["first_sign"] < timing["complete"]

    def test_a_status_goes_after_two_minutes(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.configure(speed=100_000.0)
        ts = slack_rig.mention("soumu", "sato", "?")
        slack.assistant_threads_setStatus(channel_id=SOUMU, thread_ts=ts, status="a")
        time.sleep(0.01)
        assert slack_rig.status(channel="soumu", thread=ts) == ""

    def test_prompts_need_an_agent(self, slack_rig: SlackRig, slack: WebClient) -> None:
        prompts = [{"title": "有給", "message": "有給の申請は？"}]
        direct = slack_rig.direct_channel("sato")
        slack.assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts)
        assert (slack_rig.prompts("sato") or {})["prompts"] == prompts
        slack_rig.set_app(agent=False)
        with refusal("not_agent_app"):
            slack.assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts)


class TestPeople:
    def test_everybody_is_who_they_are(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.change_user("suzuki", deactivated=True)

        def user(name: str) -> Json:
            found = slack.users_info(user=slack_rig.ids()[name], include_locale=True)
            return dict(found["user"])

        assert user("sato")["locale"] == "ja-JP"
        assert user("smith")["locale"] == "en-US"
        assert user("suzuki")["deleted"]
        assert user("tanaka")["is_restricted"]
        assert not user("tanaka")["is_ultra_restricted"]
        assert user("yamada")["is_ultra_restricted"]
        assert user("weather")["is_bot"]
        assert user("partner")["team_id"] == "T0PARTNER1"
        assert user("partner")["is_stranger"]
        assert "email" not in user("partner")["profile"]
        with refusal("users_not_found"):
            slack.users_lookupByEmail(email="suzuki@example.co.jp")

    def test_channels_are_what_they_are(self, slack_rig: SlackRig, slack: WebClient) -> None:
        def channel(name: str) -> Json:
            return dict(slack.conversations_info(channel=slack_rig.ids()[name])["channel"])

        assert channel("partners")["is_ext_shared"]
        assert channel("hr")["is_private"]
        assert channel("old")["is_archived"]
        assert not channel("random")["is_member"]
        with refusal("channel_not_found"):
            channel("secret")

    def test_groups_have_members(self, slack: WebClient) -> None:
        [group] = slack.usergroups_list(include_users=True)["usergroups"]
        assert group["handle"] == "soumu-helpdesk"
        assert len(group["users"]) == 2
