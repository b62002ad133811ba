"""The Drive rig's OAuth server: who gets a token, for what, and until when."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from drive_asking import DIRECTORY, READING, Asking, refused
from drive_fixtures import Account, account, asking, google
from google.auth.exceptions import RefreshError
from hypothesis import given, settings
from hypothesis import strategies as st
from rigs.drive import DriveRig
from rigs.drive.core import SCOPES, Call, Core, Settings
from rigs.drive.oauth import JWT, Tokens
from rigs.drive.world import World

__all__ = ["account", "asking", "google"]


def refusal(work: object) -> str:
    """Return what the OAuth server said to a request for a token."""
    with pytest.raises(RefreshError) as raised:
        work()  # type: ignore[operator]
    return str(raised.value)


def test_a_service_account_speaks_for_itself(google: DriveRig, asking: Asking) -> None:
    google.site.add_doc("共有", "本文")
    google.site.add_doc("秘密", "本文", shared=False)
    assert asking.names() == ["共有"]
    assert google.routes["token"] == 1


def test_delegation_speaks_for_the_person(google: DriveRig, account: Account) -> None:
    google.site.add_user("ito@example.co.jp")
    google.site.add_doc("秘密", "本文", owner="ito@example.co.jp", shared=False)
    assert account("delegated", "ito@example.co.jp").names() == ["秘密"]
    assert account("delegated", google.site.owner).names() == []
    assert account("delegated").names() == []


def test_delegation_that_was_not_granted_is_unauthorized(
    google: DriveRig, account: Account
) -> None:
    """For another service account, and for a scope that the administrator did not name."""
    said = refusal(lambda: account("service_account", google.site.owner).names())
    assert "unauthorized_client" in said
    google.configure(delegation=frozenset(READING))
    assert account("delegated", google.site.owner).names() == []
    beyond = account("delegated", google.site.admin, scopes=DIRECTORY)
    said = refusal(lambda: beyond.directory.groups().list(customer="my_customer").execute())
    assert "unauthorized_client" in said


@pytest.mark.parametrize("who", ["nobody@example.co.jp", "someone@example.com"])
def test_nobody_speaks_for_who_is_not_there(google: DriveRig, account: Account, who: str) -> None:
    google.site.add_user("someone@example.com")
    assert "Invalid email or User ID" in refusal(lambda: account("delegated", who).names())


def test_nobody_speaks_for_who_is_suspended(google: DriveRig, account: Account) -> None:
    client = account("delegated", google.site.owner)
    assert client.names() == []
    google.site.suspend(google.site.owner)
    assert "Invalid email or User ID" in refusal(client.names)


def test_a_token_that_has_expired_is_renewed(google: DriveRig, asking: Asking) -> None:
    assert asking.names() == []
    google.expire_tokens()
    assert asking.names() == []
    assert google.routes["token"] == 2
    assert [one.status for one in google.journal if one.route == "files.list"] == [200, 401, 200]


def test_a_token_expires_by_the_services_clock(google: DriveRig, account: Account) -> None:
    """The library renews what it knows to be old; what the service says counts more."""
    google.configure(token_seconds=3599)
    client = account()
    client.names()
    google.site.clock.skew = 4000
    assert "timeframe" in refusal(client.names)


def test_a_person_who_consented_is_read_by_refresh_token(
    google: DriveRig, account: Account
) -> None:
    google.site.add_doc("わたしの", "本文", shared=False)
    client = account("oauth")
    assert client.names() == ["わたしの"]
    google.revoke_tokens()
    assert "invalid_grant" in refusal(client.names)


def test_a_signature_that_is_another_keys_is_refused(google: DriveRig, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    client = Asking(google, tmp_path)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    path = tmp_path / "service_account.json"
    said = json.loads(path.read_text("utf-8")) | {"private_key": pem}
    path.write_text(json.dumps(said), "utf-8")
    from google.oauth2 import service_account  # noqa: PLC0415

    client.http.credentials = service_account.Credentials.from_service_account_file(
        str(path), scopes=READING
    )
    assert "Invalid JWT Signature" in refusal(client.names)
    client.close()


def test_a_token_is_good_for_its_scopes_alone(google: DriveRig, account: Account) -> None:
    metadata = account(scopes=(SCOPES["drive.metadata.readonly"],))
    made = google.site.add_doc("休暇", "本文")
    assert metadata.names() == ["休暇"]
    assert refused(lambda: metadata.export(made)) == (403, "insufficientPermissions")
    admin = account("delegated", google.site.admin)
    asked = admin.directory.groups().list(customer="my_customer")
    assert refused(asked.execute) == (403, "insufficientPermissions")


def test_without_a_token_nothing_is_said(google: DriveRig) -> None:
    with httpx2.Client(trust_env=False) as client:
        said = client.get(f"{google.url}/drive/v3/files")
    assert said.status_code == 401
    assert said.json()["error"]["errors"][0]["reason"] == "authError"


def test_an_installed_app_gets_a_refresh_token_by_consent(google: DriveRig, tmp_path: Path) -> None:
    """The whole way of RFC 6749 with PKCE, as google-auth-oauthlib goes it."""
    app = json.loads(google.client(tmp_path).read_text("utf-8"))["installed"]
    verifier = "a" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": "http://localhost:8123/",
        "scope": READING[0],
        "state": "xyz",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    with httpx2.Client(trust_env=False) as client:
        sent = client.get(f"{app['auth_uri']}?{urlencode(asked)}", follow_redirects=False)
        back = {
            name: one[0] for name, one in parse_qs(urlsplit(sent.headers["Location"]).query).items()
        }
        assert back["state"] == "xyz"
        form = {
            "grant_type": "authorization_code",
            "code": back["code"],
            "redirect_uri": asked["redirect_uri"],
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
        }
        wrong = client.post(app["token_uri"], data={**form, "code_verifier": "b" * 64})
        assert wrong.json()["error"] == "invalid_grant"
        again = client.post(app["token_uri"], data={**form, "code_verifier": verifier})
        assert again.json()["error"] == "invalid_grant"  # a code is good for once
        sent = client.get(f"{app['auth_uri']}?{urlencode(asked)}", follow_redirects=False)
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        good = client.post(
            app["token_uri"], data={**form, "code": code, "code_verifier": verifier}
        ).json()
    assert good["refresh_token"]
    assert good["scope"] == READING[0]


def test_an_installed_app_is_told_that_somebody_said_no(google: DriveRig, tmp_path: Path) -> None:
    google.configure(consents="")
    app = json.loads(google.client(tmp_path).read_text("utf-8"))["installed"]
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": "http://127.0.0.1:1/",
        "scope": READING[0],
        "state": "s",
    }
    with httpx2.Client(trust_env=False) as client:
        sent = client.get(f"{app['auth_uri']}?{urlencode(asked)}", follow_redirects=False)
    assert parse_qs(urlsplit(sent.headers["Location"]).query)["error"] == ["access_denied"]


def test_an_app_that_google_does_not_know_is_refused(google: DriveRig, tmp_path: Path) -> None:
    said = json.loads(google.credentials("oauth", tmp_path).read_text("utf-8"))
    form = {**said, "grant_type": "refresh_token", "client_id": "other"}
    with httpx2.Client(trust_env=False) as client:
        assert client.post(said["token_uri"], data=form).json()["error"] == "invalid_client"


_PART = st.binary(max_size=40).map(lambda one: base64.urlsafe_b64encode(one).decode().rstrip("="))
_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(["alg", "iat", "exp", "aud"]), inner),
    max_leaves=4,
).map(lambda one: base64.urlsafe_b64encode(json.dumps(one).encode()).decode())


@given(st.lists(_PART | _JSON, max_size=4).map(".".join) | st.text(max_size=30))
@settings(deadline=None)
def test_whatever_is_no_assertion_is_refused(assertion: str) -> None:
    tokens = Tokens(Core(World(), Settings()))
    form = {"grant_type": JWT, "assertion": assertion}
    answer = tokens.answer(Call("/token", (), {}, "", form=form))
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == "invalid_grant"
