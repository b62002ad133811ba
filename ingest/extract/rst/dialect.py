"""Sphinx's dialect of reStructuredText without Sphinx: what is unknown keeps its text.

Knows docutils' parser and its registries; knows nothing of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.utils import new_document

LONG_LINE: Final = 50_000
"""Characters; a longer line is not parsed."""
_DIRECTIVE = re.compile(
    r"^[ \t]*(?:\|[^|\n]+\|[ \t]*)?\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w:+.-]+?)::", re.MULTILINE
)
_ROLE = re.compile(r":([A-Za-z][\w:+.-]*):`")
_TITLED = re.compile(r"(.*?)\s*<[^<>]*>$", re.DOTALL)

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


@cache
def _settings() -> Any:
    settings = get_default_settings(Parser)
    settings.report_level, settings.halt_level, settings.warning_stream = 5, 6, False
    settings.file_insertion_enabled = settings.raw_enabled = False
    settings.syntax_highlight = "none"
    settings.line_length_limit = LONG_LINE + 1
    settings.auto_id_prefix = "id"  # what Sphinx writes for headings without Latin letters
    return settings


def parse(source: str) -> nodes.document:
    """Return docutils' tree; raises `RecursionError` where the source nests too deeply."""
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
