"""Who may read a file: exactly those whom its permissions let find it, and nobody on doubt."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from drive_site import HR, DriveSite, listing
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ANYONE, ConnectorError
from connectors.drive.access import Access, Rules, verdict
from connectors.drive.values import File, Permission

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GUEST = "guest@partner.example"
SERVICE = "kurage@project.iam.gserviceaccount.com"
PEOPLE = {
    "sato@example.co.jp": {"hr@example.co.jp"},
    "suzuki@example.co.jp": set[str](),
    GUEST: {"hr@example.co.jp"},
}

permissions = st.builds(
    Permission,
    id=st.sampled_from(["1", "2", "3", "4"]),
    type=st.sampled_from(["user", "group", "domain", "anyone", "robot"]),
    role=st.sampled_from(["owner", "writer", "commenter", "reader", "fileOrganizer"]),
    email=st.sampled_from([None, "", *PEOPLE, "hr@example.co.jp", SERVICE, "SATO@example.co.jp"]),
    domain=st.sampled_from([None, "", "example.co.jp"]),
    discoverable=st.booleans(),
    deleted=st.booleans(),
    view=st.sampled_from([None, None, "metadata", "published", "of-2030"]),
    expires=st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
)


def lets(person: str, one: Permission, *, link_shared: bool) -> bool:
    """Tell whether a permission lets a person find a file: as Google's documentation has it."""
    if one.deleted or one.view or (one.expires and one.expires <= NOW):
        return False
    if one.type == "user":
        return (one.email or "").lower() == person
    if one.type == "group":
        return (one.email or "").lower() in PEOPLE[person]
    if not (one.discoverable or link_shared):
        return False
    if one.type == "domain":
        return bool(one.domain) and person.endswith(f"@{one.domain}")
    return one.type == "anyone"


def reads(person: str, principals: frozenset[str]) -> bool:
    mine = {f"user:{person}", f"domain:{person.partition('@')[2]}", ANYONE}
    return bool(principals & (mine | {f"group:google:{one}" for one in PEOPLE[person]}))


class TestVerdict:
    """One file's permissions."""

    @given(st.lists(permissions, max_size=5), st.booleans())
    @settings(deadline=None)
    def test_readers_are_those_whom_a_permission_lets_find_it(
        self, granted: list[Permission], link_shared: bool
    ) -> None:
        told = verdict(granted, Rules(frozenset({SERVICE}), link_shared), NOW).readers
        for person in PEOPLE:
            expected = any(lets(person, one, link_shared=link_shared) for one in granted)
            assert (not isinstance(told, str) and reads(person, told[0])) == expected

    @given(st.lists(permissions, max_size=5), st.booleans())
    @settings(deadline=None)
    def test_it_is_one_layer_that_is_never_empty_or_a_reason(
        self, granted: list[Permission], link_shared: bool
    ) -> None:
        told = verdict(granted, Rules(frozenset({SERVICE}), link_shared), NOW).readers
        if isinstance(told, str):
            assert "nobody may read" in told
            assert "\n" not in told
        else:
            (layer,) = told
            assert layer
            assert f"user:{SERVICE}" not in layer

    @given(st.lists(permissions, max_size=4), permissions)
    @settings(deadline=None)
    def test_what_is_read_of_fallbacks_never_opens_what_could_be_read(
        self, granted: list[Permission], more: Permission
    ) -> None:
        """`readers` of the source count only where nobody could tell who may."""
        rules = Rules(fallback=frozenset({ANYONE}))
        told = verdict(granted, rules, NOW).readers
        assert told == verdict(granted, Rules(), NOW).readers
        wider = verdict([*granted, more], rules, NOW).readers
        if not isinstance(told, str):
            assert not isinstance(wider, str), "a permission more closes nothing"
            assert ANYONE in wider[0] or told[0] <= wider[0]

    @given(st.lists(permissions, max_size=5))
    @settings(deadline=None)
    def test_it_is_looked_at_again_when_somebody_has_to_leave(
        self, granted: list[Permission]
    ) -> None:
        told = verdict(granted, Rules(), NOW)
        if told.until is not None:
            later = datetime.fromtimestamp(told.until, UTC)
            assert later > NOW
            before = verdict(granted, Rules(), later - timedelta(seconds=1)).readers
            assert before == told.readers


