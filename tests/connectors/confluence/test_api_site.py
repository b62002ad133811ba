"""What a site tells beside its contents: what exists, who reads spaces, people, the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_sites import EDITIONS, opened
from rigs.confluence import ConfluenceRig, Fault

from connectors.base import ConnectorError
from connectors.confluence.api.address import Address
from connectors.confluence.api.cloud import CloudSite
from connectors.confluence.api.connection import Connection
from connectors.confluence.api.data_center import DataCenterSite
from connectors.confluence.values import Site, Space, SpaceReaders, User
from connectors.http import HttpError


@pytest.fixture(params=EDITIONS)
def rig(request: pytest.FixtureRequest) -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition=request.param) as rig:
        rig.site.add_space("ENG", name="開発")
        yield rig


@pytest.fixture
def site(rig: ConfluenceRig) -> Iterator[Site]:
    with opened(rig) as site:
        yield site


@pytest.fixture
def cloud() -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition="cloud") as rig:
        yield rig


@pytest.fixture
def data_center() -> Iterator[ConfluenceRig]:
    with ConfluenceRig(edition="data-center") as rig:
        yield rig


def is_cloud(rig: ConfluenceRig) -> bool:
    return bool(rig.settings.edition == "cloud")


def test_what_exists_is_asked_of_the_database(rig: ConfluenceRig, site: Site) -> None:
    """Pages, posts, comments and files that are current, each with its space; nothing else."""
    world = rig.site
    world.add_space("HR")
    page, post = world.add_page("ENG", "一"), world.add_blogpost("HR", "二")
    footer, inline = world.comment(page, "<p>?</p>"), world.comment(page, "<p>?</p>", inline="一")
    file = world.attach(post, "a.txt", b"a")
    gone, archived = world.add_page("ENG", "三"), world.add_page("ENG", "四")
    on_gone = world.comment(gone, "<p>?</p>")
    world.delete(gone)
    world.archive(archived)
    hidden = world.add_page("ENG", "五")
    world.restrict(hidden, groups=["nobody-here"], account=False)
    asked = [page, post, footer, inline, file, gone, archived, on_gone, hidden]
    there = {page: "ENG", post: "HR", footer: "ENG", inline: "ENG", file: "HR"}
    assert site.exists([*asked, "99999999", "att1", "../x"]) == there
    assert site.exists([]) == {}


def test_thousands_of_ids_are_asked_for_in_batches(cloud: ConfluenceRig) -> None:
    cloud.site.add_space("ENG")
    ids = [cloud.site.add_page("ENG", f"{n}") for n in range(600)]
    with opened(cloud) as site:
        assert site.exists(ids) == dict.fromkeys(ids, "ENG")
    assert len(cloud.journal) == 4


def test_an_answer_that_fails_is_no_absence(rig: ConfluenceRig, site: Site) -> None:
    """Otherwise a fault of the service would delete the mirror."""
    page = rig.site.add_page("ENG", "一")
    rig.fault(Fault(status=500, times=None))
    with pytest.raises(HttpError, match="500"):
        site.exists([page])


def test_every_space_is_told(rig: ConfluenceRig, site: Site) -> None:
    world = rig.site
    world.add_space("OLD", archived=True)
    world.add_space("~sato", personal=True)
    told = {space.key: space for space in site.spaces()}
    assert told["ENG"] == Space("ENG", str(world.spaces["ENG"].id), "開発", personal=False)
    assert told["OLD"].archived
    assert told["~sato"].personal
    assert len(told) == 3


def test_more_spaces_than_a_page_holds_are_told(rig: ConfluenceRig, site: Site) -> None:
    for number in range(600):
        rig.site.add_space(f"S{number}")
    assert len({space.key for space in site.spaces()}) == 601


def test_the_readers_of_a_space_are_told(rig: ConfluenceRig, site: Site) -> None:
    world = rig.site
    user = world.add_user("佐藤花子", "sato@example.co.jp")
    world.add_group("jinji", [user])
    world.add_space("HR", users=[user], groups=["jinji"])
    world.add_space("PR", anonymous=True)
    world.add_space("IT", licensed=is_cloud(rig), groups=[] if is_cloud(rig) else ["jinji"])
    readers = {space.key: site.space_readers(space) for space in site.spaces()}
    assert user in readers["HR"].users
    assert readers["HR"].groups == {"jinji"}
    assert not readers["HR"].licensed
    assert not readers["HR"].anonymous
    assert readers["PR"].anonymous
    assert readers["IT"].licensed == is_cloud(rig)


def space_readers(permissions: list[dict[str, object]], roles: object = None) -> SpaceReaders:
    """Return what a Cloud site makes of such answers."""
    groups = [{"type": "group", "name": "jinji", "id": "g-1"}]
    answers = {
        "api/v2/spaces/1/permissions": {"results": permissions},
        "api/v2/spaces/1/role-assignments": {"results": roles},
        "rest/api/group": {"results": groups, "start": 0, "limit": 200, "size": 1},
    }

    class Told(CloudSite):
        def _get(self, path: str, params: object = None, **how: object) -> object:
            return answers[path]

    return Told(None, 1).space_readers(Space("K", "1", "K", personal=False))  # type: ignore[arg-type]


def permission(kind: str, name: str, key: str = "read", target: str = "space") -> dict[str, object]:
    return {
        "id": f"{kind}{name}{key}",
        "principal": {"type": kind, "id": name},
        "operation": {"key": key, "targetType": target},
    }


def assignment(kind: str, name: str, role: str) -> dict[str, object]:
    return {"principal": {"principalType": kind, "principalId": name}, "roleId": role}


def test_only_who_may_view_a_space_reads_it() -> None:
    given = [permission("user", "a"), permission("user", "b", "create", "page")]
    given += [permission("group", "g-1"), permission("group", "deleted")]
    assert space_readers(given) == SpaceReaders(frozenset("a"), frozenset({"jinji"}))


def test_a_role_reads_for_those_who_are_in_it() -> None:
    given = [permission("role", "viewer"), permission("role", "writer", "create", "page")]
    roles = [
        assignment("USER", "a", "viewer"),
        assignment("GROUP", "g-1", "viewer"),
        assignment("ACCESS_CLASS", "all-licensed-users", "viewer"),
        assignment("USER", "b", "writer"),
    ]
    told = SpaceReaders(frozenset("a"), frozenset({"jinji"}), licensed=True)
    assert space_readers(given, roles) == told


def test_a_class_of_people_that_we_can_not_tell_apart_reads_nothing() -> None:
    """Fails closed: the customers of a service desk, and whatever comes next."""
    given = [permission("role", "viewer"), permission("access_class", "jsm-project-admins")]
    assert space_readers(given, [assignment("ACCESS_CLASS", "new", "viewer")]) == SpaceReaders()


@pytest.mark.parametrize(
    ("settings", "hint"),
    [({"permissions_api": False}, "since version 9.1"), ({"admin": False}, "an administrator")],
)
def test_permissions_that_data_center_does_not_tell_are_no_permissions(
    data_center: ConfluenceRig, settings: dict[str, bool], hint: str
) -> None:
    """Before 9.1 there is no such path; without the right, it answers 500 (CONFSERVER-99908)."""
    data_center.site.add_space("ENG")
    for name, value in settings.items():
        setattr(data_center.settings, name, value)
    with opened(data_center) as site:
        (space,) = site.spaces()
        with pytest.raises(ConnectorError, match=f"space ENG.*{hint}.*`readers`"):
            site.space_readers(space)


def test_a_fault_that_passes_does_not_hide_the_readers_of_a_space(
    data_center: ConfluenceRig,
) -> None:
    """A space that cannot be read is nobody's until the next run."""
    data_center.site.add_space("ENG", groups=["jinji"])
    data_center.site.add_group("jinji", [])
    with opened(data_center) as site:
        (space,) = site.spaces()
        for status in (500, 503):
            data_center.fault(Fault(path="*/permissions*", status=status, times=4))
            assert site.space_readers(space).groups == {"jinji"}


