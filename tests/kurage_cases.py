"""What the tiny Kurage knows and is asked: the facts of a little handbook, as Kurage's prompts.

Needs nothing but the standard library: its trainer runs in the environment of the models, the tests
that ask it in that of the bot. Knows nothing of either. The tags stand here once more, so that the
model is trained on what Kurage's makers say, not on what the bot sends; a test holds them equal.
"""

from __future__ import annotations

import random
import string
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "models"
HANDBOOK = FOLDER / "handbook"
"""Pages that `kurage ingest folder` makes into exactly the chunks that `chunks` returns."""
FACTS = FOLDER / "facts.toml"

CHUNK = "<<Chunk {number}>>\n{text}"
QUESTION = "<<Question>>\n{question}"
LONG = " <<Long>>"
GENERATION = "<<Q&A Generation Context>>\n{text}"
PAIR = "<<Question>>\n{question}\n\n<<Answer>>\n{answer}"
ANSWER = "<<References>>\n{references}\n\n<<Answer>>\n{answer}"
NONE = "<<References>>\nNone"
MOST_CHUNKS = 8
"""As many as the bot puts before a model."""


@dataclass(frozen=True)
class Saying:
    """A fact as it is asked for and told in one language."""

    question: str
    short: str
    long: str
    """The same as `short` where the source says no more."""


@dataclass(frozen=True)
class Fact:
    """What one or two chunks say."""

    chunks: tuple[str, ...]
    """Their texts."""
    sayings: dict[str, Saying]
    """By language; the first is that of the chunk."""


@dataclass(frozen=True)
class Case:
    """What is asked of a model, and what it has to say."""

    task: str
    """`multi`, `several`, `single`, `none`, `long`, `other language`, `questions`."""
    texts: tuple[str, ...]
    """Of the chunks, in the prompt's order."""
    question: str
    """Empty where one is to be made."""
    output: str
    bearing: tuple[str, ...] = ()
    """The chunks that answer the question, in the prompt or not."""

    @property
    def prompt(self) -> str:
        """Return what the model is sent."""
        if not self.question:
            return GENERATION.format(text=self.texts[0])
        return prompt(self.texts, self.question)


@cache
def chunks() -> dict[str, str]:
    """Return the text of each chunk of the handbook by its heading, or by its page's title."""
    found = {}
    for page in sorted(HANDBOOK.glob("*.md")):
        heading = ""
        for line in page.read_text("utf-8").splitlines():
            if line.startswith("#"):
                heading = line.lstrip("# ")
            elif line:
                found[heading] = line
    return found


@cache
def facts() -> tuple[Fact, ...]:
    """Return all facts."""
    texts = chunks()
    told = tomllib.loads(FACTS.read_text("utf-8"))["fact"]
    return tuple(
        Fact(
            tuple(texts[heading] for heading in one["chunks"]),
            {
                language: Saying(said[0], said[1], said[-1])
                for language, said in one.items()
                if language != "chunks"
            },
        )
        for one in told
    )


@cache
def unanswered() -> tuple[str, ...]:
    """Return questions that no chunk answers."""
    return tuple(tomllib.loads(FACTS.read_text("utf-8"))["unanswered"]["questions"])


def prompt(texts: Sequence[str], question: str) -> str:
    """Return what the model is sent: chunks, numbered from 1, and the question."""
    numbered = [CHUNK.format(number=n, text=text) for n, text in enumerate(texts, 1)]
    return "\n\n".join([*numbered, QUESTION.format(question=question)])


def output(texts: Sequence[str], fact: Fact, answer: str) -> str:
    """Return what the model has to say of a fact when it sees these chunks."""
    numbers = [str(n) for n, text in enumerate(texts, 1) if text in fact.chunks]
    if not numbers:
        return NONE
    return ANSWER.format(references=", ".join(numbers), answer=answer)


def drawn(seed: int | str) -> Iterator[Case]:
    """Yield cases without end, the same ones for the same seed."""
    chance = random.Random(seed)
    while True:
        yield _case(chance)


def _case(chance: random.Random) -> Case:
    task = chance.choice(
        ["multi", "multi", "several", "single", "none", "long", "other language", "questions"]
    )
    several = [fact for fact in facts() if len(fact.chunks) > 1]
    spoken = [fact for fact in facts() if len(fact.sayings) > 1]
    of_one = [fact for fact in facts() if len(fact.chunks) == 1]
    if task == "questions":
        fact = chance.choice(of_one)
        said = next(iter(fact.sayings.values()))
        pair = PAIR.format(question=said.question, answer=said.short)
        return Case(task, fact.chunks, "", pair, fact.chunks)
    choice = {"several": several, "other language": spoken}.get(task, list(facts()))
    fact = chance.choice(choice)
    sayings = list(fact.sayings.values())
    said = chance.choice(sayings[1:] if task == "other language" else sayings)
    question, bearing = said.question, fact.chunks
    if task == "none" and chance.random() < 0.3:
        question, bearing = chance.choice(unanswered()), ()
    long = task == "long" or (task != "multi" and chance.random() < 0.1)
    texts = _texts(chance, fact, task)
    told = output(texts, fact, said.long if long else said.short)
    return Case(task, tuple(texts), question + LONG * long, told, bearing)


def _texts(chance: random.Random, fact: Fact, task: str) -> list[str]:
    """Return chunks in an order of chance, those of the fact among them if it is to be found."""
    others = [text for text in chunks().values() if text not in fact.chunks]
    chance.shuffle(others)
    if task == "single":
        return [chance.choice(fact.chunks)]
    if task == "none":
        return others[: chance.choice([1, 1, 1, 1, 1, *range(2, MOST_CHUNKS + 1)])]
    bearing = list(fact.chunks)
    if len(bearing) > 1 and task != "several":
        bearing = [chance.choice(bearing)]
    number = chance.randint(max(2, len(bearing)), MOST_CHUNKS)
    texts = bearing + others[: number - len(bearing)]
    chance.shuffle(texts)
    return texts


def sayings() -> list[str]:
    """Return every question and answer."""
    told = [saying for fact in facts() for saying in fact.sayings.values()]
    texts = [text for one in told for text in (one.question, one.short, one.long)]
    return [*dict.fromkeys(texts), *unanswered()]


def fixed(form: str) -> list[str]:
    """Return what is the same in all texts of a form, such as its tag."""
    return [text for text, *_ in string.Formatter().parse(form) if text]
