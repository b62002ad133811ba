"""Site maps as sites have them (https://www.sitemaps.org/protocol.html), and as nobody should."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Literal

Kind = Literal["urlset", "index", "text", "rss", "atom", "bare", "broken", "billion-laughs", "html"]
"""`bare`: a urlset without its namespace; `broken`: XML that ends amid an entry; `html`: a page
of the site in its place, with status 200."""

XML = "application/xml; charset=utf-8"
_NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_TYPES: Mapping[str, str] = {
    "text": "text/plain; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
}

Entries = Iterable[str] | Mapping[str, str | None]
"""Addresses, or what stands in `<lastmod>` by address."""


def body(entries: Entries, kind: Kind) -> tuple[str, str]:
    """Return a site map and its media type."""
    pairs = dict(entries) if isinstance(entries, Mapping) else dict.fromkeys(entries)
    return _written(pairs, kind), _TYPES.get(kind, XML)


def _written(pairs: Mapping[str, str | None], kind: Kind) -> str:
    if kind == "text":
        return "\n".join(pairs) + "\n"
    if kind == "rss":
        items = "".join(
            f"<item><title>{escape(to)}</title><link>{escape(to)}</link>"
            + (f"<pubDate>{date}</pubDate>" if date else "")
            + "</item>\n"
            for to, date in pairs.items()
        )
        return f'{_HEAD}<rss version="2.0"><channel><title>新着</title>\n{items}</channel></rss>\n'
    if kind == "atom":
        items = "".join(
            f'<entry><link href="{escape(to)}"/>'
            + (f"<updated>{date}</updated>" if date else "")
            + "</entry>\n"
            for to, date in pairs.items()
        )
        return f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom">\n{items}</feed>\n'
    if kind == "billion-laughs":
        return _laughs()
    if kind == "html":
        return "<!DOCTYPE html><html><head><title>サイトマップ</title></head><body></body></html>"
    outer, inner = ("sitemapindex", "sitemap") if kind == "index" else ("urlset", "url")
    items = "".join(
        f"<{inner}><loc>{escape(to)}</loc>"
        + (f"<lastmod>{date}</lastmod>" if date else "")
        + f"</{inner}>\n"
        for to, date in pairs.items()
    )
    text = f"{_HEAD}<{outer}{'' if kind == 'bare' else f' {_NS}'}>\n{items}</{outer}>\n"
    return text[: text.rindex("</loc>") - 3] if kind == "broken" else text


_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _laughs() -> str:
    """Return entities that grow to 10^9 words where somebody resolves them."""
    names = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">\n' for n in range(1, 10))
    return (
        f'{_HEAD}<!DOCTYPE urlset [\n<!ENTITY lol0 "lol">\n{names}'
        '<!ENTITY own SYSTEM "file:///etc/passwd">\n]>\n'
        f"<urlset {_NS}><url><loc>http://127.0.0.1/&lol9;&own;</loc></url></urlset>\n"
    )


def bomb(size: int) -> bytes:
    """Return what gzip makes of `size` bytes of an endless urlset: about a thousandth of them."""
    head = f"{_HEAD}<urlset {_NS}>".encode()
    piece = (b"<url><loc>http://127.0.0.1/" + b"a" * 997 + b"</loc></url>\n") * 1024
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(head)]
    packed += [packer.compress(piece) for _ in range(size // len(piece) + 1)]
    return b"".join([*packed, packer.flush()])


def zipped(text: str) -> bytes:
    """Return a site map as `sitemap.xml.gz` has it: a file, not a way of sending one."""
    return gzip.compress(text.encode(), mtime=0)


def robots(
    *,
    disallow: Iterable[str] = (),
    allow: Iterable[str] = (),
    crawl_delay: float | None = None,
    sitemaps: Iterable[str] = (),
    agent: str = "*",
    more: str = "",
) -> str:
    """Return a robots.txt (RFC 9309, with the Crawl-delay and Sitemap that are none of it)."""
    lines = [f"User-agent: {agent}", *(f"Disallow: {one}" for one in disallow)]
    lines += [f"Allow: {one}" for one in allow]
    if crawl_delay is not None:
        lines.append(f"Crawl-delay: {crawl_delay:g}")
    lines += ["", *(f"Sitemap: {one}" for one in sitemaps), more]
    return "\n".join(lines).rstrip("\n") + "\n"