def test_permissions_that_are_never_told_are_asked_for_with_less_patience(
    data_center: ConfluenceRig,
) -> None:
    for key in ("ENG", "HR"):
        data_center.site.add_space(key)
    data_center.settings.admin = False
    with opened(data_center) as site:
        first, second = site.spaces()
        for space, requests in ((first, 5), (second, 2)):
            data_center.forget()
            with pytest.raises(ConnectorError, match="an administrator"):
                site.space_readers(space)
            assert data_center.requests == requests


def test_permissions_that_cloud_does_not_tell_are_no_permissions(cloud: ConfluenceRig) -> None:
    cloud.site.add_space("ENG")
    with opened(cloud) as site:
        (space,) = site.spaces()
        cloud.fault(Fault(path="*/permissions", status=403))
        with pytest.raises(HttpError, match="403"):
            site.space_readers(space)


def test_groups_and_their_members_are_told(rig: ConfluenceRig, site: Site) -> None:
    world = rig.site
    users = [world.add_user(f"人 {n}", f"u{n}@example.co.jp") for n in range(230)]
    world.add_group("人事 / jinji" if is_cloud(rig) else "人事 & jinji", users)
    name = world.add_group("empty", []) or "empty"
    assert {"empty", "人事 / jinji" if is_cloud(rig) else "人事 & jinji"} <= set(site.group_names())
    big = next(name for name in site.group_names() if "jinji" in name)
    assert [user.id for user in site.members(big)] == users
    assert list(site.members(name)) == []
    assert list(site.members("no such group")) == []


