"""PowerPoint presentations (.pptx, .pptm, .ppsx) by slide.

Knows PresentationML: what is hidden, what is a title, in which order shapes are read. Leaves ZIP,
XML and text bodies to the modules beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from ingest.extract.blocks import Block, Extracted, ExtractError, Kind
from ingest.extract.lines import one_line
from ingest.extract.ooxml import (
    A,
    R,
    Relation,
    chosen,
    drawn_paragraphs,
    integer,
    main_part,
    properties,
    relations,
)
from ingest.extract.zipguard import Package

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
NOTES = "ノート"
"""Heading of a slide's speaker notes."""
MAX_SLIDES = 5_000
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_TITLES = ("title", "ctrTitle")
# Page furniture that recurs on every slide.
_FURNITURE = ("dt", "ftr", "sldNum", "hdr")
_EMU_PER_LINE = 228_600
"""A quarter of an inch: shapes whose tops differ by less stand in one row, read from the left."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One block's worth of a slide, with where it stands (EMU)."""

    top: int
    left: int
    kind: Kind
    text: str
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a group places its children: scale and offset in each direction."""

    x: float = 0
    y: float = 0
    scale_x: float = 1
    scale_y: float = 1


def extract(data: bytes, name: str) -> Extracted:  # noqa: ARG001 - the registry's signature
    """The visible slides' text as blocks, anchors `slide=N`; speaker notes under `ノート`.

    Hidden slides and shapes, page furniture and alternative texts are left out. N counts hidden
    slides too, as PowerPoint does.

    Raises:
        ExtractError: empty, damaged, protected by a password, too large, or without text.
    """
    return read(data, lambda count: [f"slide={number}" for number in range(1, count + 1)])


def read(data: bytes, anchors: Callable[[int], Sequence[str | None]]) -> Extracted:
    """The same with other anchors: told how many slides there are, `anchors` gives one for each.

    None: the slide is left out.
    """
    package = Package(data)
    part = main_part(package, "ppt/presentation.xml")
    root = package.xml(part)
    related = relations(package, part)
    slides = [
        related[entry.get(f"{R}id", "")]
        for entry in root.iterfind(f"{P}sldIdLst/{P}sldId")
        if entry.get(f"{R}id", "") in related
    ]
    if len(slides) > MAX_SLIDES:
        raise ExtractError(f"the file has more than {MAX_SLIDES:,} slides; split it")
    blocks: list[Block] = []
    for anchor, relation in zip(anchors(len(slides)), slides, strict=True):
        if anchor is not None:
            blocks += _Slide(package, relation.target).blocks(anchor)
    if not blocks:
        raise ExtractError("the visible slides have no text; nothing to index")
    about = properties(package)
    return Extracted(tuple(blocks), about.title, about.updated, about.owner)


class _Slide:
    """One slide's part and what it refers to."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._root = package.xml(part)
        self._relations = relations(package, part)

    def blocks(self, anchor: str) -> Iterator[Block]:
        """Title as heading, then text, tables and diagrams from the top left, then the notes."""
        if self._root.get("show") in ("0", "false"):
            return
        shapes = self._root.find(f"{P}cSld/{P}spTree")
        if shapes is None:
            return
        title = _title(shapes)
        headings = (title,) if title else ()
        pieces = sorted(self._pieces(shapes, _Frame()), key=_reading_order)
        for piece in pieces:
            yield Block(piece.text, piece.kind, headings, anchor, piece.header_rows)
        notes = self._notes()
        if notes:
            yield Block(notes, "paragraph", (*headings, NOTES), anchor)
        if title and not pieces and not notes:
            # A divider has nothing but its title, which must be found too.
            yield Block(title, "paragraph", (), anchor)

    def _pieces(self, group: etree._Element, frame: _Frame) -> Iterator[_Piece]:
        for shape in chosen(group):
            if _is_hidden(shape):
                continue
            if shape.tag == f"{P}grpSp":
                yield from self._pieces(shape, _inner(shape, frame))
            elif shape.tag == f"{P}sp" and _placeholder(shape) not in _TITLES + _FURNITURE:
                yield from _text_piece(shape, frame)
            elif shape.tag == f"{P}graphicFrame":
                yield from self._frame_pieces(shape, frame)

    def _frame_pieces(self, shape: etree._Element, frame: _Frame) -> Iterator[_Piece]:
        top, left = _place(shape, frame)
        for table in shape.iter(f"{A}tbl"):
            text, header_rows = _table(table)
            if text:
                yield _Piece(top, left, "table", text, header_rows)
        for diagram in shape.iter(_DIAGRAM):
            relation = self._relations.get(diagram.get(f"{R}dm", ""))
            text = "\n".join(self._diagram(relation))
            if text:
                yield _Piece(top, left, "list", text)

    def _diagram(self, relation: Relation | None) -> list[str]:
        if relation is None or relation.target not in self._package:
            return []
        return drawn_paragraphs(self._package.xml(relation.target))

    def _notes(self) -> str:
        for relation in self._relations.values():
            if relation.kind == "notesSlide" and relation.target in self._package:
                shapes = self._package.xml(relation.target).iter(f"{P}sp")
                bodies = [shape for shape in shapes if _placeholder(shape) == "body"]
                return "\n".join(text for body in bodies for text in _paragraphs(body))
        return ""


