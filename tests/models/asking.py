"""Our own client and generators before the real worker, and passages from the little handbook."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kurage_cases import Fact, chunks, facts
from rigs.serving import KURAGE
from rigs.vllm_server import VllmServer

from bot.exchange import Evidence, Generation, Mode, Passage, Style
from bot.generate import Generator
from bot.generate.client import Client
from bot.generate.kurage import KurageGenerator
from bot.generate.model import Model, Piece, Prompt, Sampling
from bot.generate.repeatable import Repeatable
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

EVERY = tuple(chunks().values())
FACTS = {fact.sayings["ja"].question: fact for fact in facts()}


def fact(word: str) -> Fact:
    """Return the fact in whose Japanese question a word stands."""
    return next(fact for question, fact in FACTS.items() if word in question)


def passages(*texts: str) -> tuple[Passage, ...]:
    return tuple(_passage(number, text) for number, text in enumerate(texts, start=1))


def among(bearing: Sequence[str], count: int = 8, at: Sequence[int] = (3, 6)) -> Evidence:
    """Return as many passages, those that bear a fact at places counted from 1."""
    texts = [text for text in EVERY if text not in bearing][: count - len(bearing)]
    for place, text in zip(at, bearing, strict=False):
        texts.insert(place - 1, text)
    return Evidence(passages(*texts))


def _passage(number: int, text: str) -> Passage:
    document = IndexedDocument("wiki", f"d{number}", "1", "1", 1, f"d{number}", "https://x/d")
    return Passage(number, Hit(1.0, document, Chunk(0, f"d{number}", (), text, "paragraph", "")))


@asynccontextmanager
async def client(
    worker: VllmServer, *, model: str | None = "kurage", first_token: float = 60
) -> AsyncIterator[Client]:
    """Yield our client of a worker; it is patient, as the machine may be busy."""
    made = Client([worker.url], model=model, api_key=None, first_token=first_token, timeout=120)
    try:
        yield made
    finally:
        await made.close()


RAMBLING = Sampling(3000, temperature=2.0, top_p=1.0, seed=3)
"""For the untrained model, which never stops by itself: some seconds of anything."""


@dataclass(frozen=True)
class Rambling:
    """The untrained model, which goes on and on, whatever it is asked."""

    model: Model
    begun: Callable[[], None] = lambda: None
    """Called when it has begun to."""

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        said = cast("AsyncGenerator[Piece, None]", self.model.stream(prompt, RAMBLING))
        async with aclosing(said) as pieces:
            begun = False
            async for piece in pieces:
                if not begun:
                    begun = True
                    self.begun()
                yield piece

    async def tokens(self, prompt: Prompt) -> int | None:
        return await self.model.tokens(prompt)

    async def context(self) -> int | None:
        return await self.model.context()


def greedy(model: Model, mode: Mode = "multi") -> KurageGenerator:
    """Return Kurage's generator, which says the same whenever it is asked the same."""
    return shipped(Repeatable(model), mode)


def shipped(model: Model, mode: Mode = "multi") -> KurageGenerator:
    """Return Kurage's generator as it is configured by default."""
    return KurageGenerator(model, mode=mode, max_tokens=128, max_tokens_long=512)


async def stream(
    generator: Generator, question: str, evidence: Evidence, style: Style = "short"
) -> list[Generation]:
    """Return everything that is said, the last of it finished."""
    said = [one async for one in generator.generate(question, evidence, style)]
    assert [one.finished for one in said] == [False] * (len(said) - 1) + [True]
    return said


def environ(worker: VllmServer) -> dict[str, str]:
    """Return what names the worker to `kurage`."""
    named = {"KURAGE_GENERATOR": "kurage", "KURAGE_GENERATOR_URL": worker.url}
    return {**named, "KURAGE_GENERATOR_MODEL": worker.model}


def kurage(home: Path, more: Mapping[str, str], *command: str) -> str:
    """Return what a command prints; it has to succeed."""
    told = {"KURAGE_HOME": str(home), "KURAGE_DATABASE_URL": f"sqlite:///{home / 'kurage.db'}"}
    done = subprocess.run(
        (*KURAGE, *command),
        cwd=home,
        env={**os.environ, **told, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
