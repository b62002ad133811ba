"""Markdown becomes blocks: CommonMark and GitHub's tables, front matter, containers and footnotes.

The parser's tokens are written out as HTML and walked by `html`, so that raw HTML inside Markdown
(hidden elements, comments, tables) obeys the same rules as a page. Knows no rendering beyond that.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from ingest.extract import frontmatter, html, text
from ingest.extract.blocks import Extracted
from ingest.extract.decode import decode
from ingest.extract.markup import tame

_CONTAINER = re.compile(r":{3,}[ \t]*(?:\{?([\w-]+)\}?[ \t]*(.*))?$")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:[ \t]*")
_FOOTNOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_ATTRIBUTES = re.compile(r"\{:?[^{}]*?#([^\s{}]+)[^{}]*\}[ \t]*$")
_ALERT = re.compile(r"\s*\[!(?:note|tip|important|warning|caution)\][ \t]*(?:\n|$)", re.IGNORECASE)
_CONTENTS = re.compile(r"\s*\[?\[toc\]\]?\s*$", re.IGNORECASE)
_OWN_ANCHOR = re.compile(r"<(?:a|span)\s[^<>]*\b(?:id|name)\s*=", re.IGNORECASE)
_MARKUP = re.compile(r"[\\`*_\[\]<&~\n]")
_WORD: Final = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"))
# Written without spaces between words: there, punctuation next to `**` says nothing about words.
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3041-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffee\U00020000-\U0003ffff]"
)
# Elements whose start makes an HTML parser take all that follows for their content.
_SWALLOWS: Final = frozenset((
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript",
    "plaintext", "template", "select", "svg", "math", "object", "audio", "video", "canvas", "head",
    "frameset", "dialog",
))  # fmt: skip
_KNOWN: Final = frozenset((
    "a", "abbr", "acronym", "address", "area", "article", "aside", "audio", "b", "base", "bdi",
    "bdo", "big", "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite",
    "code", "col", "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir",
    "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form",
    "frame", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr",
    "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "link", "main",
    "map", "mark", "menu", "meta", "meter", "nav", "noscript", "object", "ol", "optgroup", "option",
    "output", "p", "param", "picture", "pre", "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s",
    "samp", "script", "search", "section", "select", "slot", "small", "source", "span", "strike",
    "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "template",
    "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "tt", "u", "ul", "var",
    "video", "wbr",
))  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)([^>]*)>")


def extract(data: bytes, _name: str) -> Extracted:
    """Return the blocks of a Markdown document.

    The title is the front matter's, else the first heading of level 1. Anchors are what GitHub
    makes of headings, or the id that the author gave (`{#id}`, `<a id>`).
    Raises `ExtractError` where the bytes are no text.
    """
    decoded = decode(data)
    front, body = frontmatter.split(decoded.text)
    try:
        source = _render(body)
    except RecursionError:  # hundreds of nested quotes or lists; nobody wrote that by hand
        warning = "nests too deeply for Markdown; read as plain text"
        return text.plain(body, warnings=(*decoded.warnings, warning))
    source, warnings = tame(source)
    blocks, first_heading = html.fragment(source)
    return Extracted(
        blocks,
        title=front.title or first_heading,
        updated=front.updated,
        owner=front.owner,
        warnings=(*decoded.warnings, *warnings),
        metadata=front.metadata,
    )


def slug(heading: str) -> str:
    """The fragment that GitHub makes of a heading: lower case, no punctuation, `-` for a space.

    What it keeps is Ruby's Word: unlike Python's `isalnum` that has marks, and has no ① and no ².
    """
    kept = (
        char
        for char in heading.strip().lower()
        if char in "- " or unicodedata.category(char) in _WORD
    )
    return "".join(kept).replace(" ", "-")


@cache
def _parser() -> MarkdownIt:
    # Nesting is bounded by Python's recursion limit: at the library's own bound, text is dropped.
    parser = MarkdownIt("commonmark", {"maxNesting": 10_000}).enable("table")
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # targets are never used
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    interrupts = RuleOptionsType(alt=["paragraph", "reference", "blockquote", "list"])
    parser.block.ruler.before("fence", "container", _container, interrupts)
    parser.block.ruler.before("reference", "footnote", _footnote, interrupts)
    parser.core.ruler.at("inline", _parse_inline)
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("emphasis", "strikethrough_marks", _strikethrough)
    return parser


def _container(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001
    """A fence of VitePress or Docusaurus (`::: tip 注意`): of it, only the title is text."""
    begin = state.bMarks[start] + state.tShift[start]
    if state.src[begin : begin + 3] != ":::" or state.is_code_block(start):
        return False
    found = _CONTAINER.match(state.src[begin : state.eMarks[start]])
    if found is None:
        return False
    if not silent:
        state.line = start + 1
        if found[2]:
            _push_paragraph(state, found[2])
    return True


def _push_paragraph(state: StateBlock, content: str) -> None:
    state.push("paragraph_open", "p", 1)
    inline = state.push("inline", "", 0)
    inline.content = content
    inline.children = []
    state.push("paragraph_close", "p", -1)


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """A footnote's text, where it stands, without its mark."""
    begin = state.bMarks[start] + state.tShift[start]
    if state.src[begin : begin + 2] != "[^" or state.is_code_block(start):
        return False
    found = _FOOTNOTE.match(state.src, begin, state.eMarks[start])
    if found is None:
        return False
    if silent:
        return True
    state.env.setdefault("footnotes", set()).add(found[1])
    state.bMarks[start], state.tShift[start] = found.end(), 0
    return paragraph(state, start, end, silent)


