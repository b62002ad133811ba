"""Files come with their bytes and with what links need, or with one line that says why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rigs.drive import DriveRig, Fault

from connectors.base import ConnectorError
from connectors.drive.api import Google, GoogleError
from connectors.drive.exported import MEDIA_TYPE, Exported
from connectors.drive.fetching import HTML, PPTX, XLSX, Fetched, Fetcher, Unfetched
from connectors.drive.values import File, Sheet, Slide

LIMIT = 50_000_000


@pytest.fixture
def google(rig: DriveRig, tmp_path: Path) -> Iterator[Google]:
    """The service account; it waits as little as it may."""
    account = Google(
        rig.credentials("service_account", tmp_path), api_url=rig.url, attempts=2, backoff=0.001
    )
    yield account
    account.close()


def fetched(
    google: Google, files: Sequence[File], *, max_bytes: int = LIMIT
) -> dict[str, Fetched | Unfetched]:
    """Return what became of each file, by its id; each comes once."""
    got = list(Fetcher(lambda _: google.me, max_bytes).all(files))
    assert len(got) == len(files)
    return {one.file.id: one for one in got}


def fetch(google: Google, file_id: str, *, max_bytes: int = LIMIT) -> Fetched | Unfetched:
    return fetched(google, [google.me.file(file_id)], max_bytes=max_bytes)[file_id]


def read(google: Google, file_id: str) -> Fetched:
    got = fetch(google, file_id)
    assert isinstance(got, Fetched), got
    return got


def reason(google: Google, file_id: str, *, max_bytes: int = LIMIT) -> str:
    got = fetch(google, file_id, max_bytes=max_bytes)
    assert isinstance(got, Unfetched)
    assert got.file.name not in got.reason
    assert "\n" not in got.reason
    return got.reason


def test_uploads_come_as_they_are(rig: DriveRig, google: Google) -> None:
    """Whatever their encoding: the bytes are nobody's business here."""
    body = "有給休暇の申請".encode("cp932")
    got = read(google, rig.site.add_file("休暇.txt", body))
    assert (got.body, got.media_type) == (body, "text/plain")


def test_native_files_come_with_the_ids_of_their_parts(rig: DriveRig, google: Google) -> None:
    page = rig.site.add_doc("休暇", "# 有給休暇\n前日までに申請します。")
    rows = [["区分", "日当"], ["国内", 3000]]
    table = rig.site.add_sheet("旅費", [
        {"title": "国内", "rows": rows},
        {"title": "秘", "rows": rows, "hidden": True},
    ])  # fmt: skip
    slides = rig.site.add_slides("研修", ["一枚目", {"title": "二枚目", "skipped": True}])
    exports = {one: Exported.from_bytes(read(google, one).body) for one in (page, table, slides)}
    assert {read(google, one).media_type for one in exports} == {MEDIA_TYPE}
    assert [(one.kind, one.name) for one in exports.values()] == [
        ("document", "休暇"),
        ("spreadsheet", "旅費"),
        ("presentation", "研修"),
    ]
    assert b"</h1>" in bytes(exports[page].body)
    assert [(one.title, one.hidden) for one in exports[table].sheets] == [
        ("国内", False),
        ("秘", True),
    ]
    assert exports[table].sheets[0] == Sheet(0, "国内")
    assert [one.skipped for one in exports[slides].slides] == [False, True]
    assert all(isinstance(one, Slide) and one.id for one in exports[slides].slides)


@pytest.mark.parametrize(
    ("api", "add"), [("sheets", "add_sheet"), ("slides", "add_slides")], ids=["sheets", "slides"]
)
def test_files_are_read_without_ids_where_an_api_is_not_enabled(
    rig: DriveRig, google: Google, api: str, add: str
) -> None:
    """It is asked once, not for each file; links lead to the file then."""
    rig.configure(disabled={api})
    ids = [getattr(rig.site, add)(f"題{number}", "本文") for number in range(6)]
    files = [google.me.file(one) for one in ids]
    rig.forget()
    got = list(Fetcher(lambda _: google.me, LIMIT).all(files[:1]))
    fetcher = Fetcher(lambda _: google.me, LIMIT)
    assert list(fetcher.all(files[:1]))
    assert len(rig.journal) == 4
    got = list(fetcher.all(files[1:]))
    assert len(rig.journal) == 4 + 5
    exports = [Exported.from_bytes(one.body) for one in got if isinstance(one, Fetched)]
    assert [(one.sheets, one.slides) for one in exports] == [((), ())] * 5


