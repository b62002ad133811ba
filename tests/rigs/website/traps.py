"""Parts of sites that never end: what a crawler must leave after a while, and how long a while is.

Each trap answers for a path and all below it, and has an entrance that pages link to. Their pages
hold nothing that anybody would look for.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from rigs.website import html
from rigs.website.values import HTML, Reply, Visit

DESERVES = 60
"""Requests after which anybody would have seen that nothing new comes: three times twenty."""


@dataclass(frozen=True, slots=True)
class Trap:
    """One part without an end."""

    name: str
    path: str
    """Everything below it belongs to it, but for what `spares` tells."""
    entrance: str
    """Where pages link to: a path with its query."""
    deserves: int = DESERVES
    """How many requests it may take at most, by all means that crawlers have."""

    def holds(self, target: str) -> bool:
        """Tell whether a path and query, as requested, belongs to the trap."""
        if self.name == "print":
            return "print=1" in target
        if self.name == "sessions":  # without a session's id it is a page like others
            return target.startswith(self.path) and "sessi" in target.lower()
        return target.startswith(self.path)


ITEMS = {
    f"/shop/item.php?id={n}": (f"部品 {n}", f"部品{n}番の在庫は{n + 1}箱です。") for n in range(10)
}
"""The pages of the shop in their one right form: they are documents. Title and words."""


def _page(title: str, links: Iterable[str], *paragraphs: str) -> Reply:
    made = html.page(title, *paragraphs, links=links)
    return Reply(200, made.encode(), HTML)


def _calendar(visit: Visit) -> Reply | None:
    """Months of a calendar without entries: each leads to the next and the one before."""
    parts = [one for one in visit.path.split("/") if one][1:]
    if not all(one.isdigit() for one in parts) or len(parts) > 3:
        return None
    year, month = (int(one) for one in ([*parts, "2026", "4"] if not parts else [*parts, "1"])[:2])
    links = []
    for step in (-1, 1):
        at = year * 12 + month - 1 + step
        links.append(f"/calendar/{at // 12}/{at % 12 + 1:02}/")
    links += [f"/calendar/{year}/{month:02}/{day:02}/" for day in (1, 8, 15, 22)]
    return _page(f"{year}年{month}月の予定", links, "予定はありません。")


_FACETS: Mapping[str, tuple[str, ...]] = {
    "color": ("red", "blue", "green", "white"),
    "size": ("s", "m", "l", "xl"),
    "brand": ("a", "b", "c", "d", "e"),
    "sort": ("price", "name", "new"),
    "view": ("list", "grid"),
}


def _facets(visit: Visit) -> Reply | None:
    """A catalogue that can be narrowed and sorted in every combination, in any order."""
    if urlsplit(visit.target).path != "/catalog/":
        return None
    chosen = dict(parse_qsl(urlsplit(visit.target).query))
    links = [
        f"/catalog/?{urlencode({**chosen, name: value})}"
        for name, values in _FACETS.items()
        for value in values
        if chosen.get(name) != value
    ]
    return _page("商品カタログ", links, "条件に合う商品を表示しています。")


def _nest(visit: Visit) -> Reply | None:
    """A relative link without its slash, on a server that takes what it does not know for data."""
    return _page("地域別のご案内", ["area/tokyo/", "tokyo/area/"], "地域をお選びください。")


def _sessions(counter: Iterable[int], visit: Visit) -> Reply | None:
    """Ten pages under ever new addresses: a session id in the query, and in the path."""
    parts = urlsplit(visit.target)
    name = parts.path.partition(";")[0]
    number = dict(parse_qsl(parts.query)).get("id", "0")
    if f"{name}?id={number}" not in ITEMS:
        return None
    links = []
    for item in range(len(ITEMS)):
        token = hashlib.md5(str(next(iter(counter))).encode()).hexdigest()
        links.append(f"/shop/item.php?id={item}&PHPSESSID={token}")
        links.append(f"/shop/item.php;jsessionid={token.upper()}?id={item}")
    title, words = ITEMS[f"{name}?id={number}"]
    return _page(title, links, words)


_WORDS = ("総務", "人事", "経理", "営業", "開発", "法務", "品質", "広報", "購買", "物流", "知財")


def _tags(visit: Visit) -> Reply | None:
    """A cloud of tags that can be combined: pages of links alone."""
    tags = visit.path.removeprefix("/tag/").strip("/").split("+")
    if not all(one in _WORDS for one in tags):
        return None
    links = [
        f"/tag/{quote('+'.join([*tags, one]), safe='+')}/" for one in _WORDS if one not in tags
    ]
    return _page(f"タグ: {'、'.join(tags)}", links)


def _pagination(visit: Visit) -> Reply | None:
    """Pages of a list that goes on behind its end, empty."""
    number = visit.path.removeprefix("/blog/page/").strip("/")
    if not number.isdigit():
        return None
    links = [f"/blog/page/{int(number) + 1}/"]
    return _page(f"記事の一覧 {number}ページ目", links, "該当する記事がありません。")


def _tokens(counter: Iterable[int], visit: Visit) -> Reply | None:
    """Links that are others at each visit, and all lead to the same page."""
    tokens = (hashlib.md5(f"go-{next(iter(counter))}".encode()).hexdigest()[:12] for _ in range(5))
    return _page("おすすめ情報", [f"/go/{one}/" for one in tokens], "ただいま準備中です。")


_HANDLERS: Mapping[str, Callable[[Visit], Reply | None]] = {
    "calendar": _calendar,
    "facets": _facets,
    "nest": _nest,
    "sessions": partial(_sessions, itertools.count()),
    "tags": _tags,
    "pagination": _pagination,
    "tokens": partial(_tokens, itertools.count()),
}
TRAPS: tuple[Trap, ...] = (
    Trap("calendar", "/calendar/", "/calendar/2026/04/"),
    Trap("facets", "/catalog/", "/catalog/"),
    Trap("nest", "/guide.php/", "/guide.php/area/"),
    Trap("sessions", "/shop/", "/shop/item.php?id=0"),
    Trap("tags", "/tag/", f"/tag/{quote('総務')}/"),
    Trap("pagination", "/blog/page/", "/blog/page/2/"),
    Trap("tokens", "/go/", "/go/000000000000/"),
    # Not a part of its own: every page of the news has a view for printing, by a parameter.
    Trap("print", "/news/", "/news/?print=1"),
)


def handler(name: str) -> Callable[[Visit], Reply | None] | None:
    """Return what answers for a trap; None where its pages are those of the site."""
    return _HANDLERS.get(name)


def named(name: str) -> Trap:
    """Return a trap by its name; KeyError where there is none."""
    return {one.name: one for one in TRAPS}[name]
