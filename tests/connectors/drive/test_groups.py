"""Groups of the directory become principals; where it is closed, what groups may read is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs.drive import DriveRig

from connectors.drive import groups
from connectors.drive.api import Directory, Google, GoogleError

DOMAIN = "domain:example.co.jp"


@pytest.fixture
def rig() -> Iterator[DriveRig]:
    with DriveRig() as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def google(rig: DriveRig, tmp_path: Path) -> Iterator[Google]:
    """An account that may speak for everybody."""
    key = rig.credentials("delegated", tmp_path)
    found = Google(key, api_url=rig.url, backoff=0.001, attempts=2)
    yield found
    found.close()


@pytest.fixture
def directory(rig: DriveRig, google: Google) -> Directory:
    return google.directory(rig.site.admin)


def members(found: groups.Groups) -> dict[str, set[str]]:
    return {one.principal: set(one.members) for one in found.groups}


def test_members_are_principals_of_their_own_kind(rig: DriveRig, directory: Directory) -> None:
    """People here and elsewhere, groups in groups, everybody of the organisation."""
    site = rig.site
    site.add_group("Inner@example.co.jp", members=["tanaka@example.co.jp"])
    site.add_group("all@example.co.jp", members=["inner@example.co.jp", "*", "Guest@example.com"])
    found = groups.read(directory)
    assert found.remark is None
    assert members(found) == {
        "group:google:all@example.co.jp": {
            "group:google:inner@example.co.jp",
            DOMAIN,
            "user:guest@example.com",
        },
        "group:google:inner@example.co.jp": {"user:tanaka@example.co.jp"},
    }


def test_only_groups_that_are_wanted_are_asked_for(rig: DriveRig, directory: Directory) -> None:
    """And those nested in them, each once: a directory may hold thousands."""
    site = rig.site
    for number in range(20):
        site.add_group(f"g{number}@example.co.jp", members=["tanaka@example.co.jp"])
    site.add_group("inner@example.co.jp", members=["sato@example.co.jp"])
    for name in ("a", "b"):
        site.add_group(f"{name}@example.co.jp", members=["inner@example.co.jp"])
    found = groups.read(directory, ["A@example.co.jp", "b@example.co.jp", "b@example.co.jp"])
    assert set(members(found)) == {
        f"group:google:{name}@example.co.jp" for name in ("a", "b", "inner")
    }
    assert rig.routes["members.list"] == 3
    assert "groups.list" not in rig.routes


def test_no_group_is_wanted_where_none_is_named(rig: DriveRig, directory: Directory) -> None:
    """Then nothing is asked."""
    assert groups.read(directory, []) == groups.Groups(())
    assert rig.requests == 0


def test_circles_of_groups_end(rig: DriveRig, directory: Directory) -> None:
    """Google refuses to make them by its own pages, and has them all the same."""
    site = rig.site
    site.add_group("a@example.co.jp", members=["sato@example.co.jp"])
    site.add_group("b@example.co.jp", members=["a@example.co.jp"])
    site.add_member("a@example.co.jp", "b@example.co.jp")
    site.add_member("a@example.co.jp", "a@example.co.jp")
    found = members(groups.read(directory, ["a@example.co.jp"]))
    assert found["group:google:b@example.co.jp"] == {"group:google:a@example.co.jp"}
    assert rig.routes["members.list"] == 2


def test_a_group_of_others_is_left_out_and_told(rig: DriveRig, directory: Directory) -> None:
    """Its members are nobody's to see; the groups that can be read are."""
    rig.site.add_group("a@example.co.jp", members=["sato@example.co.jp"])
    found = groups.read(directory, ["partners@example.com", "a@example.co.jp"])
    assert set(members(found)) == {"group:google:a@example.co.jp"}
    assert found.remark is not None
    assert found.remark.level == "warning"
    assert "1 groups" in found.remark.message
    assert "partners" not in found.remark.message


@pytest.mark.parametrize("wanted", [None, ["a@example.co.jp"]])
@pytest.mark.parametrize("trouble", ["no delegation", "api off", "no administrator", "nobody"])
def test_a_directory_that_is_closed_gives_no_groups_and_says_why(
    trouble: str, wanted: list[str] | None, rig: DriveRig, google: Google
) -> None:
    """So that what only a group may read is for nobody, and somebody learns of it."""
    rig.site.add_group("a@example.co.jp", members=["sato@example.co.jp"])
    admin, says = rig.site.admin, ""
    match trouble:
        case "no delegation":
            rig.configure(delegation=frozenset())
            says = "Domain-wide delegation"
        case "api off":
            rig.configure(disabled=frozenset({"admin"}))
            says = "admin.googleapis.com"
        case "no administrator":
            admin, says = rig.site.owner, "403"
        case "nobody":
            admin, says = "nobody@example.co.jp", "no user of this Google Workspace"
    found = groups.read(google.directory(admin), wanted)
    assert found.groups == ()
    assert found.remark is not None
    assert says in found.remark.message
    assert "\n" not in found.remark.message


@pytest.mark.parametrize("wanted", [None, ["a@example.co.jp"]])
@pytest.mark.parametrize(
    "reason", ["userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", 503]
)
def test_trouble_that_passes_is_no_answer(
    reason: str | int, wanted: list[str] | None, rig: DriveRig, directory: Directory
) -> None:
    """To take a hiccup for "no groups" would shut everybody out until the next sync."""
    rig.site.add_group("a@example.co.jp", members=["sato@example.co.jp"])
    rig.fail(reason, "/admin/directory/*", times=None)
    with pytest.raises(GoogleError):
        groups.read(directory, wanted)
    rig.recover()
    assert len(groups.read(directory, wanted).groups) == 1
