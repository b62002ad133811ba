"""The sentence that bears an answer, of each passage that it cites: word for word, to be shown.

Knows nothing of whether the answer is right, nor of who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.checks import content
from bot.exchange import Evidence, Passage, Quote, Statement
from ingest.sentences import sentences

Quoting = Callable[[str, Evidence], Sequence[Quote]]
"""Returns the sentences of the evidence that answer a question, best first."""

_ASKED = 0.2
"""What a word of the question counts beside one of the answer: of two sentences that hold the
number, the one that says what it is a number of."""


def bearing_quotes(
    question: str, statements: Sequence[Statement], evidence: Evidence, quoting: Quoting
) -> tuple[Quote, ...]:
    """Return a quote for each cited passage, in order of first use.

    It is the sentence that shares most with what is said of the passage. Where none shares
    anything, as across languages, the one that answers the question by `quoting`.
    """
    passages = {passage.number: passage for passage in evidence.passages}
    said: dict[int, list[str]] = {}
    for statement in statements:
        for number in statement.references:
            said.setdefault(number, []).append(statement.text)
    asked = content(question)
    quotes = []
    for number, texts in said.items():
        text = _sentence(passages[number], content("\n".join(texts)), asked)
        if text is None:
            alone = replace(evidence, passages=(passages[number],))
            text = next((quote.text for quote in quoting(question, alone)), None)
        if text is not None:
            quotes.append(Quote(number, text))
    return tuple(quotes)


def _sentence(passage: Passage, said: frozenset[str], asked: frozenset[str]) -> str | None:
    """Return the sentence of a passage that shares most with what is said; None where none does."""
    best, most = None, 0.0
    for start, end in sentences(passage.text):
        text = passage.text[start:end].strip()
        held = content(text)
        shared = len(held & said)
        score = shared + _ASKED * len(held & asked) if shared else 0.0
        if score > most:
            best, most = text, score
    return best
