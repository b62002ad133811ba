"""Pages within pages: whose text comes along, and what that does to versions."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_world import RandomWorld, include
from world_site import WorldSite

from connectors.base import Document, Ref
from connectors.confluence import ConfluenceConnector, Scope, macros
from connectors.confluence.storage import Storage

Make = Callable[..., ConfluenceConnector]


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def fetched(connector: ConfluenceConnector, page: str) -> tuple[Storage, Document]:
    document = connector.fetch(listing(connector)[page])
    return Storage.from_bytes(document.body), document


def test_an_included_page_comes_along(site: WorldSite, connector: Make) -> None:
    site.world.add_page("ENG", "共通", "<p>共通の注意</p>")
    host = site.world.add_page("ENG", "案内", include("共通"))
    assert fetched(connector(), host)[0].included == {":共通": "<p>共通の注意</p>"}


def test_pages_within_included_pages_come_along_three_deep(
    site: WorldSite, connector: Make
) -> None:
    for number in range(1, 6):
        site.world.add_page("ENG", f"頁{number}", include(f"頁{number + 1}"))
    host = site.world.add_page("ENG", "頁0", include("頁1"))
    assert fetched(connector(), host)[0].included.keys() == {":頁1", ":頁2", ":頁3"}


def test_a_page_that_includes_itself_ends(site: WorldSite, connector: Make) -> None:
    """Also by way of another one."""
    site.world.add_page("ENG", "甲", include("乙"))
    host = site.world.add_page("ENG", "乙", include("乙") + include("甲"))
    storage, document = fetched(connector(), host)
    assert storage.included == {":乙": None, ":甲": include("乙")}
    assert listing(connector())[host] == document.ref


def test_an_included_page_of_another_space_means_its_own_space(
    site: WorldSite, connector: Make
) -> None:
    """What it names is named from where it stands; quoted markup is not touched."""
    world = site.world
    world.add_space("HR")
    world.add_page("ENG", "詳細", "<p>別の頁</p>")
    world.add_page("HR", "詳細", "<p>人事の詳細</p>")
    quoted = '<![CDATA[<ri:page ri:content-title="例"/>]]>'
    world.add_page("HR", "給与", include("詳細") + quoted)
    host = world.add_page("ENG", "案内", include("給与", "HR"))
    included = fetched(connector(), host)[0].included
    assert included["HR:詳細"] == "<p>人事の詳細</p>"
    assert 'ri:space-key="HR"' in (included["HR:給与"] or "")
    assert quoted in (included["HR:給与"] or "")
    assert ":詳細" not in included


@pytest.mark.parametrize(
    "restricted", ["included", "above", "space", "unreadable", "excluded", "missing"]
)
def test_what_not_everybody_may_read_does_not_come_along(
    site: WorldSite, connector: Make, restricted: str
) -> None:
    world = site.world
    world.add_space("HR", groups=["人事"] if restricted == "space" else ("confluence-users",))
    above = world.add_page("HR", "上", "<p>上</p>")
    target = world.add_page("HR", "給与", "<p>秘密の表</p>", parent=above)
    host = world.add_page("ENG", "案内", include("給与", "HR"))
    scope = Scope()
    match restricted:
        case "included":
            world.restrict(target, groups=["人事"])
        case "above":
            world.restrict(above, groups=["人事"])
        case "unreadable":
            site.refuse("space_readers", 403, when=lambda key: key == "HR")
        case "excluded":
            scope = Scope(exclude_pages=(above,))
        case "missing":
            world.delete(target)
    storage, document = fetched(connector(scope), host)
    assert storage.included == {"HR:給与": None}
    assert "秘密" not in document.body.decode()


def test_the_same_restriction_on_both_lets_it_come_along(site: WorldSite, connector: Make) -> None:
    world = site.world
    above = world.add_page("ENG", "人事", "<p>上</p>")
    world.restrict(above, groups=["人事"])
    world.add_page("ENG", "給与", "<p>表</p>", parent=above)
    host = world.add_page("ENG", "案内", include("給与"), parent=above)
    assert fetched(connector(), host)[0].included == {":給与": "<p>表</p>"}


def test_a_changed_include_changes_the_version(site: WorldSite, connector: Make) -> None:
    """So do another restriction of it, its end, and a page that takes its name."""
    world = site.world
    target = world.add_page("ENG", "共通", "<p>旧</p>")
    host = world.add_page("ENG", "案内", include("共通"))
    versions = [fetched(connector(), host)[1].ref.version]

    def changed() -> None:
        listed = listing(connector())[host].version
        assert listed not in versions
        assert fetched(connector(), host)[1].ref.version == listed
        versions.append(listed)

    assert listing(connector())[host].version == versions[0]
    world.edit(target, "<p>新</p>")
    changed()
    world.restrict(target, groups=["人事"])
    changed()
    world.unrestrict(target)
    assert listing(connector())[host].version == versions[1]
    world.delete(target)
    assert listing(connector())[host].version == versions[2], "not shown is not shown"
    world.add_page("ENG", "共通", "<p>別</p>")
    changed()


def test_without_a_memory_includes_do_not_touch_versions(site: WorldSite, connector: Make) -> None:
    """The next process could not know them: every run would fetch the page again."""
    site.world.add_page("ENG", "共通", "<p>旧</p>")
    host = site.world.add_page("ENG", "案内", include("共通"))
    mirror = connector(memory=None)
    document = fetched(mirror, host)[1]
    assert document.ref == listing(connector(memory=None))[host]


def test_included_pages_of_other_spaces_cost_no_request_each(
    site: WorldSite, connector: Make
) -> None:
    world = site.world
    world.add_space("HR")
    for number in range(20):
        world.add_page("HR", f"共通{number}", "<p>共通</p>")
        world.add_page("ENG", f"案内{number}", include(f"共通{number}", "HR"))
    scope = Scope(spaces=("ENG",))
    mirror = connector(scope)
    list(mirror.fetch_all(list(listing(mirror).values())))
    site.asked.clear()
    listing(connector(scope))
    assert site.asked["search"] <= 5
    site.asked.clear()
    listing(connector())
    assert site.asked["search"] == 6, "what is listed anyway is not asked for"


def test_a_broken_page_leaves_those_that_include_it_without_it(
    site: WorldSite, connector: Make
) -> None:
    """And without nothing else: it is asked for in halves until it is alone."""
    world = site.world
    targets = [world.add_page("ENG", f"共通{n}", f"<p>文{n}</p>") for n in range(10)]
    hosts = [world.add_page("ENG", f"頁{n}", include(f"共通{n}")) for n in range(10)]
    bad = targets[6]
    mirror = connector()
    refs = [ref for one, ref in listing(mirror).items() if one in hosts]
    site.refuse("search", 500, when=lambda cql: bad in cql)
    got = {one.ref.id: one for one in mirror.fetch_all(refs)}
    for number, host in enumerate(hosts):
        document = got[host]
        assert isinstance(document, Document)
        body = None if number == 6 else f"<p>文{number}</p>"
        assert Storage.from_bytes(document.body).included == {f":共通{number}": body}


def test_a_page_that_came_along_is_not_fetched_again_for_itself(
    site: WorldSite, connector: Make
) -> None:
    target = site.world.add_page("ENG", "共通", "<p>旧</p>")
    host = site.world.add_page("ENG", "頁", include("共通"))
    mirror = connector()
    refs = listing(mirror)
    mirror.fetch(refs[host])
    assert "旧" in mirror.fetch(refs[target]).body.decode()
    assert sorted(site.bodies) == sorted([host, target])
    site.world.edit(target, "<p>新</p>")
    assert "新" in mirror.fetch(listing(mirror)[target]).body.decode()


def test_a_page_that_was_fetched_is_not_fetched_again_for_who_includes_it(
    site: WorldSite, connector: Make
) -> None:
    targets = [site.world.add_page("ENG", f"共通{n}", "<p>文</p>") for n in range(30)]
    hosts = [site.world.add_page("ENG", f"頁{n}", include(f"共通{n}")) for n in range(30)]
    mirror = connector()
    assert len(list(mirror.fetch_all(list(listing(mirror).values())))) == 60
    assert sorted(site.bodies) == sorted([*targets, *hosts])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_nothing_is_shown_to_who_may_not_view_it(seed: int) -> None:
    """Every included body's own viewers hold all viewers of the page around it."""
    chance = RandomWorld(Random(seed))
    world = chance.world
    for one in world.contents.values():
        one.body += f"<p>印{one.id}。</p>"
    mirror = ConfluenceConnector(chance.site)
    for document in mirror.fetch_all(list(listing(mirror).values())):
        assert isinstance(document, Document)
        body = document.body.decode()
        for one in world.contents.values():
            if f"印{one.id}。" in body:
                assert chance.viewers(document.ref.id) <= chance.viewers(one.id)


