"""Who asks: tokens are kept and renewed, and what lets nobody in is told with what to change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from api_accounts import (
    ABOUT,
    BOT,
    CLIENT_ID,
    ME,
    TOKEN,
    asked,
    authorized_user,
    google,
    refusal,
    refused,
    said,
    token,
    written,
)
from http_server import Answer, Server

from connectors.base import ConnectorError
from connectors.drive.api import Google, GoogleError


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.on(TOKEN, token())
        server.on(ABOUT, ME)
        yield server


@pytest.fixture
def account(server: Server, tmp_path: Path) -> Iterator[Google]:
    with closing(google(server, tmp_path)) as found:
        yield found


def test_requests_are_counted_and_tokens_are_kept(server: Server, account: Google) -> None:
    """One token for many requests; both count, as both count for quotas."""
    assert account.requests == 0
    assert account.me.about() == "kurage@example.co.jp"
    account.me.about()
    assert account.requests == len(server.seen) == 3
    assert len(asked(server, TOKEN)) == 1


def test_a_token_that_was_taken_back_is_replaced_once(server: Server, account: Google) -> None:
    """Then the credentials themselves are not accepted, and the run ends."""
    server.on(TOKEN, token("ya29.first"), token("ya29.second"), token("ya29.third"))
    server.on(ABOUT, refusal(401, "authError"), ME)
    assert account.me.about() == "kurage@example.co.jp"
    assert asked(server, ABOUT)[-1].headers["authorization"] == "Bearer ya29.second"
    server.on(ABOUT, refusal(401, "authError"))
    error = refused(account)
    assert error.ends_run
    assert error.status == 401
    assert len(asked(server, TOKEN)) == 3


def test_a_token_is_renewed_before_it_runs_out(server: Server, account: Google) -> None:
    """A long run outlives it."""
    server.on(TOKEN, token("ya29.short", lasts=1), token("ya29.long"))
    account.me.about()
    account.me.about()
    proofs = [seen.headers["authorization"] for seen in asked(server, ABOUT)]
    assert proofs == ["Bearer ya29.short", "Bearer ya29.long"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(b"{"),
        Answer(b"[]"),
        said(access_token=7),
        said(access_token="ya29.x\r\nX-Evil: 1"),
        said(access_token="鍵"),
        said(access_token="ya29.x", expires_in="soon"),
        said(access_token="ya29.x", expires_in=[1]),
        said(access_token="ya29.x", expires_in=10**30),
        Answer(reset=True),
    ],
)
def test_a_token_is_asked_for_again_where_that_helps(
    answer: Answer, server: Server, account: Google
) -> None:
    """By our waits: the library's own would sleep for seconds, with all threads behind it."""
    server.on(TOKEN, answer, answer, token())
    assert account.me.about() == "kurage@example.co.jp"
    assert len(asked(server, TOKEN)) == 3


def _no_token(error: str, description: str = "Whatever.", **headers: str) -> Answer:
    return said(400, headers, error=error, error_description=description)


def test_delegation_that_was_not_granted_says_what_to_enter_where(
    server: Server, account: Google
) -> None:
    """The client id and the scope, as the admin console asks for them."""
    server.on(TOKEN, _no_token("unauthorized_client"))
    with pytest.raises(GoogleError) as caught:
        account.acting_as("Sato@example.co.jp").about()
    told = str(caught.value)
    assert "sato@example.co.jp" in told
    assert CLIENT_ID in told
    assert "https://www.googleapis.com/auth/drive.readonly" in told
    assert "Domain-wide delegation" in told
    assert caught.value.ends_run
    assert len(asked(server, TOKEN)) == 1


def test_somebody_who_is_nobody_is_told(server: Server, account: Google) -> None:
    """A typing error in `users` or `admin`, or somebody who left."""
    server.on(TOKEN, _no_token("invalid_grant", "Invalid email or User ID"))
    with pytest.raises(GoogleError, match=r"sato@example\.co\.jp is no user"):
        account.acting_as("sato@example.co.jp").about()


