"""Keys and logins as files, made for one test run, and accounts that ask a server with them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from http_server import Answer, Seen, Server

from connectors.drive.api import Google, GoogleError

BOT = "kurage@project.iam.gserviceaccount.com"
CLIENT_ID = "104728361940517283649"
REFRESH_TOKEN = "1//0gREFRESH-token_secret"
CLIENT_SECRET = "GOCSPX-client_secret"


@cache
def pem(kind: str = "rsa") -> str:
    """Return a private key in PEM, the same for the whole run."""
    key: Any
    if kind == "rsa":
        key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(token_uri: str = "https://oauth2.googleapis.com/token") -> dict[str, Any]:
    """Return what the file of a service account's key holds."""
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "0123456789abcdef",
        "private_key": pem(),
        "client_email": BOT,
        "client_id": CLIENT_ID,
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }


def authorized_user(token_uri: str = "https://oauth2.googleapis.com/token") -> dict[str, Any]:
    """Return what the file of a person's login holds."""
    return {
        "type": "authorized_user",
        "client_id": "1047.apps.googleusercontent.com",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "token_uri": token_uri,
    }


def written(path: Path, content: object) -> Path:
    """Write a file as JSON, and return its path."""
    path.write_text(json.dumps(content), "utf-8")
    return path


def token(name: str = "ya29.first", lasts: int = 3600) -> Answer:
    """Return the answer that gives out an access token."""
    return said(access_token=name, expires_in=lasts, token_type="Bearer")


def said(status: int = 200, headers: dict[str, str] | None = None, **content: object) -> Answer:
    """Return an answer with JSON."""
    return Answer(json.dumps(content).encode(), status=status, headers=headers or {})


def refusal(status: int, reason: str, message: str = "Whatever.", **headers: str) -> Answer:
    """Return a refusal as Drive words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    one = {"domain": "global", "reason": reason, "message": message}
    error = {"code": status, "message": message, "errors": [one]}
    return said(status, named, error=error)


def google(server: Server, directory: Path, **options: Any) -> Google:
    """Return a service account that asks the server."""
    info = service_account(f"{server.url}/token")
    path = written(directory / "key.json", info)
    options = {"backoff": 0.001, "timeout": 5, **options}
    return Google(path, api_url=server.url, **options)


ABOUT, FILES, TOKEN = "/drive/v3/about", "/drive/v3/files", "/token"
ME = said(user={"emailAddress": "Kurage@Example.co.jp"})


def asked(server: Server, path: str) -> list[Seen]:
    """Return the requests for a path."""
    return [seen for seen in server.seen if urlsplit(seen.target).path == path]


def refused(account: Google) -> GoogleError:
    """Return what the simplest of requests is refused with, in one line and without a secret."""
    with pytest.raises(GoogleError) as caught:
        account.me.about()
    told = str(caught.value)
    assert "\n" not in told
    assert "ya29" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value
