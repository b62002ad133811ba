"""A search yields each result once, in pages that the service can make, or it raises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from api_sites import EDITIONS, PAGES, SEARCH, found, opened
from rigs.confluence import ConfluenceRig, Fault

from connectors.base import ConnectorError
from connectors.confluence.api.search import Search
from connectors.confluence.values import Content, Restriction, Site
from connectors.http import HttpError, TooLargeError

MANY = 320
"""Pages: several pages of results in every edition."""


@pytest.fixture(scope="module", params=EDITIONS)
def many(request: pytest.FixtureRequest) -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition=request.param) as rig:
        rig.site.add_space("ENG")
        for number in range(MANY):
            rig.site.add_page("ENG", f"ページ {number}", f"<p>本文 {number}</p>")
        yield rig


@pytest.fixture
def rig(many: ConfluenceRig) -> Iterator[ConfluenceRig]:
    many.forget()
    yield many
    many.recover()
    many.settings.undercounts = False


@pytest.fixture
def site(rig: ConfluenceRig) -> Iterator[Site]:
    with opened(rig) as site:
        yield site


def limits(rig: ConfluenceRig) -> list[int]:
    return [int(request.value("limit") or 0) for request in rig.journal]


def is_cloud(rig: ConfluenceRig) -> bool:
    return bool(rig.settings.edition == "cloud")


def test_pages_of_results_are_as_large_as_the_service_allows(
    rig: ConfluenceRig, site: Site
) -> None:
    """Cloud 250, with bodies 100; Data Center 200 and 50: the caps that they apply silently."""
    assert found(site) == rig.site.ids("page")
    assert limits(rig) == ([250, 250] if is_cloud(rig) else [200, 200])
    rig.forget()
    bodies = {content.id: content.storage for content in site.search(PAGES, body=True)}
    assert len(bodies) == MANY
    assert all(bodies[one] == rig.site.contents[one].body for one in bodies)
    assert limits(rig) == ([100] * 4 if is_cloud(rig) else [50] * 7)


def test_the_next_page_is_counted_from_the_results(rig: ConfluenceRig, site: Site) -> None:
    """Data Center's own next link starts too early where it capped the page (onyx#4129)."""
    rig.settings.undercounts = True
    assert found(site) == rig.site.ids("page")
    assert len(rig.journal) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
