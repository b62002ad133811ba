"""The value of a number, however it is written: 4.4兆, 4兆4000億, 二十五, 3千, 2.5 million.

Works on folded text. Knows nothing of what is counted.
"""

from __future__ import annotations

import re
from decimal import Decimal

Value = Decimal | str
"""Of a telephone number or code its digits as text: 0120 is not 120."""

KANJI_DIGITS = "零一二三四五六七八九"
PLAIN = r"(?:[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])(?:\.[0-9]+)?|[0-9]++(?:\.[0-9]+)?)"
# Possessive: a run of a thousand digits must not be tried in every division of it.
NUMERAL = rf"(?:(?:{PLAIN}(?:[ ]?[十百千])?|[{KANJI_DIGITS}十百千]++)(?:[ ]?[万億兆京萬])?+)++"
SMALL = rf"(?:[0-9]{{1,2}}(?![0-9])|[{KANJI_DIGITS}十]{{1,3}})"
"""A month, day, hour or minute."""

_SMALL_SCALES = {"十": 10, "百": 100, "千": 1000, "천": 1000}
_BIG_SCALES = {
    "万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "억": 10**8, "兆": 10**12, "조": 10**12,
    "京": 10**16,
}  # fmt: skip
ENGLISH_SCALES = {
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ENGLISH_NUMBERS = {
    word: Decimal(value)
    for value, word in enumerate(
        [
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        start=2,
    )
} | {word: Decimal(10 * place) for place, word in enumerate(_TENS, start=2)}
"""Without `one`, which is a pronoun as often."""

_PARTS = re.compile(rf"{PLAIN}|[{KANJI_DIGITS}]+|[十百千万億兆京萬]")
_KANJI = {digit: str(value) for value, digit in enumerate(KANJI_DIGITS)}
_LONGEST = 30
"""Digits; a longer number is a code to anybody who reads it."""


def value_of(numeral: str) -> Value:
    """Return the value of what `NUMERAL` matched."""
    digits = numeral.replace(",", "")
    if digits.isascii() and digits.replace(".", "", 1).isdigit():
        return _plain(digits)
    total = section = Decimal(0)
    current: Decimal | None = None
    for found in _PARTS.finditer(numeral):
        part = found[0]
        if part in _SMALL_SCALES:
            section += (Decimal(1) if current is None else current) * _SMALL_SCALES[part]
            current = None
        elif part in _BIG_SCALES:
            held = section + (current or 0)
            total += (held or Decimal(1)) * _BIG_SCALES[part]
            section, current = Decimal(0), None
        else:
            current = _digits(part)
    return total + section + (current or 0)


def small_value(numeral: str) -> int:
    """Return the value of what `SMALL` matched, or of a year in digits of either kind."""
    value = value_of(numeral)
    return int(value)


def scaled(value: Value, scale: str) -> Value:
    """Return a value times what stands behind it: `million`, 조."""
    if isinstance(value, str):
        return value
    for word, factor in ENGLISH_SCALES.items():
        if word in scale:
            return value * factor
    for sign in scale:
        value *= _BIG_SCALES.get(sign) or _SMALL_SCALES.get(sign, 1)
    return value


def _plain(digits: str) -> Value:
    whole = digits.partition(".")[0]
    if len(whole) > _LONGEST or (len(whole) > 2 and whole.startswith("0")):
        return digits
    return Decimal(digits)


def _digits(part: str) -> Decimal:
    """Return the value of digits by place: 二〇二六 is 2026."""
    text = "".join(_KANJI.get(char, char) for char in part.replace(",", ""))
    return Decimal(text[:_LONGEST])
