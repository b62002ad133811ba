"""The Confluence rig fails as production does, on demand, and counts what it gave."""

from __future__ import annotations

import email.utils
import time

import httpx2
import pytest
from confluence_asking import Asking
from confluence_fixtures import asking, cloud
from rigs.confluence import ConfluenceRig, Fault

__all__ = ["asking", "cloud"]

SEARCH = "/rest/api/content/search"


class TestOnTheWire:
    def test_a_limit_says_how_long_to_wait_in_seconds_or_as_a_date(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        cloud.throttle(seconds=60)
        cloud.throttle(seconds=60, as_date=True, status=403)
        answers = [asking.ask(SEARCH, cql="type = page") for _ in range(3)]
        assert [one.status_code for one in answers] == [429, 403, 200]
        assert answers[0].headers["Retry-After"] == "60"
        until = email.utils.parsedate_to_datetime(answers[1].headers["Retry-After"])
        assert 0 < until.timestamp() - time.time() < 61
        assert [one.retry_after for one in cloud.journal][:1] == ["60"]

    def test_too_many_requests_a_second_are_429(self, cloud: ConfluenceRig, asking: Asking) -> None:
        cloud.configure(per_second=0.5, burst_s=10)
        statuses = [asking.ask(SEARCH, cql="type = page").status_code for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        assert 1 <= int(cloud.journal[-1].retry_after or 0) <= 10

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_fault_strikes_so_many_requests_after_the_first_ones(
        self, cloud: ConfluenceRig, asking: Asking, status: int
    ) -> None:
        cloud.fault(Fault(path="*/search", status=status, times=2, skip=1))
        statuses = [asking.ask(SEARCH, cql="type = page").status_code for _ in range(4)]
        assert statuses == [200, status, status, 200]

    def test_a_share_of_the_requests_is_struck_until_all_is_well_again(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        cloud.fault(Fault(status=503, probability=0.3, times=None))
        struck = [asking.ask(SEARCH, cql="type = page").status_code == 503 for _ in range(60)]
        assert 5 < sum(struck) < 35
        cloud.recover()
        assert asking.ask(SEARCH, cql="type = page").status_code == 200

    @pytest.mark.parametrize("reset", [True, False])
    def test_connections_end_before_amid_and_after_the_answer(
        self, cloud: ConfluenceRig, asking: Asking, *, reset: bool
    ) -> None:
        page = cloud.site.add_page("ENG", "規程", "<p>本文</p>")
        for cut in ("before", "body", "after"):
            cloud.fault(Fault(cut=cut, reset=reset))  # type: ignore[arg-type]
            with pytest.raises(httpx2.TransportError):
                asking.ask(SEARCH, cql="type = page", expand="body.storage")
        # None of them counts as served: nobody has the body.
        assert cloud.bodies_served == {}
        assert asking.ids("type = page", expand="body.storage") == [page]
        assert cloud.bodies_served == {(page, 1): 1}
        assert [one.status for one in cloud.journal] == [None, 200, None, 200]

    def test_an_answer_may_be_slow(self, cloud: ConfluenceRig, asking: Asking) -> None:
        cloud.fault(Fault(delay=0.2))
        began = time.monotonic()
        asking.search("type = page")
        assert time.monotonic() - began >= 0.2

    def test_a_token_expires_after_so_many_requests_for_good(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        cloud.expire_token(after=2)
        statuses = [asking.ask(SEARCH, cql="type = page").status_code for _ in range(4)]
        assert statuses == [200, 200, 401, 401]
        cloud.renew_token()
        assert asking.ask(SEARCH, cql="type = page").status_code == 200


class TestPagesOfResults:
    @pytest.fixture
    def pages(self, cloud: ConfluenceRig) -> list[str]:
        return [cloud.site.add_page("ENG", f"規程 {n}") for n in range(6)]

    def walked(self, asking: Asking, most: int = 30) -> list[str]:
        walking = asking.walk("type = page order by created asc", limit=2)
        return [one["id"] for one, _ in zip(walking, range(most), strict=False)]

    def test_a_page_is_lost(self, cloud: ConfluenceRig, asking: Asking, pages: list[str]) -> None:
        cloud.odd("lose")
        assert self.walked(asking) == [*pages[:2], *pages[4:]]

    def test_a_cursor_leads_to_where_it_came_from(
        self, cloud: ConfluenceRig, asking: Asking, pages: list[str]
    ) -> None:
        cloud.odd("repeat", skip=1, times=None)
        assert self.walked(asking, 8) == [*pages[:4], *pages[2:4], *pages[2:4]]

    def test_a_result_comes_twice(
        self, cloud: ConfluenceRig, asking: Asking, pages: list[str]
    ) -> None:
        cloud.odd("duplicate")
        assert self.walked(asking) == [pages[0], *pages]

    def test_a_listing_ends_too_early(
        self, cloud: ConfluenceRig, asking: Asking, pages: list[str]
    ) -> None:
        cloud.odd("short", skip=1)
        assert self.walked(asking) == pages[:4]

    def test_a_page_without_results_has_a_next_link(
        self, cloud: ConfluenceRig, asking: Asking, pages: list[str]
    ) -> None:
        cloud.odd("endless", times=None)
        page = asking.search("type = page", limit=10)
        for _ in range(2):
            page = asking.client.get(cloud.url + page["_links"]["next"]).json()
            assert page["results"] == []
            assert "next" in page["_links"]


class TestAnswers:
    def test_json_may_end_in_the_middle_of_a_complete_answer(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        page = cloud.site.add_page("ENG", "規程", "<p>本文</p>")
        cloud.odd("garbled")
        garbled = asking.ask(SEARCH, cql="type = page", expand="body.storage")
        assert garbled.status_code == 200
        with pytest.raises(ValueError):
            garbled.json()
        assert cloud.bodies_served == {}
        assert asking.ids("type = page") == [page]

    def test_a_page_to_log_in_may_stand_where_json_is_expected(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        cloud.odd("login")
        shown = asking.ask(SEARCH, cql="type = page")
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html")


class TestBodies:
    def test_one_body_that_can_not_be_expanded_spoils_its_batch(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        good, bad = (cloud.site.add_page("ENG", name) for name in ("良い", "悪い"))
        cloud.site.break_body(bad)
        broken = asking.ask(SEARCH, cql=f"id in ({good}, {bad})", expand="body.storage")
        assert broken.status_code == 500
        assert asking.ids(f"id in ({good}, {bad})", expand="version") == [good, bad]
        assert asking.ids(f"id = {good}", expand="body.storage") == [good]

    def test_a_body_may_have_50_mb_and_a_title_10_000_characters(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        body = f"<p>{'海月' * 8_500_000}</p>"
        page = cloud.site.add_page("ENG", "長" * 10_000, body)
        shown = asking.search(f"id = {page}", expand="body.storage")["results"][0]
        assert shown["body"]["storage"]["value"] == body
        assert len(shown["title"]) == 10_000

    def test_each_version_that_was_sent_whole_is_counted(
        self, cloud: ConfluenceRig, asking: Asking
    ) -> None:
        page = cloud.site.add_page("ENG", "規程", "<p>本文</p>")
        for _ in range(2):
            asking.search(f"id = {page}", expand="body.storage")
        asking.search(f"id = {page}", expand="version")
        cloud.site.edit(page, "<p>新しい本文</p>")
        asking.get(f"/api/v2/pages/{page}", **{"body-format": "storage"})
        assert cloud.bodies_served == {(page, 1): 2, (page, 2): 1}
        assert cloud.served() == {f"{page}@1": 2, f"{page}@2": 1}
        assert (cloud.contents_served, cloud.requests) == (3, 4)
        cloud.forget()
        assert (cloud.contents_served, cloud.requests, cloud.journal) == (0, 0, [])
