"""A cookie that has expired: the login's own page is never taken for what lies behind it."""

from __future__ import annotations

import pytest
from web_site import WebSite, paths, refs

from connectors.base import ConnectorError, Unread
from connectors.web.net import Login

BEHIND = ("/a", "/b", "/c")


@pytest.fixture(params=["by redirect", "inline"])
def walled(request: pytest.FixtureRequest, site: WebSite) -> WebSite:
    """A home page that everybody sees, three pages behind a login, one crawl with its cookie."""
    site.page("/", links=BEHIND)
    for path in BEHIND:
        site.page(path)
    for path in BEHIND:
        site.rig.site.cookie_login(path, inline=request.param == "inline")
    return site


def well(site: WebSite) -> dict[str, object]:
    return {"login": Login(cookie="session=himitsu-no-cookie"), "login_hosts": (site.rig.url,)}


def test_known_pages_stay_and_one_line_names_the_variable(walled: WebSite) -> None:
    before = refs(walled.connector(web=well(walled)))
    assert len(before) == 4
    for _ in range(4):
        connector = walled.connector(gone_after=1)
        assert refs(connector) == before
        assert connector.confirm_gone(before) == frozenset()
        (line,) = [what for _, what in connector.noticed()]
        assert "WEB_…_COOKIE" in line
        assert "renew" in line
        assert "next" not in line
    with pytest.raises(ConnectorError, match="WEB_…_COOKIE"):
        walled.connector().check(before[f"{walled.rig.url}/a"])


def test_no_login_becomes_a_document(walled: WebSite) -> None:
    connector = walled.connector()
    assert paths(connector) == {"", "a", "b", "c"}
    unread = [
        one
        for one in connector.fetch_all(list(refs(connector).values()))
        if isinstance(one, Unread)
    ]
    assert {one.ref.id.rsplit("/", 1)[1] for one in unread} == {"a", "b", "c"}
    assert all("WEB_…_COOKIE" in one.reason for one in unread)
    assert paths(walled.connector(web=well(walled))) == {"", "a", "b", "c"}


def test_neither_does_one_that_every_page_links_to(walled: WebSite) -> None:
    walled.page("/", links=(*BEHIND, "/login?next=%2F"))
    assert paths(walled.connector(web=well(walled))) == {"", "a", "b", "c"}
    assert paths(walled.connector()) == {"", "a", "b", "c"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_login_of_another_host_is_a_wall_too(site: WebSite, status: int) -> None:
    site.page("/", links=("/a",))
    site.page("/a")
    before = refs(site.connector())
    to = "https://accounts.google.com/ServiceLogin?continue=http://a/"
    site.rig.site.redirect("/a", to, status)
    connector = site.connector(gone_after=1)
    assert refs(connector) == before
    (line,) = [what for _, what in connector.noticed()]
    assert "accounts.google.com" in line
    assert "continue" not in line


def test_a_page_on_logins_that_moved_for_good_is_followed(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/guide/auth", "認証の設定は、管理画面の「安全」で行います。")
    site.rig.site.redirect("/a", "/guide/auth", 301)
    assert paths(site.connector()) == {"", "guide/auth"}
