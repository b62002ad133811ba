"""Paragraphs and tables of a Word document, in reading order, become an outline of blocks.

Knows block-level WordprocessingML; leaves the text of a paragraph to `runs`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from ingest.extract.clauses import clause_level
from ingest.extract.docx.numbering import Numbering
from ingest.extract.docx.runs import Line, RunReader, is_contents_control
from ingest.extract.docx.styles import Style, Styles, W, is_set, outline_level, value
from ingest.extract.lines import one_line
from ingest.extract.ooxml import chosen, integer
from ingest.extract.outline import Cell, Outline
from ingest.extract.prose import BREAK, fold

_WRAPPERS = frozenset(W + name for name in ("sdtContent", "ins", "moveTo", "customXml", "smartTag"))
_SHORT = 40
_BOLD_LEVEL = 6
"""Of bold lines where no style marks headings: below 条, which has 5."""
_MAX_SPAN = 1_000


@dataclass(frozen=True, slots=True)
class Story:
    """What the stories of a document (body, notes, headers) share."""

    styles: Styles
    numbering: Numbering
    notes: dict[tuple[str, str], etree._Element]
    """Footnotes and endnotes by kind and id."""
    diagrams: dict[str, list[str]]
    """The paragraphs of SmartArt by relation id."""
    has_headings: bool
    """Whether styles mark headings; if not, text that looks like one is taken for it."""


class Body:
    """Walks block-level elements and tells an outline what it sees."""

    def __init__(self, story: Story, outline: Outline) -> None:
        self._story, self._outline = story, outline
        self._runs = RunReader(story.styles)
        self._carried: list[str] = []
        self._code: list[str] = []
        self.title: str | None = None

    def walk(self, parent: etree._Element) -> None:
        """Tell everything below `parent`."""
        self._blocks(parent)
        self._end_code()

    def _blocks(self, parent: etree._Element) -> None:
        for child in chosen(parent):
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._end_code()
                self._table(child)
            elif child.tag == f"{W}sdt":
                if not is_contents_control(child):
                    self._blocks(child)
            elif child.tag in _WRAPPERS:
                self._blocks(child)

    def _paragraph(self, paragraph: etree._Element) -> None:
        properties = paragraph.find(f"{W}pPr")
        style_id = value(properties, "pStyle") or self._story.styles.default
        style = self._story.styles.get(style_id)
        if style.level:
            self._runs.forget_fields()
        line = self._runs.read(paragraph)
        if self._carried:
            line.texts[:0] = self._carried
            self._carried = []
        marks = properties.find(f"{W}rPr") if properties is not None else None
        if marks is not None and marks.find(f"{W}del") is not None and line.text:
            # Its end was deleted: what stays of it runs on in the next paragraph.
            self._carried = [line.text]
            return
        if line.text.strip() and not style.hidden and not style.is_contents:
            self._tell(line, properties, style_id, style)
        elif not line.text.strip() and not style.is_code:
            self._end_code()
        self._attached(line)

    def _tell(
        self, line: Line, properties: etree._Element | None, style_id: str, style: Style
    ) -> None:
        if style.is_code:
            self._code.append(line.text.replace("\u2028", "\n"))
            return
        self._end_code()
        text = fold(line.text)
        if style.is_title and self.title is None:
            self.title = one_line(text)
            return
        outline = value(properties, "outlineLvl")
        level = outline_level(outline) if outline else style.level
        label, depth = self._label(properties, style_id, style)
        heading = one_line(f"{label} {text}" if label else text)
        level = level or self._guessed_level(line, heading, in_list=label is not None)
        if level:
            self._outline.heading(level, heading)
        elif label is not None:
            self._outline.item(line.text, depth=depth, marker=f"{label} " if label else "- ")
        else:
            self._outline.text(line.text)

    def _label(
        self, properties: etree._Element | None, style_id: str, style: Style
    ) -> tuple[str | None, int]:
        numbering = properties.find(f"{W}numPr") if properties is not None else None
        number_id = value(numbering, "numId") or style.number_id
        if not number_id:
            return None, 0
        level = self._story.numbering.level_of_style(number_id, style_id, style.number_level)
        level = integer(value(numbering, "ilvl"), level)
        return self._story.numbering.label(number_id, level), level

    def _guessed_level(self, line: Line, text: str, *, in_list: bool) -> int:
        if self._story.has_headings or len(text) > _SHORT:
            return 0
        if level := clause_level(text):
            return level
        plain = text.endswith(("。", "、", ".", "：", ":")) or in_list
        return _BOLD_LEVEL if line.is_bold and not plain else 0

    def _attached(self, line: Line) -> None:
        """What hangs on a paragraph follows it: text boxes, diagrams, notes."""
        for box in line.boxes:
            Body(self._story, self._outline).walk(box)
        for diagram in line.diagrams:
            for text in self._story.diagrams.get(diagram, ()):
                self._outline.item(text)
            self._outline.end_list()
        for key in line.notes:
            note = self._story.notes.get(key)
            if note is not None:
                self._outline.text(story_text(self._story, note).replace("\n", BREAK))

    def _end_code(self) -> None:
        if self._code:
            self._outline.code("\n".join(self._code))
            self._code = []

    def _table(self, table: etree._Element) -> None:
        rows = [row for row in _rows(table) if not _is_gone(row)]
        grid = [list(_cells(row)) for row in rows]
        if all(len(row) < 2 for row in grid) or any(map(self._is_heading, grid)):
            # One column, or a heading across the columns: a frame around text, not a table.
            for row in grid:
                for found in row:
                    self._blocks(found.element)
            self._end_code()
            return
        grid = _without_unused_columns(grid)
        lines: list[Line] = []
        texts = [[self._cell_text(cell.element, lines) for cell in row] for row in grid]
        headers = _header_rows(rows, grid, texts)
        self._outline.end_list()
        self._outline.table(
            [
                [
                    Cell(text, index < headers, cell.columns, _row_span(grid, index, cell))
                    for cell, text in zip(row, row_texts, strict=True)
                    if not cell.goes_on
                ]
                for index, (row, row_texts) in enumerate(zip(grid, texts, strict=True))
            ]
        )
        for line in lines:
            self._attached(line)

    def _is_heading(self, row: list[_TableCell]) -> bool:
        """Whether all that stands in a row is a heading by its style."""
        filled = [cell for cell in row if cell.element.find(f".//{W}t") is not None]
        return len(filled) == 1 and any(
            self._story.styles.get(value(paragraph.find(f"{W}pPr"), "pStyle")).level
            for paragraph in filled[0].element.iterfind(f"{W}p")
        )

    def _cell_text(self, cell: etree._Element, lines: list[Line]) -> str:
        """A cell's paragraphs and inner tables as one line of text."""
        parts = []
        for paragraph in _paragraphs(cell):
            line = self._runs.read(paragraph)
            properties = paragraph.find(f"{W}pPr")
            style_id = value(properties, "pStyle") or self._story.styles.default
            label, _ = self._label(properties, style_id, self._story.styles.get(style_id))
            text = fold(line.text)
            if text:
                mark = "・" if label == "" else f"{label} " if label else ""
                parts.append(mark + text)
            lines.append(line)
        return one_line("\n".join(parts))


