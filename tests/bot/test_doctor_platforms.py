"""`kurage doctor` on Slack and Discord: each finding names what is wrong, and what to change."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rigs.discord_rig import MESSAGE_CONTENT, DiscordRig
from rigs.slack_rig import SlackRig, from_manifest

from bot import app, doctor, settings
from bot.doctor import platforms
from bot.doctor.finding import Finding

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "deploy" / "slack-manifest.yaml"


@pytest.fixture(scope="session")
def slack_process() -> Iterator[SlackRig]:
    with SlackRig(app=from_manifest(yaml.safe_load(MANIFEST.read_text("utf-8")))) as running:
        yield running


@pytest.fixture
def slack(slack_process: SlackRig) -> SlackRig:
    """A workspace in which our manifest is installed."""
    slack_process.reset(limits={"enabled": False})
    return slack_process


@pytest.fixture(scope="session")
def discord_process() -> Iterator[DiscordRig]:
    with DiscordRig() as running:
        yield running


@pytest.fixture
def discord(discord_process: DiscordRig) -> DiscordRig:
    discord_process.reset()
    discord_process.unlimited()
    return discord_process


def found(folder: Path, config: str = "", **environ: str) -> list[Finding]:
    """Return what is found about the platforms."""
    (folder / "kurage.toml").write_text(config, "utf-8")
    with app.open_app(settings.load(environ, folder)) as kurage:
        checks = (platforms.channels, platforms.slack, platforms.discord)
        return [finding for check in checks for finding in check(kurage)]


def problems(findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings if finding.level == "problem"]


def of_slack(rig: SlackRig, **others: str) -> dict[str, str]:
    return {
        "SLACK_API_URL": rig.api_url,
        "SLACK_BOT_TOKEN": rig.bot_token,
        "SLACK_APP_TOKEN": rig.app_token,
        **others,
    }


def of_discord(rig: DiscordRig, **others: str) -> dict[str, str]:
    return {"DISCORD_API_URL": rig.url, "DISCORD_BOT_TOKEN": rig.token, **others}


def test_what_is_not_configured_is_not_examined(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_healthy_installation_has_nothing_but_good_findings(
    tmp_path: Path, slack: SlackRig, discord: DiscordRig
) -> None:
    """Nothing is posted, and no socket is opened: a bot that serves does not notice."""
    findings = found(tmp_path, **of_slack(slack), **of_discord(discord))
    assert {finding.level for finding in findings} == {"ok"}
    assert [finding.check for finding in findings] == ["slack"] * 3 + ["discord"] * 2
    assert "U0KURAGE01" in findings[0].message
    assert slack.sockets() == []
    assert slack.journal("socket_opened", "posted") == []
    assert discord.journal("gateway") == []
    assert slack.bot_token not in str(findings)
    assert discord.token not in str(findings)


def test_each_token_of_slack_is_a_finding_of_its_own(tmp_path: Path, slack: SlackRig) -> None:
    """One that is wrong does not hide the other."""
    wrong = found(tmp_path, **of_slack(slack, SLACK_BOT_TOKEN="xoxb-wrong"))
    assert [(one.level, "SLACK_BOT_TOKEN" in one.message) for one in wrong] == [
        ("problem", True),
        ("ok", False),
    ]
    wrong = found(tmp_path, **of_slack(slack, SLACK_APP_TOKEN="xapp-wrong"))
    assert [one.level for one in wrong] == ["ok", "ok", "problem"]
    assert "SLACK_APP_TOKEN" in wrong[-1].message
    assert "xapp-wrong" not in str(wrong)


def test_revoked_tokens_are_told(tmp_path: Path, slack: SlackRig) -> None:
    slack.revoke()
    slack.revoke(app_token=True)
    assert len(problems(found(tmp_path, **of_slack(slack)))) == 2


def test_missing_scopes_are_named(tmp_path: Path, slack: SlackRig) -> None:
    slack.set_app(scopes=["app_mentions:read", "chat:write", "commands"])
    [told] = problems(found(tmp_path, **of_slack(slack)))
    assert "users:read" in told
    assert "chat:write" not in told
    assert "slack-manifest.yaml" in told


def test_half_of_slack_s_tokens_are_a_problem(tmp_path: Path) -> None:
    """Of the command as a whole: the other checks go on."""
    findings = examined(tmp_path, SLACK_BOT_TOKEN="xoxb-1-2")
    told = {row["check"]: row["message"] for row in findings if row["level"] == "problem"}
    assert "SLACK_APP_TOKEN" in told["slack"]
    assert {"settings", "database", "index"} <= {row["check"] for row in findings}


def examined(folder: Path, **environ: str) -> list[dict[str, Any]]:
    """Return what the command says."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "doctor", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KURAGE_HOME": str(folder / "h"), **environ},
        capture_output=True,
        check=False,
    )
    return list(json.loads(done.stdout))


