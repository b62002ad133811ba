"""Native Google files become blocks whose links land: headings, ranges of sheets, slides.

Reads what the connector hands over (`connectors.drive.exported`); asks no service. The formats of
the exports are others' business: `html`, `xlsx` and `pptx`.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.drive.exported import Exported
from ingest.extract.blocks import Extracted, ExtractError
from ingest.extract.google import document, presentation, spreadsheet
from ingest.extract.prose import fold

_READ = {
    "document": document.extract,
    "spreadsheet": spreadsheet.extract,
    "presentation": presentation.extract,
}


def extract(data: bytes, _name: str) -> Extracted:
    """Return the blocks of a document, a spreadsheet or a presentation, titled as in Drive.

    Anchors are `heading=h.…`, `gid=7&range=A5:C9` and `slide=id.…`, as Google's own links have
    them; empty where the connector was not told the ids. Comments, hidden sheets, rows and columns
    and skipped slides are left out.

    Raises `ExtractError` for what the connector did not write, and for exports that can not be
    read.
    """
    try:
        exported = Exported.from_bytes(data)
    except ValueError as error:
        raise ExtractError("this is no file that the Google Drive connector wrote") from error
    extracted = _READ[exported.kind](exported)
    return replace(extracted, title=fold(exported.name).replace("\n", " ") or None)
