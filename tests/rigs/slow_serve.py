"""`kurage serve` with a generator that takes its time: `python slow_serve.py PIECES SECONDS`.

The real program with another generator behind the port: it says what the extractive one says, in
so many pieces, so many seconds apart. A process that is killed meanwhile leaves a half-said answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from bot import app, cli
from bot.exchange import Evidence, Generation, Statement, Style
from bot.generate import Generator


@dataclass(frozen=True, slots=True)
class SlowGenerator:
    """Says what another one says, piece by piece."""

    inner: Generator
    pieces: int
    seconds: float
    """Before each piece."""

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        """Yield what is said so far; the last one is `finished`."""
        async for said in self.inner.generate(question, evidence, style):
            if not said.finished:
                continue
            for piece in range(1, self.pieces):
                await asyncio.sleep(self.seconds)
                shown = tuple(_begun(one, piece / self.pieces) for one in said.statements)
                yield replace(said, statements=shown, finished=False)
            await asyncio.sleep(self.seconds)
            yield said


def _begun(statement: Statement, share: float) -> Statement:
    length = max(1, round(len(statement.text) * share))
    return replace(statement, text=statement.text[:length])


if __name__ == "__main__":
    _pieces, _seconds = int(sys.argv[1]), float(sys.argv[2])
    _extractive = app.GENERATORS["extractive"]
    app.GENERATORS["extractive"] = lambda kurage: SlowGenerator(
        _extractive(kurage), _pieces, _seconds
    )
    sys.argv = ["kurage", "serve"]
    cli.main()
