"""Redirects that end nowhere: one clear line, where the page is asked about and in the listing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from web_site import WebSite, paths, refs

from connectors.base import Unread
from connectors.web.known import Known
from connectors.web.leading import CIRCLE, TOO_MANY, nowhere

METADATA = "http://169.254.169.254/latest/meta-data/"
Put = Callable[[WebSite], None]

ENDS: dict[str, tuple[Put, str]] = {
    "circle": (lambda site: site.rig.site.loop("/a", "/a2", "/a3"), CIRCLE),
    "chain": (lambda site: site.rig.site.chain("/a", 15, "/b"), TOO_MANY),
    "metadata": (lambda site: site.rig.site.redirect("/a", METADATA, 302), "169.254.169.254"),
    "for good": (lambda site: site.rig.site.redirect("/a", METADATA, 301), "169.254.169.254"),
    "by a step": (
        lambda site: (
            site.rig.site.redirect("/a", "/a2", 302),
            site.rig.site.redirect("/a2", METADATA, 302),
        )[0],
        "169.254.169.254",
    ),
    "in other figures": (
        lambda site: site.rig.site.redirect("/a", "http://2852039166/", 302),
        "169.254.169.254",
    ),
    "name": (
        lambda site: site.rig.site.redirect("/a", "http://metadata.google.internal/", 302),
        "metadata.google.internal",
    ),
}


@pytest.fixture(params=ENDS)
def end(request: pytest.FixtureRequest) -> tuple[Put, str]:
    return ENDS[request.param]


def linked(site: WebSite) -> None:
    site.page("/", links=("/a", "/b"))
    site.page("/b")


def test_a_new_page_that_leads_nowhere_is_told_in_one_line(
    site: WebSite, end: tuple[Put, str]
) -> None:
    linked(site)
    end[0](site)
    connector = site.connector()
    found = refs(connector)
    assert {url.rsplit("/", 1)[1] for url in found} == {"", "a", "b"}
    unread = [one for one in connector.fetch_all(list(found.values())) if isinstance(one, Unread)]
    assert [one.ref.id for one in unread] == [f"{site.rig.url}/a"]
    lines = [what for where, what in connector.noticed() if where == f"{site.rig.url}/a"]
    assert lines == [unread[0].reason]
    asked = connector.left_out(f"{site.rig.url}/a")
    for line in (*lines, asked or ""):
        assert end[1] in line
        assert "\n" not in line
        assert "latest" not in line


def test_a_known_page_that_leads_nowhere_stays_and_is_told(
    site: WebSite, end: tuple[Put, str]
) -> None:
    linked(site)
    site.page("/a")
    before = refs(site.connector())
    end[0](site)
    for _ in range(4):
        connector = site.connector(gone_after=1)
        assert refs(connector) == before
        assert connector.confirm_gone(before) == frozenset()
        assert [what for where, what in connector.noticed() if where.endswith("/a")]


def test_a_page_that_is_itself_again_is_read(site: WebSite, end: tuple[Put, str]) -> None:
    linked(site)
    end[0](site)
    refs(site.connector())
    site.page("/a")
    connector = site.connector()
    assert "a" in paths(connector)
    assert not list(connector.noticed())


def test_a_page_that_leads_to_itself_is_told(site: WebSite) -> None:
    linked(site)
    site.rig.site.loop("/a")
    connector = site.connector()
    found = list(refs(connector).values())
    (unread,) = [one for one in connector.fetch_all(found) if isinstance(one, Unread)]
    assert "circle" in unread.reason
    site.page("/a")
    before = refs(site.connector())
    site.rig.site.loop("/a")
    connector = site.connector()
    assert refs(connector) == before
    (line,) = [what for where, what in connector.noticed() if where == "1 page"]
    assert "circle" in line


def test_ten_redirects_are_followed(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/b")
    site.rig.site.chain("/a", 10, "/b")
    connector = site.connector()
    assert paths(connector) == {"", "b"}
    assert not list(connector.noticed())


def test_redirects_that_leave_the_scope_are_no_fault(site: WebSite) -> None:
    """Neither on the same host, inside of a network though it is, nor in the world."""
    site.page("/docs/", links=("/docs/a", "/docs/b"))
    site.rig.site.redirect("/docs/a", "/elsewhere", 302)
    site.rig.site.redirect("/docs/b", "https://www.example.co.jp/", 302)
    connector = site.connector("/docs/")
    assert paths(connector) == {"docs/"}
    assert not list(connector.noticed())


def test_each_end_is_told_once_however_many_pages_lead_there(site: WebSite) -> None:
    names = [f"/p{n}" for n in range(30)]
    site.page("/", links=tuple(names))
    site.rig.site.loop("/x", "/y")
    for name in names:
        site.rig.site.redirect(name, "/x", 302)
    connector = site.connector()
    assert len(refs(connector)) == 1 + len(names)
    assert 0 < len(list(connector.noticed())) <= 11


def redirects(*steps: tuple[str, str]) -> list[Known]:
    return [
        Known(f"https://a.jp/{here}", "redirect", target=f"https://a.jp/{there}", crawl=1)
        for here, there in steps
    ]


@pytest.mark.parametrize(
    ("steps", "begins"),
    [
        ((("a", "a"),), {"a"}),
        ((("bb", "a"), ("a", "bb")), {"a"}),
        ((("c", "a"), ("a", "b"), ("b", "a")), {"c"}),
        ((("c", "a"), ("d", "b"), ("a", "b"), ("b", "a")), {"c", "d"}),
        ((("a", "b"), ("b", "a"), ("x", "y"), ("y", "x")), {"a", "x"}),
        ((("a", "b"), ("b", "c")), set()),
        (tuple((f"{n:02}", f"{n + 1:02}") for n in range(11)), {"00"}),
        (tuple((f"{n:02}", f"{n + 1:02}") for n in range(10)), set()),
    ],
)
def test_an_end_is_told_where_readers_set_out(
    steps: tuple[tuple[str, str], ...], begins: set[str]
) -> None:
    found = nowhere(redirects(*steps), crawl=1, covers=lambda url: True)
    assert {url.rsplit("/", 1)[1] for url in found} == begins
    assert not nowhere(redirects(*steps), crawl=2, covers=lambda url: True)
