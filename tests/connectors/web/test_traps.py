"""What never ends and says nothing new is left; what goes on because there is more to say is not.

The sites here are worlds of pages by their addresses, read in the order of a crawl.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable

import pytest

from connectors.web.page import read
from connectors.web.traps import Traps
from connectors.web.values import Answer, Page

HOME = "https://example.co.jp"
MENU = "<nav><a href='/'>トップページ</a><a href='/about'>会社概要</a></nav>"
World = Callable[[str], str | None]

_SYLLABLES = ("かき", "さし", "たち", "なに", "はひ", "まみ", "やゆ", "らり", "わを", "がぎ")


def words(seed: int) -> str:
    """A sentence that no other seed has, without a digit in it."""
    return "".join(_SYLLABLES[int(digit)] for digit in f"{seed * 7919 % 100_000_000:08}") + "の規程"


def html(title: str, text: str, *links: str) -> str:
    listed = "".join(f"<li><a href='{link}'>次へ</a></li>" for link in links)
    return f"<title>{title}</title>{MENU}<main><h1>{title}</h1>{text}</main><ul>{listed}</ul>"


def crawled(world: World, *start: str, most: int = 2_500) -> tuple[list[str], Traps]:
    """The pages that a crawl of a world reads, and what was learnt of it."""
    traps, read_pages = Traps(), []
    known = dict.fromkeys(start)
    queue = deque(start)
    while queue and len(read_pages) < most:
        path = queue.popleft()
        source = None if path in ("/", "/about") else world(path)
        if source is None or traps.closed(HOME + path):
            continue
        page = seen(path, source)
        read_pages.append(path)
        traps.saw(HOME + path, page)
        for link in page.links:
            target = link.removeprefix(HOME)
            if target not in known and not traps.refuses(link):
                known[target] = None
                queue.append(target)
    return read_pages, traps


def seen(path: str, source: str) -> Page:
    return read(Answer(HOME + path, 200, source.encode(), "text/html; charset=utf-8"))


def calendar(path: str) -> str | None:
    if not path.startswith("/calendar/"):
        return None
    year, month = (int(part) for part in path.split("/")[2:4])
    at = year * 12 + month - 1
    near = [f"/calendar/{near // 12}/{near % 12 + 1:02}/" for near in (at - 1, at + 1)]
    days = "".join(f"<td>{day}</td>" for day in range(1, 29 + month % 3))
    return html(f"{year}年{month}月の予定", f"<table>{days}</table>予定はありません", *near)


def english_calendar(path: str) -> str | None:
    names = ("January", "February", "March", "April", "May", "June", "July", "August")
    number = int(path.rpartition("=")[2])
    return html(f"{names[number % 8]} {2000 + number // 8}", "No events", f"/cal?m={number + 1}")


def filters(path: str) -> str | None:
    values = {
        "color": ("red", "blue"),
        "size": ("s", "m", "l"),
        "sort": ("new", "price"),
        "v": "ab",
    }
    chosen = dict(one.split("=") for one in path.partition("?")[2].split("&") if one)
    links = [
        "/shop?" + "&".join(f"{k}={v}" for k, v in sorted({**chosen, name: value}.items()))
        for name, given in values.items()
        for value in given
    ]
    return html("商品", f"{'、'.join(chosen.values())} に合う商品: 机、椅子、棚", *links)


def sessions_in_paths() -> World:
    numbers = itertools.count()

    def world(path: str) -> str | None:
        name = path.rpartition("/")[2]
        links = [f"/s/{next(numbers):08x}a1b2c3d4/{page}" for page in ("a", "b", "c")]
        return html(f"頁{name}", words(ord(name[:1] or "z")), *links)

    return world


def nested(path: str) -> str | None:
    return html("地域", "地域をお選びください", "tokyo/", "osaka/", "area/", "kobe/", "nara/")


def pages_behind_the_last(path: str) -> str | None:
    number = int(path.rpartition("=")[2])
    text = words(number) if number < 30 else "該当する記事はありません"
    return html(f"記事の一覧 {number}", text, f"/news?page={number + 1}")


def not_found_with_its_path(path: str) -> str | None:
    deeper = [f"{path.rstrip('/')}/{name}/" for name in ("x", "y", "z", "w", "v", "u", "t")]
    return html("お知らせ", f"「{path}」という項目はまだありません", *deeper)


@pytest.mark.parametrize(
    ("world", "start", "at_most"),
    [
        (calendar, "/calendar/2026/04/", 30),
        (english_calendar, "/cal?m=0", 30),
        (filters, "/shop?", 75),
        (sessions_in_paths(), "/s/00000000a1b2c3d4/a", 60),
        (nested, "/guide/", 250),
        (pages_behind_the_last, "/news?page=1", 60),
        (not_found_with_its_path, "/topics/", 60),
    ],
)
def test_what_never_ends_is_left_after_a_while(world: World, start: str, at_most: int) -> None:
    pages, traps = crawled(world, start)
    assert len(pages) <= at_most
    assert traps.remarks()
    assert all("\n" not in line and pattern for pattern, line in traps.remarks())
    assert len(traps.documents_withheld()) >= 15


def test_pages_before_the_list_ran_empty_stay_documents() -> None:
    pages, traps = crawled(pages_behind_the_last, "/news?page=1")
    withheld = traps.documents_withheld()
    assert not any(f"{HOME}/news?page={number}" in withheld for number in range(1, 30))
    assert all(HOME + path in withheld for path in pages[31:])
    assert traps.closed(f"{HOME}/news?page=9999") is not None
    assert traps.closed(f"{HOME}/news/9999") is None


def test_views_for_printing_are_left_whatever_page_they_are_of() -> None:
    def world(path: str) -> str | None:
        name, _, query = path.partition("?")
        number = int(name.rpartition("n")[2] or 0) if name != "/" else 0
        links = [f"/docs/n{number * 3 + step}" for step in (1, 2, 3) if number < 100]
        view = [] if query else [f"{name}?print=1"]
        return html(f"規程{words(number)}", words(number) * 3, *links, *view)

    pages, traps = crawled(world, "/docs/n0")
    documents = [path for path in pages if "?" not in path]
    assert len(documents) == 301
    assert len(pages) - len(documents) <= 35
    assert not traps.documents_withheld() & {HOME + path for path in documents}


def listing(path: str) -> str | None:
    number = int(path.rpartition("=")[2]) if "?" in path else None
    if number is None:
        return html(words(int(path.rpartition("/")[2])), words(int(path.rpartition("/")[2])) * 4)
    items = [number * 5 + step for step in range(5)]
    text = "".join(f"<p>{words(item)}</p>" for item in items)
    after = [f"/list?page={number + 1}"] if number < 300 else []
    return html("記事の一覧", text, *(f"/articles/{item}" for item in items), *after)


def archives(path: str) -> str | None:
    year, month = int(path.split("/")[2]), int(path.split("/")[3])
    at = year * 12 + month
    if not 2005 * 12 < at <= 2024 * 12 + 12:
        return None
    near = [f"/blog/{(at - 1 + step) // 12}/{(at - 1 + step) % 12 + 1:02}/" for step in (-1, 1)]
    return html(f"{year}年{month}月", f"<p>{words(at)}について</p>", *near)


def products(path: str) -> str | None:
    number = int(path.rpartition("/")[2])
    table = "<table><tr><th>品番</th><th>価格</th><th>在庫</th></tr></table>" * 5
    text = f"{table}<p>{words(number)}に使えます。</p>"
    return html(
        f"品番 {number}",
        text,
        *(f"/products/{number * 2 + step}" for step in (1, 2) if number < 500),
    )


def questions(path: str) -> str | None:
    number = int(path.rpartition("/")[2])
    after = [f"/faq/{number + 1}"] if number < 2_000 else []
    return html(f"よくある質問 {number}", f"<p>{words(number)}はどれですか</p><p>はい</p>", *after)


def tables(path: str) -> str | None:
    year = int(path.rpartition("/")[2])
    cells = "".join(f"<td>{year * place % 99_991 + 3_000:,}</td>" for place in range(17, 37))
    return html(
        f"{year}年の統計", f"<table>{cells}</table>", f"/stats/{year + 1}" if year < 2024 else "/"
    )


@pytest.mark.parametrize(
    ("world", "start", "all_of_them"),
    [
        (listing, "/list?page=1", 1_800),
        (archives, "/blog/2024/12/", 240),
        (products, "/products/0", 1_001),
        (questions, "/faq/1", 2_000),
        (tables, "/stats/1960", 65),
    ],
)
def test_what_goes_on_because_there_is_more_is_read_to_its_end(
    world: World, start: str, all_of_them: int
) -> None:
    pages, traps = crawled(world, start)
    assert len(pages) == all_of_them
    assert traps.remarks() == ()
    assert traps.documents_withheld() == frozenset()


def test_a_list_of_articles_that_are_known_leads_on_to_the_next_of_them() -> None:
    """A site map told the articles first: the list says nothing new, but leads to new ones."""
    articles = [f"/articles/{item}" for item in range(5, 305)]
    pages, traps = crawled(listing, *articles, "/list?page=1", most=360)
    assert len(pages) == 360
    assert traps.remarks() == ()


def test_the_same_page_at_many_addresses_is_one_document() -> None:
    traps = Traps()
    for path in ("/a", "/b/c", "/dd", "/eee", "/ffff", "/ggggg"):
        traps.saw(HOME + path, Page(fingerprint="same", shape=SHAPE))
    assert traps.documents_withheld() == {
        HOME + path for path in ("/b/c", "/dd", "/eee", "/ffff", "/ggggg")
    }


SHAPE = seen("/", html("会社概要", "所在地")).shape


@pytest.mark.parametrize(
    ("title", "missing"),
    [
        ("404 Not Found", True),
        ("ページが見つかりません | 株式会社サンプル", True),
        ("お探しのページは見つかりませんでした", True),
        ("Page not found - Example", True),
        ("404 Not Found の対処法", False),
        ("ページが見つかりません、と表示されるとき", False),
        ("会社概要", False),
    ],
)
def test_a_page_that_says_that_it_is_none_is_no_document(title: str, *, missing: bool) -> None:
    traps = Traps()
    traps.saw(f"{HOME}/x", seen("/x", html(title, "トップページからお探しください")))
    assert (f"{HOME}/x" in traps.documents_withheld()) is missing


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/a/b/a/b/a/", True),
        ("/A/a/a", True),
        ("/a//b//c//", True),
        ("/2011/11/11/11/", False),
        ("/1/1/1/1/1/", True),
        ("/" + "x" * 2_000, True),
        ("/?" + "&".join(f"p{n}=1" for n in range(9)), True),
        ("/?" + "&".join(f"p{n}=1" for n in range(8)), False),
        ("/" + "/".join(f"s{'x' * n}" for n in range(30)), True),
        ("/cdn-cgi/l/email-protection", True),
        ("/docs/api/docs/api/", False),
        ("/", False),
    ],
)
def test_addresses_that_tell_by_themselves_are_refused(path: str, *, refused: bool) -> None:
    said = Traps().refuses(HOME + path)
    assert (said is not None) is refused


def test_the_same_pages_in_the_same_order_teach_the_same() -> None:
    first, second = crawled(filters, "/shop?"), crawled(filters, "/shop?")
    assert first[0] == second[0]
    assert first[1].remarks() == second[1].remarks()
    assert first[1].documents_withheld() == second[1].documents_withheld()


def test_a_shape_that_is_none_teaches_nothing() -> None:
    traps = Traps()
    for number in range(30):
        traps.saw(f"{HOME}/x{number}?a=1", Page(shape="no shape\x00"))
    assert traps.documents_withheld() <= {f"{HOME}/x{number}?a=1" for number in range(30)}
