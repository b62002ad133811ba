"""HTML by html5lib; Markdown by mistune and reStructuredText by docutils' writer become HTML."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from typing import Any, Final

from bench.sources.seen import HARD, SOFT, Source

_UNSEEN: Final = frozenset(
    ("script", "style", "template", "noscript", "head", "iframe", "object", "svg", "canvas")
)
_CONTROLS: Final = frozenset(("rt", "rp", "textarea", "select", "datalist"))
_INLINE: Final = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "ins", "kbd", "label", "mark", "q", "ruby", "rb", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "img", "button",
))  # fmt: skip
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# The frame around a page, also where it has no element of its own (the Apache manual's).
_FRAME: Final = (
    "nav", "aside", "body > header", "body > footer", "[role=navigation]", "#skip", "#breadcrumbs",
    "#page-header", "#path", "#footer", "#quickview", ".toplang", ".bottomlang", ".up",
)  # fmt: skip


def html(data: bytes | str, without: str = "") -> Source:
    """Read HTML as a browser without style sheets does; `without` selects what to pass over."""
    import bs4

    with warnings.catch_warnings(action="ignore", category=bs4.XMLParsedAsHTMLWarning):
        soup = bs4.BeautifulSoup(data, "html5lib")
    seen = Source(anchors=set())
    assert seen.anchors is not None
    for tag in soup.find_all(True):
        seen.anchors |= {str(tag[key]) for key in ("id", "name") if tag.get(key)}
    for generated in soup.select(without) if without else ():
        generated.decompose()
    if "<body" in (data if isinstance(data, str) else data.decode("utf-8", "replace")).lower():
        for framed in soup.select(", ".join(_FRAME)):
            if framed.find("h1") is None:
                framed.decompose()
    if soup.body is not None:
        _walk_html(soup.body, seen, preformatted=False)
    for comment in soup.find_all(string=lambda text: isinstance(text, bs4.Comment)):
        seen.hidden.append(str(comment))
    return seen


def _walk_html(parent: Any, seen: Source, *, preformatted: bool) -> None:
    import bs4

    for child in parent.children:
        if isinstance(child, bs4.element.PreformattedString):
            continue
        if isinstance(child, bs4.NavigableString):
            end = HARD if preformatted else SOFT
            seen.parts.append(str(child).replace("\r", "").replace("\n", end))
            continue
        name = child.name
        if name in _UNSEEN or _is_concealed(child):
            seen.hidden.append(child.get_text("\n"))
        elif name == "br":
            seen.parts.append(HARD)
        elif name not in _CONTROLS and "footnote-ref" not in child.get("class", ()):
            block = name not in _INLINE
            seen.parts.append(HARD if block else child.get("alt", "") if name == "img" else "")
            mark = len(seen.parts)
            _walk_html(child, seen, preformatted=preformatted or name == "pre")
            if re.fullmatch("h[1-6]", name):
                seen.headings.append("".join(seen.parts[mark:]))
            seen.parts.append(HARD if block else "")


def _is_concealed(tag: Any) -> bool:
    return (
        tag.has_attr("hidden")
        or tag.get("aria-hidden") == "true"
        or _HIDING.search(tag.get("style") or "") is not None
        or (tag.name == "dialog" and not tag.has_attr("open"))
    )


_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_EXPLICIT_ID = re.compile(r"[ \t]*\{:?[^{}]*?#([^\s{}]+)[^{}]*\}[ \t]*$")


def markdown(data: bytes) -> Source:
    """Render Markdown and read the page; front matter is hidden, but for its title."""
    import mistune

    source = data.decode("utf-8-sig").replace("\r\n", "\n")
    front = _FRONT_MATTER.match(source)
    body = _without_containers(source[front.end() :] if front else source)
    plugins = ["table", "strikethrough", "footnotes", "task_lists"]
    renderer = mistune.HTMLRenderer(escape=False)
    rendered = mistune.create_markdown(renderer=renderer, plugins=plugins)(body)
    seen = html(f"<div>{rendered}</div>")
    names, seen.headings = seen.headings, []
    used: Counter[str] = Counter()
    assert seen.anchors is not None
    for name in names:
        explicit = _EXPLICIT_ID.search(name)
        if explicit:
            seen.anchors.add(explicit[1])
            seen.headings.append(name[: explicit.start()])
            continue
        seen.headings.append(name)
        slug = github_slug(name)
        count, used[slug] = used[slug], used[slug] + 1
        while count and f"{slug}-{count}" in seen.anchors:
            count += 1
        seen.anchors.add(f"{slug}-{count}" if count else slug)
    if front:  # the values of a title and a description are shown by most systems
        lines = (line for line in front[1].split("\n") if not line.startswith(("title", "desc")))
        seen.hidden += [line.partition(":")[2] or line for line in lines]
    return seen


_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_CONTAINER = re.compile(r"\s*:{3,}[ \t]*(?:\{?[\w-]+\}?[ \t]*(.*))?$")


def _without_containers(source: str) -> str:
    """Leave out the fences of VitePress' and Docusaurus' boxes, of which a title is shown."""
    lines: list[str] = []
    fence = ""
    for line in source.split("\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not line[found.end() :].strip():
            fence = ""
        box = None if fence or found else _CONTAINER.match(line)
        if not re.fullmatch(r"\s*\[\[toc\]\]\s*", line, re.IGNORECASE):
            lines += ["", box[1] or "", ""] if box else [line]
    return "\n".join(lines)


def github_slug(heading: str) -> str:
    """Return the id that GitHub gives a heading: what is not of Ruby's Word goes, blanks are `-`.

    Word is letters, marks, decimal digits, letter numbers (Ⅳ) and connectors, not ① or ².
    """
    kept = (
        char
        for char in heading.replace(SOFT, "\n").strip().lower()
        if char in "- "
        or unicodedata.category(char)[0] in "LM"
        or unicodedata.category(char) in ("Nd", "Nl", "Pc")
    )
    return "".join(kept).replace(" ", "-")


def rst(data: bytes) -> Source:
    """Let docutils write HTML and read that; what only Sphinx knows keeps its argument and text."""
    from docutils import nodes
    from docutils.core import publish_parts
    from docutils.parsers.rst import Directive, directives, roles

    class Anything(Directive):
        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec = type("_Any", (dict,), {"__missing__": lambda *_: str})()

        def run(self) -> list[Any]:
            silent = ("toctree", "index", "include", "contents", "meta", "raw", "highlight")
            if self.name in silent or self.name in _RST_CODE:
                code = "\n".join(self.content) if self.name in _RST_CODE else ""
                return [nodes.literal_block(code, code)] if code else []
            holder = nodes.container()
            self.state.nested_parse(self.content, self.content_offset, holder, match_titles=True)
            return [holder]

    def role(_name: str, raw: str, text: str, *_: Any) -> tuple[list[Any], list[Any]]:
        return [nodes.inline(raw, re.sub(r"\s*<[^<>]*>$", "", text).lstrip("~!"))], []

    source = data.decode("utf-8-sig")
    known = set(directives._directive_registry)  # noqa: SLF001 - the only list there is
    for name in set(re.findall(r"^\s*\.\.\s+([\w:+-]+?)::", source, re.MULTILINE)):
        if name.lower() not in known or name in ("include", "raw", "contents", "meta"):
            directives.register_directive(name, Anything)
    for name in set(re.findall(r":([A-Za-z][\w:+-]*):`", source)):
        if name not in ("strong", "emphasis", "literal", "code", "sub", "sup", "math"):
            roles.register_local_role(name, role)
    settings = {
        "report_level": 5, "halt_level": 6, "warning_stream": False, "syntax_highlight": "none",
        "file_insertion_enabled": False, "raw_enabled": False, "auto_id_prefix": "id",
        "doctitle_xform": False, "embed_stylesheet": False, "stylesheet_path": "",
    }  # fmt: skip
    rendered = publish_parts(source, writer="html5", settings_overrides=settings)["html_body"]
    # What docutils writes by itself, and the fields at the top, which are about the document.
    labels = ", ".join(f"aside.{kind} > .admonition-title" for kind in _RST_LABELLED)
    seen = html(rendered, without=f".docinfo, .system-message, {labels}")
    comments = re.findall(r"^\.\. (?![\w:+-]+::|_|\||\[)(.*(?:\n[ \t]+.*)*)", source, re.MULTILINE)
    seen.hidden += comments
    return seen


_RST_LABELLED: Final = (
    "attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning",
)  # fmt: skip
_RST_CODE: Final = frozenset(("code-block", "sourcecode", "code", "literalinclude", "mermaid"))
