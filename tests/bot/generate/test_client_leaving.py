"""An asker who goes away: the worker stops at once, and nothing of the question is left.

That nothing is left, no task and no connection, `client_of` looks for after every test.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from client_asking import ANSWER, CHAT, KNOWN, client_of, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rigs.worker import WorkerRig

from bot.generate.model import AwayError, Sampling

_LONG = Sampling(max_tokens=10_000)


def _endless(_: str) -> str:
    return "。" * 9_999


async def test_closing_the_stream_ends_the_generation() -> None:
    with WorkerRig(_endless, delay=0.01) as rig:
        async with client_of(rig) as client:
            stream = client.stream(CHAT, _LONG)
            await anext(stream)
            await stream.aclose()
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")
            assert rig.asked()[0].pieces < 100


@pytest.mark.parametrize("kind", [None, "hang", "hang_before_text"])
async def test_cancelling_the_asker_ends_the_generation(kind: str | None) -> None:
    with WorkerRig(_endless, delay=0.01) as rig:
        async with client_of(rig) as client:
            if kind:
                rig.fail(kind)
            asking = asyncio.create_task(said(client, CHAT, _LONG))
            await rig.until(lambda rig: rig.asked() and (kind or rig.asked()[0].pieces > 1))
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")


async def test_the_room_of_one_who_left_is_free_for_the_next() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig, concurrency=1) as client:
            for _ in range(3):
                rig.fail("hang")
                asking = asyncio.create_task(said(client))
                hung = len(rig.asked()) + 1
                await rig.until(lambda rig, hung=hung: len(rig.asked()) == hung)
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking
                assert await said(client) == ANSWER


async def test_one_who_leaves_while_waiting_for_room_is_not_asked_for() -> None:
    with WorkerRig(KNOWN, first_delay=0.2) as rig:
        async with client_of(rig, concurrency=1) as client:
            first, second, third = (asyncio.create_task(said(client)) for _ in range(3))
            await rig.until(lambda rig: rig.asked())
            second.cancel()
            assert await first == await third == ANSWER
            assert second.cancelled()
        assert len(rig.asked()) == 2


async def test_one_who_leaves_at_the_trial_of_a_worker_leaves_the_trial_to_the_next() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig, first_token=1.0) as client:
            rig.fail("hang")
            with pytest.raises(AwayError):
                await said(client)
            breaker = client._workers[0].breaker
            await rig.until(lambda _: not breaker.open)
            rig.fail("hang")
            asking = asyncio.create_task(said(client))
            await rig.until(lambda rig: len(rig.asked()) == 2)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
            assert await said(client) == ANSWER


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(leave=st.lists(st.integers(0, 30), min_size=8, max_size=8))
async def test_whenever_askers_leave_the_others_are_answered(leave: list[int]) -> None:
    """`leave`: after how many milliseconds each one does; 0: not at all."""

    async def ask(milliseconds: int) -> str | None:
        asking = asyncio.create_task(said(client))
        if milliseconds:
            await asyncio.sleep(milliseconds / 1000)
            asking.cancel()
        try:
            return await asking
        except asyncio.CancelledError:
            return None

    with WorkerRig(KNOWN, delay=0.0005) as rig:
        async with client_of(rig, concurrency=2) as client:
            answers = await asyncio.gather(*(ask(milliseconds) for milliseconds in leave))
            assert await said(client) == ANSWER
            assert client._workers[0].running == 0
            assert rig.most_at_once <= 2
    for milliseconds, answer in zip(leave, answers, strict=True):
        assert answer == ANSWER or (milliseconds and answer is None)


async def test_a_client_that_is_closed_amid_answers_looks_after_no_worker() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("hang", times=None)
        async with client_of(rig, model="kurage") as client:
            asking = [asyncio.create_task(said(client)) for _ in range(5)]
            await rig.until(lambda rig: len(rig.asked()) == 5)
            await client.close()
            answers = await asyncio.gather(*asking, return_exceptions=True)
            assert all(isinstance(answer, AwayError) for answer in answers)
            assert "deque" not in str(answers)  # the words of a library's inside help nobody
            assert not client._workers[0].breaker.passes()
            assert not client._probes._tasks
