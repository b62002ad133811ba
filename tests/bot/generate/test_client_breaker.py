"""When a worker is left alone, what that costs (nothing), and how it is taken back."""

from __future__ import annotations

import asyncio

import pytest
from client_asking import ANSWER, KNOWN, client_of, pieces, said
from hypothesis import given
from hypothesis import strategies as st
from rigs.worker import WorkerRig
from structlog.testing import capture_logs

from bot.generate.client import Client
from bot.generate.client.breaker import FAILURES, Breaker
from bot.generate.model import AwayError

# The rule by itself


def _opened(times: int = FAILURES) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker.failed(object(), "broken")
    return breaker


def test_a_breaker_opens_at_so_many_failures_in_a_row_and_not_before() -> None:
    breaker = _opened(FAILURES - 1)
    assert breaker.passes()
    assert breaker.failed(object(), "broken")
    assert not breaker.passes()
    assert breaker.reason == "broken"


def test_an_answer_that_was_whole_ends_the_row() -> None:
    breaker = _opened(FAILURES - 1)
    breaker.finished()
    assert not breaker.failed(object(), "broken")
    assert breaker.passes()


def test_what_was_asked_before_it_opened_opens_it_no_second_time() -> None:
    breaker = _opened()
    assert not breaker.failed(object(), "broken too")
    breaker.healthy()
    assert not breaker.failed(object(), "broken too")
    assert breaker.passes()


def test_a_trial_that_succeeds_closes_it_but_one_more_failure_opens_it_again() -> None:
    breaker = _opened()
    breaker.healthy()
    trial = object()
    breaker.enter(trial)
    assert not breaker.passes()
    breaker.answered(trial)
    assert breaker.passes()
    assert breaker.failed(trial, "broke off")


def test_each_trial_that_fails_gives_more_peace_up_to_a_limit() -> None:
    breaker, peace = _opened(), []
    assert breaker.peace() == 0
    for _ in range(12):
        breaker.healthy()
        trial = object()
        breaker.enter(trial)
        assert breaker.failed(trial, "broken")
        peace.append(breaker.peace())
    assert all(0.7 * 5 * 2**n < wait < 1.3 * 5 * 2**n for n, wait in enumerate(peace[:6]))
    assert all(wait < 1.3 * 300 for wait in peace)


@given(
    steps=st.lists(
        st.sampled_from(["enter", "answered", "finished", "left", "failed", "slow", "healthy"]),
        max_size=60,
    ),
    which=st.data(),
)
def test_whatever_happens_one_trial_at_most_is_on_its_way(
    steps: list[str], which: st.DataObject
) -> None:
    """Half open, it passes one question; open, none; and from open it comes back by health only."""
    breaker, inside, was_open = Breaker(), [], False
    for step in steps:
        if step == "enter":
            if breaker.passes():
                inside.append(question := object())
                breaker.enter(question)
        elif step == "healthy":
            breaker.healthy()
            was_open = False
        elif inside:
            question = inside.pop(which.draw(st.integers(0, len(inside) - 1)))
            if step in {"answered", "finished"}:
                breaker.answered(question)
                breaker.finished()
                breaker.left(question)
            elif step == "left":
                breaker.left(question)
            else:
                was_open |= breaker.failed(question, "broken", at_once=step == "slow")
        assert breaker.open == was_open
        assert not (breaker.open and breaker.passes())
        if breaker._trial is not None:
            assert not breaker.passes()
            assert breaker._trial in inside


# The rule at a worker


async def _until_taken_back(client: Client, rig: WorkerRig) -> None:
    await rig.until(lambda _: client._workers[0].breaker.passes())


async def test_a_worker_that_is_not_there_is_left_alone_and_taken_back_when_it_is() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            assert await said(client) == ANSWER
            rig.stop()
            with capture_logs() as logs:
                for _ in range(4):
                    with pytest.raises(AwayError, match="connection refused"):
                        await said(client)
                rig.start()
                await _until_taken_back(client, rig)
            assert await said(client) == ANSWER
    assert [entry["event"] for entry in logs] == ["worker_away", "worker_back"]
    assert {entry["worker"] for entry in logs} == {rig.name}
    assert logs[0]["reason"] == "connection refused"


