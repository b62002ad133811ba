"""Walks docutils' tree of a document and tells an outline what a reader sees.

Knows docutils' nodes; knows nothing of how source becomes a tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from docutils import nodes

from ingest.extract.outline import Cell, Outline
from ingest.extract.prose import BREAK, fold

# Markup that docutils leaves alone because a Japanese character, and no blank, stands beside it.
_STRONG = re.compile(r"(?<!\*)\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?!\*)")
_LITERAL = re.compile(r"``(?=\S)([^`\n]+?)(?<=\S)``")
_INTERPRETED = re.compile(r":[A-Za-z][\w:+.-]*:`([^`<]+?)(?:\s*<[^`<>]*>)?`")
_LONG_SUBSTITUTE: Final = 500  # characters; substitutes are not for texts, and could multiply them


class Walker:
    """Walks docutils' tree; knows the section, the list and the target it is in."""

    def __init__(self, document: nodes.document) -> None:
        self.outline = Outline()
        self.fields: dict[str, str] = {}
        self._document = document
        self._section = 0
        self._depth = 0  # of lists
        self._marker = ""
        self._target = ""  # the explicit target just passed: Sphinx's anchor of what follows

    def blocks(self, parent: nodes.Element) -> None:
        """Write what a reader sees of the children."""
        for child in parent.children:
            if isinstance(child, nodes.Text) or not isinstance(child, nodes.Element):
                continue
            handle = _HANDLERS.get(type(child).__name__)
            if handle is not None:
                handle(self, child)
            elif isinstance(child, nodes.TextElement):
                self.paragraph(child)
            elif not isinstance(child, nodes.Invisible):
                self.blocks(child)

    def paragraph(self, node: nodes.Element) -> None:
        """Running text: a block, or a line of the open list."""
        raw = self.inline(node)
        self._target = self._target if not raw.strip() else ""
        if self._depth:
            self.outline.item(raw, depth=self._depth - 1, marker=self._marker)
            self._marker = " " * len(self._marker)
        else:
            self.outline.text(raw)

    def inline(self, node: nodes.Element) -> str:
        """The text of inline nodes, with what docutils could not resolve resolved or bared."""
        parts: list[str] = []
        for child in node.children:
            if isinstance(child, nodes.Text):
                parts.append(
                    child.astext() if isinstance(node, nodes.literal) else _bared(child.astext())
                )
            elif isinstance(child, nodes.image):
                parts.append(child.get("alt") or "")
            elif isinstance(child, nodes.substitution_reference):
                parts.append(self._substituted(child))
            elif isinstance(child, nodes.footnote_reference | nodes.citation_reference | nodes.raw):
                continue
            elif isinstance(child, nodes.Element) and not isinstance(child, nodes.system_message):
                parts.append(self.inline(child))
        return "".join(parts)

    def _substituted(self, reference: nodes.Element) -> str:
        name = nodes.fully_normalize_name(reference.astext())
        exact = self._document.substitution_names.get(name, "")
        defined = self._document.substitution_defs.get(exact)
        # Not expanded any further: substitutions that name each other would grow without bound.
        meant = "" if defined is None else defined.astext()
        return meant if 0 < len(meant) <= _LONG_SUBSTITUTE else reference.astext()

    def section(self, node: nodes.Element) -> None:
        self._section += 1
        if node.children and isinstance(node.children[0], nodes.title):
            anchor = self._target or next(iter(node["ids"]), "")
            self._target = ""
            self.outline.heading(self._section, self.inline(node.children[0]), anchor)
            node.remove(node.children[0])
        self.blocks(node)
        self._section -= 1

    def target(self, node: nodes.Element) -> None:
        if not node.get("refuri"):
            self._target = (
                next(iter(node.get("ids", [])), "") or node.get("refid", "") or self._target
            )

    def code(self, node: nodes.Element) -> None:
        self.outline.code(node.astext())

    def unreadable(self, node: nodes.Element) -> None:
        """What docutils reports an error on: its source is kept."""
        for literal in node.findall(nodes.literal_block):
            self.outline.text(literal.astext().replace("\n", BREAK))

    def list(self, node: nodes.Element) -> None:
        """A list of any kind; its items are lines."""
        self._depth += 1
        number = node.get("start", 1) if isinstance(node, nodes.enumerated_list) else None
        for item in node.children:
            if isinstance(item, nodes.Element):
                self._marker = "- " if number is None else f"{number}. "
                number = None if number is None else number + 1
                self.blocks(item)
        self._depth -= 1
        self._end_list()

    def definitions(self, node: nodes.Element) -> None:
        """Terms with what they mean under them."""
        self._depth += 1
        for item in node.children:
            for part in item.children if isinstance(item, nodes.Element) else ():
                if not isinstance(part, nodes.Element):
                    continue
                if isinstance(part, nodes.definition):
                    self._marker = "  "
                    self.blocks(part)
                else:
                    self._marker = ""
                    self.paragraph(part)
        self._depth -= 1
        self._end_list()

    def pairs(self, node: nodes.Element) -> None:
        """Fields and options: name and body on one line; a document's first list is about it."""
        found = [(fold(self.inline(_first(field))), _last(field)) for field in node.children]
        if node.parent is self._document and node.parent.children[0] is node:
            self.fields = {name: fold(body.astext()) for name, body in found}
            return
        self._depth += 1
        for name, body in found:
            self._marker = f"{name}: "
            self.blocks(body)
        self._depth -= 1
        self._end_list()

    def lines(self, node: nodes.Element) -> None:
        """A line block: its line ends are the author's."""
        lines = (self.inline(line) for line in node.findall(nodes.line))
        self.outline.text(BREAK.join(lines))

    def image(self, node: nodes.Element) -> None:
        raw = node.get("alt") or ""
        if self._depth:
            self.outline.item(raw, depth=self._depth - 1, marker=self._marker)
        else:
            self.outline.text(raw)

    def table(self, node: nodes.Element) -> None:
        caption = " ".join(self.inline(title) for title in node.findall(nodes.title))
        rows = [
            [
                self._cell(entry, header=isinstance(row.parent, nodes.thead))
                for entry in row.findall(nodes.entry)
            ]
            for row in node.findall(nodes.row)
        ]
        self.outline.table(rows, caption=caption)

    def _cell(self, entry: nodes.Element, *, header: bool) -> Cell:
        inner = Walker(self._document)
        inner.blocks(entry)
        lines = (line for block in inner.outline.finish() for line in block.text.split("\n"))
        return Cell(
            " ".join(line.strip() for line in lines),
            header,
            1 + entry.get("morecols", 0),
            1 + entry.get("morerows", 0),
        )

    def skip(self, node: nodes.Element) -> None:
        """Leave out what is not shown."""

    def _end_list(self) -> None:
        if not self._depth:
            self.outline.end_list()


