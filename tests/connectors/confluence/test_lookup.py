"""Single documents: by address, whether they are gone, why they are none, and what is so now."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_world import RandomWorld, include, world_pages
from world_site import URL, WorldSite

from connectors.base import ConnectorError, Ref
from connectors.confluence import ConfluenceConnector, Scope

Make = Callable[..., ConfluenceConnector]


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def address(page: str) -> str:
    return f"{URL}/pages/viewpage.action?pageId={page}"


# Found by address


def test_a_part_of_a_page_is_found_by_its_address(site: WorldSite, connector: Make) -> None:
    world = site.world
    page = world.add_page("ENG", "A B")
    first = world.comment(page, "<p>問い</p>")
    reply = world.comment(page, "<p>答え</p>", reply_to=first)
    file = world.attach(page, "a b.csv", b"a", "text/csv")
    refs, mirror = listing(connector()), connector()
    number = file.removeprefix("att")
    for url, found in {
        page: page,
        address(page): page,
        f"{URL}/display/ENG/A+B": page,
        f"{URL}/display/eng/a+b": None,
        f"{address(page)}&focusedCommentId={first}#comment-{first}": first,
        f"{address(page)}&focusedCommentId={reply}": first,
        f"{URL}/download/attachments/{page}/a%20b.csv?version=1&api=v2": file,
        f"{URL}/download/attachments/{page}/gone.csv": None,
        f"{URL}/pages/viewpageattachments.action?pageId={page}&preview=/{page}/{number}/x": file,
        "https://elsewhere.example/display/ENG/A+B": None,
    }.items():
        assert mirror.find(url) == (refs[found] if found else None), url


@pytest.mark.parametrize(
    ("scope", "what", "reason"),
    [
        (Scope(spaces=("HR",)), "page", "`spaces`"),
        (Scope(exclude_spaces=("ENG",)), "page", "`exclude_spaces`"),
        (Scope(exclude_pages=("{above}",)), "page", "`exclude_pages`"),
        (Scope(labels=("公開",)), "page", "`labels`"),
        (Scope(exclude_labels=("内部",)), "page", "`exclude_labels`"),
        (Scope(cql="type = blogpost"), "page", "`cql`"),
        (Scope(pages=("{hr}",)), "page", "`pages`"),
        (Scope(blogposts=False), "post", "`blogposts`"),
        (Scope(comments=False), "thread", "`comments`"),
        (Scope(attachments=False), "file", "`attachments`"),
        (Scope(), "resolved", "resolved"),
        (Scope(), "picture", "picture"),
        (Scope(), "gone", "account"),
        (Scope(), "personal", "personal"),
    ],
)
def test_why_there_is_no_document_is_said(
    site: WorldSite, connector: Make, scope: Scope, what: str, reason: str
) -> None:
    world = site.world
    world.add_space("HR")
    world.add_space("~sato", personal=True)
    ids = {"hr": world.add_page("HR", "給与"), "above": world.add_page("ENG", "上")}
    page = world.add_page("ENG", "頁", "<p>語</p>", parent=ids["above"], labels=["内部"])
    thread, closed = (world.comment(page, "<p>問い</p>", inline="語") for _ in range(2))
    world.resolve(closed)
    urls = {
        "page": address(page),
        "post": address(world.add_blogpost("ENG", "記事")),
        "thread": f"{address(page)}&focusedCommentId={thread}",
        "resolved": f"{address(page)}&focusedCommentId={closed}",
        "file": f"{URL}/download/attachments/{page}/表.csv",
        "picture": f"{URL}/download/attachments/{page}/図.png",
        "gone": address("1"),
        "personal": address(world.add_page("~sato", "日記")),
    }
    world.attach(page, "表.csv", b"a", "text/csv")
    world.attach(page, "図.png", b"a", "image/png")
    pages = tuple(one.format(**ids) for one in scope.pages)
    excluded = tuple(one.format(**ids) for one in scope.exclude_pages)
    scope = Scope(
        **{name: getattr(scope, name) for name in Scope.__slots__}
        | {"pages": pages, "exclude_pages": excluded}
    )
    mirror = connector(scope)
    assert mirror.find(urls[what]) is None
    assert reason in (mirror.left_out(urls[what]) or "")


def test_nothing_is_said_of_what_is_a_document_or_elsewhere(
    site: WorldSite, connector: Make
) -> None:
    page = site.world.add_page("ENG", "頁")
    assert connector().left_out(address(page)) is None
    assert connector().left_out("https://elsewhere.example/display/ENG/A") is None


# Gone


def test_what_is_in_the_database_and_not_yet_in_the_index_is_not_gone(
    site: WorldSite, connector: Make
) -> None:
    """A listing lacks it; nothing says that it is none of the source's."""
    site.world.index.lag = 3600.0
    page = site.world.add_page("ENG", "頁")
    thread = site.world.comment(page, "<p>問い</p>")
    file = site.world.attach(page, "表.csv", b"a", "text/csv")
    mirror = connector()
    assert not listing(mirror)
    assert mirror.confirm_gone([page, thread, file, "1"]) == {"1"}


