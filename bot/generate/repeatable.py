"""A model that says the same twice, for evaluation. Knows nothing of what it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from bot.generate.model import Model, Piece, Prompt, Sampling


@dataclass(frozen=True, slots=True)
class Repeatable:
    """Another model, which takes the likeliest token each time, whatever sampling is asked for.

    As far as its worker goes along: which requests share a batch changes sums of floating-point
    numbers in their last digits, and now and then a token.
    """

    model: Model
    seed: int = 0

    def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield what the model says at temperature 0."""
        greedy = replace(sampling, temperature=0.0, top_p=1.0, seed=self.seed)
        return self.model.stream(prompt, greedy)

    async def tokens(self, prompt: Prompt) -> int | None:
        """Return what the model says of its prompt's length."""
        return await self.model.tokens(prompt)

    async def context(self) -> int | None:
        """Return what the model says of its context."""
        return await self.model.context()
