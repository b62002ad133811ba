"""Word's styles, as far as they decide what a paragraph is: heading, list, code, hidden.

Knows styles.xml; knows nothing of the document's body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from ingest.extract.ooxml import integer

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?:heading|見出し)\s*([1-9])", re.IGNORECASE)
_CODE = re.compile(
    r"code|source|program|html (?:pre|sample)|コード|ソース|プログラム", re.IGNORECASE
)
_CONTENTS = re.compile(
    r"toc (?:\d|heading)|目次.*|table of (?:figures|authorities)|index \d", re.IGNORECASE
)
_MAX_DEPTH = 20
"""Of `basedOn`, which a damaged file can bend into a circle."""


@dataclass(frozen=True, slots=True)
class Style:
    """A paragraph or character style with what it inherits."""

    name: str = ""
    level: int = 0
    """Of the heading, from 1; 0 for text."""
    hidden: bool = False
    number_id: str = ""
    number_level: int = 0

    @property
    def is_title(self) -> bool:
        """Whether it marks the document's title."""
        return self.name.lower() in ("title", "表題")

    @property
    def is_contents(self) -> bool:
        """Whether it lays out a table of contents."""
        return _CONTENTS.fullmatch(self.name) is not None

    @property
    def is_code(self) -> bool:
        """Whether it is made for program code."""
        return _CODE.search(self.name) is not None


class Styles:
    """The styles of a document by their id."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements: dict[str, etree._Element] = {}
        self._made: dict[str, Style] = {}
        self.default = ""
        for element in root.iterfind(f"{W}style") if root is not None else ():
            style_id = element.get(f"{W}styleId", "")
            self._elements[style_id] = element
            if element.get(f"{W}type") == "paragraph" and is_on(element.get(f"{W}default", "0")):
                self.default = style_id

    def get(self, style_id: str) -> Style:
        """The style; one without meaning where the file has none of this id."""
        made = self._made.get(style_id)
        if made is None:
            made = self._made[style_id] = self._make(style_id)
        return made

    def _make(self, style_id: str) -> Style:
        chain: list[etree._Element] = []
        while (element := self._elements.get(style_id)) is not None and len(chain) < _MAX_DEPTH:
            chain.append(element)
            style_id = value(element, "basedOn")
        if not chain:
            return Style()
        name = value(chain[0], "name")
        properties = [found for style in chain if (found := style.find(f"{W}pPr")) is not None]
        number_id, number_level = _numbering(properties)
        return Style(
            name,
            _level(name, properties),
            any(is_set(style.find(f"{W}rPr"), "vanish") for style in chain),
            number_id,
            number_level,
        )


def _level(name: str, properties: list[etree._Element]) -> int:
    if _CONTENTS.fullmatch(name):
        return 0
    for element in properties:
        if outline := value(element, "outlineLvl"):
            return outline_level(outline)
    found = _HEADING.fullmatch(name)
    return int(found[1]) if found else 0


def outline_level(text: str) -> int:
    """Word's outline level 0 to 8 as a heading's level 1 to 9; 9 is body text and gives 0."""
    level = integer(text, 9)
    return level + 1 if 0 <= level < 9 else 0


def _numbering(properties: list[etree._Element]) -> tuple[str, int]:
    for element in properties:
        numbering = element.find(f"{W}numPr")
        if numbering is not None:
            return value(numbering, "numId"), integer(value(numbering, "ilvl"))
    return "", 0


def value(parent: etree._Element | None, name: str) -> str:
    """The `w:val` of a child; empty where there is none."""
    child = parent.find(W + name) if parent is not None else None
    return child.get(f"{W}val", "") if child is not None else ""


def is_set(properties: etree._Element | None, name: str) -> bool:
    """Whether a switch of properties is on; a switch without a value is."""
    child = properties.find(W + name) if properties is not None else None
    return child is not None and is_on(child.get(f"{W}val", "1"))


def is_on(text: str) -> bool:
    """Word's way to write a truth value."""
    return text not in ("0", "false", "off", "none")
