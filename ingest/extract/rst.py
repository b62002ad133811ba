"""reStructuredText becomes blocks, Sphinx's dialect included, without Sphinx.

Directives and roles that docutils does not know keep their text. Knows no other files: what a
document includes is not read, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar, Final

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.utils import new_document

from ingest.extract import text, yaml
from ingest.extract.blocks import Extracted
from ingest.extract.decode import decode
from ingest.extract.outline import Cell, Outline
from ingest.extract.prose import BREAK, fold
from ingest.extract.when import moment

_DIRECTIVE = re.compile(
    r"^[ \t]*(?:\|[^|\n]+\|[ \t]*)?\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w:+.-]+?)::", re.MULTILINE
)
_ROLE = re.compile(r":([A-Za-z][\w:+.-]*):`")
_TITLED = re.compile(r"(.*?)\s*<[^<>]*>$", re.DOTALL)
# Markup that docutils leaves alone because a Japanese character, and no blank, stands beside it.
_STRONG = re.compile(r"(?<!\*)\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*(?!\*)")
_LITERAL = re.compile(r"``(?=\S)([^`\n]+?)(?<=\S)``")
_INTERPRETED = re.compile(r":[A-Za-z][\w:+.-]*:`([^`<]+?)(?:\s*<[^`<>]*>)?`")
# docutils looks for the end of each inline start in all of its paragraph, which is quadratic: one
# of 150,000 characters with 50,000 starts took 79 s.
_LONG_LINE: Final = 50_000  # characters
_LONG_PARAGRAPH: Final = 20_000  # characters
_MANY_STARTS: Final = 1_000
_START = re.compile(r"(?<=\S)[ \t]?[*`]|_(?=\s)")
_LONG_SUBSTITUTE: Final = 500  # characters; substitutes are not for texts, and could multiply them

_CODE: Final = frozenset(
    (
        "code",
        "code-block",
        "sourcecode",
        "prompt",
        "doctest",
        "testcode",
        "testoutput",
        "highlight-block",
    )
)
_DIAGRAMS: Final = frozenset(
    ("mermaid", "graphviz", "uml", "plantuml", "digraph", "graph", "blockdiag")
)
_ELSEWHERE: Final = frozenset(("include", "literalinclude"))
_SILENT: Final = frozenset(
    ("toctree", "index", "meta", "tags", "highlight", "tabularcolumns", "currentmodule",
     "py:currentmodule", "raw", "contents", "sectnum", "default-role")
)  # fmt: skip
_SAID: Final = frozenset(
    ("versionadded", "versionchanged", "deprecated", "centered", "seealso", "rubric")
)
_ROLES_WITH_TARGET: Final = frozenset(
    ("ref", "doc", "numref", "term", "any", "download", "keyword", "option")
)


def extract(data: bytes, _name: str) -> Extracted:
    """Return the blocks of a reStructuredText document; anchors are docutils' and Sphinx's ids.

    Raises `ExtractError` where the bytes are no text.
    """
    decoded = decode(data)
    if _too_long(decoded.text):
        return _as_plain(decoded.text, decoded.warnings, "a line or a paragraph of it is too long")
    try:
        document = _parse(decoded.text)
        walker = _Walker(document)
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
    if any(len(line) > _LONG_LINE for line in source.split("\n")):
        return True
    return any(
        len(paragraph) > _LONG_PARAGRAPH and len(_START.findall(paragraph)) > _MANY_STARTS
        for paragraph in source.split("\n\n")
    )


def _as_plain(source: str, warnings: tuple[str, ...], reason: str) -> Extracted:
    return text.plain(
        source, warnings=(*warnings, f"read as plain text, not as reStructuredText: {reason}")
    )


@cache
def _settings() -> Any:
    settings = get_default_settings(Parser)
    settings.report_level, settings.halt_level, settings.warning_stream = 5, 6, False
    settings.file_insertion_enabled = settings.raw_enabled = False
    settings.syntax_highlight = "none"
    settings.line_length_limit = _LONG_LINE + 1
    settings.auto_id_prefix = "id"  # what Sphinx writes for headings without Latin letters
    return settings


def _parse(source: str) -> nodes.document:
    for found in set(_DIRECTIVE.findall(source)):
        if _is_ours(found):
            directives.register_directive(found.lower(), _Kept)
    for found in set(_ROLE.findall(source)):
        if found.lower() not in _KNOWN_ROLES:
            roles.register_local_role(found.lower(), _kept_role)
    document = new_document("document", _settings().copy())
    Parser().parse(source, document)
    return document


_KNOWN_ROLES: Final = frozenset((
    "abbreviation", "acronym", "code", "emphasis", "literal", "math", "pep-reference",
    "rfc-reference", "pep", "rfc", "strong", "subscript", "sub", "superscript", "sup",
    "title-reference", "title", "t",
))  # fmt: skip
_KNOWN_DIRECTIVES: Final = frozenset((
    "attention", "caution", "danger", "error", "important", "note", "tip", "hint", "warning",
    "admonition", "sidebar", "topic", "line-block", "parsed-literal", "rubric", "epigraph",
    "highlights", "pull-quote", "compound", "container", "table", "csv-table", "list-table",
    "image", "figure", "replace", "unicode", "date", "class", "role", "math", "target-notes",
    "header", "footer", "title",
))  # fmt: skip


def _is_ours(name: str) -> bool:
    return name.lower() not in _KNOWN_DIRECTIVES


class _Options(dict[str, Callable[[str], str]]):
    """Any option is taken as it comes."""

    def __missing__(self, name: str) -> Callable[[str], str]:
        return lambda value: value or ""


class _Kept(Directive):
    """A directive that docutils does not know, or that only makes sense with other files."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _Options({"name": str})
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the content as parsed text or as code."""
        name = self.name.lower()
        argument = self.arguments[0] if self.arguments else ""
        if name in _ELSEWHERE:
            self.state.document.attributes.setdefault("elsewhere", []).append(argument)
            return []
        if name in _SILENT:
            return []
        body = "\n".join(self.content)
        if name in _CODE or name in _DIAGRAMS:
            return [nodes.literal_block(body, body)]
        found: list[nodes.Node] = []
        if argument and (body.strip() or name in _SAID or ":" in name):
            children, _ = self.state.inline_text(argument, self.lineno)
            found.append(nodes.paragraph(argument, "", *children))
        holder = nodes.container()
        if body.strip():
            self.state.nested_parse(self.content, self.content_offset, holder, match_titles=True)
        return [*found, holder]


def _kept_role(
    name: str,
    rawtext: str,
    content: str,
    _lineno: int,
    _inliner: Any,
    _options: Any = None,
    _extra: Any = None,
) -> tuple[list[Any], list[Any]]:
    """A role of Sphinx: the text that is shown, without the target."""
    shown = content.replace("\0", "\\")
    titled = _TITLED.match(shown)
    if titled and titled[1]:
        shown = titled[1]
    elif name.rpartition(":")[2] in _ROLES_WITH_TARGET or ":" in name:
        shown = shown.lstrip("~!")
    if name == "menuselection":
        shown = shown.replace("-->", "‣").replace("&", "")
    return [nodes.inline(rawtext, shown)], []


class _Walker:
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
        inner = _Walker(self._document)
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
    names: Iterable[str], handle: Callable[[_Walker, Any], None]
) -> dict[str, Callable[[_Walker, Any], None]]:
    return dict.fromkeys(names, handle)


_HANDLERS: Final = {
    "section": _Walker.section,
    "target": _Walker.target,
    "definition_list": _Walker.definitions,
    "line_block": _Walker.lines,
    "image": _Walker.image,
    "table": _Walker.table,
    "system_message": _Walker.unreadable,
    **_handlers(("literal_block", "doctest_block", "math_block"), _Walker.code),
    **_handlers(("bullet_list", "enumerated_list"), _Walker.list),
    **_handlers(("field_list", "option_list"), _Walker.pairs),
    **_handlers(
        ("comment", "substitution_definition", "raw", "pending", "meta", "label", "transition"),
        _Walker.skip,
    ),
}
