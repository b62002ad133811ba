"""An .xlsx or .xlsm package becomes visible sheets: SpreadsheetML read as a stream.

Sheets and shared strings go through expat, which holds nothing: a cell at the last row, a million
styled empty cells or a part of 200 MB cost time but no memory. Knows nothing of blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from ingest.extract.blocks import ExtractError
from ingest.extract.lines import clean
from ingest.extract.ooxml import R, Relation, integer, main_part, relations
from ingest.extract.xlsx.drawings import notes, shapes
from ingest.extract.xlsx.formats import BUILT_IN, plain, show
from ingest.extract.xlsx.sheet import (
    BOLD,
    FILLED,
    Cell,
    Floating,
    Row,
    Sheet,
    column_number,
    parse_range,
)
from ingest.extract.zipguard import Attributes, Package, stream_xml

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MAX_CELLS = 1_000_000
"""Filled cells of a workbook; more is a database, and needs over 300 MB here."""
MAX_CHARACTERS = 30_000_000
"""Of text in a workbook: one shared string can be shown a million times."""
MAX_SHEETS = 1_000
MAX_MERGES = 200_000

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_NAMES = {
    f"{namespace}}}{name}": name
    for namespace in _NAMESPACES
    for name in ("row", "c", "v", "t", "f", "is", "si", "rPh", "col", "mergeCell", "autoFilter")
}


class Workbook:
    """The visible sheets of a package, read one at a time.

    Raises:
        ExtractError: damage, or more cells or characters than a document has.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._part = main_part(package, "xl/workbook.xml")
        self._root = package.xml(self._part)
        self._relations = relations(package, self._part)
        self._strings = self._shared_strings()
        self.styles = Styles(self._optional_tree("styles"), since_1904=self._since_1904())
        self.cells = self.characters = 0
        self.warnings: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names of all sheets, hidden ones and charts too, in the order of their tabs."""
        return [entry.get("name", "") for entry in self._root.iter(f"{S}sheet")]

    def sheets(self) -> Iterator[Sheet]:
        """Each visible worksheet in the order of its tabs."""
        entries = list(self._root.iter(f"{S}sheet"))
        if len(entries) > MAX_SHEETS:
            raise ExtractError(f"the file has more than {MAX_SHEETS:,} sheets; split the file")
        for entry in entries:
            relation = self._relations.get(entry.get(f"{R}id", ""))
            if entry.get("state", "visible") != "visible" or relation is None:
                continue
            if relation.kind == "worksheet":
                yield self._sheet(entry.get("name", ""), relation.target)

    def _sheet(self, name: str, part: str) -> Sheet:
        sheet = Sheet(name)
        reader = _SheetReader(self, sheet, self._strings)
        with self._package.open(part) as stream:
            stream_xml(stream, part, reader.start, reader.end, reader.text)
        if reader.without_result:
            self.warnings.append(
                f"Sheet {name}: {reader.without_result} formulas have no stored result; "
                "open the file in Excel and save it."
            )
        for relation in relations(self._package, part).values():
            if relation.target in self._package:
                self._add(sheet, relation)
        return sheet

    def _add(self, sheet: Sheet, relation: Relation) -> None:
        if relation.kind == "drawing":
            found: Iterable[Floating] = shapes(self._package, relation.target)
        elif relation.kind == "comments":
            found = notes(self._package.xml(relation.target))
        else:
            if relation.kind == "table":
                table = self._package.xml(relation.target)
                area = parse_range(table.get("ref", ""))
                if area and table.get("headerRowCount", "1") != "0":
                    sheet.header_rows.add(area.top)
            return
        for item in found:
            if sheet.shows(item.range):
                self.spend(len(item.text))
                sheet.floating.append(item)

    def spend(self, characters: int) -> None:
        """Count text that goes out; ExtractError when it is too much."""
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            raise ExtractError(
                f"the file holds more than {MAX_CHARACTERS:,} characters; split the file, "
                "or leave it out if it is data rather than text"
            )

    def _optional_tree(self, kind: str) -> etree._Element | None:
        for relation in self._relations.values():
            if relation.kind == kind and relation.target in self._package:
                return self._package.xml(relation.target)
        return None

    def _since_1904(self) -> bool:
        settings = self._root.find(f"{S}workbookPr")
        return settings is not None and settings.get("date1904") in ("1", "true")

    def _shared_strings(self) -> list[str]:
        for relation in self._relations.values():
            if relation.kind == "sharedStrings" and relation.target in self._package:
                reader = _StringReader()
                with self._package.open(relation.target) as stream:
                    stream_xml(stream, relation.target, reader.start, reader.end, reader.text)
                return reader.strings
        return []


class Styles:
    """What cell styles mean for text: number formats and emphasis."""

    def __init__(self, root: etree._Element | None, *, since_1904: bool) -> None:
        self._since_1904 = since_1904
        self._codes: list[str] = []
        self.emphasis: list[int] = []
        if root is None:
            return
        custom = {
            entry.get("numFmtId", ""): entry.get("formatCode", "")
            for entry in root.iter(f"{S}numFmt")
        }
        fills = [_is_filled(fill) for fill in root.iterfind(f"{S}fills/{S}fill")]
        bold = [_is_bold(font) for font in root.iterfind(f"{S}fonts/{S}font")]
        for style in root.iterfind(f"{S}cellXfs/{S}xf"):
            number = style.get("numFmtId", "0")
            built_in = BUILT_IN.get(integer(number), "")
            self._codes.append(custom.get(number, built_in))
            filled = _pick(fills, style.get("fillId"))
            self.emphasis.append(filled * FILLED + _pick(bold, style.get("fontId")) * BOLD)

    def number(self, value: str, style: int) -> str:
        """A stored number as the sheet shows it."""
        code = self._codes[style] if style < len(self._codes) else ""
        if (not code or code == "General") and value.isdecimal():
            return value
        try:
            number = float(value)
            if number - number != 0:  # infinite, or no number
                return value
        except ValueError:
            return value
        if not code:
            return plain(number)
        return clean(show(number, code, since_1904=self._since_1904)).replace("\n", " ")

    def hides_text(self, style: int) -> bool:
        """Whether the format shows nothing whatever is in the cell."""
        return style < len(self._codes) and self._codes[style].strip() == ";;;"


def _pick(flags: list[bool], index: str | None) -> bool:
    number = integer(index)
    return 0 <= number < len(flags) and flags[number]


def _is_filled(fill: etree._Element) -> bool:
    pattern = fill.find(f"{S}patternFill")
    if pattern is None:
        return fill.find(f"{S}gradientFill") is not None
    if pattern.get("patternType", "none") in ("none", "gray125"):
        return False
    color = pattern.find(f"{S}fgColor")
    if color is None:
        return True
    white = color.get("rgb", "").upper().endswith("FFFFFF") or color.get("indexed") in ("9", "1")
    return not white and (color.get("theme") != "0" or bool(color.get("tint")))


def _is_bold(font: etree._Element) -> bool:
    bold = font.find(f"{S}b")
    return bold is not None and bold.get("val", "1") not in ("0", "false")


class _StringReader:
    """Callbacks that collect shared strings without their phonetic readings."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._texts: list[str] = []
        self._characters = 0
        self._in_text = self._in_reading = False

    def start(self, name: str, _attributes: Attributes) -> None:
        tag = _NAMES.get(name)
        if tag == "si":
            self._texts = []
        elif tag == "rPh":
            self._in_reading = True
        elif tag == "t":
            self._in_text = not self._in_reading

    def end(self, name: str) -> None:
        tag = _NAMES.get(name)
        if tag == "t":
            self._in_text = False
        elif tag == "rPh":
            self._in_reading = False
        elif tag == "si":
            self.strings.append(clean("".join(self._texts)))

    def text(self, text: str) -> None:
        if self._in_text:
            self._texts.append(text)
            self._characters += len(text)
            if self._characters > MAX_CHARACTERS:
                raise ExtractError(
                    f"the file holds more than {MAX_CHARACTERS:,} characters; split the file"
                )


