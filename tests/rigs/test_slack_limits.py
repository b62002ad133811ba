"""Rate limits, and every answer held against Slack's own description of its Web API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rigs.slack_bot import SATO, SOUMU, refusal, section
from rigs.slack_rig import SlackRig, specification
from slack_sdk import WebClient


class TestLimits:
    def test_a_channel_takes_five_posts_at_once_and_then_one_a_second(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        slack_rig.configure(limits={"enabled": True})
        for _ in range(5):
            slack.chat_postMessage(channel=SOUMU, text="a")
        with refusal("ratelimited") as caught:
            slack.chat_postMessage(channel=SOUMU, text="a")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "1"
        slack.chat_postMessage(channel="C0GENERAL1", text="a")
        assert slack_rig.counts()["limited"] == {"chat.postMessage": 1}

    def test_a_tier_is_so_many_calls_a_minute(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.configure(limits={"enabled": True})
        for _ in range(20):
            slack.users_list()
        with refusal("ratelimited") as caught:
            slack.users_list()
        assert 50 <= int(caught.value.response.headers["Retry-After"]) <= 60
        slack_rig.configure(limits={"speed": 1_000_000.0})
        slack.users_list()

    def test_a_limit_can_be_set_for_one_method(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.configure(limits={"enabled": True, "overrides": {"users.info": 1}})
        slack.users_info(user=SATO)
        with refusal("ratelimited"):
            slack.users_info(user=SATO)


class TestDescription:
    def test_every_answer_is_as_slack_describes_it(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        if specification() is None:
            pytest.skip("Slack's description of its Web API is not at hand")
        ts = slack_rig.mention("soumu", "sato", "見て", files=[{"name": "図.png"}])
        mark = {"event_type": "a", "event_payload": {}}
        ours = slack.chat_postMessage(channel=SOUMU, text="a", thread_ts=ts, metadata=mark)["ts"]
        slack.chat_update(channel=SOUMU, ts=ours, text="b", blocks=[section("b")])
        slack.reactions_add(channel=SOUMU, timestamp=ts, name="eyes")
        slack.chat_postEphemeral(channel=SOUMU, user=SATO, text="a")
        slack.chat_getPermalink(channel=SOUMU, message_ts=ours)
        found = slack.conversations_replies(channel=SOUMU, ts=ts, include_all_metadata=True)
        slack.files_info(file=found["messages"][0]["files"][0]["id"])
        lonely = slack_rig.say("soumu", "sato", "だれか？")
        slack.conversations_replies(channel=SOUMU, ts=lonely)
        slack.conversations_history(channel=SOUMU)
        for channel in (SOUMU, "C0HR000001", "C0PARTNER1", slack_rig.direct_channel("sato")):
            slack.conversations_info(channel=channel, include_num_members=True)
        slack.conversations_members(channel=SOUMU)
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
        slack.reactions_remove(channel=SOUMU, timestamp=ts, name="eyes")
        slack.chat_delete(channel=SOUMU, ts=ours)
        slack.auth_test()
        assert slack_rig.violations() == []

    def test_what_came_after_the_description_is_named(self, slack_rig: SlackRig) -> None:
        if specification() is None:
            pytest.skip("Slack's description of its Web API is not at hand")
        assert {name for name, validated in slack_rig.methods().items() if not validated} == {
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
        answer = {"ok": True, "channel": SOUMU, "ts": "1700000000.000001", "message": {}}
        [missing] = contract.check("chat.postMessage", {"channel": SOUMU}, answer)[:1]
        assert "required" in missing
        assert contract.check("chat.delete", {"chanel": SOUMU}, {**answer, "message": 1})

    def test_unknown_methods_and_arguments_are_on_record(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        with refusal("unknown_method"):
            slack.api_call("chat.shout")
        slack.api_call("auth.test", json={"colour": "red"})
        assert [each.partition(": ")[0] for each in slack_rig.violations()][:2] == [
            "chat.shout",
            "auth.test",
        ]


def _contract(described: Path) -> Any:
    from rigs.slack.contract import Contract  # noqa: PLC0415 (needs the validator only here)

    return Contract(described)
