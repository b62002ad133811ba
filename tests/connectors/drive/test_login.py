"""One person's login: consent in a browser leaves a file that the connector can ask with."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from api_accounts import CLIENT_SECRET, authorized_user, service_account, written
from rigs.drive import DriveRig

from connectors.base import ConnectorError
from connectors.drive.api import Google
from connectors.drive.login import Words, login

ROOT = Path(__file__).parents[3]
CLIENT = {
    "client_id": "1047.apps.googleusercontent.com",
    "client_secret": CLIENT_SECRET,
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
}
WORDS = Words(visit="VISIT {url} SOON", close="完了しました。")


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveRig]:
    """A Workspace on loopback; the OAuth library takes http only when it is told to."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with DriveRig() as rig:
        yield rig


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Go nowhere, so that it can be told where it would have gone."""


def browsed(url: str) -> str:
    """Return where a browser of another machine ends up after the person decided."""
    try:
        urllib.request.build_opener(_Stay).open(url)
    except urllib.error.HTTPError as sent:
        return str(sent.headers["Location"])
    raise AssertionError("the page does not send the browser back")


def test_a_browser_elsewhere_leaves_a_login(rig: DriveRig, tmp_path: Path) -> None:
    """The person pastes the address at which their browser gave up."""
    out = tmp_path / "login.json"
    login(rig.client(tmp_path), out, words=WORDS, paste=browsed)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text("utf-8"))["type"] == "authorized_user"
    with closing(Google(out, api_url=rig.url)) as google:
        assert google.me.about() == rig.site.owner
        assert list(google.me.files("trashed = false")) == []
    assert rig.violations == []


def _by_command(rig: DriveRig, directory: Path, *further: str, **environ: str) -> Any:
    command = [sys.executable, "-m", "bot.cli", "--lang", "en", "drive", "login"]
    return subprocess.run(
        [*command, str(rig.client(directory)), *further],
        env={**os.environ, "OAUTHLIB_INSECURE_TRANSPORT": "1", **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_opens_a_browser_and_says_what_to_set(rig: DriveRig, tmp_path: Path) -> None:
    """The browser comes back to a port of this machine, and shows that it is done."""
    page, browser = tmp_path / "page", tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport pathlib, sys, urllib.request\n"
        "page = urllib.request.urlopen(sys.argv[1]).read()\n"
        f"pathlib.Path({str(page)!r}).write_bytes(page)\n"
    )
    browser.chmod(0o700)
    out = tmp_path / "my login.json"
    ran = _by_command(rig, tmp_path, "--out", str(out), BROWSER=f"{browser} %s &")
    assert ran.returncode == 0, ran.stderr
    assert f"GOOGLE_APPLICATION_CREDENTIALS={out}" in ran.stdout.splitlines()
    assert f"{rig.url}/o/oauth2/v2/auth?" in ran.stdout
    with closing(Google(out, api_url=rig.url)) as google:
        assert google.me.about() == rig.site.owner


def test_the_command_ends_with_one_line_where_there_is_no_login(
    rig: DriveRig, tmp_path: Path
) -> None:
    """No traceback, and what to do."""
    (tmp_path / "out.json").write_text("notes of mine")
    ran = _by_command(rig, tmp_path, "--out", str(tmp_path / "out.json"), "--no-browser")
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: ")
    assert "--out" in ran.stderr
    assert (tmp_path / "out.json").read_text() == "notes of mine"


def refused(rig: DriveRig, directory: Path, **how: Any) -> str:
    """Return why there is no login; no file is left, and no secret is told."""
    client = how.pop("client", None) or rig.client(directory)
    out = directory / "login.json"
    with pytest.raises(ConnectorError) as caught:
        login(client, out, words=WORDS, **{"paste": browsed, **how})
    told = str(caught.value)
    assert "\n" not in told
    assert CLIENT_SECRET not in told
    assert "4/0A" not in told
    assert not out.exists()
    assert not list(directory.glob(".login*"))
    return told


def test_who_does_not_allow_it_is_not_logged_in(rig: DriveRig, tmp_path: Path) -> None:
    """The browser comes back with a refusal."""
    rig.configure(consents="")
    assert "access was not allowed" in refused(rig, tmp_path)


def test_the_answer_to_another_login_is_not_taken(rig: DriveRig, tmp_path: Path) -> None:
    """Somebody could have sent it, to have their own Drive answer."""

    def swapped(url: str) -> str:
        return re.sub("state=[^&]+", "state=other", browsed(url))

    assert "another login" in refused(rig, tmp_path, paste=swapped)


def test_a_code_is_good_for_who_asked(rig: DriveRig, tmp_path: Path) -> None:
    """A code that was made up, or seen by others, is none (PKCE)."""

    def forged(url: str) -> str:
        return re.sub("code=[^&]+", "code=4/0Aforged", browsed(url))

    assert "used up or too old" in refused(rig, tmp_path, paste=forged)


@pytest.mark.parametrize("pasted", ["", "4/0Acode", "https://accounts.google.com/x?code=4/0A"])
def test_what_is_not_the_address_is_not_taken(pasted: str, rig: DriveRig, tmp_path: Path) -> None:
    """And it is said how it begins."""
    assert "http://localhost:1/" in refused(rig, tmp_path, paste=lambda _: pasted)


def test_nobody_who_comes_back_ends_the_wait(rig: DriveRig, tmp_path: Path) -> None:
    """The person closed the window."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROWSER", "true")
        told = refused(rig, tmp_path, paste=None, longest=0.01)
    assert "nobody allowed access" in told


def test_a_server_that_is_away_is_told(rig: DriveRig, tmp_path: Path) -> None:
    """Of a proxy that is needed, the OAuth library says nothing."""

    def then_away(url: str) -> str:
        came_to = browsed(url)
        rig.stop()
        return came_to

    assert "can not be reached" in refused(rig, tmp_path, paste=then_away)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (service_account(), "needs no login"),
        (authorized_user(), "a login already"),
        ({"web": {"client_id": "x"}}, "Desktop app"),
        ({}, "Desktop app"),
        ([], "holds no key"),
        ({"installed": []}, "not the file of an OAuth client"),
        ({"installed": {"client_id": "x"}}, "`client_secret`"),
        (CLIENT | {"auth_uri": 7}, "`auth_uri`"),
        (CLIENT | {"token_uri": "http://example.com/token"}, "`token_uri` is no https://"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    content: Any, says: str, rig: DriveRig, tmp_path: Path
) -> None:
    """The console offers several downloads."""
    if isinstance(content, dict) and "client_id" in content and "type" not in content:
        content = {"installed": content}
    path = written(tmp_path / "client.json", content)
    assert says in refused(rig, tmp_path, client=path)


def test_an_earlier_login_is_replaced_and_nothing_else(rig: DriveRig, tmp_path: Path) -> None:
    """Logging in again is how a login that ended is renewed."""
    out = written(tmp_path / "login.json", authorized_user())
    login(rig.client(tmp_path), out, words=WORDS, paste=browsed)
    with closing(Google(out, api_url=rig.url)) as google:
        assert google.me.about() == rig.site.owner
    client = rig.client(tmp_path)
    with pytest.raises(ConnectorError, match="--out"):
        login(client, client, words=WORDS, paste=browsed)
    with pytest.raises(ConnectorError, match="can not be written"):
        login(client, tmp_path / "no folder" / "login.json", words=WORDS, paste=browsed)
