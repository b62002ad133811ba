"""Drive, Sheets and Slides over the rig, which holds each request to the APIs' own
descriptions: what is asked is understood, and what is answered is read right.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rigs.drive import DriveRig
from rigs.drive.credentials import Kind

from connectors.drive.api import FileTooLargeError, Google, GoogleError
from connectors.drive.values import (
    DOCUMENT,
    FOLDER,
    SHORTCUT,
    Change,
    File,
    Permission,
    SharedDrive,
    Sheet,
)

ALIVE = "trashed = false"


@pytest.fixture
def rig() -> Iterator[DriveRig]:
    """A Workspace that finds fault with nothing that was asked."""
    with DriveRig() as rig:
        yield rig
        assert rig.violations == []


def account(rig: DriveRig, directory: Path, kind: Kind = "service_account") -> Google:
    return Google(rig.credentials(kind, directory), api_url=rig.url, backoff=0.001)


@pytest.fixture
def google(rig: DriveRig, tmp_path: Path) -> Iterator[Google]:
    """The service account with which files are shared."""
    found = account(rig, tmp_path)
    yield found
    found.close()


def one(google: Google, name: str) -> File:
    """Return the only file of a name, as a listing shows it."""
    (found,) = [file for file in google.me.files(ALIVE) if file.name == name]
    return found


def exported(google: Google, file: File) -> str:
    return html.unescape(google.me.export(file, "text/html", max_bytes=100_000).decode())


def granted(permissions: tuple[Permission, ...] | None) -> set[tuple[str, str | None, str]]:
    return {(one.type, one.email or one.domain, one.role) for one in permissions or ()}


def test_each_kind_of_account_gets_in(rig: DriveRig, tmp_path: Path) -> None:
    """By a key, by delegation, by a person's login."""
    site = rig.site
    with closing(account(rig, tmp_path)) as google:
        assert google.me.about() == google.email == site.service
    with closing(account(rig, tmp_path, "delegated")) as google:
        sato = google.acting_as(site.owner)
        assert sato.about() == sato.email == site.owner
    with closing(account(rig, tmp_path, "oauth")) as google:
        assert google.email is None
        assert google.me.about() == site.owner


def test_a_listing_tells_what_a_mirror_needs(rig: DriveRig, google: Google) -> None:
    """Of files with bytes and without, in one request."""
    folder = rig.site.add_folder("規程")
    rig.site.add_file("就業規則.txt", "第一条".encode("cp932"), folder, media_type="text/plain")
    rig.site.add_doc("休暇", "# 有給休暇", folder)
    text, doc = one(google, "就業規則.txt"), one(google, "休暇")
    assert text.parents == (folder,)
    assert text.md5 == hashlib.md5("第一条".encode("cp932"), usedforsecurity=False).hexdigest()
    assert text.size == 6
    assert (doc.media_type, doc.md5, doc.size) == (DOCUMENT, None, None)
    assert doc.url == f"https://docs.google.com/document/d/{doc.id}/edit"
    assert doc.modified is not None
    assert datetime.now(UTC) - doc.modified < timedelta(hours=1)
    assert granted(doc.permissions) == {
        ("user", rig.site.owner, "owner"),
        ("user", rig.site.service, "writer"),
    }
    assert doc.permission_ids == {grant.id for grant in doc.permissions or ()}
    assert doc.export_links == ()
    assert "text/html" in dict(google.me.file(doc.id).export_links)


def test_a_listing_of_many_pages_is_told_whole(rig: DriveRig, google: Google) -> None:
    """Each file once, also where a page of them is empty."""
    names = {f"資料{number}" for number in range(250)}
    for name in names:
        rig.site.add_doc(name)
    rig.odd("empty", "/drive/v3/files", skip=1)
    found = [file.name for file in google.me.files(ALIVE)]
    assert sorted(found) == sorted(names)
    assert rig.routes["files.list"] >= 3


