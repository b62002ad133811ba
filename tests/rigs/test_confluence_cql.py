"""The Confluence rig understands CQL as the service documents it, and refuses the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from confluence_asking import Asking
from confluence_fixtures import asking, cloud
from rigs.confluence import ConfluenceRig

__all__ = ["asking", "cloud"]

Titles = Callable[[str], list[str]]


@pytest.fixture
def titles(cloud: ConfluenceRig, asking: Asking) -> Titles:
    """Ask for the titles that fit a query, on a small site."""
    site = cloud.site
    site.add_space("HR", "人事")
    top = site.add_page("ENG", "上", labels=["公開", "規程"])
    middle = site.add_page("ENG", '中 "引用" と \\', parent=top, labels=["規程"])
    site.add_page("ENG", "下", parent=middle)
    site.add_page("HR", "上")
    site.add_blogpost("HR", "お知らせ")
    site.comment(middle, "<p>質問</p>")
    site.attach(middle, "図.png", b"")
    names = {"top": top, "middle": middle}

    def ask(cql: str) -> list[str]:
        return [one["title"] for one in asking.walk(cql.format(**names))]

    return ask


class TestFields:
    @pytest.mark.parametrize(
        ("cql", "found"),
        [
            ('space = "HR" and type = page', ["上"]),
            ('space in ("HR", ENG) and title = "上"', ["上", "上"]),
            ("type in (page, blogpost) and space = HR", ["上", "お知らせ"]),
            ("type = page and id in ({top}, {middle})", ["上", '中 "引用" と \\']),
            ("ancestor = {top}", ['中 "引用" と \\', "下"]),
            ("ancestor in ({middle})", ["下"]),
            ("parent = {top}", ['中 "引用" と \\']),
            ("container in ({middle})", ['Re: 中 "引用" と \\', "図.png"]),
            ('label = "公開"', ["上"]),
            ('label in ("公開", "規程") and label not in ("公開")', ['中 "引用" と \\']),
            ('type = page and label not in ("規程")', ["下", "上"]),
            ('title = "中 \\"引用\\" と \\\\" and type = page', ['中 "引用" と \\']),
            ('(title = "下" or title = "お知らせ")', ["下", "お知らせ"]),
            ("not space = ENG and not type = page", ["お知らせ"]),
            ("NOT (type = page OR type = comment) AND space != HR", ["図.png"]),
            ("type = page order by title desc", ['中 "引用" と \\', "下", "上", "上"]),
            ('space = "NOPE"', []),
        ],
    )
    def test_a_query_finds_what_it_says(self, titles: Titles, cql: str, found: list[str]) -> None:
        assert titles(cql) == found

    def test_and_binds_closer_than_or(self, titles: Titles) -> None:
        assert titles('title = "下" or title = "上" and space = HR') == ["下", "上"]

    @pytest.mark.parametrize(
        "cql",
        [
            "", "type =", "type = page and", "foo = 1", "space > ENG", "type = house", "id = abc",
            "(type = page", "type = page)", 'title = "open', "type = page order by space",
            "lastmodified >= tomorrow", 'lastmodified >= "2026-13-01 00:00"',
            'lastmodified >= now("-5x")', "lastmodified in (now())", "type page",
        ],
    )  # fmt: skip
    def test_what_is_no_query_is_refused_in_the_service_s_words(
        self, asking: Asking, cql: str
    ) -> None:
        answer = asking.ask("/rest/api/content/search", cql=cql)
        assert answer.status_code == 400
        assert answer.json()["message"] == f"Could not parse cql : {cql}"
        assert answer.json()["statusCode"] == 400


class TestDates:
    def test_dates_are_the_caller_s_and_have_the_precision_of_a_minute(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        when = datetime(2026, 8, 5, 11, 11, 38, tzinfo=ZoneInfo("Asia/Tokyo"))
        page = cloud.site.add_page("ENG", "規程", at=when.timestamp())
        for cql, found in [
            ('lastmodified >= "2026-08-05 11:11"', [page]),
            ('lastmodified >= "2026/08/05 11:12"', []),
            ('lastmodified > "2026-08-05 11:11"', []),
            ('lastmodified < "2026-08-05 11:12"', [page]),
            ('lastmodified >= "2026-08-05 02:11" and lastmodified <= "2026-08-05 02:12"', []),
            ('created >= "2026-08-05"', [page]),
        ]:
            assert asking.ids(cql) == found, cql

    def test_now_is_the_service_s_whatever_our_clock_says(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        old = cloud.site.add_page("ENG", "前")
        cloud.skew = 7200
        new = cloud.site.add_page("ENG", "今")
        assert asking.ids('lastmodified >= now("-30m")') == [new]
        assert asking.ids('lastmodified >= now("-3h")') == [old, new]
        assert asking.ids("lastmodified > now()") == []
        told = asking.ask("/rest/api/user/current").headers["Date"]
        service = datetime.strptime(told, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        assert timedelta(minutes=119) < service - datetime.now(UTC) < timedelta(minutes=121)

    def test_an_hour_that_daylight_saving_skips_is_no_date(self) -> None:
        with ConfluenceRig(time_zone="America/New_York") as rig:
            asking = Asking(rig)
            skipped = 'lastmodified >= "2026-03-08 02:30"'
            assert asking.ask("/rest/api/content/search", cql=skipped).status_code == 400
            assert asking.ids('lastmodified >= "2026-03-08 03:30"') == []
            asking.close()

    def test_order_by_lastmodified_is_by_the_current_version(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        first, second = (cloud.site.add_page("ENG", name, at=n) for n, name in enumerate("あい"))
        cloud.site.edit(first, "<p>改めた</p>")
        assert asking.ids("type = page order by lastmodified asc") == [second, first]
        assert asking.ids("type = page order by lastmodified desc") == [first, second]
        assert asking.ids("type = page order by created") == [first, second]


class TestIndex:
    def test_the_search_learns_of_changes_later_than_requests_by_id(self) -> None:
        with ConfluenceRig(lag=60) as rig:
            asking = Asking(rig)
            rig.site.add_space("ENG")
            page = rig.site.add_page("ENG", "規程")
            assert asking.ids("type = page") == []
            assert asking.get(f"/api/v2/pages/{page}")["title"] == "規程"
            rig.advance(61)
            assert asking.ids("type = page") == [page]
            rig.site.rename(page, "新しい名")
            rig.site.restrict(page)
            # The index still knows the old title; what is shown comes from the database.
            shown = asking.search('title = "規程"')["results"]
            assert [one["title"] for one in shown] == ["新しい名"]
            rig.site.delete(page)
            assert asking.ids("type = page") == [page]
            assert asking.ask(f"/api/v2/pages/{page}").status_code == 404
            rig.settle()
            assert asking.ids("type = page") == []
            asking.close()

    def test_archived_spaces_are_not_searched(self, cloud: ConfluenceRig, asking: Asking) -> None:
        page = cloud.site.add_page("ENG", "規程")
        cloud.site.archive_space("ENG")
        assert asking.ids("space = ENG") == []
        assert asking.get("/api/v2/spaces", status="archived")["results"][0]["key"] == "ENG"
        cloud.site.archive_space("ENG", archived=False)
        assert asking.ids("space = ENG") == [page]

    def test_a_space_that_vanishes_leaves_an_empty_search_and_no_error(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        cloud.site.add_page("ENG", "規程")
        cloud.site.remove_space("ENG")
        assert asking.ids('space = "ENG"') == []
        assert asking.get("/api/v2/spaces", keys="ENG")["results"] == []
