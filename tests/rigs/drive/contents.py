"""What items hold, from what a test says in short: text, lists, or bytes."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from typing import Any

from rigs.drive.documents import Block, DocumentBody, RawBody, blocks
from rigs.drive.presentations import PresentationBody, slides_of
from rigs.drive.records import (
    DOCUMENT,
    DOCX,
    PPTX,
    PRESENTATION,
    SPREADSHEET,
    XLSX,
    Body,
    Item,
    SheetProperties,
    SlideProperties,
)
from rigs.drive.spreadsheets import SpreadsheetBody, sheets_of

_TYPES = {
    "docx": DOCX,
    "xlsx": XLSX,
    "pptx": PPTX,
    "md": "text/markdown",
    "csv": "text/csv",
    "log": "text/plain",
}


@dataclass(slots=True)
class Bytes:
    """What was uploaded."""

    data: bytes

    def exported(self, media_type: str, moment: int) -> bytes | None:
        return None

    def stored(self) -> bytes:
        return self.data

    def sheets(self) -> tuple[SheetProperties, ...]:
        return ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return ()


@dataclass(slots=True)
class Filler:
    """As many bytes as wanted that nobody has to keep: exports and files over a limit."""

    size: int

    def exported(self, media_type: str, moment: int) -> bytes | None:
        return self.stored()

    def stored(self) -> bytes:
        return (hashlib.sha256(str(self.size).encode()).digest() * (self.size // 32 + 1))[
            : self.size
        ]

    def sheets(self) -> tuple[SheetProperties, ...]:
        return ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return ()


def document(name: str, content: Any) -> Body:
    """Return a document: of light markup (see `documents.blocks`), of blocks, or raw HTML bytes."""
    if isinstance(content, bytes):
        return RawBody(content)
    if isinstance(content, str):
        return DocumentBody(blocks(content))
    if isinstance(content, list | tuple) and all(isinstance(one, Block) for one in content):
        return DocumentBody(tuple(content))
    return _body(content)


def spreadsheet(content: Any) -> Body:
    """Return a spreadsheet.

    Of `{title: rows}`, of `[{"title": …, "rows": …, "hidden": True, "hidden_rows": [2]}]`, or of
    text, whose lines are the rows of one sheet.
    """
    return (
        SpreadsheetBody(sheets_of(content))
        if isinstance(content, str | dict | list | tuple)
        else _body(content)
    )


def presentation(content: Any) -> Body:
    """Return a presentation of titles, or of the fields of `presentations.Slide`."""
    return (
        PresentationBody(slides_of(content))
        if isinstance(content, str | list | tuple)
        else _body(content)
    )


def uploaded(content: Any) -> Body:
    """Return what was uploaded; text as UTF-8."""
    if isinstance(content, str):
        return Bytes(content.encode())
    return Bytes(content) if isinstance(content, bytes) else _body(content)


def again(item: Item, content: Any) -> Body:
    """Return other content for an item of the same kind."""
    if item.media_type == DOCUMENT:
        return document(item.name, content)
    if item.media_type == SPREADSHEET:
        return spreadsheet(content)
    if item.media_type == PRESENTATION:
        return presentation(content)
    return uploaded(content)


def media_type(name: str) -> str:
    """Return the type that the service gives to an upload of this name."""
    known = _TYPES.get(name.rpartition(".")[2].lower())
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _body(content: Any) -> Body:
    for method in ("exported", "stored", "sheets", "slides"):
        if not hasattr(content, method):
            raise TypeError(f"nothing can be made of {type(content).__name__}")
    made: Body = content
    return made
