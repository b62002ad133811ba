"""One answer of one worker, from its events to pieces. Retries nothing, counts nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx2

from bot.generate.client import trouble
from bot.generate.client.sse import Decoder
from bot.generate.client.trouble import Trouble
from bot.generate.client.worker import Worker
from bot.generate.model import Finish, Piece, Prompt, Sampling

_DONE = b"[DONE]"
_TRAILING = 0.1
"""Seconds that the end of a whole answer is waited for, so that its connection can be used again:
a server that says `finish_reason` has the rest ready."""
_EARLY = 0.01
"""Seconds by which a timer may go off too soon."""
_FINISHES: Mapping[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "repetition": "length",
}
"""What is no natural end; vLLM can stop at a repetition by itself."""
_BROKEN = frozenset({"abort", "error"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may take."""

    first_token: float
    """Seconds until the worker begins, and later on between two pieces: it hangs where it begins
    and does not go on."""
    deadline: float
    """Of the event loop's clock; the whole answer must be there by then."""

    def next(self, now: float) -> float:
        """Return by when the next piece must come."""
        return min(now + self.first_token, self.deadline)


async def pieces(
    worker: Worker, prompt: Prompt, sampling: Sampling, limits: Limits
) -> AsyncGenerator[Piece, None]:
    """Yield what the worker says, the last piece with its `finish`. Raises `Trouble`.

    What comes in one read is one piece. Closing the iterator ends the generation.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    said = False
    try:
        async with asyncio.timeout_at(limits.next(began)):
            response, model = await worker.ask(prompt, sampling)
        try:
            async with aclosing(_texts(response, began, limits)) as texts:
                async for text, finish in texts:
                    said = True
                    yield Piece(text, worker.name, model, finish)
        finally:
            await response.aclose()
    except TimeoutError:
        raise _too_slow(limits, said=said, began=began, now=loop.time()) from None
    # Whatever a server sends, nothing else may come of it.
    except Exception as error:
        raise trouble.of(error) from error


async def _texts(
    response: httpx2.Response, began: float, limits: Limits
) -> AsyncGenerator[tuple[str, Finish | None], None]:
    """Yield texts. Raises what parsers raise, `TimeoutError` and `Trouble`."""
    loop = asyncio.get_running_loop()
    decoder = Decoder()
    until = limits.next(began)
    finish: Finish | None = None
    async with aclosing(response.aiter_bytes()) as reads:
        try:
            while finish is None:
                async with asyncio.timeout_at(until):
                    received = await anext(reads, None)
                if received is None:
                    raise Trouble("away", "the answer ends without saying that it is whole")
                text, finish = _said(decoder.feed(received))
                if text or finish:
                    yield text, finish
                    until = limits.next(loop.time())
        finally:
            if finish:  # also where the reader stops at the last piece
                await _trail(reads)


async def _trail(reads: AsyncIterator[bytes]) -> None:
    """Read what comes behind the last piece: without it the connection would have to be closed."""
    try:
        async with asyncio.timeout(_TRAILING):
            async for _ in reads:
                pass
    except (TimeoutError, httpx2.HTTPError):
        return  # the answer is whole all the same


def _said(events: list[bytes]) -> tuple[str, Finish | None]:
    """Return the text of some events, and why it ends, if it does so."""
    parts, finish = [], None
    for data in events:
        if data.startswith(_DONE):
            break
        text, finish = _choice(json.loads(data.decode()))
        parts.append(text)
        if finish:
            break
    return "".join(parts), finish


def _choice(event: Any) -> tuple[str, Finish | None]:
    """Return what the first choice of an event says. Raises `Trouble`."""
    choices = event.get("choices") if isinstance(event, Mapping) else None
    if not isinstance(choices, list):
        raise _no_choices(event)
    if not choices:
        return "", None  # such as the one that counts tokens
    choice = choices[0]
    if not isinstance(choice, Mapping):
        raise Trouble("away", "the answer has no choices")
    delta = choice.get("delta")
    text = delta.get("content") if isinstance(delta, Mapping) else choice.get("text")
    return text if isinstance(text, str) else "", _finish(choice.get("finish_reason"))


def _no_choices(event: Any) -> Trouble:
    error = event.get("error") if isinstance(event, Mapping) else None
    if error is None:
        return Trouble("away", "the answer has no choices")
    return trouble.of_event(error)


def _finish(reason: object) -> Finish | None:
    if reason is None:
        return None
    if not isinstance(reason, str) or reason in _BROKEN:
        raise Trouble("away", "it has broken off the answer itself")
    if reason == "content_filter":
        raise Trouble("refused", "its content filter withholds the answer")
    return _FINISHES.get(reason, "stop")


def _too_slow(limits: Limits, *, said: bool, began: float, now: float) -> Trouble:
    took = now - began
    if said and now >= limits.deadline - _EARLY:
        return Trouble("away", f"the answer was not whole after {took:.0f} s")
    if said:
        return Trouble("slow", f"nothing more came within {limits.first_token:g} s")
    if took >= limits.first_token - _EARLY:
        return Trouble("slow", f"no first token within {limits.first_token:g} s")
    # The question has waited for room, or for another worker, and had less time left.
    return Trouble("late", f"no first token within the last {took:.1f} s")
