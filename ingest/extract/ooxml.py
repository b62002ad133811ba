"""What the three Office Open XML formats share: parts and their relations, properties, drawings.

Knows ECMA-376 parts 1 and 2 as far as reading text needs; knows nothing of the formats themselves.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from lxml import etree

from ingest.extract.blocks import ExtractError
from ingest.extract.lines import clean
from ingest.extract.properties import believable_title, iso_date, person
from ingest.extract.zipguard import Package

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"


@dataclass(frozen=True, slots=True)
class Relation:
    """One entry of a part's relations."""

    kind: str
    """The last segment of its type: `worksheet`, `drawing`, `footnotes`."""
    target: str
    """The name of the part it leads to."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What docProps/core.xml says, as far as it can be believed."""

    title: str | None = None
    updated: datetime | None = None
    owner: str | None = None


def relations(package: Package, part: str) -> dict[str, Relation]:
    """The inner relations of a part by their id, in the file's order; empty where it has none."""
    folder, name = posixpath.split(part)
    source = posixpath.join(folder, "_rels", f"{name}.rels")
    if source not in package:
        return {}
    found = {}
    for entry in package.xml(source).iter(_RELATIONSHIP):
        if entry.get("TargetMode") == "External":
            continue
        target = unquote(entry.get("Target", ""))
        path = target if target.startswith("/") else posixpath.join(folder, target)
        kind = entry.get("Type", "").rpartition("/")[2]
        found[entry.get("Id", "")] = Relation(kind, posixpath.normpath(path).lstrip("/"))
    return found


def main_part(package: Package, usual: str) -> str:
    """The part that the package opens with.

    Raises:
        ExtractError: the package has none, so it is some other kind of ZIP.
    """
    for relation in relations(package, "").values():
        if relation.kind == "officeDocument" and relation.target in package:
            return relation.target
    if usual in package:
        return usual
    raise ExtractError(
        f"the file is no Office file of its kind inside (it has no {usual}); save it again"
    )


def properties(package: Package) -> Properties:
    """The core properties; empty where there are none or they are damaged."""
    part = next(
        (r.target for r in relations(package, "").values() if r.kind == "core-properties"),
        "docProps/core.xml",
    )
    if part not in package:
        return Properties()
    try:
        root = package.xml(part)
    except ExtractError:
        return Properties()  # the text is what counts
    return Properties(
        believable_title(root.findtext(f"{_DC}title")),
        iso_date(root.findtext(f"{_TERMS}modified")),
        person(root.findtext(f"{_DC}creator")),
    )


def integer(text: str | None, default: int = 0) -> int:
    """An attribute as a number; `default` where it is absent or no number of sane length."""
    return int(text) if text and _INTEGER.fullmatch(text) else default


def chosen(element: etree._Element) -> Iterator[etree._Element]:
    """The children as one reader sees them: of alternatives the first, never the fallback too."""
    for child in element:
        if child.tag == f"{MC}AlternateContent":
            branches = list(child)
            for branch in branches[:1]:
                yield from chosen(branch)
        else:
            yield child


def descend(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The descendants of a name in document order, alternatives taken once."""
    for child in chosen(element):
        if child.tag == tag:
            yield child
        else:
            yield from descend(child, tag)


def drawn_paragraphs(body: etree._Element) -> list[str]:
    """The paragraphs of a DrawingML text body, without empty ones."""
    texts = (clean("".join(_runs(paragraph))) for paragraph in descend(body, f"{A}p"))
    return [text for text in texts if text]


def _runs(paragraph: etree._Element) -> Iterator[str]:
    for child in chosen(paragraph):
        if child.tag == f"{A}br":
            yield "\n"
        elif child.tag in (f"{A}r", f"{A}fld"):
            yield child.findtext(f"{A}t") or ""
