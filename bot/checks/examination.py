"""Each number, address and name of an answer is looked for in the passages that it names.

Knows nothing of what is done about doubts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.checks import language, terms
from bot.checks.comparison import is_borne
from bot.checks.reading import Reading, read
from bot.checks.scan import Found
from bot.checks.units import MONEY
from bot.exchange import Check, Passage, Statement
from bot.generate.neutral import neutral

NAMES = ("numbers", "dates", "amounts", "addresses", "terms", "language", "tags")
"""Of the checks, in the order in which they come back. What is cited is checked before: in a
passage that was not in the prompt nothing can be looked up."""

_DATES = frozenset({"date", "time", "weekday"})
# What a model puts before the items of its own list, and citations that nobody took out.
_MARK = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?\(?[0-9]{1,2}[.):、][ \t]+(?=\S)|\[[0-9]{1,3}\]", re.MULTILINE
)
_APART = 40
"""Characters between two changed ones that belong to one tag: `<<Chunk 1>>`."""
_DETAIL = 300


@dataclass
class _Doubts:
    """What was not found, by check."""

    missing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def checks(self) -> tuple[Check, ...]:
        """Return every check with what it did not find."""
        return tuple(
            Check(name, not self.missing[name], ", ".join(self.missing[name])[:_DETAIL])
            for name in NAMES
        )


def examined(
    question: str, answer_statements: Sequence[Statement], passages: Mapping[int, Passage]
) -> tuple[tuple[Statement, ...], tuple[Check, ...]]:
    """Return the statements with their doubts, and one check of each kind.

    `passages` are by the numbers that the statements name. What is quoted word for word is not
    looked at; without any other statement there are no checks. What the question says may be
    repeated. An answer in another language than its question, and a prompt's tag in it, are doubts
    about the text itself. A passage is read with its title and headings, which readers see too.
    """
    written = [part for part in answer_statements if not part.verbatim]
    if not written:
        return tuple(answer_statements), ()
    doubts = _Doubts()
    asked = read(question)
    whole = "\n".join(part.text for part in written)
    foreign = not language.fits(whole, question)
    if foreign:
        said = language.written(whole) or "?"
        doubts.missing["language"].append(f"{said} instead of {asked.language}")
    statements = tuple(
        part if part.verbatim else _examined(part, asked, passages, doubts, foreign=foreign)
        for part in answer_statements
    )
    return statements, doubts.checks()


def source_text(passage: Passage) -> str:
    """Return all that a reader sees of a passage: title, headings, text, and its address."""
    hit = passage.hit
    return "\n".join((hit.chunk.title, *hit.chunk.headings, passage.text, hit.document.url))


def _examined(
    part: Statement,
    asked: Reading,
    passages: Mapping[int, Passage],
    doubts: _Doubts,
    *,
    foreign: bool,
) -> Statement:
    cited = [read(source_text(passages[n])) for n in part.references if n in passages]
    pieces: dict[str, None] = dict.fromkeys([part.text] if foreign else [])
    for name, piece in _missing(part.text, asked, cited):
        pieces[piece] = None
        if piece not in doubts.missing[name]:
            doubts.missing[name].append(piece)
    return replace(part, doubts=tuple(pieces))


def _missing(text: str, asked: Reading, cited: Sequence[Reading]) -> Iterator[tuple[str, str]]:
    """Yield what none of the texts bears: the name of the check and the piece of the text."""
    said = read(text)
    sources = [*cited, asked]
    marks = [found.span() for found in _MARK.finditer(said.folded.text)]
    for found in said.found:
        if _overlaps(found.begin, found.end, marks) or _is_word(found):
            continue
        if not is_borne(found, sources):
            yield _name(found), said.folded.piece(found.begin, found.end)
    tags = list(_tags(text))
    for piece in _missing_terms(said, asked, cited):
        if not any(piece in tag for tag in tags):
            yield "terms", piece
    yield from (("tags", tag) for tag in tags)


def _name(found: Found) -> str:
    if found.kind == "address":
        return "addresses"
    if found.kind in _DATES:
        return "dates"
    return "amounts" if found.unit in MONEY else "numbers"


def _is_word(found: Found) -> bool:
    """Tell whether kanji that can be a number are more likely a word: 一部, 十分, 千葉, 万一."""
    if found.kind != "number" or not found.kanji:
        return False
    return not found.unit or found.value == 1 or (found.value == 10 and found.unit == "分")


def _missing_terms(said: Reading, asked: Reading, cited: Sequence[Reading]) -> Iterator[str]:
    """Yield the names that stand nowhere, if every cited text is in the answer's language."""
    spoken = said.language
    if spoken == "en" and not language.is_english(said.folded.original):
        spoken = asked.language or spoken  # a name is in any language
    if not all(language.shared(spoken, source.language) for source in cited):
        return
    measured = [(one.begin, one.end) for one in said.found if one.kind != "number" or one.unit]
    names_only = spoken == "en"
    for begin, end, term in terms.terms(said.folded, names_only=names_only):
        if _overlaps(begin, end, measured):
            continue
        if not any(_is_term_borne(term, source) for source in (*cited, asked)):
            yield said.folded.piece(begin, end)


def _is_term_borne(term: str, source: Reading) -> bool:
    if terms.is_katakana(term):
        return terms.is_katakana_borne(term, source.kana, source.kana_without_marks)
    return terms.is_latin_borne(term, source.latin)


def _overlaps(begin: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(begin < last and first < end for first, last in spans)


def _tags(text: str) -> Iterator[str]:
    """Yield the tags of prompts: what would be changed if the text were put into one."""
    changed = [
        at
        for at, (was, now) in enumerate(zip(text, neutral(text), strict=True))
        if was != now and not "\ud800" <= was <= "\udfff"
    ]
    begin = 0
    for place, at in enumerate(changed):
        last = place + 1 == len(changed)
        if last or changed[place + 1] - at > _APART:
            yield text[changed[begin] : at + 1]
            begin = place + 1
