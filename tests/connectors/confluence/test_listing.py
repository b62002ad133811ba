"""Full listings: every document once, what fails is said after the rest, and little is held."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest
from world_site import WorldSite

from connectors.base import ConnectorError, Cursor, Ref
from connectors.confluence import ConfluenceConnector, Scope

Make = Callable[..., ConfluenceConnector]


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def broken_off(connector: ConfluenceConnector) -> tuple[list[Ref], str]:
    """Return what a listing yielded before it raised, and what it said."""
    found: list[object] = []
    with pytest.raises(ConnectorError) as raised:
        found.extend(connector.changes(None))
    assert "\n" not in str(raised.value)
    assert not [one for one in found if isinstance(one, Cursor)], "it would cover what is missing"
    return [one for one in found if isinstance(one, Ref)], str(raised.value)


def test_pages_posts_threads_and_attachments_are_documents(
    site: WorldSite, connector: Make
) -> None:
    world = site.world
    page = world.add_page("ENG", "頁")
    post = world.add_blogpost("ENG", "記事")
    first = world.comment(page, "<p>問い</p>")
    world.comment(page, "<p>答え</p>", reply_to=first)
    inline = world.comment(post, "<p>問い</p>", inline="語")
    file = world.attach(post, "表.csv", b"a", "text/csv")
    assert listing(connector()).keys() == {page, post, first, inline, file}


def test_what_is_not_current_is_no_document(site: WorldSite, connector: Make) -> None:
    world = site.world
    kept = world.add_page("ENG", "頁", "<p>語</p>")
    world.add_page("ENG", "草稿", draft=True)
    world.add_folder("ENG", "棚")
    for ended in (world.delete, world.archive):
        page = world.add_page("ENG", f"{ended.__name__}")
        world.comment(page, "<p>問い</p>")
        world.attach(page, "表.csv", b"a", "text/csv")
        ended(page)
    world.delete(world.comment(kept, "<p>問い</p>"))
    world.resolve(world.comment(kept, "<p>問い</p>", inline="語"))
    world.delete(world.attach(kept, "表.csv", b"a", "text/csv"))
    refs = listing(connector())
    assert kept in refs
    assert {world.contents[one].kind for one in refs.keys() - {kept}} <= {"comment", "attachment"}
    assert all(world.contents[one].container != kept for one in refs.keys() - {kept})


@pytest.mark.parametrize("name", ["図.PNG", "動画.mp4", "図.drawio", "~図.tmp"])
def test_pictures_are_no_documents(site: WorldSite, connector: Make, name: str) -> None:
    page = site.world.add_page("ENG", "頁")
    site.world.attach(page, name, b"x", "application/octet-stream")
    site.world.attach(page, "名", b"x", "image/png")
    site.world.attach(page, "図", b"x", "application/vnd.jgraph.mxfile")
    assert listing(connector()).keys() == {page}


def test_versions_change_with_content_title_and_place(site: WorldSite, connector: Make) -> None:
    world = site.world
    world.add_space("HR")
    page = world.add_page("ENG", "頁", "<p>本文</p>")
    other = world.add_page("ENG", "別", "<p>本文</p>")
    versions = [listing(connector())[page].version]
    for change in (
        lambda: world.edit(page, "<p>直した</p>"),
        lambda: world.rename(page, "新"),
        lambda: world.move(page, space="HR"),
    ):
        change()
        refs = listing(connector())
        assert refs[page].version not in versions
        versions.append(refs[page].version)
    world.restrict(page, groups=["人事"])
    world.move(page, parent=other)
    world.move(page, space="HR")
    assert listing(connector())[page].version == versions[-1]


def test_a_space_that_fails_lets_the_others_be_listed_first(
    site: WorldSite, connector: Make
) -> None:
    site.world.add_space("BAD")
    site.world.add_space("OPS")
    site.world.add_page("BAD", "頁")
    pages = {site.world.add_page(key, "頁") for key in ("ENG", "OPS")}
    site.refuse("search", 500, when=lambda cql: '"BAD"' in cql)
    refs, said = broken_off(connector())
    assert {ref.id for ref in refs} == pages
    assert "BAD" in said


def test_a_space_that_vanishes_midway_is_said(site: WorldSite, connector: Make) -> None:
    site.world.add_space("HR")
    page = site.world.add_page("ENG", "頁")
    lost = site.world.add_page("HR", "頁")
    mirror = connector(Scope(spaces=("ENG", "HR")))
    refs = listing(mirror)
    site.world.remove_space("HR")
    assert {ref.id for ref in broken_off(mirror)[0]} == {page}
    with pytest.raises(ConnectorError):
        mirror.fetch(refs[lost])
    assert listing(connector()).keys() == {page}, "a space that is not named is gone with it"


@pytest.mark.parametrize("part", ["type in", "type = comment", "type = attachment"])
def test_a_listing_that_is_cut_short_raises(site: WorldSite, connector: Make, part: str) -> None:
    """Also that of comments or attachments alone: what it lacks would be deleted."""
    for number in range(5):
        page = site.world.add_page("ENG", f"頁{number}")
        site.world.comment(page, "<p>問い</p>")
        site.world.attach(page, "表.csv", b"a", "text/csv")
    whole = listing(connector())
    site.refuse("search", 0, when=lambda cql: part in cql, after=2)
    refs, _ = broken_off(connector())
    assert {ref.id for ref in refs} < whole.keys()
    assert all(whole[ref.id] == ref for ref in refs)


def test_refused_credentials_end_the_listing_at_once(site: WorldSite, connector: Make) -> None:
    for number in range(20):
        site.world.add_page(site.world.add_space(f"S{number}"), "頁")
    site.refuse("search", 401)
    refs, said = broken_off(connector())
    assert not refs
    assert "CONFLUENCE_TOKEN" in said
    assert site.asked["search"] == 1


def test_a_site_that_is_away_is_not_asked_for_every_space(site: WorldSite, connector: Make) -> None:
    for number in range(20):
        site.world.add_page(site.world.add_space(f"S{number}"), "頁")
    mirror = connector()
    changes = mirror.changes(None)
    next(changes)
    site.refuse("*", None)
    site.asked.clear()
    with pytest.raises(ConnectorError):
        list(changes)
    assert site.requests <= 3


def test_an_empty_site_lists_nothing_and_raises_nothing(site: WorldSite, connector: Make) -> None:
    """Whether that is likely, who deletes has to judge."""
    assert not listing(connector())


def test_a_page_that_moves_while_it_is_listed_is_shown_once(
    site: WorldSite, connector: Make
) -> None:
    site.world.add_space("ZZZ")
    page = site.world.add_page("ENG", "頁")
    changes = connector().changes(None)
    found = [next(changes)]
    site.world.move(page, space="ZZZ")
    found += changes
    assert len([one for one in found if isinstance(one, Ref) and one.id == page]) == 1


def test_a_listing_of_many_pages_holds_little(site: WorldSite, connector: Make) -> None:
    """Under 500 bytes a page: measured 244 afterwards and 369 at the most, ids included."""
    world = site.world
    parents = [None, *(world.add_page("ENG", f"章{n}") for n in range(20))]
    for number in range(4000):
        parent = parents[number % len(parents)]
        page = world.add_page("ENG", f"とても長い題名のある頁 その{number}", parent=parent)
        if number % 10 == 0:
            world.restrict(page, groups=[f"g{number % 70}"])
    listing(connector())  # what the world itself keeps of a search
    mirror = connector()
    gc.collect()
    tracemalloc.start()
    for _ in mirror.changes(None):
        pass
    gc.collect()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / 4000 < 350
    assert peak / 4000 < 500
