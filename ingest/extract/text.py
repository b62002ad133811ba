"""Plain text and tables of separated values become blocks.

Knows how Japanese plain text marks headings and wraps lines, and how CSV is written; guesses no
more than that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

from ingest.extract.blocks import Block, Extracted, ExtractError
from ingest.extract.decode import decode
from ingest.extract.outline import Outline
from ingest.extract.prose import BREAK, fold

_RULE = re.compile(r"[-=_*~#+—―─━─ー‐\s]{3,}$|[・…\s]{3,}$")
# Headings by the marks that Japanese business documents use, outermost first.
_COUNT: Final = "[0-9０-９一二三四五六七八九十百]+"
_ABOVE_MARKS, _MARKED, _BELOW_MARKS = 3, 4, 5
_HEADINGS: Final = (
    (2, re.compile(rf"第{_COUNT}[編部章]")),
    (_MARKED, re.compile(rf"第{_COUNT}節|■|◆|●(?=\S{{1,30}}$)|【[^】]{{1,40}}】$")),
    (6, re.compile(rf"第{_COUNT}条(?:の{_COUNT})?(?:[\s　（(]|$)|□|◇|▼|▽")),
)
_NUMBERED = re.compile(r"([0-9]{1,2}|[０-９]{1,2})([.．、]|[.．]?[ 　])[ 　]*(?![0-9０-９])(\S.*)")
_NUMBERED_LENGTH: Final = 30
_SENTENCE = re.compile(r"[。！？!?、,;；]|です$|ます$")
_ITEM = re.compile(
    r"[\s　]*(?:[-*+・•‣▪◦○●◎※→▶①-⑳]|[0-9０-９]{1,3}[.．)）、](?![0-9])"
    r"|[ア-ン][.．)）]|[a-zA-Z][.)]\s"
    r"|[(（][0-9０-９a-zA-Zａ-ｚア-ン一二三四五六七八九十]{1,3}[)）])"
)
_BROKEN = re.compile("[ァ-ヺーｦ-ﾟ]{2}$")
_WRAPPED: Final = 30  # columns; a shorter line did not end because the margin was reached
_WIDEST: Final = 400  # characters; nobody wraps at a margin beyond
_HEADING_LENGTH: Final = 60
_TITLE_LENGTH: Final = 40
_MARKS = re.compile(r"^[■◆●□◇▼▽【]\s*|】$")
_DELIMITERS: Final = ",\t;|"
_SNIFFED: Final = 65_536  # characters that the delimiter is told by


def extract(data: bytes, _name: str, *, charset: str | None = None) -> Extracted:
    """Return the paragraphs of a plain text, under headings where it marks them."""
    decoded = decode(data, charset=charset)
    return plain(decoded.text, warnings=decoded.warnings)


def plain(text: str, *, warnings: tuple[str, ...] = ()) -> Extracted:
    """Return the paragraphs of text that is decoded already."""
    outline = Outline()
    title, text = _title(text.strip("\n"))
    outline.heading(1, title)
    numbered = _numbered(text)
    for paragraph in re.split(r"\n[\s　]*\n|\f", text):
        _paragraph([line.rstrip() for line in paragraph.split("\n")], outline, numbered)
    return Extracted(outline.finish(), title=outline.first_heading, warnings=warnings)


def _title(text: str) -> tuple[str, str]:
    """A short first line that stands alone is the title; without one, the text is as it was."""
    first, _, rest = text.partition("\n")
    second = rest.partition("\n")[0].strip()
    alone = rest.strip() and (not second or _RULE.match(second))
    if not alone or len(first) > _TITLE_LENGTH or _SENTENCE.search(first) or _ITEM.match(first):
        return "", text
    return _MARKS.sub("", first.strip()), rest


def _numbered(text: str) -> dict[str, int]:
    """The levels of lines that count 1, 2, 3 through the text, each with text of its own below.

    Lines of a list follow each other and are none, and so are numbers that skip one.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    forms: dict[tuple[bool, str], list[int]] = {}
    for at, line in enumerate(lines):
        found = _NUMBERED.fullmatch(line) if len(line) <= _NUMBERED_LENGTH else None
        if found and not _SENTENCE.search(found[3]) and (at == 0 or not lines[at - 1].strip()):
            forms.setdefault((found[1].isascii(), found[2].strip()), []).append(at)
    for places in forms.values():
        numbers = [int(found[1]) for at in places if (found := _NUMBERED.fullmatch(lines[at]))]
        ends = [*places[1:], len(lines)]
        filled = all(
            any(line.strip() for line in lines[at + 1 : end])
            for at, end in zip(places, ends, strict=True)
        )
        if filled and len(places) > 1 and numbers == list(range(1, len(places) + 1)):
            marked = any(_heading_level(line, {}) == _MARKED for line in lines[: places[0]])
            return {lines[at]: _BELOW_MARKS if marked else _ABOVE_MARKS for at in places}
    return {}


