"""The Drive rig's exports look as Google's do, and the editors' APIs say what exports leave out."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pytest
from drive_asking import DIRECTORY, Asking, refused
from drive_fixtures import Account, account, asking, google
from lxml import html
from pptx import Presentation
from rigs.drive import DriveRig
from rigs.drive.contents import Filler
from rigs.drive.documents import Block, Run
from rigs.drive.records import HTML, PPTX, XLSX

__all__ = ["account", "asking", "google"]

_DOCUMENT = """% 就業規則
# 休暇
年次有給休暇は、勤怠システムから前日の正午までに申請してください。
- 午前半休
  - 連絡は所属長へ
1. 申請
| 種類 | 日数 |
| 年次 | 20日 |
# 休暇
二つめの見出しは同じ名前です。"""


def page(asking: Asking, item: str) -> Any:
    """Return an export as a tree."""
    return html.document_fromstring(asking.export(item).decode("ascii"))


def test_headings_have_ids_that_stay_while_others_come_and_go(
    google: DriveRig, asking: Asking
) -> None:
    made = google.site.add_doc("就業規則", _DOCUMENT)
    ids = [one.get("id") for one in page(asking, made).iter("h1")]
    assert all(re.fullmatch(r"h\.[a-z0-9]{12}", one) for one in ids)
    assert len(set(ids)) == 2
    google.site.edit(made, _DOCUMENT.replace("# 休暇", "# はじめに\n本文\n# 休暇", 1))
    assert [one.get("id") for one in page(asking, made).iter("h1")][1:] == ids


def test_a_title_is_a_paragraph_and_not_a_heading(google: DriveRig, asking: Asking) -> None:
    (title,) = page(asking, google.site.add_doc("a", _DOCUMENT)).find_class("title")
    assert (title.tag, title.text_content()) == ("p", "就業規則")
    assert title.get("id").startswith("h.")


def test_spans_part_words_and_all_that_is_not_ascii_is_a_reference(
    google: DriveRig, asking: Asking
) -> None:
    made = google.site.add_doc("a", _DOCUMENT)
    assert b"&#24180;&#27425;" in asking.export(made)
    long = next(one for one in page(asking, made).iter("p") if "年次有給休暇" in one.text_content())
    spans = list(long)
    assert len(spans) > 1
    assert all(re.match(r"c\d+", one.get("class")) for one in spans)
    assert "".join(one.text for one in spans) == _DOCUMENT.split("\n")[2]


def test_lists_are_flat_and_tell_their_level_by_class(google: DriveRig, asking: Asking) -> None:
    tree = page(asking, google.site.add_doc("a", _DOCUMENT))
    lists = list(tree.iter("ul", "ol"))
    levels = [re.search(r"lst-kix_\w+-(\d)", one.get("class")) for one in lists]
    assert [(one.tag, at and at[1]) for one, at in zip(lists, levels, strict=True)] == [
        ("ul", "0"),
        ("ul", "1"),
        ("ol", "0"),
    ]
    assert not any(list(one.iterancestors("ul", "ol")) for one in lists)
    assert [one.text_content() for one in tree.iter("td")] == ["種類", "日数", "年次", "20日"]


def test_links_lead_through_google_and_differ_each_time(google: DriveRig, asking: Asking) -> None:
    content = [Block("text", (Run("こちら", link="https://example.co.jp/a?b=1&c=2"),))]
    made = google.site.add_doc("a", content)
    first, second = (
        page(asking, made).xpath("//a/@href")[0] for _ in (google.advance(1), google.advance(1))
    )
    assert first.startswith("https://www.google.com/url?q=https://example.co.jp/a?b%3D1%26c%3D2")
    assert re.search(r"&ust=\d{16}&", first)
    assert first != second


def test_footnotes_and_comments_stand_at_the_end(google: DriveRig, asking: Asking) -> None:
    content = [
        Block(
            "text",
            (Run("年休は20日です", footnote="入社6年以上"), Run("。", comment="確認お願いします")),
        )
    ]
    tree = page(asking, google.site.add_doc("a", content))
    assert [one.text_content() for one in tree.iter("sup")] == ["[1]", "[a]"]
    assert tree.xpath("//*[@id='ftnt1']/..")[0].text_content() == "[1]\xa0入社6年以上"
    assert tree.xpath("//*[@id='cmnt1']/..")[0].text_content() == "[a]確認お願いします"
    assert tree.xpath("//*[@id='cmnt_ref1']/@href") == ["#cmnt1"]


def test_images_are_within_the_page(google: DriveRig, asking: Asking) -> None:
    tree = page(asking, google.site.add_doc("a", [Block("image", (Run("組織図"),))]))
    (image,) = tree.iter("img")
    assert image.get("src").startswith("data:image/png;base64,")
    assert image.get("alt") == "組織図"


def test_sheets_come_as_a_workbook_and_their_ids_by_the_api(
    google: DriveRig, asking: Asking
) -> None:
    made = google.site.add_sheet(
        "経費",
        [
            {"title": "一覧", "rows": [["日付", "金額"], ["4月1日", 1200]], "hidden_rows": [2]},
            {"title": "作業用", "rows": [["a"]], "hidden": True},
        ],
    )
    book = openpyxl.load_workbook(io.BytesIO(asking.export(made, XLSX)))
    assert [(one.title, one.sheet_state) for one in book] == [
        ("一覧", "visible"),
        ("作業用", "hidden"),
    ]
    assert book["一覧"].row_dimensions[2].hidden
    fields = "sheets.properties(sheetId,title,hidden)"
    said = asking.sheets.spreadsheets().get(spreadsheetId=made, fields=fields).execute()
    first, second = (one["properties"] for one in said["sheets"])
    assert first == {"sheetId": 0, "title": "一覧"}
    assert second["hidden"] is True
    assert second["sheetId"] > 0


def test_slides_come_as_a_presentation_and_their_ids_by_the_api(
    google: DriveRig, asking: Asking
) -> None:
    made = google.site.add_slides(
        "説明会",
        ["表紙", {"title": "予定", "text": "一\n二", "notes": "ここで休憩", "skipped": True}],
    )
    slides = Presentation(io.BytesIO(asking.export(made, PPTX))).slides
    assert [one.shapes.title.text for one in slides] == ["表紙", "予定"]
    assert [one._element.get("show") for one in slides] == [None, "0"]
    assert slides[1].notes_slide.notes_text_frame.text == "ここで休憩"
    fields = "slides(objectId,slideProperties.isSkipped)"
    said = asking.slides.presentations().get(presentationId=made, fields=fields).execute()
    assert said["slides"][0] == {"objectId": "p", "slideProperties": {}}
    assert said["slides"][1]["slideProperties"] == {"isSkipped": True}


def test_the_editors_know_neither_other_files_nor_other_kinds(
    google: DriveRig, asking: Asking
) -> None:
    secret = google.site.add_sheet("秘密", shared=False)
    document = google.site.add_doc("文書", "本文")

    def ask(name: str) -> object:
        return asking.sheets.spreadsheets().get(spreadsheetId=name).execute()

    assert refused(lambda: ask(secret)) == (403, "PERMISSION_DENIED")
    assert refused(lambda: ask("1nothing")) == (404, "NOT_FOUND")
    assert refused(lambda: ask(document)) == (400, "FAILED_PRECONDITION")


def test_an_export_over_the_limit_is_only_had_by_its_link(google: DriveRig, asking: Asking) -> None:
    """Which leads to another host, where no token is wanted."""
    google.configure(export_limit=1000)
    made = google.site.add_doc("大きい", "# 見出し\n" + "本文。" * 400)
    assert refused(lambda: asking.export(made)) == (403, "exportSizeLimitExceeded")
    link = asking.file(made, "exportLinks")["exportLinks"][HTML]
    answer, body = asking.http.request(link)
    assert answer.status == 200
    assert b"&#35211;&#20986;&#12375;" in body
    assert answer["content-location"].startswith(google.core.elsewhere)
    last = google.journal[-1]
    assert (last.route, last.host, last.authorized) == ("export content", "content", False)
    asking.http.request(f"{google.core.elsewhere}{last.path}")
    assert google.journal[-1].status == 404  # good for once
    assert urlsplit(link).hostname != urlsplit(google.core.elsewhere).hostname


def test_ten_megabytes_are_the_limit(google: DriveRig, asking: Asking) -> None:
    limit = 10 * 1024 * 1024
    assert google.settings.export_limit == limit
    within = google.site.add_doc("以内", Filler(limit))
    beyond = google.site.add_doc("超過", Filler(limit + 1))
    assert len(asking.export(within)) == limit
    assert refused(lambda: asking.export(beyond)) == (403, "exportSizeLimitExceeded")


def test_an_export_link_is_for_who_may_read(
    google: DriveRig, asking: Asking, account: Account
) -> None:
    made = google.site.add_doc("秘密", "本文")
    link = asking.file(made, "exportLinks")["exportLinks"][HTML]
    google.site.unshare(made, google.email)
    answer, _ = asking.http.request(link)
    assert answer.status == 404


def test_an_encrypted_file_says_so(google: DriveRig, asking: Asking) -> None:
    made = google.site.add_file("秘密.docx", b"\0\1")
    assert asking.file(made)["clientEncryptionDetails"] == {"encryptionState": "unencrypted"}
    google.site.configure(made, encrypted=True)
    assert asking.file(made)["clientEncryptionDetails"] == {"encryptionState": "encrypted"}


# The directory


def test_the_directory_tells_groups_members_and_users_in_pages(
    google: DriveRig, account: Account
) -> None:
    site = google.site
    for n in range(5):
        site.add_user(f"user{n}@example.co.jp", suspended=n == 4)
    inner = site.add_group("inner@example.co.jp", members=["user0@example.co.jp"])
    members = [inner, *(f"user{n}@example.co.jp" for n in range(1, 5)), "*", "who@example.com"]
    site.add_group("outer@example.co.jp", members=members)
    admin = account("delegated", site.admin, scopes=DIRECTORY).directory
    first = admin.groups().list(customer="my_customer", maxResults=1).execute()
    rest = admin.groups().list(
        customer="my_customer", maxResults=1, pageToken=first["nextPageToken"]
    )
    assert first["groups"][0]["email"] == inner
    assert rest.execute()["groups"][0]["email"] == "outer@example.co.jp"
    told = admin.members().list(groupKey="outer@example.co.jp").execute()["members"]
    assert [(one["type"], one.get("email"), one.get("status")) for one in told] == [
        ("GROUP", inner, "ACTIVE"),
        *(("USER", f"user{n}@example.co.jp", "ACTIVE") for n in range(1, 4)),
        ("USER", "user4@example.co.jp", "SUSPENDED"),
        ("CUSTOMER", None, None),
        ("USER", "who@example.com", None),
    ]
    users = admin.users().list(customer="my_customer", query="isSuspended=false").execute()
    mails = [one["primaryEmail"] for one in users["users"]]
    assert "user3@example.co.jp" in mails
    assert not {"user4@example.co.jp", "who@example.com", google.email} & set(mails)


def test_the_directory_is_for_administrators(google: DriveRig, account: Account) -> None:
    plain = account("delegated", google.site.owner, scopes=DIRECTORY).directory
    asked = plain.groups().list(customer="my_customer")
    assert refused(asked.execute) == (403, "forbidden")
    assert refused(plain.members().list(groupKey="no@example.co.jp").execute)[0] == 403


def test_a_group_that_is_not_there_is_not_found(google: DriveRig, account: Account) -> None:
    admin = account("delegated", google.site.admin, scopes=DIRECTORY).directory
    assert refused(admin.members().list(groupKey="no@example.co.jp").execute) == (404, "notFound")
    assert refused(admin.groups().list().execute)[0] == 400
    group = google.site.add_group("empty@example.co.jp")
    assert "members" not in admin.members().list(groupKey=group).execute()


@pytest.mark.parametrize("api", ["drive", "sheets", "slides", "admin"])
def test_an_api_that_is_not_enabled_says_how_to_enable_it(
    google: DriveRig, account: Account, api: str
) -> None:
    google.configure(disabled=frozenset({api}))
    client = account("delegated", google.site.admin, scopes=(*DIRECTORY, *_ALL))
    asked = {
        "drive": lambda: client.drive.files().list(),
        "sheets": lambda: client.sheets.spreadsheets().get(spreadsheetId="a"),
        "slides": lambda: client.slides.presentations().get(presentationId="a"),
        "admin": lambda: client.directory.groups().list(customer="my_customer"),
    }[api]()
    reasons = {"drive": "accessNotConfigured", "admin": "accessNotConfigured"}
    assert refused(asked.execute) == (403, reasons.get(api, "PERMISSION_DENIED"))


_ALL = ("https://www.googleapis.com/auth/drive.readonly",)
