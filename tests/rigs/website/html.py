"""Plain pages, for tests that write their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape


def escaped(text: str) -> str:
    """Return a text for an attribute."""
    return escape(text, quote=True)


def plain(title: str, inner: str = "") -> str:
    """Return the bare page of a server."""
    return (
        f"<html>\n<head><title>{escape(title)}</title></head>\n"
        f"<body><center><h1>{escape(title)}</h1></center>{inner}</body>\n</html>\n"
    )


def page(
    title: str,
    *paragraphs: str,
    links: Iterable[str] | Mapping[str, str] = (),
    canonical: str | None = None,
    robots: str | None = None,
    head: str = "",
    charset: str | None = "utf-8",
    lang: str = "ja",
) -> str:
    """Return a page of its own right: headings, paragraphs (markup as it stands), links.

    `links` are addresses as they are to stand in `href`, or their words by address.
    `charset` is what the page says of itself in `<meta>`, whatever it is sent in.
    """
    metas = [f'<meta charset="{charset}">'] if charset else []
    if robots:
        metas.append(f'<meta name="robots" content="{escaped(robots)}">')
    if canonical:
        metas.append(f'<link rel="canonical" href="{escaped(canonical)}">')
    named = links if isinstance(links, Mapping) else {one: one for one in links}
    items = "".join(
        f'<li><a href="{escaped(to)}">{escape(words)}</a></li>\n' for to, words in named.items()
    )
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs)
    listed = f"<ul>\n{items}</ul>\n" if items else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n{"".join(metas)}\n'
        f"<title>{escape(title)}</title>\n{head}</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n{listed}</main>\n</body>\n</html>\n"
    )
