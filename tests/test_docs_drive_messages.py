"""Each message in the table of troubles of the page about Google Drive is said in its situation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_pages import QUOTES, first, languages
from docs_drive import SATO, Drive, listed, page, workspace
from rigs.drive.core import SCOPES

from bot import settings
from connectors.base import ConnectorError, Unread
from connectors.drive import DriveConnector, Scope
from connectors.drive.api import Google
from connectors.drive.login import Words, login


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    with workspace(tmp_path) as made:
        yield made


def said(connector: DriveConnector) -> str:
    """Return all that the doctor, a listing and the fetching of everything say."""
    words = [remark.message for remark in connector.examine()]
    try:
        refs, _ = listed(connector)
    except ConnectorError as error:
        return "\n".join([*words, str(error)])
    for got in connector.fetch_all(list(refs.values())):
        words += [got.reason] if isinstance(got, Unread) else []
    return "\n".join(words)


def no_account(_: Drive, folder: Path) -> str:
    loaded = settings.load({}, folder)
    with pytest.raises(settings.SettingsError) as raised:
        loaded.google_account(settings.DriveSource(kind="drive"))
    return str(raised.value)


def client_as_account(drive: Drive, folder: Path) -> str:
    with pytest.raises(ConnectorError) as raised:
        Google(drive.rig.client(folder), api_url=drive.rig.url)
    return str(raised.value)


def client_of_a_site(_: Drive, folder: Path) -> str:
    path = folder / "web.json"
    path.write_text(json.dumps({"web": {"client_id": "x"}}), "utf-8")
    with pytest.raises(ConnectorError) as raised:
        login(path, folder / "out.json", words=Words("{url}", ""))
    return str(raised.value)


def not_enabled(drive: Drive, _: Path) -> str:
    drive.rig.configure(disabled=frozenset({"drive"}))
    return said(drive.connector())


def not_delegated(drive: Drive, _: Path) -> str:
    drive.rig.configure(delegation=frozenset())
    return said(drive.connector(Scope(users=(SATO,)), "delegated"))


def no_user(drive: Drive, _: Path) -> str:
    return said(drive.connector(Scope(users=("nobody@example.co.jp",)), "delegated"))


def no_administrator(drive: Drive, _: Path) -> str:
    return said(drive.connector(Scope(users=(SATO,)), "delegated", admin=SATO))


def unticked(drive: Drive, folder: Path) -> str:
    path = drive.rig.credentials("oauth", folder)
    known = json.loads(path.read_text("utf-8"))
    few = frozenset({SCOPES["sheets"]})
    known["refresh_token"] = drive.rig.tokens.refresh_token(drive.site.owner, few)
    path.write_text(json.dumps(known), "utf-8")
    connector = DriveConnector(Google(path, api_url=drive.rig.url))
    drive.opened.append(connector)
    return said(connector)


def nothing_shared(drive: Drive, _: Path) -> str:
    return said(drive.connector())


def a_folder_of_others(drive: Drive, _: Path) -> str:
    return said(drive.connector(Scope(folders=(drive.site.add_folder("私", shared=False),))))


def an_address_of_others(drive: Drive, _: Path) -> str:
    one = drive.site.add_file("私.md", "本文", shared=False)
    return str(drive.connector().left_out(f"https://drive.google.com/file/d/{one}/view"))


def a_viewer(drive: Drive, _: Path) -> str:
    drive.site.share(drive.site.add_file("a.md", "本文", shared=False), drive.rig.email)
    return said(drive.connector())


def by_link(drive: Drive, _: Path) -> str:
    shared = drive.site.add_drive("規程", organizer=drive.rig.email)
    drive.site.share(drive.site.add_file("a.md", "本文", shared))
    return said(drive.connector())


def nobody(drive: Drive, _: Path) -> str:
    shared = drive.site.add_drive("規程", organizer=drive.rig.email)
    drive.site.add_file("a.md", "本文", shared)
    return said(drive.connector())


def revoked(drive: Drive, _: Path) -> str:
    connector = drive.connector(kind="oauth")
    drive.rig.revoke_tokens()
    return said(connector)


def not_accepted(drive: Drive, _: Path) -> str:
    drive.rig.fail(401, times=None)
    return said(drive.connector())


def no_download(drive: Drive, _: Path) -> str:
    one = drive.site.add_file("a.md", "本文", shared=False)
    drive.site.configure(one, copy_restricted=True)
    drive.site.share(one, drive.rig.email)
    return said(drive.connector(readers=["anyone"]))


def encrypted(drive: Drive, _: Path) -> str:
    drive.site.configure(drive.site.add_file("a.md", "本文"), encrypted=True)
    return said(drive.connector())


def too_large(drive: Drive, _: Path) -> str:
    drive.site.add_file("a.md", "本文")
    return said(drive.connector(max_bytes=3))


def too_many(drive: Drive, _: Path) -> str:
    drive.rig.fail("userRateLimitExceeded", times=None)
    return said(drive.connector())


SITUATIONS: dict[str, Callable[[Drive, Path], str]] = {
    "is not set; give it the path of a service account's key": no_account,
    "this is the file of an OAuth client": client_as_account,
    "this OAuth client is for a web site": client_of_a_site,
    "its API is not enabled in the Cloud project of the credentials": not_enabled,
    "the service account may not speak for": not_delegated,
    "is no user of this Google Workspace": no_user,
    "`admin` must be an administrator who may read groups and users": no_administrator,
    "the credentials were not granted the scope for this": unticked,
    "The account sees no file": nothing_shared,
    "it is not there, or not shared with the account": an_address_of_others,
    "is not seen by the account": a_folder_of_others,
    "who may can not be read, because the account may only view it": a_viewer,
    "it is shared by link alone": by_link,
    "it is shared with no person, group or domain but the account itself": nobody,
    "`admin` is not set, so that nobody knows who is in a group": nothing_shared,
    "The directory can not be read as": no_administrator,
    "the login is not valid any more": revoked,
    "the credentials are not accepted": not_accepted,
    "its owner lets viewers neither download nor copy it": no_download,
    "it is encrypted on its readers' machines": encrypted,
    "more than the limit of": too_large,
    "too many requests": too_many,
}
"""What makes the program say each message of the table of troubles."""


@languages
def test_the_table_of_troubles_has_these_messages_and_no_other(language: str) -> None:
    rows = page(language).cells(first(page(language), "message", "メッセージ"))
    assert [QUOTES[language].findall(row[0]) for row in rows] == [[one] for one in SITUATIONS]


@pytest.mark.parametrize("message", SITUATIONS)
def test_each_message_of_the_table_is_what_the_program_says_then(
    message: str, drive: Drive, tmp_path: Path
) -> None:
    assert message in SITUATIONS[message](drive, tmp_path)
