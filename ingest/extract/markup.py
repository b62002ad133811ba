"""Makes HTML source safe to parse: bounded nesting, bounded attributes, XHTML's own syntax.

Knows tags as text only; the parser's tree is built elsewhere, from what this module lets through.
The parser needs quadratic time in the depth of block elements and in the attributes of one tag
(measured: 100,000 of either take 17 s), so both are cut down before it sees them.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 256  # browsers stop at 512; pages that people wrote stay under 60
_SUSPICIOUS_TAGS: Final = 2_000  # fewer tags than that cost nothing, however they nest
_LONG_TAG: Final = 4_096  # characters; a longer tag is reduced to the attributes that we read

_CHARSET = re.compile(
    rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,128}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)>", re.DOTALL)
_LONG = re.compile(rf"<([a-zA-Z][\w:-]*)(?=[\s/])([^<>]{{{_LONG_TAG},}})>", re.DOTALL)
_WANTED = re.compile(
    r"[\s\"'/](id|class|name|href|alt|style|hidden|aria-hidden|role|colspan|rowspan|start|value|content"
    r"|property|open)(?=[\s=/])\s*(?:=\s*(\"[^\"]{0,512}\"|'[^']{0,512}'|[^\s\"'>]{1,512}))?",
    re.IGNORECASE,
)
_HIDING = re.compile(r"\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Elements that end by themselves when the next one starts: they do not nest without a container.
_SHALLOW: Final = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option",
    "optgroup", "colgroup", "caption", "rb", "rt", "rp", "html", "head", "body",
))  # fmt: skip
_SUBSET = re.compile(r"(<!DOCTYPE[^\[>]*)\[.*?\]\s*>", re.DOTALL | re.IGNORECASE)
_SELF_CLOSED = re.compile(r"<([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/>")
_VOID: Final = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
))  # fmt: skip


def declared_charset(data: bytes) -> str | None:
    """The charset that the first 4,096 bytes declare in a `meta` element or an XML declaration."""
    found = _CHARSET.search(data[:4096])
    return (found[1] or found[2]).decode("ascii") if found else None


def tame(source: str) -> tuple[str, tuple[str, ...]]:
    """Return HTML that parses in linear time, with warnings on what was simplified.

    No text is lost by it, and no hidden text comes to light.
    """
    source = _without_subset(source)
    if source.lstrip()[:5] == "<?xml":
        source = _SELF_CLOSED.sub(_closed, source)
    warnings: list[str] = []
    shorter = _LONG.sub(_reduced, source)
    if shorter != source:
        warnings.append(
            f"tags of more than {_LONG_TAG} characters were reduced to what is read of them"
        )
    if shorter.count("<") < _SUSPICIOUS_TAGS:
        return shorter, tuple(warnings)
    flat = _flattened(shorter)
    if flat is not None:
        warnings.append(
            f"elements nest more than {MAX_DEPTH} levels deep; the deeper ones were read flat"
        )
    return flat or shorter, tuple(warnings)


def _without_subset(source: str) -> str:
    """XML's internal subset has no meaning in HTML; its entities are never expanded."""
    head = source[:4096]
    start = head.upper().find("<!DOCTYPE")
    if start < 0 or "[" not in head[start : head.find(">", start) + 1 or None]:
        return source
    return _SUBSET.sub(r"\1>", source, count=1)


def _closed(tag: re.Match[str]) -> str:
    """`<a id="x"/>` closes itself in XHTML, but stays open for an HTML parser."""
    name = tag[1]
    return tag[0] if name.lower() in _VOID else f"<{name}{tag[2]}></{name}>"


def _reduced(tag: re.Match[str]) -> str:
    kept: dict[str, str] = {}
    for attribute in _WANTED.finditer(" " + tag[2] + " "):
        value = f"={attribute[2]}" if attribute[2] else ""
        kept.setdefault(attribute[1].lower(), attribute[1] + value)
    return f"<{tag[1]} {' '.join(kept.values())}>"


def _flattened(source: str) -> str | None:
    """The source without tags deeper than `MAX_DEPTH`; None where nothing is that deep."""
    depth = deepest = 0
    hidden_at = 0  # the depth of a dropped element that hides what it holds
    parts: list[str] = []
    position = 0
    for tag in _TAG.finditer(source):
        name = (tag[2] or "").lower()
        if not name or name in _SHALLOW:
            continue
        if tag[1]:
            drop = depth > MAX_DEPTH
            ends_hiding = hidden_at == depth > 0
            depth = max(depth - 1, 0)
        elif tag[3].endswith("/") and name not in ("div", "span", "a", "b", "i"):
            continue
        else:
            depth += 1
            deepest = max(deepest, depth)
            drop, ends_hiding = depth > MAX_DEPTH, False
        if not drop:
            continue
        if not hidden_at:
            parts.append(source[position : tag.start()])
            hidden_at = depth if not tag[1] and _HIDING.search(tag[3]) else 0
        elif ends_hiding:
            hidden_at = 0
        parts.append(" " if not hidden_at and name in _SPACED else "")
        position = tag.end()
    if deepest <= MAX_DEPTH:
        return None
    parts.append("" if hidden_at else source[position:])
    return "".join(parts)


_SPACED: Final = frozenset((
    "div", "blockquote", "ul", "ol", "dl", "section", "article", "table", "center", "form",
    "fieldset", "pre",
))  # fmt: skip
