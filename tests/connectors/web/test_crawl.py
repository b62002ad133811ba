"""Which pages a crawl finds, and what it makes of what they say of themselves."""

from __future__ import annotations

import pytest
from rigs.website import html, journal
from web_site import WebSite, paths, refs

from connectors.base import ConnectorError


def asked(site: WebSite) -> list[str]:
    """Return the pages that were asked for since the last time."""
    found = [one.target for one in journal.pages(site.rig.journal)]
    site.rig.forget()
    return found


def test_pages_are_found_along_links_and_each_is_asked_for_once(site: WebSite) -> None:
    site.page("/", links=("/a", "/b#top", "b", "/b?utm_source=x"))
    site.page("/a", links=("/", "/c", "//127.0.0.1:1/elsewhere", "mailto:x@example.co.jp"))
    site.page("/b", links=("/a", "/photo.jpg", "javascript:void(0)"))
    site.page("/c")
    assert paths(site.connector()) == {"", "a", "b", "c"}
    assert sorted(asked(site)) == ["/", "/a", "/b", "/c"]


def test_the_second_crawl_asks_only_whether_pages_changed(site: WebSite) -> None:
    site.page("/", links=("/a", "/b"))
    site.page("/a")
    site.page("/b")
    site.rig.site.robots(sitemaps=[f"{site.rig.url}/s.xml"])
    site.rig.site.sitemap("/s.xml", [f"{site.rig.url}/c"])
    site.page("/c")
    first = refs(site.connector())
    site.rig.forget()
    assert refs(site.connector()) == first
    pages = [one for one in site.rig.journal if one.target != "/robots.txt"]
    missing = [one.target for one in journal.unconditional(pages)]
    assert missing == ["/sitemap.xml"], "what is not there has no version"
    assert {one.status for one in pages if one.conditional} == {304}
    assert len(pages) == 6


def test_what_links_lead_to_is_known_of_a_page_that_did_not_change(site: WebSite) -> None:
    """Only the leaf changed; all that lies before it is answered by 304."""
    site.page("/", links=("/a",))
    site.page("/a", links=("/b",))
    site.page("/b", "古い本文です。")
    before = refs(site.connector())
    site.page("/b", "新しい本文です。")
    after = refs(site.connector())
    url = f"{site.rig.url}/b"
    assert after[url].version != before[url].version
    assert {key: ref for key, ref in after.items() if key != url} == {
        key: ref for key, ref in before.items() if key != url
    }