def test_a_shared_drive_is_listed_a_thousand_files_a_page(rig: DriveRig, google: Google) -> None:
    """Permissions are never told there; not to ask for them makes pages ten times larger."""
    drive = rig.site.add_drive("総務部")
    token = google.me.start_page_token(drive)
    for number in range(250):
        rig.site.add_file(f"{number}.txt", b"abc", drive, media_type="text/plain")
    assert len(list(google.me.files(ALIVE, drive=drive))) == 250
    assert len(list(google.me.changes(token, drive=drive))) >= 250
    assert (rig.routes["files.list"], rig.routes["changes.list"]) == (1, 1)


@pytest.mark.parametrize(
    ("oddity", "says"), [("incomplete", "not complete"), ("repeat", "a page that was read")]
)
def test_half_a_listing_is_an_error(oddity: str, says: str, rig: DriveRig, google: Google) -> None:
    """What it lacks would be taken for deleted."""
    rig.site.add_doc("休暇")
    rig.odd(oddity, "/drive/v3/files", times=None)  # type: ignore[arg-type]
    with pytest.raises(GoogleError, match=says):
        list(google.me.files(ALIVE))


def test_who_may_read_is_told_in_all_its_ways(rig: DriveRig, google: Google) -> None:
    """People, groups, domains and links; whether they find it; until when."""
    site = rig.site
    doc = site.add_doc("休暇")
    site.add_group("all@example.co.jp")
    site.share(doc, "All@example.co.jp", "commenter")
    site.share(doc, "example.co.jp", kind="domain", discoverable=True)
    site.share(doc)
    later = datetime.now(UTC) + timedelta(days=1)
    site.share(doc, "guest@example.com", expires=later.timestamp())
    found = {
        grant.type + (grant.email or ""): grant for grant in one(google, "休暇").permissions or ()
    }
    assert found["groupall@example.co.jp"].role == "commenter"
    assert found["domain"].domain == "example.co.jp"
    assert found["domain"].discoverable
    assert not found["anyone"].discoverable
    expires = found["userguest@example.com"].expires
    assert expires is not None
    assert abs((expires - later).total_seconds()) < 1


def test_on_a_shared_drive_permissions_are_asked_for(rig: DriveRig, google: Google) -> None:
    """The listing tells the ids of all grantees alone, which are the same everywhere."""
    site = rig.site
    drive = site.add_drive("総務部")
    site.share(drive, site.service, "fileOrganizer")
    site.share(drive, "hr@example.co.jp")
    doc = site.add_doc("休暇", parent=drive)
    site.share(doc, "guest@example.com")
    assert list(google.me.drives()) == [SharedDrive(drive, "総務部")]
    assert google.me.drive(drive).name == "総務部"
    (file,) = google.me.files(ALIVE, drive=drive)
    assert (file.id, file.drive, file.permissions) == (doc, drive, None)
    asked = google.me.permissions(doc)
    assert file.permission_ids == {grant.id for grant in asked}
    by_address = {grant.email: grant for grant in asked}
    assert by_address["hr@example.co.jp"].inherited_from == (drive,)
    assert by_address["guest@example.com"].inherited_from == ()
    assert {grant.email for grant in google.me.permissions(drive)} < set(by_address)


def test_a_limited_folder_is_told(rig: DriveRig, google: Google) -> None:
    """What is granted above it does not count below it."""
    drive = rig.site.add_drive("総務部")
    folder = rig.site.add_folder("人事", drive)
    rig.site.limit(folder)
    (found,) = google.me.files(ALIVE, drive=drive)
    assert found.limited
    assert found.media_type == FOLDER


def test_a_shortcut_tells_its_target(rig: DriveRig, google: Google) -> None:
    """And the key that opens the target's link."""
    doc = rig.site.add_doc("休暇")
    key = rig.site.key(doc)
    shortcut = rig.site.add_shortcut(doc)
    found = google.me.file(shortcut)
    assert (found.media_type, found.target, found.target_type) == (SHORTCUT, doc, DOCUMENT)
    assert found.target_key == key