def test_a_file_waits_for_its_ids_where_they_come_later(rig: DriveRig, google: Google) -> None:
    """Read without them, its links would lead past the place until it is edited again."""
    table = rig.site.add_sheet("旅費", {"国内": [["区分"]]})
    rig.fail(503, "/v4/spreadsheets/*", times=None)
    assert "Google Sheets: 503" in reason(google, table)
    rig.recover()
    assert Exported.from_bytes(read(google, table).body).sheets


def test_what_is_over_the_limit_of_exports_comes_by_its_link(rig: DriveRig, google: Google) -> None:
    page = rig.site.add_doc("長い", "# 見出し\n" + "本文です。\n" * 300)
    rig.configure(export_limit=2_000)
    assert bytes(Exported.from_bytes(read(google, page).body).body).count(b"<p ") == 300


def test_an_export_without_a_link_is_told(rig: DriveRig, google: Google) -> None:
    page = rig.site.add_doc("長い", "本文です。\n" * 300)
    file = replace(google.me.file(page), export_links=(("application/pdf", "https://x/"),))
    rig.configure(export_limit=2_000)
    got = fetched(google, [file])[page]
    assert isinstance(got, Unfetched)
    assert "exports no more than 10 MB" in got.reason


def test_files_above_the_limit_are_not_even_asked_for(rig: DriveRig, google: Google) -> None:
    large = rig.site.add_file("大.csv", b"x" * 3_000_000)
    file = google.me.file(large)
    rig.forget()
    got = fetched(google, [file], max_bytes=2_000_000)[large]
    assert isinstance(got, Unfetched)
    assert got.reason == (
        "its 3.0 MB are more than the limit of 2.0 MB; raise `max_bytes` or exclude it"
    )
    assert rig.journal == []


def test_what_turns_out_too_large_is_told(rig: DriveRig, google: Google) -> None:
    """A file that grew since it was listed, and an export, whose size nobody tells before."""
    grown = rig.site.add_file("増.csv", b"x" * 3_000)
    file = replace(google.me.file(grown), size=10)
    page = rig.site.add_doc("長い", "本文です。\n" * 300)
    got = fetched(google, [file, google.me.file(page)], max_bytes=2_000)
    for one in got.values():
        assert isinstance(one, Unfetched)
        assert "more than the limit of 0.0 MB; raise `max_bytes`" in one.reason


def test_what_can_not_be_read_costs_no_request(rig: DriveRig, google: Google) -> None:
    """Encrypted on its readers' machines, not to be downloaded, or of a kind without text."""
    form = google.me.file(rig.site.add_form("申込"))
    page = google.me.file(rig.site.add_doc("休暇", "本文"))
    rig.forget()
    asked = {
        "client-side encryption": replace(page, id="a", encrypted=True),
        "neither download nor copy": replace(page, id="b", can_download=False),
        "no text that can be exported": form,
    }
    got = fetched(google, list(asked.values()))
    for words, file in asked.items():
        one = got[file.id]
        assert isinstance(one, Unfetched)
        assert words in one.reason
    assert rig.journal == []


REFUSALS = {
    "cannotDownloadFile": "neither download nor copy",
    "insufficientFilePermissions": "the right to edit",
    "cannotDownloadAbusiveFile": "malware",
    "appNotAuthorizedToFile": "drive.readonly",
    "domainPolicy": "Admin console",
    "notFound": "no longer",
    410: "no longer",
    "badRequest": "400",
}


@pytest.mark.parametrize("native", [False, True], ids=["upload", "native"])
def test_a_refusal_is_the_matter_of_one_file(rig: DriveRig, google: Google, native: bool) -> None:
    """The others come; nothing is asked beside."""
    site = rig.site
    good = google.me.file(site.add_file("可.txt", "本文"))
    bad = {}
    for refusal in REFUSALS:
        name = f"秘{refusal}"
        made = site.add_doc(name, "本文") if native else site.add_file(f"{name}.txt", "本文")
        bad[refusal] = google.me.file(made)
        rig.fail(refusal, f"/drive/v3/files/{made}*", times=None)
    rig.forget()
    got = fetched(google, [*bad.values(), good])
    assert isinstance(got[good.id], Fetched)
    for refusal, words in REFUSALS.items():
        one = got[bad[refusal].id]
        assert isinstance(one, Unfetched)
        assert words in one.reason
    assert len(rig.journal) == len(got)


