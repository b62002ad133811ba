"""One address at a time: what a person copied, and why there is no document."""

from __future__ import annotations

import pytest
from rigs.website import html
from web_site import WebSite, paths, refs

from connectors.base import ConnectorError, Ref
from connectors.web import WebConnector


@pytest.fixture
def crawled(site: WebSite) -> WebConnector:
    """A connector whose site was crawled."""
    site.page("/", links=("/a", "/copy", "/old", "/list", "/data", "/gone", "/wall"))
    site.page("/a")
    site.page("/copy", "同じです。", markup={"canonical": "/copy.html"})
    site.page("/copy.html", "同じです。", title="/copy", markup={"canonical": "/copy.html"})
    site.rig.site.redirect("/old", "/a")
    site.page("/list", links=("/b",), markup={"robots": "noindex"})
    site.page("/b")
    site.rig.site.add_page("/data", "{}", content_type="application/json")
    site.page("/wall")
    site.rig.site.cookie_login("/wall", inline=True)
    site.rig.site.robots(disallow=["/closed"])
    site.page("/unlinked")
    connector = site.connector(scope={"exclude": ["/excluded"]})
    assert {"a", "b", "copy.html"} <= paths(connector)
    return connector


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/excluded", "exclude"),
        ("/closed", "robots.txt"),
        ("/list", "noindex"),
        ("/data", "no text"),
        ("/photo.jpg", "no text"),
        ("/nowhere", "404"),
        ("/copy", "canonical"),
        ("/unlinked", "no link leads to it"),
        ("/wall", "login"),
        ("/a/a/a/a/a", ""),
    ],
)
def test_of_each_address_it_is_told_why_it_is_no_document(
    site: WebSite, crawled: WebConnector, path: str, words: str
) -> None:
    if path != "/copy":  # which leads to another document
        assert crawled.find(site.rig.url + path) is None
    why = crawled.left_out(site.rig.url + path)
    assert why
    assert words in why
    assert "\n" not in why


def test_of_what_is_none_of_the_source_nothing_is_said(crawled: WebConnector) -> None:
    assert crawled.left_out("https://elsewhere.example/a") is None
    assert crawled.left_out("no address") is None


def test_an_address_is_found_however_it_is_written(site: WebSite, crawled: WebConnector) -> None:
    ref = crawled.find(f"{site.rig.url}/a")
    assert isinstance(ref, Ref)
    for written in ("/a#top", "/a?utm_source=mail", "//a/../a", "/old"):
        found = crawled.find(site.rig.url + written.replace("//", "/"))
        assert found == ref
    copy = crawled.find(f"{site.rig.url}/copy")
    assert copy
    assert copy.id.endswith("/copy.html")


def test_a_page_in_trouble_is_found_as_it_was(site: WebSite, crawled: WebConnector) -> None:
    ref = crawled.find(f"{site.rig.url}/a")
    site.rig.fail("/a", status=503, times=None)
    assert crawled.find(f"{site.rig.url}/a") == ref
    with pytest.raises(ConnectorError, match="503"):
        crawled.check(ref)  # type: ignore[arg-type]


def test_a_check_asks_once_and_spares_the_body(site: WebSite, crawled: WebConnector) -> None:
    ref = crawled.find(f"{site.rig.url}/a")
    assert ref
    site.rig.forget()
    assert crawled.check(ref).version == ref.version
    (asked,) = site.rig.journal
    assert asked.conditional
    assert asked.status == 304


def test_a_check_of_what_wants_no_index_or_moved_finds_nothing(
    site: WebSite, crawled: WebConnector
) -> None:
    ref = crawled.find(f"{site.rig.url}/a")
    assert ref
    site.page("/a", markup={"robots": "noindex"})
    assert not crawled.check(ref).exists
    site.rig.site.redirect("/a", "/b", 301)
    assert not crawled.check(ref).exists
    site.rig.site.redirect("/a", "/b", 302)
    assert crawled.check(ref).exists


