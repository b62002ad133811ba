"""The file with the key: what is wrong with it is said in one line, and nothing of the key."""

from __future__ import annotations

import base64
import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import api_accounts
import pytest
from api_accounts import (
    BOT,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    authorized_user,
    service_account,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import ConnectorError
from connectors.drive.api import Google
from connectors.drive.credentials import Account, read

VARIABLE = "GOOGLE_HR_APPLICATION_CREDENTIALS"
SECRETS = (CLIENT_SECRET, REFRESH_TOKEN, "0123456789abcdef", "PRIVATE KEY")


def refused(path: Path) -> str:
    """Return why a file is refused; it names the setting, is one line, and holds no secret."""
    with pytest.raises(ConnectorError) as caught:
        read(path, variable=VARIABLE)
    told = str(caught.value)
    assert told.startswith(f"{VARIABLE}: ")
    assert "\n" not in told
    assert not [secret for secret in SECRETS if secret in told]
    key = api_accounts.pem().splitlines()[1:-1]
    assert not [line for line in key if line in told]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return told


def changed(kind: str = "service_account", **fields: Any) -> dict[str, Any]:
    """Return a key with other fields; None takes one away."""
    info = service_account() if kind == "service_account" else authorized_user()
    return {name: value for name, value in (info | fields).items() if value is not None}


def test_a_service_account_is_told_by_its_key(tmp_path: Path) -> None:
    """Who it is, and what an administrator has to enter for it, stand in the file."""
    account = read(written(tmp_path / "key.json", service_account()), variable=VARIABLE)
    assert account.is_service_account
    assert (account.email, account.client_id) == (BOT, api_accounts.CLIENT_ID)


def test_a_login_is_one_person_s(tmp_path: Path) -> None:
    """Whose it is, only Google knows."""
    account = read(written(tmp_path / "login.json", authorized_user()), variable=VARIABLE)
    assert not account.is_service_account
    assert account.email is None


def test_a_login_of_gcloud_s_has_no_token_uri(tmp_path: Path) -> None:
    """Then it is Google's own; the project that its requests count for is named in each."""
    info = changed("authorized_user", token_uri=None, quota_project_id="our-project")
    account = read(written(tmp_path / "adc.json", info), variable=VARIABLE)
    assert account.token_uri == "https://oauth2.googleapis.com/token"
    credentials = account.credentials(())
    headers: dict[str, str] = {}
    credentials.apply(headers, token="t")
    assert headers["x-goog-user-project"] == "our-project"


def test_an_account_shows_no_secret(tmp_path: Path) -> None:
    """It turns up in tracebacks and logs."""
    for info in (service_account(), authorized_user()):
        account = read(written(tmp_path / "key.json", info), variable=VARIABLE)
        shown = f"{account!r} {Google(tmp_path / 'key.json')!r}"
        assert not [secret for secret in (*SECRETS, *account.secrets) if secret in shown]


def _claims(account: Account, **asked: Any) -> dict[str, Any]:
    signed = account.credentials(**asked)._make_authorization_grant_assertion()
    payload = signed.split(b".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + b"=="))
    return claims


def test_the_signature_says_for_whom_and_what_for(tmp_path: Path) -> None:
    """Delegation is a subject in what is signed; without it the account asks for itself."""
    account = read(written(tmp_path / "key.json", service_account()), variable=VARIABLE)
    for_sato = _claims(account, scopes=("b", "a"), subject="sato@example.co.jp")
    assert (for_sato["sub"], for_sato["iss"], for_sato["scope"]) == (
        "sato@example.co.jp",
        BOT,
        "a b",
    )
    assert "sub" not in _claims(account, scopes=("a",))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"installed": {"client_id": "x"}}, "kurage drive login"),
        ({"web": {"client_id": "x"}}, "kurage drive login"),
        (changed(type="external_account"), "external_account"),
        (changed(type="impersonated_service_account"), "impersonated_service_account"),
        (changed(type=None), "no key of Google's"),
        (changed(type=["service_account"]), "no key of Google's"),
        (changed(type="x" * 5000), "no key of Google's"),
        (changed(client_email=None), "`client_email`"),
        (changed(client_email="kurage"), "no e-mail address"),
        (changed(private_key=" "), "`private_key`"),
        (changed(private_key=7), "`private_key`"),
        (changed(private_key="-----BEGIN PRIVATE KEY-----\nAAAA\n"), "no RSA key in PEM"),
        (changed(private_key=api_accounts.pem("ec")), "no RSA key in PEM"),
        (changed(private_key=api_accounts.pem().replace("\n", "\\n")), "line breaks"),
        (changed(token_uri="http://oauth2.googleapis.com/token"), "`token_uri` is no https://"),
        (changed(token_uri="//["), "`token_uri` is no https://"),
        (changed(token_uri=["https://oauth2.googleapis.com"]), "`token_uri`"),
        (changed(universe_domain="cloud.example"), "another cloud"),
        (changed("authorized_user", refresh_token=None), "`refresh_token`"),
        (changed("authorized_user", client_secret=None), "`client_secret`"),
        ([service_account()], "holds no key"),
        ("service_account", "holds no key"),
    ],
)
def test_a_file_of_another_kind_is_refused(content: object, says: str, tmp_path: Path) -> None:
    """And what to do instead is said."""
    assert says in refused(written(tmp_path / "key.json", content))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is what can not be read as a file."""
    assert "there is no file" in refused(tmp_path / "key.json")
    assert "can not be read" in refused(tmp_path)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe{", b"{", b'{"type": "service_account"', b"[" * 100_000, b"\x30\x82\x0a"],
)
def test_a_garbled_file_is_refused(data: bytes, tmp_path: Path) -> None:
    """A copy that was cut short is the usual reason."""
    path = tmp_path / "key.json"
    path.write_bytes(data)
    assert "is no JSON" in refused(path)


def test_an_old_pkcs12_key_is_told_as_such(tmp_path: Path) -> None:
    """Google's console still offers them."""
    path = tmp_path / "key.p12"
    path.write_bytes(b"\x30\x82\x0a")
    assert "PKCS #12" in refused(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """The variable may name anything."""
    path = tmp_path / "key.json"
    path.write_bytes(b" " * (1 << 21))
    assert "larger than any key" in refused(path)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    """Editors on Windows put one before the text."""
    path = tmp_path / "key.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(service_account()).encode())
    assert read(path, variable=VARIABLE).email == BOT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(kind=st.sampled_from(["service_account", "authorized_user"]), data=st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_key_with_any_field_changed_is_read_or_refused_in_one_line(
    kind: str, data: st.DataObject, tmp_path: Path
) -> None:
    """Whatever stands where: no other exception, and no secret in it."""
    info = copy.deepcopy(changed(kind))
    name = data.draw(st.sampled_from(sorted(info)))
    info[name] = data.draw(JSON)
    path = written(tmp_path / "key.json", info)
    fine = False
    with suppress(ConnectorError):
        fine = bool(read(path, variable=VARIABLE))
    if not fine:
        refused(path)
