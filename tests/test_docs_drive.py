"""What the page about Google Drive says is true: scopes, what is read, who may read.

`test_docs_drive_messages.py` provokes its messages, `test_docs_drive_followed.py` follows it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from chat_pages import first, languages
from docs_drive import HR, SATO, Drive, listed, page, read, text, workspace
from rigs.drive.contents import Filler
from rigs.drive.core import SCOPES
from rigs.drive.credentials import READING
from rigs.drive.documents import Block, DocumentBody, Run
from rigs.drive.records import SheetProperties

from bot import settings
from bot.settings.values import seconds
from connectors.base import ConnectorError, Document
from connectors.drive import Scope
from connectors.drive.login import LONGEST, Words, login
from ingest.extract import ExtractError, extract
from ingest.sync import plan


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    with workspace(tmp_path) as made:
        yield made


# Scopes


def everything_with(drive: Drive, scopes: Iterable[str]) -> None:
    """Do all that a source with `users` and `admin` does, delegated these scopes. May raise."""
    drive.rig.configure(delegation=frozenset(scopes))
    scope = Scope(users=("*",))
    connector = drive.connector(scope, "delegated", admin=drive.site.admin, memory=None)
    refs, _ = listed(connector)
    answers = list(connector.fetch_all(list(refs.values())))
    assert len(answers) == 3
    assert all(isinstance(one, Document) for one in answers)
    assert {one.principal for one in connector.groups()} == {f"group:google:{HR}"}


@languages
def test_the_scopes_of_the_table_are_enough_and_none_is_spare(language: str, drive: Drive) -> None:
    """Files of all three editors, who may read them, groups and everybody in the directory."""
    named = page(language).named(first(page(language), "scope", "スコープ"))
    assert len(named) == 3
    group = drive.site.add_group(HR, members=[SATO])
    for one in (
        drive.site.add_doc("規程", "# 休暇\n本文"),
        drive.site.add_sheet("表", "本文"),
        drive.site.add_slides("研修", "本文"),
    ):
        drive.site.share(one, group)
    everything_with(drive, named)
    assert {one.account for one in drive.rig.journal if one.route == "sheets.get"} <= {SATO}
    for scope in named:
        with pytest.raises((ConnectorError, AssertionError)):
            everything_with(drive, named - {scope})


@languages
def test_a_login_asks_for_reading_alone(
    language: str, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the person is asked to consent to is the scope that the first sentence names."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the rig speaks http
    seen = []

    def visited(url: str) -> str:
        seen.append(url)
        return "http://localhost:1/?error=access_denied"

    with pytest.raises(ConnectorError):
        login(drive.rig.client(tmp_path), tmp_path / "o", words=Words("{url}", ""), paste=visited)
    (scope,) = re.findall(r"[?&]scope=([^&]+)", seen[0])
    assert {scope.replace("%3A", ":").replace("%2F", "/")} == set(READING)
    assert "`drive.readonly`" in page(language).text.partition("\n## ")[0]
    assert {SCOPES["drive.readonly"]} == READING


@languages
def test_roles_of_the_page_tell_who_may_read_and_a_viewer_is_not_told(
    language: str, drive: Drive
) -> None:
    rows = page(language).cells(first(page(language), "where", "場所"))
    assert [row[1].rstrip(" |") for row in rows] == {
        "en": ["Content manager", "Editor"],
        "ja": ["コンテンツ管理者", "編集者"],
    }[language]
    shared = drive.site.add_drive("規程", service=False)
    drive.site.share(shared, drive.rig.email, "fileOrganizer")
    folder = drive.site.add_folder("総務", shared=False)
    drive.site.share(folder, drive.rig.email, "writer")
    ids = [drive.site.add_file("a.md", "本文", one) for one in (shared, folder)]
    for one in (shared, folder):
        drive.site.share(one, HR)
    connector = drive.connector()
    refs, _ = listed(connector)
    assert all(f"user:{HR}" in connector.readers(refs[one])[0] for one in ids)
    for one in (shared, folder):
        drive.site.share(one, drive.rig.email, "reader")
    connector = drive.connector(memory=None)
    refs, _ = listed(connector)
    for one in ids:
        with pytest.raises(ConnectorError, match="nobody may read it"):
            connector.readers(refs[one])
    connector = drive.connector(memory=None, readers=["domain:example.co.jp"])
    refs, _ = listed(connector)
    assert {connector.readers(refs[one]) for one in ids} == {(frozenset({"domain:example.co.jp"}),)}


# What is read


class Columns:
    """A spreadsheet whose second column is hidden."""

    def exported(self, media_type: str, moment: int) -> bytes | None:
        made = io.BytesIO()
        with xlsxwriter.Workbook(made) as book:
            sheet = book.add_worksheet("日当")
            for row, cells in enumerate([("地域", "原価"), ("国内", "秘密")]):
                sheet.write_row(row, 0, cells)
            sheet.set_column(1, 1, None, None, {"hidden": True})
        return made.getvalue()

    def stored(self) -> bytes:
        return b""

    def sheets(self) -> tuple[SheetProperties, ...]:
        return (SheetProperties(0, "日当", hidden=False),)

    def slides(self) -> tuple[Any, ...]:
        return ()


def test_documents_are_read_as_the_table_says(drive: Drive) -> None:
    """Headings, paragraphs, lists, tables and footnotes; no comment; a link to the heading."""
    made = DocumentBody(
        (
            Block("heading", (Run("休暇"),), level=1),
            Block("text", (Run("前日までに。", footnote="半休も同じ。", comment="要確認"),)),
            Block("bullet", (Run("診断書"),)),
            Block("table", rows=(("区分", "日数"), ("慶弔", "5日"))),
        )
    )
    one = drive.site.add_doc("規程", made)
    document, extracted = read(drive.connector())[one]
    words = text(extracted)
    for expected in ("休暇", "前日までに。", "半休も同じ。", "診断書", "区分", "5日"):
        assert expected in words
    assert "要確認" not in words
    assert {block.anchor[:8] for block in extracted.blocks if block.headings} == {"heading="}
    assert document.url.startswith("https://docs.google.com/document/d/")


def test_spreadsheets_are_read_as_the_table_says(drive: Drive) -> None:
    """Without what is hidden; a link to the sheet and its cells."""
    rows = [["地域", "日当"], ["国内", "2500"], ["欠番", "隠れた行"]]
    one = drive.site.add_sheet(
        "旅費",
        [
            {"title": "国内", "rows": rows, "hidden_rows": [3]},
            {"title": "控え", "rows": [["区分", "隠れたシート"]], "hidden": True},
        ],
    )
    other = drive.site.add_sheet("原価", Columns())
    found = read(drive.connector())
    words = text(found[one][1])
    assert "2500" in words
    assert "隠れた" not in words
    assert all(
        re.match(r"gid=\d+&range=A1:B\d", block.anchor.removeprefix("#"))
        for block in found[one][1].blocks
    )
    assert "国内" in text(found[other][1])
    assert "秘密" not in text(found[other][1])


def test_presentations_are_read_as_the_table_says(drive: Drive) -> None:
    """Slide by slide, with notes, without skipped ones; a link to the slide."""
    one = drive.site.add_slides(
        "研修",
        [
            {"title": "初日", "text": "集合は9時です。", "notes": "会議室は3階。"},
            {"title": "没", "text": "使わない。", "skipped": True},
        ],
    )
    _, extracted = read(drive.connector())[one]
    words = text(extracted)
    assert "集合は9時です。" in words
    assert "会議室は3階。" in words
    assert "使わない。" not in words
    assert {block.anchor[:9] for block in extracted.blocks} == {"slide=id."}


def test_without_the_apis_of_sheets_and_slides_links_lead_to_the_file(drive: Drive) -> None:
    """As step 2 in Google's console says: the files are read all the same."""
    drive.rig.configure(disabled=frozenset({"sheets", "slides"}))
    drive.site.add_sheet("旅費", [{"title": "国内", "rows": [["地域", "日当"], ["国内", "2500"]]}])
    drive.site.add_slides("研修", [{"title": "初日", "text": "集合は9時です。"}])
    found = read(drive.connector()).values()
    assert "2500" in "".join(text(extracted) for _, extracted in found)
    assert {block.anchor for _, extracted in found for block in extracted.blocks} == {""}