def test_what_was_remembered_can_be_lost_and_nothing_is_deleted_by_it(site: WebSite) -> None:
    """Of a page that only the index knows, the count begins anew."""
    site.page("/", links=("/a", "/b"))
    site.page("/a")
    site.page("/b")
    known = refs(site.connector())
    site.close()
    for end in ("", "-wal", "-shm"):
        site.memory.with_name(site.memory.name + end).unlink(missing_ok=True)
    site.page("/", links=("/a",))
    site.rig.site.remove("/b")
    url = f"{site.rig.url}/b"
    told = []
    for _ in range(4):
        connector = site.connector()
        missing = known.keys() - refs(connector).keys()
        assert missing == {url}
        told.append(connector.confirm_gone(missing) == {url})
    assert told == [False, False, True, True]


def test_a_page_that_is_there_and_was_never_known_is_not_gone(site: WebSite) -> None:
    site.page("/")
    site.page("/unlinked")
    connector = site.connector()
    refs(connector)
    assert connector.confirm_gone([f"{site.rig.url}/unlinked"]) == frozenset()


# What `kurage doctor` tells


def said(connector: WebConnector) -> str:
    return "\n".join(f"{one.level}: {one.message}" for one in connector.examine())


def test_an_examination_tells_of_seeds_site_maps_and_the_last_crawl(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/a")
    site.rig.site.sitemap("/sitemap.xml", [f"{site.rig.url}/a"])
    assert "not crawled yet" in said(site.connector())
    refs(site.connector())
    told = said(site.connector())
    assert "it answers, with 1 links" in told
    assert "1 site maps name 1 pages" in told
    assert "2 documents at the last crawl" in told
    assert "problem" not in told


def test_an_examination_tells_how_long_a_sync_takes(site: WebSite) -> None:
    site.page("/")
    site.rig.site.robots(crawl_delay=0.2)
    told = said(site.connector(scope={"max_pages": 1_000_000}))
    assert "a page each 0.2 s, so that at most 1000000 pages take 55.6 h" in told
    assert "warning" in told


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("login", "WEB_"),
        ("challenge", "test for robots"),
        ("scripts", "`javascript = true`"),
        ("robots", "robots.txt does not allow it"),
        ("status", "500"),
        ("away", "problem"),
        ("moved", "out of the scope"),
    ],
)
def test_an_examination_tells_what_to_change(site: WebSite, trouble: str, words: str) -> None:
    site.page("/docs/", links=("/docs/a",))
    if trouble == "login":
        site.rig.site.cookie_login("/docs/", inline=True)
    elif trouble == "challenge":
        site.rig.site.wall()
    elif trouble == "scripts":
        site.rig.site.add_application("/docs/", "応用", ["本文です。"])
    elif trouble == "robots":
        site.rig.site.robots(disallow=["/docs/"])
    elif trouble == "status":
        site.rig.fail("/docs/", status=500, times=None)
    elif trouble == "away":
        site.rig.fail("*", cut="before", times=None)
    else:
        site.rig.site.redirect("/docs/", f"{site.rig.url_of('127.0.0.2')}/docs/")
    told = said(site.connector("/docs/"))
    assert "problem: " in told
    assert words in told


def test_an_examination_tells_what_the_last_crawl_met(site: WebSite) -> None:
    site.page("/", links=tuple(f"/p{n}" for n in range(9)))
    for n in range(9):
        site.page(f"/p{n}")
    refs(site.connector(scope={"max_pages": 3}))
    assert "max_pages = 3 is reached" in said(site.connector(scope={"max_pages": 3}))


def test_nothing_secret_stands_in_what_is_told(site: WebSite) -> None:
    site.rig.site.add_page("/", html.page("題", "本文です。"), status=403)
    connector = site.connector(web={"secrets": ("hunter2",)})
    with pytest.raises(ConnectorError) as raised:
        refs(connector)
    assert "hunter2" not in str(raised.value) + said(connector)
