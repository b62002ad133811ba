"""The Drive rig as Google's own client sees it: files, masks, lists, downloads, who one is."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from drive_asking import FLAGS, Asking, refused
from drive_fixtures import Account, account, asking, google
from googleapiclient.http import MediaIoBaseDownload
from rigs.drive import DriveProcess, DriveRig
from rigs.drive.records import DOCUMENT, FOLDER, SHORTCUT

__all__ = ["account", "asking", "google"]


def test_the_official_client_reads_who_one_is(google: DriveRig, asking: Asking) -> None:
    said = asking.drive.about().get(fields="user(emailAddress,me),exportFormats").execute()
    assert said["user"] == {"emailAddress": google.email, "me": True}
    assert "text/html" in said["exportFormats"][DOCUMENT]


def test_about_wants_to_know_which_fields(asking: Asking) -> None:
    assert refused(lambda: asking.drive.about().get().execute()) == (400, "required")


def test_a_file_without_a_mask_is_told_in_short(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "有給休暇の申請")
    said = asking.drive.files().get(fileId=made).execute()
    assert said == {"kind": "drive#file", "id": made, "name": "休暇", "mimeType": DOCUMENT}


def test_a_mask_leaves_nothing_but_what_it_names(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_doc("休暇", "有給休暇の申請")
    said = asking.file(made, "id,owners/emailAddress,capabilities(canShare)")
    assert said == {
        "id": made,
        "owners": [{"emailAddress": google.site.owner}],
        "capabilities": {"canShare": True},
    }


@pytest.mark.parametrize("mask", ["nonsense", "id,owners/nonsense", "id(", "files(id)", "id,,name"])
def test_a_mask_that_is_wrong_is_refused(google: DriveRig, asking: Asking, mask: str) -> None:
    made = google.site.add_doc("休暇", "本文")
    assert refused(lambda: asking.file(made, mask)) == (400, "invalidParameter")


def test_a_list_without_its_token_in_the_mask_seems_to_end(
    google: DriveRig, asking: Asking
) -> None:
    """As the service does: whoever forgets nextPageToken sees the first page alone."""
    for n in range(3):
        google.site.add_doc(f"{n}", "本文")
    page = asking.drive.files().list(pageSize=2, fields="files(id)").execute()
    assert len(page["files"]) == 2
    assert "nextPageToken" not in page


def test_pages_show_everything_once(google: DriveRig, asking: Asking) -> None:
    for n in range(25):
        google.site.add_doc(f"{n:02}", "本文")
    assert asking.names(pageSize=7) == [f"{n:02}" for n in range(25)]
    assert google.routes["files.list"] == 4


def test_a_page_is_no_larger_than_the_service_makes_it(google: DriveRig, asking: Asking) -> None:
    """1,000, and 100 where permissions are asked for."""
    google.configure(inline_page=3)
    for n in range(5):
        google.site.add_doc(f"{n}", "本文")
    asked = asking.drive.files().list(pageSize=1000, fields="nextPageToken,files(id)")
    assert len(asked.execute()["files"]) == 5
    asked = asking.drive.files().list(pageSize=1000, fields="nextPageToken,files(id,permissions)")
    page = asked.execute()
    assert len(page["files"]) == 3
    assert page["nextPageToken"]


def test_a_page_token_is_of_its_query_alone(google: DriveRig, asking: Asking) -> None:
    for n in range(3):
        google.site.add_doc(f"{n}", "本文")
    token = asking.drive.files().list(pageSize=1).execute()["nextPageToken"]
    other = asking.drive.files().list(pageSize=1, pageToken=token, q="trashed = true")
    assert refused(other.execute) == (400, "invalid")
    foreign = asking.drive.files().list(pageToken="nonsense")
    assert refused(foreign.execute) == (400, "invalid")


def test_an_upload_comes_down_as_it_went_up(google: DriveRig, asking: Asking) -> None:
    body = "有給休暇の申請\r\n".encode("cp932")
    made = google.site.add_file("休暇.txt", body)
    said = asking.file(made, "mimeType,size,md5Checksum,fileExtension")
    assert said["mimeType"] == "text/plain"
    assert said["size"] == str(len(body))
    assert said["md5Checksum"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
    assert asking.download(made) == body
    assert google.served == {made: 1}
    assert google.routes["files.media"] == 1


def test_a_download_can_be_had_in_parts(google: DriveRig, asking: Asking) -> None:
    body = bytes(range(256)) * 16
    made = google.site.add_file("データ.bin", body)
    into = io.BytesIO()
    down = MediaIoBaseDownload(into, asking.drive.files().get_media(fileId=made), chunksize=1500)
    done = False
    while not done:
        _, done = down.next_chunk()
    assert into.getvalue() == body
    assert google.routes["files.media"] == 3


def test_a_document_has_no_bytes_and_an_upload_no_export(google: DriveRig, asking: Asking) -> None:
    document, upload = google.site.add_doc("休暇", "本文"), google.site.add_file("a.txt", "本文")
    assert refused(lambda: asking.download(document)) == (403, "fileNotDownloadable")
    assert refused(lambda: asking.export(upload)) == (403, "fileNotExportable")
    assert refused(lambda: asking.export(document, "application/x-nothing"))[0] == 400


def test_what_readers_may_not_download_they_do_not_get(google: DriveRig, asking: Asking) -> None:
    upload = google.site.add_file("a.pdf", b"%PDF-", shared=False)
    document = google.site.add_doc("b", "本文", shared=False)
    for one in (upload, document):
        google.site.share(one, google.email, "reader")
        google.site.configure(one, copy_restricted=True)
        assert asking.file(one)["capabilities"]["canDownload"] is False
    assert refused(lambda: asking.download(upload)) == (403, "cannotDownloadFile")
    assert refused(lambda: asking.export(document)) == (403, "cannotDownloadFile")
    assert "exportLinks" not in asking.file(document)


def test_a_file_that_is_not_there_or_not_seen_is_not_found(
    google: DriveRig, asking: Asking
) -> None:
    secret = google.site.add_doc("秘密", "本文", shared=False)
    assert refused(lambda: asking.file("1nothing")) == (404, "notFound")
    assert refused(lambda: asking.file(secret)) == (404, "notFound")
    assert refused(lambda: asking.export(secret)) == (404, "notFound")


def test_shared_drives_are_only_for_who_says_that_it_knows_them(
    google: DriveRig, asking: Asking
) -> None:
    drive = google.site.add_drive("全社")
    made = google.site.add_doc("規程", "本文", drive)
    assert refused(lambda: asking.file(made, supportsAllDrives=False)) == (404, "notFound")
    assert asking.file(made)["driveId"] == drive
    assert asking.names(corpora="drive", driveId=drive, **FLAGS) == ["規程"]
    assert asking.names() == []


@pytest.mark.parametrize(
    "how",
    [
        {"corpora": "drive", **FLAGS},
        {"corpora": "user", "driveId": "DRIVE", **FLAGS},
        {"corpora": "drive", "driveId": "DRIVE", "supportsAllDrives": True},
        {"includeItemsFromAllDrives": True},
        {"corpora": "nonsense"},
        {"orderBy": "nonsense"},
    ],
)
def test_what_does_not_go_together_is_refused(
    google: DriveRig, asking: Asking, how: dict[str, object]
) -> None:
    drive = google.site.add_drive("全社")
    told = {key: drive if value == "DRIVE" else value for key, value in how.items()}
    assert refused(lambda: asking.files(**told)) == (400, "invalid")  # type: ignore[arg-type]


def test_a_drive_that_is_gone_is_not_found(google: DriveRig, asking: Asking) -> None:
    drive = google.site.add_drive("全社")
    google.site.add_doc("規程", "本文", drive)
    google.site.delete(drive)
    how = {"corpora": "drive", "driveId": drive, **FLAGS}
    assert refused(lambda: asking.files(**how)) == (404, "notFound")
    assert refused(lambda: asking.token(drive)) == (404, "notFound")
    assert refused(lambda: asking.drive.drives().get(driveId=drive).execute()) == (404, "notFound")


def test_drives_are_listed_to_members_and_to_administrators(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    for n in range(12):
        google.site.add_drive(f"部門{n:02}", service=n < 11)
    first = asking.drive.drives().list().execute()
    assert len(first["drives"]) == 10
    rest = asking.drive.drives().list(pageToken=first["nextPageToken"]).execute()
    assert [one["name"] for one in rest["drives"]] == ["部門10"]
    assert "nextPageToken" not in rest
    admin = account("delegated", google.site.admin)
    assert "drives" in (seen := admin.drive.drives().list(pageSize=100).execute())
    assert seen["drives"] == []
    every = admin.drive.drives().list(pageSize=100, useDomainAdminAccess=True).execute()
    assert len(every["drives"]) == 12
    asked = asking.drive.drives().list(useDomainAdminAccess=True)
    assert refused(asked.execute) == (403, "forbidden")


def test_a_shortcut_leads_to_what_it_was_made_for(google: DriveRig, asking: Asking) -> None:
    folder = google.site.add_folder("規程")
    link = google.site.add_shortcut(folder, name="近道")
    said = asking.file(link, "mimeType,shortcutDetails")
    assert said["mimeType"] == SHORTCUT
    assert said["shortcutDetails"] == {"targetId": folder, "targetMimeType": FOLDER}
    google.site.delete(folder)
    assert asking.file(link, "shortcutDetails")["shortcutDetails"]["targetId"] == folder


def test_a_cycle_of_folders_is_answered_as_it_is(google: DriveRig, asking: Asking) -> None:
    outer = google.site.add_folder("外")
    inner = google.site.add_folder("内", outer)
    google.site.add_parent(outer, inner)
    assert asking.names(f"'{outer}' in parents") == ["内"]
    assert asking.names(f"'{inner}' in parents") == ["外"]
    assert asking.grantees(inner) == asking.grantees(outer)


def test_a_long_question_is_asked_in_a_form(google: DriveRig, asking: Asking) -> None:
    """The client makes a POST of a GET whose address would be longer than 2,048 characters."""
    folders = [google.site.add_folder(f"{n}") for n in range(60)]
    for n, folder in enumerate(folders):
        google.site.add_doc(f"文書{n:02}", "本文", folder)
    asked = " or ".join(f"'{one}' in parents" for one in folders)
    assert asking.names(asked, pageSize=100) == [f"文書{n:02}" for n in range(60)]
    assert google.journal[-1].method == "GET"
    assert len(google.journal[-1].value("q") or "") > 2048


def test_what_the_description_does_not_know_is_a_violation(tmp_path: Path) -> None:
    with DriveRig() as rig:
        client = Asking(rig, tmp_path)
        client.http.request(f"{rig.url}/drive/v3/files?pageSise=10&pageSize=2000&spaces=drive")
        client.http.request(f"{rig.url}/drive/v2/files")
        client.close()
        assert any("pageSise is not in the description" in one for one in rig.violations)
        assert any("pageSize: 2000 is above 1000" in one for one in rig.violations)
        assert any("/drive/v2/files: no such path" in one for one in rig.violations)


def test_the_rig_does_the_same_in_a_process_of_its_own(tmp_path: Path) -> None:
    with DriveProcess(files=12, seed=3) as rig:
        client = Asking(rig, tmp_path)
        made = rig.site.add_doc("休暇", "# 見出し\n本文")
        assert "休暇" in client.names()
        rig.site.rename(made, "年休")
        assert client.file(made, "name") == {"name": "年休"}
        assert rig.truths()
        assert rig.routes["files.get"] == 1
        rig.fail("userRateLimitExceeded", times=1)
        assert refused(lambda: client.file(made)) == (403, "userRateLimitExceeded")
        assert rig.violations == []
        with pytest.raises(KeyError):
            rig.site.rename("1nothing", "無い")
        client.close()