def test_pages_that_the_service_can_not_make_are_halved(
    rig: ConfluenceRig, site: Site, status: int
) -> None:
    """Each size is tried twice; what follows grows again when it goes well."""
    rig.fault(Fault(path=SEARCH, status=status, times=4))
    assert found(site) == rig.site.ids("page")
    most = 250 if is_cloud(rig) else 200
    assert limits(rig)[:5] == [most, most, most // 2, most // 2, most // 4]
    assert max(limits(rig)[5:]) > most // 4


def test_a_service_that_makes_no_page_at_all_ends_the_search(
    rig: ConfluenceRig, site: Site
) -> None:
    rig.fault(Fault(path=SEARCH, status=500, times=None))
    with pytest.raises(HttpError, match="500") as raised:
        found(site)
    assert raised.value.status == 500
    assert min(limits(rig)) == 5


def test_data_center_gives_bodies_one_by_one_where_one_spoils_a_page(
    rig: ConfluenceRig, site: Site
) -> None:
    """All that can be had is yielded; then it raises, for that is not everything.

    Cloud has no way past: its cursor leads from page to page.
    """
    broken = rig.site.ids("page")[60]
    rig.site.break_body(broken)
    got: list[str] = []
    with pytest.raises(ConnectorError, match="500"):
        got.extend(content.id for content in site.search(PAGES, body=True))
    rig.site.break_body(broken, broken=False)
    if is_cloud(rig):
        assert got == rig.site.ids("page")[: len(got)]
        assert 55 < len(got) <= 60
    else:
        assert got == [one for one in rig.site.ids("page") if one != broken]


def test_bodies_by_their_ids_are_the_callers_to_halve(rig: ConfluenceRig, site: Site) -> None:
    """Fewer ids find the one that fails in fewer requests than smaller pages of all of them."""
    ids = rig.site.ids("page")[:25]
    assert found(site, f"id in ({', '.join(ids)})", body=True) == ids
    assert len(rig.journal) == 1
    rig.site.break_body(ids[7])
    for some in (ids, ids[7:8]):
        rig.forget()
        with pytest.raises(HttpError, match="500"):
            found(site, f"id in ({', '.join(some)})", body=True)
        assert len(rig.journal) == 3
    rig.site.break_body(ids[7], broken=False)


def test_one_fault_is_no_broken_body(rig: ConfluenceRig, site: Site) -> None:
    ids = rig.site.ids("page")[:25]
    for some in (ids, ids[:1]):
        rig.fault(Fault(path=SEARCH, status=500, times=2))
        assert found(site, f"id in ({', '.join(some)})", body=True) == some


def test_a_refusal_amid_a_list_of_data_center_is_asked_again_in_smaller_pages(
    rig: ConfluenceRig, site: Site
) -> None:
    """It now and then answers 400 in the middle, never at the start; Cloud's 400 is final."""
    rig.fault(Fault(path=SEARCH, status=400, skip=1))
    if is_cloud(rig):
        with pytest.raises(HttpError, match="400"):
            found(site)
    else:
        assert found(site) == rig.site.ids("page")


def test_a_query_that_is_not_understood_is_said(site: Site) -> None:
    with pytest.raises(HttpError, match=r"400.*Could not parse cql") as raised:
        found(site, "type = = page")
    assert raised.value.status == 400


@pytest.mark.parametrize("cut", ["before", "body", "after"])
def test_what_breaks_off_is_asked_again(rig: ConfluenceRig, site: Site, cut: str) -> None:
    rig.fault(Fault(path=SEARCH, cut=cut, skip=1))  # type: ignore[arg-type]
    assert found(site) == rig.site.ids("page")


def test_half_an_answer_with_a_good_status_is_asked_again(rig: ConfluenceRig, site: Site) -> None:
    rig.odd("garbled", SEARCH, times=2, skip=1)
    assert found(site) == rig.site.ids("page")


def test_a_page_to_log_in_is_no_empty_list(rig: ConfluenceRig, site: Site) -> None:
    """A single sign-on before the site answers 200 to everything."""
    rig.odd("login", SEARCH)
    with pytest.raises(HttpError, match="a web page in place of data"):
        found(site)
    assert len(rig.journal) == 1


def test_a_next_link_behind_nothing_ends_the_list(rig: ConfluenceRig, site: Site) -> None:
    rig.odd("endless", SEARCH, times=None)
    assert found(site) == rig.site.ids("page")
    assert len(rig.journal) == 3


def test_a_result_that_comes_twice_is_yielded_once(rig: ConfluenceRig, site: Site) -> None:
    rig.odd("duplicate", SEARCH, times=None)
    once = found(site)
    assert len(once) == len(set(once))
    if is_cloud(rig):
        assert once == rig.site.ids("page")


def test_a_page_that_leads_to_itself_ends_the_search(rig: ConfluenceRig, site: Site) -> None:
    """Data Center's links are not followed, so that they can not lead in circles."""
    rig.odd("repeat", SEARCH, times=None)
    if is_cloud(rig):
        with pytest.raises(ConnectorError, match="the listing repeats itself"):
            found(site)
    else:
        assert found(site) == rig.site.ids("page")
    assert len(rig.journal) <= 3


def test_attachments_that_data_center_refuses_now_and_then_are_all_found() -> None:
    """It answers 400 amid their list; what is deleted must not hang on that."""
    with ConfluenceRig(edition="data-center", attachments_fail=2) as rig:
        rig.site.add_space("ENG")
        page = rig.site.add_page("ENG", "題名")
        files = [rig.site.attach(page, f"{n}.txt", b"a") for n in range(450)]
        with opened(rig) as site:
            assert found(site, "type = attachment order by created asc") == files


def answers(*pages: list[str], size: int | None = None, cursor: str = "c{}") -> Search:
    """Return a search whose answers hold these ids; each leads on."""
    left = list(enumerate(pages))

    def get(path: str, params: object, **how: object) -> object:
        number, ids = left.pop(0)
        links = {"next": f"/rest/api/content/search?cursor={cursor.format(number)}"}
        rows = [{"id": one} for one in ids]
        return {"results": rows, "size": len(ids) if size is None else size, "_links": links}

    return Search(get, "type = page", "", 250, cursors=True, body=False)


def ids_of(search: Search) -> list[str]:
    return [row["id"] for _, rows in search.pages() for row in rows]


def test_a_page_that_comes_again_under_another_cursor_ends_the_search() -> None:
    with pytest.raises(ConnectorError, match="the listing repeats itself"):
        ids_of(answers(["1", "2"], ["3", "4"], ["1", "2"]))


def test_pages_may_overlap() -> None:
    """Something was added before them while they were read."""
    assert ids_of(answers(["1", "2"], ["2", "3"], ["3"], ["4"], [])) == ["1", "2", "3", "4"]


def test_a_page_with_fewer_results_than_it_says_is_cut_short() -> None:
    with pytest.raises(ConnectorError, match="cut short"):
        ids_of(answers(["1", "2"], size=3))


@pytest.mark.parametrize("answer", [{}, [], {"results": None}, {"results": ["1"]}, "words", None])
def test_an_answer_that_is_no_page_of_results_is_no_empty_page(answer: object) -> None:
    """Who takes it for one deletes the mirror."""
    search = Search(lambda *_, **__: answer, "", "", 250, cursors=True, body=False)
    with pytest.raises(ConnectorError, match="page of results"):
        ids_of(search)


def test_a_page_that_is_too_large_for_the_memory_is_halved_down_to_one() -> None:
    asked: list[int] = []

    def get(path: str, params: dict[str, int], **how: object) -> object:
        asked.append(params["limit"])
        if params["limit"] > 1:
            raise TooLargeError("larger than …")
        return {"results": [], "_links": {}}

    assert ids_of(Search(get, "", "", 100, cursors=True, body=True)) == []
    assert asked == [100, 50, 25, 12, 6, 3, 1]


def test_credentials_that_expire_amid_a_search_end_it_at_once(
    rig: ConfluenceRig, site: Site
) -> None:
    rig.expire_token(after=1)
    with pytest.raises(HttpError, match=r"401.*expired, revoked or mistyped") as raised:
        found(site)
    rig.renew_token()
    assert raised.value.status == 401
    assert len(rig.journal) <= 3  # Cloud was read before: nothing is tried by the gateway
    assert rig.token not in str(raised.value)


def test_told_to_wait_it_waits_and_misses_nothing(rig: ConfluenceRig, site: Site) -> None:
    rig.throttle(path=SEARCH, skip=1)
    assert found(site) == rig.site.ids("page")
    times = [request.at for request in rig.journal]
    assert times[2] - times[1] >= 1


@pytest.fixture(params=EDITIONS)
def small(request: pytest.FixtureRequest) -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition=request.param) as rig:
        rig.site.add_space("ENG")
        yield rig


