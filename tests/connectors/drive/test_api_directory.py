"""The directory over the rig: groups, members and people, with no more rights than are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rigs.drive import DriveRig

from connectors.drive.api import Google, GoogleError
from connectors.drive.values import Member


@pytest.fixture
def rig() -> Iterator[DriveRig]:
    """A Workspace that finds fault with nothing that was asked."""
    with DriveRig() as rig:
        yield rig
        assert rig.violations == []


@pytest.fixture
def delegated(rig: DriveRig, tmp_path: Path) -> Iterator[Google]:
    """One that may speak for everybody, and has nothing of its own."""
    key = rig.credentials("delegated", tmp_path)
    with closing(Google(key, api_url=rig.url, backoff=0.001)) as google:
        yield google


def test_the_directory_tells_groups_members_and_people(rig: DriveRig, delegated: Google) -> None:
    """Groups in groups, everybody, people from elsewhere; nobody who may not log in."""
    site = rig.site
    site.add_user("tanaka@example.co.jp")
    site.add_user("left@example.co.jp")
    site.suspend("left@example.co.jp")
    site.add_group("inner@example.co.jp", members=["tanaka@example.co.jp"])
    site.add_group("all@example.co.jp", members=["inner@example.co.jp", "*", "guest@example.com"])
    directory = delegated.directory(site.admin)
    assert set(directory.groups()) == {"inner@example.co.jp", "all@example.co.jp"}
    assert set(directory.members("all@example.co.jp")) == {
        Member("GROUP", "inner@example.co.jp"),
        Member("CUSTOMER"),
        Member("USER", "guest@example.com"),
    }
    assert set(directory.users()) == {"tanaka@example.co.jp", site.owner, site.admin}


def test_the_directory_comes_in_pages(rig: DriveRig, delegated: Google) -> None:
    """200 members a page."""
    members = [f"m{number}@example.co.jp" for number in range(450)]
    rig.site.add_group("all@example.co.jp", members=members)
    found = delegated.directory(rig.site.admin).members("all@example.co.jp")
    assert {one.email for one in found} == set(members)
    assert rig.routes["members.list"] == 3


def test_no_more_is_asked_for_than_is_needed(rig: DriveRig, delegated: Google) -> None:
    """Delegation of one scope each is enough, and Drive's own covers Sheets and Slides."""
    readonly = "https://www.googleapis.com/auth/drive.readonly"
    group = "https://www.googleapis.com/auth/admin.directory.group.readonly"
    user = "https://www.googleapis.com/auth/admin.directory.user.readonly"
    sheet = rig.site.add_sheet("日当", {"国内": [["東京", 2000]]})
    directory = delegated.directory(rig.site.admin)
    rig.configure(delegation=frozenset({readonly}))
    assert delegated.acting_as(rig.site.owner).sheets(sheet)
    rig.configure(delegation=frozenset({user}))
    assert list(directory.users())
    with pytest.raises(GoogleError, match="Domain-wide delegation"):
        list(directory.groups())
    rig.configure(delegation=frozenset({group}))
    rig.site.add_group("all@example.co.jp")
    assert [directory.members(one) for one in directory.groups()] == [()]


def test_a_directory_that_is_opened_again_has_its_token(rig: DriveRig, delegated: Google) -> None:
    """Each sync asks for groups, and for nothing that it has."""
    for _ in range(3):
        assert list(delegated.directory(rig.site.admin).groups()) == []
    assert rig.routes == {"token": 1, "groups.list": 3}
