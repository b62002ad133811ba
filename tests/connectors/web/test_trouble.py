"""What goes wrong: nothing is deleted on doubt, and one line says what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from rigs.website import WebsiteRig, html
from rigs.website.walls import CHALLENGES
from web_site import WebSite, paths, refs

from connectors.base import ConnectorError, Document, Unread


@pytest.fixture
def filled(site: WebSite) -> WebSite:
    """Three pages, and a first crawl."""
    site.page("/", links=("/a", "/b"))
    site.page("/a")
    site.page("/b")
    assert paths(site.connector()) == {"", "a", "b"}
    return site


def refused(site: WebSite, **options: object) -> str:
    """Return the one line with which a listing ends."""
    with pytest.raises(ConnectorError) as raised:
        refs(site.connector(**options))  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    return str(raised.value)


def fates(site: WebSite, path: str) -> list[bool]:
    """Return, crawl by crawl, whether a page was still listed."""
    listed = []
    for _ in range(4):
        connector = site.connector()
        listed.append(path in paths(connector))
        gone = connector.confirm_gone([f"{site.rig.url}/{path}"])
        assert bool(gone) == (not listed[-1])
    return listed


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_is_gone_when_three_crawls_in_a_row_missed_it(filled: WebSite, status: int) -> None:
    filled.rig.site.remove("/b", status)
    assert fates(filled, "b") == [True, True, False, False]


def test_a_page_that_comes_back_in_between_stays(filled: WebSite) -> None:
    for _ in range(3):
        filled.rig.site.remove("/b")
        assert "b" in paths(filled.connector())
        assert "b" in paths(filled.connector())
        filled.page("/b")
        assert "b" in paths(filled.connector())


@pytest.mark.parametrize("status", [401, 403, 408, 429, 451, 500, 502, 503, 504])
def test_a_page_in_trouble_stays_as_it_was_for_ever(filled: WebSite, status: int) -> None:
    before = refs(filled.connector())
    filled.rig.fail("/b", status=status, times=None)
    for _ in range(4):
        connector = filled.connector(gone_after=1, web={"attempts": 1})
        assert refs(connector) == before
        assert connector.confirm_gone([f"{filled.rig.url}/b"]) == frozenset()


def test_a_page_whose_connection_breaks_stays_as_it_was(filled: WebSite) -> None:
    filled.rig.fail("/b", cut="body", times=None)
    filled.rig.fail("/a", cut="before", times=None)
    filled.rig.site.touch_all()
    assert paths(filled.connector(gone_after=1)) == {"", "a", "b"}


def test_a_page_that_does_not_answer_in_time_stays_as_it_was(filled: WebSite) -> None:
    filled.page("/b", hangs=True)
    connector = filled.connector(gone_after=1, web={"timeout": 0.2, "attempts": 1})
    assert paths(connector) == {"", "a", "b"}


@pytest.mark.parametrize("kind", CHALLENGES)
def test_a_challenge_in_place_of_a_page_changes_nothing(filled: WebSite, kind: str) -> None:
    before = refs(filled.connector())
    filled.rig.site.wall(kind, under="/b")  # type: ignore[arg-type]
    for _ in range(4):
        connector = filled.connector(gone_after=1)
        assert refs(connector) == before
        assert connector.confirm_gone([f"{filled.rig.url}/b"]) == frozenset()


def test_a_login_in_place_of_a_page_changes_nothing(filled: WebSite) -> None:
    before = refs(filled.connector())
    filled.rig.site.cookie_login("/b", inline=True)
    for _ in range(4):
        assert refs(filled.connector(gone_after=1)) == before


def test_a_new_page_behind_a_wall_is_told_with_what_to_change(site: WebSite) -> None:
    site.page("/", links=("/secret",))
    site.page("/secret")
    site.rig.site.cookie_login("/secret", inline=True)
    connector = site.connector()
    found = refs(connector)
    answers = list(connector.fetch_all(list(found.values())))
    (unread,) = [answer for answer in answers if isinstance(answer, Unread)]
    assert "login" in unread.reason
    assert "WEB_" in unread.reason
    assert "secret" not in unread.reason


def test_a_new_page_that_only_scripts_draw_is_told_with_what_to_change(site: WebSite) -> None:
    site.page("/", links=("/app/",))
    site.rig.site.add_application("/app/", "応用", ["本文です。"])
    connector = site.connector()
    answers = list(connector.fetch_all(list(refs(connector).values())))
    (unread,) = [answer for answer in answers if isinstance(answer, Unread)]
    assert "`javascript = true`" in unread.reason


def test_a_new_page_in_trouble_is_told_and_read_when_it_is_well(site: WebSite) -> None:
    site.page("/", links=("/a",))
    site.page("/a")
    site.rig.fail("/a", status=500, times=None)
    connector = site.connector()
    ref = refs(connector)[f"{site.rig.url}/a"]
    site.rig.forget()
    (unread,) = connector.fetch_all([ref])
    assert isinstance(unread, Unread)
    assert "500" in unread.reason
    assert not site.rig.journal, "the crawl asked already"
    site.rig.recover()
    connector = site.connector()
    again = refs(connector)[f"{site.rig.url}/a"]
    assert again.version != ref.version
    assert isinstance(next(connector.fetch_all([again])), Document)


# The source as a whole


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_nothing_is_listed_when_a_seed_is_in_trouble(filled: WebSite, status: int) -> None:
    filled.rig.fail("/", status=status, times=None)
    assert str(status) in refused(filled)


def test_nothing_is_listed_when_a_seed_is_away(filled: WebSite) -> None:
    filled.rig.fail("*", cut="before", times=None)
    assert refused(filled)


def test_nothing_is_listed_when_a_login_stands_at_the_seed(filled: WebSite) -> None:
    filled.rig.site.cookie_login("/", inline=False)
    assert "login" in refused(filled)


def test_nothing_is_listed_when_a_challenge_stands_at_the_seed(filled: WebSite) -> None:
    filled.rig.site.wall()
    assert refused(filled)


def test_nothing_is_listed_when_seeds_lead_in_a_circle(site: WebSite) -> None:
    site.rig.site.loop("/", "/x", "/y")
    assert "circle" in refused(site)


@pytest.mark.parametrize("status", [500, 503])
def test_nothing_is_listed_when_robots_txt_of_a_seed_is_away(filled: WebSite, status: int) -> None:
    filled.rig.site.robots("", status=status)
    assert "robots.txt" in refused(filled)
    with pytest.raises(ConnectorError):
        filled.connector().confirm_gone([f"{filled.rig.url}/b"])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_robots_txt_that_is_not_there_forbids_nothing(filled: WebSite, status: int) -> None:
    filled.rig.site.robots("", status=status)
    assert paths(filled.connector()) == {"", "a", "b"}


def test_a_seed_that_robots_txt_forbids_is_told(filled: WebSite) -> None:
    filled.rig.site.robots(disallow=["/"])
    assert "robots.txt" in refused(filled)


def test_what_robots_txt_forbids_is_gone_at_once(filled: WebSite) -> None:
    filled.rig.site.robots(disallow=["/b"])
    connector = filled.connector()
    assert paths(connector) == {"", "a"}
    assert connector.confirm_gone([f"{filled.rig.url}/b"]) == {f"{filled.rig.url}/b"}


def test_what_wants_no_index_any_more_is_gone_at_once(filled: WebSite) -> None:
    filled.page("/b", markup={"robots": "noindex"})
    connector = filled.connector()
    assert paths(connector) == {"", "a"}
    assert connector.confirm_gone([f"{filled.rig.url}/b"]) == {f"{filled.rig.url}/b"}


def test_a_page_that_moved_for_good_is_gone_at_once(filled: WebSite) -> None:
    filled.rig.site.redirect("/b", "/c", 301)
    filled.page("/c")
    connector = filled.connector()
    assert paths(connector) == {"", "a", "c"}
    assert connector.confirm_gone([f"{filled.rig.url}/b"]) == {f"{filled.rig.url}/b"}


def test_a_page_to_which_no_link_leads_any_more_stays_as_long_as_it_answers(
    filled: WebSite,
) -> None:
    filled.page("/", links=("/a",))
    assert fates(filled, "b") == [True] * 4
    filled.page("/b", "変わりました。")
    before = refs(filled.connector())
    assert f"{filled.rig.url}/b" in before
    filled.rig.site.remove("/b")
    assert fates(filled, "b") == [True, True, False, False]


def test_a_host_that_goes_away_in_the_middle_ends_the_listing(site: WebSite) -> None:
    names = [f"/p{n}" for n in range(40)]
    site.page("/", links=tuple(names))
    for name in names:
        site.page(name)
    site.rig.fail("*", skip=12, cut="before", times=None)
    assert refused(site, web={"attempts": 1})
    site.rig.recover()
    assert len(paths(site.connector())) == 41


def test_another_host_that_is_away_keeps_its_pages_as_they_were(site: WebSite) -> None:
    other = site.rig.url_of("127.0.0.2")
    names = [f"/q{n}" for n in range(30)]
    site.page("/", links=("/a", *(f"{other}{name}" for name in names)))
    site.page("/a")
    for name in names:
        site.rig.site.add_page(name, html.page(name, f"{name}の本文です。"), host="127.0.0.2")
    scope = {"hosts": ["127.0.0.2"]}
    before = refs(site.connector(scope=scope))
    assert len(before) == 32
    site.rig.fail("*", host="127.0.0.2", cut="before", times=None)
    site.rig.forget()
    connector = site.connector(scope=scope, gone_after=1, web={"attempts": 1})
    assert refs(connector) == before
    assert len([one for one in site.rig.journal if one.host == "127.0.0.2"]) <= 20
    assert connector.confirm_gone(before) == frozenset()


# Pages that are odd in themselves


def test_a_page_above_the_limit_is_told_and_the_others_are_read(site: WebSite) -> None:
    site.page("/", links=("/huge", "/a", "/zeros"))
    site.page("/a")
    site.rig.site.add_huge("/huge", 3_000_000)
    site.rig.site.zeros("/zeros", 30 << 20)
    connector = site.connector(max_bytes=1_000_000)
    answers = list(connector.fetch_all(list(refs(connector).values())))
    unread = [answer for answer in answers if isinstance(answer, Unread)]
    assert len(answers) == 4
    assert len(unread) == 2
    assert all("1,000,000" in answer.reason for answer in unread)


def test_a_page_of_another_charset_than_it_says_is_handed_on_as_it_is(site: WebSite) -> None:
    site.page("/", links=("/sjis",))
    made = html.page("規程", "日本語の本文です。", charset="utf-8")
    site.rig.site.add_page("/sjis", made, charset="cp932", content_type="text/html; charset=utf-8")
    connector = site.connector()
    ref = refs(connector)[f"{site.rig.url}/sjis"]
    document = connector.fetch(ref)
    assert document.body == made.encode("cp932")
    assert document.media_type == "text/html; charset=utf-8"


def test_what_nobody_sees_changes_no_version(site: WebSite) -> None:
    site.page("/", links=("/noisy",))
    site.rig.site.add_noisy("/noisy", html.page("騒", "本文は変わりません。"))
    versions = {refs(site.connector())[f"{site.rig.url}/noisy"].version for _ in range(3)}
    assert len(versions) == 1


@pytest.mark.parametrize("policy", ["none", "renewed-date", "renewed-etag", "deaf"])
def test_servers_that_tell_nothing_of_versions_change_nothing(site: WebSite, policy: str) -> None:
    site.page("/", links=("/a",), policy=policy)
    site.page("/a", policy=policy)
    first = refs(site.connector())
    second = refs(site.connector())
    assert {ref.version for ref in second.values()} == {ref.version for ref in first.values()}


def test_a_date_that_each_request_renews_is_not_told(site: WebSite) -> None:
    site.page("/", links=("/a", "/b"))
    site.page("/a", policy="renewed-date")
    site.page("/b")
    connector = site.connector()
    updated = {
        answer.url.rsplit("/", 1)[1]: answer.updated
        for answer in connector.fetch_all(list(refs(connector).values()))
        if isinstance(answer, Document)
    }
    assert updated["a"] is None
    assert updated["b"] is not None


@pytest.mark.parametrize("kind", ["untrusted", "expired", "other-name"])
def test_nothing_is_read_where_the_certificate_does_not_hold(
    tmp_path: Path, kind: Literal["untrusted", "expired", "other-name"]
) -> None:
    with WebsiteRig(tls=True) as rig:
        rig.site.add_page("/", html.page("題", "本文です。"))
        site = WebSite(rig, tmp_path / "web.db")
        url = f"{rig.secure_url(kind)}/"
        with pytest.raises(ConnectorError, match="certificate") as raised:
            refs(site.connector(url, web={"login_hosts": (url,)}))
        assert "\n" not in str(raised.value)
        remarks = list(site.connector(url, web={"login_hosts": (url,)}).examine())
        assert [remark.level for remark in remarks] == ["problem"]
        assert "certificate" in remarks[0].message
        assert not rig.requests
        site.close()


def test_a_document_that_says_not_found_with_status_200_counts_as_missing(
    filled: WebSite,
) -> None:
    """An index keeps what it has meanwhile: the error is no new text of the page."""
    filled.rig.site.soft_404()
    filled.rig.site.host().resources.pop("/b")
    url = f"{filled.rig.url}/b"
    told = []
    for _ in range(4):
        connector = filled.connector()
        assert url not in refs(connector)
        told.append(connector.confirm_gone([url]) == {url})
    assert told == [False, False, True, True]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("ページが見つかりません", "お探しのページは見つかりませんでした。"),
        ("メンテナンス中", "ただいまメンテナンス中です。しばらくしてからお越しください。"),
    ],
)
def test_a_whole_site_that_says_so_with_status_200_loses_nothing_before_its_time(
    site: WebSite, title: str, text: str
) -> None:
    """An hour of maintenance under every address but the home page, and then all is as it was."""
    names = [f"/p/{chr(97 + n)}" for n in range(12)]
    site.page("/", links=tuple(names))
    for name in names:
        site.page(name)
    before = refs(site.connector())
    assert len(before) == 13
    for name in names:
        site.page(name, text, title=title)
    for _ in range(2):
        connector = site.connector()
        # One of the copies may be told as what it says now; none is gone.
        assert len(refs(connector)) <= 2
        assert connector.confirm_gone(before) == frozenset()
    connector = site.connector()
    listed = refs(connector)
    gone = connector.confirm_gone(before.keys() - listed.keys())
    assert len(gone) >= 11, "the sync's guard sees all of them at once, and stops"
    for name in names:
        site.page(name)
    connector = site.connector()
    assert refs(connector) == before
    assert connector.confirm_gone(before) == frozenset()


def test_a_site_that_is_well_before_its_time_is_counted_from_nothing(filled: WebSite) -> None:
    for _ in range(3):
        filled.page("/b", "お探しのページは見つかりませんでした。", title="ページが見つかりません")
        for _ in range(2):
            assert filled.connector().confirm_gone([f"{filled.rig.url}/b"]) == frozenset()
            connector = filled.connector()
            refs(connector)
            assert connector.confirm_gone([f"{filled.rig.url}/b"]) == frozenset()
        filled.page("/b")
        assert "b" in paths(filled.connector())
