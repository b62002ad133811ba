"""What the worker says: Kurage's format, from the passages of the prompt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

Script = Callable[[str], str | Iterable[str]]
"""From a prompt to what is said: a text, or its pieces (which may never end).

Of a chat the prompt is what its messages say, with a blank line between them.
"""

_CHUNK = re.compile(r"<<Chunk (\d+)>>\n(.*?)(?=\n\n<<(?:Chunk \d+|Question)>>\n|\Z)", re.DOTALL)
_LONG = " <<Long>>"
_CONTEXT = "<<Q&A Generation Context>>\n"


def reply(references: Sequence[int], answer: str) -> str:
    """Return an answer in Kurage's format; without references it says that nothing answers."""
    if not references:
        return "<<References>>\nNone"
    named = ", ".join(str(number) for number in references)
    return f"<<References>>\n{named}\n\n<<Answer>>\n{answer}"


def chunks(prompt: str) -> dict[int, str]:
    """Return the chunks of a prompt by their number."""
    return {int(number): text for number, text in _CHUNK.findall(prompt)}


def question(prompt: str) -> str:
    """Return the question of a prompt, without the sign for a longer answer."""
    return prompt.rpartition("<<Question>>\n")[2].removesuffix(_LONG)


def first_sentence(prompt: str) -> str:
    """Answer with the first sentence of the first chunk; a longer answer is the whole chunk."""
    if prompt.startswith(_CONTEXT):
        text = prompt.removeprefix(_CONTEXT)
        return f"<<Question>>\n{_sentence(text)}とは何ですか？\n\n<<Answer>>\n{_sentence(text)}"
    given = chunks(prompt)
    if not given:
        return reply((), "")
    number, text = next(iter(given.items()))
    return reply((number,), text if prompt.endswith(_LONG) else _sentence(text))


def facts(known: Mapping[str, str]) -> Script:
    """Return a script that knows what answers each question, and looks for it in the chunks.

    `known` is from question to answer. Chunks that hold the answer are the references; where none
    does, or the question is unknown, it says that nothing answers.
    """

    def say(prompt: str) -> str:
        answer = known.get(question(prompt))
        if answer is None:
            return reply((), "")
        numbers = [number for number, text in chunks(prompt).items() if answer in text]
        if numbers and prompt.endswith(_LONG):
            return reply(numbers, f"{question(prompt).rstrip('？?')}については、{answer}です。")
        return reply(numbers, answer)

    return say


def _sentence(text: str) -> str:
    return re.split(r"(?<=[。！？])", text.strip(), maxsplit=1)[0]
