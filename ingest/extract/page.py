"""Tells what a reader sees of an HTML page, and which part of it is the document.

Knows elements, attributes and the habits of page templates; takes no text out.
"""

from __future__ import annotations

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

Attributes = dict[str, str | None]

# Never rendered, or rendered as something else than text. Ruby readings stand beside their base.
UNSEEN: Final = frozenset((
    "script", "style", "template", "noscript", "head", "title", "meta", "link", "base", "iframe",
    "object", "embed", "audio", "video", "canvas", "map", "select", "datalist", "textarea",
    "progress", "meter", "rt", "rp", "rtc", "annotation", "annotation-xml", "desc", "metadata",
    "defs", "symbol", "noframes", "noembed", "frameset", "input", "param", "source", "track",
))  # fmt: skip
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE
)
# What is only spoken to those who see no screen; the names are those of Bootstrap, Tailwind,
# WordPress, Drupal, HTML5 Boilerplate, Angular and the design systems of the US and the UK.
_SPOKEN: Final = re.compile(
    r"(?:^|\s)(?:(?:usa-)?sr-only|(?:u-|is-|cdk-|govuk-)?visually-hidden|visuallyhidden|"
    r"screen-reader-(?:text|only)|element-invisible)(?:\s|$)",
    re.IGNORECASE,
)
_CHROME_ROLES: Final = frozenset((
    "navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar", "toolbar",
    "alertdialog",
))  # fmt: skip
_CHROME_TAGS: Final = frozenset(("nav", "aside", "footer", "header"))
_NAMED: Final = frozenset(
    ("div", "section", "ul", "ol", "p", "aside", "table", "form", "span", "dl", "details")
)
_INNER = r"(?:[-_]?(?:inner|wrap(?:per)?|area|block|box|container|contents?|column))?"
_CHROME_NAME = re.compile(
    r"side" + _INNER + r"|sub[-_]?column"
    r"|(?:(?:site|page|global|main|top|local|side|sub|primary|secondary|lang|foot(?:er)?|head(?:er)?"
    r"|util(?:ity)?|mega|drawer|left|right|mobile|bread-?crumbs?|sp|pc|[gcpl])[-_]?)?"
    r"(?:nav(?:bar|igation|i)?(?:[-_]?list)?|menu|header|footer|side-?bar|bread[-_]?crumbs?"
    r"|topic-?path|pankuzu|pagi?e?nation|pager)"
    + _INNER
    + r"|side-?bar[-_](?:left|right|main|primary|secondary)|widget-area|top-?bar|drawer|hamburger"
    r"|footer[-_](?:links?|info|bottom|top|copy(?:right)?|widgets?)"
    r"|header[-_](?:links?|top|logo)"
    r"|(?:[gcpl]-)?(?:table-of-contents|toc)|toplang|bottomlang|langs?|up|path|copyright|prevnext"
    r"|skip-?(?:link|nav|to-content)s?|edit-(?:this-)?page|print[-_](?:btn|button)"
    r"|(?:share|sns|social)(?:[-_]?(?:share|sns|links?|buttons?|btns?|icons?|list|area))?"
    r"|related-?(?:posts|articles|entries)|nav[-_]links|comment[-_]respond|author[-_](?:box|bio)"
    r"|(?:post|entry|article)[-_](?:nav(?:igation)?|tags|meta|footer)"
    r"|newsletter[-_](?:signup|form|box)|feedback[-_](?:form|box|widget)"
    r"|(?:btn[-_])?(?:back-?to-?|to-?|go-?|page[-_]?)top"
    r"|quick-?(?:view|links?)|comments?[-_](?:section|area|thread)|disqus_thread|adsense"
    r"|(?:modal|popup|[cjlp]s?)[-_]cookies?"
    r"|.*cookie.*(?:banner|consent|notice|bar|popup|modal|dialog|overlay|alert|message|confirmation"
    r"|injected).*"
    r"|(?:onetrust|gdpr|cc|consent|cmp)-.*"
)
_NO_WORD = re.compile(r"\W+")
_ADMONITION = re.compile(
    r"note|tip|warn|caution|admonition|callout|info|important|danger|hint|alert|message"
)