def test_a_file_that_was_removed_since_it_was_listed_is_told(rig: DriveRig, google: Google) -> None:
    page, file = rig.site.add_doc("休暇", "本文"), rig.site.add_file("a.txt", "本文")
    files = [google.me.file(page), google.me.file(file)]
    rig.site.delete(page)
    rig.site.unshare(file, rig.email)
    for got in fetched(google, files).values():
        assert isinstance(got, Unfetched)
        assert "no longer there, or no longer seen by the account" in got.reason


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_of_one_file_is_told_when_the_service_answers_otherwise(
    rig: DriveRig, google: Google, status: int
) -> None:
    bad, good = (rig.site.add_file(name, "本文") for name in ("a.txt", "b.txt"))
    files = [google.me.file(bad), google.me.file(good)]
    rig.fail(status, f"/drive/v3/files/{bad}", times=None, retry_after=0)
    got = fetched(google, files)
    assert isinstance(got[bad], Unfetched)
    assert str(status) in got[bad].reason
    assert isinstance(got[good], Fetched)


def test_lost_credentials_end_everything(rig: DriveRig, google: Google) -> None:
    """No file is called unreadable because nobody may ask any more."""
    files = [google.me.file(rig.site.add_file(f"{n}.txt", "本文")) for n in range(20)]
    rig.fail("authError", "/drive/v3/files/*", times=None)
    with pytest.raises(GoogleError, match="credentials"):
        list(Fetcher(lambda _: google.me, LIMIT).all(files))


@pytest.mark.parametrize("refusal", ["dailyLimitExceeded", "accessNotConfigured"])
def test_what_holds_for_every_file_ends_everything(
    rig: DriveRig, google: Google, refusal: str
) -> None:
    """The day's requests are used up, the API was switched off: no matter of a file."""
    file = google.me.file(rig.site.add_file("a.txt", "本文"))
    rig.fail(refusal, "/drive/v3/files/*", times=None)
    with pytest.raises(GoogleError):
        list(Fetcher(lambda _: google.me, LIMIT).all([file]))


def test_a_service_that_went_away_ends_everything(rig: DriveRig, google: Google) -> None:
    file = google.me.file(rig.site.add_file("a.txt", "本文"))
    rig.fault(Fault(cut="before", times=None))
    with pytest.raises(ConnectorError):
        list(Fetcher(lambda _: google.me, LIMIT).all([file]))


def test_only_a_few_files_are_ahead_of_who_takes_them(rig: DriveRig, google: Google) -> None:
    """So that memory stays bounded however many there are."""
    ids = [rig.site.add_file(f"{number}.txt", f"{number}") for number in range(40)]
    files = [google.me.file(one) for one in ids]
    rig.forget()
    got = Fetcher(lambda _: google.me, LIMIT).all(files)
    next(got)
    assert len(rig.served) <= 16
    assert len(list(got)) == 39


def test_large_files_come_one_at_a_time(rig: DriveRig, google: Google) -> None:
    ids = [rig.site.add_file(f"{number}.txt", f"{number}") for number in range(9)]
    files = [replace(google.me.file(one), size=40_000_000) for one in ids]
    rig.forget()
    got = Fetcher(lambda _: google.me, LIMIT).all(files)
    next(got)
    assert len(rig.served) == 1
    assert len(list(got)) == 8


def test_each_file_is_read_by_who_may(rig: DriveRig, tmp_path: Path) -> None:
    """With delegation, a file of My Drive is read on behalf of who has it."""
    rig.site.add_user("suzuki@example.co.jp")
    own = rig.site.add_file("私.txt", "本文", owner="suzuki@example.co.jp", shared=False)
    google = Google(rig.credentials("delegated", tmp_path), api_url=rig.url)
    file = google.acting_as("suzuki@example.co.jp").file(own)
    fetcher = Fetcher(lambda _: google.acting_as("suzuki@example.co.jp"), LIMIT)
    (got,) = fetcher.all([file])
    assert isinstance(got, Fetched)
    google.close()


def test_what_is_exported_is_what_the_extractors_read() -> None:
    """The types are spelt where they are asked for, and where they are read."""
    from ingest.extract import media  # noqa: PLC0415

    assert (HTML, XLSX, PPTX) == (media.HTML, media.XLSX, media.PPTX)
    assert media.GOOGLE == MEDIA_TYPE
