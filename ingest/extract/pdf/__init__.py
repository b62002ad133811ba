"""PDF documents by page.

Knows which files can be read and why others can not; leaves pages and layout to the modules beside
it. Text in scanned images is not read: that takes OCR.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingest.extract.blocks import Extracted, ExtractError
from ingest.extract.pdf import fonts
from ingest.extract.pdf.layout import layout
from ingest.extract.pdf.mojibake import has_shifted_kana, is_unreadable, repair
from ingest.extract.pdf.page import Page, Segment, read_page
from ingest.extract.properties import believable_title, pdf_date, person

MAX_PAGES = 3_000
MAX_CHARACTERS = 20_000_000
_PDFIUM = threading.Lock()
"""pdfium keeps global state and is not thread-safe."""
_END = b"%%EOF"


def extract(data: bytes, name: str) -> Extracted:  # noqa: ARG001 - the registry's signature
    """The document's text as blocks, anchors `page=N`.

    Lines are joined as they were written, recurring headers, footers, page numbers and tables of
    contents left out, headings told by size, weight and clause numbers. Files that only forbid
    printing or copying (an owner's password) are read.

    Raises:
        ExtractError: empty, truncated, damaged, protected by a password, too large, a scan without
            text, or text that its fonts do not explain.
    """
    _refuse_incomplete(data)
    with _PDFIUM:
        fonts.install()
        document = _open(data)
        try:
            properties = document.get_metadata_dict()
            warnings: list[str] = []
            pages = list(_pages(document, warnings))
        finally:
            document.close()
    pages = _readable(pages, warnings)
    blocks, shown_title = layout(pages)
    if not blocks:
        raise ExtractError(_reason_without_text(pages))
    warnings += _without_text(pages)
    return Extracted(
        tuple(blocks),
        believable_title(properties.get("Title")) or shown_title,
        pdf_date(properties.get("ModDate")) or pdf_date(properties.get("CreationDate")),
        person(properties.get("Author")),
        tuple(warnings),
    )


def _refuse_incomplete(data: bytes) -> None:
    if not data:
        raise ExtractError("the file is empty (0 bytes); upload it again or remove it")
    if b"%PDF-" not in data[:1024]:
        raise ExtractError("the file is no PDF inside; check its file extension")
    # Readers look for the mark in the last 1,024 bytes (PDF 32000-1 annex H, note 18). pdfium
    # rebuilds what it can of a cut file, and would silently lose its last pages.
    if _END not in data.rstrip(b"\0\t\r\n ")[-1024:]:
        raise ExtractError("the file is truncated (the end of the PDF is missing); upload it again")


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == raw.FPDF_ERR_PASSWORD:
            raise ExtractError(
                "the file is protected by a password; remove it or ask its owner"
            ) from error
        if code == raw.FPDF_ERR_SECURITY:
            raise ExtractError(
                "the file is protected by a method that is not supported; print it to a new PDF"
            ) from error
        raise ExtractError("the file is damaged (no readable PDF); upload it again") from error
    if len(document) > MAX_PAGES:
        document.close()
        raise ExtractError(f"the document has more than {MAX_PAGES:,} pages; split it")
    return document


def _pages(document: pdfium.PdfDocument, warnings: list[str]) -> Iterator[Page]:
    characters = 0
    unreadable = []
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            unreadable.append(index + 1)
            continue
        try:
            found = read_page(page, index + 1)
        except pdfium.PdfiumError:
            unreadable.append(index + 1)
            continue
        finally:
            page.close()
        characters += sum(len(segment.text) for segment in found.segments)
        if characters > MAX_CHARACTERS:
            raise ExtractError(
                f"the document has more than {MAX_CHARACTERS:,} characters; split it"
            )
        yield found
    if unreadable:
        warnings.append(f"Damaged and not read: {_page_list(unreadable)}.")


def _readable(pages: list[Page], warnings: list[str]) -> list[Page]:
    """The pages with mojibake repaired; ExtractError where it can not be."""
    text = "".join(segment.text for page in pages for segment in page.segments)
    if has_shifted_kana(text):
        warnings.append("The fonts of this PDF shift kana to other characters; they were put back.")
        pages = [_repaired(page) for page in pages]
        text = repair(text)
    if is_unreadable(text, sum(page.unmapped for page in pages)):
        raise ExtractError(
            "the text is mojibake: the fonts do not say which characters they show; "
            "export the PDF again with Unicode fonts, or run OCR over it"
        )
    return pages


def _repaired(page: Page) -> Page:
    segments = [
        Segment(repair(s.text), s.left, s.right, s.bottom, s.top, s.weight) for s in page.segments
    ]
    return Page(page.number, page.height, segments, page.has_images, unmapped=0)


def _reason_without_text(pages: list[Page]) -> str:
    if any(page.has_images for page in pages):
        return "the document is a scan (images without text); run OCR over it"
    if not pages:
        return "the file is damaged (no page can be read); upload it again"
    return "the document has no text; nothing to index"


def _without_text(pages: list[Page]) -> list[str]:
    scanned = [page.number for page in pages if page.has_images]
    return [f"Images without text: {_page_list(scanned)}; run OCR over them."] if scanned else []


def _page_list(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"page {shown}{more}" if len(numbers) == 1 else f"pages {shown}{more}"
