"""Reads what a page shows of other pages, as the connector brought it along.

What is not there must not be shown to every reader of the page, or is not there at all.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.confluence.storage import include_key
from ingest.extract.confluence.markup import AC, RI
from ingest.extract.confluence.parameters import PARAMETERS, parameter
from ingest.extract.confluence.walker import MAX_NAME, Detour, Node, Reader

_MACROS: Final = (f"{AC}structured-macro", f"{AC}macro")
_RICH_BODY: Final = f"{AC}rich-text-body"
_MAX_DEPTH: Final = 5  # pages within pages; the connector brings three
_MAX_CHARACTERS: Final = 10_000_000
"""Of markup that is read for includes: pages that include pages twice each would grow for ever."""


def include(reader: Reader, node: Node, _name: str) -> Detour | None:
    """Another page, whole."""
    return _included(reader, node, excerpt=None)


def excerpt_include(reader: Reader, node: Node, _name: str) -> Detour | None:
    """What another page offers as its excerpt, hidden there or not."""
    return _included(reader, node, excerpt=parameter(node, "name").strip())


def _included(reader: Reader, node: Node, *, excerpt: str | None) -> Detour | None:
    reader.blur()
    reader.sink.end_block()
    named = _page(node)
    if named is None:
        return None
    title, space = named
    key = include_key(space, title)
    source = reader.storage.included.get(key)
    shown = title[:MAX_NAME]
    if source is None:
        reader.note(
            f'the included page "{shown}" is left out: there is no such page, or not every reader '
            "of this page may read it"
        )
        return None
    if key in reader.including:
        return None
    reader.included_characters += len(source)
    if len(reader.including) >= _MAX_DEPTH or reader.included_characters > _MAX_CHARACTERS:
        reader.note(f'the included page "{shown}" is left out: pages include too much')
        return None
    root: Node | None = reader.markup.tree(source)
    if excerpt is not None and root is not None:
        root = _excerpt(root, excerpt)
    if root is None:
        reader.note(f'the included page "{shown}" has no such excerpt')
        return None
    reader.including.append(key)
    return Detour(root, lambda: _leave(reader))


def _leave(reader: Reader) -> None:
    reader.including.pop()
    reader.sink.end_block()


def _page(node: Node) -> tuple[str, str] | None:
    """Title and space of the page that a macro names."""
    for child in node.iterchildren(*PARAMETERS):
        for page in child.iterdescendants(f"{RI}page", f"{RI}blog-post"):
            title = page.get(f"{RI}content-title")
            return (title, page.get(f"{RI}space-key") or "") if title else None
    # As old pages have it: SPACE:Title, or a title.
    name = (parameter(node, "") or parameter(node, "default-parameter")).strip()
    space, colon, title = name.partition(":")
    if colon and title and re.fullmatch(r"~?\w+", space):
        return title.strip(), space
    return (name, "") if name else None


def _excerpt(root: Node, name: str) -> Node | None:
    """The body of a page's excerpt; without a name, of its first."""
    for macro in root.iterdescendants(*_MACROS):
        is_excerpt = macro.get(f"{AC}name") == "excerpt"
        if is_excerpt and (not name or parameter(macro, "name").strip() == name):
            return macro.find(_RICH_BODY)
    return None