@pytest.mark.parametrize(("minutes", "way"), [(-90, "90 minutes ahead"), (90, "90 minutes behind")])
def test_a_clock_that_is_wrong_is_told(
    minutes: int, way: str, server: Server, account: Google
) -> None:
    """Signatures hold the time of this machine; Google's answer holds the right one."""
    right = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server.on(TOKEN, _no_token("invalid_grant", "Invalid JWT: check iat and exp.", Date=right))
    error = refused(account)
    assert f"clock is {way}" in str(error)
    assert error.ends_run
    date = account.date()
    assert date is not None
    assert abs((date - datetime.now(UTC)).total_seconds() - minutes * 60) < 60


def test_a_key_that_was_deleted_is_told(server: Server, account: Google) -> None:
    """With a clock that is right it is the key."""
    server.on(TOKEN, _no_token("invalid_grant", "Invalid JWT Signature."))
    assert "the key was deleted" in str(refused(account))


def test_a_login_that_ended_says_why_it_may_have(server: Server, tmp_path: Path) -> None:
    """An app in test mode loses its logins after 7 days, which nobody would guess."""
    path = written(tmp_path / "login.json", authorized_user(f"{server.url}{TOKEN}"))
    account = Google(path, api_url=server.url, backoff=0.001)
    server.on(TOKEN, _no_token("invalid_grant", "Token has been expired or revoked."))
    error = refused(account)
    assert "7 days" in str(error)
    assert "kurage drive login" in str(error)
    assert error.ends_run
    account.close()


def test_nothing_secret_of_a_login_is_in_a_message(server: Server, tmp_path: Path) -> None:
    """Also where the server repeats what it was sent."""
    info = authorized_user(f"{server.url}{TOKEN}")
    account = Google(written(tmp_path / "login.json", info), api_url=server.url)
    repeated = f"{info['refresh_token']} {info['client_secret']} ya29.first"
    server.on(ABOUT, refusal(400, "invalid", repeated))
    told = str(refused(account))
    assert info["refresh_token"] not in told
    assert info["client_secret"] not in told
    server.on(TOKEN, said(400, error=repeated, error_description=repeated))
    other = Google(tmp_path / "login.json", api_url=server.url)
    told = str(refused(other))
    assert info["refresh_token"] not in told
    account.close()
    other.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_signature_is_not_sent_elsewhere(status: int, server: Server, account: Google) -> None:
    """Whoever has it has a token."""
    with Server(host="127.0.0.2") as stranger:
        server.on(TOKEN, Answer(status=status, headers={"Location": f"{stranger.url}/x"}))
        refused(account)
        assert not stranger.seen


def test_only_a_service_account_speaks_for_others(server: Server, tmp_path: Path) -> None:
    """A person's login is that person's."""
    path = written(tmp_path / "login.json", authorized_user(f"{server.url}{TOKEN}"))
    account = Google(path, api_url=server.url)
    with pytest.raises(ConnectorError, match="domain-wide delegation"):
        account.acting_as("sato@example.co.jp")
    account.close()


def test_accounts_are_told_apart_without_asking(server: Server, tmp_path: Path) -> None:
    """What is remembered of one is not taken for another's; a login's name shows no secret."""
    info = authorized_user(f"{server.url}{TOKEN}")
    names = []
    for refresh_token in ("1//0gone-1", "1//0gone-2"):
        path = written(tmp_path / "login.json", info | {"refresh_token": refresh_token})
        account = Google(path, api_url=server.url)
        names.append(account.account)
        account.close()
    assert names[0] != names[1]
    assert "gone" not in "".join(names)
    assert google(server, tmp_path).account == BOT
    assert not server.seen


def test_making_an_account_asks_nothing(server: Server, account: Google) -> None:
    """Also of those that it speaks for."""
    assert account.email == BOT
    assert account.acting_as("sato@example.co.jp") is account.acting_as("SATO@example.co.jp")
    account.directory("admin@example.co.jp")
    assert not server.seen
    assert json.dumps(account.requests) == "0"
