"""What the markup of a page holds for a crawler: its text as seen, its links, its forms.

A tokenizer by the HTML Standard (https://html.spec.whatwg.org/multipage/parsing.html) that builds
no tree: a tree costs quadratic time and memory on what nests deeply (100,000 levels: 38 s, as
measured with lexbor), and nothing asked here needs one. Knows nothing of addresses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final

LINKS: Final = 50_000
"""Links that are read of one page; a site map may hold as many."""
_LONGEST_TAG: Final = 16_384  # characters of a tag that are searched for attributes

_ATTRIBUTES = r"""((?>=\s*+"[^"]*+"?|=\s*+'[^']*+'?|[^>=]++|=)*+)"""


def _tokens(*, xml: bool) -> re.Pattern[str]:
    """Comments, elements whose content is no markup up to their own end, tags, declarations.

    Every alternative takes what it began to the end of the source, if need be: nothing is read
    twice. In XML, `<script/>` has no content.
    """
    return re.compile(
        r"<!--(?:-?>|[^-]*+(?:-(?!-!?>)[^-]*+)*+(?:--!?>)?)"
        rf"|<(script|style|textarea|title|xmp|noembed|noframes|iframe)(?=[\s/>]){_ATTRIBUTES}"
        rf"{'(?<!/)' if xml else ''}>([^<]*+(?:<(?!/\1[\s/>])[^<]*+)*+)"
        rf"|<(/?)([a-zA-Z][^\s/>]*+){_ATTRIBUTES}>?"
        r"|<[!?/][^>]*+>?",
        re.IGNORECASE,
    )


_TOKEN: Final = {xml: _tokens(xml=xml) for xml in (False, True)}
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>]*+)))?"""
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_CAPTCHA = re.compile(r"\b(?:g-recaptcha|h-captcha|cf-turnstile|frc-captcha|px-captcha)\b")

# Not seen as text; what stands in them is skipped up to their end.
_UNSEEN: Final = frozenset((
    "template", "noscript", "object", "audio", "video", "canvas", "select", "datalist", "svg", "rt",
    "rp", "math", "progress", "meter",
))  # fmt: skip
# End where the next of their kind begins, and so does what they hide.
_SELF_ENDING: Final = frozenset(("p", "li", "dt", "dd", "tr", "td", "th", "option", "rt", "rp"))
_VOID: Final = frozenset((
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
))  # fmt: skip
# What makes a document's structure: a list that became a paragraph was changed.
_BLOCKS: Final = frozenset((
    "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd", "tr", "p", "pre",
    "blockquote", "table", "caption", "figcaption", "summary",
))  # fmt: skip
_BREAKS: Final = _BLOCKS | frozenset((
    "div", "section", "article", "main", "header", "footer", "nav", "aside", "ul", "ol", "dl",
    "form", "fieldset", "address", "details", "figure", "hr", "br", "body", "tbody", "thead",
))  # fmt: skip
_FRAMING: Final = frozenset(("header", "nav", "footer", "aside", "dialog"))
_HREFS: Final = {"a": "href", "area": "href", "link": "href", "frame": "src"}
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_PLAIN: Final = frozenset((
    "html", "head", "label", "span", "b", "i", "strong", "em", "small", "code", "u", "font",
    "center", "sup", "sub", "time", "button", "picture", "figure", "tfoot", "colgroup", "ruby",
))  # fmt: skip
BEGIN, END = "\x1e", "\x1f"
"""Stand in `Markup.seen` around the name of a block that begins, and around what a picture shows;
with nothing between them where a block ends."""
_MARKS = re.compile(f"{BEGIN}[^{END}]*{END}")


@dataclass(slots=True)
class Link:
    """One link as it was written."""

    href: str
    rel: frozenset[str]
    kind: str
    """`a`, `area`, `link`, `iframe`, `frame`."""
    attributes: dict[str, str]


@dataclass(slots=True)
class Markup:
    """What one page holds, as its source has it; entities are resolved but in `seen`."""

    source: str
    title: str | None = None
    base: str | None = None
    links: list[Link] = field(default_factory=list)
    metas: list[dict[str, str]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """Text as it stands in the source, with `BEGIN` and `END` between its blocks."""
    headings: list[str] = field(default_factory=list)
    """Of the first and second level."""
    anchors: list[str] = field(default_factory=list)
    """Ids of headings."""
    prose: int = 0
    """Characters of text that stand neither in links nor in the page's frame."""
    visible: int = 0
    """Characters of text that are seen at all."""
    scripts: int = 0
    noscript: list[str] = field(default_factory=list)
    passwords: int = 0
    """Fields for a password in the page itself."""
    passwords_in_frame: int = 0
    """The same in its header, its footer or at its side."""
    fields: int = 0
    """Other fields that a person fills in."""
    captchas: int = 0
    pictures: int = 0


def attributes_of(text: str) -> dict[str, str]:
    """Return the attributes of a tag; of two with one name the first, as browsers do."""
    found: dict[str, str] = {}
    for name, double, single, plain in _ATTRIBUTE.findall(text[:_LONGEST_TAG]):
        value = double or single or plain
        found.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return found


def markup_of(source: str) -> Markup:
    """Return what a page's source holds, in time that grows with its length alone."""
    reader = _Reader(Markup(source))
    position = 0
    for token in _TOKEN[source[:256].lstrip().startswith("<?xml")].finditer(source):
        start, end = token.span()
        if start > position:
            reader.text(source[position:start])
        position = end
        raw, raw_attributes, content, slash, name, attributes = token.groups()
        if name:
            if slash:
                reader.end(name.lower())
            else:
                reader.start(name.lower(), attributes)
        elif raw:
            reader.raw(raw.lower(), raw_attributes, content)
    if position < len(source):
        reader.text(source[position:])
    return reader.finish()