def test_a_body_that_the_crawl_brought_is_not_asked_for_again(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/a")
    connector = site.connector()
    listed = list(refs(connector).values())
    site.rig.forget()
    documents = list(connector.fetch_all(listed))
    assert len(documents) == 2
    assert not site.rig.journal
    assert list(connector.fetch_all(listed)), "and what was taken is asked for"
    assert len(site.rig.journal) == 2


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_depth_is_the_least_number_of_links(site: WebSite, depth: int) -> None:
    """However slow the short way is: levels are asked for one after the other."""
    site.page("/", links=("/slow", "/quick"))
    site.page("/quick", links=("/late",))
    site.page("/late", links=("/end",))
    site.page("/slow", links=("/end",), delay=0.05)
    site.page("/end", links=("/never",))
    site.page("/never")
    expected = [{""}, {"", "slow", "quick"}, {"", "slow", "quick", "late", "end"}][depth]
    assert paths(site.connector(scope={"depth": depth})) == expected


def test_no_more_pages_are_asked_for_than_the_maximum_and_people_are_told(site: WebSite) -> None:
    site.page("/", links=tuple(f"/p{n}" for n in range(20)))
    for n in range(20):
        site.page(f"/p{n}")
    connector = site.connector(scope={"max_pages": 8})
    first = paths(connector)
    assert len(first) == 8
    assert len(asked(site)) == 8
    assert any("max_pages = 8" in what for _, what in connector.noticed())


def test_known_pages_come_before_new_ones_where_there_is_a_maximum(site: WebSite) -> None:
    """Else each sync would take other pages out of the index, and put others in."""
    site.page("/", links=tuple(f"/p{n}" for n in range(5)))
    for n in range(5):
        site.page(f"/p{n}")
    first = paths(site.connector(scope={"max_pages": 6}))
    site.page("/", links=tuple(f"/new{n}" for n in range(9)))
    for n in range(9):
        site.page(f"/new{n}")
    assert paths(site.connector(scope={"max_pages": 6})) == first
    assert paths(site.connector(scope={"max_pages": 3})) == first, "what is not asked for stays"


def test_without_following_only_seeds_and_site_maps_count(site: WebSite) -> None:
    site.page("/", links=("/linked",))
    site.page("/linked")
    site.page("/mapped", links=("/linked",))
    site.rig.site.sitemap("/maps.xml", [f"{site.rig.url}/mapped"])
    connector = site.connector(follow=False, sitemaps=(f"{site.rig.url}/maps.xml",))
    assert paths(connector) == {"", "mapped"}


def test_site_maps_are_found_by_robots_txt_at_the_usual_place_and_by_name(site: WebSite) -> None:
    base = site.rig.url
    for name in ("told", "usual", "named", "deep"):
        site.page(f"/{name}")
    site.page("/")
    site.rig.site.robots(sitemaps=[f"{base}/told.xml"])
    site.rig.site.sitemap("/told.xml", [f"{base}/told"])
    site.rig.site.sitemap("/sitemap.xml", [f"{base}/index.xml.gz"], "index")
    site.rig.site.sitemap("/index.xml.gz", [f"{base}/usual"], zipped=True)
    site.rig.site.sitemap("/named.xml", [f"{base}/more.xml"], "index")
    site.rig.site.sitemap("/more.xml", [f"{base}/named", f"{base}/deep"])
    connector = site.connector(sitemaps=(f"{base}/named.xml",))
    assert paths(connector) == {"", "told", "usual", "named", "deep"}


def test_a_broken_site_map_is_told_and_its_beginning_counts(site: WebSite) -> None:
    site.page("/")
    site.page("/a")
    site.rig.site.sitemap("/broken.xml", [f"{site.rig.url}/a"] * 3, "broken")
    connector = site.connector(sitemaps=(f"{site.rig.url}/broken.xml",))
    assert "" in paths(connector)
    assert any("broken.xml" in where for where, _ in connector.noticed())


def test_a_bomb_in_place_of_a_site_map_is_told_and_does_no_harm(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/a")
    site.rig.site.sitemap_bomb("/bomb.xml.gz", 200 << 20)
    connector = site.connector(sitemaps=(f"{site.rig.url}/bomb.xml.gz",))
    assert paths(connector) == {"", "a"}
    assert any("bomb.xml.gz" in where for where, _ in connector.noticed())


def test_robots_txt_is_obeyed(site: WebSite) -> None:
    site.page("/", links=("/open", "/closed/a"))
    site.page("/open")
    site.page("/closed/a")
    site.rig.site.robots(disallow=["/closed/"])
    assert paths(site.connector()) == {"", "open"}
    assert "/closed/a" not in asked(site)


def test_a_page_that_wants_no_index_is_no_document_and_leads_on(site: WebSite) -> None:
    site.page("/", links=("/list", "/header"))
    site.page("/list", links=("/a",), markup={"robots": "noindex"})
    site.page("/header", headers={"X-Robots-Tag": "noindex"}, links=("/b",))
    site.page("/a")
    site.page("/b")
    first = paths(site.connector())
    assert first == {"", "a", "b"}
    assert paths(site.connector()) == first, "also when nothing changed"


def test_links_that_are_not_to_be_followed_are_not(site: WebSite) -> None:
    site.page("/", links=("/list",))
    site.page("/list", links=("/a",), markup={"robots": "nofollow"})
    site.page("/a")
    assert paths(site.connector()) == {"", "list"}


# Redirects and canonical addresses


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_a_redirect_leads_to_is_the_document(site: WebSite, status: int) -> None:
    site.page("/", links=("/old", "/new"))
    site.rig.site.redirect("/old", "/new", status)
    site.page("/new")
    assert paths(site.connector()) == {"", "new"}
    assert asked(site).count("/new") == 1


def test_redirects_are_followed_within_the_scope_alone(site: WebSite) -> None:
    site.page("/docs/", links=("out", "elsewhere", "in"))
    site.rig.site.redirect("/docs/out", "/private")
    site.rig.site.redirect("/docs/elsewhere", f"{site.rig.url_of('127.0.0.2')}/docs/a")
    site.rig.site.redirect("/docs/in", "/docs/a")
    site.page("/docs/a")
    site.page("/private")
    site.rig.site.add_page("/docs/a", html.page("別", "別の所です。"), host="127.0.0.2")
    assert paths(site.connector("/docs/")) == {"docs/", "docs/a"}
    assert "/private" not in {one.target for one in site.rig.journal}
    assert not journal.of_host(site.rig.journal, "127.0.0.2")


def test_circles_and_long_chains_of_redirects_end(site: WebSite) -> None:
    site.page("/", links=("/loop", "/chain", "/a", "/self"))
    site.page("/a")
    site.rig.site.loop("/loop", "/loop2", "/loop3")
    site.rig.site.redirect("/self", "/self", 302)
    site.rig.site.chain("/chain", 30, "/end")
    site.page("/end")
    # Where readers set out is told, so that they hear of it; see `test_dead_ends`.
    assert paths(site.connector()) == {"", "a", "loop", "chain", "self"}
    assert len(asked(site)) < 30


def test_a_page_that_sends_its_reader_on_is_a_redirect(site: WebSite) -> None:
    site.page("/", links=("/moved",))
    site.rig.site.refresh("/moved", "/there")
    site.page("/there")
    assert paths(site.connector()) == {"", "there"}


def test_a_copy_is_left_out_for_the_page_that_it_names(site: WebSite) -> None:
    site.page("/", links=("/a?print=1", "/a"))
    said = html.page("題", "同じ本文です。", canonical="/a")
    site.rig.site.add_page("/a", said)
    site.rig.site.add_page("/a?print=1", said)
    assert paths(site.connector()) == {"", "a"}


def test_a_site_whose_pages_all_name_the_home_page_is_not_swallowed(site: WebSite) -> None:
    names = [f"/p{n}" for n in range(12)]
    site.page("/", links=tuple(names))
    for name in names:
        site.page(name, markup={"canonical": "/"})
    assert paths(site.connector()) == {"", *(name[1:] for name in names)}


def test_the_name_of_a_page_is_its_title_and_of_a_file_its_name(site: WebSite) -> None:
    site.page("/", title="就業規則", links=("/%E8%A6%8F%E7%A8%8B.pdf",))
    site.rig.site.add_file("/規程.pdf", "pdf", ["第一条"])
    found = refs(site.connector())
    assert sorted(ref.name for ref in found.values()) == ["就業規則", "規程.pdf"]
    (pdf,) = [ref for ref in found.values() if ref.name.endswith("pdf")]
    assert pdf.media_type == "application/pdf"


def test_what_has_no_text_is_no_document(site: WebSite) -> None:
    site.page("/", links=("/data", "/photo"))
    site.rig.site.add_page("/data", "{}", content_type="application/json")
    site.rig.site.add_page("/photo", b"\x89PNG", content_type="image/png")
    assert paths(site.connector()) == {""}


def test_a_trap_is_left_after_a_few_requests_and_told(site: WebSite) -> None:
    """A calendar without an end: each of its months is empty, and leads to the next."""

    def month(n: int) -> None:
        links = (f"/calendar/{n + 1}",)
        site.page(f"/calendar/{n}", "この月の予定はありません。", title="予定", links=links)

    site.page("/", links=("/a", "/calendar/1"))
    site.page("/a")
    for n in range(1, 200):
        month(n)
    connector = site.connector()
    first = paths(connector)
    spent = journal.spent(site.rig.journal, "/calendar/")
    assert {"", "a"} <= first
    assert len(first) <= 4
    assert spent <= 60
    assert any("calendar" in " ".join(line) for line in connector.noticed())
    site.rig.forget()
    assert paths(site.connector()) == first, "the next crawl says the same"
    assert journal.spent(site.rig.journal, "/calendar/") <= spent
    unconditional = journal.unconditional(journal.pages(site.rig.journal))
    assert not [one.target for one in unconditional if one.target.startswith("/calendar")]


# Hosts


def test_hosts_of_the_options_count_and_run_beside_each_other(site: WebSite) -> None:
    """The slow one, which answers when the other is done, holds up nothing."""
    other = site.rig.url_of("127.0.0.2")
    site.page("/", links=("/a", f"{other}/slow"))
    site.page("/a", links=("/b",))
    site.page("/b")
    site.rig.site.add_page("/slow", html.page("遅", "遅い頁です。"), host="127.0.0.2", delay=0.2)
    connector = site.connector(scope={"hosts": ["127.0.0.2"]})
    assert paths(connector) == {"", "a", "b", "slow"}


def test_another_scope_takes_out_what_it_does_not_cover(site: WebSite) -> None:
    site.page("/", links=("/docs/a", "/blog/b"))
    site.page("/docs/a")
    site.page("/blog/b")
    before = refs(site.connector())
    connector = site.connector(scope={"exclude": ["/blog/**"]})
    assert paths(connector) == {"", "docs/a"}
    assert connector.confirm_gone(before) == {f"{site.rig.url}/blog/b"}


def test_a_seed_that_leads_out_of_the_scope_is_told_with_what_to_change(site: WebSite) -> None:
    site.rig.site.redirect("/docs/", f"{site.rig.url_of('127.0.0.2')}/docs/")
    with pytest.raises(ConnectorError, match="out of the scope; put that address into `urls`"):
        refs(site.connector("/docs/"))


def test_a_seed_that_leads_on_within_the_scope_is_where_it_begins(site: WebSite) -> None:
    site.rig.site.redirect("/", "/ja/", 302)
    site.page("/ja/", links=("/ja/a",))
    site.page("/ja/a")
    assert paths(site.connector()) == {"ja/", "ja/a"}
