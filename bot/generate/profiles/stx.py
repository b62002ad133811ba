"""openorca_stx: closed question answering, simplification, summaries; it names no sources.

Named by what it was trained on: SNOW (simplified Japanese), TyDi QA and XL-Sum. A 13B Llama 2.
https://huggingface.co/lightblue/openorca_stx
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Prompt
from bot.generate.profiles.base import Profile, Shown, Task


def profile() -> Profile:
    """Return the profile."""
    return Profile(
        "stx",
        # Trained to answer in a few words: nothing asks it for a longer answer.
        tasks={
            "short": "closed",
            "long": "closed",
            "simple": "simplify",
            "summary": "summarise",
        },
        lay_out=_lay_out,
        temperature=0,
        top_p=1,
        most_tokens={"closed": 128},
        bos_by_server=True,
    )


def _lay_out(task: Task, passages: Sequence[Shown], question: str) -> Prompt:
    # The blank line is what parts text and question, so there is none within either.
    text = "\n".join(map(_without_blank_lines, (passage.text for passage in passages)))
    if task == "simplify":
        return Prompt(text=f"元の日本語：\n{text}\n\nシンプルな日本語：")
    if task == "summarise":
        return Prompt(text=f"記事：\n{text}\n\n要約：")
    return Prompt(text=f"{text}\n\n{' '.join(question.split())}\n")


def _without_blank_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
