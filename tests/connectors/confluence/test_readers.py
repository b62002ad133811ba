"""Who may read: the space's layer, each restricted ancestor's, the page's own."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_world import RandomWorld
from world_site import HOST, WorldSite

from connectors.base import ANYONE, ConnectorError, Readers, Ref
from connectors.confluence import ConfluenceConnector, Scope, layers
from connectors.confluence.people import People
from connectors.confluence.storage import MEDIA_TYPE

Make = Callable[..., ConfluenceConnector]


def listing(connector: ConfluenceConnector) -> dict[str, Ref]:
    return {change.id: change for change in connector.changes(None) if isinstance(change, Ref)}


def admits(readers: Readers, principals: set[str]) -> bool:
    return bool(readers) and all(ANYONE in layer or layer & principals for layer in readers)


def group(name: str) -> str:
    return f"group:confluence:{HOST}:{name}"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_the_layers_admit_exactly_those_who_may_view(seed: int) -> None:
    """Whatever stands above a page, whoever is in which group, whether e-mails are shown or not."""
    chance = RandomWorld(Random(seed))
    for page in chance.pages:
        if chance.world.contents[page].kind == "page" and Random(page).random() < 0.3:
            chance.world.comment(page, "<p>所見</p>")
            chance.world.attach(page, "表.txt", b"text", "text/plain")
    connector = ConfluenceConnector(chance.site)
    refs = listing(connector)
    members = {one.principal: one.members for one in connector.groups()}
    people = People(chance.site, None)
    for ref in refs.values():
        readers = connector.readers(ref)
        allowed = set()
        for person in chance.people:
            (own,) = people.principals([person])
            principals = {own, *(name for name, inside in members.items() if own in inside)}
            if admits(readers, principals):
                allowed.add(person)
        assert allowed == chance.viewers(ref.id)
        # What was listed, what is fetched and what is asked alone agree.
        assert readers == connector.fetch(ref).readers
        assert readers == ConfluenceConnector(chance.site).check(ref).readers


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_covered_means_that_everybody_may_read_it_whoever_is_in_which_group(seed: int) -> None:
    random = Random(seed)
    names = [ANYONE, "user:a", "user:b", group("x"), group("y")]

    def drawn() -> Readers:
        sets = (frozenset(random.sample(names, random.randint(1, 4))) for _ in range(3))
        return layers.compose(list(sets)[: random.randint(0, 3)])

    for _ in range(50):
        host, included = drawn(), drawn()
        if layers.covers(included, host) and host:
            for _ in range(10):
                principals = set(random.sample(names[1:], random.randint(0, 4)))
                assert admits(included, principals) or not admits(host, principals)


def test_nobody_is_covered_by_nobody() -> None:
    """A page whose readers are unknown is shown within no other."""
    assert not layers.covers((), (frozenset({ANYONE}),))
    assert layers.covers((frozenset({ANYONE}),), (frozenset({"user:a"}),))


def test_a_restriction_above_is_a_layer_of_everything_below(
    site: WorldSite, connector: Make
) -> None:
    world = site.world
    sato = world.add_user("佐藤", "Sato@example.co.jp")
    above = world.add_page("ENG", "人事")
    middle = world.add_page("ENG", "給与", parent=above)
    below = world.add_page("ENG", "手当", parent=middle)
    world.restrict(above, [sato])
    world.restrict(below, groups=["HR 部"])
    mirror = connector()
    refs = listing(mirror)
    open_to_all = frozenset({"user:kurage@example.co.jp", group("confluence-users")})
    assert mirror.readers(refs[middle]) == layers.compose(
        [open_to_all, frozenset({"user:sato@example.co.jp"})]
    )
    assert mirror.readers(refs[below]) == layers.compose(
        [open_to_all, frozenset({"user:sato@example.co.jp"}), frozenset({group("HR 部")})]
    )


def test_the_account_counts_only_where_it_is_alone(site: WorldSite, connector: Make) -> None:
    """It is in every restriction that it can see; that says nothing of the person behind it."""
    sato = site.world.add_user("佐藤", "sato@example.co.jp")
    mine, ours = (site.world.add_page("ENG", title) for title in ("秘", "内"))
    site.world.restrict(mine)
    site.world.restrict(ours, [sato])
    mirror = connector()
    refs = listing(mirror)
    assert frozenset({"user:kurage@example.co.jp"}) in mirror.readers(refs[mine])
    assert frozenset({"user:sato@example.co.jp"}) in mirror.readers(refs[ours])


def test_everybody_with_a_licence_is_a_group_of_its_own(site: WorldSite, connector: Make) -> None:
    site.world.add_space("OPEN", groups=(), licensed=True)
    page = site.world.add_page("OPEN", "就業規則")
    site.world.add_user("佐藤", "sato@example.co.jp")
    mirror = connector(Scope(spaces=("OPEN",)))
    (layer,) = mirror.readers(listing(mirror)[page])
    assert group("@licensed") in layer
    groups = {one.principal: one.members for one in mirror.groups()}
    assert "user:sato@example.co.jp" in groups[group("@licensed")]
    assert groups.keys() == {group("@licensed")}, "no group that no readers name"


def test_groups_without_a_listing_are_all_of_the_site(site: WorldSite, connector: Make) -> None:
    """Memberships that are set from a connector that listed nothing must not become empty."""
    site.world.add_group("設計", [site.world.account])
    assert {one.principal for one in connector().groups()} == {
        group("@licensed"),
        group("confluence-users"),
        group("設計"),
    }


def test_a_group_that_can_not_be_read_raises(site: WorldSite, connector: Make) -> None:
    """The memberships of the last time stay then."""
    site.world.add_page("ENG", "頁")
    mirror = connector()
    listing(mirror)
    site.refuse("members", 403)
    with pytest.raises(ConnectorError):
        list(mirror.groups())


@pytest.mark.parametrize("method", ["restriction", "users", "myself", "space_readers"])
def test_what_can_not_be_read_is_readable_by_nobody(
    site: WorldSite, connector: Make, method: str
) -> None:
    sato = site.world.add_user("佐藤", "sato@example.co.jp")
    folder = site.world.add_folder("ENG", "棚")
    page = site.world.add_page("ENG", "秘", parent=folder)
    site.world.restrict(page, [sato])
    before = listing(connector())[page]
    site.refuse(method, 403)
    mirror = connector(memory=None)
    ref = listing(mirror)[page]
    assert ref.readers_version != before.readers_version
    with pytest.raises(ConnectorError):
        mirror.readers(ref)
    with pytest.raises(ConnectorError):
        mirror.fetch(ref)
    with pytest.raises(ConnectorError):
        mirror.check(ref)


def test_readers_of_the_source_count_where_a_space_does_not_tell(
    site: WorldSite, connector: Make
) -> None:
    """Only for the space: what is restricted stays restricted."""
    sato = site.world.add_user("佐藤", "sato@example.co.jp")
    page = site.world.add_page("ENG", "秘")
    site.world.restrict(page, [sato])
    site.refuse("space_readers", 403)
    mirror = connector(readers=["domain:example.co.jp"])
    assert set(mirror.readers(listing(mirror)[page])) == {
        frozenset({"domain:example.co.jp"}),
        frozenset({"user:sato@example.co.jp"}),
    }


def test_a_restriction_longer_than_an_answer_is_asked_for(site: WorldSite, connector: Make) -> None:
    sato = site.world.add_user("佐藤", "sato@example.co.jp")
    page = site.world.add_page("ENG", "秘")
    site.world.restrict(page, [sato])
    site.truncated.add(page)
    mirror = connector()
    ref = listing(mirror)[page]
    assert frozenset({"user:sato@example.co.jp"}) in mirror.readers(ref)
    assert site.asked["restriction"] == 1
    assert mirror.fetch(ref).media_type == MEDIA_TYPE


def test_restrictions_cost_no_request_of_their_own(site: WorldSite, connector: Make) -> None:
    """A hundred restricted pages below each other's ancestors: the listing tells them all."""
    world = site.world
    people = [world.add_user(f"人{n}", f"p{n}@example.co.jp") for n in range(20)]
    parent = None
    for number in range(100):
        parent = world.add_page("ENG", f"頁{number}", parent=parent if number % 5 else None)
        world.restrict(parent, [people[number % 20]])
    listing(connector())
    assert site.requests <= 12


