"""The text of a Word paragraph as its reader sees it, and what hangs on it.

Knows runs, fields, tracked changes, ruby and hidden text; knows nothing of headings and tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from ingest.extract.docx.styles import Styles, W, is_set, value
from ingest.extract.ooxml import R, chosen, descend
from ingest.extract.prose import BREAK

_MATH_TEXT: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_DIAGRAM: Final = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DRAWINGS: Final = frozenset((f"{W}drawing", f"{W}pict", f"{W}object"))
_LEFT_OUT: Final = frozenset(
    W + name
    for name in (  # noqa: SIM905 - one name after the other reads best
        "pPr rPr del moveFrom delText delInstrText instrText rt rubyPr sdtPr sdtEndPr fldData "
        "commentReference annotationRef footnoteRef endnoteRef lastRenderedPageBreak"
    ).split()
)
_CHARACTERS: Final = {
    f"{W}tab": "\t",
    f"{W}ptab": "\t",
    f"{W}br": BREAK,
    f"{W}cr": BREAK,
    f"{W}noBreakHyphen": "-",
}
# Fields whose result is made by the layout: contents, indexes, page numbers.
_UNREAD_FIELDS: Final = frozenset(
    ("TOC", "INDEX", "TOA", "PAGE", "NUMPAGES", "SECTIONPAGES", "PAGEREF")
)


@dataclass(slots=True)
class Line:
    """A paragraph's text with what it refers to."""

    texts: list[str] = field(default_factory=list)
    is_bold: bool = True
    """Whether each run with text is bold."""
    boxes: list[etree._Element] = field(default_factory=list)
    """Text boxes anchored in it: `w:txbxContent`."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Footnotes and endnotes referred to: the kind and the id."""
    diagrams: list[str] = field(default_factory=list)
    """Relation ids of SmartArt."""

    @property
    def text(self) -> str:
        """The text, unfolded: line breaks are `prose.BREAK`."""
        return "".join(self.texts)


@dataclass(slots=True)
class _Field:
    code: str = ""
    in_result: bool = False

    @property
    def unread(self) -> bool:
        name = self.code.split(maxsplit=1)
        return bool(name) and name[0].upper() in _UNREAD_FIELDS


class RunReader:
    """Reads paragraphs of one story in order; a field can begin in one and end in another."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._fields: list[_Field] = []

    def read(self, paragraph: etree._Element) -> Line:
        """The paragraph's visible text."""
        line = Line()
        self._children(paragraph, line)
        line.is_bold = line.is_bold and bool(line.text.strip())
        # A code does not go on in the next paragraph; one that seems to was never closed.
        self._fields = [found for found in self._fields if found.in_result]
        return line

    def forget_fields(self) -> None:
        """Take all fields for ended, as where a heading shows that contents are over."""
        self._fields = []

    def _children(self, element: etree._Element, line: Line) -> None:
        for child in chosen(element):
            tag = child.tag
            if tag == f"{W}r":
                self._run(child, line)
            elif tag in _DRAWINGS:
                line.boxes += descend(child, f"{W}txbxContent")
                line.diagrams += [found.get(f"{R}dm", "") for found in descend(child, _DIAGRAM)]
            elif tag == f"{W}fldChar":
                self._field_char(child.get(f"{W}fldCharType", ""))
            elif tag == f"{W}instrText":
                if self._fields and not self._fields[-1].in_result:
                    self._fields[-1].code += child.text or ""
            elif tag == f"{W}fldSimple":
                self._fields.append(_Field(child.get(f"{W}instr", ""), in_result=True))
                self._children(child, line)
                self._fields.pop()
            elif tag not in _LEFT_OUT and not self._is_unread():
                self._leaf(child, line)

    def _leaf(self, child: etree._Element, line: Line) -> None:
        tag = child.tag
        if tag in (f"{W}t", _MATH_TEXT):
            line.texts.append(child.text or "")
        elif tag in _CHARACTERS:
            line.texts.append(_CHARACTERS[tag])
        elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
            line.notes.append((tag[len(W) : -len("Reference")], child.get(f"{W}id", "")))
        elif tag == f"{W}sdt" and is_contents_control(child):
            return
        else:  # links, insertions, content controls, ruby, formulas
            self._children(child, line)

    def _run(self, run: etree._Element, line: Line) -> None:
        properties = run.find(f"{W}rPr")
        style_id = value(properties, "rStyle")
        hidden = is_set(properties, "vanish") or (
            bool(style_id)
            and self._styles.get(style_id).hidden
            and (properties is None or properties.find(f"{W}vanish") is None)
        )
        if hidden:
            # A hidden run can still open or close a field.
            for child in run.iterfind(f"{W}fldChar"):
                self._field_char(child.get(f"{W}fldCharType", ""))
            return
        before = len(line.texts)
        self._children(run, line)
        if "".join(line.texts[before:]).strip() and not is_set(properties, "b"):
            line.is_bold = False

    def _field_char(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(_Field())
        elif kind == "separate" and self._fields:
            self._fields[-1].in_result = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _is_unread(self) -> bool:
        return any(not found.in_result or found.unread for found in self._fields)


def is_contents_control(control: etree._Element) -> bool:
    """Whether a content control holds the table of contents, which Word makes from headings."""
    gallery = control.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val", "") == "Table of Contents"
