"""A source as Word would save it: built-in styles, a header, numbered lists that start again.

Knows nothing of the other formats.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from builders.source import COMPANY, Part, Source, fixed_zip


def docx_bytes(source: Path) -> bytes:
    """A Word document with built-in styles, a header, a page number and real numbered lists."""
    text = Source.read(source)
    document = docx.Document()
    japanese_fonts(document)
    properties = document.core_properties
    properties.title, properties.author = text.title, text.owner
    properties.last_modified_by, properties.comments = text.owner, ""
    properties.created = properties.modified = text.updated.astimezone(ZoneInfo("UTC"))
    document.sections[0].header.paragraphs[0].text = f"{COMPANY}　社外秘"
    for part in text.parts:
        if part.kind == "heading":
            document.add_heading(part.lines[0], 0 if part.level == 1 else part.level - 1)
        elif part.kind == "table":
            docx_table(document, part.rows)
        elif part.kind == "paragraph":
            document.add_paragraph(part.lines[0])
        else:
            docx_list(document, part)
    out = BytesIO()
    document.save(out)
    return fixed_zip(out.getvalue())


def japanese_fonts(document: Any) -> None:
    """Name a Japanese font in every style, as Word for Windows does in Japan."""
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        for script in ("ascii", "hAnsi", "eastAsia"):
            fonts.set(qn(f"w:{script}"), "游ゴシック")


def docx_table(document: Any, rows: list[list[str]]) -> None:
    """A grid whose first row repeats on each page, followed by an empty line as people leave it."""
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    document.add_paragraph()


def docx_list(document: Any, part: Part) -> None:
    """Bullets, or numbers that start again: Word's list style alone would count on and on."""
    style = "List Bullet" if part.kind == "bullets" else "List Number"
    paragraphs = [document.add_paragraph(line, style=style) for line in part.lines]
    if part.kind == "bullets":
        return
    numbering = document.part.numbering_part.element
    style_numbers = document.styles[style].element.pPr.numPr.numId.val
    abstract = numbering.num_having_numId(style_numbers).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(0).add_startOverride(part.level)
    for paragraph in paragraphs:
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = number.numId