def _parse_inline(state: StateCore) -> None:
    """Parse running text; text without any markup, half of all, is left as it is."""
    heading: Token | None = None
    for token in state.tokens:
        if token.type == "heading_open":
            heading = token
        elif token.type == "inline":
            if heading is not None:
                token.content = _custom_id(token.content, heading)
                heading = None
            if _MARKUP.search(token.content):
                token.children = []
                state.md.inline.parse(token.content, state.md, state.env, token.children)


def _custom_id(content: str, heading: Token) -> str:
    found = _ATTRIBUTES.search(content) if content.endswith("}") else None
    if found is None:
        return content
    heading.attrSet("id", found[1])
    return content[: found.start()].rstrip()


def _emphasis(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Emphasis of CommonMark that works beside Japanese: `**「重要」**です` is meant to be bold."""
    if silent or state.src[state.pos] not in "*_":
        return False
    start, marker = state.pos, state.src[state.pos]
    end = start
    while end < state.posMax and state.src[end] == marker:
        end += 1
    before = state.src[start - 1] if start else " "
    after = state.src[end] if end < state.posMax else " "
    left, right = _flanks(before, after), _flanks(after, before)
    if marker == "_":  # never inside a word: snake_case
        left, right = left and (not right or _punct(before)), right and (not left or _punct(after))
    for _ in range(end - start):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=end - start,
                token=len(state.tokens) - 1,
                end=-1,
                open=left,
                close=right,
            )
        )
    state.pos = end
    return True


def _strikethrough(state: StateInline, _silent: bool) -> bool:  # noqa: FBT001
    """Pairs of `~~` vanish: what is struck through can still be read."""
    start = state.pos
    if not state.src.startswith("~~", start):
        return False
    if state.src.find("~~", start + 2) < 0 and state.src.rfind("~~", 0, start) < 0:
        return False
    state.pos = start + 2
    return True


def _flanks(outside: str, inside: str) -> bool:
    """Whether a run of markers between the two can begin or end emphasis on the inside."""
    if isWhiteSpace(ord(inside)):
        return False
    if not _punct(inside) or _CJK.match(inside):
        return True
    return isWhiteSpace(ord(outside)) or _punct(outside) or _CJK.match(outside) is not None


def _punct(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _render(source: str) -> str:
    """Write the document as HTML without attributes that nobody reads."""
    environment: dict[str, object] = {}
    tokens = _parser().parse(source, environment)
    notes = environment.get("footnotes")
    return _Writer(notes if isinstance(notes, set) else set()).write(tokens)


_BREAKS: Final = {"softbreak": "\n", "hardbreak": "<br>"}


class _Writer:
    """Writes tokens as HTML; knows which headings have been named so far."""

    def __init__(self, footnotes: set[str]) -> None:
        self._footnotes = footnotes
        self._slugs: dict[str, int] = {}

    def write(self, tokens: list[Token]) -> str:
        """Return the HTML of block tokens."""
        out: list[str] = []
        for position, token in enumerate(tokens):
            kind = token.type
            if kind == "inline":
                out.append(self._inline(token))
            elif kind in ("fence", "code_block"):
                out.append(f"<pre>\n{_escape(token.content)}</pre>")
            elif kind == "html_block":
                out.append(_raw_block(token.content))
            elif kind == "heading_open":
                identifier = token.attrGet("id") or self._slug(tokens[position + 1])
                # An anchor that the author set inside wins: it is what other pages link to.
                own = _OWN_ANCHOR.search(tokens[position + 1].content)
                out.append(f'<{token.tag} id="{"" if own else _escape(str(identifier))}">')
            elif kind == "ordered_list_open":
                out.append(f'<ol start="{token.attrGet("start") or 1}">')
            elif token.hidden:
                out.append("\n")
            else:
                out.append(f"</{token.tag}>\n" if token.nesting < 0 else f"<{token.tag}>")
        return "".join(out)

    def _slug(self, heading: Token) -> str:
        name = slug(_plain(heading))
        used = self._slugs.get(name)
        self._slugs[name] = 0 if used is None else used + 1
        if used is None:
            return name
        unique = f"{name}-{used + 1}"
        self._slugs.setdefault(unique, 0)
        return unique

    def _inline(self, token: Token) -> str:
        if not token.children:
            return self._text(token.content)
        if _CONTENTS.match(token.content):
            return ""
        alert = _ALERT.match(token.content)
        tags = "".join(
            child.content for child in token.children if child.type == "html_inline"
        ).lower()
        written = "".join(self._piece(child, tags) for child in token.children)
        return _ALERT.sub("", written, count=1) if alert else written

    def _piece(self, token: Token, tags: str) -> str:
        kind = token.type
        if kind == "text":
            return self._text(token.content)
        if kind in ("code_inline", "image"):
            return _escape(_plain(token))
        if kind == "html_inline":
            return _raw_inline(token.content, tags)
        return _BREAKS.get(kind, "")  # of emphasis and links, only the text is read

    def _text(self, content: str) -> str:
        if self._footnotes and "[^" in content:
            content = _FOOTNOTE_MARK.sub(
                lambda mark: "" if mark[1] in self._footnotes else mark[0], content
            )
        return _escape(content)


def _plain(token: Token) -> str:
    """The text of inline content: what a slug or an image's alternative is made of."""
    if token.children is None:
        return token.content
    if token.type == "inline" and not token.children:
        return token.content
    parts = (
        _plain(child)
        if child.type == "image"
        else "\n"
        if child.type == "softbreak"
        else child.content
        for child in token.children
        if child.type != "html_inline"
    )
    return "".join(parts)


def _raw_inline(tag: str, tags: str) -> str:
    """Raw HTML inside a sentence; what can be no tag (`<ブランチ名>`, `<branch>`) is text."""
    found = _TAG.match(tag)
    if found is None:
        return tag  # comments and declarations
    slash, name, rest = found[1], found[2].lower(), found[3].strip()
    closed = f"</{name}" in tags
    if name in _SWALLOWS:
        return tag if closed or slash else _escape(tag)
    if name in _KNOWN or "-" in name or slash or closed or rest:
        return tag
    return _escape(tag)


def _raw_block(content: str) -> str:
    """A block of raw HTML; an element that is never closed must not swallow the rest."""
    lower = content.lower()

    def guarded(found: re.Match[str]) -> str:
        name = found[2].lower()
        if found[1] or name not in _SWALLOWS or name in ("script", "style", "svg", "template"):
            return found[0]
        return found[0] if f"</{name}" in lower else _escape(found[0])

    return _TAG.sub(guarded, content) if "<!--" not in content else content


def _escape(content: str) -> str:
    return (
        content.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
    )
