"""What the tests of `kurage serve` ask of the process: answers, health, figures, its log."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from rigs.discord_rig import DiscordRig
from rigs.serving import Serving
from rigs.slack_rig import SlackRig

LEAVE = "有給休暇は何日前までに申請すればいいですか？"
PATIENCE = 60.0


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


def well(port: int) -> tuple[int, dict[str, Any]] | None:
    code, report = health(port)
    return (code, report) if code == 200 else None


def failing(port: int) -> tuple[int, dict[str, Any]] | None:
    code, report = health(port)
    return (code, report) if code == 503 else None


def with_slack(rig: SlackRig) -> dict[str, str]:
    return {
        "SLACK_API_URL": rig.api_url,
        "SLACK_BOT_TOKEN": rig.bot_token,
        "SLACK_APP_TOKEN": rig.app_token,
    }
