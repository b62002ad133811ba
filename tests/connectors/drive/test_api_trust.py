"""The token stays with Google, and nothing heavy is imported before Google is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.drive.api.errors import DIRECTORY, DRIVE, SHEETS, SLIDES
from connectors.drive.api.services import Services
from connectors.drive.api.trust import Trust
from connectors.http.errors import FailedError

ROOT = Path(__file__).parents[3]
GOOGLE = Trust(Services(None).roots)
GATEWAY = Trust(Services("https://gateway.example.co.jp/google/").roots)


def _addresses(services: Services) -> list[str]:
    """Return where the first request of each API goes."""
    return [
        services.collection(DRIVE, "files").list().uri,
        services.collection(SHEETS, "spreadsheets").get(spreadsheetId="s").uri,
        services.collection(SLIDES, "presentations").get(presentationId="p").uri,
        services.collection(DIRECTORY, "members").list(groupKey="g@example.co.jp").uri,
    ]


def test_each_api_is_asked_where_google_has_it() -> None:
    """As the descriptions that come with the library say; each takes the token."""
    addresses = _addresses(Services(None))
    assert [address.partition("?")[0] for address in addresses] == [
        "https://www.googleapis.com/drive/v3/files",
        "https://sheets.googleapis.com/v4/spreadsheets/s",
        "https://slides.googleapis.com/v1/presentations/p",
        "https://admin.googleapis.com/admin/directory/v1/groups/g%40example.co.jp/members",
    ]
    assert all(GOOGLE.carries_token(httpx2.URL(address)) for address in addresses)


def test_another_root_replaces_that_of_all_apis() -> None:
    """With a path, too: a gateway may have one."""
    addresses = _addresses(Services("https://gateway.example.co.jp/google/"))
    root = "https://gateway.example.co.jp/google"
    assert [address.partition("?")[0] for address in addresses] == [
        f"{root}/drive/v3/files",
        f"{root}/v4/spreadsheets/s",
        f"{root}/v1/presentations/p",
        f"{root}/admin/directory/v1/groups/g%40example.co.jp/members",
    ]
    assert all(GATEWAY.carries_token(httpx2.URL(address)) for address in addresses)
    assert not any(GOOGLE.carries_token(httpx2.URL(address)) for address in addresses)


@pytest.mark.parametrize(
    "address",
    [
        "http://www.googleapis.com/drive/v3/files",
        "https://www.googleapis.com:8443/x",
        "https://docs.google.com.example.com/x",
        "https://evildocs.google.com/x",
        "https://docs.google.com@example.com/x",
        "https://example.com/docs.google.com",
        "https://script.google.com/macros/s/x/exec",
        "https://sites.google.com/x",
        "https://doc-0s-docs.googleusercontent.com/x",
        "https://storage.googleapis.com/bucket/x",
        "https://www.googleapis.com.",
    ],
)
def test_the_token_goes_to_none_that_looks_like_google(address: str) -> None:
    """Nor to those below google.com where strangers' scripts run."""
    assert not GOOGLE.carries_token(httpx2.URL(address))


@given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True))
@settings(deadline=None)
def test_the_token_goes_to_no_other_host(host: str) -> None:
    """Whatever its name is."""
    try:
        url = httpx2.URL(f"https://{host}/drive/v3/files")
    except httpx2.InvalidURL:
        return
    assert not GOOGLE.carries_token(url)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://docs.google.com/x", "not safe"),
        ("https://169.254.169.254/computeMetadata/v1/", "inside"),
        ("https://localhost/x", "inside"),
        ("file:///etc/passwd", "no address of the web"),
        ("https://accounts.google.com/ServiceLogin", "asks for a login"),
        ("https://[", "no address of the web"),
    ],
)
def test_no_link_or_redirect_leads_inside(address: str, says: str) -> None:
    """Wherever it comes from: the machine's own services are none of Google's."""
    with pytest.raises(FailedError, match=says):
        GOOGLE.linked(address)
    with pytest.raises(FailedError, match=says):
        GOOGLE.redirected(httpx2.URL("https://docs.google.com/feeds/x"), address)


def test_bytes_of_google_are_read_where_it_sends_us() -> None:
    """Large exports lie at addresses that need no token."""
    to = "https://doc-0s-docs.googleusercontent.com/docs/x?ticket=1"
    url = GOOGLE.redirected(httpx2.URL("https://docs.google.com/feeds/x"), to)
    assert str(url) == to
    assert not GOOGLE.carries_token(url)


def test_what_asks_nothing_does_not_wait_for_google_s_libraries() -> None:
    """They take half a second to import, which each `kurage` command would pay."""
    script = (
        "import sys, bot.cli, connectors.drive, connectors.drive.api, connectors.drive.groups\n"
        "heavy = {'googleapiclient.discovery', 'google_auth_oauthlib', 'requests', 'httplib2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "sys.exit(0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
    script = "import sys, bot.cli\nprint([name for name in sys.modules if 'google' in name])"
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