def one(rig: ConfluenceRig, content_id: str, **how: bool) -> Content:
    with opened(rig) as site:
        (content,) = site.search(f"id in ({content_id})", **how)
        return content


def test_a_page_is_told_as_it_is(small: ConfluenceRig) -> None:
    world = small.site
    author = world.add_user("佐藤花子", "sato@example.co.jp")
    above = world.add_page("ENG", "上")
    at = datetime(2026, 4, 1, 9, 30, 0, 123000, tzinfo=UTC)
    page = world.add_page("ENG", "休暇 & <給与>", "<p>本文</p>", parent=above)
    world.edit(page, "<p>新しい本文</p>", author=author, at=at.timestamp())
    told = one(small, page, body=True)
    assert (told.id, told.kind, told.title, told.space) == (page, "page", "休暇 & <給与>", "ENG")
    assert (told.version, told.updated, told.author) == (2, at, "佐藤花子")
    assert told.ancestors == (above,)
    assert told.storage == "<p>新しい本文</p>"
    assert told.restriction is None
    assert told.container is None


def test_addresses_are_by_id(small: ConfluenceRig) -> None:
    """A title in them would make another address of every renamed page."""
    world, cloud = small.site, is_cloud(small)
    page, post = world.add_page("ENG", "題名"), world.add_blogpost("ENG", "知らせ", at=1775000000)
    on_page, on_post = world.comment(page, "<p>?</p>"), world.comment(post, "<p>!</p>")
    file = world.attach(page, "就業 規則.pdf", b"%PDF", "application/pdf")
    base = small.url
    page_url = f"{base}/spaces/ENG/pages/{page}"
    post_url = f"{base}/spaces/ENG/blog/2026/03/31/{post}"
    shown = f"%2F{page}%2F{file.removeprefix('att')}%2F%E5%B0%B1%E6%A5%AD%20%E8%A6%8F%E5%89%87.pdf"
    file_url = f"{base}/pages/viewpageattachments.action?pageId={page}&preview={shown}"
    mark = "?"
    if not cloud:
        page_url, post_url = (f"{base}/pages/viewpage.action?pageId={id_}" for id_ in (page, post))
        file_url, mark = f"{page_url}&preview={shown}", "&"
    assert one(small, page).url == page_url
    assert one(small, post).url == post_url
    assert one(small, on_page).url == f"{page_url}{mark}focusedCommentId={on_page}"
    assert one(small, on_post).url == f"{post_url}{mark}focusedCommentId={on_post}"
    assert one(small, file).url == file_url


