"""Files that people upload: PDF, docx, text in the encodings of Japanese offices.

Whole libraries take 10 to 40 ms for a file; a site of 10,000 has no time for that. So what does not
vary is made by the library once, and the words are written here.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from rigs.drive.documents import Block
from rigs.drive.zipped import Parts

_FONT = "HeiseiKakuGo-W5"
"""An Adobe-Japan1 font that every reader substitutes, so nothing is embedded."""
_COLUMNS = 38


def pdf(pages: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Return a PDF of pages: a heading, and paragraphs that are wrapped."""
    _register()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1)
    for heading, paragraphs in pages:
        text = canvas.beginText(60, 770)
        text.setFont(_FONT, 18)
        text.textLine(heading)
        text.setFont(_FONT, 11)
        text.setLeading(17)
        for paragraph in paragraphs:
            text.moveCursor(0, 12)
            for line in _wrapped(paragraph):
                text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@lru_cache(maxsize=1)
def _register() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))


def _wrapped(text: str) -> Iterator[str]:
    while text:
        # No line begins with a full stop or comma (JIS X 4051): it hangs on the one before.
        end = _COLUMNS + (text[_COLUMNS : _COLUMNS + 1] in {"。", "、"})
        yield text[:end]
        text = text[end:]


def docx(blocks: Sequence[Block]) -> bytes:
    """Return a Word file of titles, headings, paragraphs, lists and tables."""
    template = _docx_template()
    body = "".join(_docx_block(block) for block in blocks)
    return template.filled({_BODY: template.plain[_BODY].replace(b"@@BODY@@", body.encode())})


_BODY = "word/document.xml"


@lru_cache(maxsize=1)
def _docx_template() -> Parts:
    made, file = Document(), io.BytesIO()
    made.save(file)
    parts = []
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name == "docProps/thumbnail.jpeg":
                continue
            data = archive.read(name)
            if name == _BODY:
                at = data.index(b"<w:body>") + len(b"<w:body>")
                data = data[:at] + b"@@BODY@@" + data[at:]
            if name == "_rels/.rels":  # without the picture of somebody else's document
                start = data.index(b"docProps/thumbnail.jpeg")
                first, last = data.rindex(b"<Relationship ", 0, start), data.index(b"/>", start) + 2
                data = data[:first] + data[last:]
            parts.append((name, data))
    return Parts(parts)


def _docx_block(block: Block) -> str:
    if block.rows:
        rows = "".join(
            "<w:tr>"
            + "".join(f"<w:tc><w:tcPr/>{_paragraph(cell)}</w:tc>" for cell in row)
            + "</w:tr>"
            for row in block.rows
        )
        columns = "<w:gridCol/>" * len(block.rows[0])
        return f"<w:tbl><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    styles = {"title": "Title", "bullet": "ListBullet", "number": "ListNumber"}
    style = styles.get(block.kind) or (f"Heading{block.level}" if block.kind == "heading" else "")
    return _paragraph(block.text, style)


def _paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    # Word parts runs where it likes, too: here after the eleventh character.
    runs = "".join(
        f'<w:r><w:t xml:space="preserve">{escape(part)}</w:t></w:r>'
        for part in (text[:11], text[11:])
        if part
    )
    return f"<w:p>{look}{runs}</w:p>"
