"""Text that lies over a sheet's grid: shapes, text boxes, SmartArt, and notes of cells.

Knows SpreadsheetDrawingML's anchors; knows nothing of the grid beneath.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from ingest.extract.lines import clean
from ingest.extract.ooxml import A, R, Relation, descend, drawn_paragraphs, integer, relations
from ingest.extract.xlsx.sheet import Floating, Range, parse_cell
from ingest.extract.zipguard import Package

XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_ANCHORS = ("twoCellAnchor", "oneCellAnchor", "absoluteAnchor")
# What Excel puts in place of a threaded comment for versions that do not know them.
# Google Sheets exports a comment, and the answers to it, as a note that names who wrote it.
_SIGNED = re.compile(r"\n\t-[^\n]+\s*\Z")
_THREADED = re.compile(r"\[(Threaded comment|スレッド化されたコメント|コメントのスレッド)\]")


def shapes(package: Package, part: str) -> list[Floating]:
    """The visible shapes with text of a drawing, in reading order."""
    root = package.xml(part)
    related = relations(package, part)
    found = []
    for anchor in root:
        if anchor.tag in {f"{XDR}{name}" for name in _ANCHORS}:
            area = _area(anchor)
            found += [Floating(area, text) for text in _texts(anchor, package, related)]
    return sorted(found, key=lambda shape: (shape.range.top, shape.range.left))


def notes(root: etree._Element) -> Iterator[Floating]:
    """The notes of cells; threaded comments are talk about the sheet and are left out."""
    authors = [clean(author.text or "") for author in root.iter(f"{_S}author")]
    for comment in root.iter(f"{_S}comment"):
        cell = parse_cell(comment.get("ref", ""))
        body = comment.find(f"{_S}text")
        if cell is None or body is None:
            continue
        raw = "".join(_note_runs(body))
        if _SIGNED.search(raw):
            continue
        text = clean(raw)
        first, _, rest = text.partition("\n")
        if rest and first.rstrip(":：") in authors:
            text = rest  # Excel begins a note with who wrote it
        if text and not _THREADED.match(text):
            yield Floating(Range(*cell, *cell), text, is_note=True)


def _note_runs(body: etree._Element) -> Iterator[str]:
    for child in body:
        if child.tag == f"{_S}t":
            yield child.text or ""
        elif child.tag == f"{_S}r":
            yield child.findtext(f"{_S}t") or ""


def _area(anchor: etree._Element) -> Range:
    start, stop = anchor.find(f"{XDR}from"), anchor.find(f"{XDR}to")
    top, left = _corner(start)
    bottom, right = _corner(stop) if stop is not None else (top, left)
    return Range(top, left, max(top, bottom), max(left, right))


def _corner(corner: etree._Element | None) -> tuple[int, int]:
    if corner is None:
        return 1, 1
    row, column = integer(corner.findtext(f"{XDR}row")), integer(corner.findtext(f"{XDR}col"))
    return min(max(row, 0) + 1, 1_048_576), min(max(column, 0) + 1, 16_384)


def _texts(anchor: etree._Element, package: Package, related: dict[str, Relation]) -> Iterator[str]:
    shown = [shape for shape in descend(anchor, f"{XDR}sp") if not _is_hidden(shape)]
    for shape in sorted(shown, key=_place):
        body = shape.find(f"{XDR}txBody")
        if body is not None and (text := "\n".join(drawn_paragraphs(body))):
            yield text
    for diagram in descend(anchor, _DIAGRAM):
        relation = related.get(diagram.get(f"{R}dm", ""))
        if relation and relation.target in package:
            text = "\n".join(drawn_paragraphs(package.xml(relation.target)))
            if text:
                yield text


def _is_hidden(shape: etree._Element) -> bool:
    named = shape.find(f"{XDR}nvSpPr/{XDR}cNvPr")
    return named is not None and named.get("hidden") in ("1", "true")


def _place(shape: etree._Element) -> tuple[int, int]:
    """Top and left in EMU within the anchor's own space: the order in a group of shapes."""
    offset = shape.find(f"{XDR}spPr/{A}xfrm/{A}off")
    if offset is None:
        return 0, 0
    return integer(offset.get("y")), integer(offset.get("x"))
