"""The .pptx export of Google Slides, with the ids that Slides knows its slides by."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.drive.exported import Exported
from connectors.drive.values import Slide
from ingest.extract import pptx
from ingest.extract.blocks import Extracted


def extract(exported: Exported) -> Extracted:
    """Return the text of the slides that are shown, with their speaker notes."""
    return pptx.read(bytes(exported.body), lambda count: anchors(exported.slides, count))


def anchors(slides: Sequence[Slide], count: int) -> list[str | None]:
    """Return an anchor for each of `count` exported slides; None for those that are skipped.

    They are told apart by their order alone. Where the numbers differ (somebody edits while it is
    exported), no link is better than one to another slide.
    """
    if len(slides) == count:
        return [None if slide.skipped else f"slide=id.{slide.id}" for slide in slides]
    shown = [slide for slide in slides if not slide.skipped]
    if len(shown) == count:
        return [f"slide=id.{slide.id}" for slide in shown]
    return [""] * count
