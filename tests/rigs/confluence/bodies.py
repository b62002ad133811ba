"""Bodies that the service renders: `view` and `export_view`, with the rights of who asks.

Included pages are put in, whoever may read the page around them: the trap that a mirror must not
fall into.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rigs.confluence.records import Content
from rigs.confluence.world import World

_INCLUDE = re.compile(
    r'<ac:structured-macro[^>]*ac:name="(?:include|excerpt-include)".*?</ac:structured-macro>',
    re.DOTALL,
)
_PAGE = re.compile(r"<ri:page ([^>]*?)/>")
_DEEPEST = 5


def rendered(
    world: World,
    content: Content,
    *,
    shown: Callable[[Content], bool] = lambda _: True,
    depth: int = 0,
) -> str:
    """Return the storage format of a content with the pages that it includes, where `shown`."""
    if depth > _DEEPEST:
        return ""

    def included(found: re.Match[str]) -> str:
        page = _page(world, content, found[0])
        if page is None or not shown(page):
            return ""
        return f"<div>{rendered(world, page, shown=shown, depth=depth + 1)}</div>"

    return _INCLUDE.sub(included, content.body)


def _page(world: World, content: Content, markup: str) -> Content | None:
    named = _PAGE.search(markup)
    if not named:
        return None
    title = re.search(r'ri:content-title="([^"]*)"', named[1])
    space = re.search(r'ri:space-key="([^"]*)"', named[1])
    wanted = (space[1] if space else content.space, title[1] if title else "")
    return next(_titled(world, *wanted), None)


def _titled(world: World, space: str, title: str) -> Iterator[Content]:
    return (
        one
        for one in world.contents.values()
        if one.kind == "page" and one.space == space and one.title == title
    )
