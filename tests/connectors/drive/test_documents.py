"""Files as documents: the version of what was fetched, who may read it, and what is not fetched."""

from __future__ import annotations

from html import unescape

import pytest
from drive_site import DriveSite, listing, told

from connectors.base import Document, Unread
from connectors.drive import Scope
from connectors.drive.exported import MEDIA_TYPE, Exported


def test_of_many_files_one_that_changed_carries_its_new_version(drive: DriveSite) -> None:
    """Else the next run would fetch it again, or never."""
    ids = [drive.site.add_file(f"{number}.md", f"本文{number}") for number in range(5)]
    connector = drive.connector()
    refs = listing(connector)
    drive.site.edit(ids[2], "あたらしい本文")
    documents = {got.ref.id: got for got in connector.fetch_all(list(refs.values()))}
    now = {ref.id: ref for ref in listing(drive.connector()).values()}
    assert {one: got.ref for one, got in documents.items()} == now
    changed = documents[ids[2]]
    assert isinstance(changed, Document)
    assert changed.body.decode() == "あたらしい本文"


def shown(document: Document) -> str:
    """Return what a Google document says, which Google writes as character references."""
    return unescape(bytes(Exported.from_bytes(document.body).body).decode())


@pytest.mark.parametrize("shared", [False, True])
def test_a_native_file_that_changed_since_its_listing_is_fetched_again(
    drive: DriveSite, shared: bool
) -> None:
    """An export does not tell its version: it carries the listed one, which the next run mends."""
    parent = drive.site.add_drive("規程") if shared else None
    one = drive.site.add_doc("計画", "# 第一版", parent)
    connector = drive.connector()
    first, _, cursor = told(connector, None)
    drive.site.edit(one, "# 第二版")
    (early,) = connector.fetch_all(list(first.values()))
    assert isinstance(early, Document)
    assert early.ref == first["計画"], "never a version that is newer than the text may be"
    assert "第二版" in shown(early)
    drive.site.edit(one, "# 第三版")
    connector = drive.connector()
    second, gone, cursor = told(connector, cursor)
    assert gone == set()
    assert second["計画"].version != early.ref.version
    (got,) = connector.fetch_all(list(second.values()))
    assert isinstance(got, Document)
    assert got.ref == second["計画"] == listing(drive.connector())["計画"]
    assert "第三版" in shown(got)
    assert told(drive.connector(), cursor)[:2] == ({}, set())


def test_native_files_are_handed_over_by_kind(drive: DriveSite) -> None:
    """In My Drive and on a shared drive: with a type that their name does not decide."""
    for parent in (None, drive.site.add_drive("規程")):
        drive.site.add_doc(f"計画.doc {parent}", "# 計画", parent)
        drive.site.add_sheet(f"旅費 {parent}", {"日当": [["地域", "金額"]]}, parent)
        drive.site.add_slides(f"研修 {parent}", ["一枚目"], parent)
    connector = drive.connector()
    refs = listing(connector)
    assert {ref.media_type for ref in refs.values()} == {MEDIA_TYPE}
    kinds = []
    for got in connector.fetch_all(list(refs.values())):
        assert isinstance(got, Document), got
        assert got.media_type == MEDIA_TYPE
        assert got.url.startswith("https://docs.google.com/")
        assert got.title == got.ref.name
        kinds.append(Exported.from_bytes(got.body).kind)
    assert sorted(kinds) == ["document"] * 2 + ["presentation"] * 2 + ["spreadsheet"] * 2


def test_what_nobody_may_read_is_not_fetched(drive: DriveSite) -> None:
    """No request is spent on it."""
    one = drive.site.add_file("見るだけ.md", "本文", shared=False)
    drive.site.share(one, drive.rig.email)
    connector = drive.connector()
    refs = listing(connector)
    before = drive.rig.requests
    (got,) = connector.fetch_all(list(refs.values()))
    assert isinstance(got, Unread)
    assert got.ref == refs["見るだけ.md"]
    assert drive.rig.requests == before


def test_another_process_fetches_what_it_did_not_list(drive: DriveSite) -> None:
    drive.site.add_file("規程.md", "本文")
    refs = list(listing(drive.connector()).values())
    (got,) = drive.connector(memory=None).fetch_all(refs)
    assert isinstance(got, Document)
    assert got.ref == refs[0]


def test_what_has_no_text_is_told_in_a_line_a_kind(drive: DriveSite) -> None:
    for number in range(3):
        drive.site.add_form(f"申込{number}")
    target = drive.site.add_file("消える.md", "本文")
    drive.site.add_shortcut(target)
    drive.site.delete(target)
    connector = drive.connector()
    assert listing(connector) == {}
    told = dict(connector.noticed())
    assert told["google-apps.form"].startswith("3 ")
    assert told["shortcuts"].startswith("1 ")


def test_a_name_that_a_query_could_not_hold_is_found_all_the_same(drive: DriveSite) -> None:
    name = r"It's \ 「引用」'の規程.md"
    one = drive.site.add_file(name, "本文", shared=False)
    drive.site.share(one, drive.rig.email)
    connector = drive.connector(Scope(), readers=["anyone"], memory=None)
    found = connector.find(f"https://drive.google.com/file/d/{one}/view")
    assert found is not None
    assert found.name == name
