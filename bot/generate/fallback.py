"""Quotes from the sources where a model should have written, but is away. Knows neither of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from bot.exchange import Call, Evidence, Generation, Style
from bot.generate import Generator
from bot.generate.model import AwayError, RefusedError

_log = structlog.get_logger(__name__)


class Fallback:
    """A generator of a model, and the one that quotes in its place."""

    def __init__(self, model_generator: Generator, quoting: Generator) -> None:
        """Take the generator that asks a model, and the one that needs none."""
        self._model = model_generator
        self._quoting = quoting
        self._told: str | None = None

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncGenerator[Generation, None]:
        """Yield what the model says, or quotes with `model_away` set; see `Generator`.

        Where the model breaks off in the middle, quotes replace what it has said: half an answer
        can say the opposite of the whole one.
        """
        calls: tuple[Call, ...] = ()
        try:
            async with _closing(self._model.generate(question, evidence, style)) as generations:
                async for generation in generations:
                    calls = generation.calls or calls
                    yield generation
        except (AwayError, RefusedError) as error:
            reason = str(error)
            self._tell(error, reason)
        else:
            self._told = None
            return
        async with _closing(self._quoting.generate(question, evidence, style)) as generations:
            async for generation in generations:
                yield replace(generation, model_away=reason, calls=calls + generation.calls)

    def _tell(self, error: AwayError | RefusedError, reason: str) -> None:
        """Log why the model does not answer, once for as long as that stays so."""
        if reason == self._told:
            return
        self._told = reason
        if isinstance(error, RefusedError):
            _log.error("model_refuses", reason=reason)
        else:
            _log.warning("model_away", reason=reason)


@asynccontextmanager
async def _closing(
    generations: AsyncIterator[Generation],
) -> AsyncGenerator[AsyncIterator[Generation], None]:
    """Close a stream at once when nobody reads it any more, so that its worker stops."""
    try:
        yield generations
    finally:
        if isinstance(generations, AsyncGenerator):
            await generations.aclose()
