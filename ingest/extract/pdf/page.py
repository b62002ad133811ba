"""The text of a PDF page as segments: runs of characters with their place and size.

Knows pdfium's text API; knows nothing of lines, paragraphs or tables.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingest.extract.blocks import ExtractError
from ingest.extract.lines import clean, ends_japanese, starts_japanese

MAX_PAGE_CHARACTERS = 500_000
"""A dense page of a newspaper has 20,000."""
_CELL_GAP = 1.0
"""In sizes: a wider gap within a line, beside what a blank takes, parts the cells of a table."""
_LINE_ENDS = frozenset((0x0A, 0x0D))
_BLANKS = frozenset((0x20, 0xA0))
_HYPHEN = 0x02
"""What pdfium reports for a hyphen that breaks a word at the end of a line."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Text without a wide gap, in points from the page's lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    weight: int = 0
    """Of the font, 400 is regular and 700 bold; 0 where the file does not tell."""

    @property
    def size(self) -> float:
        """The height of its line in points, about the size of its font."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows."""

    number: int
    """From 1."""
    height: float
    """Across its lines: the page's width where text is set vertically."""
    segments: list[Segment]
    has_images: bool
    unmapped: int
    """Characters whose font does not tell what they are."""


def read_page(page: pdfium.PdfPage, number: int) -> Page:
    """The page's segments in the order of its content stream.

    Raises:
        ExtractError: more characters than a page has.
    """
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > MAX_PAGE_CHARACTERS:
            raise ExtractError(f"page {number} has more than {MAX_PAGE_CHARACTERS:,} characters")
        reader = _PageReader(text, max(count, 0))
        segments = list(reader.segments())
    finally:
        text.close()
    images = not segments and _has_images(page)
    width, height = page.get_size()
    if 2 * sum(len(s.text) for s in reader.vertical) > sum(len(s.text) for s in segments):
        segments, height = _turned(segments, height), width
    return Page(number, height, segments, images, reader.unmapped)


def _turned(segments: list[Segment], height: float) -> list[Segment]:
    """A page of vertical text turned to the left, so that its columns are lines from the top."""
    turned = [
        replace(s, left=height - s.top, right=height - s.bottom, bottom=s.left, top=s.right)
        for s in segments
    ]
    # pdfium gives the columns from the left, vertical text is read from the right.
    return sorted(turned, key=lambda s: -s.bottom)


def _has_images(page: pdfium.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3))


_Box = tuple[float, float, float, float]
"""Left, right, bottom and top of a character."""


@dataclass(slots=True)
class _Run:
    """Characters of one segment, and of its first and last one the indexes and boxes."""

    characters: list[str] = field(default_factory=list)
    first: int = -1
    last: int = -1
    boxes: tuple[_Box, _Box] = ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))

    def add(self, character: str, index: int, box: _Box) -> None:
        if not self.characters:
            self.first, self.boxes = index, (box, box)
        self.characters.append(character)
        self.last, self.boxes = index, (self.boxes[0], box)


class _PageReader:
    def __init__(self, text: pdfium.PdfTextPage, count: int) -> None:
        self._text, self._count = text, count
        self._box = raw.FS_RECTF()
        self.unmapped = 0
        self.vertical: list[Segment] = []

    def segments(self) -> Iterator[Segment]:
        """Runs between line breaks and wide gaps."""
        for run in self._runs():
            yield from self._segment(run)

    def _runs(self) -> Iterator[_Run]:
        run = _Run()
        blank = False
        for index in range(self._count):
            code = raw.FPDFText_GetUnicode(self._text, index)
            if code in _BLANKS:
                blank = True
            elif code in _LINE_ENDS:
                yield run
                run, blank = _Run(), False
            else:
                box = self._place(index)
                if run.characters and self._is_apart(run, index, box):
                    yield run
                    run = _Run()
                elif blank and run.characters and self._takes_blank(run, chr(code)):
                    run.characters.append(" ")
                run.add(self._character(code, index), index, box)
                blank = False
                if code == _HYPHEN:
                    # pdfium has joined the halves of the word, and keeps the line's end to itself.
                    yield run
                    run = _Run()
        yield run

    def _is_apart(self, run: _Run, index: int, box: _Box) -> bool:
        """Whether the character stands so far from the one before that it begins a cell."""
        gap = (box[0] - run.boxes[1][1]) / max(box[3] - box[2], 1.0)
        if gap <= _CELL_GAP:
            return False
        # A blank that was typed is part of the gap.
        typed = index - run.last > 1 and not raw.FPDFText_IsGenerated(self._text, run.last + 1)
        return not typed or gap > _CELL_GAP + 0.5

    def _character(self, code: int, index: int) -> str:
        if code == _HYPHEN:
            return "-"
        unmapped = code in (0, 0xFFFD) or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF
        if unmapped or code < 0x20 or raw.FPDFText_HasUnicodeMapError(self._text, index) == 1:
            self.unmapped += 1
        if 0xD800 <= code <= 0xDFFF or not 0 < code <= 0x10FFFF:
            return "\ufffd"
        return chr(code)

    def _takes_blank(self, run: _Run, right: str) -> bool:
        # pdfium makes up blanks where characters stand apart, as in justified Japanese lines.
        made_up = raw.FPDFText_IsGenerated(self._text, run.last + 1) == 1
        return not (made_up and (ends_japanese(run.characters[-1]) or starts_japanese(right)))

    def _place(self, index: int) -> _Box:
        if not raw.FPDFText_GetLooseCharBox(self._text, index, ctypes.byref(self._box)):
            return 0.0, 0.0, 0.0, 0.0
        box = self._box
        return box.left, box.right, min(box.bottom, box.top), max(box.bottom, box.top)

    def _segment(self, run: _Run) -> Iterator[Segment]:
        text = clean("".join(run.characters)).replace("\n", " ")
        if not text:
            return
        left, _, bottom, top = run.boxes[0]
        last_left, right, last_bottom, last_top = run.boxes[1]
        weight = max(raw.FPDFText_GetFontWeight(self._text, run.first), 0)
        em = top - bottom
        if last_top >= bottom + 0.5 * em or abs(last_left - left) >= 0.5 * em:
            yield Segment(text, left, max(left, right), bottom, top, weight)
        elif top - last_bottom > 1.5 * em * len(text):
            # Single characters of a table's column, which pdfium takes for vertical text.
            for index in range(run.first, run.last + 1):
                code = raw.FPDFText_GetUnicode(self._text, index)
                if code not in _BLANKS:
                    left, right, bottom, top = self._place(index)
                    yield Segment(self._character(code, index), left, right, bottom, top, weight)
        else:
            segment = Segment(text, left, left + em, last_bottom, top, weight)
            self.vertical.append(segment)
            yield segment
