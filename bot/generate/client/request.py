"""What a worker is asked, as JSON, and what its count of tokens says. Knows nothing of sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from bot.generate.model import Prompt, Sampling


def path(prompt: Prompt) -> str:
    """Return the endpoint that takes such a prompt, below the base URL."""
    return "/chat/completions" if prompt.text is None else "/completions"


def body(model: str, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    """Return a request for an answer."""
    asked: dict[str, Any] = {
        "model": model,
        **_said(prompt),
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream": True,
    }
    if sampling.stop:
        asked["stop"] = list(sampling.stop)
    if sampling.seed is not None:
        asked["seed"] = sampling.seed
    return asked


def counted(model: str | None, prompt: Prompt) -> dict[str, Any]:
    """Return what vLLM's `/tokenize` is asked, so that it counts as it does before it generates.

    A text gets the model's special tokens (BOS) there, too; a chat those of its template.
    """
    asked = _said(prompt)
    asked |= {"add_special_tokens": True} if "prompt" in asked else {"add_generation_prompt": True}
    return asked if model is None else {"model": model, **asked}


def count(response: httpx2.Response) -> int | None:
    """Return the count of an answer; None where it has none, as that of another kind of server."""
    if not response.is_success:
        return None
    try:
        said = response.json()
    except (ValueError, RecursionError):
        return None
    number = said.get("count") if isinstance(said, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if number > 0 else None


def _said(prompt: Prompt) -> dict[str, Any]:
    if prompt.text is not None:
        return {"prompt": prompt.text}
    return {"messages": [{"role": one.role, "content": one.text} for one in prompt.messages]}


class Dialect:
    """What a server does not take of a request, as it has said itself.

    vLLM takes all of it. OpenAI's own reasoning models know `max_tokens` by another name, and have
    a temperature of their own.
    """

    def __init__(self) -> None:
        self._left_out: set[str] = set()

    def spoken(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request as this server takes it."""
        kept = {key: value for key, value in asked.items() if key not in self._left_out}
        if "max_tokens" in self._left_out:
            kept["max_completion_tokens"] = asked["max_tokens"]
        return kept

    def learned(self, code: str | None, parameter: str | None) -> bool:
        """Note what an error says; return whether it is worth asking again without that."""
        optional = {"max_tokens", "temperature", "top_p", "seed", "stop"}
        if code not in {"unsupported_parameter", "unsupported_value"} or parameter is None:
            return False
        if parameter not in optional or parameter in self._left_out:
            return False
        self._left_out.add(parameter)
        return True
