"""`kurage serve` as a process, against Slack and Discord on loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.discord_rig import DiscordRig
from rigs.serving import KURAGE, Serving, copied, handbook
from rigs.slack_rig import SlackRig

LEAVE = "有給休暇は何日前までに申請すればいいですか？"
PATIENCE = 60.0
SLOW = (20, 0.1)
"""A generator that takes two seconds over an answer."""
ENDLESS = (100, 0.2)
"""One that takes twenty: longer than an end may take."""


@pytest.fixture(scope="session")
def slack_process() -> Iterator[SlackRig]:
    with SlackRig() as running:
        yield running


@pytest.fixture
def slack(slack_process: SlackRig) -> SlackRig:
    """A workspace as it was seeded, without rate limits."""
    slack_process.reset(limits={"enabled": False})
    return slack_process


@pytest.fixture(scope="session")
def discord_process() -> Iterator[DiscordRig]:
    with DiscordRig() as running:
        yield running


@pytest.fixture
def discord(discord_process: DiscordRig) -> DiscordRig:
    """A company as it was seeded, without rate limits."""
    discord_process.reset()
    discord_process.unlimited()
    return discord_process


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the handbook; not to be written to."""
    return handbook(tmp_path_factory.mktemp("ingested") / "home")


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Path:
    """A home of this test that holds the handbook."""
    return copied(ingested, tmp_path / "home")


@pytest.fixture
def port() -> int:
    """A port at which nobody listens."""
    return free_port()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def configuration(port: int = 0, more: str = "", before: str = "") -> str:
    return f"{before}[serve]\nport = {port}\nper_minute = 1000000\n{more}"


def until(condition: Callable[[], Any]) -> Any:
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def health(port: int) -> tuple[int, dict[str, Any]]:
    """Return what `/healthz` says."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
    except OSError:
        return 0, {}


def figures(port: int) -> dict[str, float]:
    """Return what Prometheus reads, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def events(bot: Serving) -> list[dict[str, Any]]:
    """Return the log; each line has to be JSON."""
    return [json.loads(line) for line in bot.log.read_text("utf-8").splitlines()]


def said(bot: Serving, event: str, **having: Any) -> dict[str, Any] | None:
    """Return the first event of a name with these fields."""
    for line in events(bot):
        if line["event"] == event and having.items() <= line.items():
            return line
    return None


def answer_on_slack(rig: SlackRig, question: str) -> str:
    ts = rig.mention("soumu", "sato", question)
    return json.dumps(rig.wait_for_reply(ts, PATIENCE), ensure_ascii=False)


def answer_on_discord(rig: DiscordRig, question: str) -> str:
    channel = next(iter(rig.company()["channels"]))
    return rig.wait_for_reply(rig.mention(channel, "sato", question), PATIENCE).text


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
        code, report = until(lambda: _well(port))
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


def _well(port: int) -> tuple[int, dict[str, Any]] | None:
    code, report = health(port)
    return (code, report) if code == 200 else None


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
        until(lambda: _well(port))
        slack.revoke()
        slack.mention("soumu", "sato", LEAVE)
        code, report = until(lambda: _failing(port))
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


def _failing(port: int) -> tuple[int, dict[str, Any]] | None:
    code, report = health(port)
    return (code, report) if code == 503 else None


def test_a_wrong_token_stops_its_platform_only(
    home: Path, port: int, slack: SlackRig, discord: DiscordRig
) -> None:
    """One line says which token it is; the other platform is served."""
    wrong = {"SLACK_BOT_TOKEN": "xoxb-of-somebody-else"}
    # The rigs are asked about Discord only: Slack will never see a socket.
    bot = Serving(home, discord=discord, config=configuration(port), environ=with_slack(slack))
    bot._environ.update(wrong)
    with bot:
        assert "3営業日前" in answer_on_discord(discord, LEAVE)
        told = until(lambda: said(bot, "refused", platform="slack"))
        assert "SLACK_BOT_TOKEN" in told["reason"]
        code, report = health(port)
        assert (code, report["platforms"]) == (503, {"slack": False, "discord": True})
        assert bot.stop()[0] == 0


