"""The file with the account's key: which account it is, and what signs for it.

Two kinds are read: the key of a service account, and the login of one person (`authorized_user`, as
`kurage drive login` and gcloud write it). Asks nothing; nothing of a key is in any message.
Formats: https://developers.google.com/identity/protocols/oauth2/service-account.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from google.auth.crypt import RSASigner
from google.oauth2 import credentials as personal
from google.oauth2 import service_account

from connectors.base import ConnectorError
from connectors.http.routes import is_inward

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_LARGEST = 1 << 20
"""Bytes; a key has some 2,400."""
_NEEDED = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
}
_MAKE = "make a JSON key of a service account, or one of your own by `kurage drive login`"


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks, and the means to prove it."""

    kind: Literal["service_account", "authorized_user"]
    email: str | None
    """Lower case; of a service account."""
    client_id: str
    """What an administrator grants delegation to; empty where the file does not tell."""
    token_uri: str
    _info: dict[str, Any] = field(repr=False)
    _signer: Any = field(repr=False)

    @property
    def is_service_account(self) -> bool:
        """Whether it is nobody's own, and may speak for others where that was granted."""
        return self.kind == "service_account"

    @property
    def identity(self) -> str:
        """What tells this account from every other one, and shows no secret."""
        if self.email:
            return self.email
        login = f"{self.client_id}\n{self._info['refresh_token']}"
        return f"login:{hashlib.sha256(login.encode()).hexdigest()[:16]}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no message."""
        names = ("private_key", "private_key_id", "client_secret", "refresh_token")
        return tuple(self._info[name] for name in names if isinstance(self._info.get(name), str))

    def credentials(self, scopes: Collection[str], subject: str | None = None) -> Any:
        """Return google-auth's credentials, not refreshed yet.

        A person's login has the scopes that the person granted, whatever is asked for here.
        """
        if not self.is_service_account:
            project = self._info.get("quota_project_id")
            return personal.Credentials(
                None,
                refresh_token=self._info["refresh_token"],
                token_uri=self.token_uri,
                client_id=self._info["client_id"],
                client_secret=self._info["client_secret"],
                quota_project_id=project if _is_project(project) else None,
            )  # type: ignore[no-untyped-call]
        return service_account.Credentials(  # type: ignore[no-untyped-call]
            self._signer,
            service_account_email=self._info["client_email"],
            token_uri=self.token_uri,
            scopes=sorted(scopes),
            subject=subject,
        )


def _is_project(found: object) -> bool:
    return isinstance(found, str) and bool(re.fullmatch(r"[\w.:-]+", found, re.ASCII))


def read(path: Path, *, variable: str, api_url: str | None = None) -> Account:
    """Return the account of a file. Raises ConnectorError with what to change.

    `variable` is the setting that names the file, for messages. `api_url`, where it is another
    than Google's, tells that the tokens may come from its host as well.
    """
    try:
        return _account(json_of(path), api_url)
    except BadFileError as error:
        problem = str(error)
    raise ConnectorError(f"{variable}: {problem}")


class BadFileError(Exception):
    """What is wrong with a file, and what to change."""


def json_of(path: Path) -> dict[str, Any]:
    """Return the object in a file of Google's. Raises BadFileError."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        raise BadFileError(f"there is no file {path}; {_MAKE}") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadFileError(f"{path} can not be read ({why}); it names one JSON file") from None
    if len(data) > _LARGEST:
        raise BadFileError(f"{path} is larger than any key; {_MAKE}")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        kind = ": a PKCS #12 file is no longer read" if path.suffix.lower() == ".p12" else ""
        raise BadFileError(f"{path} is no JSON{kind}; {_MAKE}") from None
    if not isinstance(found, dict):
        raise BadFileError(f"{path} holds no key; {_MAKE}")
    return found


def _account(info: dict[str, Any], api_url: str | None) -> Account:
    kind = info.get("type")
    if "installed" in info or "web" in info:
        raise BadFileError(
            "this is the file of an OAuth client, which nobody has logged in with yet: run"
            " `kurage drive login` with it, and set the variable to what that writes"
        )
    if not isinstance(kind, str) or kind not in _NEEDED:
        known = kind if isinstance(kind, str) and kind.isidentifier() and len(kind) < 50 else None
        told = f"a key of the kind {known!r}" if known else "no key of Google's"
        raise BadFileError(f"this is {told}; {_MAKE}")
    for name in _NEEDED[kind]:
        value = info.get(name)
        if not isinstance(value, str) or not value.strip():
            raise BadFileError(f"the key lacks `{name}`: copy the whole file again, or {_MAKE}")
    if info.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise BadFileError("the key is for another cloud than googleapis.com, without a Drive")
    own = info.get("client_id")
    email = info["client_email"].strip().lower() if kind == "service_account" else None
    if email is not None and "@" not in email:
        raise BadFileError("`client_email` is no e-mail address: copy the whole file again")
    return Account(
        kind="service_account" if kind == "service_account" else "authorized_user",
        email=email,
        client_id=own if isinstance(own, str) else "",
        token_uri=_token_uri(info, api_url),
        _info=info,
        _signer=_signer(info) if kind == "service_account" else None,
    )


def safe_address(uri: object, *, api_url: str | None = None) -> str | None:
    """Return an address that secrets may be sent to: https, this machine, the host of `api_url`.

    None: it is none.
    """
    try:
        parts = urlsplit(uri if isinstance(uri, str) else "")
        host, own = parts.hostname or "", urlsplit(api_url or "").hostname
    except ValueError:
        return None
    inside = parts.scheme == "http" and (is_inward(host) or host == own)
    return str(uri) if host and (parts.scheme == "https" or inside) else None


def _token_uri(info: dict[str, Any], api_url: str | None) -> str:
    uri = safe_address(info.get("token_uri") or TOKEN_URI, api_url=api_url)
    if uri is None:
        raise BadFileError(f"`token_uri` is no https:// address; Google's is {TOKEN_URI}")
    return uri


def _signer(info: dict[str, Any]) -> Any:
    with suppress(Exception):  # of the library's many, some hold pieces of the key
        signer = RSASigner.from_service_account_info(info)  # type: ignore[no-untyped-call]
        signer.sign(b"")  # it takes a key of another kind, and fails with the first signature
        return signer
    raise BadFileError(
        "the `private_key` is no RSA key in PEM: were its line breaks (`\\n`) changed? Copy the"
        f" whole file again, or {_MAKE}"
    )
