"""Passages are fitted to what a model can read: whole sentences, the best passages first.

    async def fitted(model, passages, *, lay_out, answer_tokens, max_context)
        -> (prompt, what of each passage stands in it)

`lay_out` makes the prompt of some passages; it is called several times and must not count on how
often. The texts that it gets are neutral already. Knows nothing of any model's format.
"""

from __future__ import annotations

import bisect
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.exchange import Included
from bot.generate.model import Model, Prompt, RefusedError
from bot.generate.neutral import neutral
from ingest.sentences import sentences

_CONTEXT = 4096
"""Tokens, where neither the model nor the settings tell: Llama 2's, the smallest of our models."""
_TEMPLATE = 64
"""Tokens that a chat template adds at most. Qwen2's, with the system message that it puts in by
itself, adds about 20."""
_PER_MESSAGE = 8
_CALLS = 6
"""Questions to the tokenizer while a better fit is looked for; a good guess needs 2 or 3."""

_JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_TOKENS_PER_JAPANESE = 1.5
"""Where the tokenizer can not be asked: about twice Qwen2's 0.7 to 0.8, and what a vocabulary needs
that splits every second kanji into bytes, as Llama 2's does."""
_LETTER = re.compile("[A-Za-z ]")
_TOKENS_PER_LETTER = 0.5
"""Twice that of English prose; digits and marks count 1, everything else its UTF-8 bytes."""


class Text(Protocol):
    """What is fitted: a `Passage`, or anything with its number and text."""

    @property
    def number(self) -> int: ...

    @property
    def text(self) -> str: ...


async def fitted(
    model: Model,
    passages: Sequence[Text],
    *,
    lay_out: Callable[[Sequence[Included]], Prompt],
    answer_tokens: int,
    max_context: int | None,
) -> tuple[Prompt, tuple[Included, ...]]:
    """Return the prompt that leaves room for the answer, and what of each passage is in it.

    Passages are dropped from the end; the last one that has room keeps whole sentences. The best
    one is cut only where it does not fit alone. `max_context` narrows the model's own context.
    Raises `RefusedError` where not one sentence fits, and what `model.tokens` raises.
    """
    own = await model.context()
    told = [tokens for tokens in (own, max_context) if tokens is not None]
    context = min(told, default=_CONTEXT)
    fit = _Fit(model, tuple(passages), lay_out, context - answer_tokens)
    found = await fit.search()
    if found is None:
        raise RefusedError(
            f"the context of {context} tokens does not hold the question, one sentence of a source "
            f"and an answer of {answer_tokens} tokens; start the worker with a larger "
            "--max-model-len, or raise `context` or lower `max_tokens` in [generator]"
        )
    return found


def at_most(prompt: Prompt) -> int:
    """Return a bound that no byte-level tokenizer goes beyond: every token has a byte at least.

    Qwen2's tokenizer normalises by NFC, which makes a few characters longer.
    """
    texts = _texts(prompt)
    longest = sum(max(_bytes(text), _bytes(unicodedata.normalize("NFC", text))) for text in texts)
    return longest + _overhead(prompt)


def estimate(prompt: Prompt) -> int:
    """Return about how many tokens it has, rather too many, where no tokenizer can be asked."""
    return math.ceil(sum(map(_weight, _texts(prompt)))) + _overhead(prompt)


@dataclass(frozen=True, slots=True)
class _Measured:
    """The prompt of the first `count` sentences."""

    count: int
    included: tuple[Included, ...]
    prompt: Prompt
    tokens: int


