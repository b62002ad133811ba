"""reStructuredText becomes blocks, Sphinx's dialect included, without Sphinx.

Knows what docutils can not parse in time; knows no other files: what a document includes is not
read, and a warning says so.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.extract import text, yaml
from ingest.extract.blocks import Extracted
from ingest.extract.decode import decode
from ingest.extract.rst.dialect import LONG_LINE, parse
from ingest.extract.rst.walker import Walker
from ingest.extract.when import moment

# docutils looks for the end of each inline start in all of its paragraph, which is quadratic: one
# of 150,000 characters with 50,000 starts took 79 s.
_LONG_PARAGRAPH: Final = 20_000  # characters
_MANY_STARTS: Final = 1_000
_START = re.compile(r"(?<=\S)[ \t]?[*`]|_(?=\s)")


def extract(data: bytes, _name: str) -> Extracted:
    """Return the blocks of a reStructuredText document; anchors are docutils' and Sphinx's ids.

    Raises `ExtractError` where the bytes are no text.
    """
    decoded = decode(data)
    if _too_long(decoded.text):
        return _as_plain(decoded.text, decoded.warnings, "a line or a paragraph of it is too long")
    try:
        document = parse(decoded.text)
        walker = Walker(document)
        walker.blocks(document)
    except RecursionError:
        return _as_plain(decoded.text, decoded.warnings, "it nests too deeply")
    warnings = decoded.warnings
    if document.attributes.get("elsewhere"):
        warnings = (*warnings, f"included files were not read: {', '.join(document['elsewhere'])}")
    return Extracted(
        walker.outline.finish(),
        title=walker.outline.first_heading,
        updated=moment(yaml.pick(walker.fields, yaml.UPDATED) or ""),
        owner=yaml.pick(walker.fields, yaml.OWNERS),
        warnings=warnings,
        metadata=walker.fields,
    )


def _too_long(source: str) -> bool:
    if any(len(line) > LONG_LINE for line in source.split("\n")):
        return True
    return any(
        len(paragraph) > _LONG_PARAGRAPH and len(_START.findall(paragraph)) > _MANY_STARTS
        for paragraph in source.split("\n\n")
    )


def _as_plain(source: str, warnings: tuple[str, ...], reason: str) -> Extracted:
    return text.plain(
        source, warnings=(*warnings, f"read as plain text, not as reStructuredText: {reason}")
    )
