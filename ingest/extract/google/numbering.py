"""Tells what Docs prints before the items of a list: its export says it in CSS alone.

`.lst-kix_a-1>li:before{content:"(" counter(lst-ctn-kix_a-1,lower-latin) ") "}`; a counter may also
be that of a level above (1.2.).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_RULE: Final = re.compile(
    r"\.(lst-[\w-]{1,100})\s*>\s*li:before\s*\{\s*content\s*:([^{}]{0,500})\}"
)
_PART: Final = re.compile(
    r"\"((?:[^\"\\]|\\.)*)\"|counter\(\s*lst-ctn-([\w-]+)\s*(?:,\s*([\w-]+)\s*)?\)"
)
_ESCAPE: Final = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)")
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


class Numbering:
    """Counts the items of a document's lists, by the classes of the lists."""

    def __init__(self, css: str) -> None:
        self._labels = {rule[1]: _PART.findall(rule[2]) for rule in _RULE.finditer(css)}
        self._counted: dict[str, int] = {}
        """The number of the last item of each list."""

    def start(self, name: str, number: int | None) -> None:
        """Let the next item of a list have this number; None: it goes on."""
        if number is not None:
            self._counted[name] = number - 1

    def item(self, name: str, *, ordered: bool) -> str:
        """Return what stands before the next item of a list, with a blank."""
        if not ordered:
            return "- "
        number = self._counted[name] = self._counted.get(name, 0) + 1
        text = ""
        for words, counter, style in self._labels.get(name, ()):
            shown = self._counted.get(f"lst-{counter}", 1) if counter else 0
            text += _styled(shown, style) if counter else _ESCAPE.sub(_unescaped, words)
        return f"{text.strip() or f'{number}.'} "


def _unescaped(found: re.Match[str]) -> str:
    if not found[1]:
        return found[2]
    code = int(found[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def _styled(number: int, style: str) -> str:
    show = _STYLES.get(style, str)
    return show(number) if 0 < number < 10_000 else str(number)


def _letters(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("a") + digit) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


_STYLES: Final[dict[str, Callable[[int], str]]] = {
    "lower-latin": _letters,
    "lower-alpha": _letters,
    "upper-latin": lambda number: _letters(number).upper(),
    "upper-alpha": lambda number: _letters(number).upper(),
    "lower-roman": _roman,
    "upper-roman": lambda number: _roman(number).upper(),
    "decimal-leading-zero": lambda number: f"{number:02}",
}
