"""Several workers: in order, as far as they have room, and past those that fail."""

from __future__ import annotations

import asyncio

import pytest
from client_asking import ANSWER, CHAT, KNOWN, client_of, pieces, said
from rigs.worker import WorkerRig

from bot.generate.model import AwayError, RefusedError, Sampling


async def test_the_first_worker_is_asked_while_it_has_room() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        async with client_of(first, second) as client:
            for _ in range(4):
                assert (await pieces(client))[-1].worker == first.name
        assert second.asked() == []


async def test_a_full_worker_is_passed_by_and_more_wait_their_turn() -> None:
    """No worker ever gets more at once than it is to have, and nobody waits where one has room."""
    with WorkerRig(KNOWN, delay=0.01) as first, WorkerRig(KNOWN, delay=0.01) as second:
        async with client_of(first, second, concurrency=2) as client:
            answers = await asyncio.gather(*(said(client) for _ in range(12)))
        assert answers == [ANSWER] * 12
        assert (first.most_at_once, second.most_at_once) == (2, 2)
        assert len(first.asked()) + len(second.asked()) == 12


async def test_who_waits_is_served_in_the_order_of_coming() -> None:
    done: list[int] = []

    async def ask(number: int) -> None:
        await said(client)
        done.append(number)

    with WorkerRig(KNOWN) as rig:
        async with client_of(rig, concurrency=1) as client:
            await said(client)
            await asyncio.gather(*(ask(number) for number in range(8)))
    assert done == list(range(8))


async def test_who_waits_for_room_in_vain_is_told_so_and_the_worker_keeps_its_name() -> None:
    """A worker that has too much to do is not away."""
    with WorkerRig(lambda _: "。" * 9_999, delay=0.01) as rig:
        async with client_of(rig, concurrency=1, timeout=1.0) as client:
            asked = (said(client, CHAT, Sampling(9_999)) for _ in range(8))
            errors = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(error, AwayError) for error in errors)
            told = [str(error) for error in errors]
            assert "not whole after" in told[0]
            assert all("had room in time" in error for error in told[1:])
            assert client._workers[0].breaker.passes()
        assert len(rig.asked()) < 4


@pytest.mark.parametrize("kind", ["status", "html", "json", "reset", "close", "end_amid"])
async def test_the_next_worker_answers_where_the_first_has_said_nothing(kind: str) -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.fail(kind, after=0, times=None)
        async with client_of(first, second) as client:
            got = await pieces(client)
            assert "".join(piece.text for piece in got) == ANSWER
            assert {piece.worker for piece in got} == {second.name}
        assert len(first.asked()) == 1


async def test_a_worker_that_is_not_there_costs_no_answer() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.stop()
        async with client_of(first, second) as client:
            answers = await asyncio.gather(*(said(client) for _ in range(20)))
    assert answers == [ANSWER] * 20


async def test_a_worker_killed_amid_50_questions_costs_those_only_that_it_had_begun() -> None:
    """Each of the others is answered whole by the other worker; no half answer passes for one."""
    with WorkerRig(KNOWN, delay=0.01) as first, WorkerRig(KNOWN) as second:
        async with client_of(first, second, concurrency=20) as client:
            asking = [asyncio.create_task(said(client)) for _ in range(50)]
            await first.until(lambda rig: sum(one.pieces > 2 for one in rig.asked()) >= 10)
            first.stop()
            answers = await asyncio.gather(*asking, return_exceptions=True)
        broken = [one for one in answers if one != ANSWER]
        assert all(isinstance(one, AwayError) and "broke off" in str(one) for one in broken)
        assert 1 <= len(broken) <= 20
        assert len(second.asked()) >= 30


async def test_a_hung_worker_costs_its_time_once_and_the_next_one_answers() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.fail("hang", times=None)
        async with client_of(first, second, first_token=1.0) as client:
            for _ in range(3):
                assert (await pieces(client))[-1].worker == second.name
        assert len(first.asked()) == 1


async def test_a_busy_worker_is_left_in_peace_where_another_one_has_room() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.fail("status", status=429, headers={"Retry-After": "3"})
        async with client_of(first, second) as client:
            for _ in range(3):
                assert (await pieces(client))[-1].worker == second.name
        assert len(first.asked()) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_another_worker_may_have_the_model_or_know_the_key(status: int) -> None:
    with WorkerRig(KNOWN, model="other") as first, WorkerRig(KNOWN) as second:
        if status != 404:
            first.fail("status", status=status, times=None)
        async with client_of(first, second, model="kurage") as client:
            assert (await pieces(client))[-1].worker == second.name


async def test_what_can_be_changed_is_told_before_what_may_pass() -> None:
    with WorkerRig(KNOWN, model="other") as first, WorkerRig(KNOWN) as second:
        second.stop()
        async with client_of(first, second, model="kurage") as client:
            with pytest.raises(RefusedError, match="KURAGE_GENERATOR_MODEL"):
                await said(client)


async def test_each_worker_is_named_with_its_reason_where_none_answers() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.stop()
        second.fail("html", status=502, times=None)
        async with client_of(first, second, model="kurage") as client:
            with pytest.raises(AwayError) as failed:
                await said(client)
        assert f"{first.name}: connection refused" in str(failed.value)
        assert f"{second.name}: status 502" in str(failed.value)


async def test_a_client_that_is_closed_sends_away_who_waits() -> None:
    with WorkerRig(KNOWN, first_delay=5) as rig:
        async with client_of(rig, concurrency=1, model="kurage") as client:
            first = asyncio.create_task(said(client))
            await rig.until(lambda rig: rig.asked())
            second = asyncio.create_task(said(client))
            await asyncio.sleep(0.01)
            await client.close()
            with pytest.raises(AwayError):
                await second
            with pytest.raises(AwayError):
                await first