def _paragraph(lines: list[str], outline: Outline, numbered: dict[str, int]) -> None:
    kept: list[str] = []
    for line in lines:
        if _RULE.match(line.strip()) or not line.strip():
            continue
        level = _heading_level(line, numbered)
        if level:
            _write(kept, outline)
            kept = []
            outline.heading(level, _MARKS.sub("", line.strip()))
        else:
            kept.append(line)
    _write(kept, outline)


def _heading_level(line: str, numbered: dict[str, int]) -> int:
    """The level of a line that its marks or its number make a heading, or 0."""
    if line in numbered:
        return numbered[line]
    text = line.strip()
    if len(text) > _HEADING_LENGTH or line[:1].isspace() or _SENTENCE.search(text):
        return 0
    return next((level for level, mark in _HEADINGS if mark.match(text)), 0)


def _write(lines: list[str], outline: Outline) -> None:
    """Wrapped lines are joined, short lines and items stay lines of their own."""
    if lines:
        outline.text("".join(_joined(lines)))


def _joined(lines: list[str]) -> Iterator[str]:
    width = max(map(_columns, lines))
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        yield line.strip() if line is not lines[0] else line
        if not after:
            continue
        # A line that reaches the margin was wrapped, unless its successor starts something.
        # Nobody ends a line of its own amid a word of katakana.
        margin = 0.7 * width if _BROKEN.search(line + after.lstrip(" 　")[:1]) else width - 8
        full = _columns(line) >= max(_WRAPPED, margin)
        stops = line.rstrip().endswith(("。", "：", ":"))
        ends = stops and _columns(line) < width - 2
        # Lines may all stand indented below a heading; of a paragraph only the first one does.
        starts = after[:1] == "　" and (stops or _indent(after) > _indent(line))
        yield "\n" if full and not ends and not starts and not _ITEM.match(after) else BREAK


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" 　\t"))


def _columns(line: str) -> int:
    """How wide a line is in a fixed-width font, as which CP932 counts: one byte a column."""
    return len(line[:_WIDEST].encode("cp932", "replace"))


def extract_csv(
    data: bytes, _name: str, *, charset: str | None = None, delimiter: str = ""
) -> Extracted:
    """Return a CSV or TSV file as one table whose first row is its header."""
    decoded = decode(data, charset=charset)
    delimiter = delimiter or _delimiter(decoded.text)
    rows = _rows(decoded.text, delimiter)
    if not rows:
        return Extracted((), warnings=decoded.warnings)
    if max(map(len, rows)) == 1:  # one column is no table
        return plain(decoded.text, warnings=decoded.warnings)
    text = "\n".join(" | ".join(row) for row in rows)
    return Extracted(
        (Block(text, "table", header_rows=min(1, len(rows) - 1)),), warnings=decoded.warnings
    )


def extract_tsv(data: bytes, _name: str, *, charset: str | None = None) -> Extracted:
    """Return a file of tab-separated values as one table."""
    return extract_csv(data, _name, charset=charset, delimiter="\t")


def _read(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(len(text) + 1)
    try:
        return list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        raise ExtractError(f"not readable as CSV: {error}; save it again as CSV (UTF-8)") from error


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The rows that have text, without empty cells at their ends."""
    rows = [[fold(cell.replace("\n", " ")) for cell in row] for row in _read(text, delimiter)]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return [row for row in rows if row]


def _delimiter(text: str) -> str:
    """The separator that cuts the first lines into the same number of cells, and into the most."""
    sample = text[:_SNIFFED]
    best, score = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = [len(row) for row in _read(sample, delimiter)[:50] if row]
        common = max(set(counts), key=counts.count) if counts else 1
        found = (common - 1) * counts.count(common) / max(len(counts), 1)
        if found > score:
            best, score = delimiter, found
    return best