def _title(shapes: etree._Element) -> str:
    for shape in shapes.iter(f"{P}sp"):
        if _placeholder(shape) in _TITLES and not _is_hidden(shape):
            text = one_line("\n".join(_paragraphs(shape)))
            if text:
                return text
    return ""


def _placeholder(shape: etree._Element) -> str:
    """The kind of a placeholder; empty for a shape of one's own. Without a type it is a body."""
    holder = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
    return "" if holder is None else holder.get("type", "obj")


def _is_hidden(shape: etree._Element) -> bool:
    return any(named.get("hidden") in ("1", "true") for named in shape.iterfind(f"*/{P}cNvPr"))


def _paragraphs(shape: etree._Element) -> list[str]:
    body = shape.find(f"{P}txBody")
    return drawn_paragraphs(body) if body is not None else []


def _text_piece(shape: etree._Element, frame: _Frame) -> Iterator[_Piece]:
    body = shape.find(f"{P}txBody")
    if body is None:
        return
    texts = drawn_paragraphs(body)
    if texts:
        # The body of a layout has bullets, a text box of one's own only where it says so.
        bulleted = _placeholder(shape) in ("body", "obj") or body.find(f".//{A}buChar") is not None
        kind: Kind = "list" if bulleted and len(texts) > 1 else "paragraph"
        yield _Piece(*_place(shape, frame), kind, "\n".join(texts))


def _table(table: etree._Element) -> tuple[str, int]:
    rows = []
    above: dict[int, str] = {}
    for row in table.iterfind(f"{A}tr"):
        texts = []
        for column, cell in enumerate(row.iterfind(f"{A}tc")):
            body = cell.find(f"{A}txBody")
            text = one_line("\n".join(drawn_paragraphs(body))) if body is not None else ""
            if cell.get("vMerge") in ("1", "true"):
                text = above.get(column, "")
            above[column] = text
            if cell.get("hMerge") not in ("1", "true"):
                texts.append(text)
        line = " | ".join(texts).rstrip(" |")
        if line:
            rows.append(line)
    look = table.find(f"{A}tblPr")
    first_row = look is not None and look.get("firstRow") in ("1", "true")
    return "\n".join(rows), int(first_row and len(rows) > 1)


def _place(shape: etree._Element, frame: _Frame) -> tuple[int, int]:
    """Top and left on the slide; shapes that leave it to the layout come first."""
    offset = shape.find(f"{P}spPr/{A}xfrm/{A}off")
    if offset is None:
        offset = shape.find(f"{P}xfrm/{A}off")
    if offset is None:
        return -1, -1
    x, y = integer(offset.get("x")), integer(offset.get("y"))
    return int(frame.y + y * frame.scale_y), int(frame.x + x * frame.scale_x)


def _inner(group: etree._Element, frame: _Frame) -> _Frame:
    place = group.find(f"{P}grpSpPr/{A}xfrm")
    if place is None:
        return frame
    x, y = _pair(place, "off", "x", "y")
    width, height = _pair(place, "ext", "cx", "cy")
    child_x, child_y = _pair(place, "chOff", "x", "y")
    child_width, child_height = _pair(place, "chExt", "cx", "cy")
    scale_x = frame.scale_x * (width / child_width if child_width and width else 1)
    scale_y = frame.scale_y * (height / child_height if child_height and height else 1)
    return _Frame(
        frame.x + x * frame.scale_x - child_x * scale_x,
        frame.y + y * frame.scale_y - child_y * scale_y,
        scale_x,
        scale_y,
    )


def _pair(place: etree._Element, name: str, first: str, second: str) -> tuple[int, int]:
    element = place.find(A + name)
    if element is None:
        return 0, 0
    return integer(element.get(first)), integer(element.get(second))


def _reading_order(piece: _Piece) -> tuple[int, int]:
    return piece.top // _EMU_PER_LINE, piece.left