async def test_an_open_breaker_costs_no_question_any_time() -> None:
    """Nothing is sent: the first worker hangs, and would cost each question its patience."""
    with WorkerRig(KNOWN) as hung, WorkerRig(KNOWN) as well:
        hung.fail("hang", times=None)
        hung.worker.healthy = False
        async with client_of(hung, well, first_token=1.0) as client:
            answers = [(await pieces(client))[-1].worker for _ in range(10)]
        assert answers == [well.name] * 10
        assert len(hung.asked()) == 1


async def test_a_single_worker_that_is_away_answers_at_once_that_it_is() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("hang", times=None)
        rig.worker.healthy = False
        async with client_of(rig, first_token=0.2) as client:
            for _ in range(10):
                with pytest.raises(AwayError, match="no first token"):
                    await said(client)
        assert len(rig.asked()) == 1


async def test_who_waits_for_room_at_a_worker_that_goes_away_does_not_wait_on() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("hang", times=None)
        rig.worker.healthy = False
        async with client_of(rig, first_token=0.2, concurrency=1) as client:
            asked = [said(client) for _ in range(5)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, AwayError) for answer in answers)
        assert len(rig.asked()) == 1


async def test_a_worker_comes_back_with_one_question_and_then_with_all() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig, first_token=1.0) as client:
            rig.fail("hang")
            with pytest.raises(AwayError):
                await said(client)
            await _until_taken_back(client, rig)
            rig.worker.first_delay = 0.2
            asked = [said(client) for _ in range(6)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert answers.count(ANSWER) == 1
            assert len(rig.asked()) == 2
            asked = [said(client) for _ in range(6)]
            assert await asyncio.gather(*asked) == [ANSWER] * 6


async def test_a_worker_is_looked_after_until_it_says_that_it_is_healthy() -> None:
    with WorkerRig(KNOWN, healthy=False) as rig:
        async with client_of(rig, model="kurage") as client:
            rig.fail("status", status=503, times=None)
            for _ in range(2):
                with pytest.raises(AwayError):
                    await said(client)
            await rig.until(lambda rig: len(rig.asked("/health")) >= 2)
            assert not client._workers[0].breaker.passes()
            rig.heal()
            rig.worker.healthy = True
            await _until_taken_back(client, rig)
            assert await said(client) == ANSWER


async def test_a_server_without_a_health_page_is_asked_for_its_models() -> None:
    with WorkerRig(KNOWN, missing=frozenset({"/health"})) as rig:
        async with client_of(rig, model="kurage") as client:
            rig.stop()
            for _ in range(2):
                with pytest.raises(AwayError):
                    await said(client)
            rig.start()
            await _until_taken_back(client, rig)
            assert rig.asked("/models")
            assert await said(client) == ANSWER


async def test_another_model_may_stand_behind_a_worker_that_comes_back() -> None:
    with WorkerRig(KNOWN, model="old", max_model_len=4096) as rig:
        async with client_of(rig) as client:
            assert await said(client) == ANSWER
            assert await client.context() == 4096
            rig.stop()
            for _ in range(2):
                with pytest.raises(AwayError):
                    await said(client)
            rig.worker.model, rig.worker.max_model_len = "new", 2048
            rig.start()
            await _until_taken_back(client, rig)
            assert (await pieces(client))[-1].model == "new"
            assert await client.context() == 2048


async def test_refusals_and_busy_workers_open_nothing() -> None:
    """A worker that says no is there."""
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            for fault in ({"status": 400}, {"status": 401}, {"status": 429}):
                headers = {"Retry-After": "0"}
                rig.fail("status", times=None, headers=headers, **fault)
                for _ in range(4):
                    with pytest.raises(Exception, match=str(fault["status"])):
                        await said(client)
                rig.heal()
            assert client._workers[0].breaker.passes()
            assert await said(client) == ANSWER


async def test_logs_hold_no_word_of_a_prompt_and_no_key() -> None:
    with WorkerRig(KNOWN, api_key="kurage-key") as rig, capture_logs() as logs:
        async with client_of(rig, api_key="kurage-key") as client:
            rig.fail("status", times=None, message="失敗: 黒字額は4.4兆円だった。黒字額はいくら？")
            for _ in range(2):
                with pytest.raises(AwayError):
                    await said(client)
    assert [entry["event"] for entry in logs] == ["worker_away"]
    assert "4.4" not in str(logs)
    assert "kurage-key" not in str(logs)
