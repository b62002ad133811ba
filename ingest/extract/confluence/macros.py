"""Reads macros: which of their words a reader sees. What is not named here is reported by name.

Parameters are settings, never text, but for the few that are shown: titles, a status, an issue's
key. A body in storage format is text whatever the macro is; a plain one is text only where it is
known to be: elsewhere it is a query, a style or a diagram's source.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.extract.confluence.includes import excerpt_include, include
from ingest.extract.confluence.markup import AC
from ingest.extract.confluence.parameters import parameter
from ingest.extract.confluence.walker import Detour, Leave, Node, Reader

ReadMacro = Callable[[Reader, Node, str], "Leave | Detour | None"]

_PLAIN_BODY: Final = f"{AC}plain-text-body"
_RICH_BODY: Final = f"{AC}rich-text-body"


def macro(reader: Reader, node: Node) -> Leave | Detour | None:
    """Any macro."""
    name = (node.get(f"{AC}name") or "").strip().lower()
    return _MACROS.get(name, _unknown)(reader, node, name)


def _nothing(reader: Reader, _node: Node, _name: str) -> None:
    """Shows other pages, files or lists that are documents themselves, or nothing at all."""
    reader.blur()


def _body(reader: Reader, _node: Node, _name: str) -> Leave:
    reader.blur()
    return reader.block()


def _titled(reader: Reader, node: Node, _name: str) -> Leave:
    reader.blur()
    _title(reader, node)
    return reader.block()


def _title(reader: Reader, node: Node) -> None:
    reader.sink.end_block()
    reader.sink.add(parameter(node, "title"))
    reader.sink.end_block()


def _unless_hidden(reader: Reader, node: Node, _name: str) -> Leave | None:
    """An excerpt or page properties, which may be there only for other pages to show."""
    reader.blur()
    return None if parameter(node, "hidden").strip() == "true" else reader.block()


def _code(reader: Reader, node: Node, _name: str) -> None:
    reader.blur()
    _title(reader, node)
    reader.sink.code(node.findtext(_PLAIN_BODY) or "")


def _status(reader: Reader, node: Node, _name: str) -> None:
    title = parameter(node, "title").strip()
    reader.say(title, title)
    if not reader.cloud:
        reader.blur()


def _jira(reader: Reader, node: Node, name: str) -> None:
    reader.blur()
    key = parameter(node, "key").strip() or parameter(node, "issuekey").strip()
    if key:
        reader.sink.add(key)
    else:  # a table of whatever a query finds
        reader.unread(name)


def _anchor(reader: Reader, node: Node, _name: str) -> None:
    reader.blur()
    name = parameter(node, "") or parameter(node, "0") or parameter(node, "name")
    anchor = reader.anchors.named(name)
    if anchor and not reader.framed:
        reader.passed = anchor
        reader.sink.place(anchor)


def _html(reader: Reader, node: Node, _name: str) -> None:
    """HTML that is shown as such: its text, as the extractor of HTML sees it."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - few pages have the macro

    from ingest.extract.html.gather import Gatherer  # noqa: PLC0415
    from ingest.extract.markup import tame  # noqa: PLC0415

    reader.blur()
    source, _ = tame(node.findtext(_PLAIN_BODY) or "")
    body = LexborHTMLParser(source).body
    reader.sink.end_block()
    if body is not None:
        reader.sink.add(Gatherer().read(body))
    reader.sink.end_block()


def _unknown(reader: Reader, node: Node, name: str) -> Leave | None:
    reader.blur()
    body = node.find(_RICH_BODY)
    reader.unread(name or "?", body_kept=body is not None)
    return None if body is None else reader.block()


_MACROS: Final[dict[str, ReadMacro]] = {
    **dict.fromkeys(
        ("info", "note", "warning", "tip", "panel", "expand", "ui-expand", "success", "error"),
        _titled,
    ),
    **dict.fromkeys(
        ("section", "column", "div", "span", "align", "center", "toc-zone", "bgcolor", "quote"),
        _body,
    ),
    **dict.fromkeys(("excerpt", "details"), _unless_hidden),
    **dict.fromkeys(
        (
            "code", "noformat", "preformatted", "markdown", "markdown-macro", "plantuml",
            "plantumlrender", "plantumlcloud", "mermaid", "mermaid-macro", "mathblock",
            "mathinline", "latex", "csv", "unmigrated-wiki-markup", "unmigrated-inline-wiki-markup",
        ),
        _code,
    ),
    **dict.fromkeys(("jira", "jiraissues"), _jira),
    "status": _status,
    "anchor": _anchor,
    "html": _html,
    "include": include,
    "excerpt-include": excerpt_include,
    **dict.fromkeys(
        (
            "toc", "children", "pagetree", "pagetreesearch", "contentbylabel", "content-by-label",
            "recently-updated", "recently-updated-dashboard", "recently-used-labels",
            "content-report-table", "contentbyuser", "content-by-user", "contributors",
            "contributors-summary", "detailssummary", "livesearch", "search", "spaces",
             "spaces-list", "space-details", "space-attachments", "space-index",
            "attachments", "gallery", "blog-posts", "change-history", "index", "listlabels",
            "navmap", "popular-labels", "related-labels", "favpages", "favourite-pages",
            "create-from-template", "create-space-button", "profile", "profile-picture", "network",
            "userlister", "tasks-report-macro", "decisionreport", "global-reports",
            "im", "widget", "iframe", "view-file", "viewpdf", "viewdoc", "viewppt", "viewxls",
            "multimedia", "labels", "breadcrumbs", "page-index", "loremipsum",
        ),
        _nothing,
    ),
}  # fmt: skip

MACROS: Final = dict.fromkeys((f"{AC}structured-macro", f"{AC}macro"), macro)
"""By tag; the second is what Confluence 4 wrote."""
