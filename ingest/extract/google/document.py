"""The HTML export of Google Docs: paragraphs, headings with their ids, lists and tables.

Knows how Docs writes HTML: lists in lists are lists in a row whose class tells the depth, footnotes
and comments stand at the end, images are inside as base64, headers and footers are a `div` first
and last. Leaves the walk and the text of cells to `html.gather`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from selectolax.lexbor import LexborNode

from connectors.drive.exported import Exported
from ingest.extract.blocks import Extracted
from ingest.extract.decode import decode
from ingest.extract.google.numbering import Numbering
from ingest.extract.google.walker import Walker
from ingest.extract.html import parsed
from ingest.extract.html.gather import Gatherer
from ingest.extract.markup import tame
from ingest.extract.prose import BREAK, fold

# An image is a megabyte of text that nobody reads; the parser would hold it twice more.
_IMAGE: Final = re.compile(rb"""(<img\b[^<>]*?\ssrc=)(?:"data:[^"]*"|'data:[^']*')""")
_NOTE: Final = re.compile(r"\d+")
_LETTER: Final = re.compile(r"[^\W\d_]")


def extract(exported: Exported) -> Extracted:
    """Return the text of a document; footnotes follow what they are noted at, once.

    Headers and footers come last, once, without page numbers.
    """
    decoded = decode(_without_images(exported.body), charset="utf-8")
    source, warnings = tame(decoded.text)
    tree = parsed(source)
    del source
    body = tree.body
    warnings = (*decoded.warnings, *warnings)
    if body is None:
        return Extracted((), warnings=warnings)
    _drop_comments(body)
    notes = _footnotes(body)
    furniture = _furniture(body)
    css = "".join(style.text() for style in tree.css("style"))
    walker = Walker(notes, _headings(body), Numbering(css))
    walker.read(body)
    walker.outline.close(0)
    walker.outline.place("")
    walker.outline.text(BREAK.join(furniture))
    return Extracted(walker.outline.finish(), warnings=warnings)


def _without_images(body: bytes | memoryview) -> bytes:
    pieces: list[bytes | memoryview] = []
    place = 0
    for image in _IMAGE.finditer(body):
        pieces += [body[place : image.end(1)], b'""']
        place = image.end()
    return b"".join([*pieces, body[place:]])


def _drop_comments(body: LexborNode) -> None:
    """Remove comments, which stand at the end, and their marks in the text."""
    for _, comment in _at_the_end(body, "cmnt"):
        comment.decompose()
    for mark in body.css("a[id^=cmnt_ref]"):
        mark.decompose()


def _footnotes(body: LexborNode) -> dict[str, str]:
    """Take the footnotes from the end of the document; by their ids, without their numbers."""
    found: dict[str, str] = {}
    for link, note in _at_the_end(body, "ftnt"):
        name = link.id or ""
        link.decompose()
        found[name] = Gatherer().read(note)
        note.decompose()
    return found


def _at_the_end(body: LexborNode, kind: str) -> list[tuple[LexborNode, LexborNode]]:
    """Return the links that lead back from notes of a kind, each with what holds its note alone.

    That is a `div` of its own, or else its paragraph.
    """
    links = [
        link for link in body.css(f"a[id^={kind}]") if _NOTE.fullmatch(link.id or "", len(kind))
    ]
    above = [list(_ancestors(link)) for link in links]
    held = Counter(node.mem_id for nodes in above for node in nodes)
    found = []
    for link, nodes in zip(links, above, strict=True):
        alone = list(takewhile(lambda node: held[node.mem_id] == 1, nodes))
        boxes = [node for node in alone if node.tag in ("p", "div")]
        found.append((link, boxes[-1] if boxes else link))
    return found


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag not in ("body", "td", "li"):
        yield parent
        parent = parent.parent


def _furniture(body: LexborNode) -> list[str]:
    """Take what is printed on every page: a `div` before all else, and one after it."""
    children = [child for child in body.iter() if child.tag != "hr"]
    taken: list[LexborNode] = []
    for place in (0, -1):
        if len(children) - len(taken) > 1:
            node = children[place]
            plain = node.tag == "div" and not node.id
            if plain and node.css_first("h1, h2, h3, h4, h5, h6, table") is None:
                taken.append(node)
    lines: dict[str, None] = {}
    for node in taken:
        for line in fold(Gatherer().read(node)).split("\n"):
            if _LETTER.search(line):
                lines[line] = None
        node.decompose()
    return list(lines)


def _headings(body: LexborNode) -> dict[str, str]:
    """Return the text of each heading by its id: a table of contents repeats it."""
    found: dict[str, str] = {}
    for node in body.css("h1[id], h2[id], h3[id], h4[id], h5[id], h6[id], p.title[id]"):
        found.setdefault(node.id or "", fold(node.text(deep=True)))
    return found
