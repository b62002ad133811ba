"""What goes wrong between the bot and Discord: one answer to each mention all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import discord_serving
import pytest
from discord_serving import LONG, SLOW, Outage, Serve, Serving, until
from rigs.discord_rig import MESSAGE_CONTENT, DiscordRig
from sqlalchemy import text

from bot.conversations import Conversations
from bot.conversations.values import Selection
from bot.migrations import open_database
from bot.settings import Discord

MESSAGES = "/channels/*/messages"
ROOT = Path(__file__).parents[4]


def ask(rig: DiscordRig, count: int, start: int = 0) -> list[Any]:
    places = ("general", "総務", "会議室")
    return [rig.mention(places[n % 3], "tanaka", f"{n}番は？") for n in range(start, start + count)]


def answered(rig: DiscordRig, asked: list[Any], timeout: float = 30.0) -> None:
    """See that each question comes to one answer."""
    for one in asked:
        rig.wait_for_reply(one, timeout, containing="答え")
    rig.quiet(0.2)
    assert [len(rig.answers(one)) for one in asked] == [1] * len(asked)
    assert rig.doubled() == []


class TestSockets:
    @pytest.mark.parametrize(
        "fault",
        [
            "reconnect",
            "drop",
            "reset",
            "invalid_resumable",
            "close 1000",
            "close 4000",
            "half_open",
        ],
    )
    def test_nothing_is_lost_or_doubled_around_a_lost_socket(
        self, discord_rig: DiscordRig, serving: Serving, fault: str
    ) -> None:
        what, _, code = fault.partition(" ")
        asked = ask(discord_rig, 6)
        place = discord_rig.mark()
        assert discord_rig.disturb(what, code=int(code or 4000)) == 1
        asked += ask(discord_rig, 6, 6)
        discord_rig.wait_for_entry("gateway", 20, after=place, what="resume")
        asked += ask(discord_rig, 6, 12)
        answered(discord_rig, asked)
        assert serving.bot.platform.healthy

    def test_a_socket_that_is_cut_again_and_again_is_taken_up_each_time(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = []
        for number in range(4):
            discord_rig.disturb("reset", after=2)
            asked += ask(discord_rig, 5, 5 * number)
            time.sleep(0.3)
        answered(discord_rig, asked)

    def test_what_a_lost_session_missed_is_read_in_the_history(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = [*ask(discord_rig, 6), discord_rig.direct("suzuki", "病欠は？")]
        answered(discord_rig, asked)
        place = discord_rig.mark()
        discord_rig.disturb("invalid")
        asked += [*ask(discord_rig, 6, 6), discord_rig.direct("suzuki", "忌引は？")]
        chatter = discord_rig.say("general", "tanaka", "寒いですね")
        discord_rig.wait_for_entry("gateway", 20, after=place, what="identify")
        asked += ask(discord_rig, 6, 12)
        answered(discord_rig, asked)
        assert discord_rig.answers(chatter) == []

    def test_refused_upgrades_are_no_end(self, discord_rig: DiscordRig, serving: Serving) -> None:
        answered(discord_rig, ask(discord_rig, 3))
        discord_rig.refuse_upgrades(6)
        discord_rig.disturb("drop")
        answered(discord_rig, ask(discord_rig, 6, 3), 30)

    def test_events_that_are_replayed_too_far_back_are_known(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = ask(discord_rig, 6)
        answered(discord_rig, asked)
        place = discord_rig.mark()
        discord_rig.rewind(20)
        discord_rig.disturb("reset")
        discord_rig.wait_for_entry("gateway", 10, after=place, what="resume")
        answered(discord_rig, asked + ask(discord_rig, 3, 6))

    def test_a_socket_that_answers_is_never_given_up(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        place = discord_rig.mark()
        until(lambda: _beats(discord_rig, place) >= 4)
        gone = [one for one in discord_rig.journal("gateway", after=place) if one["what"] == "gone"]
        assert gone == []


def _beats(rig: DiscordRig, place: int) -> int:
    entries = rig.journal("gateway", after=place)
    return sum(one["what"] == "heartbeat" for one in entries)


class TestRequests:
    @pytest.mark.parametrize(
        "how",
        [
            {"status": 429, "retry_after": 0.2},
            {"status": 429, "retry_after": 0.2, "via": False},
            {"status": 500},
            {"status": 502},
            {"status": 503},
            {"status": 504},
            {"status": 503, "cut": "after"},
            {"cut": "before"},
            {"cut": "before", "reset": True},
            {"cut": "after"},
            {"cut": "after", "reset": True},
            {"cut": "body"},
        ],
        ids=str,
    )
    def test_each_mention_is_answered_once_whatever_becomes_of_the_post(
        self, discord_rig: DiscordRig, serving: Serving, how: dict[str, Any]
    ) -> None:
        discord_rig.fail("POST", MESSAGES, **how, times=3)
        answered(discord_rig, ask(discord_rig, 6))
        turns = serving.settled(6)
        assert [turn.state for turn in turns] == ["answered"] * 6

    @pytest.mark.parametrize("cut", ["before", "after"])
    def test_an_outage_longer_than_all_patience_ends_in_one_answer(
        self, discord_rig: DiscordRig, serving: Serving, cut: str
    ) -> None:
        discord_rig.fail("POST", MESSAGES, cut=cut, times=7)
        answered(discord_rig, [discord_rig.mention("general", "tanaka", "有給は？")])

    def test_edits_that_fail_leave_the_whole_answer(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        discord_rig.fail("PATCH", f"{MESSAGES}/*", cut="after", times=2)
        discord_rig.fail("PATCH", f"{MESSAGES}/*", status=503, times=2)
        asked = discord_rig.mention("general", "tanaka", f"{SLOW}は？")
        answered(discord_rig, [asked])
        assert "書きかけ" not in discord_rig.answers(asked)[0].text

    def test_a_growing_answer_that_somebody_deletes_is_posted_anew(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", f"{SLOW}は？")
        growing = discord_rig.wait_for_reply(asked, 15, containing="書きかけ")
        discord_rig.delete(growing)
        answered(discord_rig, [asked])

    @pytest.mark.parametrize("cut", ["before", "after"])
    def test_an_interactions_answer_survives_lost_connections(
        self, discord_rig: DiscordRig, serving: Serving, cut: str
    ) -> None:
        discord_rig.fail("PATCH", "/webhooks/*", cut=cut, times=2)
        discord_rig.fail("POST", "/webhooks/*", cut=cut, times=1)
        started = discord_rig.slash("tanaka", "general", "ask", {"question": f"{LONG}は？"})
        discord_rig.wait_for_reply(started, containing="答え")
        serving.settled(1)
        texts = [one.text for one in discord_rig.answers(started)]
        assert len(texts) == len(set(texts))
        assert discord_rig.doubled() == []

    def test_limits_are_kept(self, discord_rig: DiscordRig, serving: Serving) -> None:
        discord_rig.limit(generous=False, everywhere=True)
        asked = discord_rig.burst([("general", "tanaka", f"{n}番は？") for n in range(12)])
        answered(discord_rig, asked)
        # discord.py learns of a limit by meeting it, and waits from then on.
        assert discord_rig.limit_hits()["most_invalid"] < len(asked)


class TestDatabase:
    def test_a_database_that_is_away_delays_answers_and_loses_none(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        outage = Outage(serving.engine)
        outage.begin()
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        line = discord_rig.wait_for_reply(asked, 15, containing="接続できません")
        outage.end()
        answered(discord_rig, [asked])
        assert discord_rig.answers(asked)[0].id == line.id

    def test_buttons_say_that_it_did_not_work(
        self, discord_rig: DiscordRig, serving: Serving
    ) -> None:
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        reply = discord_rig.wait_for_reply(asked, containing="答え")
        serving.settled(1)
        outage = Outage(serving.engine)
        outage.begin()
        pressed = discord_rig.press(reply, "詳しく", "tanaka")
        discord_rig.wait_for_reply(pressed, 15, containing="もう一度お試しください")
        outage.end()


class TestRestarts:
    def test_mentions_while_no_bot_runs_are_answered_by_the_next(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        first = serve()
        asked = [*ask(discord_rig, 3), discord_rig.direct("suzuki", "病欠は？")]
        answered(discord_rig, asked)
        first.__exit__(None, None, None)
        asked += [*ask(discord_rig, 3, 3), discord_rig.direct("suzuki", "忌引は？")]
        thread = discord_rig.create_thread("general", "tanaka", "休暇")
        discord_rig.say("general", "tanaka", "寒いですね")
        serve()
        answered(discord_rig, asked)
        # A channel that it had never heard of begins with the bot's next start.
        answered(discord_rig, [discord_rig.mention(thread, "tanaka", "産休は？")])

    def test_a_channel_that_was_silent_so_far_is_caught_up_too(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        serve().__exit__(None, None, None)
        asked = discord_rig.mention("general", "tanaka", "有給は？")
        serve()
        answered(discord_rig, [asked])

    def test_unaddressed_messages_are_not_answered_afterwards_either(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        discord_rig.grant(MESSAGE_CONTENT)
        config = Discord(message_content=True)
        serve(config=config).__exit__(None, None, None)
        silent = discord_rig.say("general", "tanaka", "有給はいつまでですか？")
        asked = discord_rig.mention("general", "tanaka", "経費は？")
        serve(config=config)
        answered(discord_rig, [asked])
        assert discord_rig.answers(silent) == []

    def test_two_processes_answer_each_question_once(
        self, discord_rig: DiscordRig, serve: Serve
    ) -> None:
        serve()
        serve(sockets=2)
        answered(discord_rig, ask(discord_rig, 9))
        started = discord_rig.slash("tanaka", "general", "ask", {"question": "有給は？"})
        discord_rig.wait_for_reply(started, containing="答え")
        discord_rig.quiet(0.2)
        assert len(discord_rig.answers(started)) == 1

    def test_whatever_kills_the_bot_each_question_has_one_answer(
        self, discord_rig: DiscordRig, sqlite_url: str
    ) -> None:
        """SIGKILL at three moments amid fifteen questions, long ones and commands among them."""
        with Serving(discord_rig.url, discord_rig.token, sqlite_url):
            discord_rig.wait_for_sockets()
        asked: list[Any] = []
        started: list[Any] = []
        for number in range(3):
            with _Process(discord_rig, sqlite_url):
                discord_rig.wait_for_sockets(1, 30)
                asked += ask(discord_rig, 4, 4 * number)
                asked.append(discord_rig.mention("general", "tanaka", f"{LONG}{number}は？"))
                question = {"question": f"有給{number}は？"}
                started.append(discord_rig.slash("tanaka", "総務", "ask", question))
                time.sleep(0.1 * number)
        with _Process(discord_rig, sqlite_url):
            engine = open_database(sqlite_url)
            log = Conversations(engine)
            for one in asked:
                discord_rig.wait_for_reply(one, 30, containing="答え")
            until(lambda: all(turn.finished for turn in log.turns(Selection())))
            discord_rig.quiet(0.5)
            engine.dispose()
        assert discord_rig.doubled() == []
        singles = [one for one in asked if LONG not in one.content]
        assert [len(discord_rig.answers(one)) for one in singles] == [1] * len(singles)
        for one in asked:
            whole = "".join(answer.text for answer in discord_rig.answers(one))
            assert whole.count("答え:") == 1
            if LONG in one.content:
                assert [whole.count(f"第{n:03}文") for n in range(160)] == [1] * 160


def forget(serving: Serving, which: str) -> None:
    """Leave turns in the log as a process leaves them that died between posting and noting."""
    some = f"(SELECT id FROM turns WHERE {which})"
    with serving.engine.begin() as connection:
        for table in ("messages", "passages"):
            connection.execute(text(f"DELETE FROM {table} WHERE turn_id IN {some}"))
        opened = "UPDATE turns SET state = 'answering', finished = NULL WHERE id IN "
        connection.execute(text(opened + some))


class TestForgotten:
    """Messages that reached Discord when nobody could note it are adopted, not said again.

    The rig's clock runs on, so that no nonce is known any more.
    """

    def _again(
        self, rig: DiscordRig, serve: Serve, serving: Serving, which: str = "true", **options: Any
    ) -> None:
        before = _seen(rig)
        count = len(serving.turns())
        serving.__exit__(None, None, None)
        forget(serving, which)
        rig.hurry(1_000)
        time.sleep(0.5)
        rig.hurry(1)
        again = serve(**options)
        again.settled(count)
        rig.quiet(0.3)
        assert _seen(rig) == before
        assert rig.doubled() == []

    @pytest.mark.parametrize("words", ["有給は？", f"{LONG}は？", "使い方"])
    def test_replies(self, discord_rig: DiscordRig, serve: Serve, words: str) -> None:
        serving = serve()
        discord_rig.mention("general", "tanaka", words)
        discord_rig.direct("tanaka", words)
        discord_rig.mention("general", "suzuki", "忌引は？")
        serving.settled(3)
        self._again(discord_rig, serve, serving)

    def test_private_answers(self, discord_rig: DiscordRig, serve: Serve) -> None:
        config = Discord(private=True)
        serving = serve(config=config)
        discord_rig.mention("general", "tanaka", "有給は？")
        serving.settled(1)
        self._again(discord_rig, serve, serving, config=config)

    def test_what_commands_answer(self, discord_rig: DiscordRig, serve: Serve) -> None:
        serving = serve()
        discord_rig.slash("tanaka", "general", "ask", {"question": f"{LONG}は？"})
        serving.settled(1)
        self._again(discord_rig, serve, serving)

    def test_what_buttons_asked_for(self, discord_rig: DiscordRig, serve: Serve) -> None:
        config = Discord(handover=(f"user:{discord_rig.company()['users']['smith']}",))
        serving = serve(config=config)
        reply = discord_rig.wait_for_reply(discord_rig.mention("general", "tanaka", "有給は？"))
        serving.settled(1)
        for count, label in enumerate(("詳しく", "担当者に聞く"), start=2):
            discord_rig.press(reply, label, "tanaka")
            serving.settled(count)
        options = {"question": "忌引は？", "private": True}
        private = discord_rig.slash("tanaka", "general", "ask", options)
        answer = discord_rig.wait_for_reply(private, containing="答え")
        discord_rig.press(answer, "共有する", "tanaka")
        serving.settled(5)
        self._again(discord_rig, serve, serving, "about IS NOT NULL", config=config)


def _seen(rig: DiscordRig) -> list[tuple[str, str]]:
    """Return what the bot has said to everyone, and to Tanaka."""
    said = [*rig.view("general", "tanaka"), *rig.view(None, "tanaka")]
    bot = rig.company()["bot"]
    return [(one.id, one.text) for one in said if one.author == bot and one.seen_by is None]


class _Process:
    """The bot in a process of its own, killed at the end."""

    def __init__(self, rig: DiscordRig, database: str) -> None:
        script = [sys.executable, discord_serving.__file__, rig.url, rig.token, database]
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        environ = {**os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(script, env=environ, stdout=subprocess.DEVNULL)

    def __enter__(self) -> None:
        """Run."""

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
