"""Single files: what an address leads to, why there is no document, what is gone; examinations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from drive_site import HR, DriveSite, listing
from rigs.drive import DriveRig

from connectors.base import ConnectorError, Remark
from connectors.drive import Scope
from connectors.drive.api import Google
from connectors.drive.connector import DriveConnector


def remarks(connector: DriveConnector, level: str) -> str:
    return "\n".join(one.message for one in connector.examine() if one.level == level)


class TestFind:
    """Addresses as people copy them."""

    def test_each_form_of_an_address_leads_to_the_document(self, drive: DriveSite) -> None:
        doc, pdf = (
            drive.site.add_doc("休暇", "# 休暇"),
            drive.site.add_file("規程.pdf", b"%PDF-1.4"),
        )
        connector = drive.connector()
        by_id = {ref.id: ref for ref in listing(connector).values()}
        for form in ("document/d/{}/edit#heading=h.x", "document/u/0/d/{}/edit", "open?id={}"):
            assert connector.find("https://docs.google.com/" + form.format(doc)) == by_id[doc]
        assert connector.find(f"https://drive.google.com/file/d/{pdf}/view") == by_id[pdf]
        assert drive.connector(memory=None).find(pdf) == by_id[pdf]

    def test_a_shortcut_leads_to_its_target(self, drive: DriveSite) -> None:
        target = drive.site.add_file("規程.md", "本文")
        shortcut = drive.site.add_shortcut(target)
        found = drive.connector().find(f"https://drive.google.com/file/d/{shortcut}/view")
        assert found is not None
        assert found.id == target

    def test_what_is_opened_by_its_link_alone_is_no_document(self, drive: DriveSite) -> None:
        """No listing shows it."""
        one = drive.site.add_file("リンクだけ.md", "本文", shared=False)
        drive.site.share(one)
        connector = drive.connector(link_shared=True)
        assert listing(connector) == {}
        address = f"https://drive.google.com/file/d/{one}/view"
        assert connector.find(address) is None
        assert "by its link alone" in (connector.left_out(address) or "")
        assert connector.confirm_gone([one]) == {one}


class TestLeftOut:
    """Why there is no document at an address."""

    def test_every_reason_says_what_it_is(self, drive: DriveSite) -> None:
        site = drive.site
        root, closed = site.add_folder("根"), site.add_folder("除外")
        outside, inside = site.add_file("外.md", "x"), site.add_file("内.md", "x", closed)
        gone, trashed = site.add_file("消.md", "x"), site.add_file("ごみ箱.md", "x", root)
        form, link = site.add_form("申込", root), site.add_file("リンク.md", "x", root)
        secret = site.add_file("他人.md", "x", shared=False)
        dead = site.add_shortcut(gone, root)
        site.share(root, drive.rig.email, "reader")
        site.delete(gone)
        site.trash(trashed)
        connector = drive.connector(Scope(folders=(root, closed), exclude_folders=(closed,)))
        for one, said in {
            outside: "`folders`",
            inside: "`exclude_folders`",
            gone: "not there",
            trashed: "in the bin",
            form: "a form",
            secret: "not shared with the account",
            dead: "a shortcut to what is not there",
            root: "a folder",
            link: "only view it",
        }.items():
            address = f"https://drive.google.com/open?id={one}"
            assert said in (connector.left_out(address) or ""), said
        assert connector.left_out("https://example.co.jp/") is None

    def test_a_document_has_no_reason_to_be_left_out(self, drive: DriveSite) -> None:
        one = drive.site.add_file("規程.md", "x")
        assert drive.connector().left_out(f"https://drive.google.com/file/d/{one}/view") is None

    def test_options_that_leave_out_are_named(self, drive: DriveSite) -> None:
        one = drive.site.add_file("規程.md", "x")
        on_drive = drive.site.add_file("規程2.md", "x", drive.site.add_drive("規程"))
        address = "https://drive.google.com/open?id={}"
        connector = drive.connector(Scope(my_drive=False))
        assert "`my_drive`" in (connector.left_out(address.format(one)) or "")
        assert connector.left_out(address.format(on_drive)) is None


class TestGone:
    """What a listing lacked is asked for."""

    def test_what_is_there_and_in_scope_is_not_gone(self, drive: DriveSite) -> None:
        site = drive.site
        closed = site.add_folder("除外")
        kept, moved = site.add_file("残る.md", "x"), site.add_file("移る.md", "x", closed)
        trashed, deleted = site.add_file("ごみ箱.md", "x"), site.add_file("消える.md", "x")
        site.trash(trashed)
        site.delete(deleted)
        connector = drive.connector(Scope(exclude_folders=(closed,)))
        ids = [kept, moved, trashed, deleted]
        assert connector.confirm_gone(ids) == {moved, trashed, deleted}

    def test_a_fault_of_the_service_confirms_nothing(self, drive: DriveSite) -> None:
        one = drive.site.add_file("規程.md", "x")
        drive.rig.fail(503, "/drive/v3/files/*", times=None)
        with pytest.raises(ConnectorError):
            drive.connector().confirm_gone([one])


class TestGroups:
    """Groups that readers name."""

    def test_members_are_read_from_the_directory(self, rig: DriveRig, tmp_path: Path) -> None:
        drive = DriveSite(rig, tmp_path, "delegated")
        rig.site.add_member(HR, "p1@example.co.jp")
        one = rig.site.add_file("人事.md", "x")
        rig.site.share(one, HR)
        connector = drive.connector(Scope(users=(rig.site.owner,)), admin=rig.site.admin)
        assert listing(connector).keys() == {"人事.md"}
        groups = {group.principal: group.members for group in connector.groups()}
        assert groups == {f"group:google:{HR}": frozenset({"user:p1@example.co.jp"})}
        drive.close()

    def test_without_an_administrator_there_are_none(self, drive: DriveSite) -> None:
        assert list(drive.connector().groups()) == []


class TestExamine:
    """What `kurage doctor` tells."""

    def test_a_sound_account_has_no_problem(self, rig: DriveRig, tmp_path: Path) -> None:
        drive = DriveSite(rig, tmp_path, "delegated")
        drive.site.add_file("規程.md", "x")
        connector = drive.connector(Scope(users=("*",)), admin=rig.site.admin)
        found = list(connector.examine())
        assert {one.level for one in found} == {"ok"}, found
        assert any("can speak for its users" in one.message for one in found)
        drive.close()

    def test_an_account_that_sees_nothing_is_told_what_to_share(self, drive: DriveSite) -> None:
        assert "sees no file" in remarks(drive.connector(), "problem")

    def test_delegation_that_was_not_granted_names_scope_and_client(
        self, rig: DriveRig, tmp_path: Path
    ) -> None:
        drive = DriveSite(rig, tmp_path, "delegated")
        rig.configure(delegation=[])
        told = remarks(drive.connector(Scope(users=(rig.site.owner,))), "problem")
        assert "https://www.googleapis.com/auth/drive.readonly" in told
        assert drive.google().client_id in told
        assert told.count(" the scope ") == 1, "what to grant is said once"
        drive.close()

    def test_what_google_s_line_does_not_say_is_added(self, rig: DriveRig, tmp_path: Path) -> None:
        """Whoever is no user is no matter of scopes; but the directory's refusal may be."""
        drive = DriveSite(rig, tmp_path, "delegated")
        scope = Scope(users=("nobody@example.co.jp",))
        told = remarks(drive.connector(scope, admin=rig.site.owner), "problem")
        assert "is no user of this Google Workspace. To change it, let an" in told
        assert "The directory can not be read as" in told
        drive.close()

    @pytest.mark.parametrize(
        ("api", "lost"), [("sheets", "sheets of a spreadsheet"), ("slides", "slides of a pres")]
    )
    def test_an_api_that_is_not_enabled_is_named(
        self, drive: DriveSite, api: str, lost: str
    ) -> None:
        """Files are read without it, but no link leads into one."""
        drive.site.add_file("規程.md", "x")
        assert "Links lead to the sheets and slides" in remarks(drive.connector(), "ok")
        drive.rig.configure(disabled=[api])
        connector = drive.connector()
        assert remarks(connector, "problem") == ""
        told = remarks(connector, "warning")
        assert lost in told
        assert f"enable {api}.googleapis.com" in told
        assert "Links lead to" not in remarks(connector, "ok")

    def test_drive_that_is_not_enabled_says_so_once(self, drive: DriveSite) -> None:
        drive.rig.configure(disabled=["drive"])
        (found,) = drive.connector().examine()
        assert found.message.count("enable") == 2, found.message

    @pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
    @pytest.mark.parametrize(
        "path", ["/drive/v3/drives*", "/drive/v3/files*", "/v4/*", "*/groups*"]
    )
    def test_every_remark_is_a_sentence(
        self, rig: DriveRig, tmp_path: Path, status: int, path: str
    ) -> None:
        drive = DriveSite(rig, tmp_path, "delegated")
        rig.site.add_file("規程.md", "x")
        rig.fail(status, path, times=None)
        scope = Scope(users=(rig.site.owner,))
        for one in drive.connector(scope, admin=rig.site.admin).examine():
            assert one.message.endswith((".", "?")), one.message
            assert not re.search(r"[?.!]\.|\n|\.:", one.message), one.message
        drive.close()

    def test_a_viewer_is_told_that_readers_stay_closed(self, drive: DriveSite) -> None:
        one = drive.site.add_file("規程.md", "x", shared=False)
        drive.site.share(one, drive.rig.email)
        assert "only a viewer" in remarks(drive.connector(), "problem")
        assert "only a viewer" in remarks(drive.connector(readers=["anyone"]), "warning")

    def test_folders_and_drives_that_are_not_seen_are_named(self, drive: DriveSite) -> None:
        scope = Scope(folders=("1abcdefgh",), drives=("0ADriveDrive",))
        told = remarks(drive.connector(scope), "problem")
        assert "1abcdefgh" in told
        assert "0ADriveDrive" in told

    def test_a_clock_that_differs_is_told(self, drive: DriveSite) -> None:
        drive.site.add_file("規程.md", "x")
        drive.rig.set_skew(3600)
        assert "minutes apart" in remarks(drive.connector(), "warning")

    def test_a_key_that_was_deleted_is_one_problem_in_one_line(self, drive: DriveSite) -> None:
        drive.rig.fail(400, "/token", times=None)
        found = list(drive.connector().examine())
        assert [one.level for one in found] == ["problem"]
        assert "\n" not in found[0].message


def test_one_persons_login_reads_what_the_person_sees(rig: DriveRig, tmp_path: Path) -> None:
    """And the person is a reader like everybody else."""
    drive = DriveSite(rig, tmp_path, "oauth")
    drive.site.add_file("私の.md", "x", shared=False)
    connector = drive.connector()
    (ref,) = listing(connector).values()
    assert connector.readers(ref) == (frozenset({f"user:{rig.site.owner}"}),)
    assert isinstance(next(iter(connector.examine())), Remark)
    assert isinstance(drive.google(), Google)
    drive.close()
