"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) by sheet, with ranges of cells as anchors.

Knows which reader a workbook needs; knows nothing of how its sheets become text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.extract.blocks import Block, Extracted, ExtractError
from ingest.extract.ooxml import Properties, properties
from ingest.extract.xlsx.grid import SheetBlocks
from ingest.extract.xlsx.sheet import Sheet
from ingest.extract.xlsx.workbook import Workbook
from ingest.extract.zipguard import Package

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))


def extract(data: bytes, name: str) -> Extracted:  # noqa: ARG001 - the registry's signature
    """The workbook's visible text as blocks.

    Hidden sheets, rows and columns, phonetic readings and threaded comments are left out; notes of
    cells and text in shapes come after the rows that they lie over. Anchors are
    `sheet=NAME&range=A1:C12`.

    Raises:
        ExtractError: empty, damaged, protected by a password, too large, or without text.
    """
    about, warnings = Properties(), []
    if data.startswith(_OLE2) and any(stream in data for stream in _BIFF_STREAMS):
        blocks = _legacy_blocks(data)
    else:
        package = Package(data)
        if "xl/workbook.bin" in package or "content.xml" in package:
            package.check()  # calamine trusts declared sizes
            blocks = _legacy_blocks(data)
        else:
            workbook = Workbook(package)
            about = properties(package)
            blocks = blocks_of(workbook.sheets())
            warnings = workbook.warnings
    if not blocks:
        raise ExtractError("the file has no text in its visible sheets; nothing to index")
    return Extracted(
        tuple(blocks), about.title, about.updated, about.owner, warnings=tuple(warnings)
    )


def _legacy_blocks(data: bytes) -> list[Block]:
    # Imported here: only old workbooks need the library.
    from ingest.extract.xlsx.legacy import read_sheets  # noqa: PLC0415

    return blocks_of(read_sheets(data))


def blocks_of(sheets: Iterator[Sheet]) -> list[Block]:
    """The blocks of a workbook's sheets."""
    # One sheet is held at a time, so whether there is a second is only known after the first.
    first = next(sheets, None)
    if first is None:
        return []
    second = next(sheets, None)
    maker = SheetBlocks(single=second is None)
    blocks = list(maker.blocks(first))
    if second is not None:
        blocks += maker.blocks(second)
    for sheet in sheets:
        blocks += maker.blocks(sheet)
    return blocks
