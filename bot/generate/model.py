"""The Model port: a prompt in, pieces of text out. Knows nothing of servers, formats or answers.

`client` is its implementation, over any number of workers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.generate import GeneratorError

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length"]


class AwayError(GeneratorError):
    """No worker can be reached, or none answers in time: it may pass."""


class RefusedError(GeneratorError):
    """A worker does not take the request, and would not later: model name, key, or its length."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads: the messages of a chat, or a text to go on from."""

    messages: tuple[Message, ...] = ()
    text: str | None = None
    """For the completions endpoint, exactly as the model reads it; `messages` is empty then."""

    @property
    def shown(self) -> str:
        """Return it for people: each message behind a line with its role."""
        if self.text is not None:
            return self.text
        return "\n\n".join(f"[{message.role}]\n{message.text}" for message in self.messages)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen, and when to stop."""

    max_tokens: int
    temperature: float = 0.2
    top_p: float = 0.95
    stop: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what a model says."""

    text: str
    worker: str
    """Host and port of who says it."""
    model: str
    finish: Finish | None = None
    """Set on the last one: it was done, or ran into `max_tokens`."""


class Model(Protocol):
    """A language model, wherever it runs."""

    def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        """Yield what it says, piece by piece; the last one has a `finish`.

        Closing the iterator ends the generation at the worker, too. Raises `AwayError` (before the
        first piece, or in the middle) and `RefusedError`.
        """
        ...

    async def tokens(self, prompt: Prompt) -> int | None:
        """Return how many tokens the model reads, its template included; None: it can not tell."""
        ...

    async def context(self) -> int | None:
        """Return how many tokens prompt and answer may have together; None: it can not tell."""
        ...