def test_a_resource_key_opens_what_only_its_link_opens(rig: DriveRig, google: Google) -> None:
    """Without it, there is nothing to see."""
    site = rig.site
    site.add_user("tanaka@example.co.jp")
    doc = site.add_doc("休暇", "# 有給休暇", owner="tanaka@example.co.jp", shared=False)
    site.share(doc)
    key = site.key(doc)
    with pytest.raises(GoogleError, match="404"):
        google.me.file(doc)
    found = google.me.file(doc, resource_key=key)
    assert found.resource_key == key
    assert "有給休暇" in html.unescape(
        google.me.export(found, "text/html", max_bytes=100_000).decode()
    )


def test_changes_are_told_since_a_token(rig: DriveRig, google: Google) -> None:
    """What was edited, what is gone, and where to go on from."""
    kept, gone = rig.site.add_doc("休暇"), rig.site.add_doc("旧版")
    token = google.me.start_page_token()
    assert list(google.me.changes(token)) == [token]
    rig.site.rename(kept, "休暇規程")
    rig.site.delete(gone)
    *changes, new = google.me.changes(token)
    told = {one.id: one for one in changes if isinstance(one, Change)}
    assert told[kept].file is not None
    assert told[kept].file.name == "休暇規程"
    assert (told[gone].removed, told[gone].file) == (True, None)
    assert isinstance(new, str)
    assert new != token
    assert list(google.me.changes(new)) == [new]


def test_a_shared_drive_has_a_log_of_its_own(rig: DriveRig, google: Google) -> None:
    """It tells of what lies in it."""
    drive = rig.site.add_drive("総務部")
    token = google.me.start_page_token(drive)
    doc = rig.site.add_doc("休暇", parent=drive)
    *changes, _ = google.me.changes(token, drive=drive)
    assert [one.id for one in changes if isinstance(one, Change) and not one.is_drive] == [doc]


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_token_that_is_too_old_is_refused_clearly(
    status: int, rig: DriveRig, google: Google
) -> None:
    """Then everything is listed again: it is no trouble that may pass."""
    token = google.me.start_page_token()
    rig.configure(refused_token_status=status)
    rig.forget_changes()
    with pytest.raises(GoogleError) as caught:
        list(google.me.changes(token))
    assert caught.value.status == status
    assert not caught.value.passing
    assert not caught.value.ends_run


def test_content_comes_as_bytes_or_as_an_export(rig: DriveRig, google: Google) -> None:
    """A limit holds for both."""
    rig.site.add_file("a.txt", b"abc", media_type="text/plain")
    rig.site.add_doc("休暇", "# 有給休暇")
    text, doc = one(google, "a.txt"), one(google, "休暇")
    assert google.me.download(text, max_bytes=3) == b"abc"
    assert "有給休暇" in html.unescape(
        google.me.export(doc, "text/html", max_bytes=100_000).decode()
    )
    for read in (
        lambda: google.me.download(text, max_bytes=2),
        lambda: google.me.export(doc, "text/html", max_bytes=2),
    ):
        with pytest.raises(FileTooLargeError):
            read()


def test_what_is_too_large_to_export_comes_by_its_link(rig: DriveRig, google: Google) -> None:
    """From another host, which is shown no token."""
    rig.site.add_doc("休暇", "# 有給休暇")
    rig.configure(export_limit=10)
    assert "有給休暇" in exported(google, one(google, "休暇"))
    elsewhere = [request for request in rig.journal if request.host == "content"]
    assert elsewhere
    assert not any(request.authorized for request in elsewhere)
    with pytest.raises(FileTooLargeError):
        google.me.export(one(google, "休暇"), "text/html", max_bytes=20)


def test_sheets_and_slides_are_told_by_their_ids(rig: DriveRig, google: Google) -> None:
    """As links to them need them; the first sheet's is 0."""
    sheet = rig.site.add_sheet("日当", {"国内": [["東京", 2000]], "海外": [["NY", 9000]]})
    slides = rig.site.add_slides("入社式", ["一枚目", "二枚目"])
    first, second = google.me.sheets(sheet)
    assert first == Sheet(0, "国内")
    assert second.title == "海外"
    assert second.gid != 0
    found = google.me.slides(slides)
    assert len({one.id for one in found}) == 2


