"""Finds what can be compared by value: addresses, dates, times, fractions, numbers with units.

Works on folded text, in one pass for addresses and one for the rest. Knows nothing of passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.checks.numerals import (
    ENGLISH_NUMBERS,
    ENGLISH_SCALES,
    KANJI_DIGITS,
    NUMERAL,
    SMALL,
    Value,
    scaled,
    small_value,
    value_of,
)
from bot.checks.units import CURRENCIES, UNIT, unit

Kind = Literal["address", "date", "time", "weekday", "fraction", "code", "number"]
Date = tuple[int | None, int | None, int | None]
"""Year, month, day, as far as they are said."""
Time = tuple[int, bool]
"""Minutes of the day, and whether 午前 or 午後 is known."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something with a value, and where it stands in the folded text."""

    kind: Kind
    begin: int
    end: int
    value: Value = ""
    unit: str = ""
    """Of a number; empty where it is none that we know."""
    kanji: bool = False
    """Whether a number has no digit: 十分 and 一時 may be words."""
    date: Date = (None, None, None)
    time: Time = (0, False)


_ERAS = {
    "令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925,
    "大正": 1911, "t": 1911, "明治": 1867, "m": 1867,
}  # fmt: skip
"""The year before the first one."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ORDINAL = "(?:st|nd|rd|th)?"
_WEEKDAYS = "月火水木金土日"
_WEEKDAY_NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,62})"
_ADDRESS = re.compile(
    rf"(?:https?|ftp|file|mailto|sftp|ssh|smb)://?[!-;=?-~]{{1,2000}}"
    rf"|(?<![a-z0-9._%+@-])[a-z0-9][a-z0-9._%+-]{{0,63}}@{_LABEL}(?:\.{_LABEL})+"
    rf"|(?<![a-z0-9._@/-])(?:{_LABEL}\.){{1,8}}[a-z]{{2,24}}(?![a-z0-9_-])(?::[0-9]{{1,5}})?"
    r"(?:/[!-;=?-~]{0,2000})?"
)
_TRAILING = ".,:;!?'\"*_~|)]}>"

# Most characters begin nothing: they are passed over before anything else is tried.
_FIRST = f"(?=[ 0-9{KANJI_DIGITS}十百千令平昭大明午오上下正¥$€{_WEEKDAYS}a-z])"

_VALUE = re.compile(
    rf"""
    {_FIRST} (?: (?P<ymd> (?: (?P<era>令和|平成|昭和|大正|明治|(?<![a-z])[rhstm](?=\.?[0-9]))\.?\s?
                 (?P<ey>元|{SMALL})
               | (?<![0-9,.])(?P<y>[0-9]{{3,4}}|[{KANJI_DIGITS}]{{4}}) )
        (?: \s?(?:年度?|년)(?![間目])
            (?: \s?(?P<m>{SMALL})\s?(?:月|월)(?!間)
              (?: \s?(?P<d>{SMALL})\s?(?:日|일)(?!間) )? )?
          | [./](?P<em>[0-9]{{1,2}})[./](?P<ed>[0-9]{{1,2}})(?![0-9]) ) )
  | (?P<md> (?P<m2>{SMALL})\s?(?:月|월)(?![間数])(?:\s?(?P<d2>{SMALL})\s?(?:日|일)(?!間))? )
  | (?P<iso> (?<![0-9./-])(?P<y3>[12][0-9]{{3}})(?P<sep>[-./])(?P<m3>[0-9]{{1,2}})
        (?: (?P=sep)(?P<d3>[0-9]{{1,2}}) )? (?![0-9]|[-./][0-9]) )
  | (?P<named> (?<![a-z]) (?: (?P<m5>{_MONTH})\s(?P<d5>[0-9]{{1,2}}){_ORDINAL}(?![0-9])
            (?:,?\s(?P<y5>[12][0-9]{{3}}))?
        | (?P<m6>{_MONTH})\s(?P<y6>[12][0-9]{{3}}) ) )
  | (?P<named2> (?<![0-9])(?P<d7>[0-9]{{1,2}}){_ORDINAL}\s(?:of\s)?(?P<m7>{_MONTH})
        (?:,?\s(?P<y7>[12][0-9]{{3}}))? )
  | (?P<slash> (?<![0-9/.])(?P<m8>[0-9]{{1,2}})/(?P<d8>[0-9]{{1,2}})(?![0-9/.]) )
  | (?P<parts> (?P<den>{SMALL})分の(?P<num>{SMALL}) )
  | (?P<clock> (?P<ap>午前|午後|오전|오후|上午|下午)?\s?
        (?: (?P<h>{SMALL})\s?(?:時|시)(?![間期代])
            (?:\s?(?:(?P<mi>{SMALL})\s?(?:分|분)(?!間)|(?P<half>半)))?
          | (?<![0-9:])(?P<h2>[0-9]{{1,2}}):(?P<mi2>[0-9]{{2}})(?::[0-9]{{2}})?(?![0-9:])
            (?:\s?(?P<ap2>[ap])\.?m\b)?
          | (?<![0-9.:])(?P<h3>[0-9]{{1,2}})\s?(?P<ap3>[ap])\.?m\b ) )
  | (?P<noon>正午|(?<![a-z])noon(?![a-z]))
  | (?P<code> (?<![0-9]) (?: [0-9]{{2,5}}(?:-[0-9]{{2,5}}){{2,5}}
        | 0[0-9]{{1,4}}\([0-9]{{1,4}}\)-?[0-9]{{3,4}} ) (?![0-9]) )
  | (?P<number> (?<![a-z0-9_])(?:(?P<cur>[¥$€])\s?)?(?P<n>{NUMERAL})
        (?P<scale>\s?(?:{"|".join(ENGLISH_SCALES)})\b|\s?[조억만천]+)?
        (?:[-\s]?(?P<unit>{UNIT}))? )
  | (?P<spelt> (?<![a-z])(?P<word>{"|".join(ENGLISH_NUMBERS)})[-\s](?P<unit2>{UNIT}) )
  | (?P<weekday> (?P<wd>[{_WEEKDAYS}])曜
        | (?<![a-z])(?P<wd2>{"|".join(_WEEKDAY_NAMES)})s?(?![a-z]) ) )
    """,
    re.VERBOSE,
)


def addresses(text: str) -> list[Found]:
    """Return URLs, e-mail addresses and hosts, normalised."""
    if "." not in text and ":" not in text:
        return []
    return [_address(found) for found in _ADDRESS.finditer(text)]


def _address(found: re.Match[str]) -> Found:
    said = found[0].rstrip(_TRAILING)
    while found[0][len(said) :].startswith(")") and said.count("(") > said.count(")"):
        said += ")"
    return Found("address", found.start(), found.start() + len(said), normal_address(said))


def normal_address(address: str) -> str:
    """Return an address without what makes no difference: scheme, `www.`, `/` at the end."""
    plain = re.sub(r"\A[a-z]+://?|\Amailto:", "", address.lower())
    return plain.removeprefix("www.").rstrip("/")


def values(text: str) -> Iterator[Found]:
    """Yield what can be compared by value, addresses first, in order apart from that.

    What is part of an address is not looked at by itself.
    """
    named = addresses(text)
    yield from named
    for one in named:
        text = f"{text[: one.begin]}{'|' * (one.end - one.begin)}{text[one.end :]}"
    for found in _VALUE.finditer(text):
        # The last group that was closed is the one around all others.
        yield _READERS[found.lastgroup or ""](found)


def _year_first(found: re.Match[str]) -> Found:
    era = found["era"]
    if era:
        year = _ERAS[era] + (1 if found["ey"] == "元" else small_value(found["ey"]))
    else:
        year = small_value(found["y"])
    month, day = found["m"] or found["em"], found["d"] or found["ed"]
    return _date(found, year, month and small_value(month), day and small_value(day))


def _date(
    found: re.Match[str], year: int | None, month: int | str | None, day: int | str | None
) -> Found:
    value = (
        year,
        int(month) if month is not None else None,
        int(day) if day is not None else None,
    )
    return Found("date", *_span(found), date=value)


def _span(found: re.Match[str]) -> tuple[int, int]:
    """Return where a match stands, without blanks at its ends."""
    said = found[0]
    return found.start() + len(said) - len(said.lstrip()), found.start() + len(said.rstrip())


def _month_first(found: re.Match[str]) -> Found:
    day = found["d2"]
    return _date(found, None, small_value(found["m2"]), small_value(day) if day else None)


def _iso(found: re.Match[str]) -> Found:
    return _date(found, int(found["y3"]), found["m3"], found["d3"])


def _named(found: re.Match[str]) -> Found:
    year = found["y5"] or found["y6"]
    month = _MONTHS.index((found["m5"] or found["m6"])[:3]) + 1
    return _date(found, int(year) if year else None, month, found["d5"])


def _named_behind(found: re.Match[str]) -> Found:
    year = found["y7"]
    month = _MONTHS.index(found["m7"][:3]) + 1
    return _date(found, int(year) if year else None, month, found["d7"])


def _slash(found: re.Match[str]) -> Found:
    first, second = int(found["m8"]), int(found["d8"])
    if 1 <= first <= 12 and 1 <= second <= 31 and (first > 1 or second > 10):
        return _date(found, None, first, second)
    return Found("fraction", *_span(found), f"{first}/{second}")


def _parts(found: re.Match[str]) -> Found:
    value = f"{small_value(found['num'])}/{small_value(found['den'])}"
    return Found("fraction", *_span(found), value)


def _clock(found: re.Match[str]) -> Found:
    hour = small_value(found["h"] or found["h2"] or found["h3"])
    minute = small_value(found["mi"] or found["mi2"] or "0")
    if found["half"]:
        minute = 30
    mark = found["ap"] or found["ap2"] or found["ap3"]
    if mark in {"午後", "오후", "下午", "p"} and hour < 12:
        hour += 12
    if mark in {"午前", "오전", "上午", "a"} and hour == 12:
        hour = 0
    time = (hour * 60 + minute, bool(mark) or hour > 12)
    return Found("time", *_span(found), time=time)


def _noon(found: re.Match[str]) -> Found:
    return Found("time", *_span(found), time=(12 * 60, True))


def _code(found: re.Match[str]) -> Found:
    return Found("code", *_span(found), re.sub("[^0-9]", "", found[0]))


def _number(found: re.Match[str]) -> Found:
    value = value_of(found["n"])
    if found["scale"]:
        value = scaled(value, found["scale"])
    name = unit(found["unit"]) if found["unit"] else CURRENCIES.get(found["cur"] or "", "")
    if name == "割" and isinstance(value, Decimal):
        value, name = value * 10, "%"
    kanji = not any(char.isascii() and char.isdigit() for char in found["n"])
    return Found("number", *_span(found), value, name, kanji)


def _spelt(found: re.Match[str]) -> Found:
    return Found("number", *_span(found), ENGLISH_NUMBERS[found["word"]], unit(found["unit2"]))


def _weekday(found: re.Match[str]) -> Found:
    day = found["wd"]
    place = _WEEKDAYS.index(day) if day else _WEEKDAY_NAMES.index(found["wd2"])
    return Found("weekday", *_span(found), _WEEKDAYS[place])


_READERS = {
    "ymd": _year_first,
    "md": _month_first,
    "iso": _iso,
    "named": _named,
    "named2": _named_behind,
    "slash": _slash,
    "parts": _parts,
    "clock": _clock,
    "noon": _noon,
    "code": _code,
    "number": _number,
    "spelt": _spelt,
    "weekday": _weekday,
}
