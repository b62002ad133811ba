"""`kurage serve` with wrong tokens, a taken port, nothing to serve, or its database away."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from rigs.discord_rig import DiscordRig
from rigs.serving import KURAGE, Serving
from rigs.slack_rig import SlackRig
from serve_helpers import (
    LEAVE,
    PATIENCE,
    answer_on_discord,
    answer_on_slack,
    configuration,
    failing,
    free_port,
    health,
    said,
    until,
    well,
    with_slack,
)


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


def test_an_empty_index_is_told_and_seen_filled(tmp_path: Path, port: int) -> None:
    """Before the first sync there is nothing to answer from: 503, until there is."""
    docs = tmp_path / "docs"
    docs.mkdir()
    source = '[sources.docs]\nkind = "folder"\npath = "docs"\nevery = "1s"\n'
    with Serving(tmp_path, config=configuration(port, before=source)) as bot:
        _, report = until(lambda: failing(port))
        assert report["index"] in {"empty", "away"}
        (docs / "a.md").write_text("# 会議室\n\n会議室の定員は8名です。\n", "utf-8")
        _, report = until(lambda: well(port))
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
