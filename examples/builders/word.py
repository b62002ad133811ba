"""A source as Word would save it: built-in styles, numbered lists, footnotes, tracked changes.

In a paragraph `[^text]` is a footnote, `--text--` a tracked deletion and `++text++` a tracked
insertion. Knows nothing of the other formats.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part as PackagePart
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from builders.source import COMPANY, Part, Source, fixed_zip

FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
MARKED = re.compile(r"\[\^([^\]]+)\]|--([^-]+)--|\+\+([^+]+)\+\+")


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
    footnotes: list[str] = []
    for part in text.parts:
        if part.kind == "heading":
            document.add_heading(part.lines[0], 0 if part.level == 1 else part.level - 1)
        elif part.kind == "table":
            docx_table(document, part.rows)
        elif part.kind == "paragraph":
            write(document.add_paragraph(), part.lines[0], text, footnotes)
        else:
            for paragraph, line in zip(docx_list(document, part), part.lines, strict=True):
                write(paragraph, line, text, footnotes)
    if footnotes:
        docx_footnotes(document, footnotes)
    out = BytesIO()
    document.save(out)
    return fixed_zip(out.getvalue())


def write(paragraph: Any, line: str, text: Source, footnotes: list[str]) -> None:
    """Fill a paragraph; footnotes are collected, changes are signed and dated by the source."""
    end = 0
    for mark in MARKED.finditer(line):
        add_text(paragraph, line[end : mark.start()])
        note, deleted, inserted = mark.groups()
        end = mark.end()
        if note:
            footnotes.append(note)
            reference = OxmlElement("w:footnoteReference")
            reference.set(qn("w:id"), str(len(footnotes)))
            paragraph.add_run()._r.append(reference)  # noqa: SLF001
            continue
        run = paragraph.add_run(deleted or inserted)._r  # noqa: SLF001
        change = OxmlElement("w:del" if deleted else "w:ins")
        change.set(qn("w:id"), str(mark.start()))
        change.set(qn("w:author"), text.owner)
        change.set(qn("w:date"), text.updated.isoformat())
        run.addprevious(change)
        change.append(run)
        if deleted:
            run.find(qn("w:t")).tag = qn("w:delText")
    add_text(paragraph, line[end:])


def add_text(paragraph: Any, text: str) -> None:
    """Add a run, as Word does: none for nothing."""
    if text:
        paragraph.add_run(text)


def docx_footnotes(document: Any, texts: list[str]) -> None:
    """The part that holds the footnotes; python-docx writes none."""
    root = parse_xml(f"<w:footnotes {nsdecls('w')}/>")
    for number, text in enumerate(texts, 1):
        note = etree.SubElement(root, qn("w:footnote"), {qn("w:id"): str(number)})
        run = etree.SubElement(etree.SubElement(note, qn("w:p")), qn("w:r"))
        etree.SubElement(run, qn("w:t")).text = text
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package = document.part.package
    part = PackagePart(PackURI("/word/footnotes.xml"), FOOTNOTES, content, package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)


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


def docx_list(document: Any, part: Part) -> list[Any]:
    """Empty bullets, or numbers that start again: Word's list style alone would count on and on."""
    style = "List Bullet" if part.kind == "bullets" else "List Number"
    paragraphs = [document.add_paragraph(style=style) for _ in part.lines]
    if part.kind == "bullets":
        return paragraphs
    numbering = document.part.numbering_part.element
    style_numbers = document.styles[style].element.pPr.numPr.numId.val
    abstract = numbering.num_having_numId(style_numbers).abstractNumId.val
    number = numbering.add_num(abstract)
    number.add_lvlOverride(0).add_startOverride(part.level)
    for paragraph in paragraphs:
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = number.numId
    return paragraphs
