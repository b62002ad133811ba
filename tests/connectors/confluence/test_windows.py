"""Change windows: edits are told as a full listing would tell them, at the cost of edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_world import RandomWorld, include, world_pages
from world_site import WorldSite

from connectors.base import ConnectorError, Cursor, Gone, Ref
from connectors.confluence import ConfluenceConnector, Scope, cursors

Make = Callable[..., ConfluenceConnector]
HOUR = 3600.0


def told(
    connector: ConfluenceConnector, cursor: Cursor | None = None
) -> tuple[dict[str, Ref], set[str], Cursor]:
    """Return the refs, what is gone, and the cursor, which comes last."""
    changes = list(connector.changes(cursor))
    last = changes.pop()
    assert isinstance(last, Cursor)
    refs = {change.id: change for change in changes if isinstance(change, Ref)}
    return refs, {change.id for change in changes if isinstance(change, Gone)}, last


def mirrored(connector: ConfluenceConnector) -> tuple[dict[str, Ref], Cursor]:
    """Return what a mirror holds after a first sync: everything as it was fetched."""
    refs, _, cursor = told(connector)
    list(connector.fetch_all(list(refs.values())))
    return told(connector)[0], cursor


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_a_window_and_a_full_listing_agree(seed: int) -> None:
    """After any edits: what is told is as it is listed, and every new version is told.

    Deletions, moves and restrictions change no date. They may stay unsaid, never wrong.
    """
    chance = RandomWorld(Random(seed))
    for _ in range(20):
        chance.change()
    with TemporaryDirectory() as folder:
        mirror = ConfluenceConnector(chance.site, memory=Path(folder) / "memory.db")
        before, cursor = mirrored(mirror)
        chance.world.clock.advance(HOUR)
        edits_only = chance.random.random() < 0.5
        for _ in range(chance.random.randint(0, 10)):
            if edits_only or chance.random.random() < 0.7 or not world_pages(chance.world):
                chance.change()
            else:
                chance.upheave()
        news, gone, _ = told(mirror, cursor)
        after, _, _ = told(mirror)
        assert news.items() <= after.items()
        assert not gone & after.keys()
        if edits_only:
            changed = {one for one, ref in after.items() if before.get(one) != ref}
            assert changed <= news.keys()
            assert before.keys() - after.keys() <= gone
        mirror.close()


def test_what_did_not_change_is_not_asked_about(site: WorldSite, connector: Make) -> None:
    for number in range(300):
        page = site.world.add_page("ENG", f"頁{number}", "<p>本文</p>")
        site.world.comment(page, "<p>所見</p>")
    _, cursor = mirrored(connector())
    site.world.clock.advance(HOUR)
    site.asked.clear()
    site.bodies.clear()
    news, _, _ = told(connector(), cursor)
    assert not news
    assert not site.bodies
    assert site.asked == {"spaces": 1, "search": 3}


def test_a_hundred_edits_cost_a_few_requests(site: WorldSite, connector: Make) -> None:
    world = site.world
    parent = world.add_page("ENG", "規程", "<p>本文</p>")
    pages = [world.add_page("ENG", f"頁{n}", "<p>本文</p>", parent=parent) for n in range(300)]
    _, cursor = mirrored(connector())
    world.clock.advance(HOUR)
    for page in pages[:100]:
        world.edit(page, "<p>直した</p>")
    for page in pages[100:150]:
        world.comment(page, "<p>所見</p>")
    site.asked.clear()
    news, _, _ = told(connector(), cursor)
    assert len(news) == 150
    assert site.requests <= 15


def test_a_changed_comment_shows_its_thread(site: WorldSite, connector: Make) -> None:
    world = site.world
    page = world.add_page("ENG", "頁", "<p>本文</p>")
    first = world.comment(page, "<p>問い</p>")
    reply = world.comment(page, "<p>答え</p>", reply_to=first)
    before, cursor = mirrored(connector())
    world.clock.advance(HOUR)
    world.edit(reply, "<p>別の答え</p>")
    news, _, _ = told(connector(), cursor)
    assert news.keys() == {first}
    assert news[first].version != before[first].version


def test_a_resolved_thread_is_gone(site: WorldSite, connector: Make) -> None:
    world = site.world
    page = world.add_page("ENG", "頁", "<p>本文</p>")
    first = world.comment(page, "<p>問い</p>", inline="本文")
    _, cursor = mirrored(connector())
    world.clock.advance(HOUR)
    world.resolve(first)
    assert told(connector(), cursor)[1] == {first}


def test_a_renamed_page_takes_its_threads_along(site: WorldSite, connector: Make) -> None:
    """Their title is the page's."""
    world = site.world
    page = world.add_page("ENG", "旧", "<p>本文</p>")
    first = world.comment(page, "<p>問い</p>")
    _, cursor = mirrored(connector())
    world.clock.advance(HOUR)
    world.rename(page, "新")
    mirror = connector()
    news, _, _ = told(mirror, cursor)
    assert news.keys() == {page, first}
    assert mirror.fetch(news[first]).title == "新"


