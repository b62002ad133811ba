"""Site maps of every form are read as far as they can be, within bounds, and trouble is told."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.web.sitemaps import Entry, SitemapError, entries, moment

AT = "https://example.co.jp/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urls(body: bytes, **bounds: int) -> list[str]:
    return [entry.url for entry in entries(body, AT, **bounds)]


def broken(body: bytes, **bounds: int) -> tuple[list[str], str]:
    """What could be read, and what was said of the rest."""
    found: list[str] = []
    with pytest.raises(SitemapError) as trouble:
        found.extend(entry.url for entry in entries(body, AT, **bounds))
    assert "\n" not in str(trouble.value)
    return found, str(trouble.value)


def urlset(*paths: str, extra: str = "") -> bytes:
    listed = "".join(f"<url><loc>https://example.co.jp{path}</loc>{extra}</url>" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {NS}>{listed}</urlset>'.encode()


def test_addresses_come_in_order_normalised_with_their_moment() -> None:
    body = (
        f"<urlset {NS}><url><loc> HTTPS://Example.co.jp:443/資料?utm_source=x </loc>"
        "<lastmod>2024-05-01T09:30:00+09:00</lastmod><priority>0.8</priority></url>"
        "<url><lastmod>2024-05-01</lastmod><loc>/b?ref=1&amp;c=2</loc></url></urlset>"
    ).encode()
    tokyo = timezone(timedelta(hours=9))
    assert list(entries(body, AT, ignore=("ref",))) == [
        Entry(
            "https://example.co.jp/%E8%B3%87%E6%96%99", datetime(2024, 5, 1, 9, 30, tzinfo=tokyo)
        ),
        Entry("https://example.co.jp/b?c=2", datetime(2024, 5, 1, tzinfo=UTC)),
    ]


def test_an_index_names_other_site_maps() -> None:
    body = (
        f"<sitemapindex {NS}><sitemap><loc>https://example.co.jp/a.xml.gz</loc></sitemap>"
        "</sitemapindex>"
    ).encode()
    assert list(entries(body, AT)) == [Entry("https://example.co.jp/a.xml.gz", None, is_index=True)]


def test_addresses_of_pictures_and_translations_in_an_entry_are_not_its_own() -> None:
    extra = (
        '<image:image xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
        "<image:loc>https://example.co.jp/x.png</image:loc></image:image>"
        '<xhtml:link xmlns:xhtml="http://www.w3.org/1999/xhtml" rel="alternate" hreflang="en" '
        'href="https://example.co.jp/en/a"/>'
    )
    assert urls(urlset("/a", extra=extra)) == ["https://example.co.jp/a"]


RSS = (
    '<rss version="2.0"><channel><link>https://example.co.jp/</link><item><link>'
    "https://example.co.jp/a</link><pubDate>Wed, 01 May 2024 09:30:00 +0900</pubDate></item>"
    "</channel></rss>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://example.co.jp/"/><entry>'
    '<link rel="edit" href="https://example.co.jp/edit"/><link href="https://example.co.jp/a"/>'
    "<updated>2024-05-01T00:30:00Z</updated></entry></feed>"
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><item '
    'rdf:about="x"><link>https://example.co.jp/a</link><dc:date>2024-05-01T09:30+09:00</dc:date>'
    "</item></rdf:RDF>"
)


@pytest.mark.parametrize("body", [RSS, ATOM, RDF])
def test_feeds_are_site_maps_too(body: str) -> None:
    assert list(entries(body.encode(), AT)) == [
        Entry("https://example.co.jp/a", datetime(2024, 5, 1, 0, 30, tzinfo=UTC))
    ]


@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
def test_a_list_of_lines_is_one(start: str) -> None:
    body = f"{start}https://example.co.jp/a\r\n\r\n# x\r\nhttps://example.co.jp/b\r\n".encode()
    assert urls(body) == ["https://example.co.jp/a", "https://example.co.jp/b"]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(urlset("/a", "/b")),
        gzip.compress(gzip.compress(urlset("/a", "/b"))),  # a server that packs what is packed
        gzip.compress(urlset("/a", "/b")[:150]) + gzip.compress(urlset("/a", "/b")[150:]),
        gzip.compress(urlset("/a", "/b")) + b"\0" * 512,
        b"\xef\xbb\xbf\n " + urlset("/a", "/b"),
        urlset("/a", "/b").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        urlset("/a", "/b").decode().replace("UTF-8", "Shift_JIS").encode("shift_jis"),
    ],
)
def test_however_it_is_packed_it_is_the_same_site_map(packed: bytes) -> None:
    assert urls(packed) == ["https://example.co.jp/a", "https://example.co.jp/b"]


def test_what_came_before_a_fault_is_read_and_the_fault_is_told() -> None:
    whole = urlset("/a", "/b", "/c")
    found, said = broken(whole[:-40])
    assert found[:2] == ["https://example.co.jp/a", "https://example.co.jp/b"]
    assert "broken" in said
    found, said = broken(whole.replace(b"/b<", b"/b?c=1&d=2<"))
    assert [found[0], found[-1]] == ["https://example.co.jp/a", "https://example.co.jp/c"]
    assert "broken in line 2" in said
    many = gzip.compress(urlset(*(f"/{n * n * 7919}" for n in range(20_000))))
    found, said = broken(many[: len(many) // 2])
    assert len(found) > 1_000
    assert "ends too early" in said
    found, said = broken(many[:5_000] + b"\xff" * 100 + many[5_100:])
    assert "gzip is broken" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        (b"<note><loc>https://example.co.jp/a</loc></note>", "<note>"),
        (b"hello", "no site map"),
        (b"\x00\x01\x02", "no site map"),
        (b"<", "no site map"),
        (b"\x1f\x8b\x08", "ends too early"),
    ],
)
def test_what_is_no_site_map_is_told_as_such(body: bytes, said: str) -> None:
    found, words = broken(body)
    assert found == []
    assert said in words


def test_an_empty_site_map_is_no_fault() -> None:
    assert urls(urlset()) == []


def test_a_bomb_ends_at_the_bound() -> None:
    body = f"<urlset {NS}><url><loc>https://example.co.jp/a</loc></url>".encode()
    bomb = gzip.compress(body + b" " * 30_000_000)
    found, said = broken(bomb, max_bytes=1_000_000)
    assert found == ["https://example.co.jp/a"]
    assert "larger than 1 MB" in said
    nested = gzip.compress(gzip.compress(b"") * 200_000)  # much that unpacks to nothing
    assert "larger than" in broken(nested, max_bytes=1_000_000)[1]


def test_more_entries_than_the_protocol_allows_are_left_out_and_told() -> None:
    found, said = broken(urlset(*(f"/{n}" for n in range(30))), max_entries=20)
    assert len(found) == 20
    assert "more than 20" in said


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "https://example.co.jp/secret">',
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY % a SYSTEM "http://169.254.169.254/"> %a;',
        '<!ENTITY a "lol">' + "".join(f'<!ENTITY l{n} "&a;&a;">' for n in range(9)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_site_map_that_declares_entities_is_refused(declared: str, encoding: str) -> None:
    body = f"<!DOCTYPE urlset [{declared}]><urlset {NS}><url><loc>/&a;</loc></url></urlset>"
    found, said = broken(body.encode(encoding))
    assert found == []
    assert "entities" in said


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-02", datetime(2024, 5, 2, tzinfo=UTC)),
        ("2024-05-02T03:04Z", datetime(2024, 5, 2, 3, 4, tzinfo=UTC)),
        ("2024-05-02T03:04:05+00:00", datetime(2024, 5, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-05-02T12:04:05.678+09:00", datetime(2024, 5, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-05-02T12:04:05+0900", datetime(2024, 5, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-05-02 03:04:05", datetime(2024, 5, 2, 3, 4, 5, tzinfo=UTC)),
        ("20240502", datetime(2024, 5, 2, tzinfo=UTC)),
        (" Thu, 02 May 2024 03:04:05 GMT ", datetime(2024, 5, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-06-30T23:59:60Z", datetime(2024, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2024-13-01", None),
        ("2024-02-30", None),
        ("2024-05-02T03:04:05+99:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_every_form_of_w3c_names_its_moment(said: str | None, when: datetime | None) -> None:
    assert moment(said) == when


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_date_raises(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is not None


@settings(deadline=None)
@given(st.data())
def test_damage_anywhere_ends_in_entries_or_a_fault_that_is_told(data: st.DataObject) -> None:
    body = bytearray(urlset("/a", "/b", "/c"))
    if data.draw(st.booleans()):
        body = bytearray(gzip.compress(bytes(body)))
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        for entry in entries(bytes(body), AT, max_bytes=10_000):
            assert entry.url.startswith(("http://", "https://"))
    except SitemapError:
        pass


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_no_site_map(body: bytes) -> None:
    if body.strip().startswith((b"http", b"<")):
        return
    assert broken(body)[0] == []
