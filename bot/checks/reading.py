"""What a text says, as it can be looked up: numbers by value, dates, addresses, names.

A passage is read once and remembered, as the same ones are found again and again. Knows nothing of
questions and answers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache

from bot.checks import language, terms
from bot.checks.folding import Folded, folded
from bot.checks.numerals import Value
from bot.checks.scan import Date, Found, Time, values

_REMEMBERED = 1024
"""Texts; of 500 characters each a reading takes about 10 kB."""
_LONG_DIGITS = re.compile("[0-9]{6,}")
# The number of an item counts nothing: 4. 会社は… bears no 4営業日.
_ITEM = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?\(?([0-9]{1,3})[.):、](?![0-9])", re.MULTILINE)
_ITEM_UNIT = "項"
# 月・水・金, 土日祝, （木）
_STANDALONE = re.compile("(?<![一-龠])[月火水木金土日]{1,7}(?=祝|[^一-龠0-9]|\\Z)")
_WEEK = {"平日": "月火水木金", "週末": "土日", "毎日": "月火水木金土日"}


@dataclass(eq=False)
class Reading:
    """What can be found in one text."""

    folded: Folded
    found: tuple[Found, ...]
    numbers: dict[Value, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Each value with the units that it stands with; empty for none."""
    dates: set[Date] = field(default_factory=set)
    times: set[Time] = field(default_factory=set)
    fractions: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    """Telephone numbers and the like, their digits only."""
    addresses: set[str] = field(default_factory=set)
    weekdays: set[str] = field(default_factory=set)

    @cached_property
    def language(self) -> language.Written | None:
        """Return what it is written in; None where nothing tells."""
        return language.written(self.folded.original)

    @cached_property
    def latin(self) -> set[str]:
        """Return its Latin words."""
        return terms.latin_words(self.folded.text)

    @cached_property
    def kana(self) -> str:
        """Return the text in which katakana terms are looked for."""
        return terms.kana_text(self.folded.text)

    @cached_property
    def kana_without_marks(self) -> str:
        """Return the same without long-vowel marks."""
        return self.kana.replace("ー", "")


@lru_cache(maxsize=_REMEMBERED)
def read(text: str) -> Reading:
    """Return what the text says."""
    form = folded(text)
    reading = Reading(form, tuple(values(form.text)))
    reading.codes.update(_LONG_DIGITS.findall(form.text.replace(",", "")))
    for run in _STANDALONE.findall(form.text):
        reading.weekdays.update(run)
    for word, days in _WEEK.items():
        if word in form.text:
            reading.weekdays.update(days)
    items = {found.start(1) for found in _ITEM.finditer(form.text)}
    last: Date = (None, None, None)
    for found in sorted(reading.found, key=lambda one: one.begin):
        if found.begin in items and not found.unit:
            reading.numbers[found.value].add(_ITEM_UNIT)
            continue
        last = _note(reading, found, last)
    return reading


def _note(reading: Reading, found: Found, last: Date) -> Date:
    """Take one thing into the reading; return the last date that was said."""
    if found.kind == "date":
        return _note_date(reading, found.date, last)
    if found.kind == "time":
        minutes = found.time[0]
        reading.times.add(found.time)
        for hour in (minutes // 60, minutes // 60 % 12):
            reading.numbers[Decimal(hour)].add("時")
        reading.numbers[Decimal(minutes % 60)].add("分")
    elif found.kind == "number":
        reading.numbers[found.value].add(found.unit)
        if found.unit == "日":
            _note_day(reading, found.value, last)
    else:
        held = {
            "address": reading.addresses,
            "weekday": reading.weekdays,
            "fraction": reading.fractions,
            "code": reading.codes,
        }
        held[found.kind].add(str(found.value))
    return last


def _note_date(reading: Reading, date: Date, last: Date) -> Date:
    """A date without a year is one of the year before it: 2026年4月1日から9月30日."""
    year, month, day = date
    reading.dates.add(date)
    for part, unit in zip(date, ("年", "暦月", "日"), strict=True):
        if part is not None:
            reading.numbers[Decimal(part)].add(unit)
    if year is None and last[0] is not None:
        reading.dates.add((last[0], month, day))
    return (year if year is not None else last[0], month if month is not None else last[1], day)


def _note_day(reading: Reading, value: Value, last: Date) -> None:
    """A day alone may be one of the month before it: 4月1日から30日."""
    if isinstance(value, str) or value != int(value) or not 1 <= value <= 31:
        return
    reading.dates.add((None, None, int(value)))
    if last[1] is not None:
        reading.dates |= {(None, last[1], int(value)), (last[0], last[1], int(value))}
