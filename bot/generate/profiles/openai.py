"""Any other model behind an OpenAI-compatible server: chat completions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Message, Prompt
from bot.generate.profiles.base import Profile, Shown, Task
from bot.generate.profiles.wording import instructions, request


def profile() -> Profile:
    """Return the profile."""
    return Profile(
        "openai",
        tasks={"short": "cite", "long": "long"},
        lay_out=_lay_out,
    )


def _lay_out(task: Task, passages: Sequence[Shown], question: str) -> Prompt:
    return Prompt(
        messages=(
            Message("system", instructions(task)),
            Message("user", request(passages, question)),
        )
    )
