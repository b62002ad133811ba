"""What a person reads of a message, whom it pings, which of its links are forged."""

from __future__ import annotations

from typing import Any

import pytest
from rigs.slack_bot import SATO, SOUMU, Json, button, section
from rigs.slack_rig import SlackRig
from slack_sdk import WebClient

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument:UserWarning")


class TestReading:
    def seen(self, slack_rig: SlackRig, slack: WebClient, **message: Any) -> Json:
        message.setdefault("text", "")
        slack.chat_postMessage(channel=SOUMU, **message)
        return dict(slack_rig.screen("soumu")[-1])

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
        self, slack_rig: SlackRig, slack: WebClient, typed: str, read: str
    ) -> None:
        assert self.seen(slack_rig, slack, text=typed)["text"] == read

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
        self, slack_rig: SlackRig, slack: WebClient, message: Json, kinds: int
    ) -> None:
        if "markdown_text" in message:
            slack.chat_postMessage(channel=SOUMU, **message)
        else:
            self.seen(slack_rig, slack, **message)
        assert len(slack_rig.pinged()) == kinds

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
        self, slack_rig: SlackRig, slack: WebClient, message: Json, forged: bool
    ) -> None:
        slack.chat_postMessage(channel=SOUMU, **message)
        assert bool(slack_rig.forged()) is forged

    def test_blocks_read_in_order_with_their_buttons(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
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
        seen = self.seen(slack_rig, slack, text="答え", blocks=blocks)
        assert seen["text"] == "出典\n1. 就業規則\n2. 勤怠\n───\n人事部"
        assert [each["label"] for each in seen["buttons"]] == ["詳しく", "👍", "👎"]
