"""Storage format becomes a tree: entities replaced, prefixes declared, damage mended, all bounded.

Storage format is a fragment of XML that declares none of its prefixes and uses the entities of
HTML. Confluence keeps it well-formed; what is not well-formed was cut or written by hand, and is
put in order here. Knows nothing of what elements mean, but for those whose text is no text.
No entity is ever expanded beyond its character, and nothing is fetched.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from contextlib import suppress
from html import escape
from html.entities import html5
from typing import Final

from lxml import etree

from ingest.extract.blocks import ExtractError

AC: Final = "{ac}"
RI: Final = "{ri}"
AT: Final = "{at}"

MAX_NODES: Final = 3_000_000
"""Elements and attributes of one document, with all that it includes; about 600 MB as a tree."""

MAX_DEPTH: Final = 256
"""What nests deeper in markup that must be mended is read flat; libxml2 itself stops at 2,048."""

_DEEP: Final = f"elements nest more than {MAX_DEPTH} levels deep; the deeper ones were read flat"
_DAMAGED: Final = "the storage format is damaged; what could be read of it was"
_ROOT: Final = '<x xmlns:ac="ac" xmlns:ri="ri" xmlns:at="at">{}</x>'
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CDATA = r"<!\[CDATA\[.*?(?:\]\]>|\Z)"
_COMMENT = re.compile(_CDATA + r"|<!--.*?(?:-->|\Z)", re.DOTALL)
_ODD = re.compile(
    _CDATA + r"|<[!?][^<>]*>?"
    r"|&(?:\#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|[A-Za-z][A-Za-z0-9]{1,31};)?",
    re.DOTALL,
)
# Where no `]]>` follows any more, code ends where the element around it does.
_OPEN_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?=</ac:plain-text|\Z)", re.DOTALL)
_XML_ENTITIES: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))

# Nothing here is tried twice (`*+`): these meet markup that somebody may have made to harm.
_TOKEN = re.compile(
    _CDATA + r"|<(/?)([A-Za-z_][A-Za-z0-9_.:-]*+)"
    r"((?:[^<>\"'/]|/(?!>)|\"[^\"<]*+\"|'[^'<]*+')*+)(/?)>"
    r"|<[A-Za-z_/!?][^<>]*+>?|<|[^<]++",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?<![A-Za-z0-9_.:-])([A-Za-z_][A-Za-z0-9_.:-]*+)\s*+=\s*+"
    r"(\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++)"
)
_PREFIXED = re.compile(r"(?:ac|ri|at):[A-Za-z_][A-Za-z0-9_.-]*")
_EMPTY: Final = frozenset(("br", "hr", "img", "col", "wbr"))
_NO_TEXT: Final = frozenset((
    "ac:parameter", "ac:default-parameter", "ac:placeholder", "ac:plain-text-body", "ac:task-id",
    "ac:task-uuid", "ac:task-status", "ac:adf-attribute", "ac:adf-parameter", "ac:adf-mark",
    "script", "style",
))  # fmt: skip
_HIDING = re.compile(r"hidden|display\s*:\s*none", re.IGNORECASE)


class Markup:
    """Reads the markup of one document: its own, and that of what it includes."""

    def __init__(self) -> None:
        self.warnings: dict[str, None] = {}
        """What was wrong with it, each sentence once."""
        self._left = MAX_NODES

    def tree(self, storage: str) -> etree._Element:
        """Return an element that holds the fragment.

        Raises `ExtractError` where there are more elements and attributes than memory is for.
        """
        self._left -= storage.count("<") + storage.count('="') + storage.count("='")
        if self._left < 0:
            raise ExtractError(
                f"the page has more than {MAX_NODES:,} elements and attributes; split it"
            )
        text = _clean(storage)
        redeclared = "xmlns" in text  # a prefix that is declared anew would not be ours any more
        if not redeclared:
            with suppress(etree.XMLSyntaxError):
                return _parse(text, recover=False)
        mended = _Mender()
        text = mended.mend(text)
        if mended.deep:
            self.warnings[_DEEP] = None
        if mended.damaged or not (redeclared or mended.deep):
            self.warnings[_DAMAGED] = None
        with suppress(etree.XMLSyntaxError):
            return _parse(text, recover=True)
        raise ExtractError("the page's storage format is damaged; save the page again")


def _parse(text: str, *, recover: bool) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,  # texts of more than 10 MB, more than 256 levels
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(_ROOT.format(text).encode(), parser)


def _clean(storage: str) -> str:
    """Return the markup with characters in place of entities, without comments and declarations."""
    text = _ILLEGAL.sub("", storage)
    if "&" not in text and "<!" not in text and "<?" not in text:
        return text
    if "<!--" in text:
        text = _COMMENT.sub(lambda found: found[0] if found[0][2] == "[" else "", text)
    start = text.rfind("]]>") + 1
    unclosed = text.find("<![CDATA[", start)
    if unclosed >= 0:
        opened = _OPEN_CDATA.sub(lambda found: escape(found[1]), text[unclosed:])
        text = text[:unclosed] + opened
    return _ODD.sub(_replaced, text)


def _replaced(found: re.Match[str]) -> str:
    odd = found[0]
    if odd[0] == "<":
        return odd if odd.startswith("<![CDATA[") else ""
    name = odd[1:-1]
    if not name:
        return "&amp;"
    if name[0] == "#":
        number = int(f"0{name[1:]}", 0) if name[1] in "xX" else int(name[1:])
        return _ILLEGAL.sub("", escape(chr(number))) if number <= sys.maxunicode else ""
    if name in _XML_ENTITIES:
        return odd
    return escape(html5[f"{name};"]) if f"{name};" in html5 else f"&amp;{name};"


class _Mender:
    """Puts tags in order: what is not closed is, what closes nothing goes, so do odd attributes."""

    def __init__(self) -> None:
        self.damaged = self.deep = False
        self._written: list[str] = []
        self._open: list[str] = []  # as written; "" where a tag was too deep to be written
        self._names: list[str] = []  # as found
        self._counts: Counter[str] = Counter()
        self._silent = 0  # how many are open up to the one whose text is no text; 0: none

    def mend(self, text: str) -> str:
        """Return well-formed markup that holds the same text."""
        for token in _TOKEN.finditer(text):
            name = token[2]
            if name is None:
                self._characters(token[0])
            elif token[1]:
                self._end(name)
            else:
                self._start(name, token[3], closed=bool(token[4]) or name in _EMPTY)
        self.damaged = self.damaged or bool(self._names)
        while self._names:
            self._pop()
        return "".join(self._written)

    def _characters(self, text: str) -> None:
        if text[0] == "<" and not text.startswith("<![CDATA["):
            self.damaged = True
            text = "&lt;" if text == "<" else ""
        if not self._silent:
            self._written.append(text)

    def _start(self, name: str, attributes: str, *, closed: bool) -> None:
        tag = _name(name)
        deep = len(self._names) >= MAX_DEPTH
        self.deep = self.deep or deep
        if not self._silent and (closed or not deep):
            self._written.append(f"<{tag}{_attributes(attributes)}{'/' if closed else ''}>")
        if closed:
            return
        self._names.append(name)
        self._open.append("" if deep or self._silent else tag)
        self._counts[name] += 1
        if deep and not self._silent and (name in _NO_TEXT or _HIDING.search(attributes)):
            self._silent = len(self._names)

    def _end(self, name: str) -> None:
        if not self._counts[name]:
            self.damaged = True
            return
        while self._names[-1] != name:
            self.damaged = True
            self._pop()
        self._pop()

    def _pop(self) -> None:
        if len(self._names) == self._silent:
            self._silent = 0
        self._counts[self._names.pop()] -= 1
        tag = self._open.pop()
        if tag:
            self._written.append(f"</{tag}>")


def _name(name: str) -> str:
    """The name without a prefix that nobody declares."""
    return name if ":" not in name or _PREFIXED.fullmatch(name) else name.replace(":", "-")


def _attributes(source: str) -> str:
    kept: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(source):
        if not found[1].startswith("xmlns"):
            value = found[2]
            kept.setdefault(_name(found[1]), value if value[0] in "\"'" else f'"{value}"')
    return "".join(f" {name}={value}" for name, value in kept.items())
