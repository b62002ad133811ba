"""What a reader sees of a document, by other libraries than those that the extractors use.

Knows nothing of ours. What is left out on purpose (frames of pages, headers of PDF pages) is said
in each reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from bench.sources import office, pdf, plain, web
from bench.sources.seen import EITHER, HARD, SOFT, Source

__all__ = ["EITHER", "HARD", "SOFT", "Source", "formats", "read"]

_READERS: Final[dict[str, Callable[[bytes], Source]]] = {
    "html": web.html,
    "md": web.markdown,
    "rst": web.rst,
    "yaml": plain.yaml,
    "csv": plain.comma_separated,
    "txt": plain.plain,
    "docx": office.docx,
    "xlsx": office.xlsx,
    "pptx": office.pptx,
    "pdf": pdf.pdf,
}


def read(name: str, data: bytes) -> Source:
    """Return what a reader sees of a file; raises `KeyError` for a suffix without a reader."""
    lower = name.lower()
    suffix = "html" if re.search(r"\.html(\.|$)", lower) else lower.rpartition(".")[2]
    return _READERS[suffix](data)


def formats() -> Iterable[str]:
    """Return the suffixes of what `read` can read."""
    return _READERS
