"""What a model family needs to be asked: how a prompt is laid out, and how it samples.

Knows nothing of servers, of streams, nor of how an answer is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.exchange import Included, Style
from bot.generate.model import Prompt, Sampling

Task = Literal["cite", "long", "closed", "simplify", "summarise"]
"""`cite` and `long`: an answer with numbered citations; `closed`: an answer from a text, without;
`simplify` and `summarise`: a text said anew."""

# What a passage may not say in the frame that `profiles.wording` puts around it: its numbers, and
# where it ends. The other brackets look the same to people, and no citation is read from them.
_NUMBERED = re.compile(r"[\[［【]([0-9０-９、,，\s]{1,12})[\]］】]")
_FRAME = re.compile(r"[<＜]([/／]?資料)[>＞]")


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as a prompt shows it: neutral text, ready to be put in."""

    number: int
    place: str
    """Title › heading › …, on one line; empty where it has neither."""
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One family of models."""

    name: str
    """As in `KURAGE_GENERATOR`."""
    tasks: Mapping[Style, Task]
    """What is asked of it for each style; a style that is absent it can not do."""
    lay_out: Callable[[Task, Sequence[Shown], str], Prompt]
    """Makes the prompt of a task, passages (best first), and a question."""
    temperature: float = 0.2
    top_p: float = 0.95
    stop: tuple[str, ...] = ()
    most_tokens: Mapping[Task, int] = field(default_factory=dict)
    """The longest answer to a task, in tokens, where the model's makers set one."""
    bos_by_server: bool = False
    """Whether the server's tokenizer puts the beginning-of-text token before the prompt, as vLLM's
    completions do for Llama's (`add_special_tokens`); the prompt then must not begin with it. Where
    it is False the server's chat template sees to it."""

    def sampling(self, task: Task, max_tokens: int) -> Sampling:
        """Return how an answer of at most so many tokens is drawn."""
        most = min(max_tokens, self.most_tokens.get(task, max_tokens))
        return Sampling(most, self.temperature, self.top_p, self.stop)


def framed(part: Included) -> Included:
    """Return a part of a passage as it stands in a prompt with numbered passages.

    `[2]` in it is 〔2〕, and `</資料>` is 〈/資料〉: it forges neither a passage nor a citation.
    Of the same length. Its prompt tags are neutral before (`bot.generate.neutral`).
    """
    return Included(part.number, part.begin, part.end, unforged(part.text))


def unforged(text: str) -> str:
    """Return a text that neither names a passage by its number nor ends the block of passages."""
    return _FRAME.sub(r"〈\1〉", _NUMBERED.sub(r"〔\1〕", text))
