"""What a model other than Kurage says becomes statements with references while it comes in.

A model that cites has each sentence borne by what it cites; one that cites nothing is believed only
where a passage bears what it says. Knows nothing of prompts and requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.exchange import Generation, Passage, Statement
from bot.generate.bearing import Bearing
from bot.generate.citations import Cited
from bot.generate.profiles import Task
from bot.generate.repetition import endless
from bot.generate.saying import Answering, abstains, may_abstain

_STRANGE = 0.15
"""Share of a sentence below which what it cites can not bear it, if another passage does."""

_HEADING = re.compile(r"#{1,6}(?:[ \u3000]+|\Z)")

_ENOUGH = 20
"""Characters of an answer that show whether a passage bears it, while it has not cited any yet:
less stands somewhere by chance, and would be taken back."""


class Reading:
    """One output of a model; `feed` it, then `close` it."""

    def __init__(self, task: Task, question: str, passages: Mapping[int, Passage]) -> None:
        """Read an output that was made from these passages, by their numbers in the prompt."""
        self._task = task
        self._question = question
        self._numbers = tuple(passages)
        self._bearing = Bearing(passages)
        self._answering = Answering()
        self._text = ""
        self._cited = self._new()
        self.over = False
        """Whether the rest is not heard: it repeats itself, or goes on to something else."""
        self._cut = False
        self._finished = False

    def feed(self, piece: str) -> None:
        """Take in what the model says next."""
        if not self.over:
            self._take(self._answering.feed(piece))
            self.over = self.over or self._answering.over

    def close(self, *, cut: bool) -> None:
        """There is no more; `cut` where the model had more to say."""
        if not self.over:
            self._take(self._answering.close())
        self._cited.close()
        self._cut = self._cut or cut
        self._finished = True

    def generation(self) -> Generation:
        """Return what is said so far; while it is not closed, nothing that may be an abstention."""
        statements = self._whole()
        if not statements or abstains(statements[0].text):
            return Generation((), finished=self._finished)
        if not self._finished and may_abstain(statements[0].text):
            return Generation(())
        statements = tuple(part for part in statements if not abstains(part.text))
        if self._task in {"simplify", "summarise"}:
            references: tuple[int, ...] = self._numbers
        else:
            statements, references = self._borne(statements)
        return Generation(statements if references else (), references, finished=self._finished)

    def _new(self) -> Cited:
        return Cited(self._numbers if self._task in {"cite", "long"} else ())

    def _take(self, text: str) -> None:
        self._text += text
        end = endless(self._text)
        self._cut = end is not None
        if end is None:
            end = self._blank_line()
        if end is None:
            self._cited.feed(text)
            return
        self.over = True
        self._text = self._text[:end]
        self._cited = self._new()
        self._cited.feed(self._text)

    def _blank_line(self) -> int | None:
        """Return where the answer of a model that does not cite ends.

        What it was trained on is parted so, and behind it such a model makes up the next piece.
        """
        if self._task in {"cite", "long"}:
            return None
        begin = len(self._text) - len(self._text.lstrip())
        end = self._text.find("\n\n", begin)
        return end if end >= 0 else None

    def _whole(self) -> tuple[Statement, ...]:
        """Return the sentences, of an answer that was cut off the whole ones, if it has any."""
        statements = tuple(_without_heading(self._cited.statements))
        if self._cut and len(statements) > 1 and not self._cited.whole:
            return statements[:-1]
        return statements

    def _borne(
        self, statements: tuple[Statement, ...]
    ) -> tuple[tuple[Statement, ...], tuple[int, ...]]:
        """Return the statements with verified references, and those of the answer as a whole."""
        cited = self._cited.references
        if not cited:
            texts = [part.text for part in statements]
            early = self._task == "closed" or sum(map(len, texts)) < _ENOUGH
            if early and not self._finished:
                return statements, ()
            return statements, self._bearing.best(texts, self._question)
        statements = tuple(map(self._verified, statements))
        own = (number for part in statements for number in part.references)
        general = () if any(part.references for part in statements) else cited
        return statements, tuple(dict.fromkeys((*own, *general)))

    def _verified(self, statement: Statement) -> Statement:
        """Return the statement with what bears it instead of a citation that clearly does not.

        Passages in another language share nothing with it, and are believed.
        """
        if not statement.references:
            return statement
        shares = (self._bearing.shared(statement.text, n) for n in statement.references)
        if max(shares) >= _STRANGE:
            return statement
        best = self._bearing.best([statement.text], self._question)
        return replace(statement, references=best) if best else statement


def _without_heading(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield the statements without the signs of Markdown's headings, which no platform shows."""
    for statement in statements:
        heading = _HEADING.match(statement.text)
        if not heading:
            yield statement
        elif text := statement.text[heading.end() :]:
            yield replace(statement, text=text)
