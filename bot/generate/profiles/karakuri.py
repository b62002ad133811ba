"""KARAKURI LM 70B Chat v0.1: Llama 2's template with nine attributes that steer the answer.

https://huggingface.co/karakuri-ai/karakuri-lm-70b-chat-v0.1
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Prompt
from bot.generate.profiles.base import Profile, Shown, Task
from bot.generate.profiles.wording import instructions, request
from bot.settings import Karakuri


def profile(karakuri: Karakuri) -> Profile:
    """Return the profile with attributes as configured."""

    def lay_out(task: Task, passages: Sequence[Shown], question: str) -> Prompt:
        return Prompt(
            text=conversation(instructions(task), (), request(passages, question), karakuri)
        )

    return Profile(
        "karakuri",
        tasks={"short": "cite", "long": "long"},
        lay_out=lay_out,
        bos_by_server=True,
    )


def conversation(
    system: str, turns: Sequence[tuple[str, str]], user: str, karakuri: Karakuri
) -> str:
    """Return a prompt that goes on behind former turns, each of what was asked and answered.

    The first `<s>` is left to the server's tokenizer; the later ones stand in the text.
    """
    asked = [f"{said} {attributes(karakuri)}" for said in (*(turn[0] for turn in turns), user)]
    asked[0] = f"<<SYS>>\n{system}\n<</SYS>>\n\n{asked[0]}"
    answered = (f" {answer} </s><s>" for _, answer in turns)
    return "".join(
        f"[INST] {said} [/INST]{answer}"
        for said, answer in zip(asked, (*answered, ""), strict=True)
    )


def attributes(karakuri: Karakuri) -> str:
    """Return the block of attributes, in the order of the model's card."""
    values = " ".join(f"{name}: {value}" for name, value in karakuri.model_dump().items())
    return f"[ATTR] {values} [/ATTR]"
