"""The Drive rig's change logs: what they tell an account, and what they leave out."""

from __future__ import annotations

import pytest
from drive_asking import FLAGS, Asking, refused
from drive_fixtures import account, asking, google
from rigs.drive import DriveRig

__all__ = ["account", "asking", "google"]


def told(asking: Asking, token: str, drive: str | None = None) -> list[tuple[str, bool]]:
    """Return what a log tells: names or ids, and whether they were removed."""
    return [
        (
            one.get("file", one.get("drive", {})).get("name")
            or one.get("fileId")
            or one.get("driveId"),
            one["removed"],
        )
        for one in asking.changes(token, drive)
    ]


def test_nothing_has_changed_where_nothing_has(google: DriveRig, asking: Asking) -> None:
    google.site.add_doc("休暇", "本文")
    token = asking.token()
    page = asking.drive.changes().list(pageToken=token, fields="*").execute()
    assert page == {"kind": "drive#changeList", "changes": [], "newStartPageToken": token}


def test_what_was_made_edited_and_renamed_is_told_once_as_it_is(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    first = site.add_doc("休暇", "本文")
    token = asking.token()
    site.edit(first, "あたらしい")
    site.add_doc("精算", "本文")
    site.rename(first, "年休")
    assert told(asking, token) == [("精算", False), ("年休", False)]
    assert told(asking, asking.token()) == []


def test_a_view_is_told_although_nothing_changed(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "本文")
    before, token = asking.file(made, "version,modifiedTime"), asking.token()
    google.site.touch(made)
    assert told(asking, token) == [("休暇", False)]
    after = asking.file(made, "version,modifiedTime")
    assert after["modifiedTime"] == before["modifiedTime"]
    assert after["version"] != before["version"]


def test_what_is_gone_is_told_without_a_file(google: DriveRig, asking: Asking) -> None:
    deleted, unshared = google.site.add_doc("一", "本文"), google.site.add_doc("二", "本文")
    token = asking.token()
    google.site.delete(deleted)
    google.site.unshare(unshared, google.email)
    changes = asking.changes(token)
    assert [(one["fileId"], one["removed"]) for one in changes] == [
        (deleted, True),
        (unshared, True),
    ]
    assert not any("file" in one for one in changes)
    assert asking.changes(token, includeRemoved=False) == []


def test_what_was_never_seen_is_not_told(google: DriveRig, asking: Asking) -> None:
    token = asking.token()
    secret = google.site.add_doc("秘密", "本文", shared=False)
    google.site.edit(secret, "もっと秘密")
    google.site.delete(secret)
    assert told(asking, token) == []


def test_what_is_trashed_is_told_and_is_there(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "本文")
    token = asking.token()
    google.site.trash(made)
    (change,) = asking.changes(token)
    assert change["removed"] is False
    assert change["file"]["trashed"] is True
    assert asking.names() == []
    google.site.restore(made)
    assert asking.names() == ["休暇"]


def test_a_folder_is_told_alone_whatever_happens_to_it(google: DriveRig, asking: Asking) -> None:
    """Moved, shared anew, limited, trashed: nothing of what lies below is told."""
    site = google.site
    folder, other = site.add_folder("規程"), site.add_folder("旧規程")
    made = site.add_doc("休暇", "本文", folder)
    token = asking.token()
    site.share(folder, site.add_group("hr@example.co.jp"))
    site.move(folder, other)
    site.limit(folder)
    site.trash(folder)
    assert told(asking, token) == [("規程", False)]
    said = asking.file(made, "trashed,explicitlyTrashed")
    assert said == {"trashed": True, "explicitlyTrashed": False}
    site.restore(folder)
    token = asking.token()
    site.unshare(folder, "hr@example.co.jp")
    assert told(asking, token) == [("規程", False)]
    token = asking.token()
    site.delete(folder)
    assert told(asking, token) == [(folder, True)]
    assert refused(lambda: asking.file(made)) == (404, "notFound")


def test_a_log_can_tell_of_what_lies_below(google: DriveRig, asking: Asking) -> None:
    """Where the service should come to do so, a mirror has to bear it."""
    site = google.site
    site.feed_tells_below = True
    folder = site.add_folder("規程")
    site.add_doc("休暇", "本文", folder)
    token = asking.token()
    site.share(folder, site.add_group("hr@example.co.jp"))
    assert told(asking, token) == [("規程", False), ("休暇", False)]


def test_each_shared_drive_has_a_log_of_its_own(google: DriveRig, asking: Asking) -> None:
    site = google.site
    drive, other = site.add_drive("全社"), site.add_drive("開発")
    made = site.add_doc("休暇", "本文", drive)
    mine, token, elsewhere = asking.token(), asking.token(drive), asking.token(other)
    site.edit(made, "あたらしい")
    assert told(asking, token, drive) == [("休暇", False)]
    assert told(asking, mine) == []
    assert told(asking, elsewhere, other) == []
    assert len({mine, token, elsewhere}) == 3


def test_a_token_of_another_log_is_refused(google: DriveRig, asking: Asking) -> None:
    drive = google.site.add_drive("全社")
    mine = asking.token()
    asked = asking.drive.changes().list(pageToken=mine, driveId=drive, **FLAGS)
    assert refused(asked.execute) == (400, "invalid")
    assert refused(lambda: asking.changes("nonsense")) == (400, "invalid")


def test_what_moves_from_drive_to_drive_is_gone_from_one_and_new_in_the_other(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    drive, other = site.add_drive("全社"), site.add_drive("開発")
    made = site.add_doc("休暇", "本文", drive)
    token, elsewhere = asking.token(drive), asking.token(other)
    site.move(made, other)
    assert told(asking, token, drive) == [(made, True)]
    assert told(asking, elsewhere, other) == [("休暇", False)]
    assert asking.file(made, "driveId") == {"driveId": other}
    home = site.add_folder("わたしの")
    mine, token = asking.token(), asking.token(other)
    site.move(made, home)
    assert told(asking, token, other) == [(made, True)]
    assert told(asking, mine) == [("休暇", False)]
    assert "driveId" not in asking.file(made)


def test_who_else_is_a_member_of_a_drive_is_told_nowhere(google: DriveRig, asking: Asking) -> None:
    site = google.site
    drive = site.add_drive("全社")
    mine, token = asking.token(), asking.token(drive)
    site.share(drive, site.add_group("hr@example.co.jp"))
    site.unshare(drive, "hr@example.co.jp")
    assert told(asking, mine) == []
    assert told(asking, token, drive) == []


def test_a_drive_that_one_joins_or_loses_is_told_to_oneself(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    drive = site.add_drive("全社", service=False)
    token = asking.token()
    site.share(drive, google.email)
    assert told(asking, token) == [("全社", False)]
    token = asking.token()
    site.rename(drive, "全社共有")
    assert told(asking, token) == [("全社共有", False)]
    token = asking.token()
    site.unshare(drive, google.email)
    (change,) = asking.changes(token)
    assert (change["changeType"], change["driveId"], change["removed"]) == ("drive", drive, True)
    assert "drive" not in change
    site.share(drive, google.email)
    token = asking.token()
    site.delete(drive)
    assert told(asking, token) == [(drive, True)]


def test_a_file_out_of_a_drive_that_one_is_no_member_of_is_in_ones_own_log(
    google: DriveRig, asking: Asking
) -> None:
    site = google.site
    drive = site.add_drive("全社", service=False)
    made = site.add_doc("休暇", "本文", drive)
    site.share(made, google.email)
    token = asking.token()
    site.edit(made, "あたらしい")
    assert told(asking, token) == [("休暇", False)]
    assert asking.drive.changes().list(pageToken=token).execute()["changes"] == []
    assert asking.names(**FLAGS) == ["休暇"]


def test_changes_come_in_pages_and_end_with_a_new_token(google: DriveRig, asking: Asking) -> None:
    token = asking.token()
    for n in range(25):
        google.site.add_doc(f"{n:02}", "本文")
    found = asking.changes(token, pageSize=10)
    assert [one["file"]["name"] for one in found] == [f"{n:02}" for n in range(25)]
    assert google.routes["changes.list"] == 3


@pytest.mark.parametrize(("status", "reason"), [(400, "invalid"), (404, "notFound"), (410, "gone")])
def test_tokens_that_are_too_old_are_refused(
    google: DriveRig, asking: Asking, status: int, reason: str
) -> None:
    token = asking.token()
    google.configure(refused_token_status=status)
    google.forget_changes()
    assert refused(lambda: asking.changes(token)) == (status, reason)
    assert told(asking, asking.token()) == []