def test_the_members_of_a_group_cost_no_request_each(rig: ConfluenceRig, site: Site) -> None:
    """Cloud tells their addresses in the list; Data Center's cost one each, asked by `users`."""
    users = [rig.site.add_user(f"人 {n}", f"u{n}@example.co.jp") for n in range(50)]
    rig.site.add_group("jinji", users)
    told = list(site.members("jinji"))
    assert rig.requests <= 2
    assert [user.email for user in told] == [
        f"u{n}@example.co.jp" if is_cloud(rig) else None for n in range(50)
    ]
    assert {user.email for user in site.users(users).values()} == {
        f"u{n}@example.co.jp" for n in range(50)
    }


def test_a_group_that_was_made_meanwhile_is_found(rig: ConfluenceRig, site: Site) -> None:
    site.group_names()
    user = rig.site.add_user("佐藤花子", "sato@example.co.jp")
    rig.site.add_group("new", [user])
    assert [one.id for one in site.members("new")] == [user]


def test_people_are_told_with_their_address_unless_they_hide_it(
    rig: ConfluenceRig, site: Site
) -> None:
    world = rig.site
    shown = world.add_user("佐藤花子", "sato@example.co.jp")
    hidden = world.add_user("鈴木一郎", "suzuki@example.co.jp", hidden=True)
    told = site.users([shown, hidden, "nobody"])
    assert told.keys() == {shown, hidden}
    assert (told[shown].name, told[shown].email) == ("佐藤花子", "sato@example.co.jp")
    assert (told[hidden].name, told[hidden].email) == ("鈴木一郎", None)
    assert site.users([]) == {}


def test_people_are_asked_for_once_and_a_hundred_together(cloud: ConfluenceRig) -> None:
    users = [cloud.site.add_user(f"人 {n}", f"u{n}@example.co.jp") for n in range(150)]
    with opened(cloud) as site:
        assert site.users([*users, "nobody"]).keys() == set(users)
        assert site.users([*users, "nobody"]).keys() == set(users)
    assert len(cloud.journal) == 2


def test_data_center_knows_people_by_key_or_by_name(data_center: ConfluenceRig) -> None:
    """`ri:username` in old pages, `ri:userkey` in newer ones."""
    user = data_center.site.add_user("佐藤花子", "sato@example.co.jp")
    name = data_center.site.people[user].username
    with opened(data_center) as site:
        told = User(user, "佐藤花子", "sato@example.co.jp", name)
        assert site.users([user, name]) == {user: told, name: told}


def test_without_the_path_of_the_mobile_app_people_have_no_address(
    data_center: ConfluenceRig,
) -> None:
    user = data_center.site.add_user("佐藤花子", "sato@example.co.jp")
    data_center.fault(Fault(path="/rest/mobile/*", status=404, times=None))
    with opened(data_center) as site:
        assert site.users([user])[user].email is None


def test_a_fault_does_not_make_somebody_else_of_a_person(data_center: ConfluenceRig) -> None:
    """Without the address they would be another principal, until the next run."""
    user = data_center.site.add_user("佐藤花子", "sato@example.co.jp")
    data_center.fault(Fault(path="/rest/mobile/*", status=503, times=None))
    with opened(data_center) as site, pytest.raises(HttpError, match="503"):
        site.users([user])


def test_the_site_tells_who_we_are_and_what_time_it_is(rig: ConfluenceRig, site: Site) -> None:
    rig.skew = 3600
    assert site.myself().id == rig.site.account
    assert abs(site.clock().timestamp() - rig.site.clock.now()) < 2
    assert site.requests == rig.requests == 2


def test_the_host_is_the_one_that_people_use(rig: ConfluenceRig, site: Site) -> None:
    assert site.host == rig.url.removeprefix("http://").removesuffix("/wiki")
    assert site.requests == 1
    assert site.host
    assert site.requests == 1


@pytest.mark.parametrize("answer", [{"type": "anonymous", "displayName": "Anonymous"}, {}])
def test_to_be_nobody_is_to_be_refused(answer: dict[str, str]) -> None:
    """Data Center lets an unknown token pass as a visitor, who sees less: a mirror would shrink."""

    class Visited(DataCenterSite):
        def _get(self, path: str, params: object = None, **how: object) -> object:
            return answer

    address = Address("http://127.0.0.1:1", "data-center")
    site = Visited(Connection(address, "http://127.0.0.1:1"), 1)
    with pytest.raises(HttpError, match="as nobody") as raised:
        site.myself()
    assert raised.value.status == 401


def test_a_token_that_expired_is_said_in_one_line(rig: ConfluenceRig, site: Site) -> None:
    rig.expire_token()
    with pytest.raises(HttpError, match=r"401: .*make a new one") as raised:
        site.myself()
    assert "\n" not in str(raised.value)
    assert rig.token not in str(raised.value)