def test_an_ancestor_that_no_listing_shows_is_asked_for_once(
    site: WorldSite, connector: Make
) -> None:
    world = site.world
    sato = world.add_user("佐藤", "sato@example.co.jp")
    folder = world.add_folder("ENG", "棚")
    world.restrict(folder, [sato])
    pages = [world.add_page("ENG", f"頁{n}", parent=folder) for n in range(30)]
    mirror = connector()
    refs = listing(mirror)
    assert all(
        frozenset({"user:sato@example.co.jp"}) in mirror.readers(refs[page]) for page in pages
    )
    assert site.asked["restriction"] == 1


def test_what_is_open_to_all_who_may_use_confluence_can_be_for_anyone(
    site: WorldSite, connector: Make
) -> None:
    """Where the operator says that all whom the bot serves may use Confluence, and only there."""
    world = site.world
    world.add_space("OPEN", groups=(), licensed=True)
    world.add_space("HR", groups=["人事"])
    pages = {key: world.add_page(key, "頁") for key in ("ENG", "OPEN", "HR")}
    closed = world.add_page("OPEN", "秘")
    world.restrict(closed, groups=["人事"])
    mirror = connector(everyone_licensed=True)
    refs = listing(mirror)
    anyone = frozenset({ANYONE})
    assert mirror.readers(refs[pages["ENG"]]) == mirror.readers(refs[pages["OPEN"]]) == (anyone,)
    assert anyone not in mirror.readers(refs[pages["HR"]])
    assert mirror.readers(refs[closed]) == layers.compose([anyone, frozenset({group("人事")})])
    plain = connector()
    assert not any(anyone in plain.readers(ref) for ref in listing(plain).values())
