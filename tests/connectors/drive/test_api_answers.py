"""Answers become values: what is missing or garbled is "not told", and never opens a document."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.drive.api import answers
from connectors.drive.values import DOCUMENT, SPREADSHEET, Change, File, Member, Sheet, Slide

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = [
    "id",
    "name",
    "mimeType",
    "parents",
    "driveId",
    "owners",
    "lastModifyingUser",
    "modifiedTime",
    "md5Checksum",
    "size",
    "webViewLink",
    "trashed",
    "permissions",
    "permissionIds",
    "inheritedPermissionsDisabled",
    "capabilities",
    "resourceKey",
    "shortcutDetails",
    "exportLinks",
    "clientEncryptionDetails",
]
GRANT_FIELDS = [
    "id",
    "type",
    "role",
    "emailAddress",
    "domain",
    "allowFileDiscovery",
    "deleted",
    "view",
    "expirationTime",
    "permissionDetails",
]


def grant(**fields: Any) -> Any:
    """Return the one permission of a list."""
    return answers.permissions([{"id": "1", "type": "anyone", "role": "reader", **fields}])[0]


@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON.filter(lambda one: isinstance(one, dict))
)
@settings(deadline=None)
def test_any_object_is_a_file_or_none(answer: dict[str, Any]) -> None:
    """Whatever stands in its fields: a value of the right kind, or ValueError."""
    try:
        found = answers.file(answer)
    except ValueError:
        named = answer.get("id")
        assert not isinstance(named, str) or not re.fullmatch(r"[\w.:~-]+", named, re.ASCII)
        return
    f"{found}".encode()  # databases and files take it
    assert isinstance(found, File)
    assert found.url.startswith(("http://", "https://"))
    assert found.size is None or isinstance(found.size, int)
    assert found.modified is None or found.modified.tzinfo is not None
    assert isinstance(hash(found), int)
    # Only a list of permissions may be taken for one.
    assert (found.permissions is None) == (not isinstance(answer.get("permissions"), list))


@given(st.dictionaries(st.sampled_from(GRANT_FIELDS), JSON))
@settings(deadline=None)
def test_a_garbled_permission_opens_nothing(answer: dict[str, Any]) -> None:
    """Found by searching only where Google says true; alive only where it says so."""
    (found,) = answers.permissions([answer])
    assert found.discoverable == (answer.get("allowFileDiscovery") is True)
    assert found.deleted == (answer.get("deleted", False) is not False)
    if answer.get("expirationTime") is not None:
        assert found.expires is not None


@given(JSON)
@settings(deadline=None)
def test_any_other_answer_is_read_or_refused(answer: Any) -> None:
    """No other exception than ValueError comes out of a garbled answer."""
    assert isinstance(answers.permissions(answer), tuple)
    whole = answer if isinstance(answer, dict) else {"sheets": answer, "slides": answer}
    assert all(isinstance(one, Sheet) for one in answers.sheets(whole))
    assert all(isinstance(one, Slide) for one in answers.slides(whole))
    assert isinstance(answers.member(whole), Member)
    for parse in (answers.drive, answers.change):
        try:
            parse(whole)
        except ValueError:
            continue


def test_half_a_character_in_a_name_is_replaced() -> None:
    """JSON may hold one; no database takes it."""
    found = answers.file({"id": "x", "name": "a\ud83d", "owners": [{"displayName": "b\udc00"}]})
    assert (found.name, found.owner) == ("a?", "b?")


@pytest.mark.parametrize("key", ["0-k\r\nX-Evil: 1", "鍵", " ", 7, {}])
def test_what_is_no_key_gets_into_no_header(key: Any) -> None:
    """Ids and keys travel in headers and addresses."""
    details = {"targetId": key, "targetResourceKey": key}
    found = answers.file(
        {"id": "x", "resourceKey": key, "parents": [key], "shortcutDetails": details}
    )
    assert (found.resource_key, found.target, found.target_key) == (None, None, None)
    assert found.parents == ()


def test_a_time_that_can_not_be_read_is_over() -> None:
    """An end of access that is not understood is taken for one that has come."""
    expires = grant(expirationTime="soon").expires
    assert expires is not None
    assert expires < datetime.now(UTC)
    assert grant(expirationTime="2031-01-01T00:00:00.000Z").expires == datetime(
        2031, 1, 1, tzinfo=UTC
    )
    assert grant().expires is None


def test_a_permission_is_inherited_where_no_part_of_it_is_direct() -> None:
    """On a shared drive one grantee may have both."""
    above = {"inherited": True, "inheritedFrom": "folder"}
    assert grant(permissionDetails=[above]).inherited_from == ("folder",)
    assert grant(permissionDetails=[above, {"inherited": False}]).inherited_from == ()
    assert grant().inherited_from == ()


def test_addresses_are_compared_in_lower_case() -> None:
    """Google keeps them as they were typed."""
    found = grant(emailAddress=" Sato@Example.co.jp", domain="Example.CO.JP")
    assert (found.email, found.domain) == ("sato@example.co.jp", "example.co.jp")


@pytest.mark.parametrize(
    ("link", "media_type", "url"),
    [
        (
            "https://docs.google.com/document/d/x/edit?usp=drivesdk#heading=h.1",
            DOCUMENT,
            "https://docs.google.com/document/d/x/edit",
        ),
        (None, DOCUMENT, "https://docs.google.com/document/d/x/edit"),
        (None, SPREADSHEET, "https://docs.google.com/spreadsheets/d/x/edit"),
        (None, "application/pdf", "https://drive.google.com/file/d/x/view"),
        ("javascript:alert(1)", "application/pdf", "https://drive.google.com/file/d/x/view"),
        ("https://[", "application/pdf", "https://drive.google.com/file/d/x/view"),
        ("https://a@b/c", "application/pdf", "https://drive.google.com/file/d/x/view"),
        ("//docs.google.com/x", "application/pdf", "https://drive.google.com/file/d/x/view"),
    ],
)
def test_a_click_leads_to_the_file(link: str | None, media_type: str, url: str) -> None:
    """Without the query that names the app, and nowhere else than to a page."""
    answer = {"id": "x", "mimeType": media_type, "webViewLink": link}
    assert answers.file(answer).url == url


def test_a_file_is_named_by_who_owns_it_or_changed_it() -> None:
    """On a shared drive nobody owns it."""
    owner = {"displayName": "佐藤花子", "emailAddress": "sato@example.co.jp"}
    last = {"emailAddress": "tanaka@example.co.jp"}
    assert (
        answers.file({"id": "x", "owners": [owner], "lastModifyingUser": last}).owner == "佐藤花子"
    )
    assert answers.file({"id": "x", "lastModifyingUser": last}).owner == "tanaka@example.co.jp"
    assert answers.file({"id": "x"}).owner is None


def test_the_size_of_a_native_file_is_not_that_of_its_export() -> None:
    """What it takes up at Google would be held against the limit of a document."""
    assert answers.file({"id": "x", "mimeType": DOCUMENT, "size": "1024"}).size is None
    assert answers.file({"id": "x", "mimeType": "text/plain", "size": "1024"}).size == 1024


def test_a_change_is_of_a_file_or_a_drive() -> None:
    """A removed one has no file, whatever else stands there; what is of neither is passed over."""
    told = {"id": "x", "name": "休暇"}
    gone = {"changeType": "file", "fileId": "x", "removed": True, "file": told}
    assert answers.change(gone) == Change("x", removed=True)
    drive = {"changeType": "drive", "driveId": "d", "removed": False}
    assert answers.change(drive) == Change("d", removed=False, is_drive=True)
    assert answers.change({"changeType": "comment"}) is None
    with pytest.raises(ValueError, match="without an id"):
        answers.change({"changeType": "file", "removed": True})


def test_the_first_sheet_is_told_without_its_number() -> None:
    """Google leaves out what is 0."""
    assert answers.sheets({"sheets": [{"properties": {"title": "一月"}}]}) == (Sheet(0, "一月"),)
