"""Word by python-docx, Excel by openpyxl, PowerPoint by python-pptx."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from bench.sources.seen import EITHER, HARD, Source

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P: Final = f"{_W}p"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def docx(data: bytes) -> Source:
    """Read a Word document's body: paragraphs, tables and text boxes as they come."""
    from docx import Document

    document = Document(io.BytesIO(data))
    styles = {style.style_id: (style.name or "").lower() for style in document.styles}
    seen = Source()
    margins = [
        story._element  # noqa: SLF001 - the library has no name for it
        for section in document.sections
        for story in (section.header, section.footer, section.first_page_header)
        if not story.is_linked_to_previous
    ]
    _docx_story(document.element.body, styles, seen)
    for margin in margins:
        aside = Source()
        _docx_story(margin, styles, aside)
        seen.margins += aside.parts
    seen.outlined = bool(seen.headings)
    return seen


def _docx_story(story: Any, styles: dict[str, str], seen: Source) -> None:
    for paragraph in story.iter(_P):
        if any(up.tag.endswith("}Fallback") for up in paragraph.iterancestors()):
            continue
        found = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style = styles.get(found.get(f"{_W}val", ""), "") if found is not None else ""
        if style.startswith(("toc", "目次")):
            continue
        mark = len(seen.parts)
        _docx_runs(paragraph, seen)
        if re.fullmatch(r"(heading|見出し)\s*\d", style) and "".join(seen.parts[mark:]).strip():
            seen.headings.append("".join(seen.parts[mark:]))
        seen.parts.append(HARD)


def _docx_runs(paragraph: Any, seen: Source) -> None:
    for element in paragraph.iter(f"{_W}t", f"{_W}delText", f"{_W}br", f"{_W}tab"):
        ups = list(element.iterancestors())
        if next(up for up in ups if up.tag == f"{_W}p") is not paragraph:
            continue  # a text box inside: its paragraphs come by themselves
        run = next((up for up in ups if up.tag == f"{_W}r"), None)
        hides = run is not None and run.find(f"{_W}rPr/{_W}vanish") is not None
        gone = any(up.tag in (f"{_W}del", f"{_W}moveFrom") for up in ups)
        if any(up.tag == f"{_W}rt" for up in ups) or element.getparent().tag == f"{_W}tabs":
            continue
        if hides or gone:
            seen.hidden.append(element.text or "")
        elif element.tag == f"{_W}t":
            seen.parts.append(element.text or "")
        else:
            seen.parts.append(HARD)


def xlsx(data: bytes) -> Source:
    """Read the strings of a workbook's cells; what is filtered or folded away is hidden."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    seen = Source(anchors=set(), outlined=False)
    assert seen.anchors is not None
    for sheet in book.worksheets:
        columns = {
            number
            for dimension in sheet.column_dimensions.values()
            if dimension.hidden
            for number in range(dimension.min, dimension.max + 1)
        }
        if sheet.sheet_state == "visible":
            seen.anchors.add(sheet.title)
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            away = sheet.row_dimensions[cell.row].hidden or cell.column in columns
            texts = [cell.value] if isinstance(cell.value, str) else []
            texts += [cell.comment.text] if cell.comment is not None else []
            if away or sheet.sheet_state != "visible":
                seen.hidden += texts
            else:
                seen.parts += [part for text in texts for part in (_either(text), HARD)]
    seen.parts += [part for text in _drawn(data) for part in (text, HARD)]
    return seen


def _either(text: str) -> str:
    return text.replace("\n", EITHER)


def _drawn(data: bytes) -> Iterator[str]:
    """The paragraphs of text in shapes, which openpyxl does not read; form controls are hidden."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if not re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
                continue
            for shape in etree.fromstring(package.read(name)).iter("{*}sp"):
                if any(about.get("hidden") == "1" for about in shape.iter("{*}cNvPr")):
                    continue
                for paragraph in shape.iter(f"{_A}p"):
                    parts = paragraph.iter(f"{_A}t", f"{_A}br")
                    yield "".join(
                        EITHER if part.tag == f"{_A}br" else part.text or "" for part in parts
                    )


def pptx(data: bytes) -> Source:
    """Read the text of slides and of their notes; hidden slides and shapes are hidden."""
    from pptx import Presentation

    seen = Source(anchors=set())
    assert seen.anchors is not None
    for number, slide in enumerate(Presentation(io.BytesIO(data)).slides, start=1):
        texts: list[str] = []
        notes = ""
        away = slide._element.get("show") == "0"  # noqa: SLF001 - the library has no name for it
        title = slide.shapes.title
        for shape in _shapes(slide.shapes):
            if shape.is_placeholder and shape.placeholder_format.idx in (10, 11, 12):
                continue  # date, footer, number
            texts += _shape_texts(shape)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text
        if away:
            seen.hidden += [*texts, notes]
            continue
        seen.anchors.add(f"slide={number}")
        if title is not None and title.text_frame.text.strip():
            seen.headings.append(title.text_frame.text)
        if notes.strip():  # PowerPoint's own name for the pane, in Japanese
            seen.headings.append("ノート")
        for text in (*texts, notes):
            seen.parts += [re.sub(r"[\n\v]", HARD, text), HARD]
    return seen


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if shape.shape_type == 6:  # a group
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _shape_texts(shape: Any) -> list[str]:
    if shape.has_text_frame:
        return [shape.text_frame.text]
    if getattr(shape, "has_table", False):
        return [cell.text for row in shape.table.rows for cell in row.cells]
    return []
