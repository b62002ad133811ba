"""A source as a word processor would print it to PDF: A4 pages, bookmarks, running header.

The fonts are Adobe-Japan1 CID fonts that every reader substitutes, so nothing is embedded or
downloaded, and the text can be read back because their character map is a standard one.
Knows nothing of the other formats.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from builders.source import COMPANY, Part, Source

MINCHO, GOTHIC = "HeiseiMin-W3", "HeiseiKakuGo-W5"


def pdf_bytes(source: Path) -> bytes:
    """Return A4 pages dated by the source, with an outline, a running header and page numbers."""
    text = Source.read(source)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(text.updated.timestamp()))  # reportlab's only way
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=text.title,
        author=text.owner,
        subject=COMPANY,
        creator="build_handbook.py",
        invariant=1,
    )

    numbers = count(1)

    def page(canvas: Any, _: object) -> None:
        canvas.setFont(GOTHIC, 8)
        canvas.drawString(72, 806, f"{text.title}　{COMPANY}")
        canvas.drawCentredString(A4[0] / 2, 30, f"- {canvas.getPageNumber()} -")

    def outline(piece: Any) -> None:
        level = piece.style.name if isinstance(piece, Paragraph) else ""
        if level.isdigit():
            key = f"heading-{next(numbers)}"
            document.canv.bookmarkPage(key)
            document.canv.addOutlineEntry(piece.getPlainText(), key, int(level) - 1)

    document.afterFlowable = outline
    styles = pdf_styles()
    flow = [piece for part in text.parts for piece in pieces(part, styles)]
    document.build(flow, onFirstPage=page, onLaterPages=page)
    return out.getvalue()


def pdf_styles() -> dict[str, ParagraphStyle]:
    """Mincho for text, Gothic for headings, lines broken between any two Japanese characters."""
    for font in (MINCHO, GOTHIC):
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    styles = (
        style("1", GOTHIC, 16, alignment=1, spaceAfter=10),
        style("2", GOTHIC, 13, alignment=1, spaceBefore=14, spaceAfter=6, keepWithNext=1),
        style("3", GOTHIC, 11, spaceBefore=8, spaceAfter=2, keepWithNext=1),
        style("text", MINCHO, 10.5, spaceAfter=3),
        style("item", MINCHO, 10.5, leftIndent=16, firstLineIndent=-16, spaceAfter=2),
        style("cell", MINCHO, 9),
        style("head", GOTHIC, 9),
    )
    return {one.name: one for one in styles}


def style(name: str, font: str, size: float, **more: Any) -> ParagraphStyle:
    """Return a style; headings are named by their level."""
    leading = size * 1.6
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=leading, wordWrap="CJK", **more
    )


def pieces(part: Part, styles: dict[str, ParagraphStyle]) -> Iterator[Any]:
    """Yield the flowables of one block."""
    if part.kind == "heading":
        yield Paragraph(escape(part.lines[0]), styles[str(part.level)])
    elif part.kind == "table":
        yield from table(part.rows, styles)
    elif part.kind == "numbers":
        for number, line in enumerate(part.lines, part.level):
            yield Paragraph(escape(f"{number}. {line}"), styles["item"])
    else:
        yield Paragraph(escape(part.lines[0]), styles["text"])


def table(rows: list[list[str]], styles: dict[str, ParagraphStyle]) -> Iterator[Any]:
    """Yield a ruled table whose header row is repeated after a page break, and some air."""
    cells = [
        [Paragraph(escape(cell), styles["cell" if r else "head"]) for cell in row]
        for r, row in enumerate(rows)
    ]
    rules = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    yield Spacer(1, 4)
    yield Table(cells, colWidths=widths(rows), repeatRows=1, style=rules)
    yield Spacer(1, 6)


def widths(rows: list[list[str]]) -> list[float]:
    """Return the width of each column in points: what its longest cell needs, padding included."""
    return [
        max(pdfmetrics.stringWidth(cell, GOTHIC, 9) for cell in column) + 14
        for column in zip(*rows, strict=True)
    ]
