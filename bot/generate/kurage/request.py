"""One request to the model: its output grows, is stopped where it repeats itself, and is noted.

Knows nothing of tags.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from bot.exchange import Call, Included
from bot.generate.model import Finish, Model, Piece, Prompt, Sampling
from bot.generate.repetition import endless
from ingest.sentences import sentences

_LOOK = 16
"""Characters after which a repetition is looked for again."""
_CHARACTERS = 32
"""Of the longest tokens, about: what is longer than so many each comes from a worker that does not
keep to `max_tokens`, and might never end."""
_ENDED = re.compile(r"(?:[。｡！？!?…]|(?<!\d)[.．])[」』）)”’\"']*\Z")
"""A full stop behind a digit may be the point of 3.5."""


class Request:
    """What is asked, and what has been said to it so far."""

    def __init__(
        self,
        model: Model,
        task: str,
        prompt: Prompt,
        included: tuple[Included, ...],
        sampling: Sampling,
    ) -> None:
        self._model = model
        self._task = task
        self._prompt = prompt
        self._sampling = sampling
        self._began = time.perf_counter()
        self._first: float | None = None
        self._ended: float | None = None
        self._finish: Finish | None = None
        self._worker = ""
        self._name = ""
        self._looked = 0
        self._repeats: int | None = None
        self.raw = ""
        """All that came back."""
        self.included = included

    @property
    def kept(self) -> str:
        """What came back without what was said over and over."""
        return self.raw[: self._repeats]

    @property
    def complete(self) -> bool:
        """Whether the model came to its end by itself."""
        return self._repeats is None and self._finish != "length"

    async def stream(self) -> AsyncGenerator[str, None]:
        """Yield the output so far, whenever it has grown; ends the generation when it is closed.

        Raises what `Model.stream` raises.
        """
        self._began = time.perf_counter()
        try:
            said = self._model.stream(self._prompt, self._sampling)
            async with aclosing(cast("AsyncGenerator[Piece, None]", said)) as pieces:
                async for piece in pieces:
                    self._worker, self._name = piece.worker, piece.model
                    self._finish = piece.finish or self._finish
                    if not piece.text:
                        continue
                    if self._first is None:
                        self._first = time.perf_counter()
                    self.raw += piece.text
                    if self._repeating() or self._too_long():
                        return
                    yield self.raw
        finally:
            self._ended = time.perf_counter()

    def call(self, error: str | None = None) -> Call:
        """Return what is kept of it."""
        ended = self._ended or time.perf_counter()
        first = None if self._first is None else _milliseconds(self._began, self._first)
        return Call(
            task=self._task,
            model=self._name,
            worker=self._worker,
            prompt=self._prompt.shown,
            raw=self.raw,
            included=self.included,
            milliseconds=_milliseconds(self._began, ended),
            first_token_ms=first,
            error=error,
        )

    def _repeating(self) -> bool:
        if len(self.raw) - self._looked < _LOOK:
            return False
        self._looked = len(self.raw)
        self._repeats = endless(self.raw)
        return self._repeats is not None

    def _too_long(self) -> bool:
        if len(self.raw) > _CHARACTERS * self._sampling.max_tokens:
            self._finish = "length"
            return True
        return False


def whole_sentences(text: str) -> str:
    """Return what was cut off up to its last whole sentence, or as it is if it has none."""
    for begin, end in reversed(sentences(text)):
        if _ENDED.search(text, begin, end) or text[end:].startswith(("\n", "\r")):
            return text[:end]
    return text


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 2)
