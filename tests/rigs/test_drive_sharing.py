"""The Drive rig's sharing: what comes down from folders and drives, who sees what, who may ask."""

from __future__ import annotations

from random import Random

import pytest
from drive_asking import FLAGS, Asking, refused
from drive_fixtures import Account, account, asking, google
from rigs.drive import DriveRig, oracle

__all__ = ["account", "asking", "google"]


def details(asking: Asking, item: str, email: str) -> list[dict[str, object]]:
    """Return where somebody's permission comes from."""
    found = [one for one in asking.permissions(item) if one.get("emailAddress") == email]
    assert len(found) == 1
    return list(found[0]["permissionDetails"])


def test_what_a_folder_is_shared_with_has_what_is_in_it(google: DriveRig, asking: Asking) -> None:
    site = google.site
    folder = site.add_folder("規程")
    made = site.add_doc("休暇", "本文", site.add_folder("内", folder))
    site.share(folder, site.add_group("hr@example.co.jp"), "commenter")
    assert asking.grantees(made) == {
        site.owner: "owner",
        google.email: "writer",
        "hr@example.co.jp": "commenter",
    }
    assert details(asking, made, "hr@example.co.jp") == [
        {"permissionType": "file", "role": "commenter", "inherited": True}
    ]
    site.unshare(folder, "hr@example.co.jp")
    assert "hr@example.co.jp" not in asking.grantees(made)


def test_inline_permissions_are_those_that_a_list_tells(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "本文", google.site.add_folder("規程"))
    google.site.share(made, "example.co.jp", discoverable=True)
    google.site.share(made)
    assert asking.file(made, "permissions")["permissions"] == asking.permissions(made)
    told = {one["type"]: one for one in asking.permissions(made)}
    assert told["domain"]["domain"] == "example.co.jp"
    assert told["domain"]["allowFileDiscovery"] is True
    assert told["anyone"]["allowFileDiscovery"] is False
    assert told["anyone"]["id"] == "anyone"


def test_items_of_shared_drives_have_no_inline_permissions(
    google: DriveRig, asking: Asking
) -> None:
    """But the ids of everybody who has them, which are the same everywhere."""
    site = google.site
    drive = site.add_drive("全社")
    made = site.add_doc("休暇", "本文", drive)
    site.share(made, site.add_group("hr@example.co.jp"))
    said = asking.file(made)
    assert "permissions" not in said
    assert "owners" not in said
    assert said["permissionIds"] == sorted(one["id"] for one in asking.permissions(made))
    assert details(asking, made, google.email) == [
        {"permissionType": "member", "role": "writer", "inherited": True, "inheritedFrom": drive}
    ]
    assert details(asking, made, "hr@example.co.jp") == [
        {"permissionType": "file", "role": "reader", "inherited": False}
    ]
    google.configure(permission_ids=False)
    assert "permissionIds" not in asking.file(made)


