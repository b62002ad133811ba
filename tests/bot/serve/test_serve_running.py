"""`kurage serve` on both platforms: it answers, ends in order, and tells how it is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rigs.discord_rig import DiscordRig
from rigs.serving import Serving
from rigs.slack_rig import SlackRig
from serve_helpers import (
    LEAVE,
    PATIENCE,
    answer_on_discord,
    answer_on_slack,
    configuration,
    events,
    failing,
    figures,
    health,
    said,
    until,
    well,
    with_slack,
)

SLOW = (20, 0.1)
"""A generator that takes two seconds over an answer."""
ENDLESS = (100, 0.2)
"""One that takes twenty: longer than an end may take."""


def test_one_process_answers_on_both_platforms_and_follows_its_syncs(
    home: Path, port: int, slack: SlackRig, discord: DiscordRig
) -> None:
    """While a sync runs every second, and with what it brings; the log names no word of it."""
    folder = home / "docs"
    folder.mkdir()
    config = configuration(
        port, before='[sources.cafeteria]\nkind = "folder"\npath = "docs"\nevery = "1s"\n'
    )
    with Serving(home, slack=slack, discord=discord, config=config) as bot:
        assert "3営業日前" in answer_on_slack(slack, LEAVE)
        assert "3営業日前" in answer_on_discord(discord, LEAVE)
        menu = "# 社員食堂\n\n社員食堂の金曜日の定食はカレーライスです。\n"
        (folder / "menu.md").write_text(menu, "utf-8")
        question = "社員食堂の金曜日の定食は何ですか？"
        until(lambda: said(bot, "job_done") and "カレーライス" in answer_on_slack(slack, question))
        assert "カレーライス" in answer_on_discord(discord, question)
        code, report = until(lambda: well(port))
        assert (code, report["status"], report["index"]) == (200, "ok", "ok")
        assert report["platforms"] == {"slack": True, "discord": True}
        assert report["database"] is True
        synced = 'kurage_jobs_total{job="cafeteria",outcome="succeeded"}'
        answered = 'kurage_finished_total{platform="discord",state="answered"}'
        # Counted a moment after everybody can see it.
        told = until(lambda: _counted(port, {synced: 1, answered: 2}))
        assert told['kurage_up{part="slack"}'] == told['kurage_up{part="index"}'] == 1
        assert told["process_resident_memory_bytes"] > 0
        code, _ = bot.stop()
    assert code == 0
    log = bot.log.read_text("utf-8")
    assert said(bot, "received", platform="slack", task="answer")
    assert said(bot, "job_done", job="cafeteria")
    assert not re.search("有給|カレー|佐藤|営業日", log)
    assert not [one for one in (slack.bot_token, slack.app_token, discord.token) if one in log]
    assert slack.doubled() == []
    assert discord.doubled() == []


def _counted(port: int, least: dict[str, float]) -> dict[str, float] | None:
    """Return all figures once these have come so far."""
    told = figures(port)
    return told if all(told.get(name, 0) >= count for name, count in least.items()) else None


def test_what_is_open_is_finished_before_the_end(
    home: Path, slack: SlackRig, discord: DiscordRig
) -> None:
    """SIGTERM amid two answers: both are given whole, then the process ends with 0."""
    config = configuration()
    with Serving(home, slack=slack, discord=discord, slow=SLOW, config=config) as bot:
        until(lambda: said(bot, "connected", platform="discord"))
        ts = slack.mention("soumu", "sato", LEAVE)
        channel = next(iter(discord.company()["channels"]))
        message = discord.mention(channel, "sato", LEAVE)
        until(lambda: said(bot, "received", platform="slack"))
        until(lambda: said(bot, "received", platform="discord"))
        code, _ = bot.stop()
    assert code == 0
    assert "3営業日前" in json.dumps(slack.wait_for_reply(ts), ensure_ascii=False)
    assert "3営業日前" in discord.wait_for_reply(message).text
    assert sum(line["event"] == "finished" for line in events(bot)) == 2


def test_what_can_not_be_finished_is_handed_back_and_answered_by_the_next(
    home: Path, slack: SlackRig
) -> None:
    """Nothing is lost and nothing said twice; the end comes before a supervisor kills."""
    with Serving(home, slack=slack, slow=ENDLESS, config=configuration()) as bot:
        ts = slack.mention("soumu", "sato", LEAVE)
        until(lambda: said(bot, "received"))
        code, seconds = bot.stop()
        assert code == 0
        assert seconds < ENDLESS[0] * ENDLESS[1]
        assert said(bot, "handed_back")
    with Serving(home, slack=slack, config=configuration()) as bot:
        until(lambda: said(bot, "finished", state="answered"))
    assert "3営業日前" in json.dumps(slack.wait_for_reply(ts), ensure_ascii=False)
    assert slack.doubled() == []
    assert len(slack.answers(ts)) == 1


def test_a_second_signal_ends_it_at_once(home: Path, slack: SlackRig) -> None:
    """Whoever presses Ctrl-C twice does not want to wait; the turn stays open for the next."""
    with Serving(home, slack=slack, slow=ENDLESS, config=configuration()) as bot:
        slack.mention("soumu", "sato", LEAVE)
        until(lambda: said(bot, "received"))
        os.kill(bot.pid, signal.SIGINT)
        until(lambda: said(bot, "stopping"))
        code, _ = bot.stop()
    assert code == 128 + signal.SIGTERM
    assert said(bot, "handed_back") is None


def test_health_tells_the_truth_about_revoked_tokens(
    home: Path, port: int, slack: SlackRig, discord: DiscordRig
) -> None:
    """The process stays, even for nobody; who watches it learns which platform is out."""
    with Serving(home, slack=slack, discord=discord, config=configuration(port)) as bot:
        until(lambda: well(port))
        slack.revoke()
        slack.mention("soumu", "sato", LEAVE)
        code, report = until(lambda: failing(port))
        assert code == 503
        assert report["status"] == "failing"
        assert report["platforms"] == {"slack": False, "discord": True}
        assert figures(port)['kurage_up{part="slack"}'] == 0
        assert "3営業日前" in answer_on_discord(discord, LEAVE)
        discord.revoke_token()
        until(lambda: not any(health(port)[1]["platforms"].values()))
        assert "DISCORD_BOT_TOKEN" in until(lambda: said(bot, "refused"))["reason"]
        discord.recover()
        until(lambda: health(port)[1]["platforms"]["discord"])
        assert "3営業日前" in answer_on_discord(discord, LEAVE)
        assert bot.stop()[0] == 0


def test_a_token_revoked_in_the_first_moment_can_be_taken_back(
    home: Path, port: int, discord: DiscordRig
) -> None:
    """A platform that let the bot in once is tried again, however short it was."""
    with Serving(home, discord=discord, config=configuration(port)) as bot:
        discord.revoke_token()
        until(lambda: said(bot, "refused"))
        discord.recover()
        until(lambda: health(port)[1].get("platforms", {}).get("discord"))
        assert bot.stop()[0] == 0


def test_questions_are_logged_where_that_is_asked_for_and_tokens_never(
    home: Path, slack: SlackRig
) -> None:
    config = configuration(more="log_text = true\n")
    with Serving(home, slack=slack, config=config) as bot:
        answer_on_slack(slack, LEAVE)
        bot.stop()
    log = bot.log.read_text("utf-8")
    assert LEAVE in log
    assert "3営業日前" not in log
    assert slack.bot_token not in log


def test_on_a_terminal_it_says_what_runs_in_lines_of_the_language(
    home: Path, slack: SlackRig
) -> None:
    """People who start it by hand want to see that it is connected."""
    pty = pytest.importorskip("pty")
    (home / "kurage.toml").write_text(configuration(), "utf-8")
    lead, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "--lang", "ja", "serve"],
        cwd=home,
        env={**os.environ, "KURAGE_HOME": str(home), "TERM": "dumb", **with_slack(slack)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=side,
    )
    os.close(side)
    seen = b""
    try:
        while "Slack: 接続しました（kurage".encode() not in seen:
            seen += os.read(lead, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(lead)
    assert "稼働中です" in seen.decode()
