"""Which passage bears which sentence of an answer that names its passages only as a whole.

Knows nothing of whether what is said is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from bot.checks.comparison import is_borne
from bot.checks.examination import source_text
from bot.checks.folding import folded
from bot.checks.reading import Reading, read
from bot.exchange import Passage, Statement
from ingest.sentences import sentences

_CONTENT = re.compile("[一-鿿㐀-䶿々ァ-ヺー가-힣]+|[a-z0-9]+")
_LIST_MARK = re.compile(r"\s*\(?[0-9]{1,3}[.):]\s*\Z")
_ENOUGH = 0.3
"""Share of a sentence that the best passage must hold: below it, nothing tells them apart."""
_NEAR = 0.85
"""Of the best share, so much bears the sentence as well."""


def attributed(
    statements: Sequence[Statement], passages: Mapping[int, Passage]
) -> tuple[Statement, ...]:
    """Return the statements in sentences, each with the references that bear it.

    Of the passages that a statement names those bear a sentence that hold most of its content
    (ideographs, katakana and Latin words by pairs of characters, numbers by value), and every
    number that any of them holds. Where nothing tells them apart, as across languages, all bear it.
    Quotations and texts with a block of code stay as they are. The texts joined are the same.
    """
    made: list[Statement] = []
    for statement in statements:
        if statement.verbatim or "```" in statement.text or not statement.text.strip():
            made.append(statement)
            continue
        made += [
            replace(statement, text=text, references=_bearing(text, statement, passages))
            for text in _split(statement.text)
        ]
    return tuple(made)


def _split(text: str) -> list[str]:
    """Return the sentences, each with the blanks behind it; a list's `1.` is no sentence."""
    starts = [start for start, _ in sentences(text)[1:]]
    parts: list[str] = []
    begin = 0
    for start in [*starts, len(text)]:
        if start < len(text) and _LIST_MARK.match(text[begin:start]):
            continue
        parts.append(text[begin:start])
        begin = start
    return parts


def _bearing(text: str, statement: Statement, passages: Mapping[int, Passage]) -> tuple[int, ...]:
    references = tuple(dict.fromkeys(n for n in statement.references if n in passages))
    if len(references) < 2:
        return statement.references
    held = {number: read(source_text(passages[number])) for number in references}
    about = content(text)
    shares = {
        number: len(about & content(source_text(passages[number]))) / len(about)
        for number in references
        if about
    }
    best = max(shares.values(), default=0)
    if best < _ENOUGH:
        return references
    chosen = {number for number, share in shares.items() if share >= _NEAR * best}
    chosen |= _needed(text, chosen, held)
    return tuple(number for number in references if number in chosen)


def _needed(text: str, chosen: set[int], held: Mapping[int, Reading]) -> set[int]:
    """Return the passages that hold a number or date which no chosen one holds."""
    needed: set[int] = set()
    for found in read(text).found:
        if not is_borne(found, [held[number] for number in chosen]):
            needed |= {number for number, source in held.items() if is_borne(found, [source])}
    return needed


@lru_cache(maxsize=1024)
def content(text: str) -> frozenset[str]:
    """Return what a text is about: pairs of characters, without particles and endings."""
    pairs: set[str] = set()
    for run in _CONTENT.findall(folded(text).text):
        pairs |= {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return frozenset(pairs)