def test_who_may_not_share_does_not_see_with_whom_it_is_shared(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    readable = site.add_doc("読むだけ", "本文", shared=False)
    site.share(readable, google.email, "reader")
    kept = site.add_doc("書けるだけ", "本文")
    site.configure(kept, writers_can_share=False)
    for one in (readable, kept):
        said = asking.file(one, "permissions,capabilities/canShare")
        assert said == {"capabilities": {"canShare": False}}
        assert refused(lambda one=one: asking.permissions(one)) == (
            403,
            "insufficientFilePermissions",
        )


def test_writers_of_a_shared_drive_see_the_sharing_of_files_alone(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    drive = site.add_drive("全社")
    folder = site.add_folder("規程", drive)
    made = site.add_doc("休暇", "本文", folder)
    assert asking.grantees(made)[site.owner] == "organizer"
    assert refused(lambda: asking.permissions(folder))[0] == 403
    assert refused(lambda: asking.permissions(drive))[0] == 403
    site.share(drive, google.email, "organizer")
    assert asking.grantees(folder) == asking.grantees(drive) == asking.grantees(made)
    site.share(drive, google.email, "reader")
    assert refused(lambda: asking.permissions(made))[0] == 403
    google.configure(readers_see_permissions=True)
    assert google.email in asking.grantees(made)


def test_an_administrator_sees_the_members_of_every_shared_drive(
    google: DriveRig, account: Account, asking: Asking
) -> None:
    site = google.site
    drive = site.add_drive("全社")
    made = site.add_doc("休暇", "本文", drive)
    admin = account("delegated", site.admin)
    assert refused(lambda: admin.permissions(drive)) == (404, "notFound")
    assert admin.grantees(drive, useDomainAdminAccess=True)[site.owner] == "organizer"
    assert refused(lambda: admin.permissions(made, useDomainAdminAccess=True))[0] == 403
    assert refused(lambda: asking.permissions(drive, useDomainAdminAccess=True))[0] == 403


def test_permissions_come_in_pages(google: DriveRig, asking: Asking) -> None:
    """A hundred at a time of what lies on a shared drive; all at once of what lies elsewhere."""
    site = google.site
    drive = site.add_drive("全社")
    shared, mine = site.add_doc("a", "本文", drive), site.add_doc("b", "本文")
    for n in range(130):
        for one in (shared, mine):
            site.share(one, f"user{n:03}@example.co.jp")
    assert len(asking.permissions(shared)) == 132
    assert google.routes["permissions.list"] == 2
    assert len(asking.permissions(mine)) == 132
    assert google.routes["permissions.list"] == 3
    assert len(asking.permissions(mine, pageSize=50)) == 132
    assert google.routes["permissions.list"] == 6


def test_a_limited_folder_is_for_those_who_were_added_to_it(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    """The others see that it is there, and nothing of what is in it."""
    site = google.site
    site.add_user("ito@example.co.jp")
    drive = site.add_drive("全社")
    site.share(drive, "ito@example.co.jp", "writer")
    folder = site.add_folder("人事", drive)
    made = site.add_doc("評価", "本文", folder)
    site.limit(folder)
    site.share(folder, google.email, "fileOrganizer")
    assert asking.file(folder, "inheritedPermissionsDisabled") == {
        "inheritedPermissionsDisabled": True
    }
    assert asking.grantees(made) == {site.owner: "organizer", google.email: "fileOrganizer"}
    only = [one for one in asking.permissions(folder) if one.get("view") == "metadata"]
    assert [one["emailAddress"] for one in only] == ["ito@example.co.jp"]
    ito = account("delegated", "ito@example.co.jp")
    how = {"corpora": "drive", "driveId": drive, **FLAGS}
    assert ito.names(**how) == ["人事"]
    assert refused(lambda: ito.file(made)) == (404, "notFound")
    site.limit(folder, limited=False)
    assert ito.names(**how) == ["人事", "評価"]


def test_a_link_is_found_by_who_has_it_alone(google: DriveRig, asking: Asking) -> None:
    site = google.site
    made = site.add_doc("リンク", "本文", shared=False)
    site.share(made)
    assert asking.names() == []
    assert asking.file(made, "name") == {"name": "リンク"}
    site.view(made, google.email)
    assert asking.names() == ["リンク"]


def test_a_link_with_a_key_needs_it_unless_one_is_named(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    site = google.site
    made = site.add_doc("リンク", "本文", shared=False)
    site.share(made)
    key = site.key(made)
    assert refused(lambda: asking.file(made)) == (404, "notFound")
    asked = asking.drive.files().get(fileId=made, fields="name,resourceKey")
    asked.headers["X-Goog-Drive-Resource-Keys"] = f"other/x,{made}/{key}"
    assert asked.execute() == {"name": "リンク", "resourceKey": key}
    export = asking.drive.files().export(fileId=made, mimeType="text/html")
    assert refused(export.execute) == (404, "notFound")
    export.headers["X-Goog-Drive-Resource-Keys"] = f"{made}/{key}"
    assert export.execute()
    assert account("oauth").file(made, "name") == {"name": "リンク"}


def test_a_shortcut_tells_the_key_of_its_target(google: DriveRig, asking: Asking) -> None:
    site = google.site
    made = site.add_doc("リンク", "本文", shared=False)
    site.share(made)
    key = site.key(made)
    link = site.add_shortcut(made)
    assert asking.file(link)["shortcutDetails"]["targetResourceKey"] == key


def test_the_domain_does_not_include_a_service_account(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    made = google.site.add_doc("全社", "本文", shared=False)
    google.site.share(made, "example.co.jp", discoverable=True)
    assert refused(lambda: asking.file(made)) == (404, "notFound")
    assert account("delegated", google.site.admin).file(made, "name") == {"name": "全社"}


def test_groups_in_groups_and_groups_of_everybody_count(google: DriveRig, account: Account) -> None:
    site = google.site
    site.add_user("ito@example.co.jp")
    inner = site.add_group("inner@example.co.jp", members=["ito@example.co.jp"])
    outer = site.add_group("outer@example.co.jp", members=[inner])
    everybody = site.add_group("all@example.co.jp", members=["*"])
    nested, all_of_us = site.add_doc("一", "本文"), site.add_doc("二", "本文")
    site.share(nested, outer)
    site.share(all_of_us, everybody)
    assert account("delegated", "ito@example.co.jp").names() == ["一", "二"]
    assert account("delegated", site.admin).names() == ["二"]
    site.remove_member(inner, "ito@example.co.jp")
    assert account("delegated", "ito@example.co.jp").names() == ["二"]


def test_who_was_deleted_is_named_without_an_address(google: DriveRig, asking: Asking) -> None:
    site = google.site
    made = site.add_doc("休暇", "本文")
    site.share(made, "ito@example.co.jp")
    site.share(made, site.add_group("hr@example.co.jp"))
    site.delete_user("ito@example.co.jp")
    site.delete_group("hr@example.co.jp")
    gone = [one for one in asking.permissions(made) if one.get("deleted")]
    assert sorted(one["type"] for one in gone) == ["group", "user"]
    assert {one["emailAddress"] for one in gone} == {""}


def test_what_has_expired_gives_nothing(google: DriveRig, account: Account) -> None:
    site = google.site
    site.add_user("ito@example.co.jp")
    made = site.add_doc("期限つき", "本文")
    site.share(made, "ito@example.co.jp", expires=site.clock.now() + 60)
    ito = account("delegated", "ito@example.co.jp")
    assert ito.names() == ["期限つき"]
    google.advance(61)
    assert ito.names() == []
    assert google.readers(made) == {site.owner, google.email}


def test_who_does_not_see_the_folder_sees_no_parent(google: DriveRig, asking: Asking) -> None:
    site = google.site
    folder = site.add_folder("内緒", shared=False)
    made = site.add_doc("休暇", "本文", folder)
    site.share(made, google.email)
    assert "parents" not in asking.file(made)
    assert refused(lambda: asking.names(f"'{folder}' in parents")) == (404, "notFound")
    site.share(folder, google.email)
    assert asking.file(made)["parents"] == [folder]


@pytest.fixture(scope="module")
def crowd() -> DriveRig:
    """Return a generated Workspace with a cycle, limits within limits, and moves across drives."""
    rig = DriveRig(files=150, seed=7)
    site, drawn = rig.site, Random(7)
    folders = rig.generator.folders
    site.add_parent(folders[0], rig.site.items[folders[1]].id)
    site.add_parent(folders[1], rig.site.items[folders[0]].id)
    for _ in range(40):
        one, other = drawn.sample(folders, 2)
        if other not in site.below(one) and not site.items[one].root:
            site.move(one, other)
        site.limit(drawn.choice(folders), limited=drawn.random() < 0.5)
    return rig


def test_sharing_and_the_oracle_agree_on_everybody(crowd: DriveRig) -> None:
    """Two ways to work out who may read: from above with memory, and by climbing each time."""
    site = crowd.site
    for item in list(site.items.values()):
        for by_link in (False, True):
            said = {
                email
                for email, person in site.people.items()
                if not person.deleted
                and site.sharing.role(email, item, by_link=by_link, metadata=False)
            }
            assert said == oracle.readers(site, item.id, by_link=by_link), item.name
