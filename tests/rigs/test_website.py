"""Pages, validators, redirects, robots, site maps and counts of the web sites on loopback."""

from __future__ import annotations

import gzip
import socket
import threading
from email.utils import parsedate_to_datetime

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from rigs.website import WebsiteRig, html, journal, sitemaps
from rigs.website.values import Policy
from rigs.website_fixtures import visitor, website

__all__ = ["visitor", "website"]


class TestPages:
    def test_a_page_is_answered_with_what_was_put_there(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/社内/", html.page("社内", "本文です。", links=["/a", "../b?x=1"]))
        got = visitor.get(f"{website.url}/%E7%A4%BE%E5%86%85/")
        assert got.status_code == 200
        assert got.headers["content-type"] == "text/html; charset=utf-8"
        assert '<a href="../b?x=1">' in got.text
        assert "本文です。" in got.text

    def test_what_is_not_there_is_404_and_what_was_removed_what_was_said(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", html.page("あ"))
        website.site.add_page("/b", html.page("い"))
        website.site.remove("/a", 410)
        website.site.remove("/b")
        codes = [visitor.get(f"{website.url}/{one}").status_code for one in "abc"]
        assert codes == [410, 404, 404]
        website.site.add_page("/a", html.page("また"))
        assert visitor.get(f"{website.url}/a").status_code == 200

    def test_hosts_are_told_apart_by_address_and_by_name(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("一"))
        website.site.add_page("/", html.page("二"), host="127.0.0.2")
        website.site.add_page("/", html.page("名"), host="www.example.co.jp")
        website.site.alias("example.co.jp", "www.example.co.jp")
        assert "一" in visitor.get(website.url).text
        assert "二" in visitor.get(website.url_of("127.0.0.2")).text
        for name in ("www.example.co.jp", "EXAMPLE.co.jp:80"):
            assert "名" in visitor.get(website.url, headers={"Host": name}).text
        assert visitor.get(website.url_of("127.0.0.3")).status_code == 404

    def test_a_host_may_have_an_address_of_ipv6(self, visitor: httpx2.Client) -> None:
        if not socket.has_ipv6:
            pytest.skip("this machine has no IPv6")
        try:
            with WebsiteRig(addresses=["::1", "127.0.0.1"]) as rig:
                rig.site.add_page("/", html.page("六"))
                assert "六" in visitor.get(rig.url).text
                assert rig.url == f"http://[::1]:{rig.port}"
                assert visitor.get(rig.url_of("127.0.0.1")).status_code == 404
        except RuntimeError:
            pytest.skip("::1 is not there")

    def test_a_query_that_is_known_is_a_page_of_its_own(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/faq", html.page("一覧"))
        website.site.add_page("/faq?id=3", html.page("三番"))
        assert "三番" in visitor.get(f"{website.url}/faq?id=3").text
        assert "一覧" in visitor.get(f"{website.url}/faq?utm_source=mail").text
        website.site.configure(ignores_query=False)
        assert visitor.get(f"{website.url}/faq?utm_source=mail").status_code == 404

    def test_folders_redirect_to_their_slash_and_show_their_index(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/docs/", html.page("文書"))
        got = visitor.get(f"{website.url}/docs?a=1")
        assert (got.status_code, got.headers["location"]) == (301, "/docs/?a=1")
        assert "文書" in visitor.get(f"{website.url}/docs/index.html").text

    def test_head_has_the_headers_alone_unless_it_is_refused(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("一"))
        got = visitor.head(website.url)
        assert (got.status_code, got.content) == (200, b"")
        assert int(got.headers["content-length"]) == len(visitor.get(website.url).content)
        website.site.configure(head=False)
        assert visitor.head(website.url).status_code == 405
        assert visitor.get(website.url).status_code == 200


class TestValidators:
    @pytest.mark.parametrize(
        ("policy", "again"),
        [("strong", 304), ("weak", 304), ("etag", 304), ("modified", 304), ("none", 200),
         ("renewed-etag", 200), ("renewed-date", 200), ("deaf", 200)],
    )  # fmt: skip
    def test_an_unchanged_page_is_304_where_its_validators_hold(
        self, website: WebsiteRig, visitor: httpx2.Client, policy: Policy, again: int
    ) -> None:
        website.site.add_page("/", html.page("一"), policy=policy)
        first = visitor.get(website.url)
        website.site.clock.advance(2)
        got = visitor.get(website.url, headers=_conditions(first))
        assert got.status_code == again
        assert not got.content if again == 304 else got.text == first.text

    @pytest.mark.parametrize("policy", ["strong", "weak", "etag", "modified"])
    def test_an_edited_page_is_200_at_once(
        self, website: WebsiteRig, visitor: httpx2.Client, policy: Policy
    ) -> None:
        website.site.add_page("/", html.page("一"), policy=policy)
        for word in ("二", "三"):
            first = visitor.get(website.url)
            website.site.edit("/", html.page(word))
            got = visitor.get(website.url, headers=_conditions(first))
            assert got.status_code == 200
            assert word in got.text

    def test_a_page_that_is_deployed_again_is_the_same_by_other_validators(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("一"))
        first = visitor.get(website.url)
        website.site.touch_all()
        got = visitor.get(website.url, headers=_conditions(first))
        assert (got.status_code, got.text) == (200, first.text)
        assert got.headers["etag"] != first.headers["etag"]

    def test_no_date_is_later_than_the_servers_own(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("一"))
        for _ in range(3):
            website.site.edit("/", html.page("二"))
            got = visitor.get(website.url).headers
            date = parsedate_to_datetime(got["date"])
            assert parsedate_to_datetime(got["last-modified"]) <= date


class TestRedirects:
    def test_chains_lead_on_and_loops_do_not(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/end", html.page("終点"))
        website.site.chain("/start", 5, "/end")
        website.site.loop("/x", "/y", "/z")
        got = visitor.get(f"{website.url}/start", follow_redirects=True)
        assert "終点" in got.text
        assert len(got.history) == 5
        with pytest.raises(httpx2.TooManyRedirects):
            visitor.get(f"{website.url}/x", follow_redirects=True)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_where_a_redirect_leads_stands_as_it_was_said(
        self, website: WebsiteRig, visitor: httpx2.Client, status: int
    ) -> None:
        website.site.redirect("/a", "http://169.254.169.254/latest/", status)
        got = visitor.get(f"{website.url}/a")
        assert got.status_code == status
        assert got.headers["location"] == "http://169.254.169.254/latest/"

    def test_a_page_can_send_its_reader_on_by_itself(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.refresh("/a", "/b?x=1&y=2", 3)
        assert 'content="3; URL=/b?x=1&amp;y=2"' in visitor.get(f"{website.url}/a").text


class TestRobotsAndSitemaps:
    def test_robots_say_what_was_said(self, website: WebsiteRig, visitor: httpx2.Client) -> None:
        website.site.robots(
            disallow=["/private/"], allow=["/private/open"], crawl_delay=1.5, sitemaps=["/map.xml"]
        )
        got = visitor.get(f"{website.url}/robots.txt")
        assert got.text.splitlines() == [
            "User-agent: *", "Disallow: /private/", "Allow: /private/open", "Crawl-delay: 1.5",
            "", "Sitemap: /map.xml",
        ]  # fmt: skip
        website.site.robots("", status=503)
        assert visitor.get(f"{website.url}/robots.txt").status_code == 503

    @pytest.mark.parametrize(
        ("text", "status", "content_type"),
        [
            ("", 403, "text/plain"), ("", 500, "text/plain"), ("", 404, "text/html"),
            ("<html><body>ホーム</body></html>", 200, "text/html"),
            ("Disallow: /x\n" * 100_000, 200, "text/plain"),
            (b"\x00\xff\xfe" * 1000, 200, "application/octet-stream"),
        ],
        ids=["403", "500", "404", "html", "huge", "bytes"],
    )  # fmt: skip
    def test_robots_can_be_anything(
        self,
        website: WebsiteRig,
        visitor: httpx2.Client,
        text: str | bytes,
        status: int,
        content_type: str,
    ) -> None:
        website.site.robots(text, status=status, content_type=content_type)
        got = visitor.get(f"{website.url}/robots.txt")
        assert (got.status_code, got.headers["content-type"]) == (status, content_type)
        assert got.content == (text.encode() if isinstance(text, str) else text)

    def test_robots_may_not_be_had_at_all(self, website: WebsiteRig) -> None:
        website.site.robots("", hangs=True)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(f"{website.url}/robots.txt", timeout=httpx2.Timeout(10, read=0.2))
        website.wait_for_requests(1)
        assert website.journal[0].status is None

    def test_site_maps_are_what_the_protocol_says(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        page = f"{website.url}/a?x=1&y=2"
        website.site.sitemap("/map.xml", {page: "2026-03-01", f"{website.url}/b": None})
        website.site.sitemap("/index.xml", [f"{website.url}/map.xml"], "index")
        root = etree.fromstring(visitor.get(f"{website.url}/map.xml").content)
        space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
        assert root.xpath("//s:url/s:loc/text()", namespaces=space)[0] == page
        assert root.xpath("//s:url/s:lastmod/text()", namespaces=space) == ["2026-03-01"]
        root = etree.fromstring(visitor.get(f"{website.url}/index.xml").content)
        assert len(root.xpath("//s:sitemap/s:loc", namespaces=space)) == 1

    def test_other_kinds_are_what_they_are_called(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        entries = [f"{website.url}/a", f"{website.url}/b"]
        website.site.sitemap("/a.xml.gz", entries, zipped=True)
        got = visitor.get(f"{website.url}/a.xml.gz")
        assert "content-encoding" not in got.headers
        assert etree.fromstring(gzip.decompress(got.content)) is not None
        website.site.sitemap("/a.txt", entries, "text")
        assert visitor.get(f"{website.url}/a.txt").text.split() == entries
        website.site.sitemap("/broken.xml", entries, "broken")
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(visitor.get(f"{website.url}/broken.xml").content)

    @pytest.mark.parametrize(("kind", "word"), [("rss", "//link"), ("atom", "//@href")])
    def test_feeds_name_pages_too(
        self, website: WebsiteRig, visitor: httpx2.Client, kind: sitemaps.Kind, word: str
    ) -> None:
        website.site.sitemap("/feed", {f"{website.url}/a": "2026-03-01T00:00:00Z"}, kind)
        root = etree.fromstring(visitor.get(f"{website.url}/feed").content)
        for one in root.iter():
            one.tag = etree.QName(one).localname
        assert f"{website.url}/a" in "".join(
            one if isinstance(one, str) else one.text or "" for one in root.xpath(word)
        )

    def test_entities_grow_beyond_measure_for_whoever_expands_them(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.sitemap("/laughs.xml", kind="billion-laughs")
        body = visitor.get(f"{website.url}/laughs.xml").content
        assert len(body) < 2000
        with pytest.raises(etree.XMLSyntaxError, match=r"amplification|entity"):
            etree.fromstring(body, etree.XMLParser(resolve_entities=True))

    def test_a_bomb_is_small_until_it_is_opened(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.sitemap_bomb("/bomb.xml.gz", 16 << 20)
        packed = visitor.get(f"{website.url}/bomb.xml.gz").content
        assert len(packed) < 1 << 18
        assert len(gzip.decompress(packed)) >= 16 << 20


class TestCounting:
    def test_each_request_is_told_by_host_path_and_condition(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/a", html.page("一"))
        first = visitor.get(f"{website.url}/a?x=1")
        visitor.get(f"{website.url}/a", headers=_conditions(first))
        visitor.get(f"{website.url_of('127.0.0.2')}/b", headers={"Cookie": "s=1"})
        seen = website.journal
        assert journal.counts(seen) == {
            ("127.0.0.1", "/a?x=1"): 1, ("127.0.0.1", "/a"): 1, ("127.0.0.2", "/b"): 1,
        }  # fmt: skip
        assert [one.conditional for one in seen] == [False, True, False]
        assert [one.status for one in seen] == [200, 304, 404]
        assert [one.credentials for one in seen] == [(), (), ("cookie",)]
        assert website.requests == 3
        assert len(journal.gaps(seen, "127.0.0.1")) == 1

    def test_connections_are_kept_alive_and_counted_by_address(
        self, website: WebsiteRig, visitor: httpx2.Client
    ) -> None:
        website.site.add_page("/", html.page("一"))
        for _ in range(3):
            visitor.get(website.url)
        visitor.get(website.url_of("127.0.0.2"))
        assert website.connections == {"127.0.0.1": 1, "127.0.0.2": 1}
        website.forget()
        assert (website.requests, website.connections) == (0, {})

    def test_requests_at_once_are_seen(self, website: WebsiteRig) -> None:
        website.site.add_page("/", html.page("一"), hangs=True)
        answers: list[int] = []
        visitors = [
            threading.Thread(target=lambda: answers.append(httpx2.get(website.url).status_code))
            for _ in range(3)
        ]
        for one in visitors:
            one.start()
        website.wait_for_requests(3)
        website.release()
        for one in visitors:
            one.join()
        assert answers == [200] * 3
        assert journal.at_once(website.journal, "127.0.0.1") == 3
        assert journal.at_once(website.journal, "127.0.0.2") == 0

    def test_one_after_the_other_is_one_at_once(self, website: WebsiteRig) -> None:
        website.site.add_page("/", b"x" * 1_000_000)
        for _ in range(10):  # each on a connection of its own
            httpx2.get(website.url)
        assert journal.at_once(website.journal) == 1


class TestAnythingOnTheWire:
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(said=st.binary(max_size=300), head=st.booleans())
    @example(said=b"Content-Length: many", head=True)
    @example(said=b"Content-Length: -1", head=True)
    def test_whatever_a_visitor_says_the_next_one_is_served(
        self, website: WebsiteRig, visitor: httpx2.Client, said: bytes, *, head: bool
    ) -> None:
        website.site.add_page("/", html.page("一"))
        with socket.create_connection(("127.0.0.1", website.port), 10) as one:
            start = b"GET / HTTP/1.1\r\nHost: x\r\n" if head else b""
            one.sendall(start + said + b"\r\n\r\n")
            one.shutdown(socket.SHUT_WR)
            while one.recv(65536):
                pass
        assert visitor.get(website.url).status_code == 200


def _conditions(first: httpx2.Response) -> dict[str, str]:
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {says: first.headers[name] for name, says in names.items() if name in first.headers}
