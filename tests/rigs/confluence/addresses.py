"""Web addresses of contents, as the service writes them into `_links`: most hold the title."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

from rigs.confluence.records import Content, Edition
from rigs.confluence.world import World


def webui(world: World, content: Content) -> str:
    """Return the address of a content, relative to the base."""
    if content.container and (page := world.contents.get(content.container)):
        return _on(world.edition, webui(world, page), page, content)
    space = quote(content.space, safe="~")
    if content.kind == "folder":
        return f"/spaces/{space}/folder/{content.id}"
    if world.edition == "data-center":
        return _display(content)
    title = quote_plus(content.title)
    if content.kind == "blogpost":
        day = datetime.fromtimestamp(content.created, UTC)
        return f"/spaces/{space}/blog/{day:%Y/%m/%d}/{content.id}/{title}"
    return f"/spaces/{space}/pages/{content.id}/{title}"


def download(world: World, content: Content) -> str:
    """Return where the bytes of a file are, relative to the base."""
    when = int(content.updated * 1000)
    query = f"version={content.version}&modificationDate={when}&cacheVersion=1&api=v2"
    return f"/download/attachments/{content.container}/{quote(content.title)}?{query}"


def _on(edition: Edition, address: str, page: Content, content: Content) -> str:
    mark = "&" if "?" in address else "?"
    if content.kind == "attachment":
        name = quote(content.title)
        if edition == "data-center":
            return (
                f"/pages/viewpageattachments.action?pageId={page.id}&preview=%2F{page.id}%2F{name}"
            )
        return f"{address}{mark}preview=%2F{page.id}%2F{content.id}%2F{name}"
    tail = "" if edition == "cloud" else f"#comment-{content.id}"
    return f"{address}{mark}focusedCommentId={content.id}{tail}"


def _display(content: Content) -> str:
    # Data Center writes the title only where the URL stays legible: not in Japanese.
    if (
        content.kind == "page"
        and content.title.replace(" ", "").isalnum()
        and content.title.isascii()
    ):
        return f"/display/{quote(content.space, safe='~')}/{quote_plus(content.title)}"
    return f"/pages/viewpage.action?pageId={content.id}"