def with_slack(rig: SlackRig) -> dict[str, str]:
    return {
        "SLACK_API_URL": rig.api_url,
        "SLACK_BOT_TOKEN": rig.bot_token,
        "SLACK_APP_TOKEN": rig.app_token,
    }


def serve(home: Path, config: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a process that is expected to end by itself."""
    (home / "kurage.toml").write_text(config, "utf-8")
    return subprocess.run(
        [*KURAGE, "serve"],
        cwd=home,
        env={**os.environ, "KURAGE_HOME": str(home), "LANG": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_the_only_platform_s_wrong_token_ends_it_with_a_line(
    home: Path, slack: SlackRig, name: str
) -> None:
    """A supervisor sees exit code 1, a person what to change."""
    kind = "xoxb" if name == "SLACK_BOT_TOKEN" else "xapp"
    done = serve(home, configuration(), **{**with_slack(slack), name: f"{kind}-of-somebody-else"})
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert name in last
    assert "somebody-else" not in done.stderr


def test_discord_s_wrong_token_ends_it_with_a_line(home: Path, discord: DiscordRig) -> None:
    done = serve(
        home, configuration(), DISCORD_API_URL=discord.url, DISCORD_BOT_TOKEN="of.somebody.else"
    )
    assert done.returncode == 1
    assert "DISCORD_BOT_TOKEN" in done.stderr.splitlines()[-1]
    assert "of.somebody.else" not in done.stderr


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    """Before anything is started; with where it is set."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        source = f'[sources.docs]\nkind = "folder"\npath = "{tmp_path}"\nevery = "1h"\n'
        done = serve(tmp_path, configuration(port, before=source))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"127.0.0.1:{port} is in use" in line
    assert "[serve]" in line


def test_nothing_to_serve_is_told_with_what_could_be(tmp_path: Path) -> None:
    done = serve(tmp_path, configuration())
    assert done.returncode == 1
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_BOT_TOKEN", "every"):
        assert name in done.stderr
    half = serve(tmp_path, configuration(), SLACK_BOT_TOKEN="xoxb-1-2")
    assert (half.returncode, "SLACK_APP_TOKEN" in half.stderr) == (1, True)


def test_proxy_variables_do_not_stand_between_it_and_loopback(home: Path, slack: SlackRig) -> None:
    """Slack's library would ask the proxy for 127.0.0.1, too, and never look at NO_PROXY."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy"), "http://127.0.0.1:9")
    with Serving(home, slack=slack, config=configuration(), environ=proxies):
        assert "3営業日前" in answer_on_slack(slack, LEAVE)


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


def test_an_empty_index_is_told_and_seen_filled(tmp_path: Path, port: int) -> None:
    """Before the first sync there is nothing to answer from: 503, until there is."""
    docs = tmp_path / "docs"
    docs.mkdir()
    source = '[sources.docs]\nkind = "folder"\npath = "docs"\nevery = "1s"\n'
    with Serving(tmp_path, config=configuration(port, before=source)) as bot:
        _, report = until(lambda: _failing(port))
        assert report["index"] in {"empty", "away"}
        (docs / "a.md").write_text("# 会議室\n\n会議室の定員は8名です。\n", "utf-8")
        _, report = until(lambda: _well(port))
        assert report == {
            "status": "ok",
            "platforms": {},
            "database": True,
            "index": "ok",
            "open_turns": 0,
        }
        assert bot.stop()[0] == 0


def test_it_waits_for_a_database_that_is_away(home: Path, port: int, slack: SlackRig) -> None:
    """Its reason is logged, without the password; it is no reason to end."""
    url = f"postgresql://kurage:hunter2-and-more@127.0.0.1:{free_port()}/kurage"
    bot = Serving(home, database_url=url, config=configuration(port), environ=with_slack(slack))
    with bot:
        waiting = until(lambda: said(bot, "waiting"))
        assert "nothing answers there" in waiting["reason"]
        assert health(port) == (503, {
            "status": "failing",
            "platforms": {"slack": False},
            "database": False,
            "index": "ok",
            "open_turns": 0,
        })  # fmt: skip
        assert bot.stop()[0] == 0
    assert "hunter2" not in bot.log.read_text("utf-8")
    assert slack.sockets() == []


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
