"""Calls of Slack's Web API: what is tried again, what waits, and for how long nobody is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from rigs.slack_rig import SlackRig
from slack_adapter import APP, SOUMU

from bot.inbox import PlatformError
from bot.metrics import Metrics
from bot.slack.api import Api, LimitedError, LostError, SlackError
from bot.slack.directory import Directory
from bot.slack.workspace import Budget


@pytest.fixture
def rig(slack_process: SlackRig) -> SlackRig:
    slack_process.reset(app=APP, limits={"enabled": False})
    return slack_process


@pytest.fixture
async def api(rig: SlackRig) -> AsyncIterator[Api]:
    made = Api(rig.bot_token, rig.api_url, Metrics())
    yield made
    await made.close()


async def fail(rig: SlackRig, method: str, **how: object) -> None:
    await asyncio.to_thread(rig.fail, method, **how)


async def calls(rig: SlackRig, method: str) -> int:
    return len(await asyncio.to_thread(rig.journal, "call", method=method))


@pytest.mark.parametrize(
    "how", [{"status": 500}, {"status": 502}, {"status": 503}, {"status": 200}, {"cut": "after"}]
)
async def test_what_may_be_repeated_is(api: Api, rig: SlackRig, how: dict[str, object]) -> None:
    """A server that is broken for a moment, a connection that ends, half of an answer."""
    await fail(rig, "auth.test", times=2, **how)
    assert (await api.call("auth.test"))["user_id"] == "U0KURAGE01"
    assert await calls(rig, "auth.test") == 3


@pytest.mark.parametrize("how", [{"status": 500}, {"status": 200}, {"cut": "after"}])
async def test_what_must_not_be_repeated_is_not(
    api: Api, rig: SlackRig, how: dict[str, object]
) -> None:
    """Whether it was carried out, nobody knows: it is for the caller to find out."""
    await fail(rig, "chat.postMessage", **how)
    with pytest.raises(LostError):
        await api.call("chat.postMessage", repeat=False, channel=SOUMU, text="一")
    assert await calls(rig, "chat.postMessage") == 1


async def test_what_slack_refuses_is_not_asked_again(api: Api, rig: SlackRig) -> None:
    """It would say no again; its word for why is kept."""
    with pytest.raises(SlackError) as raised:
        await api.call("conversations.info", channel="C0NOWHERE1")
    assert raised.value.code == "channel_not_found"
    assert await calls(rig, "conversations.info") == 1


async def test_a_limit_is_waited_for_as_long_as_slack_says(api: Api, rig: SlackRig) -> None:
    """And whoever comes meanwhile waits too, without asking."""
    await fail(rig, "users.info", status=429, retry_after=1)
    started = time.monotonic()
    first = asyncio.create_task(api.call("users.info", user="U0SATO0001"))
    await asyncio.to_thread(rig.wait_for, "call", method="users.info")
    await asyncio.sleep(0.1)  # the 429 is on its way
    others = [asyncio.create_task(api.call("users.info", user="U0SUZUKI01")) for _ in range(5)]
    await asyncio.sleep(0.2)
    assert await calls(rig, "users.info") == 1
    await asyncio.gather(first, *others)
    assert time.monotonic() - started >= 1.0
    assert await calls(rig, "users.info") == 7


async def test_what_is_of_no_use_later_does_not_wait(api: Api, rig: SlackRig) -> None:
    """It is told for how long; a call after it is not even made."""
    await fail(rig, "chat.appendStream", status=429, retry_after=7)
    for _ in range(2):
        with pytest.raises(LimitedError) as raised:
            await api.call("chat.appendStream", wait=False, channel=SOUMU, ts="1.1")
        assert 5 < raised.value.seconds <= 7
    assert await calls(rig, "chat.appendStream") == 1


async def test_one_channels_limit_is_not_anothers(api: Api, rig: SlackRig) -> None:
    """Posts are limited by channel, and go on in the others."""
    await fail(rig, "chat.postMessage", status=429, retry_after=30)
    waiting = asyncio.create_task(api.call("chat.postMessage", channel=SOUMU, text="一"))
    await asyncio.to_thread(rig.wait_for, "call", method="chat.postMessage")
    await api.call("chat.postMessage", channel="C0GENERAL1", text="二")
    assert not waiting.done()
    waiting.cancel()


async def test_many_channels_leave_little_behind(api: Api, rig: SlackRig) -> None:
    """Only those whose limit is reached have to be remembered."""
    await fail(rig, "chat.postMessage", status=429, retry_after=30)
    waiting = asyncio.create_task(api.call("chat.postMessage", channel=SOUMU, text="一"))
    await asyncio.to_thread(rig.wait_for, "call", method="chat.postMessage")
    await asyncio.sleep(0.1)
    for number in range(600):
        api._lane("chat.postMessage", f"C{number}")
    assert len(api._lanes) <= 500
    assert ("chat.postMessage", SOUMU) in api._lanes
    waiting.cancel()


async def test_a_slack_that_is_away_is_given_up_after_a_while(rig: SlackRig) -> None:
    """With a word that says so; nothing waits for ever."""
    api = Api("xoxb-1", "http://127.0.0.1:9/api/", Metrics())
    with pytest.raises(PlatformError, match="does not answer"):
        await api.call("auth.test", wait=False)
    await api.close()


async def test_the_scopes_of_the_token_are_known_after_a_call(api: Api) -> None:
    await api.call("auth.test")
    assert api.scopes == set(APP["scopes"])


async def test_many_who_ask_for_one_person_are_one_call(api: Api, rig: SlackRig) -> None:
    """200 mentions of a morning are no 200 lookups."""
    directory = Directory(api)
    found = await asyncio.gather(*(directory.person("U0SATO0001") for _ in range(50)))
    assert {person.name for person in found} == {"sato"}
    assert await calls(rig, "users.info") == 1


async def test_a_lookup_that_failed_is_made_again(api: Api, rig: SlackRig) -> None:
    """Only what is known is kept."""
    directory = Directory(api)
    await fail(rig, "users.info", status=503, times=6)
    with pytest.raises(PlatformError):
        await directory.person("U0SATO0001")
    assert (await directory.person("U0SATO0001")).name == "sato"


async def test_outsiders_are_told_by_their_team(api: Api) -> None:
    directory = Directory(api)
    directory.team = "T0KURAGE01"
    assert (await directory.person("U0PARTNER1")).outsider
    assert not (await directory.person("U0SATO0001")).outsider
    assert await directory.external("C0PARTNER1")
    assert not await directory.external(SOUMU)
    assert await directory.external("C0NOWHERE1"), "what can not be seen may be anybody's"


async def test_the_whole_organisation_is_inside(api: Api) -> None:
    """In an Enterprise organisation people belong to one of its workspaces, and work in all."""
    directory = Directory(api)
    directory.team, directory.enterprise = "T0KURAGE01", "E0KURAGE01"
    told = {"id": "U0ELSE0001", "name": "else", "team_id": "T0OTHER001", "locale": "ja-JP"}
    directory.changed({**told, "enterprise_user": {"enterprise_id": "E0KURAGE01"}})
    assert not (await directory.person("U0ELSE0001")).outsider
    directory.changed({**told, "enterprise_user": {"enterprise_id": "E0PARTNER1"}})
    assert (await directory.person("U0ELSE0001")).outsider


def test_a_budget_is_used_up() -> None:
    budget = Budget(2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