@dataclass(slots=True)
class _Fit:
    """One search for the most sentences, counted over all passages in order, that have room."""

    model: Model
    passages: tuple[Text, ...]
    lay_out: Callable[[Sequence[Included]], Prompt]
    room: int
    spans: list[list[int]] = field(default_factory=list)
    """Where each sentence of each passage ends; a passage without any counts as one."""
    weights: list[float] = field(default_factory=list)
    """Of the first 0, 1, 2 … sentences."""

    async def search(self) -> tuple[Prompt, tuple[Included, ...]] | None:
        """Return the best fit, or None."""
        included = tuple(_part(passage, len(passage.text)) for passage in self.passages)
        prompt = self.lay_out(included)
        tokens = await self._tokens(prompt)
        if tokens <= self.room:
            return prompt, included
        if not self.passages:
            return None
        # Only now are sentences needed: to find them takes longer than all the rest.
        self._cut()
        everything = len(self.weights) - 1
        whole = _Measured(everything, included, prompt, tokens)
        best = len(self.spans[0])
        # The best passage is only touched where nothing else is left to leave out.
        for fewest, too_many in ((best, everything), (1, best)):
            if found := await self._between(fewest, too_many, whole):
                return found.prompt, found.included
        return None

    async def _between(self, fewest: int, too_many: int, last: _Measured) -> _Measured | None:
        """Return the most of at least `fewest` and less than `too_many` sentences that fit.

        What fits is proven by the tokenizer; the last measurement only makes a good guess.
        """
        found: _Measured | None = None
        low, high = fewest, too_many
        calls = 0
        while low < high and (found is None or calls < _CALLS):
            # Guesses that missed twice are not to be trusted: then halves.
            count = self._guess(last, low, high) if calls < 2 else (low + high) // 2
            last = await self._measured(count)
            calls += 1
            if last.tokens > self.room:
                high = count
                continue
            found, low = last, count + 1
            if self._full(last):
                break
        return found

    def _full(self, last: _Measured) -> bool:
        """Tell whether one more sentence would be too much, by what was measured."""
        more = self.weights[last.count + 1] - self.weights[last.count]
        return last.tokens + more * last.tokens / estimate(last.prompt) > self.room

    def _guess(self, last: _Measured, low: int, high: int) -> int:
        """Return the count from `low` to below `high` that fills the room, by what was measured."""
        other = estimate(last.prompt) - self.weights[last.count]
        allowed = self.room * estimate(last.prompt) / last.tokens - other
        return min(max(bisect.bisect_right(self.weights, allowed) - 1, low), high - 1)

    def _cut(self) -> None:
        self.spans = [_ends(passage.text) for passage in self.passages]
        pieces = (
            passage.text[begin:end]
            for passage, ends in zip(self.passages, self.spans, strict=True)
            for begin, end in itertools.pairwise([0, *ends])
        )
        self.weights = list(itertools.accumulate(map(_weight, pieces), initial=0.0))

    async def _measured(self, count: int) -> _Measured:
        included = self._included(count)
        prompt = self.lay_out(included)
        return _Measured(count, included, prompt, await self._tokens(prompt))

    async def _tokens(self, prompt: Prompt) -> int:
        bound = at_most(prompt)
        if bound <= self.room:
            return bound
        exact = await self.model.tokens(prompt)
        return estimate(prompt) if exact is None else exact

    def _included(self, count: int) -> tuple[Included, ...]:
        """Return the first `count` sentences as parts of their passages."""
        parts = []
        starts = itertools.accumulate(map(len, self.spans), initial=0)
        for passage, ends, start in zip(self.passages, self.spans, starts, strict=False):
            if count <= start:
                break
            left = count - start
            end = len(passage.text) if left >= len(ends) else ends[left - 1]
            parts.append(_part(passage, end))
        return tuple(parts)


def _part(passage: Text, end: int) -> Included:
    return Included(passage.number, 0, end, neutral(passage.text[:end]))


def _ends(text: str) -> list[int]:
    return [end for _, end in sentences(text)] or [len(text)]


def _texts(prompt: Prompt) -> tuple[str, ...]:
    if prompt.text is not None:
        return (prompt.text,)
    return tuple(message.text for message in prompt.messages)


def _overhead(prompt: Prompt) -> int:
    return _TEMPLATE + _PER_MESSAGE * len(prompt.messages)


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))


def _weight(text: str) -> float:
    japanese = len(_JAPANESE.findall(text))
    letters = len(_LETTER.findall(text))
    # Each of these Japanese characters has three bytes.
    rest = _bytes(text) - letters - 3 * japanese
    return japanese * _TOKENS_PER_JAPANESE + letters * _TOKENS_PER_LETTER + rest
