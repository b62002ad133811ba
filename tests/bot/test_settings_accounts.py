"""Accounts of Google Drive and logins of web pages: by the environment, and no secret is shown."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bot import settings
from bot.settings import SettingsError

DRIVE = '[sources.shared]\nkind = "drive"\n'
INTRA = (
    '[sources.intra]\nkind = "web"\nurls = ["https://intra.example.co.jp/"]\n'
    'account = "INTRA"\nreaders = ["domain:example.co.jp"]\n'
)


def load(folder: Path, toml: str, **environ: str) -> settings.Settings:
    (folder / "kurage.toml").write_text(toml, "utf-8")
    return settings.load(environ, folder)


def drive_account(folder: Path, more: str = "", **environ: str) -> settings.GoogleAccount:
    loaded = load(folder, DRIVE + more, **environ)
    source = loaded.config.sources["shared"]
    assert isinstance(source, settings.DriveSource)
    return loaded.google_account(source)


def web_login(folder: Path, toml: str = INTRA, **environ: str) -> settings.WebLogin | None:
    loaded = load(folder, toml, **environ)
    [source] = loaded.config.sources.values()
    assert isinstance(source, settings.WebSource)
    return loaded.web_login(source)


def test_the_account_of_drive_is_a_file_that_the_environment_names(tmp_path: Path) -> None:
    """A second account has a name in the middle of its variable."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_text("{}")
    two.write_text("{}")
    environ = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(one),
        "GOOGLE_HR_APPLICATION_CREDENTIALS": str(two),
    }
    assert drive_account(tmp_path, **environ).application_credentials == one
    assert drive_account(tmp_path, 'account = "HR"\n', **environ).application_credentials == two


@pytest.mark.parametrize(
    ("more", "environ", "words"),
    [
        ("", {}, ["GOOGLE_APPLICATION_CREDENTIALS is not set", "docs/drive.md"]),
        ('account = "HR"\n', {}, ["GOOGLE_HR_APPLICATION_CREDENTIALS is not set"]),
        ("", {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"}, ["which is no file"]),
    ],
)
def test_a_missing_account_is_named_by_its_variable(
    tmp_path: Path, more: str, environ: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        drive_account(tmp_path, more, **environ)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("url", ["https://user:hunter2@example.co.jp", "google", "ftp://a.b"])
def test_the_root_of_google_is_an_address_without_a_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="GOOGLE_API_URL is no address") as caught:
        load(tmp_path, "", GOOGLE_API_URL=url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('users = ["*"]\n', "needs `admin`"),
        ('users = ["sato"]\n', "no e-mail address"),
        ('folders = ["規程"]\n', "neither the id nor the address"),
    ],
)
def test_a_slip_in_a_source_of_drive_is_named(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, DRIVE + toml)


def test_a_login_is_a_cookie_a_header_or_a_password(tmp_path: Path) -> None:
    cookie = web_login(tmp_path, WEB_INTRA_COOKIE="sid=hunter2; lang=ja")
    assert cookie
    assert {"sid=hunter2; lang=ja", "hunter2"} <= set(cookie.secrets)
    header = web_login(tmp_path, WEB_INTRA_HEADER="Authorization: Bearer hunter2")
    assert header
    assert "hunter2" in header.secrets
    basic = web_login(tmp_path, WEB_INTRA_USER="sato", WEB_INTRA_PASSWORD="hunter2")
    assert basic
    assert base64.b64encode(b"sato:hunter2").decode() in basic.secrets
    assert "hunter2" not in f"{cookie!r}{header!r}{basic!r}"


def test_a_source_without_an_account_has_no_login(tmp_path: Path) -> None:
    """Whatever the environment holds for others."""
    toml = '[sources.site]\nkind = "web"\nurls = ["https://www.example.co.jp/"]\n'
    assert web_login(tmp_path, toml, WEB_INTRA_COOKIE="sid=1") is None


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "neither WEB_INTRA_COOKIE nor"),
        ({"WEB_INTRA_USER": "sato"}, "WEB_INTRA_PASSWORD is not"),
        ({"WEB_INTRA_PASSWORD": "hunter2"}, "WEB_INTRA_USER is not"),
        ({"WEB_INTRA_HEADER": "hunter2"}, "WEB_INTRA_HEADER is no header"),
        ({"WEB_INTRA_COOKIE": "sid=hunter2\nX: y"}, "line break"),
        ({"WEB_INTRA_COOKIE": "sid=hunter2\u3042"}, "beyond ASCII"),
    ],
)
def test_half_a_login_is_named_and_not_repeated(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        web_login(tmp_path, **environ)
    assert "hunter2" not in str(caught.value)


def test_the_logins_are_secrets(tmp_path: Path) -> None:
    loaded = load(tmp_path, INTRA, WEB_INTRA_COOKIE="sid=hunter2")
    assert "hunter2" in loaded.secrets


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('kind = "web"\n', "urls"),
        ('kind = "web"\nurls = ["www.example.co.jp"]\n', "no address such as"),
        ('kind = "web"\nurls = ["https://u:hunter2@example.co.jp"]\n', "no address such as"),
        ('kind = "web"\nurls = ["https://example.co.jp"]\naccount = "A"\n', "need `readers`"),
        ('kind = "web"\nurls = ["https://example.co.jp"]\nhosts = ["a/b"]\n', "no name of a host"),
    ],
)
def test_a_slip_in_a_source_of_web_pages_is_named(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load(tmp_path, "[sources.site]\n" + toml)
    assert "hunter2" not in str(caught.value)


def test_a_first_page_may_have_a_query(tmp_path: Path) -> None:
    toml = '[sources.site]\nkind = "web"\nurls = ["https://example.co.jp/faq.php?cat=1"]\n'
    assert load(tmp_path, toml).config.sources["site"].location.endswith("?cat=1")
