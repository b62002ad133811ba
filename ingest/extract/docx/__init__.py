"""Word documents (.docx, .docm) by heading.

Knows which parts a document has; leaves their text to the modules beside it. Word has no links to
a place inside a document, so anchors are empty.
"""

from __future__ import annotations

import re

from lxml import etree

from ingest.extract.blocks import Extracted, ExtractError
from ingest.extract.docx.body import Body, Story, story_text
from ingest.extract.docx.numbering import Numbering
from ingest.extract.docx.styles import Styles, W, value
from ingest.extract.ooxml import drawn_paragraphs, main_part, properties, relations
from ingest.extract.outline import Outline
from ingest.extract.prose import BREAK
from ingest.extract.zipguard import Package

_LETTER = re.compile(r"[^\W\d_]")


def extract(data: bytes, name: str) -> Extracted:  # noqa: ARG001 - the registry's signature
    """The document's visible text as blocks, without hidden and deleted text and comments.

    Footnotes and text boxes follow the paragraph that they hang on; page headers and footers come
    once, at the end. The numbers that Word counts (第3条) are part of headings and list items.

    Raises:
        ExtractError: empty, damaged, protected by a password, too large, or without text.
    """
    package = Package(data)
    part = main_part(package, "word/document.xml")
    root = package.xml(part)
    body = root.find(f"{W}body")
    if body is None:
        raise ExtractError("the file is damaged (the document has no body); upload it again")
    reader = _Reader(package, part, root)
    outline = Outline()
    walker = Body(reader.story, outline)
    walker.walk(body)
    outline.close(0)
    outline.text(BREAK.join(reader.headers_and_footers()))
    blocks = outline.finish()
    if not blocks:
        raise ExtractError("the document has no text; nothing to index")
    about = properties(package)
    return Extracted(
        blocks,
        walker.title or about.title,
        about.updated,
        about.owner,
        titled_inside=walker.title is not None,
    )


class _Reader:
    """The parts beside the document's own."""

    def __init__(self, package: Package, part: str, root: etree._Element) -> None:
        self._package, self._root = package, root
        self._relations = relations(package, part)
        styles = Styles(self._part("styles"))
        self.story = Story(
            styles,
            Numbering(self._part("numbering"), styles),
            self._notes(),
            self._diagrams(),
            _has_headings(root, styles),
        )

    def headers_and_footers(self) -> list[str]:
        """The distinct lines of the pages' headers and footers."""
        lines: dict[str, None] = {}
        for relation in self._relations.values():
            if relation.kind in ("header", "footer") and relation.target in self._package:
                text = story_text(self.story, self._package.xml(relation.target))
                # Without letters it is a page number.
                lines.update(
                    dict.fromkeys(filter(re.compile(r"[^\W\d_]").search, text.split("\n")))
                )
        return list(lines)

    def _part(self, kind: str) -> etree._Element | None:
        for relation in self._relations.values():
            if relation.kind == kind and relation.target in self._package:
                return self._package.xml(relation.target)
        return None

    def _notes(self) -> dict[tuple[str, str], etree._Element]:
        found = {}
        for kind in ("footnote", "endnote"):
            root = self._part(f"{kind}s")
            for note in root.iterfind(W + kind) if root is not None else ():
                found[kind, note.get(f"{W}id", "")] = note
        return found

    def _diagrams(self) -> dict[str, list[str]]:
        return {
            key: drawn_paragraphs(self._package.xml(relation.target))
            for key, relation in self._relations.items()
            if relation.kind == "diagramData" and relation.target in self._package
        }


def _has_headings(root: etree._Element, styles: Styles) -> bool:
    return any(
        styles.get(value(paragraph, "pStyle")).level or value(paragraph, "outlineLvl")
        for paragraph in root.iter(f"{W}pPr")
    )
