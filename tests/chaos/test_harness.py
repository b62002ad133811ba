"""The chaos tests can fail: what bare bots lose and double, the judge sees."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest
from chaos.judge import judge, learn, open_turns
from chaos.people import DiscordPeople, SlackPeople, wait
from rigs.database_proxy import DatabaseProxy
from rigs.serving import DiscordEcho, SlackEcho
from sqlalchemy import create_engine, text


class TestJudge:
    def test_slack_bolt_alone_loses_what_it_had_acknowledged_when_it_was_killed(
        self, slack: SlackPeople, tmp_path: Path
    ) -> None:
        with SlackEcho(slack.rig, tmp_path, delay=0.5) as bot:
            known = learn(slack, ["一", "二"])
            asked = slack.ask(["一", "二"])
            slack.rig.wait_for("ack", since=time.monotonic() - 0.4)
            bot.kill()
            bot.start()
            bot.connected()
            # The other one may not have been acknowledged yet, and comes again.
            silent = wait(slack, asked, timeout=1.5)
            assert silent
            assert judge(slack, asked, known).lost == silent

    def test_discord_py_alone_loses_what_came_while_it_was_away(
        self, discord: DiscordPeople, tmp_path: Path
    ) -> None:
        with DiscordEcho(discord.rig, tmp_path) as bot:
            known = learn(discord, ["一", "二"])
            bot.kill()
            asked = discord.ask(["一", "二"])
            bot.start()
            bot.connected()
            assert wait(discord, asked, timeout=1.0) == asked
            verdict = judge(discord, asked, known)
            assert not verdict
            assert verdict.lost == asked

    def test_each_copy_of_an_event_is_answered_by_a_bare_bot(
        self, slack: SlackPeople, discord: DiscordPeople, tmp_path: Path
    ) -> None:
        with SlackEcho(slack.rig, tmp_path), DiscordEcho(discord.rig, tmp_path):
            for people in (slack, discord):
                known = learn(people, ["一"])
                assert judge(people, people.ask([]), known)
                people.hear_twice()
                asked = people.ask(["一", "一"])
                wait(people, asked)
                assert [one for one, _ in judge(people, asked, known).doubled] == asked

    def test_an_answer_to_another_question_is_wrong(
        self, discord: DiscordPeople, tmp_path: Path
    ) -> None:
        with DiscordEcho(discord.rig, tmp_path):
            learn(discord, ["一"])
            asked = discord.ask(["一"])
            wait(discord, asked)
            verdict = judge(discord, asked, {"一": ["二"]})
            assert [one for one, _ in verdict.wrong] == asked

    def test_an_open_turn_is_told(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'log.db'}"
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE turns (id, platform, message, state)"))
            for name, state in (("A", "answered"), ("B", "answering"), ("C", "received")):
                row = {"name": name, "state": state}
                connection.execute(text("INSERT INTO turns VALUES (:name, 's', '1', :state)"), row)
        engine.dispose()
        assert [turn[2] for turn in open_turns(url)] == ["B", "C"]


class TestDatabaseProxy:
    def test_a_line_carries_is_cut_and_is_mended(self, schema: str) -> None:
        with DatabaseProxy(schema) as line:
            with psycopg.connect(line.url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
                line.cut()
                with pytest.raises(psycopg.OperationalError):
                    connection.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(line.url)
            line.mend()
            with psycopg.connect(line.url) as connection:
                assert connection.execute("SELECT 2").fetchone() == (2,)

    def test_a_frozen_line_answers_once_it_thaws(self, schema: str) -> None:
        with DatabaseProxy(schema) as line, psycopg.connect(line.url) as connection:
            line.freeze()
            with pytest.raises(psycopg.errors.ConnectionTimeout):
                psycopg.connect(line.url, connect_timeout=2)
            line.mend()
            assert connection.execute("SELECT 3").fetchone() == (3,)
