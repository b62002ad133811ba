"""One person's login: they consent in a browser, and a file is left that the connector asks with.

The flow for installed apps (https://developers.google.com/identity/protocols/oauth2/native-app):
the browser is sent back to this machine, with a code that only we can make use of (PKCE). Knows
nothing of terminals.
"""

from __future__ import annotations

import json
import os
import tempfile
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
from requests.exceptions import RequestException

from connectors.base import ConnectorError
from connectors.drive.api.user import SCOPES
from connectors.drive.credentials import BadFileError, json_of, safe_address

LONGEST = 600
"""Seconds in which the person has consented."""
_TIMEOUT = 60
"""Seconds for the answer with the token."""
_ELSEWHERE = "http://localhost:1/"
"""Where a browser of another machine is sent back to: nothing answers, but its address line holds
the code."""
_DESKTOP = "in the Cloud console, make an OAuth client of the type `Desktop app`, and download it"


@dataclass(frozen=True, slots=True)
class Words:
    """What the person reads meanwhile."""

    visit: str
    """With `{url}`, printed beside the browser that opens."""
    close: str
    """In the browser, when it is done."""


class _Flow(InstalledAppFlow):  # type: ignore[misc]
    """The library's, which would wait for ever for an answer.

    Google documents the client's id and secret in the body, where the library sends a header.
    """

    def fetch_token(self, **how: Any) -> Any:
        return super().fetch_token(timeout=_TIMEOUT, include_client_id=True, **how)


def login(
    client_secrets: Path,
    out: Path,
    *,
    words: Words,
    paste: Callable[[str], str] | None = None,
    longest: float = LONGEST,
) -> None:
    """Have a person consent, and write what it takes to read their Drive to `out` (mode 0600).

    `client_secrets` is the file of an OAuth client. `paste`, where there is no browser here, is
    given the address to visit, and returns the address that the browser was sent to at last. Raises
    ConnectorError.
    """
    flow = _Flow.from_client_config(_client(client_secrets), list(SCOPES))
    _must_be_ours(out, client_secrets)
    try:
        if paste is None:
            _here(flow, words, longest)
        else:
            _elsewhere(flow, paste)
        refresh_token = flow.oauth2session.token.get("refresh_token")
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - two libraries' many; some hold the secret
        problem = _problem(error, longest)
    else:
        problem = "" if refresh_token else "Google gave no lasting login; try again"
    if problem:
        raise ConnectorError(f"no login: {problem}")
    client = flow.client_config
    _write(
        out,
        {
            "type": "authorized_user",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "refresh_token": refresh_token,
            "token_uri": client["token_uri"],
        },
    )


def _here(flow: Any, words: Words, longest: float) -> None:
    """Send the person's browser away, and wait until it comes back to a port of this machine."""
    flow.run_local_server(
        port=0,
        authorization_prompt_message=words.visit,
        success_message=words.close,
        timeout_seconds=longest,
        prompt="consent",  # else a second login is given no lasting one
    )


def _elsewhere(flow: Any, paste: Callable[[str], str]) -> None:
    flow.redirect_uri = _ELSEWHERE
    url, _ = flow.authorization_url(prompt="consent")
    came_to = paste(url).strip()
    if not came_to.startswith(_ELSEWHERE):
        raise ConnectorError(
            f"no login: that is not the address; it begins with {_ELSEWHERE}?state= and stands in"
            " the browser's address line after you allowed access"
        )
    # The library wants https; it went nowhere but from one window to another.
    flow.fetch_token(authorization_response=came_to.replace("http", "https", 1))


def _client(path: Path) -> dict[str, Any]:
    """Return what an OAuth client's file holds. Raises ConnectorError."""
    try:
        found = json_of(path)
    except BadFileError as error:
        problem = str(error)
    else:
        problem = _wrong_client(found)
        if not problem:
            return found
    raise ConnectorError(problem)


def _wrong_client(found: dict[str, Any]) -> str:
    """Return what is wrong with an OAuth client's file; empty: nothing."""
    if kind := _OTHER_FILES.get(str(found.get("type"))):
        return f"this is {kind}: let GOOGLE_APPLICATION_CREDENTIALS name it"
    if "web" in found:
        return f"this OAuth client is for a web site; {_DESKTOP}"
    client = found.get("installed")
    if not isinstance(client, dict):
        return f"this is not the file of an OAuth client; {_DESKTOP}"
    names = ("client_id", "client_secret", "auth_uri", "token_uri")
    lacks = [name for name in names if not isinstance(client.get(name), str) or not client[name]]
    unsafe = [name for name in names[2:] if not safe_address(client.get(name))]
    if lacks:
        return f"the file lacks `{lacks[0]}`; {_DESKTOP} again"
    return f"`{unsafe[0]}` is no https:// address; {_DESKTOP} again" if unsafe else ""


_OTHER_FILES = {
    "authorized_user": "a login already",
    "service_account": "the key of a service account, which needs no login",
}


def _must_be_ours(out: Path, client_secrets: Path) -> None:
    """Raise ConnectorError where another file than an earlier login would be lost."""
    if not out.exists():
        return
    with suppress(BadFileError):
        if json_of(out).get("type") == "authorized_user" and not out.samefile(client_secrets):
            return
    raise ConnectorError(f"{out} is there already, and no login of before; name another with --out")


def _problem(error: Exception, longest: float) -> str:
    """Return what a failure of the libraries means; their words hold codes and secrets."""
    if isinstance(error, OAuth2Error):
        return _REFUSALS.get(error.error or "", "Google refused; run it again")
    known: dict[type[Exception], str] = {
        WSGITimeoutError: f"nobody allowed access within {longest / 60:.0f} minutes; run it again",
        webbrowser.Error: "no browser can be opened here; run it again with --no-browser",
        RequestException: "Google can not be reached; is HTTPS_PROXY needed here?",
        OSError: "no port of this machine is free; run it again with --no-browser",
        Warning: "not the rights that were asked for were granted; allow them all",
    }
    found = (words for kind, words in known.items() if isinstance(error, kind))
    return next(found, "what came back from Google can not be read; run it again")


_REFUSALS = {
    "access_denied": "access was not allowed; if an administrator forbids it, see API controls in"
    " the admin console",
    "admin_policy_enforced": "an administrator does not allow this app; see API controls in the"
    " admin console",
    "insecure_transport": "tokens are only sent over https",
    "invalid_client": "the OAuth client was deleted, or its secret changed; download its file"
    " again",
    "invalid_grant": "the code is used up or too old; run it again",
    "mismatching_state": "that was the answer to another login; run it again",
    "redirect_uri_mismatch": f"this OAuth client is not for a desktop; {_DESKTOP}",
}


def _write(out: Path, content: dict[str, Any]) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    try:
        # Made with mode 0600 (https://docs.python.org/3/library/tempfile.html#tempfile.mkstemp).
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
            Path(name).replace(out)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        why = error.strerror or type(error).__name__
    else:
        return
    raise ConnectorError(f"{out} can not be written ({why}); name another place with --out")
