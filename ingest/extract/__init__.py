"""Bytes by media type become blocks of text that a reader of the document sees.

Knows nothing of connectors, chunks or indexes. A parser is imported when its first document comes:
most commands read none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Final

from ingest.extract import media
from ingest.extract.blocks import Block, Extracted, ExtractError

__all__ = ["FINGERPRINT", "Block", "ExtractError", "Extracted", "extract", "unreadable"]

FINGERPRINT: Final = "3"
"""Changes when any document's blocks would come out differently: then an index is built anew."""

_EXTRACTORS: Final = {
    media.MARKDOWN: ("markdown", "extract"),
    media.RST: ("rst", "extract"),
    media.YAML: ("yaml", "extract"),
    media.HTML: ("html", "extract"),
    media.PLAIN: ("text", "extract"),
    media.CSV: ("text", "extract_csv"),
    media.TSV: ("text", "extract_tsv"),
    media.PDF: ("pdf", "extract"),
    media.DOCX: ("docx", "extract"),
    media.XLSX: ("xlsx", "extract"),
    media.XLSB: ("xlsx", "extract"),
    media.XLS: ("xlsx", "extract"),
    media.ODS: ("xlsx", "extract"),
    media.PPTX: ("pptx", "extract"),
    media.CONFLUENCE: ("confluence", "extract"),
    media.GOOGLE: ("google", "extract"),
}
_WITH_CHARSET: Final = frozenset((media.HTML, media.PLAIN, media.CSV, media.TSV))

unreadable = media.unreadable


def extract(data: bytes, *, media_type: str | None, name: str) -> Extracted:
    """Return the text of one document and what it says of itself; the title is never missing.

    The type is the one that the bytes have; `media_type` and the suffix of `name` decide only where
    the bytes do not. Without a title of its own (front matter, first heading of level 1, `<title>`,
    properties) a document is called by its file name without suffixes.

    Raises `ExtractError`, with what to do, where the bytes can not be read, are of an unknown type,
    or hold no text: an empty result is never a success.
    """
    if not data:
        raise ExtractError("the file is empty (0 bytes)")
    detected = media.detect(data, media_type=media_type, name=name)
    module, function = _EXTRACTORS[detected]
    read: Callable[..., Extracted] = getattr(import_module(f"ingest.extract.{module}"), function)
    charset = media.charset(media_type)
    if charset and detected in _WITH_CHARSET:
        extracted = read(data, name, charset=charset)
    else:
        extracted = read(data, name)
    if not extracted.blocks:
        reason = "; ".join(extracted.warnings)
        raise ExtractError("there is no text in the document" + (f" ({reason})" if reason else ""))
    return extracted if extracted.title else replace(extracted, title=media.stem(name))
