"""What words in a row are called in search: years, dates, company types, compound verbs.

Knows nothing of offsets, nor of how terms are weighed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ingest.japanese.words import Word, fold

ERA = "元号"
"""Detail of an era's name whose year stands beside it as a western year."""
COMPOUND = "複合語"
"""Detail of a compound verb's noun, over two verbs that are named as well."""

_COMPANY_TYPES = {
    "(株)": ("株式", "会社"),
    "㈱": ("株式", "会社"),
    "(有)": ("有限", "会社"),
    "㈲": ("有限", "会社"),
    "(社)": ("社団", "法人"),
    "(財)": ("財団", "法人"),
}
# The year before each era's first.
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
# An era's initial: the year before its first, and up to which year it may be meant.
_INITIALS = {"m": (1867, 45), "t": (1911, 15), "s": (1925, 64), "h": (1988, 31), "r": (2018, 40)}
# H31 and R6 are years often enough to be found as such; S3, T5 and M1 are mostly something else.
_OFTEN_A_YEAR = frozenset("hr")
_DATE_SEPARATORS = frozenset("./-・")
MARKS = frozenset({*_COMPANY_TYPES, *_ERAS, *_INITIALS})
"""Forms of words that are called, or make a neighbour be called, something else."""


class Name(NamedTuple):
    """What a word is found by."""

    term: str
    key: int
    detail: str | None = None
    """In place of the tag's."""
    width: int = 1
    """Words that it stands for: the one whose name it is, and those before it."""


Names = dict[int, tuple[Name, ...]]
"""Names in place of a word's own, by the word's position."""
Key = Callable[[str], int]
"""Gives the key of a term."""


def names(words: Sequence[Word], marked: Iterable[int], key: Key) -> Names:
    """Return the names of those words that are called something else beside their neighbours.

    `marked` are the positions of the words that have `MARKS`, or are verbs.
    """
    found: Names = {}
    forms: list[str] = []
    for i in marked:
        word = words[i]
        if word.form in MARKS:
            forms = forms or [word.form for word in words]
            found.update(_by_mark(forms, i, key))
        elif i + 1 < len(words) and words[i + 1].noun and words[i + 1].term:
            found[i + 1] = _compound(word, words[i + 1], key)
    return found


def _by_mark(forms: Sequence[str], mark: int, key: Key) -> Names:
    if forms[mark] in _ERAS:
        return _year_of_era(forms, mark, key)
    if forms[mark] in _INITIALS:
        return _year_of_initial(forms, mark, key)
    return {mark: _named(_COMPANY_TYPES[forms[mark]], key)}


def _named(terms: Iterable[str], key: Key) -> tuple[Name, ...]:
    return tuple(Name(term, key(term)) for term in terms)


def _compound(first: Word, second: Word, key: Key) -> tuple[Name, ...]:
    """Return the second verb's name, and the noun of both: 受け取る is 受取, 申し込む is 申込."""
    noun = fold(first.noun + second.noun)
    return Name(second.term, second.key), Name(noun, key(noun), COMPOUND, 2)


def _year_of_era(forms: Sequence[str], era: int, key: Key) -> Names:
    number = _next_word(forms, era + 1)
    if number is None:
        return {}
    before, name = _ERAS[forms[era]], (Name(forms[era], key(forms[era]), ERA),)
    if forms[number] == "元年":  # one word, where 6年 is two
        return {era: name, number: _named((str(before + 1), "年"), key)}
    if _is_year(forms, number):
        return {era: name, number: _named((str(before + int(forms[number])),), key)}
    return {}


def _is_year(forms: Sequence[str], number: int) -> bool:
    """Tell a year from a number that happens to follow an era's name, as in 大正3丁目."""
    if not (forms[number].isdecimal() and len(forms[number]) <= 3):
        return False
    after = _next_word(forms, number + 1)
    return after is None or forms[after].startswith("年") or not forms[after][:1].isalnum()


def _year_of_initial(forms: Sequence[str], initial: int, key: Key) -> Names:
    before, last = _INITIALS[forms[initial]]
    number = initial + 1
    if number >= len(forms) or not (forms[number].isdecimal() and len(forms[number]) <= 2):
        return {}
    if not 1 <= int(forms[number]) <= last:
        return {}
    year = str(before + int(forms[number]))
    rest = forms[number + 1 : number + 5]
    if (rest and rest[0].startswith("年")) or _is_month_and_day(rest):
        return {initial: (), number: _named((year,), key)}
    if forms[initial] in _OFTEN_A_YEAR and not _is_latin(rest):  # R2D2
        return {number: _named((forms[number].lstrip("0"), year), key)}
    return {}


def _is_latin(forms: Sequence[str]) -> bool:
    return bool(forms) and forms[0].isascii() and forms[0].isalnum()


def _is_month_and_day(forms: Sequence[str]) -> bool:
    """Tell whether .4.1 or /04/01 follows."""
    return (
        len(forms) == 4
        and {forms[0], forms[2]} <= _DATE_SEPARATORS
        and forms[1].isdecimal()
        and forms[3].isdecimal()
    )


def _next_word(forms: Sequence[str], start: int) -> int | None:
    """Return the position of the next form that is no white space (令和 6 年, out of a PDF)."""
    return next((i for i in range(start, len(forms)) if not forms[i].isspace()), None)