class TestSharedDrives:
    """Permissions that are not told beside a file."""

    def test_members_of_the_drive_need_no_request(self) -> None:
        access = Access(Rules(), now=NOW)
        access.learn_drive("D", [Permission("1", "user", "reader", email="sato@example.co.jp")])
        known = File("f", "f", "text/plain", drive="D", permission_ids=frozenset({"1"}))
        told = access.of(known)
        assert told is not None
        assert told.readers == (frozenset({"user:sato@example.co.jp"}),)

    @pytest.mark.parametrize(
        "file",
        [
            File("f", "f", "text/plain", drive="D", permission_ids=frozenset({"1", "2"})),
            File("f", "f", "text/plain", drive="D", permission_ids=frozenset()),
            File("f", "f", "text/plain", drive="E", permission_ids=frozenset({"1"})),
            File("f", "f", "text/plain", drive="D", permission_ids=frozenset({"1"}), limited=True),
            File("f", "f", "text/plain", drive="D", permission_ids=frozenset({"3"})),
            File("f", "f", "text/plain", drive="D"),
        ],
    )
    def test_what_the_members_do_not_tell_is_asked_for_or_closed(self, file: File) -> None:
        access = Access(Rules(), now=NOW)
        access.learn_drive(
            "D",
            [
                Permission("1", "user", "reader", email="sato@example.co.jp"),
                Permission("3", "domain", "reader", domain="example.co.jp", discoverable=True),
            ],
        )
        told = access.of(file)
        assert told is not None
        assert isinstance(told.readers, str), "the account may not ask"

    def test_a_domain_is_asked_for_on_each_file(self, drive: DriveSite) -> None:
        """Whether it finds a file by searching may differ, beside the same grantees."""
        shared = drive.site.add_drive("規程")
        for number in range(3):
            one = drive.site.add_file(f"{number}.md", "本文", shared)
            drive.site.share(one, "example.co.jp", discoverable=number == 1)
        connector = drive.connector()
        readers = {name: connector.readers(ref) for name, ref in listing(connector).items()}
        owner = f"user:{drive.site.owner}"
        assert readers["1.md"] == (frozenset({owner, "domain:example.co.jp"}),)
        assert readers["0.md"] == readers["2.md"] == (frozenset({owner}),)

    def test_a_limited_folder_cuts_off_members(self, drive: DriveSite) -> None:
        shared = drive.site.add_drive("規程")
        drive.site.share(shared, HR)
        closed = drive.site.add_folder("限定", shared)
        drive.site.add_file("限定.md", "本文", closed)
        drive.site.add_file("公開.md", "本文", shared)
        drive.site.share(closed, drive.rig.email, "writer")
        drive.site.limit(closed)
        connector = drive.connector()
        refs = listing(connector)
        assert f"group:google:{HR}" in connector.readers(refs["公開.md"])[0]
        assert f"group:google:{HR}" not in connector.readers(refs["限定.md"])[0]

    @pytest.mark.parametrize("told", [True, False])
    def test_permission_ids_are_no_need(self, drive: DriveSite, told: bool) -> None:
        """Where Google does not tell them, each file is asked."""
        drive.rig.configure(permission_ids=told)
        shared = drive.site.add_drive("規程")
        for number in range(4):
            one = drive.site.add_file(f"{number}.md", "本文", shared)
            drive.site.share(one, f"p{number}@example.co.jp")
        connector = drive.connector()
        for ref in listing(connector).values():
            assert f"user:p{ref.name[0]}@example.co.jp" in connector.readers(ref)[0]


class TestClosed:
    """What could not be read is nobody's, or who the source says."""

    def test_a_viewer_sees_no_readers(self, drive: DriveSite) -> None:
        one = drive.site.add_file("見るだけ.md", "本文", shared=False)
        drive.site.share(one, drive.rig.email)
        connector = drive.connector()
        (ref,) = listing(connector).values()
        with pytest.raises(ConnectorError, match="only view it"):
            connector.readers(ref)
        named = drive.connector(readers=["group:google:hr@example.co.jp"])
        (ref,) = listing(named).values()
        assert named.readers(ref) == (frozenset({"group:google:hr@example.co.jp"}),)

    def test_a_service_that_fails_opens_nothing(self, drive: DriveSite) -> None:
        """Somebody knows who may read: the source's `readers` do not count, and it is asked again.

        The next run, by its change log, finds them.
        """
        one = drive.site.add_file("規程.md", "本文", drive.site.add_drive("規程"))
        drive.site.share(one, HR)
        drive.rig.fail(503, f"/drive/v3/files/{one}/permissions", times=None)
        connector = drive.connector(readers=[ANYONE])
        changes = list(connector.changes(None))
        with pytest.raises(ConnectorError, match="until its permissions can be read"):
            connector.readers(changes[0])  # type: ignore[arg-type]
        drive.rig.recover()
        again = drive.connector(readers=[ANYONE])
        refs = [one for one in again.changes(changes[-1]) if hasattr(one, "version")]  # type: ignore[arg-type]
        assert [f"group:google:{HR}" in again.readers(ref)[0] for ref in refs] == [True]

    def test_what_is_shared_by_link_is_found_by_nobody(self, drive: DriveSite) -> None:
        one = drive.site.add_file("リンク.md", "本文")
        drive.site.share(one)
        connector, linked = drive.connector(), drive.connector(link_shared=True)
        (ref,) = listing(connector).values()
        assert connector.readers(ref) == (frozenset({f"user:{drive.site.owner}"}),)
        (ref,) = listing(linked).values()
        assert linked.readers(ref) == (frozenset({ANYONE}),)

    def test_who_may_read_for_a_time_is_looked_at_again(self, drive: DriveSite) -> None:
        """When the time is over, although no log tells so."""
        one = drive.site.add_file("期限.md", "本文")
        drive.site.share(one, GUEST, expires=drive.site.clock.now() + 3600)
        first = drive.connector()
        changes = list(first.changes(None))
        assert f"user:{GUEST}" in first.readers(changes[0])[0]  # type: ignore[arg-type]
        drive.close()
        # As Google takes back what is over: without a word in a log.
        del drive.site.items[one].grants["user", GUEST]
        drive.site.structure += 1
        assert drive.memory is not None
        with closing(sqlite3.connect(drive.memory)) as database:  # our own clock's hour
            database.execute("UPDATE nodes SET until = until - 3601 WHERE until IS NOT NULL")
            database.commit()
        second = drive.connector()
        again = list(second.changes(changes[-1]))  # type: ignore[arg-type]
        assert f"user:{GUEST}" not in second.readers(again[0])[0]  # type: ignore[arg-type]
        assert len(list(second.changes(again[-1]))) == 1, "a cursor"  # type: ignore[arg-type]
