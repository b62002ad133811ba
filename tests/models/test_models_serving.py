"""End to end: people ask on Slack and Discord, `kurage serve` retrieves, vLLM writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from asking import environ, fact, kurage
from kurage_cases import unanswered
from rigs.discord_rig import DiscordRig
from rigs.first_words import FirstWords
from rigs.serving import Serving
from rigs.slack_rig import SlackRig
from rigs.vllm_server import VllmServer

TELEPHONE = "夜間の障害はどこに電話しますか？"
SHORT = fact("夜間の障害").sayings["ja"].short
LONG = "メールでは知らせません。"
"""What only the longer answer says."""
CHANNEL = "C0SOUMU001"
PATIENCE = 60.0


def _until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (result := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return result


def test_a_mention_on_slack_is_answered_by_vllm(
    kurage_worker: VllmServer, little_home: Path, slack_rig: SlackRig
) -> None:
    """Streamed, with its source; then 「詳しく」 makes a longer answer of the same source.

    Tokens are held up as a larger model does: what is there within 0.3 s is not streamed.
    """
    with ExitStack() as stack:
        slow = stack.enter_context(FirstWords(kurage_worker.origin, pause=0.08))
        told = {**environ(kurage_worker), "KURAGE_GENERATOR_URL": f"{slow.root}/v1"}
        bot = stack.enter_context(Serving(little_home, slack=slack_rig, environ=told))
        ts = slack_rig.mention("soumu", "sato", TELEPHONE)
        # The stream ends, then what it said takes its final form, with sources and buttons.
        place = "情報システムの手引き › 夜間の障害"
        answer = _until(lambda: [one for one in slack_rig.answers(ts) if place in str(one)])[0]
        shown = json.dumps(answer, ensure_ascii=False)
        assert SHORT in shown
        assert "接続できない" not in shown
        slack_rig.press(CHANNEL, answer["ts"], "詳しく", "sato")
        screen = _until(lambda: [e for e in slack_rig.screen("soumu") if LONG in e["text"]])
        assert "詳しい回答" in screen[0]["text"]
        assert "夜間の障害" in screen[0]["text"]
        streamed = slack_rig.counts()["calls"]
        assert bot.faults() == []
    assert streamed["chat.startStream"] >= 1
    assert slack_rig.doubled() == []
    assert slack_rig.violations() == []


def test_a_mention_on_discord_is_answered_by_vllm(
    kurage_worker: VllmServer, little_home: Path, discord_rig: DiscordRig
) -> None:
    channel = next(iter(discord_rig.company()["channels"]))
    with Serving(little_home, discord=discord_rig, environ=environ(kurage_worker)) as bot:
        asked = discord_rig.mention(channel, "sato", TELEPHONE)
        answer = discord_rig.wait_for_reply(asked, PATIENCE, containing="出典")
        assert SHORT in answer.text
        assert "夜間の障害" in answer.text
        discord_rig.press(answer, "詳しく", "sato")
        longer = discord_rig.wait_for_message(channel, PATIENCE, containing="詳しい回答")
        _until(lambda: LONG in discord_rig.message(longer).text)
        assert bot.faults() == []
    assert discord_rig.doubled() == []


def test_what_the_handbook_does_not_say_is_not_answered(
    kurage_worker: VllmServer, little_home: Path, slack_rig: SlackRig
) -> None:
    with Serving(little_home, slack=slack_rig, environ=environ(kurage_worker)):
        ts = slack_rig.mention("soumu", "sato", unanswered()[1])
        shown = json.dumps(slack_rig.wait_for_reply(ts, PATIENCE), ensure_ascii=False)
    assert "答えが見つかりませんでした" in shown


def test_a_worker_that_died_means_quotes_with_a_note(
    kurage_worker: VllmServer, little_home: Path, slack_rig: SlackRig
) -> None:
    """Nobody is left without an answer; when the worker is back, it writes again."""
    with Serving(little_home, slack=slack_rig, environ=environ(kurage_worker)) as bot:
        kurage_worker.kill()
        ts = slack_rig.mention("soumu", "sato", TELEPHONE)
        shown = json.dumps(slack_rig.wait_for_reply(ts, PATIENCE), ensure_ascii=False)
        assert "回答モデルに接続できないため" in shown
        assert "050-5555-0199" in shown
        kurage_worker.start()
        kurage_worker.ready()

        def written() -> bool:
            again = slack_rig.mention("soumu", "sato", TELEPHONE)
            text = json.dumps(slack_rig.wait_for_reply(again, PATIENCE), ensure_ascii=False)
            return SHORT in text and "回答モデルに接続できないため" not in text

        assert _until(written)
        assert bot.faults() == []


def test_the_command_asks_the_model_and_explains_what_it_was_asked(
    kurage_worker: VllmServer, little_home: Path
) -> None:
    """`kurage ask`, its modes, and `kurage explain` of the turn."""
    told = environ(kurage_worker)
    answer = json.loads(kurage(little_home, told, "ask", "--json", TELEPHONE))
    assert (answer["state"], SHORT in answer["answer"]) == ("answered", True)
    assert len(answer["sources"]) == 1
    single = json.loads(kurage(little_home, told, "ask", "--json", "--mode", "single", TELEPHONE))
    assert SHORT in single["answer"]
    longer = json.loads(kurage(little_home, told, "ask", "--json", "--long", TELEPHONE))
    assert LONG in longer["answer"]
    explained = kurage(little_home, told, "explain", answer["turn"])
    assert "<<Question>>" in explained
    assert "<<References>>" in explained