def test_what_is_still_in_the_index_and_no_more_in_the_database_is_gone(
    site: WorldSite, connector: Make
) -> None:
    page = site.world.add_page("ENG", "頁")
    site.world.index.lag = 3600.0
    site.world.delete(page)
    assert connector().confirm_gone([page]) == {page}


def test_what_left_the_scope_is_gone(site: WorldSite, connector: Make) -> None:
    world = site.world
    world.add_space("HR")
    page, kept = world.add_page("ENG", "頁", "<p>語</p>"), world.add_page("ENG", "残", "<p>語</p>")
    parts = {
        world.comment(page, "<p>問い</p>"),
        world.attach(page, "表.csv", b"a", "text/csv"),
    }
    resolved = world.comment(kept, "<p>問い</p>", inline="語")
    mirror = connector(Scope(spaces=("ENG",)))
    ids = listing(mirror).keys()
    world.move(page, space="HR")
    world.resolve(resolved)
    assert mirror.confirm_gone(ids) == {page, *parts, resolved}
    assert connector(Scope(spaces=("HR",))).confirm_gone(ids) == {kept, resolved}
    assert connector(Scope(comments=False)).confirm_gone(parts | {kept}) == {
        one for one in parts if not one.startswith("att")
    }


def test_many_are_confirmed_in_batches(site: WorldSite, connector: Make) -> None:
    pages = [site.world.add_page("ENG", f"頁{n}") for n in range(500)]
    for page in pages[::2]:
        site.world.delete(page)
    assert connector().confirm_gone(pages) == set(pages[::2])
    assert site.requests <= 25


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_gone_is_what_a_full_listing_lacks(seed: int) -> None:
    """While the index is up to date, the two agree."""
    chance = RandomWorld(Random(seed))
    for _ in range(15):
        chance.change()
    scope = chance.random.choice([Scope(), Scope(exclude_labels=("内部",)), Scope(comments=False)])
    mirror = ConfluenceConnector(chance.site, scope)
    before = listing(mirror)
    for _ in range(8):
        if world_pages(chance.world):
            chance.random.choice([chance.change, chance.upheave])()
    after = listing(mirror)
    assert mirror.confirm_gone(before) == before.keys() - after.keys()


# Now


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9))
def test_a_check_says_what_a_full_listing_would(seed: int) -> None:
    chance = RandomWorld(Random(seed))
    for _ in range(10):
        chance.change()
    mirror = ConfluenceConnector(chance.site)
    before = listing(mirror)
    for _ in range(5):
        if world_pages(chance.world):
            chance.random.choice([chance.change, chance.upheave])()
    now = ConfluenceConnector(chance.site)
    after = listing(now)
    for one, ref in before.items():
        presence = mirror.check(ref)
        assert presence.exists == (one in after)
        if presence.exists:
            assert presence.version == after[one].version
            assert presence.readers == now.readers(after[one])


def test_a_check_remembers_nothing(site: WorldSite, connector: Make) -> None:
    """Neither who is in a layer nor what somebody's address is, nor an included page's state."""
    world = site.world
    sato = world.add_user("佐藤", "sato@example.co.jp")
    target = world.add_page("ENG", "共通")
    page = world.add_page("ENG", "頁", include("共通"))
    mirror = connector()
    ref = mirror.fetch(listing(mirror)[page]).ref
    first = mirror.check(ref)
    assert first.version == ref.version
    world.restrict(page, [sato])
    second = mirror.check(ref)
    assert frozenset({"user:sato@example.co.jp"}) in second.readers
    world.people[sato].email = "suzuki@example.co.jp"
    assert frozenset({"user:suzuki@example.co.jp"}) in mirror.check(ref).readers
    world.edit(target, "<p>新</p>")
    assert mirror.check(ref).version != second.version


def test_a_check_that_can_not_be_answered_raises(site: WorldSite, connector: Make) -> None:
    page = site.world.add_page("ENG", "頁")
    mirror = connector()
    ref = listing(mirror)[page]
    site.refuse("search", 500)
    with pytest.raises(ConnectorError):
        mirror.check(ref)
