"""PDF by pdfminer."""

from __future__ import annotations

import io
import re
from collections import Counter

from bench.sources.seen import HARD, SOFT, Source


def pdf(data: bytes) -> Source:
    """Read a PDF's characters; large ones on short lines are headings."""
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTChar, LTTextBox

    seen = Source(anchors=set(), outlined=False)
    assert seen.anchors is not None
    lines: list[tuple[int, str, float]] = []
    sizes: Counter[float] = Counter()
    ends: set[int] = set()  # the last lines of boxes
    for number, page in enumerate(extract_pages(io.BytesIO(data)), start=1):
        seen.anchors.add(f"page={number}")
        for box in page:
            for line in box if isinstance(box, LTTextBox) else ():
                chars = [char for char in line if isinstance(char, LTChar)]
                text = "".join(char.get_text() for char in chars)
                size = round(max((char.size for char in chars), default=0.0))
                sizes[size] += len(text)
                lines.append((number, text, size))
            ends.add(len(lines) - 1)
    pages = {key: {n for n, text, _ in lines if _undigited(text) == key}
             for key in {_undigited(text) for _, text, _ in lines}}  # fmt: skip
    body = sizes.most_common(1)[0][0] if sizes else 0
    for at, (_, text, size) in enumerate(lines):
        if len(pages[_undigited(text)]) > max(1, len(seen.anchors) / 2):
            seen.margins.append(text)
            continue
        seen.parts += [text, HARD if at in ends else SOFT]
        if size >= 1.15 * body and text.strip():
            seen.headings.append(text)
    return seen


def _undigited(text: str) -> str:
    return re.sub(r"[\d\s]+", "", text)
