"""What can be quoted by itself: sentences, list items, lines of code and rows of tables.

Knows nothing of questions or words: it looks at line ends, punctuation and ` | `.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.sentences import sentences

LONGEST = 240
"""Characters of a unit. A longer sentence is cut at its pauses, so that a quote stays readable."""

_LABEL = 40
"""Characters of a line without 。 that is taken for the label of the sentence below it."""
_LABELLED = 160
"""Characters of a label and its sentence together."""

_REMEMBERED = 512
"""Passages whose units are kept: an answer asks for them several times, many questions do."""

_CELL = " | "
# Ends of sentences for the splitter, but nothing that anybody would quote: 1. or （2）.
_MARKER = re.compile(
    r"[-・*•●○■□◆◇※▼→]|[（(\[]?(?:[0-9０-９]{1,3}|[a-zA-Z]|[ア-ン]|[①-⑳]|[一二三四五六七八九十]{1,3})[)）\].．、]?"
)
_LIST_MARKER = re.compile(r"(?:[-*]\s|[・•●○■□◆◇]|[0-9０-９]{1,3}[.)．）])\s*(?=[^\s0-9０-９])")
_ENDED = re.compile(r"[。．！？!?.][」』）)】]*\Z")
# A line that ends so goes on in the next one: text out of a PDF, or wrapped by hand.
_GOES_ON = re.compile(r"[、，,をにはがでへやもの]\Z|(?<=[a-z]{2})\Z")
_CONTINUES = re.compile(r"(?![-・*•●○■□◆◇※▼【\[(（]|[0-9０-９]+[.．、)）])\S")
_ENGLISH = re.compile(r"[a-z]")
_BAR = re.compile(r" \| ")
_PAUSE = re.compile(r"[、，,;；]\s*|(?<=[）)」』])|\s+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A span of a passage's text that is quoted whole."""

    begin: int
    end: int
    text: str
    """`passage[begin:end]`, without blanks around it."""
    header: tuple[int, int] | None = None
    """Span of the header row of the table whose row this is."""


@lru_cache(maxsize=_REMEMBERED)
def units(text: str) -> tuple[Unit, ...]:
    """Return the units of a passage, in order; nothing but blanks stands between them.

    A line break inside a sentence does not end it where the line clearly goes on.
    """
    spans = _joined(text, sentences(text))
    return tuple(
        Unit(begin, end, text[begin:end], header)
        for span, header in zip(spans, _headers(text, spans), strict=True)
        for begin, end in _cut(text, *span)
    )


def is_caption(text: str, below: str) -> bool:
    """Tell whether a unit only announces the table or the list below it."""
    listed = _CELL in below or bool(_LIST_MARKER.match(below))
    return listed and _is_label(text) and not text.endswith(("？", "?"))


def without_marker(text: str) -> str:
    """Return a unit's text without the bullet or number of its list: alone it says nothing."""
    return _LIST_MARKER.sub("", text, count=1) if _LIST_MARKER.match(text) else text


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and _is_one_sentence(text, joined[-1], begin, end):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


def _is_one_sentence(text: str, before: tuple[int, int], begin: int, end: int) -> bool:
    """Tell whether a marker stands apart, a label above its text, or a line break means nothing."""
    gap = text[before[1] : begin]
    first, second = text[before[0] : before[1]], text[begin:end]
    if _MARKER.fullmatch(first):
        return gap.strip(" \t") == ""
    if _is_label(first) and "\n" in gap and _ENDED.search(second):
        return _CELL not in second and len(first) + len(second) <= _LABELLED
    if gap.strip(" \t\r") != "\n" or _CELL in first or _CELL in second:
        return False
    if not _GOES_ON.search(first) or not _CONTINUES.match(second):
        return False
    return not first[-1].isascii() or first[-1] == "," or bool(_ENGLISH.match(second))


def _is_label(text: str) -> bool:
    """「AUTH_FAILED」と表示される, or a question, above what it introduces."""
    return (
        len(text) <= _LABEL
        and _CELL not in text
        and (not _ENDED.search(text) or text.endswith(("？", "?")))
        and bool(_CONTINUES.match(text))
    )


def _cut(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Return a span in parts of at most `LONGEST` characters, cut behind pauses if it has any.

    A row may be twice as long, since it is read by its cells.
    """
    pause, longest = (_BAR, 2 * LONGEST) if _CELL in text[begin:end] else (_PAUSE, LONGEST)
    parts = []
    while end - begin > longest:
        pauses = [m.end() for m in pause.finditer(text, begin + longest // 3, begin + longest)]
        stop = pauses[-1] if pauses else begin + longest
        parts.append(_stripped(text, begin, stop))
        begin = stop
    parts.append(_stripped(text, begin, end))
    return [(first, last) for first, last in parts if first < last]


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    piece = text[begin:end]
    begin += len(piece) - len(piece.lstrip())
    return begin, begin + len(piece.strip())


def _headers(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int] | None]:
    """Return the header row of each span: the first of a run of lines with cells, else None."""
    headers: list[tuple[int, int] | None] = []
    header: tuple[int, int] | None = None
    for span in spans:
        is_row = _CELL in text[slice(*span)]
        headers.append(header if is_row else None)
        header = (header or span) if is_row else None
    return headers