def test_an_api_that_is_off_is_told_from_a_file_that_is_closed(
    rig: DriveRig, google: Google
) -> None:
    """One is turned on for all files; the other is the matter of one."""
    sheet = rig.site.add_sheet("日当", {"国内": [["東京", 2000]]})
    rig.configure(disabled=frozenset({"sheets"}))
    with pytest.raises(GoogleError, match=r"sheets\.googleapis\.com") as caught:
        google.me.sheets(sheet)
    assert caught.value.reason == "accessNotConfigured"
    with pytest.raises(GoogleError, match="shared with the account") as caught:
        google.me.slides("1xNobodyKnowsThisPresentation")
    assert caught.value.status == 404
    rig.configure(disabled=frozenset({"drive"}))
    with pytest.raises(GoogleError, match=r"enable drive\.googleapis\.com") as caught:
        google.me.about()
    assert caught.value.ends_run


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "rateLimitExceeded", "backendError"])
def test_what_passes_is_waited_for(reason: str, rig: DriveRig, google: Google) -> None:
    """The caller sees nothing of it."""
    rig.site.add_doc("休暇")
    rig.fail(reason, "/drive/v3/files", times=2)
    assert one(google, "休暇")
    assert rig.routes["files.list"] == 3


def test_a_garbled_answer_is_asked_for_again(rig: DriveRig, google: Google) -> None:
    """It ends in the middle of its JSON."""
    rig.site.add_doc("休暇")
    rig.odd("garbled", "/drive/v3/files", times=2)
    assert one(google, "休暇")


def test_a_page_for_people_is_no_answer(rig: DriveRig, google: Google) -> None:
    """A login page with status 200 is neither a listing nor a PDF."""
    rig.site.add_file("a.pdf", b"%PDF-1.7", media_type="application/pdf")
    pdf = one(google, "a.pdf")
    rig.odd("login", times=2)
    with pytest.raises(GoogleError, match="a web page in place"):
        list(google.me.files(ALIVE))
    with pytest.raises(GoogleError, match="a web page in place"):
        google.me.download(pdf, max_bytes=1000)
    assert google.me.download(pdf, max_bytes=1000) == b"%PDF-1.7"


def test_tokens_that_ran_out_are_replaced(rig: DriveRig, google: Google) -> None:
    """Also those that should have lasted."""
    google.me.about()
    rig.expire_tokens()
    google.me.about()
    assert rig.routes["token"] == 2


def test_a_login_that_was_revoked_says_so(rig: DriveRig, tmp_path: Path) -> None:
    """And what to do about it."""
    person = account(rig, tmp_path, "oauth")
    person.me.about()
    rig.revoke_tokens()
    with pytest.raises(GoogleError, match="kurage drive login") as caught:
        person.me.about()
    assert caught.value.ends_run
    person.close()


def test_a_clock_that_is_wrong_is_told(rig: DriveRig, google: Google) -> None:
    """Google's answer tells the right time."""
    rig.set_skew(2 * 3600)
    with pytest.raises(GoogleError, match="clock is 120 minutes behind"):
        google.me.about()


def test_delegation_that_lacks_is_told_with_what_to_enter(rig: DriveRig, google: Google) -> None:
    """The service account of the shared files was granted none."""
    with pytest.raises(GoogleError, match="Domain-wide delegation") as caught:
        google.acting_as(rig.site.owner).about()
    assert google.client_id in str(caught.value)


def test_every_request_is_counted(rig: DriveRig, google: Google) -> None:
    """Those for tokens, those that failed and redirects among them."""
    rig.site.add_doc("休暇")
    rig.configure(export_limit=10)
    rig.fail(500, "/drive/v3/files", times=1)
    exported(google, one(google, "休暇"))
    assert google.requests == rig.requests
