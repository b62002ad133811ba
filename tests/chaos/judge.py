"""The rule of the chaos tests: every question has exactly one visible answer, and it is its own.

What counts as the answer is what a bot says to the same question on a calm day, word for word: a
half-said one that nobody finished is as wrong as none. Beside it, no turn may be left open in SQL.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chaos.people import Asked, People, wait
from sqlalchemy import create_engine, text

_CLOSED_S = 20.0

Answers = list[str]
"""What the bot's messages to one question say, in order."""


@dataclass
class Verdict:
    """What is wrong; all empty where nothing is."""

    asked: int = 0
    lost: list[Asked] = field(default_factory=list)
    doubled: list[tuple[Asked, Answers]] = field(default_factory=list)
    wrong: list[tuple[Asked, Answers]] = field(default_factory=list)
    """One answer, but unfinished, or to another question."""
    leftovers: list[str] = field(default_factory=list)
    open_turns: list[str] = field(default_factory=list)
    """Of turns that SQL still takes for open, or has twice: how they stand there."""

    def __bool__(self) -> bool:
        """Tell whether all is well."""
        found = (self.lost, self.doubled, self.wrong, self.leftovers, self.open_turns)
        return not any(found)

    def __str__(self) -> str:
        """Return what is wrong, a few examples of each kind."""
        lines = [
            (
                f"{self.asked} asked, {len(self.lost)} lost, {len(self.doubled)} doubled, "
                f"{len(self.wrong)} wrong, {len(self.leftovers)} left over, "
                f"{len(self.open_turns)} open in SQL"
            )
        ]
        for name in ("lost", "doubled", "wrong", "leftovers", "open_turns"):
            lines += [f"  {name}: {one}" for one in getattr(self, name)[:3]]
        return "\n".join(lines)


def learn(people: People, questions: Sequence[str], timeout: float = 30.0) -> dict[str, Answers]:
    """Ask each question once on a calm day, and return its answer. TimeoutError without one."""
    asked = people.ask(questions)
    if left := wait(people, asked, timeout):
        raise TimeoutError(f"no answer on a calm day: {left[:3]}")
    return {one.text: people.answers(one) for one in asked}


def judge(
    people: People,
    asked: Sequence[Asked],
    known: Mapping[str, Answers],
    *,
    also: Mapping[str, Sequence[Answers]] | None = None,
    database_url: str | None = None,
) -> Verdict:
    """Return what is wrong with the answers to these questions.

    `also` are answers that are as right, by the id of the question.
    """
    verdict = Verdict(asked=len(asked), leftovers=people.leftovers(asked))
    for one in asked:
        said = people.answers(one)
        right = [known[one.text], *(also or {}).get(one.id, [])]
        if said in right:
            continue
        if not said:
            verdict.lost.append(one)
        elif len(said) > max(len(each) for each in right):
            verdict.doubled.append((one, said))
        else:
            verdict.wrong.append((one, said))
    if database_url:
        verdict.open_turns = _left_open(database_url)
    return verdict


def judged(
    people: People,
    asked: Sequence[Asked],
    known: Mapping[str, Answers],
    *,
    also: Mapping[str, Sequence[Answers]] | None = None,
    database_url: str | None = None,
    timeout: float = 60.0,
) -> Verdict:
    """Judge once all is well and nothing moves any more, or when that takes too long."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not judge(people, asked, known, also=also):
        time.sleep(0.2)
    people.still()
    return judge(people, asked, known, also=also, database_url=database_url)


def _left_open(database_url: str) -> list[str]:
    """Return the turns that stay open: what people see comes a little before its row is closed."""
    deadline = time.monotonic() + _CLOSED_S
    while (found := open_turns(database_url)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def open_turns(database_url: str) -> list[str]:
    """Return the turns that are not finished, each as its row stands."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    query = text(
        "SELECT id, platform, message, state FROM turns WHERE state IN ('received', 'answering')"
    )
    try:
        with engine.connect() as connection:
            return [str(tuple(row)) for row in connection.execute(query)]
    finally:
        engine.dispose()