def _first(field: nodes.Node) -> nodes.Element:
    child = field.children[0]
    return child if isinstance(child, nodes.Element) else nodes.inline()


def _last(field: nodes.Node) -> nodes.Element:
    child = field.children[-1]
    return child if isinstance(child, nodes.Element) else nodes.inline()


def _bared(running: str) -> str:
    if "*" in running:
        running = _STRONG.sub(r"\1", running)
    if "`" in running:
        running = _INTERPRETED.sub(r"\1", running)
        running = _LITERAL.sub(r"\1", running)
    return running


def _handlers(
    names: Iterable[str], handle: Callable[[Walker, Any], None]
) -> dict[str, Callable[[Walker, Any], None]]:
    return dict.fromkeys(names, handle)


_HANDLERS: Final = {
    "section": Walker.section,
    "target": Walker.target,
    "definition_list": Walker.definitions,
    "line_block": Walker.lines,
    "image": Walker.image,
    "table": Walker.table,
    "system_message": Walker.unreadable,
    **_handlers(("literal_block", "doctest_block", "math_block"), Walker.code),
    **_handlers(("bullet_list", "enumerated_list"), Walker.list),
    **_handlers(("field_list", "option_list"), Walker.pairs),
    **_handlers(
        ("comment", "substitution_definition", "raw", "pending", "meta", "label", "transition"),
        Walker.skip,
    ),
}