def test_pages_that_include_a_changed_one_are_told(site: WorldSite, connector: Make) -> None:
    world = site.world
    world.add_space("OTHER")
    world.add_page("ENG", "共通", "<p>旧</p>")
    target = world.add_page("OTHER", "共通", "<p>旧</p>")
    host = world.add_page("ENG", "案内", include("共通", "OTHER"))
    above = world.add_page("ENG", "表紙", include("案内"))
    _, cursor = mirrored(connector())
    world.clock.advance(HOUR)
    world.edit(target, "<p>新</p>")
    mirror = connector()
    news, _, _ = told(mirror, cursor)
    assert news.keys() == {target, host, above}
    assert "新" in mirror.fetch(news[above]).body.decode()


def test_what_was_edited_out_of_scope_is_gone(site: WorldSite, connector: Make) -> None:
    scope = Scope(exclude_labels=("内部",))
    page = site.world.add_page("ENG", "頁", "<p>本文</p>")
    _, cursor = mirrored(connector(scope))
    site.world.clock.advance(HOUR)
    site.world.label(page, "内部")
    site.world.edit(page, "<p>直した</p>")
    news, gone, _ = told(connector(scope), cursor)
    assert not news
    assert gone == {page}


def test_a_page_with_a_comment_out_of_scope_shows_no_thread(
    site: WorldSite, connector: Make
) -> None:
    inside = site.world.add_page("ENG", "内", "<p>本文</p>", labels=["公開"])
    outside = site.world.add_page("ENG", "外", "<p>本文</p>")
    scope = Scope(labels=("公開",))
    _, cursor = mirrored(connector(scope))
    site.world.clock.advance(HOUR)
    thread = site.world.comment(inside, "<p>問い</p>")
    site.world.comment(outside, "<p>問い</p>")
    site.world.attach(outside, "表.txt", b"text", "text/plain")
    assert told(connector(scope), cursor)[0].keys() == {thread}


def test_a_space_that_fails_does_not_hide_the_changes_of_others(
    site: WorldSite, connector: Make
) -> None:
    """What could be told is told; then it raises, so that the cursor stays where it is."""
    site.world.add_space("OTHER")
    pages = [site.world.add_page(key, "頁", "<p>本文</p>") for key in ("ENG", "OTHER")]
    _, cursor = mirrored(connector())
    site.world.clock.advance(HOUR)
    for page in pages:
        site.world.edit(page, "<p>直した</p>")
    site.refuse("search", 400, when=lambda cql: '"OTHER"' in cql)
    found: list[object] = []
    with pytest.raises(ConnectorError, match="OTHER"):
        found.extend(connector().changes(cursor))
    assert [change.id for change in found if isinstance(change, Ref)] == [pages[0]]


@pytest.mark.parametrize("hours", [-5, 3, 27])
def test_the_clock_of_the_site_does_not_matter(
    site: WorldSite, connector: Make, hours: int
) -> None:
    page = site.world.add_page("ENG", "頁", "<p>本文</p>")
    site.world.clock.skew = hours * HOUR
    _, cursor = mirrored(connector())
    site.world.clock.advance(HOUR)
    site.world.edit(page, "<p>直した</p>")
    assert told(connector(), cursor)[0].keys() == {page}


def test_a_cursor_says_how_far_back_to_look() -> None:
    now = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    scope = Scope(spaces=("ENG",))
    cursor = cursors.written(now - timedelta(minutes=95, seconds=5), scope)
    assert cursors.minutes(cursor, now, scope) == 96 + cursors.OVERLAP


@pytest.mark.parametrize(
    "value", ["", "null", "[]", "{}", '{"since": 3}', '{"since": "yesterday", "scope": ""}']
)
def test_a_cursor_that_makes_no_sense_lists_everything(value: str) -> None:
    assert cursors.minutes(Cursor(value), datetime.now(UTC), Scope()) is None


def test_another_scope_or_a_clock_set_back_lists_everything() -> None:
    """A space that was added to the scope has pages that did not change."""
    now = datetime.now(UTC)
    cursor = cursors.written(now, Scope(spaces=("ENG",)))
    assert cursors.minutes(cursor, now, Scope(spaces=("ENG", "HR"))) is None
    assert cursors.minutes(cursor, now - timedelta(hours=1), Scope(spaces=("ENG",))) is None
    assert cursors.minutes(cursor, now + timedelta(days=60), Scope(spaces=("ENG",))) is None
