"""What stands around the pages of a generated site: robots.txt, site maps, moved pages.

A crawler must not ask for some of it, and must keep none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rigs.website import sitemaps

MAP_SIZE = 1000
"""Pages of one site map; each second map is packed."""
FORBIDDEN = ("/private/", "/search", "/nofollowed/")
"""By robots.txt; the last one is linked by nofollow alone."""
UNWANTED = {
    "/private/staff.html": "<title>社員専用</title><p>社員専用の暗証は0000です。</p>",
    "/search": "<title>検索</title><p>検索の結果はありません。</p>",
    "/nofollowed/a.html": "<title>広告</title><p>広告の頁です。</p>",
    "/thanks.html": (
        '<meta name="robots" content="noindex"><title>完了</title><p>送信は済みました。</p>'
    ),
}
NOT_DOCUMENTS = ("/thanks.html", "/missing.html")
LINKS = (
    ("/private/staff.html", "社員専用"),
    ("/search?q=kurage", "検索"),
    ('/nofollowed/a.html" rel="nofollow', "広告"),
    ("/thanks.html", "完了"),
    ("/missing.html", "閉鎖"),
    ("mailto:info@example.co.jp", "メール"),
    ("javascript:void(0)", "開く"),
    ("tel:0312345678", "電話"),
    ("http://www.example.com/", "外部"),
    ("/assets/logo.png", "ロゴ"),
)
"""In the footer of one page in five."""


def robots(sitemap: str | None) -> bytes:
    """Return robots.txt, which may name a site map."""
    lines = ["User-agent: *", "Disallow: /private/", "Disallow: /search", ""]
    if sitemap:
        lines.append(f"Sitemap: {sitemap}")
    return "\n".join([*lines, ""]).encode()


def map_path(part: int) -> str:
    """Return the path of the index (0), or of a map."""
    if part == 0:
        return "/sitemap.xml"
    return f"/sitemap-{part}.xml" + (".gz" if is_packed(part) else "")


def is_packed(part: int) -> bool:
    """Tell whether a map is a file of gzip."""
    return part > 0 and part % 2 == 0


def map_type(part: int) -> str:
    """Return the media type of the index, or of a map."""
    return "application/gzip" if is_packed(part) else sitemaps.XML


def index(origin: str, last: int) -> bytes:
    """Return the index of the maps of pages up to number `last`."""
    parts = range(1, last // MAP_SIZE + 2)
    return sitemaps.body([f"{origin}{map_path(one)}" for one in parts], "index")[0].encode()


def urls(
    part: int, address: Callable[[int], str | None], date: Callable[[int], str | None]
) -> bytes:
    """Return the map of one thousand numbers; an address of None is left out."""
    numbers: Iterable[int] = range((part - 1) * MAP_SIZE, part * MAP_SIZE)
    entries: Mapping[str, str | None] = {
        url: date(one) for one in numbers if (url := address(one)) is not None
    }
    text = sitemaps.body(entries, "urlset")[0]
    return sitemaps.zipped(text) if is_packed(part) else text.encode()