def test_text_in_japanese_encodings_is_read_and_a_shortcut_once(drive: Drive) -> None:
    ids = [
        drive.site.add_file(f"{name}.txt", "有給休暇の申請は前日までに行います。".encode(name))
        for name in ("cp932", "euc_jp", "iso2022_jp", "utf-8", "utf-16")
    ]
    drive.site.add_shortcut(ids[0])
    found = read(drive.connector())
    assert set(found) == set(ids)
    assert all("有給休暇の申請" in text(extracted) for _, extracted in found.values())


def test_what_the_page_names_is_not_read(drive: Drive) -> None:
    """Forms are told of; what is in the trash is not; a picture has no text."""
    drive.site.add_form("申込")
    drive.site.trash(drive.site.add_file("旧.md", "旧"))
    picture = drive.site.add_file("図.png", b"\x89PNG\r\n\x1a\n" + bytes(64))
    connector = drive.connector()
    refs, _ = listed(connector)
    assert set(refs) == {picture}
    assert "google-apps.form" in dict(connector.noticed())
    (got,) = connector.fetch_all(list(refs.values()))
    assert isinstance(got, Document)
    with pytest.raises(ExtractError):
        extract(got.body, media_type=got.media_type, name=got.title or "")


@languages
def test_a_document_above_the_limit_of_exports_is_fetched_by_its_link(
    language: str, drive: Drive
) -> None:
    limit = drive.rig.settings.export_limit
    assert limit == 10 * 1024 * 1024
    assert first(page(language), "export limit of 10 MB", "書き出し上限の10MB") in (
        page(language).unwrapped
    )
    drive.site.add_doc("大", Filler(limit + 1))
    connector = drive.connector()
    refs, _ = listed(connector)
    (got,) = connector.fetch_all(list(refs.values()))
    assert isinstance(got, Document)
    assert len(got.body) > limit
    assert any(one.host == "content" for one in drive.rig.journal)


