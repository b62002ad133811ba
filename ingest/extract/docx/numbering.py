"""The numbers that Word puts before paragraphs: 1.2, 第3条, ①, ア.

They stand nowhere in a document's text, but people ask for 第3条. Knows numbering.xml and counts;
knows nothing of the body.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from ingest.extract.docx.styles import Styles, W, value
from ingest.extract.ooxml import integer

_LEVELS = 9
_MAX_LABEL = 40


@dataclass(slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    """The label with %1 to %9 for the numbers of the levels."""
    style_id: str = ""


@dataclass(slots=True)
class _List:
    levels: list[_Level]
    counts: list[int] = field(default_factory=lambda: [0] * _LEVELS)


class Numbering:
    """Counts the numbered paragraphs of a document in reading order."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._lists: dict[str, _List] = {}
        self._list_of: dict[str, str] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        linked = {}
        for element in root.iterfind(f"{W}abstractNum"):
            list_id = element.get(f"{W}abstractNumId", "")
            self._lists[list_id] = _List(_levels(element))
            if link := value(element, "numStyleLink"):
                linked[list_id] = link
        for element in root.iterfind(f"{W}num"):
            number_id = element.get(f"{W}numId", "")
            self._list_of[number_id] = value(element, "abstractNumId")
            self._restarts[number_id] = _restarts(element)
        for list_id, style_id in linked.items():
            target = self._list_of.get(styles.get(style_id).number_id, "")
            if target in self._lists:
                self._lists[list_id] = self._lists[target]

    def level_of_style(self, number_id: str, style_id: str, default: int) -> int:
        """The level that a list keeps for paragraphs of a style."""
        numbered = self._lists.get(self._list_of.get(number_id, ""))
        for index, level in enumerate(numbered.levels if numbered else ()):
            if style_id and level.style_id == style_id:
                return index
        return default

    def label(self, number_id: str, level: int) -> str | None:
        """Count one paragraph: its label, empty for a bullet; None where it is in no list."""
        numbered = self._lists.get(self._list_of.get(number_id, ""))
        if numbered is None or not 0 <= level < len(numbered.levels):
            return None
        counts = numbered.counts
        for restarted, start in self._restarts.pop(number_id, {}).items():
            counts[restarted] = start - 1
        for index in range(level):
            counts[index] = counts[index] or numbered.levels[index].start
        counts[level] += 1 if counts[level] else numbered.levels[level].start
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        return _label(numbered, level)


def _levels(element: etree._Element) -> list[_Level]:
    levels = [_Level() for _ in range(_LEVELS)]
    for found in element.iterfind(f"{W}lvl"):
        index = integer(found.get(f"{W}ilvl"), -1)
        if 0 <= index < _LEVELS:
            levels[index] = _Level(
                integer(value(found, "start"), 1),
                value(found, "numFmt") or "decimal",
                value(found, "lvlText"),
                value(found, "pStyle"),
            )
    return levels


def _restarts(element: etree._Element) -> dict[int, int]:
    found = {}
    for override in element.iterfind(f"{W}lvlOverride"):
        level, start = integer(override.get(f"{W}ilvl"), -1), value(override, "startOverride")
        if 0 <= level < _LEVELS and start:
            found[level] = integer(start, 1)
    return found


def _label(numbered: _List, level: int) -> str:
    about = numbered.levels[level]
    if about.form in ("bullet", "none"):
        return ""

    def shown(found: re.Match[str]) -> str:
        index = int(found[1]) - 1
        return number_text(numbered.counts[index], numbered.levels[index].form)

    return re.sub(r"%([1-9])", shown, about.text)[:_MAX_LABEL].strip()


def number_text(number: int, form: str) -> str:
    """A number as one of Word's number formats (ECMA-376 part 1, 17.18.59) shows it."""
    write = _FORMS.get(form)
    return write(number) if write and number > 0 else str(number)


def _of(letters: str) -> Callable[[int], str]:
    # After the last letter Word begins again, doubling: z, aa, bb.
    return lambda n: letters[(n - 1) % len(letters)] * min((n - 1) // len(letters) + 1, 3)


def _circled(number: int) -> str:
    if number <= 20:
        return chr(0x245F + number)
    return f"({number})"


def _counting(number: int) -> str:
    if number >= 10000:
        return str(number)
    text = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += ("" if digit == 1 and name else "〇一二三四五六七八九"[digit]) + name
    return text


def _roman(number: int) -> str:
    if number >= 4000:
        return str(number)
    text = ""
    for unit, name in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        count, number = divmod(number, unit)
        text += name * count
    return text


_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_AIUEO = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
)
_IROHA = (
    "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
)
_FORMS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda n: f"{n:02d}",
    "decimalFullWidth": lambda n: str(n).translate(_FULL_WIDTH),
    "decimalFullWidth2": lambda n: str(n).translate(_FULL_WIDTH),
    "upperLetter": _of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "lowerLetter": _of("abcdefghijklmnopqrstuvwxyz"),
    "upperRoman": _roman,
    "lowerRoman": lambda n: _roman(n).lower(),
    "aiueo": _of(_AIUEO),
    "aiueoFullWidth": _of(_AIUEO),
    "iroha": _of(_IROHA),
    "irohaFullWidth": _of(_IROHA),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "japaneseCounting": _counting,
    "chineseCounting": _counting,
    "chineseCountingThousand": _counting,
    "ideographDigital": lambda n: "".join("〇一二三四五六七八九"[int(d)] for d in str(n)),
    "japaneseDigitalTenThousand": lambda n: "".join("〇一二三四五六七八九"[int(d)] for d in str(n)),
}
