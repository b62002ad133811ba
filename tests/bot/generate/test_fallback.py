"""Quotes where the model should have written: of a real client, before a worker that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
from client_asking import CHAT, client_of
from rigs.worker import WorkerRig
from structlog.testing import capture_logs

from bot.exchange import Call, Evidence, Generation, Quote, Statement, Style
from bot.generate.client import Client
from bot.generate.fallback import Fallback
from bot.generate.model import Sampling

_EVIDENCE = Evidence(())
_QUOTED = (Statement("申請は3日前まで。", (2,), verbatim=True),)
_WRITTEN = "3日前までに申請します。"


@dataclass
class _Writing:
    """Writes what the model says, word for word."""

    client: Client

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        call = Call("multi", "kurage", "", question, "", (), 0.0)
        text = ""
        async with aclosing(self.client.stream(CHAT, Sampling(100))) as pieces:
            async for piece in pieces:
                text += piece.text
                done = piece.finish is not None
                yield Generation((Statement(text, (1,)),), (1,), finished=done, calls=(call,))


@dataclass
class _Quoting:
    """Quotes the same sentence, whatever is asked, and keeps what it was asked."""

    asked: list[tuple[str, Evidence, Style]] = field(default_factory=list)

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncGenerator[Generation, None]:
        self.asked.append((question, evidence, style))
        yield Generation((), (2,))
        yield Generation(_QUOTED, (2,), (Quote(2, "申請は3日前まで。"),), 0.7, finished=True)


async def _all(fallback: Fallback) -> list[Generation]:
    return [one async for one in fallback.generate("いつまで？", _EVIDENCE, "short")]


async def test_what_the_model_writes_passes_as_it_is() -> None:
    with WorkerRig(lambda _: _WRITTEN) as rig:
        async with client_of(rig) as client:
            quoting = _Quoting()
            got = await _all(Fallback(_Writing(client), quoting))
    assert got[-1].statements == (Statement(_WRITTEN, (1,)),)
    assert got[-1].finished
    assert {one.model_away for one in got} == {None}
    assert quoting.asked == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "html", "status": 502}, "status 502"),
        ({"kind": "reset"}, "connection reset"),
        ({"kind": "status", "status": 400, "message": "no such option"}, "no such option"),
        ({"kind": "status", "status": 401}, "KURAGE_GENERATOR_API_KEY"),
    ],
)
async def test_where_the_model_does_not_answer_the_sources_are_quoted_and_it_is_told(
    fault: Mapping[str, object], reason: str
) -> None:
    with WorkerRig(lambda _: _WRITTEN) as rig:
        rig.fail(**fault, times=None)
        async with client_of(rig) as client:
            quoting = _Quoting()
            got = await _all(Fallback(_Writing(client), quoting))
    assert [one.finished for one in got] == [False, True]
    assert all(reason in str(one.model_away) for one in got)
    assert got[-1].statements == _QUOTED
    assert got[-1].quotes
    assert got[-1].confidence == 0.7
    assert quoting.asked == [("いつまで？", _EVIDENCE, "short")]


async def test_half_an_answer_is_replaced_by_quotes() -> None:
    """「承認されません」 cut short says the opposite."""
    with WorkerRig(lambda _: "承認されません。", delay=0.02) as rig:
        rig.fail("close_amid", after=2)
        async with client_of(rig) as client:
            got = await _all(Fallback(_Writing(client), _Quoting()))
    assert got[0].statements[0].text == "承認"
    assert got[0].model_away is None
    assert got[-1].statements == _QUOTED
    assert "broke off" in str(got[-1].model_away)
    assert got[-1].finished
    # `kurage explain` shows what was asked of the model all the same.
    assert [call.prompt for call in got[-1].calls] == ["いつまで？"]


async def test_a_model_that_is_back_writes_again() -> None:
    with WorkerRig(lambda _: _WRITTEN) as rig:
        rig.fail("reset", times=2)
        async with client_of(rig) as client:
            fallback = Fallback(_Writing(client), _Quoting())
            assert (await _all(fallback))[-1].model_away
            assert (await _all(fallback))[-1].statements[0].text == _WRITTEN


async def test_why_it_does_not_answer_is_logged_once_for_as_long_as_that_stays_so() -> None:
    with WorkerRig(lambda _: _WRITTEN) as rig:
        async with client_of(rig) as client:
            fallback = Fallback(_Writing(client), _Quoting())
            rig.fail("status", status=400, times=3)
            with capture_logs() as logs:
                for _ in range(3):
                    await _all(fallback)
                await _all(fallback)
                rig.fail("status", status=400)
                await _all(fallback)
    assert [entry["event"] for entry in logs] == ["model_refuses", "model_refuses"]
    assert "いつまで" not in str(logs)


async def test_an_asker_who_goes_away_is_not_quoted_to() -> None:
    with WorkerRig(lambda _: "。" * 9999, delay=0.01) as rig:
        async with client_of(rig) as client:
            quoting = _Quoting()
            fallback = Fallback(_Writing(client), quoting)
            asking = asyncio.create_task(_all(fallback))
            await rig.until(lambda rig: rig.asked() and rig.asked()[0].pieces)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            stream = fallback.generate("いつまで？", _EVIDENCE, "short")
            await anext(stream)
            await stream.aclose()
            await rig.until(lambda rig: [one.ending for one in rig.asked()] == ["aborted"] * 2)
            assert quoting.asked == []
