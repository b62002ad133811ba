"""A source as PowerPoint would save it: title slide, one slide a heading, tables, notes.

Knows nothing of the other formats.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pptx
from pptx.util import Inches, Pt

from builders.source import Part, Source, fixed_zip


def pptx_bytes(source: Path) -> bytes:
    """A deck: `#` is the title slide, each `##` one slide, `???` its notes."""
    text = Source.read(source)
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(10), Inches(5.625)  # 16:9
    properties = deck.core_properties
    properties.title, properties.author = text.title, text.owner
    properties.last_modified_by = text.owner
    properties.created = properties.modified = text.updated.astimezone(ZoneInfo("UTC"))
    slide: Any = None
    for part in text.parts:
        if part.kind == "heading":
            slide = deck.slides.add_slide(deck.slide_layouts[0 if part.level == 1 else 1])
            slide.shapes.title.text = part.lines[0]
            place(slide, first=part.level == 1)
        elif part.kind == "notes":
            slide.notes_slide.notes_text_frame.text = part.lines[0]
        elif part.kind == "table":
            pptx_table(slide, part.rows)
        else:
            pptx_lines(slide.placeholders[1].text_frame, part)
    out = BytesIO()
    deck.save(out)
    return fixed_zip(out.getvalue())


def place(slide: Any, *, first: bool) -> None:
    """Fit the template's placeholders, made for 4:3, to the wide slide."""
    title, body = slide.shapes.title, slide.placeholders[1]
    for shape, top, height in ((title, 1.4 if first else 0.2, 1), (body, 2.8 if first else 1.3, 4)):
        shape.left, shape.width = Inches(0.5), Inches(9)
        shape.top, shape.height = Inches(top), Inches(height)


def pptx_lines(frame: Any, part: Part) -> None:
    """Add each line as a paragraph; steps carry their number, as in decks pasted from a memo."""
    for number, line in enumerate(part.lines, part.level):
        paragraph = frame.add_paragraph() if frame.text else frame.paragraphs[0]
        paragraph.text = f"{number}. {line}" if part.kind == "numbers" else line
        paragraph.font.size = Pt(20)


def pptx_table(slide: Any, rows: list[list[str]]) -> None:
    """A table in the upper half; the slide's text moves below it."""
    frame = slide.shapes.add_table(
        len(rows), len(rows[0]), Inches(0.5), Inches(1.3), Inches(9), Inches(2)
    )
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            frame.table.cell(r, c).text = value
    slide.placeholders[1].top, slide.placeholders[1].height = Inches(4), Inches(1)
