"""Karasu 7B and Qarasu 14B: chat completions, by the template of their own tokenizers.

https://huggingface.co/lightblue/qarasu-14B-chat-plus-unleashed
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Message, Prompt
from bot.generate.profiles.base import Profile, Shown, Task
from bot.generate.profiles.wording import instructions, request

SYSTEM = "あなたはAIアシスタントです。"
"""The system message that they were trained with, to the letter; what we want stands behind it."""


def profile() -> Profile:
    """Return the profile."""
    return Profile(
        "qarasu",
        tasks={"short": "cite", "long": "long"},
        lay_out=_lay_out,
    )


def _lay_out(task: Task, passages: Sequence[Shown], question: str) -> Prompt:
    user = f"{instructions(task)}\n\n{request(passages, question)}"
    return Prompt(messages=(Message("system", SYSTEM), Message("user", user)))
