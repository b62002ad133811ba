"""What is said before the bot serves Slack: which token is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import APP, MANIFEST, Reader, Serving

from bot.inbox import RefusedError
from bot.metrics import Metrics
from bot.settings import Slack
from bot.slack.checks import SCOPES
from bot.slack.platform import SlackPlatform

BOT, XAPP = "xoxb-rig-bot", "xapp-1-A0KURAGE01-rig"


@pytest.fixture
def rig(slack_process: SlackRig) -> Iterator[SlackRig]:
    slack_process.reset(app=APP, limits={"enabled": False})
    yield slack_process
    slack_process.recover()


@pytest.fixture
def serve(slack_process: SlackRig, tmp_path: Path) -> Iterator[Serving]:
    with Serving(slack_process, tmp_path / "kurage.db") as serving:
        yield serving


async def refusal(rig: SlackRig, bot_token: str = BOT, app_token: str = XAPP) -> str:
    """Return why the platform does not begin to listen."""
    platform = SlackPlatform(
        bot_token,
        app_token,
        api_url=rig.api_url,
        config=Slack(),
        source_handover={},
        indexed=list,
        metrics=Metrics(),
    )
    inbox: Any = None  # nothing comes in
    try:
        with pytest.raises(RefusedError) as raised:
            await asyncio.wait_for(platform.receive(inbox, asyncio.Event()), 30)
    finally:
        await platform.close()
    said = str(raised.value)
    assert "\n" not in said
    assert bot_token not in said
    assert not platform.healthy
    return said


async def test_swapped_tokens_are_told_apart(rig: SlackRig) -> None:
    assert "swapped" in await refusal(rig, XAPP, BOT)


async def test_a_token_of_another_kind_is_named(rig: SlackRig) -> None:
    assert "SLACK_BOT_TOKEN is no bot token" in await refusal(rig, "xoxp-1-user")
    assert "SLACK_APP_TOKEN is no app-level token" in await refusal(rig, BOT, "xoxe-1")


async def test_a_token_that_slack_does_not_know_is_named(rig: SlackRig) -> None:
    assert "SLACK_BOT_TOKEN: Slack does not know" in await refusal(rig, "xoxb-other")
    assert "SLACK_APP_TOKEN: Slack does not know" in await refusal(rig, BOT, "xapp-other")


async def test_a_revoked_token_is_named(rig: SlackRig) -> None:
    await asyncio.to_thread(rig.revoke)
    assert "SLACK_BOT_TOKEN: this token was revoked" in await refusal(rig)


async def test_a_revoked_app_token_is_named(rig: SlackRig) -> None:
    await asyncio.to_thread(rig.revoke, app_token=True)
    assert "SLACK_APP_TOKEN: this token was revoked" in await refusal(rig)


async def test_missing_scopes_are_listed_with_what_to_do(rig: SlackRig) -> None:
    """All of them at once: an app is installed anew only once."""
    kept = [scope for scope in SCOPES if scope not in {"commands", "users:read"}]
    await asyncio.to_thread(rig.set_app, scopes=kept)
    said = await refusal(rig)
    assert "2 scopes: commands, users:read" in said
    assert "slack-manifest.yaml" in said


async def test_an_app_token_without_its_scope_is_told(rig: SlackRig) -> None:
    await asyncio.to_thread(rig.set_app, app_scopes=["authorizations:read"])
    assert "lacks the scope connections:write" in await refusal(rig)


def test_a_slack_that_does_not_answer_yet_is_waited_for(serve: Serving) -> None:
    """A bot that starts before its network is no reason to go to the machine room."""
    serve.rig.fail("auth.test", status=503, times=7)
    serve.rig.fail("apps.connections.open", cut="before", times=2)
    bot = serve()
    ts = serve.rig.mention("soumu", "sato", "有給は？")
    serve.rig.wait_for_reply(ts)
    assert bot.platform.healthy


def test_thirty_first_events_ask_slack_who_we_are_only_once(serve: Serving) -> None:
    """The library would do so at each of them, and acknowledge none before."""
    bot = serve(Reader())
    many = serve.rig.mention_many(
        [{"channel": "soumu", "user": "sato", "text": f"質問{n}は？"} for n in range(15)]
    )
    serve.rig.wait_for_replies(many)
    bot.finished(15)
    calls = serve.rig.counts()["calls"]
    assert calls["auth.test"] == 1
    assert calls["users.info"] == 1


def test_proxies_are_ignored_on_loopback(serve: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk reads HTTP_PROXY and not NO_PROXY."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    serve()
    serve.rig.wait_for_reply(serve.rig.mention("soumu", "sato", "有給は？"))


def test_two_sockets_are_open(serve: Serving) -> None:
    """What one of them loses comes by the other."""
    bot = serve()
    bot.until(lambda: len(serve.rig.sockets()) == 2)


def test_the_manifest_is_what_the_rig_installs() -> None:
    """Whatever else a test proves, it proves of the app that people will install."""
    assert set(APP["scopes"]) == set(SCOPES)
    assert APP["agent"]
    assert APP["home_tab"]
    assert APP["messages_tab"]
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