def visible(tag: str, attributes: Attributes) -> bool:
    """Whether a reader sees the element at all."""
    if not attributes:
        return tag != "dialog"
    if "hidden" in attributes and attributes["hidden"] != "until-found":
        return False
    if attributes.get("aria-hidden") == "true" or (tag == "dialog" and "open" not in attributes):
        return False
    names = attributes.get("class")
    if names and _SPOKEN.search(names):
        return False
    style = attributes.get("style")
    return not (style and _HIDING_STYLE.search(style))


def content(tree: LexborHTMLParser) -> tuple[list[LexborNode], bool]:
    """Return the elements that hold the document, and whether the page marks them as such.

    `main` and `role=main` say it; one or more `article` elements with most of the text do as well;
    else it is the body.
    """
    body = tree.body
    if body is None:
        return [], False
    marked = _outermost(body.css("main, [role=main]"))
    if marked:
        return marked, True
    articles = _outermost(body.css("article"))
    if articles and 2 * sum(map(_length, articles)) >= _length(body):
        return articles, True
    return [body], False


def why_empty(tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return what a page without any text is instead, as far as its markup tells."""
    frames = tree.css("frameset, frame, iframe[src]")
    spare = {node.mem_id for node in tree.css("noscript iframe")}  # of a tag manager, mostly
    if any(node.mem_id not in spare for node in frames):
        return ("it only frames other pages, which are documents of their own",)
    for meta in tree.css("meta[http-equiv]"):
        if (meta.attributes.get("http-equiv") or "").lower() == "refresh":
            return ("it only leads on to another page",)
    if tree.css_first("script") is not None:
        return ("its text comes by JavaScript: set `javascript = true` for its source",)
    return ()


def is_chrome(node: LexborNode, tag: str, attributes: Attributes, *, marked: bool) -> bool:
    """Whether the element frames the document (navigation, banners) instead of belonging to it.

    `marked`: the page says where its document is; a `header` in there is the document's own.
    An element that holds the page's `h1` is never chrome.
    """
    if tag in _CHROME_TAGS:
        if tag == "header" and marked:
            return False
        named = f"{attributes.get('class') or ''} {attributes.get('role') or ''}".lower()
        if tag == "aside" and _ADMONITION.search(named):
            return False
        if tag == "footer" and _within_quotation(node):
            return False
    elif attributes.get("role") not in _CHROME_ROLES and not _named_chrome(tag, attributes):
        return False
    return node.css_first("h1") is None


def _named_chrome(tag: str, attributes: Attributes) -> bool:
    if tag not in _NAMED:
        return False
    names = (attributes.get("class") or "").lower().split()
    # The id of a section is the slug of its heading: a chapter on navigation is no navigation.
    if tag != "section" and "section" not in names:
        names += (attributes.get("id") or "").lower().split()
    if tag == "form" and "feedback" in names:
        return True
    return any(_CHROME_NAME.fullmatch(name) for name in names)


def is_contents_list(node: LexborNode) -> bool:
    """Whether a list only repeats the headings of its own page, as links into it."""
    links = node.css("a[href]")
    if len(links) < 3:
        return False
    if not all((link.attributes.get("href") or "").startswith("#") for link in links):
        return False
    return 10 * sum(map(_length, links)) >= 9 * _length(node)


def is_link_row(node: LexborNode) -> bool:
    """Whether a short block is nothing but links in a row: a menu, languages, share buttons."""
    links = node.css("a[href]")
    if len(links) < 3 or node.css_first("h1, h2, h3, h4, h5, h6, li, table, pre") is not None:
        return False
    length = _length(node)
    return length < 200 and 10 * sum(map(_length, links)) >= 8 * length


def _within_quotation(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and parent.tag in ("blockquote", "figure")


def _length(node: LexborNode) -> int:
    return len(_NO_WORD.sub("", node.text(deep=True)))


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """The visible ones that no other of them holds, in document order."""
    chosen: list[LexborNode] = []
    ids: set[int] = set()
    for node in nodes:
        up: LexborNode | None = node
        inside = concealed = False
        while up is not None and not inside:
            concealed = concealed or not visible(up.tag or "", up.attributes)
            up = up.parent
            inside = up is not None and up.mem_id in ids
        if not inside and not concealed:
            chosen.append(node)
            ids.add(node.mem_id)
    return chosen