CLOUD_EXCERPT = (
    '<ac:structured-macro ac:name="excerpt-include" ac:schema-version="1" data-layout="default">'
    '<ac:parameter ac:name="">'
    '<ac:link><ri:page ri:content-title="A &amp; B" ri:version-at-save="2"/></ac:link>'
    '</ac:parameter><ac:parameter ac:name="nopanel">true</ac:parameter></ac:structured-macro>'
)
OLD_EXCERPT = (
    '<ac:structured-macro ac:name="excerpt-include"><ac:parameter ac:name="nopanel">true'
    '</ac:parameter><ac:parameter ac:name="default-parameter">HR:給与 &amp; 手当</ac:parameter>'
    "</ac:structured-macro>"
)


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        (CLOUD_EXCERPT, [("", "A & B")]),
        (OLD_EXCERPT, [("HR", "給与 & 手当")]),
        (OLD_EXCERPT.replace("HR:", ""), [("", "給与 & 手当")]),
        (include("頁", "~sato"), [("~sato", "頁")]),
        (include("頁").replace('"', "'"), [("", "頁")]),
        (include("頁") * 2, [("", "頁")]),
        (f"<ac:plain-text-body><![CDATA[{include('頁')}]]></ac:plain-text-body>", []),
        (include("頁", name="code"), []),
        (include("頁").replace("</ac:structured-macro>", ""), []),
        (include("長" * 10_000), []),
        ("<p>include</p>", []),
    ],
)
def test_the_shapes_of_includes(markup: str, names: list[tuple[str, str]]) -> None:
    """Of Cloud and Data Center, old and new; what is only quoted is none."""
    assert macros.included(markup) == names


def test_the_shapes_of_mentions() -> None:
    markup = (
        '<ac:link><ri:user ri:account-id="557058:a-b"/></ac:link>'
        "<ri:user ri:userkey='8a7f'/><ri:user ri:username=\"sato\" />"
    )
    assert macros.people(markup) == {"557058:a-b", "8a7f", "sato"}