class _Reader:
    """Takes tokens one by one; keeps no more than where it stands."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._skipped = ""  # the element that is being skipped, with all that it holds
        self._depth = 0  # of elements of that name
        self._framing = 0
        self._in_link = False
        self._heading: list[str] | None = None

    def finish(self) -> Markup:
        self._end_heading()
        return self._markup

    def text(self, text: str) -> None:
        if text.isspace():
            if not self._skipped:
                self._markup.seen.append(" ")
            return
        if self._skipped:
            if self._skipped == "noscript":
                self._markup.noscript.append(text)
            return
        markup = self._markup
        markup.seen.append(text)
        length = len(text.strip())
        markup.visible += length
        if not self._in_link and not self._framing:
            markup.prose += length
        if self._heading is not None:
            self._heading.append(text)

    def raw(self, name: str, attributes: str, content: str) -> None:
        markup = self._markup
        if name == "title":
            if markup.title is None and not self._skipped:  # an SVG has titles, too
                markup.title = " ".join(unescape(content).split())
        elif name == "script":
            markup.scripts += 1
        elif name == "iframe":
            if not self._skipped:
                self._link(name, attributes_of(attributes), "src")
        elif name == "textarea":
            markup.fields += not self._skipped
            self._captcha(attributes)

    def start(self, name: str, attributes: str) -> None:
        if self._skipped:
            if self._skipping(name):
                # A link in a closed menu leads on all the same; what is in a template does not.
                if name == "a" and self._skipped != "template":
                    self._link("a", attributes_of(attributes), "href")
                return
            self._skipped = ""
        if name not in _VOID and (name in _UNSEEN or _hidden(name, attributes)):
            self._skipped, self._depth = name, 1
            if name == "a":
                self._link("a", attributes_of(attributes), "href")
            return
        if name in _PLAIN:
            self._captcha(attributes)
            return
        self._element(name, attributes)

    def _element(self, name: str, attributes: str) -> None:
        markup = self._markup
        if name in _BREAKS:
            self._block(name, attributes)
        elif name in _HREFS:
            found = attributes_of(attributes)
            if name == "a":
                self._in_link = "href" in found
            self._link(name, found, _HREFS[name])
        elif name == "img":
            markup.pictures += 1
            if "alt" in attributes and (alt := attributes_of(attributes).get("alt", "").strip()):
                markup.seen.append(f"{BEGIN}{alt}{END}")
        elif name == "meta":
            markup.metas.append(attributes_of(attributes))
        elif name == "base" and markup.base is None:
            markup.base = attributes_of(attributes).get("href")
        elif name == "input":
            self._input(attributes_of(attributes))

    def _block(self, name: str, attributes: str) -> None:
        self._markup.seen.append(f"{BEGIN}{name if name in _BLOCKS else ''}{END}")
        if name in _HEADINGS:
            self._begin_heading(name, attributes)
        elif name in _FRAMING:
            self._framing += 1
        else:
            self._captcha(attributes)

    def end(self, name: str) -> None:
        if self._skipped:
            if name == self._skipped:
                self._depth -= 1
                if not self._depth:
                    self._skipped = ""
            return
        if name == "a":
            self._in_link = False
        elif name in _HEADINGS:
            self._end_heading()
        elif name in _FRAMING and self._framing:
            self._framing -= 1
        if name in _BREAKS:
            self._markup.seen.append(BEGIN + END)

    def _captcha(self, attributes: str) -> None:
        if ("captcha" in attributes or "turnstile" in attributes) and _CAPTCHA.search(attributes):
            self._markup.captchas += 1

    def _skipping(self, name: str) -> bool:
        """Whether what is being skipped goes on when an element of this name begins."""
        if name != self._skipped:
            # A paragraph ends where any other block begins.
            return self._skipped != "p" or name not in _BREAKS or name == "br"
        if name in _SELF_ENDING:
            return False
        self._depth += 1
        return True

    def _begin_heading(self, name: str, attributes: str) -> None:
        self._end_heading()
        if "id" in attributes and (anchor := attributes_of(attributes).get("id")):
            self._markup.anchors.append(anchor)
        if name in ("h1", "h2"):
            self._heading = []

    def _end_heading(self) -> None:
        if self._heading:
            self._markup.headings.append(" ".join(unescape("".join(self._heading)).split()))
        self._heading = None

    def _link(self, kind: str, found: dict[str, str], where: str) -> None:
        href = found.get(where)
        if href is not None and len(self._markup.links) < LINKS:
            rel = frozenset(found.get("rel", "").lower().split())
            self._markup.links.append(Link(href, rel, kind, found))

    def _input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text").lower()
        if kind == "password":
            if self._framing:
                self._markup.passwords_in_frame += 1
            else:
                self._markup.passwords += 1
        elif kind in ("text", "email", "tel", "number", "date", "url", "file"):
            self._markup.fields += not self._framing


def _hidden(name: str, attributes: str) -> bool:
    if not attributes:
        return name == "dialog"
    if (
        name == "dialog"
        or "hidden" in attributes
        or "display" in attributes
        or "visib" in attributes
    ):
        found = attributes_of(attributes)
        return (
            ("hidden" in found and found["hidden"] != "until-found")
            or found.get("aria-hidden") == "true"
            or (name == "dialog" and "open" not in found)
            or bool(_HIDING.search(found.get("style", "")))
        )
    return False


def lines_of(markup: Markup) -> list[str]:
    """Return what is seen of a page, a piece of text each, entities resolved."""
    text = _MARKS.sub("\n", "\n".join(markup.seen))
    return [line for line in (unescape(text) if "&" in text else text).split("\n") if line.strip()]
