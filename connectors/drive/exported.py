"""What is handed over of a native Google file: its export, with what the export does not tell.

An export holds the text, but neither the ids of a spreadsheet's sheets nor those of a
presentation's slides, which a link needs. Whoever takes the text out of it
(`ingest.extract.google`) asks no service, so that the ids come along.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal, get_args

from connectors.drive.values import Sheet, Slide

MEDIA_TYPE: Final = "application/vnd.kurage.google"
"""Of `Exported.to_bytes`: ours, no service's."""

Kind = Literal["document", "spreadsheet", "presentation"]

_KINDS: Final = get_args(Kind)
_FOREIGN: Final = "no export that the Google Drive connector wrote"


@dataclass(frozen=True, slots=True)
class Exported:
    """A document as HTML, a spreadsheet as .xlsx, or a presentation as .pptx."""

    kind: Kind
    name: str
    """Of the file in Drive."""
    body: bytes | memoryview
    sheets: tuple[Sheet, ...] = ()
    """Of a spreadsheet, all of them in the order of their tabs; empty: the service does not say."""
    slides: tuple[Slide, ...] = ()
    """Of a presentation, likewise, with those that are skipped."""

    def to_bytes(self) -> bytes:
        """Return it as the body of a document: a line of JSON, then the export as it came."""
        head = {
            "kind": self.kind,
            "name": self.name,
            "sheets": [[sheet.gid, sheet.title, sheet.hidden] for sheet in self.sheets],
            "slides": [[slide.id, slide.skipped] for slide in self.slides],
        }
        return b"".join((json.dumps(head, separators=(",", ":")).encode("ascii"), b"\n", self.body))

    @classmethod
    def from_bytes(cls, body: bytes) -> Exported:
        """Return what `to_bytes` wrote, its body a view of these bytes: images make exports large.

        Raises ValueError for anything else.
        """
        end = body.find(b"\n")
        try:
            head = json.loads(body[: max(end, 0)])
            kind, name = head["kind"], head["name"]
            sheets = tuple(_sheet(*sheet) for sheet in head["sheets"])
            slides = tuple(_slide(*slide) for slide in head["slides"])
        except (TypeError, KeyError, ValueError, RecursionError) as error:
            raise ValueError(_FOREIGN) from error
        if kind not in _KINDS or not isinstance(name, str):
            raise ValueError(_FOREIGN)
        return cls(kind, name, memoryview(body)[end + 1 :], sheets, slides)


def _sheet(gid: object, title: object, hidden: object) -> Sheet:
    # A bool is an int, and no gid.
    if type(gid) is not int or not isinstance(title, str) or not isinstance(hidden, bool):
        raise TypeError(_FOREIGN)
    return Sheet(gid, title, hidden)


def _slide(identifier: object, skipped: object) -> Slide:
    if not isinstance(identifier, str) or not isinstance(skipped, bool):
        raise TypeError(_FOREIGN)
    return Slide(identifier, skipped)
