"""The files that people download from the console, for accounts of the rig."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from rigs.drive.core import SCOPES
from rigs.drive.oauth import CLIENT_ID, CLIENT_SECRET, KEY_ID, private_key

Kind = Literal["service_account", "delegated", "oauth"]


def service_account(root: str, email: str) -> dict[str, Any]:
    """Return a service account's key file."""
    return {
        "type": "service_account",
        "project_id": "kurage-rig",
        "private_key_id": KEY_ID,
        "private_key": private_key(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "auth_uri": f"{root}/o/oauth2/v2/auth",
        "token_uri": f"{root}/token",
        "universe_domain": "googleapis.com",
    }


def authorized_user(root: str, refresh_token: str) -> dict[str, Any]:
    """Return what `gcloud auth application-default login` writes, with where tokens are had."""
    return {
        "type": "authorized_user",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": refresh_token,
        "token_uri": f"{root}/token",
        "universe_domain": "googleapis.com",
    }


def client(root: str) -> dict[str, Any]:
    """Return an installed app's client file."""
    return {
        "installed": {
            "client_id": CLIENT_ID,
            "project_id": "kurage-rig",
            "auth_uri": f"{root}/o/oauth2/v2/auth",
            "token_uri": f"{root}/token",
            "client_secret": CLIENT_SECRET,
            "redirect_uris": ["http://localhost"],
        }
    }


def written(said: dict[str, Any], path: Path) -> Path:
    """Write a file that only its owner may read; return its path."""
    path.write_text(json.dumps(said, indent=2), "utf-8")
    path.chmod(0o600)
    return path


READING = frozenset({SCOPES["drive.readonly"]})
"""What a person consents to where a test says nothing else."""