# Who may read what

SHARES: tuple[tuple[str | None, bool], ...] = (
    (SATO, False),
    (HR, False),
    ("example.co.jp", True),
    ("example.co.jp", False),
    (None, True),
    (None, False),
)
"""With whom, and whether they find it by searching: the rows of the table."""
PRINCIPAL = re.compile(r"`((?:user|group|domain):[^`]+|anyone)`")


@languages
def test_who_finds_what_is_shared_is_as_the_table_says(language: str, drive: Drive) -> None:
    """By the connector, without `link_shared` and with it."""
    rows = page(language).cells(first(page(language), "shared with", "共有の相手"))
    assert len(rows) == len(SHARES)
    drive.site.add_group(HR)
    drive.site.add_user("suzuki@example.co.jp")
    ids = []
    for to, discoverable in SHARES:
        ids.append(drive.site.add_file(f"{to}.md", "本文", owner="suzuki@example.co.jp"))
        drive.site.share(ids[-1], to, discoverable=discoverable)
    own = {"user:suzuki@example.co.jp"}  # whose files they are finds them anyway
    for link_shared in (False, True):
        connector = drive.connector(link_shared=link_shared, memory=None)
        refs, _ = listed(connector)
        for row, one in zip(rows, ids, strict=True):
            plainly, _, by_link = row[1].partition("`link_shared`")
            told = set(PRINCIPAL.findall(plainly + (by_link if link_shared else "")))
            (layer,) = connector.readers(refs[one])
            assert layer - own == told, row
            assert "anyone" in told or own <= layer


def test_groups_are_told_with_members_and_groups_in_them_where_admin_is_set(drive: Drive) -> None:
    inner = drive.site.add_group("inner@example.co.jp", members=["tanaka@example.co.jp"])
    drive.site.add_group(HR, members=[inner, SATO])
    drive.site.share(drive.site.add_file("a.md", "本文"), HR)
    connector = drive.connector(Scope(users=(SATO,)), "delegated", admin=drive.site.admin)
    listed(connector)
    assert {one.principal: one.members for one in connector.groups()} == {
        f"group:google:{HR}": {"group:google:inner@example.co.jp", f"user:{SATO}"},
        "group:google:inner@example.co.jp": {"user:tanaka@example.co.jp"},
    }
    assert list(drive.connector(memory=None).groups()) == []


