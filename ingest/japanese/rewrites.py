"""After Sudachi: what one morpheme, or a few in a row, are called in search.

Knows nothing of offsets, nor of how terms are weighed. A *reading* here is the list of Sudachi's
normalised forms of a text, with the tag of each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ingest.japanese.sudachi import Tag

ERA = "元号"
"""Detail of an era's name whose year stands beside it as a western year."""

_FUNCTION_WORDS = frozenset({"助詞", "助動詞", "空白"})
_SYMBOLS = frozenset({"補助記号", "記号"})
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
_TRIGGERS = frozenset(_ERAS) | frozenset(_INITIALS) | frozenset(_COMPANY_TYPES)
_DATE_SEPARATORS = frozenset("./-・")
_LONG_KATAKANA = re.compile("[ァ-ヺー]{3,}ー")
_TWO_DIGITS = re.compile("0[1-9]")


class Override(NamedTuple):
    """What a morpheme is called in place of its usual term."""

    terms: tuple[str, ...]
    detail: str | None = None
    """In place of `Tag.detail`."""


Overrides = dict[int, Override]
"""By position in the reading."""


def term(form: str, tag: Tag) -> str:
    """Return the search term of a normalised form, empty where it is none."""
    if tag.major in _FUNCTION_WORDS:
        return ""
    # Scripts that Sudachi has no words for (한국어, ไทย) come out as symbols.
    if tag.major in _SYMBOLS and not any(map(str.isalnum, form)):
        return ""
    form = unicodedata.normalize("NFKC", form).casefold()
    if _LONG_KATAKANA.fullmatch(form):
        return form[:-1]  # クローラー and クローラ, whether or not the dictionary has them
    if _TWO_DIGITS.fullmatch(form):
        return form[1]  # 2024/04/01
    return form


def overrides(forms: Sequence[str]) -> Overrides:
    """Return the terms of company types, and of years counted by era as western years."""
    lowered = [form.casefold() for form in forms]
    if _TRIGGERS.isdisjoint(lowered):
        return {}
    found: Overrides = {}
    for i, form in enumerate(lowered):
        if form in _COMPANY_TYPES:
            found[i] = Override(_COMPANY_TYPES[form])
        elif form in _ERAS:
            found.update(_year_of_era(lowered, i))
        elif form in _INITIALS:
            found.update(_year_of_initial(lowered, i))
    return found


def _year_of_era(forms: Sequence[str], era: int) -> Overrides:
    number = _next_word(forms, era + 1)
    if number is None:
        return {}
    before, name = _ERAS[forms[era]], Override((forms[era],), ERA)
    if forms[number] in {"元年", "元"}:
        # 元年 is one morpheme where 6年 is two.
        return {era: name, number: Override((str(before + 1), "年"))}
    after = _next_word(forms, number + 1)
    counted = after is None or forms[after].startswith("年") or not forms[after][0].isalnum()
    if not (forms[number].isdecimal() and len(forms[number]) <= 3 and counted):  # 大正3丁目
        return {}
    return {era: name, number: Override((str(before + int(forms[number])),))}


def _year_of_initial(forms: Sequence[str], initial: int) -> Overrides:
    before, last = _INITIALS[forms[initial]]
    number = initial + 1
    if number >= len(forms) or not forms[number].isdecimal() or len(forms[number]) > 2:
        return {}
    if not 1 <= int(forms[number]) <= last:
        return {}
    year = str(before + int(forms[number]))
    rest = forms[number + 1 : number + 5]
    if (rest and rest[0].startswith("年")) or _is_month_and_day(rest):
        return {initial: Override(()), number: Override((year,))}
    if forms[initial] in _OFTEN_A_YEAR:
        return {number: Override((forms[number].lstrip("0"), year))}
    return {}


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
