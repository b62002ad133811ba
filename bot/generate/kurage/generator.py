"""Kurage answers: all passages at once, each by itself where that names none, longer on request.

The makers say that a single chunk is answered with None too often, so its None means little and its
answer much. Knows nothing of servers; what the prompt looks like and how the output reads stands
beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.exchange import Call, Evidence, Generation, Included, Mode, Passage, Statement, Style
from bot.generate import GeneratorError
from bot.generate.budget import fitted
from bot.generate.kurage import format as kurage
from bot.generate.kurage.merge import Found, agreeing, folded, settled, stands_in
from bot.generate.kurage.pairs import pairs
from bot.generate.kurage.parse import Said, said
from bot.generate.kurage.request import Request, whole_sentences
from bot.generate.model import Model, Prompt, RefusedError, Sampling
from bot.generate.neutral import neutral

_BORNE = 2
"""Characters of the shortest answer that bears itself by standing in a passage: `3` stands in
many."""


class KurageGenerator:
    """Asks lightblue/kurage-ja, or a sister of it."""

    def __init__(self, model: Model, *, mode: Mode, max_tokens: int, max_tokens_long: int) -> None:
        self._model = model
        self._mode = mode
        self._short = Sampling(max_tokens, kurage.TEMPERATURE, kurage.TOP_P)
        self._long = replace(self._short, max_tokens=max_tokens_long)

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        """Yield references first, then the answer as it grows.

        Where all passages at once bear no answer, each is asked by itself.
        """
        if style not in {"short", "long"}:
            raise GeneratorError(
                "Kurage neither simplifies nor summarises; a worker with openorca_stx does "
                "(KURAGE_GENERATOR=stx)"
            )
        long = style == "long"
        asked = _Asked(neutral(question), long=long, sampling=self._long if long else self._short)
        passages = evidence.passages
        calls: tuple[Call, ...] = ()
        if passages and (self._mode == "multi" or long):
            generation = Generation(())
            async with aclosing(self._at_once(asked, passages)) as stream:
                async for generation in stream:
                    if generation.statements or not generation.finished:
                        yield generation
            if generation.statements:
                return
            calls = generation.calls
            # The only passage by itself would be the same prompt.
            passages = passages if len(passages) > 1 else ()
        async with aclosing(self._each(asked, passages)) as stream:
            async for generation in stream:
                yield replace(generation, calls=(*calls, *generation.calls))

    async def questions(self, text: str) -> list[tuple[str, str]]:
        """Return questions that a chunk answers, with their answers, as the model makes them.

        Raises `GeneratorError`.
        """
        prompt, included = await fitted(
            self._model,
            (_Chunk(text),),
            lay_out=lambda parts: kurage.questions_of("".join(part.text for part in parts)),
            answer_tokens=self._long.max_tokens,
            max_context=None,
        )
        request = Request(self._model, "questions", prompt, included, self._long)
        async with aclosing(request.stream()) as stream:
            async for _ in stream:
                pass
        # A pair that is said over and over is one pair.
        return pairs(request.raw, complete=request.complete)

    async def _at_once(
        self, asked: _Asked, passages: Sequence[Passage]
    ) -> AsyncGenerator[Generation, None]:
        """Yield what is said of all passages together; the last one may have no statement."""
        request = await self._request("long" if asked.long else "multi", asked, passages)
        shown = Generation(())
        async with aclosing(request.stream()) as stream:
            async for raw in stream:
                so_far = said(raw, chunks=len(request.included), finished=False)
                grown = _generation(so_far, request.included)
                if grown.references and grown != shown:
                    shown = grown
                    yield shown
        last = _generation(_last(request), request.included)
        yield replace(last, finished=True, calls=(request.call(),))

    async def _each(
        self, asked: _Asked, passages: Sequence[Passage]
    ) -> AsyncGenerator[Generation, None]:
        """Yield what the passages say each by itself, merged; the last one has every call.

        An answer is shown as soon as no other one can outnumber it.
        """
        asking = [asyncio.create_task(self._one(asked, passage)) for passage in passages]
        found: list[Found] = []
        shown: Generation | None = None
        try:
            for waiting, next_one in zip(
                reversed(range(len(asking))), asyncio.as_completed(asking), strict=True
            ):
                answer, _ = await next_one
                found += [answer] if answer else []
                groups = agreeing(found)
                merged = _merged(groups)
                if waiting and settled(groups, waiting) and merged != shown:
                    shown = merged
                    yield shown
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        calls = tuple(call for _, call in (task.result() for task in asking))
        if calls and all(call.error for call in calls):
            raise RefusedError(str(calls[0].error))
        yield replace(_merged(agreeing(found)), finished=True, calls=calls)

    async def _one(self, asked: _Asked, passage: Passage) -> tuple[Found | None, Call]:
        """Return what one passage says by itself, if anything.

        A passage that the worker does not take says nothing.
        """
        request: Request | None = None
        try:
            request = await self._request("single", asked, (passage,))
            async with aclosing(request.stream()) as stream:
                async for _ in stream:
                    pass
        except RefusedError as error:
            if request is None:
                request = Request(self._model, "single", Prompt(), (), asked.sampling)
            return None, request.call(str(error))
        generation = _generation(_last(request), request.included)
        texts = [Found(passage.number, part.text) for part in generation.statements]
        return (texts[0] if texts else None), request.call()

    async def _request(self, task: str, asked: _Asked, passages: Sequence[Passage]) -> Request:
        def lay_out(parts: Sequence[Included]) -> Prompt:
            texts = [part.text for part in parts]
            return kurage.question_over(texts, asked.question, long=asked.long)

        prompt, included = await fitted(
            self._model,
            passages,
            lay_out=lay_out,
            answer_tokens=asked.sampling.max_tokens,
            max_context=None,
        )
        return Request(self._model, task, prompt, included, asked.sampling)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of any passages."""

    question: str
    long: bool
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A text that is no passage of a question."""

    text: str
    number: int = 1


def _last(request: Request) -> Said:
    """Return what was said in the end; what was cut off ends with a whole sentence, if it can."""
    last = said(request.kept, chunks=len(request.included), finished=True)
    return last if request.complete else replace(last, answer=whole_sentences(last.answer))


def _generation(said_so_far: Said, included: Sequence[Included]) -> Generation:
    """Return the references and the answer that they bear, by the passages' own numbers.

    An answer that names no reference is borne by the passages in which it stands word for word.
    """
    if said_so_far.abstains:
        return Generation(())
    if said_so_far.references is not None:
        numbers = tuple(included[chunk - 1].number for chunk in said_so_far.references)
    else:
        numbers = _bearing(said_so_far.answer, included)
    if not (numbers and said_so_far.answer):
        return Generation((), references=numbers)
    return Generation((Statement(said_so_far.answer, numbers),), references=numbers)


def _bearing(answer: str, included: Sequence[Included]) -> tuple[int, ...]:
    part = folded(answer)
    if len(part) < _BORNE:
        return ()
    return tuple(chunk.number for chunk in included if stands_in(part, folded(chunk.text)))


def _merged(groups: Sequence[Sequence[Found]]) -> Generation:
    """Return the answer on which most passages agree, in the words of the best one of them."""
    if not groups:
        return Generation(())
    numbers = tuple(found.number for found in groups[0])
    return Generation((Statement(groups[0][0].text, numbers),), references=numbers)