def test_a_limited_folder_cuts_off_what_is_granted_above_it(drive: Drive) -> None:
    above = drive.site.add_folder("上")
    limited = drive.site.add_folder("下", above)
    one = drive.site.add_file("a.md", "本文", limited)
    drive.site.share(above, HR)
    drive.site.share(limited, "tanaka@example.co.jp")
    drive.site.share(limited, drive.rig.email, "writer")
    drive.site.limit(limited)
    connector = drive.connector()
    refs, _ = listed(connector)
    (layer,) = connector.readers(refs[one])
    assert "user:tanaka@example.co.jp" in layer
    assert f"user:{HR}" not in layer
    assert f"user:{drive.rig.email}" not in layer, "the service account itself does not count"


# What changed


def test_what_happens_to_a_file_is_told_by_the_next_sync(drive: Drive) -> None:
    """New, edited, renamed, moved, deleted, restored."""
    folder = drive.site.add_folder("新")
    drive.site.share(folder, HR)
    edited, renamed, moved, deleted, restored = (
        drive.site.add_file(f"{number}.md", "本文") for number in range(5)
    )
    drive.site.trash(restored)
    before, cursor = listed(drive.connector())
    assert set(before) == {edited, renamed, moved, deleted}
    drive.site.edit(edited, "あたらしい本文")
    drive.site.rename(renamed, "別名.md")
    drive.site.move(moved, folder)
    drive.site.delete(deleted)
    drive.site.restore(restored)
    new = drive.site.add_file("新しい.md", "本文")
    told, _ = listed(drive.connector(), cursor)
    assert told.pop(deleted) is None
    assert {edited, renamed, moved, restored, new} <= set(told)
    for one in (edited, renamed):
        assert told[one].version != before[one].version
    assert told[moved].version == before[moved].version
    assert told[moved].readers_version != before[moved].readers_version


@pytest.mark.parametrize("what", ["moved", "shared", "limited", "joined"])
def test_a_folder_or_drive_changes_readers_below_and_nothing_is_fetched(
    what: str, drive: Drive
) -> None:
    """A folder that was moved, shared or closed; a new member of a shared drive."""
    shared = drive.site.add_drive("規程")
    folder = drive.site.add_folder("総務", shared)
    open_ = drive.site.add_folder("公開", shared)
    drive.site.share(open_, "tanaka@example.co.jp")
    one = drive.site.add_file("a.md", "本文", drive.site.add_folder("下", folder))
    before, cursor = listed(drive.connector())
    match what:
        case "moved":
            drive.site.move(folder, open_)
        case "shared":
            drive.site.share(folder, "tanaka@example.co.jp")
        case "limited":
            drive.site.share(folder, drive.rig.email, "fileOrganizer")
            drive.site.limit(folder)
        case _:
            drive.site.share(shared, "tanaka@example.co.jp")
    connector = drive.connector()
    told, _ = listed(connector, cursor)
    assert told[one].version == before[one].version
    if what != "limited":
        assert told[one].readers_version != before[one].readers_version
        assert "user:tanaka@example.co.jp" in connector.readers(told[one])[0]
    assert sum(drive.rig.served.values()) == 0


@languages
def test_numbers_in_sentences_are_those_of_the_code(language: str) -> None:
    days = seconds(settings.DriveSource(kind="drive").keep_deleted) // 86400
    figures = settings.Ingest().max_delete_share, days, plan.FEW, LONGEST
    assert figures == (0.2, 30, 5, 600)
    limit = settings.Ingest().max_bytes // 1_000_000
    for sentence in (
        (
            "more than a fifth of a source (`max_delete_share`), and more than five documents",
            "5分の1（`max_delete_share`）を超え、かつ5件を超える",
        ),
        ("waits ten minutes at most", "10分まで許可を待って"),
        (f"`max_bytes` of `[ingest]` ({limit} MB)", f"`[ingest]` の `max_bytes`（{limit}MB）"),
    ):
        assert sentence[["en", "ja"].index(language)] in page(language).unwrapped