def test_discord_s_wrong_token_is_told(tmp_path: Path, discord: DiscordRig) -> None:
    [told] = problems(found(tmp_path, **of_discord(discord, DISCORD_BOT_TOKEN="of.no.body")))
    assert "DISCORD_BOT_TOKEN" in told
    assert "of.no.body" not in told


def test_an_endpoint_that_takes_the_interactions_is_told(
    tmp_path: Path, discord: DiscordRig
) -> None:
    """Together with the missing intent: each is a finding."""
    discord.send_interactions_to("https://elsewhere.example.com/interactions")
    config = "[discord]\nmessage_content = true\n"
    told = problems(found(tmp_path, config, **of_discord(discord)))
    assert len(told) == 2
    assert "Interactions Endpoint URL" in told[0]
    assert "Message Content Intent" in told[1]


def test_a_granted_intent_is_good(tmp_path: Path, discord: DiscordRig) -> None:
    discord.grant(MESSAGE_CONTENT)
    config = '[discord]\nrespond = "questions"\nmessage_content = true\n'
    assert {one.level for one in found(tmp_path, config, **of_discord(discord))} == {"ok"}


@pytest.mark.parametrize(
    "config",
    ['[discord]\nrespond = "all"\n', '[discord.channels.123456]\nrespond = "questions"\n'],
)
def test_answers_that_discord_would_withhold_are_warned_of(
    tmp_path: Path, discord: DiscordRig, config: str
) -> None:
    told = found(tmp_path, config, **of_discord(discord))
    assert [one.level for one in told] == ["ok", "ok", "warning"]
    assert "message_content" in told[-1].message


def test_a_platform_that_is_away_is_a_finding(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {"DISCORD_API_URL": f"http://127.0.0.1:{port}/api/v10", "DISCORD_BOT_TOKEN": "a.b.c"}
    [told] = problems(found(tmp_path, **environ))
    assert "can not be reached" in told


def test_sources_that_do_not_exist_are_warned_of(tmp_path: Path, slack: SlackRig) -> None:
    """Whether configured or ingested ad hoc, a known name is none of them."""
    config = (
        '[sources.handbook]\nkind = "folder"\npath = "docs"\n'
        '[slack]\nsources = ["handbook", "adhoc"]\n'
        '[slack.channels.C0SOUMU001]\nsources = ["handbok"]\n'
        '[discord]\nsources = ["wiki"]\n'
    )
    environ = of_slack(slack)
    with app.open_app(settings.load(environ, tmp_path)) as kurage:
        kurage.state.register_source("adhoc", kind="folder", location=str(tmp_path))
    warned = [one.message for one in found(tmp_path, config, **environ) if one.level == "warning"]
    assert [message.partition(",")[0] for message in warned] == [
        "[slack.channels.C0SOUMU001] names handbok",
        "[discord] names wiki",
    ]


def test_every_check_is_asked_by_the_command() -> None:
    assert {"channels", "slack", "discord"} <= set(doctor.CHECKS)
