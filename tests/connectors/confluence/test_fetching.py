"""Fetching: in batches, a little ahead, each document once, and none because of another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from world_site import WorldSite

from connectors.base import ConnectorError, Document, Ref, Unread
from connectors.confluence import ConfluenceConnector, Scope
from connectors.confluence.fetching import BATCH
from connectors.confluence.storage import Storage
from connectors.run_ahead import Job, ahead

Make = Callable[..., ConfluenceConnector]


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def everything(connector: ConfluenceConnector) -> dict[str, Document | Unread]:
    got = list(connector.fetch_all(list(listing(connector).values())))
    assert len({one.ref.id for one in got}) == len(got)
    return {one.ref.id: one for one in got}


def unread(got: dict[str, Document | Unread]) -> dict[str, str]:
    return {one: each.reason for one, each in got.items() if isinstance(each, Unread)}


def test_pages_come_in_batches(site: WorldSite, connector: Make) -> None:
    pages = [site.world.add_page("ENG", f"頁{n}", "<p>本文</p>") for n in range(110)]
    mirror = connector()
    refs = listing(mirror)
    site.asked.clear()
    assert len(list(mirror.fetch_all(list(refs.values())))) == 110
    assert site.asked["search"] == -(-110 // BATCH)
    assert sorted(site.bodies) == sorted(pages), "each body once"


def test_a_page_is_fetched_with_whom_it_mentions(site: WorldSite, connector: Make) -> None:
    sato = site.world.add_user("佐藤 花子", "sato@example.co.jp")
    mention = f'<ri:user ri:account-id="{sato}"/><ri:user ri:account-id="gone"/>'
    page = site.world.add_page("ENG", "頁", f"<p>{mention}</p>")
    document = connector().fetch(listing(connector())[page])
    storage = Storage.from_bytes(document.body)
    assert storage.users == {sato: "佐藤 花子"}
    assert (storage.title, storage.edition) == ("頁", "cloud")


def test_names_that_can_not_be_asked_for_keep_no_page_back(
    site: WorldSite, connector: Make
) -> None:
    site.world.open_space("ENG", groups=["confluence-users"], account=False)
    page = site.world.add_page("ENG", "頁", '<p><ri:user ri:account-id="x"/></p>')
    site.refuse("users", 403)
    got = everything(connector(memory=None))[page]
    assert isinstance(got, Document)
    assert Storage.from_bytes(got.body).users == {}


def test_a_thread_is_its_comments_in_order_of_time(site: WorldSite, connector: Make) -> None:
    world = site.world
    sato = world.add_user("佐藤", "sato@example.co.jp")
    page = world.add_page("ENG", "頁", "<p>本文の語</p>")
    first = world.comment(page, "<p>問い</p>", inline="語", author=sato, at=1000.0)
    early = world.comment(page, "<p>答え</p>", reply_to=first, at=2000.0)
    world.comment(page, "<p>礼</p>", reply_to=early, at=3000.0)
    world.comment(page, "<p>別の話</p>", at=4000.0)
    world.edit(early, "<p>直した答え</p>", at=5000.0)
    document = everything(connector())[first]
    assert isinstance(document, Document)
    comments = Storage.from_bytes(document.body).comments
    assert [one.storage for one in comments] == ["<p>問い</p>", "<p>直した答え</p>", "<p>礼</p>"]
    assert (comments[0].author, comments[0].quoted) == ("佐藤", "語")
    assert comments[0].when == "1970-01-01T00:16:40+00:00"
    assert document.url.endswith(f"focusedCommentId={first}")
    assert document.title == "頁"


def test_an_attachment_is_its_bytes(site: WorldSite, connector: Make) -> None:
    page = site.world.add_page("ENG", "頁")
    file = site.world.attach(page, "表.csv", b"a,b\n", "text/csv")
    document = everything(connector())[file]
    assert isinstance(document, Document)
    assert (document.body, document.media_type, document.title) == (b"a,b\n", "text/csv", "表.csv")


def test_one_bad_document_fails_alone(site: WorldSite, connector: Make) -> None:
    """Whatever is asked together with it: the batch is halved until it is alone."""
    pages = [site.world.add_page("ENG", f"頁{n}", "<p>本文</p>") for n in range(60)]
    thread = site.world.comment(pages[0], "<p>問い</p>")
    bad = pages[37]
    mirror = connector()
    refs = listing(mirror)
    site.refuse("search", 500, when=lambda cql: bad in cql)
    got = {one.ref.id: one for one in mirror.fetch_all(list(refs.values()))}
    assert unread(got) == {bad: "500: refused"}
    assert got.keys() == {*pages, thread}


def test_what_can_not_be_read_says_why_in_one_line(site: WorldSite, connector: Make) -> None:
    world = site.world
    broken = world.add_page("ENG", "壊", "<p>本文</p>")
    world.break_body(broken)
    large = world.add_page("ENG", "大", "<p>" + "長" * 5000 + "</p>")
    wide = world.add_page("ENG", "広", "<p>" + "長" * 900 + "</p>")
    fine = world.add_page("ENG", "良", "<p>本文</p>")
    file = world.attach(fine, "大.csv", b"x" * 3000, "text/csv")
    thread = world.comment(fine, "<p>" + "長" * 2000 + "</p>")
    got = everything(connector(max_bytes=2000))
    reasons = unread(got)
    assert reasons.keys() == {broken, large, wide, file, thread}
    assert "storage format" in reasons[broken]
    assert all("max_bytes" in reasons[one] for one in (large, wide, file, thread))
    assert not any("\n" in reason for reason in reasons.values())


def test_a_file_that_grew_since_it_was_listed_is_unread(site: WorldSite, connector: Make) -> None:
    page = site.world.add_page("ENG", "頁")
    file = site.world.attach(page, "表.csv", b"x", "text/csv")
    site.refuse("download", 404)
    assert unread(everything(connector())).keys() == {file}


def test_a_body_of_50_megabytes_is_unread_and_the_others_come(
    site: WorldSite, connector: Make
) -> None:
    large = site.world.add_page("ENG", "大", "x" * 50_000_001)
    fine = site.world.add_page("ENG", "良", "<p>本文</p>")
    got = everything(connector())
    assert unread(got).keys() == {large}
    assert got.keys() == {large, fine}


def test_a_title_of_10000_characters_is_cut(site: WorldSite, connector: Make) -> None:
    page = site.world.add_page("ENG", "長\n" * 5000, "<p>本文</p>")
    thread = site.world.comment(page, "<p>問い</p>")
    mirror = connector()
    refs = listing(mirror)
    assert max(len(ref.name) for ref in refs.values()) < 700
    assert all(ref.name.isprintable() for ref in refs.values())
    for one in (page, thread):
        document = mirror.fetch(refs[one])
        assert len(document.title or "") <= 300
        assert "\n" not in (document.title or "")


def test_credentials_that_expire_midway_end_everything_at_once(
    site: WorldSite, connector: Make
) -> None:
    """With one line that says where a new token belongs; not one line a document."""
    for number in range(500):
        site.world.add_page("ENG", f"頁{number}", "<p>本文</p>")
    mirror = connector()
    refs = list(listing(mirror).values())
    documents = mirror.fetch_all(refs)
    next(documents)
    site.refuse("*", 401)
    site.asked.clear()
    with pytest.raises(ConnectorError, match="CONFLUENCE_TOKEN") as raised:
        list(documents)
    assert "\n" not in str(raised.value)
    assert site.requests <= 10


@pytest.mark.parametrize("status", [None, 503])
def test_a_site_that_is_away_ends_everything(
    site: WorldSite, connector: Make, status: int | None
) -> None:
    page = site.world.add_page("ENG", "頁")
    site.world.attach(page, "表.csv", b"x", "text/csv")
    site.world.comment(page, "<p>問い</p>")
    mirror = connector()
    refs = list(listing(mirror).values())
    site.refuse("*", status)
    for ref in refs:
        with pytest.raises(ConnectorError):
            list(mirror.fetch_all([ref]))


def test_one_request_without_an_answer_is_one_documents_matter(
    site: WorldSite, connector: Make
) -> None:
    page = site.world.add_page("ENG", "頁")
    file = site.world.attach(page, "表.csv", b"x", "text/csv")
    site.refuse("download", None)
    assert unread(everything(connector())).keys() == {file}


def test_refs_that_this_process_did_not_list_are_fetched(site: WorldSite, connector: Make) -> None:
    """What failed before is tried again beside a change window, which does not name it."""
    page = site.world.add_page("ENG", "頁", "<p>本文</p>")
    other = site.world.add_page("ENG", "別", "<p>本文</p>")
    site.world.comment(page, "<p>問い</p>")
    site.world.attach(page, "表.csv", b"x", "text/csv")
    refs = listing(connector())
    got = {one.ref.id: one for one in connector().fetch_all(list(refs.values()))}
    assert not unread(got)
    assert {one: each.ref for one, each in got.items()} == refs
    narrow = connector(Scope(exclude_pages=(other,)))
    assert unread({one.ref.id: one for one in narrow.fetch_all(list(refs.values()))}).keys() == {
        other
    }


def test_a_thread_that_was_resolved_since_is_unread(site: WorldSite, connector: Make) -> None:
    page = site.world.add_page("ENG", "頁", "<p>語</p>")
    first = site.world.comment(page, "<p>問い</p>", inline="語")
    mirror = connector()
    refs = listing(mirror)
    site.world.resolve(first)
    with pytest.raises(ConnectorError, match="resolved"):
        mirror.fetch(refs[first])


# Running ahead


def test_only_a_few_jobs_run_ahead_of_who_takes_their_results() -> None:
    begun = []
    jobs = (Job(lambda number=number: begun.append(number) or [number]) for number in range(100))  # type: ignore[misc,func-returns-value]
    results = ahead(jobs, at_once=4, most=1000)
    next(results)
    time.sleep(0.05)
    assert len(begun) <= 5
    assert len(list(results)) == 99


def test_heavy_jobs_wait_for_each_other_but_one_always_runs() -> None:
    lock = threading.Lock()
    running: list[int] = []
    most: list[int] = []

    def work(weight: int) -> list[int]:
        with lock:
            running.append(weight)
            most.append(sum(running))
        time.sleep(0.005)
        with lock:
            running.remove(weight)
        return [weight]

    weights = [60, 50, 200, 10, 10, 10, 90, 20]
    jobs = [Job(lambda weight=weight: work(weight), weight) for weight in weights]  # type: ignore[misc]
    assert sorted(ahead(jobs, at_once=4, most=100)) == sorted(weights)
    assert max(one for one in most if one != 200) <= 100


def test_what_a_job_raises_is_raised_and_the_rest_is_dropped() -> None:
    begun = []

    def bad() -> list[int]:
        raise ConnectorError("no")

    def work() -> list[int]:
        begun.append(1)
        return [1]

    with pytest.raises(ConnectorError, match="no"):
        list(ahead([Job(bad), *[Job(work)] * 50], at_once=2, most=10))
    assert len(begun) < 10


def test_who_stops_early_stops_the_threads(site: WorldSite, connector: Make) -> None:
    for number in range(500):
        site.world.add_page("ENG", f"頁{number}", "<p>本文</p>")
    mirror = connector()
    documents = mirror.fetch_all(list(listing(mirror).values()))
    next(documents)
    documents.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("confluence") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(site.bodies) < 250
