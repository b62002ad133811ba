"""What Kurage reads, to the letter: its tags, and where chunks and question stand.

From the model cards of lightblue/kurage-ja and its sisters, which lose what stands between `<<` and
`>>` on the page; `<<Long>>` is confirmed by its makers elsewhere. Should another tag turn out to be
different, it is changed here and nowhere else. Knows nothing of what is answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.generate.model import Message, Prompt

CHUNK = "<<Chunk {number}>>"
QUESTION = "<<Question>>"
REFERENCES = "<<References>>"
ANSWER = "<<Answer>>"
LONG = "<<Long>>"
CONTEXT = "<<Q&A Generation Context>>"

TEMPERATURE = 0.2
TOP_P = 0.95


def question_over(chunks: Sequence[str], question: str, *, long: bool = False) -> Prompt:
    """Return the prompt that asks a question over chunks, numbered from 1 in their order.

    One user message; there is no system message. Chunks and question have to be neutral.
    """
    parts = [
        f"{CHUNK.format(number=number)}\n{text}" for number, text in enumerate(chunks, start=1)
    ]
    parts.append(f"{QUESTION}\n{question}{f' {LONG}' if long else ''}")
    return Prompt((Message("user", "\n\n".join(parts)),))


def questions_of(text: str) -> Prompt:
    """Return the prompt that asks for questions, with answers, that a chunk answers."""
    return Prompt((Message("user", f"{CONTEXT}\n{text}"),))
