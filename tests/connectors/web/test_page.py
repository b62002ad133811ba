"""A page is read as a crawler reads it: links, wishes, what is seen; whatever its markup."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.web.markup import LINKS
from connectors.web.page import fingerprint_of, hashes_of, is_html, read
from connectors.web.values import Answer, Page

AT = "https://example.co.jp/docs/a.html"


def page(source: str | bytes, *, at: str = AT, kind: str = "text/html", **said: str) -> Page:
    body = source if isinstance(source, bytes) else source.encode()
    return read(Answer(at, 200, body, kind, **said))


@pytest.mark.parametrize(
    ("markup", "links"),
    [
        ("<a href='b.html'>b</a>", ["/docs/b.html"]),
        ("<A HREF = /c >c</A>", ["/c"]),
        ("<a href='/x?b=2&amp;a=1#y'>x</a>", ["/x?a=1&b=2"]),
        ("<a href='/x'>1</a><a href='/x#a'>2</a><a href='/x?utm_source=a'>3</a>", ["/x"]),
        ("<map><area href='/m'></map>", ["/m"]),
        ("<link rel=next href='?p=2'><link rel=stylesheet href=/s.css>", ["/docs/a.html?p=2"]),
        ("<link rel=alternate hreflang=en href=/en><link rel=alternate href=/feed>", ["/en"]),
        ("<iframe src='/f'>no</iframe><frameset><frame src='/g'></frameset>", ["/f", "/g"]),
        ("<base href='/other/'><a href='b'>b</a>", ["/other/b"]),
        ("<base href='javascript:x'><a href='b'>b</a>", ["/docs/b"]),
        ("<a href='/n' rel='external NoFollow'>n</a><a href='/y'>y</a>", ["/y"]),
        ("<a href='/n' rel=nofollow>n</a><a href='/n'>n</a>", ["/n"]),
        ("<a href='mailto:a@b.jp'>m</a><a href='javascript:x()'>j</a><a name=z>z</a>", []),
        ("<a href=''>self</a><a href='#top'>top</a>", []),
        ("<!-- <a href='/no'>no</a> --><a href='/y'>y</a>", ["/y"]),
        ("<script>var a = \"<a href='/no'>\";</script><a href='/y'>y</a>", ["/y"]),
        ("<template><a href='/no'>no</a></template><a href='/y'>y</a>", ["/y"]),
        ("<div hidden><a href='/menu'>menu</a></div>", ["/menu"]),
        ("<a title='a > b' href='/t'>t</a>", ["/t"]),
        ("<a href='/資料/一覧'>j</a>", ["/%E8%B3%87%E6%96%99/%E4%B8%80%E8%A6%A7"]),
        ("<a href='https://example.co.jp/a\n b'>n</a>", ["/a%20b"]),
    ],
)
def test_links_are_absolute_normalised_and_each_there_once(markup: str, links: list[str]) -> None:
    assert page(markup).links == tuple(f"https://example.co.jp{link}" for link in links)


def test_parameters_that_mean_nothing_are_left_out_of_links() -> None:
    answer = Answer(AT, 200, b"<a href='/x?ref=1&id=2'>x</a>", "text/html")
    assert read(answer, ignore=("ref",)).links == ("https://example.co.jp/x?id=2",)


@pytest.mark.parametrize(
    ("head", "header", "noindex", "nofollow"),
    [
        ("", None, False, False),
        ("<meta name=robots content='noindex'>", None, True, False),
        ("<META NAME='ROBOTS' CONTENT='NOFOLLOW, noarchive'>", None, False, True),
        ("<meta name=robots content='none'>", None, True, True),
        ("<meta name=robots content='index,follow'>", None, False, False),
        ("<meta name=googlebot content='noindex'>", None, False, False),
        ("<meta name=kurage-bot content='noindex'>", None, True, False),
        ("<meta name=robots content=all><meta name=kurage-bot content=none>", None, True, True),
        ("<!-- <meta name=robots content=noindex> -->", None, False, False),
        ("", "noindex", True, False),
        ("", "googlebot: noindex, nofollow", False, False),
        ("", "kurage-bot: noindex, nofollow", True, True),
        ("", "max-snippet: 20, noindex", True, False),
        ("", "unavailable_after: 25 Jun 2030 15:00:00 PST, none", True, True),
    ],
)
def test_what_is_asked_of_crawlers_is_read(
    head: str, header: str | None, *, noindex: bool, nofollow: bool
) -> None:
    found = page(f"<head>{head}</head><a href=/x>x</a>", robots=header)
    assert (found.noindex, found.nofollow) == (noindex, nofollow)
    assert bool(found.links) is not nofollow


def test_a_page_has_one_canonical_address_or_none() -> None:
    one = "<link rel=canonical href='/c?utm_source=x'>"
    assert page(one).canonical == "https://example.co.jp/c"
    assert page(one + one).canonical == "https://example.co.jp/c"
    assert page(one + "<link rel=canonical href=/d>").canonical is None
    assert page("", canonical="/h").canonical == "https://example.co.jp/h"
    assert page(one, canonical="/h").canonical == "https://example.co.jp/c"
    assert page("<link rel=canonical href='javascript:x'>").canonical is None


@pytest.mark.parametrize(
    ("content", "leads"),
    [
        ("0;url=/new", "https://example.co.jp/new"),
        ("3; URL='b.html'", "https://example.co.jp/docs/b.html"),
        ("0.5,/new", "https://example.co.jp/new"),
        ("60;url=/new", None),
        ("5", None),
        ("0;url=/docs/a.html", None),
        ("0;url=javascript:x", None),
        ("9" * 400 + ";url=/new", None),
    ],
)
def test_a_page_that_sends_its_reader_on_at_once_says_where(
    content: str, leads: str | None
) -> None:
    assert page(f'<meta http-equiv=Refresh content="{content}">').refresh == leads


SEEN = (
    "<html><head><title>旅費規程</title></head><body><h1>旅費規程</h1><p>出張の旅費は、<b>実費</b>を"
    "支給する。</p><ul><li>日当</li></ul><a href='/docs/b'>別表</a></body></html>"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<body>", "<body><script>var t = 1732;</script><style>p{}</style><!-- 12:00 -->"),
        ("<body>", "<body><form><input type=hidden name=csrf value=a1b2></form>"),
        ("<body>", "<body><div hidden>token 123</div><span style='display: none'>x</span>"),
        ("<p>", "<p class='x-8f3a' data-nonce=123>\n   "),
        ("<h1>", "\n\n<div>  <h1>"),
        ("</h1>", "</h1></div>"),
        ("/docs/b'", "/docs/b?utm_source=x&_wpnonce=1f2e3d4c#x' class=y"),
        ("実費", "&#23455;&#36027;"),
        ("<head>", "<head><meta name=csrf-token content=abc><link rel=preload href=/x.js?v=2>"),
    ],
)
def test_what_is_unseen_does_not_change_the_fingerprint(old: str, new: str) -> None:
    assert page(SEEN.replace(old, new)).fingerprint == page(SEEN).fingerprint


def test_a_link_that_carries_another_key_each_time_does_not_change_the_fingerprint() -> None:
    first, second = (SEEN.replace("/docs/b", f"/docs/b?id=1&nonce={key}&_={key}") for key in "ab")
    assert page(first).fingerprint == page(second).fingerprint != page(SEEN).fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("実費", "定額"),
        ("<title>旅費", "<title>出張"),
        ("/docs/b", "/docs/c"),
        ("<li>日当</li>", ""),
        ("<li>日当</li>", "<li>日当</li><li>宿泊</li>"),
        ("<h1>旅費規程</h1>", "<p>旅費規程</p>"),
        ("<h1>", "<h1 id=ryohi>"),
        ("<p>", "<img alt='図'><p>"),
        ("実費", "実費3"),
    ],
)
def test_what_is_seen_changes_the_fingerprint(old: str, new: str) -> None:
    assert page(SEEN.replace(old, new)).fingerprint != page(SEEN).fingerprint


def test_the_shape_is_the_same_for_all_months_of_an_empty_calendar() -> None:
    def month(year: int, number: int, days: int) -> str:
        cells = "".join(f"<td>{day}</td>" for day in range(1, days))
        return f"<h1>{year}年{number}月</h1><table>{cells}</table><p>予定なし</p>"

    shapes = {
        page(month(year, number, 29 + number % 3), at=f"https://a.jp/cal/{year}/{number}").shape
        for year in (1999, 2026, 2150)
        for number in range(1, 13)
    }
    assert len(shapes) == 1
    assert page(month(2026, 1, 31) + "<p>健康診断</p>").shape not in shapes


def test_the_shape_does_without_what_a_page_repeats_of_its_address() -> None:
    at = "https://a.jp/search?q=旅費"
    one = page("<p>「旅費」は見つかりません</p>", at=at)
    other = page("<p>「休暇」は見つかりません</p>", at="https://a.jp/search?q=休暇")
    assert one.shape == other.shape
    assert len(hashes_of(one.shape)) == 1


TEXT = "社員の旅費は、実費を支給する。髙橋㈱①"


@pytest.mark.parametrize(
    ("charset", "header", "meta"),
    [
        ("utf-8", "text/html", ""),
        ("utf-8", "text/html; charset=Shift_JIS", "utf-8"),
        ("utf-8-sig", "text/html; charset=EUC-JP", ""),
        ("cp932", "text/html; charset=Shift_JIS", ""),
        ("cp932", "text/html", "x-sjis"),
        ("cp932", "text/html", ""),
        ("cp932", "text/html; charset=utf-8", "UTF-8"),
        ("euc_jis_2004", "text/html; charset=EUC-JP", ""),
        ("utf-16", "text/html", ""),
    ],
)
def test_titles_are_read_in_the_charset_that_the_bytes_are_in(
    charset: str, header: str, meta: str
) -> None:
    text = TEXT if charset != "euc_jis_2004" else "社員の旅費は、実費を支給する。"
    declared = f"<meta charset={meta}>" if meta else ""
    source = f"<html><head>{declared}<title>{text}</title></head><body>{text}</body></html>"
    assert page(source.encode(charset), kind=header).title == text


def test_iso_2022_jp_and_unknown_charsets_are_read_as_well() -> None:
    source = "<title>社員の旅費</title>"
    assert page(source.encode("iso2022_jp")).title == "社員の旅費"
    assert page(source, kind="text/html; charset=base64").title == "社員の旅費"
    assert page(source, kind="text/html; charset=x-unknown").title == "社員の旅費"


def test_a_query_of_a_link_is_in_the_charset_of_its_page() -> None:
    found = page("<meta charset=Shift_JIS><a href='/q?w=資料'>資料</a>".encode("cp932"))
    assert found.links == ("https://example.co.jp/q?w=%8E%91%97%BF",)


def test_html_is_told_by_its_type_or_by_how_it_begins() -> None:
    assert is_html(Answer(AT, 200, b"", "text/HTML; charset=x"))
    assert is_html(Answer(AT, 200, b"", "application/xhtml+xml"))
    assert not is_html(Answer(AT, 200, b"<html>", "application/pdf"))
    assert is_html(Answer(AT, 200, b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html>"))
    assert is_html(Answer(AT, 200, b"<?xml version='1.0'?><html xmlns='x'>"))
    assert not is_html(Answer(AT, 200, b"%PDF-1.7"))
    assert not is_html(Answer(AT, 200, b"plain < text"))


def test_the_fingerprint_of_a_file_is_that_of_its_bytes() -> None:
    assert fingerprint_of(b"a") == fingerprint_of(b"a") != fingerprint_of(b"b")


BAD = {
    "100,000 levels": "<div>" * 100_000,
    "50,000 links in one another": "<a href=/x>" * 50_000,
    "100,000 hidden levels": "<div hidden>" * 100_000,
    "attributes without number": "<a " + "a b=c " * 100_000 + "href=x>",
    "quotes that never end": "<a '" * 100_000,
    "signs of equality": "<a " + "= " * 100_000,
    "comments that never end": "<!--" * 100_000 + "-" * 100_000,
    "scripts that never end": "<script>" + "</scrip" * 100_000,
    "self-closed scripts of XML": "<?xml ?>" + "<script a='" * 50_000,
    "formatting that each paragraph repeats": "".join(f"<b id={n}>" for n in range(5_000))
    + "<p>x" * 5_000,
    "blanks": "<p>" + " " * 500_000,
    "ampersands": "&" * 100_000 + "&#1" * 50_000 + "&#99999999999;",
    "a refresh of digits": "<meta http-equiv=refresh content='" + "1" * 100_000 + "'>",
    "a title without an end": "<title>" + " a" * 200_000,
    "less-than signs": "<" * 500_000,
    "keys": "a-" * 50_000 + "1",
    "our own marks": "\x1e" * 100_000 + "\x1f" * 100_000,
    "empty roots": "<script></script>" + "<div id=root " * 5_000,
    "zeros": "\0" * 500_000,
    "surrogates": "&#xD800;" * 10_000,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_markup_is_read_to_its_end(name: str) -> None:
    """A tree of some of these would take minutes, or all memory."""
    assert len(page(BAD[name] + "</script><!-- --><title>x</title>").fingerprint) == 32


def test_no_more_links_are_read_than_a_site_map_may_hold() -> None:
    many = "".join(f"<a href=/{n}>" for n in range(LINKS + 10))
    assert len(page(many).links) == LINKS


_WRITTEN = (
    "<a href=' /x ' > \" = <!-- --> <script> </script> <div hidden> </div> <p> <title> </title> & "
    "<base href= <meta http-equiv=refresh content= 0;url= <svg> <template> &amp; &#x; <input "
    "type=password <noscript> <![CDATA[ ]]> <?xml </ < 資料 \x00 \x1e \x1f 1"
)
_MARKUP = st.lists(st.sampled_from(_WRITTEN.split(" ")) | st.text(max_size=4), max_size=40).map(
    "".join
)


@settings(deadline=None)
@given(
    _MARKUP | st.binary(max_size=200), st.sampled_from(["text/html", "text/html; charset=euc-jp"])
)
def test_whatever_the_bytes_a_page_is_read(source: str | bytes, kind: str) -> None:
    body = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
    answer = Answer(AT, 200, body, kind)
    found = read(answer)
    assert found == read(answer)
    assert len(found.fingerprint) == 32
    assert all(link.startswith(("http://", "https://")) for link in found.links)
    assert len(set(found.links)) == len(found.links)