class _SheetReader:
    """Callbacks that fill a sheet from its part."""

    def __init__(self, workbook: Workbook, sheet: Sheet, strings: list[str]) -> None:
        self._workbook, self._sheet, self._strings = workbook, sheet, strings
        self.without_result = 0
        self._row = self._column = self._hidden_before = 0
        self._row_hidden = self._in_value = self._in_reading = False
        self._has_formula = self._has_value = False
        self._attributes: Attributes = {}
        self._reference = ""
        self._cells: list[Cell] = []
        self._texts: list[str] = []
        self._columns: dict[str, int] = {}
        self._hidden_columns: dict[int, bool] = {}

    def start(self, name: str, attributes: Attributes) -> None:
        tag = _NAMES.get(name)
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "v" or (tag == "t" and not self._in_reading):
            self._in_value = self._has_value = True
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "rPh":
            self._in_reading = True
        elif tag is not None:
            self._start_other(tag, attributes)

    def end(self, name: str) -> None:
        tag = _NAMES.get(name)
        if tag == "c":
            self._end_cell()
        elif tag in ("v", "t"):
            self._in_value = False
        elif tag == "rPh":
            self._in_reading = False
        elif tag == "row" and self._cells:
            position = self._row - self._hidden_before
            self._sheet.rows.append(Row(self._row, position, self._cells))
            self._cells = []

    def text(self, text: str) -> None:
        if self._in_value:
            self._texts.append(text)

    def _start_row(self, attributes: Attributes) -> None:
        # Rows come in order; where a file repeats one or goes back, counting goes on.
        self._row = max(self._row + 1, integer(attributes.get("r")))
        self._column, self._reference, self._cells = 0, "", []
        hidden = attributes.get("hidden") in ("1", "true") or attributes.get("ht") == "0"
        self._row_hidden = hidden
        if hidden:
            self._hidden_before += 1
            _extend(self._sheet.hidden_rows, self._row)

    def _start_cell(self, attributes: Attributes) -> None:
        # Most cells of grid paper are empty: what they say is looked at when a value comes.
        if "r" not in attributes:
            self._column, self._reference = self._place() + 1, ""
        else:
            self._reference = attributes["r"]
        self._attributes = attributes
        self._has_formula = self._has_value = False
        self._texts = []

    def _place(self) -> int:
        """The column of the cell that was begun last."""
        if self._reference:
            letters = self._reference.rstrip("0123456789")
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = column_number(letters) or self._column + 1
            self._column, self._reference = column, ""
        return self._column

    def _end_cell(self) -> None:
        if not self._has_value:
            self.without_result += self._has_formula
            return
        column = self._place()
        if self._row_hidden or self._is_hidden(column):
            return
        kind = self._attributes.get("t", "n")
        style = max(integer(self._attributes.get("s")), 0)
        text = self._shown("".join(self._texts), kind, style)
        if not text:
            return
        emphasis = self._workbook.styles.emphasis
        look = emphasis[style] if style < len(emphasis) else 0
        self._cells.append(Cell(column, text, look, kind == "n"))
        self._workbook.spend(len(text))
        self._workbook.cells += 1
        if self._workbook.cells > MAX_CELLS:
            raise ExtractError(
                f"the file has more than {MAX_CELLS:,} filled cells; split the file, "
                "or leave it out if it is data rather than text"
            )

    def _shown(self, value: str, kind: str, style: int) -> str:
        if kind == "n":
            return self._workbook.styles.number(value.strip(), style) if value else ""
        if kind == "e" or self._workbook.styles.hides_text(style):
            return ""  # errors (#N/A) tell a reader nothing
        if kind == "s":
            index = integer(value.strip(), -1)
            return self._strings[index] if 0 <= index < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return clean(value)

    def _is_hidden(self, column: int) -> bool:
        hidden = self._hidden_columns.get(column)
        if hidden is None:
            hidden = any(a <= column <= b for a, b in self._sheet.hidden_columns)
            self._hidden_columns[column] = hidden
        return hidden

    def _start_other(self, tag: str, attributes: Attributes) -> None:
        if tag == "col":
            if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
                run = integer(attributes.get("min")), integer(attributes.get("max"))
                self._sheet.hidden_columns.append(run)
        elif tag in ("mergeCell", "autoFilter"):
            area = parse_range(attributes.get("ref", ""))
            if area is None:
                return
            if tag == "autoFilter":
                self._sheet.header_rows.add(area.top)
            elif len(self._sheet.merges) < MAX_MERGES:
                self._sheet.merges[area.top, area.left] = area


def _extend(runs: list[tuple[int, int]], number: int) -> None:
    if runs and runs[-1][1] == number - 1:
        runs[-1] = (runs[-1][0], number)
    else:
        runs.append((number, number))