def test_a_comment_tells_its_page_its_thread_and_its_words(small: ConfluenceRig) -> None:
    world = small.site
    page = world.add_page("ENG", "題名", "<p>年20日</p>")
    first = world.comment(page, "<p>なぜ?</p>", inline="年20日")
    reply = world.comment(page, "<p>規則です</p>", reply_to=first)
    told = one(small, first, body=True)
    assert (told.kind, told.container, told.ancestors) == ("comment", page, ())
    assert (told.quoted, told.resolved, told.storage) == ("年20日", False, "<p>なぜ?</p>")
    assert one(small, reply).ancestors == (first,)
    world.resolve(first)
    assert one(small, first).resolved
    assert one(small, reply).resolved
    world.resolve(first, "reopened")
    assert not one(small, first).resolved


def test_an_attachment_is_downloaded_in_whole_or_refused(small: ConfluenceRig) -> None:
    world = small.site
    page = world.add_page("ENG", "題名")
    file = world.attach(page, "100% 規則?.bin", bytes(range(256)) * 1000, "application/x-test")
    told = one(small, file)
    assert (told.kind, told.container, told.size) == ("attachment", page, 256_000)
    assert told.media_type == "application/x-test"
    with opened(small) as site:
        assert site.download(told, max_bytes=256_000) == bytes(range(256)) * 1000
        with pytest.raises(TooLargeError):
            site.download(told, max_bytes=255_999)
    foreign = [request for request in small.journal if request.path.startswith("/file/")]
    assert not any(request.authorized for request in foreign)


def test_drafts_and_archived_pages_are_no_results(small: ConfluenceRig) -> None:
    world = small.site
    page, archived = world.add_page("ENG", "題名"), world.add_page("ENG", "昔")
    world.archive(archived)
    with opened(small) as site:
        assert found(site, f"id in ({page}, {archived})") == [page]


def test_restrictions_come_along(small: ConfluenceRig) -> None:
    world = small.site
    user = world.add_user("佐藤花子", "sato@example.co.jp")
    world.add_group("jinji", [user])
    free, closed = world.add_page("ENG", "皆"), world.add_page("ENG", "人事")
    world.restrict(closed, [user], ["jinji"])
    assert one(small, free, restrictions=True).restriction == Restriction()
    told = one(small, closed, restrictions=True).restriction
    assert told == Restriction(frozenset({user, world.account}), frozenset({"jinji"}))


def test_a_restriction_that_an_answer_may_have_cut_is_asked_for_in_full(
    small: ConfluenceRig,
) -> None:
    """A list as long as its limit is not known to be whole."""
    world = small.site
    page = world.add_page("ENG", "多数")
    users = [world.add_user(f"人 {n}", f"u{n}@example.co.jp") for n in range(230)]
    world.add_group("jinji", users[:1])
    world.restrict(page, users, ["jinji"])
    assert one(small, page, restrictions=True).restriction is None
    whole = Restriction(frozenset([*users, world.account]), frozenset({"jinji"}))
    for most in (100, 50):
        small.settings.restrictions_at_once = most
        with opened(small) as site:
            assert site.restriction(page) == whole
            assert site.restriction("99999999") == Restriction()


def test_a_restriction_that_can_not_be_read_is_not_none(small: ConfluenceRig) -> None:
    page = small.site.add_page("ENG", "題名")
    small.fault(Fault(path="*/restriction/*", status=403))
    with opened(small) as site, pytest.raises(HttpError, match="403"):
        site.restriction(page)
