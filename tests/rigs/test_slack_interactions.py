"""Commands, buttons, modals, shortcuts and the home tab, answered by the real slack-bolt."""

from __future__ import annotations

from typing import Any

import pytest
from rigs.slack_bot import SATO, SOUMU, Bot, Json, button, refusal, section
from rigs.slack_rig import SlackRig
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient


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
    def test_a_command_is_answered_privately_by_its_url(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig, interactive):
            assert slack_rig.slash("sato", "soumu", "/kurage", "有給は？")["acked"]
            slack_rig.wait_for("posted", shown_to=SATO)
            assert slack_rig.slash("suzuki", "soumu", "/kurage", "ack")["ack"]["text"] == "すぐに"
        [seen] = slack_rig.screen("soumu", "sato")
        assert seen["ephemeral"]
        assert [each["label"] for each in seen["buttons"]] == ["共有する"]
        assert [each["text"] for each in slack_rig.screen("soumu", "suzuki")] == ["すぐに"]

    def test_a_button_replaces_and_opens_a_modal_that_can_be_sent_back(
        self, slack_rig: SlackRig
    ) -> None:
        with Bot(slack_rig, interactive):
            slack_rig.slash("sato", "soumu", "/kurage", "有給は？")
            ts = slack_rig.wait_for("posted", shown_to=SATO)["ts"]
            with pytest.raises(LookupError):
                slack_rig.press("soumu", ts, "共有する", "suzuki")
            assert slack_rig.press("soumu", ts, "共有する", "sato")["acked"]
            view = slack_rig.wait_for("view")["view"]
            assert slack_rig.screen("soumu", "sato")[0]["text"] == "共有しました"
            assert (slack_rig.modal("sato") or {})["title"] == "理由"
            with pytest.raises(ValueError, match="text must be filled in"):
                slack_rig.submit(view, {})
            back = slack_rig.submit(view, {"text": "短い"})
            assert back["errors"] == {"reason": "もう少し詳しく"}
            assert slack_rig.submit(view, {"text": "詳しい理由"})["acked"]
        assert slack_rig.modal(user="sato") is None

    def test_a_shortcut_carries_its_message(self, slack_rig: SlackRig) -> None:
        with Bot(slack_rig, interactive):
            ts = slack_rig.say("soumu", "suzuki", "有給は？")
            slack_rig.message_shortcut(channel="soumu", ts=ts, callback="ask", user="sato")
            slack_rig.wait_for("posted", shown_to=SATO, text="これ: 有給は？")

    def test_a_command_that_nobody_acknowledges_fails_before_the_persons_eyes(
        self, slack_rig: SlackRig
    ) -> None:
        slack_rig.configure(speed=100.0)
        assert not slack_rig.slash("sato", "soumu", "/kurage", "?")["acked"]
        assert "operation_timeout" in slack_rig.screen("soumu", "sato")[0]["text"]

    def test_a_trigger_works_once_and_not_for_long(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        title = {"type": "plain_text", "text": "a"}
        view = {"type": "modal", "title": title, "blocks": [section("a")]}
        slack_rig.configure(ack_deadline=0.01)
        trigger = slack_rig.slash("sato", "soumu", "/kurage", "?")["trigger_id"]
        slack.views_open(trigger_id=trigger, view=view)
        with refusal("exchanged_trigger_id"):
            slack.views_open(trigger_id=trigger, view=view)
        late = slack_rig.slash("sato", "soumu", "/kurage", "?")["trigger_id"]
        slack_rig.configure(speed=100_000.0)
        with refusal("expired_trigger_id"):
            slack.views_open(trigger_id=late, view=view)
        with refusal("invalid_trigger_id"):
            slack.views_open(trigger_id="1.x", view=view)
        with refusal("invalid_arguments"):
            slack.views_open(trigger_id="1.x", view={**view, "title": None})

    def test_a_response_url_answers_five_times(self, slack_rig: SlackRig) -> None:
        slack_rig.configure(ack_deadline=0.01)
        url = slack_rig.slash("sato", "soumu", "/kurage", "?")["response_url"]
        hook = WebhookClient(url)
        statuses = [hook.send(text=str(number)).status_code for number in range(6)]
        assert statuses == [200] * 5 + [404]
        texts = [each["text"] for each in slack_rig.screen("soumu", "sato")]
        assert texts[1:] == ["0", "1", "2", "3", "4"]
        public = WebhookClient(slack_rig.slash("sato", "soumu", "/kurage", "?")["response_url"])
        public.send(text="みんなへ", response_type="in_channel")
        assert slack_rig.screen("soumu")[0]["text"] == "みんなへ"

    def test_modals_are_stacked_three_high(self, slack_rig: SlackRig, slack: WebClient) -> None:
        slack_rig.configure(ack_deadline=0.01)
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "a"},
            "notify_on_close": True,
            "blocks": [{"type": "actions", "elements": [button("次", "next")]}],
        }
        trigger = slack_rig.slash("sato", "soumu", "/kurage", "?")["trigger_id"]
        top = slack.views_open(trigger_id=trigger, view=view)["view"]
        for _ in range(2):
            pressed = slack_rig.press_view(top["id"], "次", "sato")
            pushed = slack.views_push(trigger_id=pressed["trigger_id"], view=view)["view"]
            assert pushed["previous_view_id"] == top["id"]
            top = pushed
        pressed = slack_rig.press_view(top["id"], "次", "sato")
        with refusal("push_limit_reached"):
            slack.views_push(trigger_id=pressed["trigger_id"], view=view)
        changed = {**view, "blocks": [section("済み")]}
        slack.views_update(view_id=top["id"], hash=top["hash"], view=changed)
        modal = slack_rig.modal("sato")
        assert modal is not None
        assert modal["text"] == "済み"
        closed = slack_rig.close_view(top["id"])
        assert closed is not None
        modal = slack_rig.modal("sato")
        assert modal is not None
        assert modal["id"] == pushed["previous_view_id"]

    def test_feedback_and_menus_carry_what_was_chosen(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        chosen: list[Json] = []

        def register(app: AsyncApp) -> None:
            @app.action("rate")
            @app.action("menu")
            async def acted(ack: Any, action: Json) -> None:
                await ack()
                chosen.append(action)

        def plain(text: str) -> Json:
            return {"type": "plain_text", "text": text}

        feedback = {
            "type": "feedback_buttons",
            "action_id": "rate",
            "positive_button": {"text": plain("👍"), "value": "up"},
            "negative_button": {"text": plain("👎"), "value": "down"},
        }
        options = [
            {"text": plain("共有"), "value": "share"},
            {"text": plain("消す"), "value": "del"},
        ]
        menu = {"type": "overflow", "action_id": "menu", "options": options}
        blocks = [
            {"type": "context_actions", "elements": [feedback]},
            {**section("a"), "accessory": menu},
        ]
        ts = slack.chat_postMessage(channel=SOUMU, text="a", blocks=blocks)["ts"]
        with Bot(slack_rig, register):
            assert slack_rig.press("soumu", ts, "👎", "sato")["acked"]
            assert slack_rig.press("soumu", ts, "menu", "sato", "del")["acked"]
        assert chosen[0]["value"] == "down"
        assert chosen[1]["selected_option"]["value"] == "del"

    def test_the_home_tab_shows_what_was_published(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        view = {"type": "home", "blocks": [section("*使い方*")]}
        published = slack.views_publish(user_id=SATO, view=view)["view"]
        assert (slack_rig.home("sato") or {})["text"] == "使い方"
        slack.views_publish(user_id=SATO, view=view, hash=published["hash"])
        with refusal("hash_conflict"):
            slack.views_publish(user_id=SATO, view=view, hash=published["hash"])