@dataclass(frozen=True, slots=True)
class _TableCell:
    element: etree._Element
    column: int
    columns: int
    starts: bool
    """Whether a vertical merge begins here."""
    goes_on: bool
    """Whether it belongs to the merged cell above."""


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in chosen(table):
        if child.tag == f"{W}tr":
            yield child
        elif child.tag == f"{W}sdt" or child.tag in _WRAPPERS:
            yield from _rows(child)


def _cells(row: etree._Element) -> Iterator[_TableCell]:
    column = min(max(integer(value(row.find(f"{W}trPr"), "gridBefore")), 0), _MAX_SPAN)
    for element in _cell_elements(row):
        properties = element.find(f"{W}tcPr")
        span = min(max(integer(value(properties, "gridSpan"), 1), 1), _MAX_SPAN)
        merge = properties.find(f"{W}vMerge") if properties is not None else None
        starts = merge is not None and merge.get(f"{W}val") == "restart"
        yield _TableCell(element, column, span, starts, merge is not None and not starts)
        column += span


def _without_unused_columns(grid: list[list[_TableCell]]) -> list[list[_TableCell]]:
    """Spans in columns where some cell begins: the own grid of Word is finer."""
    starts = sorted({cell.column for row in grid for cell in row})
    place = {column: index for index, column in enumerate(starts)}
    return [
        [
            replace(
                cell,
                column=place[cell.column],
                columns=bisect_left(starts, cell.column + cell.columns) - place[cell.column],
            )
            for cell in row
        ]
        for row in grid
    ]


def _cell_elements(row: etree._Element) -> Iterator[etree._Element]:
    for child in chosen(row):
        if child.tag == f"{W}tc":
            if child.find(f"{W}tcPr/{W}cellDel") is None:
                yield child
        elif child.tag == f"{W}sdt" or child.tag in _WRAPPERS:
            yield from _cell_elements(child)


def _row_span(grid: list[list[_TableCell]], index: int, cell: _TableCell) -> int:
    span = 1
    if cell.starts:
        for row in grid[index + 1 : index + _MAX_SPAN]:
            if not any(other.goes_on and other.column == cell.column for other in row):
                break
            span += 1
    return span


def _is_gone(row: etree._Element) -> bool:
    properties = row.find(f"{W}trPr")
    if properties is None:
        return False
    return is_set(properties, "hidden") or properties.find(f"{W}del") is not None


def _header_rows(
    rows: list[etree._Element], grid: list[list[_TableCell]], texts: list[list[str]]
) -> int:
    """The rows marked to repeat on each page; else the first, where it reads like a header."""
    count = 0
    for row in rows:
        if not is_set(row.find(f"{W}trPr"), "tblHeader"):
            break
        count += 1
    if count:
        return count
    shaded = [[_is_shaded(cell.element) for cell in row] for row in grid]
    if any(map(any, shaded)):
        # Where only the first column is shaded, the labels stand on the left.
        return int(all(shaded[0]) and len(shaded[0]) > 1 and not all(map(all, shaded)))
    first = texts[0]
    named = len(first) > 2 and all(0 < len(text) <= _SHORT // 2 for text in first)
    return int(named and len(set(first)) == len(first) and len(rows) > 1)


def _is_shaded(cell: etree._Element) -> bool:
    shading = cell.find(f"{W}tcPr/{W}shd")
    fill = shading.get(f"{W}fill", "auto").upper() if shading is not None else "AUTO"
    return fill not in ("AUTO", "FFFFFF")


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a cell in order, those of tables within it included."""
    for child in chosen(cell):
        if child.tag == f"{W}p":
            yield child
        elif child.tag == f"{W}tbl":
            for row in _rows(child):
                if not _is_gone(row):
                    for element in _cell_elements(row):
                        yield from _paragraphs(element)
        elif child.tag == f"{W}sdt" or child.tag in _WRAPPERS:
            yield from _paragraphs(child)


def story_text(story: Story, part: etree._Element) -> str:
    """The paragraphs of a note or a header, one a line."""
    runs = RunReader(story.styles)
    return "\n".join(filter(None, (fold(runs.read(p).text) for p in _paragraphs(part))))
