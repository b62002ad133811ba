"""RakutenAI 7B Instruct: completions, behind a fixed preamble.

https://huggingface.co/Rakuten/RakutenAI-7B-instruct
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Prompt
from bot.generate.profiles.base import Profile, Shown, Task
from bot.generate.profiles.wording import instructions, request

_PREAMBLE = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)


def profile() -> Profile:
    """Return the profile."""
    return Profile(
        "rakuten",
        tasks={"short": "cite", "long": "long"},
        lay_out=_lay_out,
        # A model that goes on as its user would ask itself the next question.
        stop=("USER:",),
        bos_by_server=True,
    )


def _lay_out(task: Task, passages: Sequence[Shown], question: str) -> Prompt:
    user = f"{instructions(task)}\n\n{request(passages, question)}"
    return Prompt(text=f"{_PREAMBLE} USER: {user} ASSISTANT:")
