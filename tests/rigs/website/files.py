"""Files that sites link to: PDF, Office files, CSV and text, made by the usual libraries.

The libraries are loaded when the first file of a kind is made: most tests need none.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

FileKind = Literal["pdf", "docx", "xlsx", "pptx", "csv", "csv-cp932", "txt", "txt-cp932"]

_OOXML = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: dict[FileKind, str] = {
    "pdf": "application/pdf",
    "docx": f"{_OOXML}wordprocessingml.document",
    "xlsx": f"{_OOXML}spreadsheetml.sheet",
    "pptx": f"{_OOXML}presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
    "csv-cp932": "text/csv",
    "txt": "text/plain",
    "txt-cp932": "text/plain; charset=Shift_JIS",
}
_DATE = datetime(2026, 4, 1, tzinfo=UTC)


def file(kind: FileKind, title: str, lines: Sequence[str]) -> bytes:
    """Return a file that holds `lines`: paragraphs, rows or slides, one each."""
    if kind in {"pdf", "docx", "xlsx", "pptx"}:
        makers = {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "pptx": _pptx}
        return makers[kind](title, lines)
    text = "".join(f"{n},{line}\r\n" for n, line in enumerate(lines, 1))
    if kind.startswith("txt"):
        text = "\r\n".join([title, "", *lines, ""])
    return text.encode("cp932" if kind.endswith("cp932") else "utf-8")


def _pdf(title: str, lines: Sequence[str]) -> bytes:
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    # One of the fonts that every reader has to bring along; nothing is embedded.
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    made = io.BytesIO()
    # Invariant: the same bytes each time.
    canvas = Canvas(made, pagesize=(595, 842), invariant=True)
    canvas.setTitle(title)
    for first in range(0, max(1, len(lines)), 20):
        canvas.setFont("HeiseiKakuGo-W5", 16)
        canvas.drawString(50, 780, title)
        canvas.setFont("HeiseiKakuGo-W5", 10)
        for row, line in enumerate(lines[first : first + 20]):
            canvas.drawString(50, 740 - 32 * row, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def _docx(title: str, lines: Sequence[str]) -> bytes:
    import docx  # noqa: PLC0415

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.created = document.core_properties.modified = _DATE
    document.add_heading(title, 1)
    for line in lines:
        document.add_paragraph(line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _xlsx(title: str, lines: Sequence[str]) -> bytes:
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has one"
    sheet.title = title[:31]
    sheet.append(["番号", "内容"])
    for number, line in enumerate(lines, 1):
        sheet.append([number, line])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _pptx(title: str, lines: Sequence[str]) -> bytes:
    import pptx  # noqa: PLC0415

    slides = pptx.Presentation()
    for line in lines:
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = line
    made = io.BytesIO()
    slides.save(made)
    return made.getvalue()
